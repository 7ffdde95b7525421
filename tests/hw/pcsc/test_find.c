/* hw/pcsc: which reader a name means, and what a person is told when it means none. */
#include "tests/hw/pcsc/fake_service.h"

static char why[300], opened[HW_READER_NAME];

static int open_one(const char *name)
{
    struct hw_reader r = {0};
    int code = pcsc_reader_open(name, &r, why, sizeof why);
    snprintf(opened, sizeof opened, "%s", r.name);
    if (code == OK)
        r.ops->close(r.ctx);
    return code;
}

static void a_name_or_a_part_of_one(void **state)
{
    (void)state;
    assert_int_equal(open_one(NULL), OK);
    assert_string_equal(opened, "Reader A 00 00");
    READERS("Reader A 00 00\0Reader A 00 01\0Reader A\0Other 00 00\0");
    assert_int_equal(open_one("other"), OK); /* however it is written */
    assert_string_equal(opened, "Other 00 00");
    assert_int_equal(open_one("Reader A"), OK); /* the whole name of one, a part of others */
    assert_string_equal(opened, "Reader A");
    assert_int_equal(open_one("00 01"), OK);
    assert_string_equal(opened, "Reader A 00 01");
    assert_int_equal(open_one("Reader A 0"), HAL_E_NOENT);
    assert_string_equal(why,
                        "\"Reader A 0\" fits more than one PC/SC reader, say more of the name: \"Reader A 00 00\", "
                        "\"Reader A 00 01\", \"Reader A\", \"Other 00 00\"");
    assert_int_equal(open_one(NULL), HAL_E_NOENT);
    assert_non_null(strstr(why, "several PC/SC readers, say pcsc:NAME: \"Reader A 00 00\""));
    assert_int_equal(open_one("Nowhere"), HAL_E_NOENT);
    assert_non_null(strstr(why, "no PC/SC reader is called \"Nowhere\"; there is \"Reader A 00 00\""));
}

static void no_reader_and_no_service(void **state)
{
    (void)state;
    READERS("");
    assert_int_equal(open_one("x"), HAL_E_NOENT);
    assert_non_null(strstr(why, "no reader is attached"));
    service.list = SCARD_E_NO_READERS_AVAILABLE;
    assert_int_equal(open_one(NULL), HAL_E_NOENT);
    assert_non_null(strstr(why, "no reader is attached"));
    service.list = SCARD_E_INSUFFICIENT_BUFFER; /* more readers than the service can have */
    assert_int_equal(open_one("x"), HAL_E_IO);
    service.establish = SCARD_E_NO_SERVICE;
    assert_int_equal(open_one("x"), HAL_E_IO);
    assert_string_equal(why, "pcscd does not run: systemctl start pcscd.socket, or apt-get install pcscd");
    service.establish = SCARD_W_SECURITY_VIOLATION;
    assert_int_equal(open_one("x"), HAL_E_DENIED);
    assert_non_null(strstr(why, "polkit"));
}

static void one_that_another_program_holds(void **state)
{
    (void)state;
    service.state |= SCARD_STATE_INUSE;
    assert_int_equal(open_one("Reader A"), HAL_E_DENIED);
    assert_string_equal(why, "reader Reader A 00 00 is busy: another program holds it; end that program");
    assert_int_equal(service.connects, 0); /* the other one was not disturbed */
}

static void a_service_that_lies_about_names(void **state)
{
    (void)state;
    static char names[4000];
    memset(names, 'x', sizeof names);
    service.readers = names;
    service.readers_len = 2000; /* no NUL at all */
    assert_int_equal(open_one("x"), OK);
    assert_int_equal(strlen(opened), HW_READER_NAME - 1);
    assert_int_equal(open_one("y"), HAL_E_NOENT);
    service.readers_len = PCSCLITE_MAX_READERS_CONTEXTS * MAX_READERNAME; /* as much as there is room for */
    assert_int_equal(open_one("x"), OK);
    service.readers_len = sizeof names;
    assert_int_equal(open_one("x"), HAL_E_IO);
}

struct seen {
    size_t count;
    char text[400];
};

static void found(void *ctx, const char *spec, const char *name, const char *state)
{
    struct seen *s = ctx;
    size_t used = strlen(s->text);
    s->count++;
    snprintf(s->text + used, sizeof s->text - used, "%s|%s|%s\n", spec, name, state);
}

static void the_list_for_people(void **state)
{
    (void)state;
    struct seen s = {0};
    READERS("A\0B\0");
    why[0] = '\0';
    assert_int_equal(pcsc_reader_list(found, &s, why, sizeof why), 2);
    assert_string_equal(s.text, "pcsc:A|A|a card is in it\npcsc:B|B|a card is in it\n");
    assert_string_equal(why, "");
    s = (struct seen){0};
    service.state = SCARD_STATE_EMPTY;
    (void)pcsc_reader_list(found, &s, why, sizeof why);
    assert_non_null(strstr(s.text, "pcsc:A|A|empty\n"));
    service.state = SCARD_STATE_PRESENT | SCARD_STATE_EXCLUSIVE;
    (void)pcsc_reader_list(found, &s, why, sizeof why);
    assert_non_null(strstr(s.text, "pcsc:A|A|busy: another program holds it\n"));
    service.establish = SCARD_E_NO_SERVICE;
    assert_int_equal(pcsc_reader_list(found, &s, why, sizeof why), 0);
    assert_non_null(strstr(why, "pcscd does not run"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_name_or_a_part_of_one, service_setup, service_teardown),
        cmocka_unit_test_setup_teardown(no_reader_and_no_service, service_setup, service_teardown),
        cmocka_unit_test_setup_teardown(one_that_another_program_holds, service_setup, service_teardown),
        cmocka_unit_test_setup_teardown(a_service_that_lies_about_names, service_setup, service_teardown),
        cmocka_unit_test_setup_teardown(the_list_for_people, service_setup, service_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
