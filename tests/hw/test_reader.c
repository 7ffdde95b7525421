/* hw/reader: which driver a name means, and a list of readers that ends whatever its driver does. */
#include "tests/hw/fake_driver.h"

static char why[300];

static void names_of_no_driver(void **state)
{
    (void)state;
    static const char *const specs[] = {"", "foo", "pcs", "pcscx", "pcsc:", "usb:", ":", "PCSC", "sim"};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct hw_reader r;
        assert_int_equal(hw_reader_open(specs[i], &r, why, sizeof why), E_INVAL);
        assert_non_null(strstr(why, "pcsc, pcsc:NAME, usb, usb:VID:PID"));
        assert_null(strchr(why, '\n'));
        hw_reader_close(&r); /* of one that never opened */
    }
}

static void a_name_without_end(void **state)
{
    (void)state;
    char spec[3000];
    struct hw_helper *h;
    memset(spec, 'x', sizeof spec - 1);
    spec[sizeof spec - 1] = '\0';
    memcpy(spec, "pcsc:", 5);
    assert_int_equal(hw_helper_start(spec, &h, why, sizeof why), E_INVAL);
    assert_non_null(strstr(why, "too long"));
}

static size_t rows;

static void found(void *ctx, const char *spec, const char *name, const char *state)
{
    assert_string_equal(spec, "fake:1");
    assert_string_equal(name, ctx);
    assert_string_equal(state, "empty");
    rows++;
}

static size_t lists(helper_found *tell, void *ctx, char *text, size_t cap)
{
    tell(ctx, "fake:1", "Fake 1", "empty");
    snprintf(text, cap, "%s", fake->mood_open == FAKE_FAILS ? "one has no permission" : "");
    (void)fake_mood(fake->mood_open);
    tell(ctx, "fake:1", "Fake 1", "empty");
    return 2;
}

static void a_list_ends_whatever_its_driver_does(void **state)
{
    (void)state;
    static const struct {
        enum fake_mood mood;
        size_t rows;
        const char *why;
    } cases[] = {
        {FAKE_WELL, 2, ""},
        {FAKE_FAILS, 2, "one has no permission"},
        {FAKE_CRASHES, 1, "fake readers: their driver broke down"},
        {FAKE_HANGS, 1, "fake readers: no answer within 5 s; what serves them hangs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t begun = helper_now_ms();
        rows = 0;
        why[0] = '\0';
        fake->mood_open = cases[i].mood;
        assert_int_equal(helper_list(lists, "fake", found, (void *)"Fake 1", why, sizeof why), cases[i].rows);
        assert_int_equal(rows, cases[i].rows);
        assert_string_equal(why, cases[i].why);
        assert_true(helper_now_ms() - begun < HELPER_LIST_MS + 3000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(names_of_no_driver, fake_setup),
        cmocka_unit_test_setup(a_name_without_end, fake_setup),
        cmocka_unit_test_setup(a_list_ends_whatever_its_driver_does, fake_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
