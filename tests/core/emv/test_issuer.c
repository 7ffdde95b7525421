/* The issuer's answer: authentication, scripts and their results (EMV Book 3 10.9, 10.10, Book 4 annex A5;
 * DOMAIN 2.11). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define ID "9F180401020304"
#define CMD_1 "86058418000000"
#define CMD_2 "86098424000004CAFEBABE"

static struct fake_terminal terminal;
static struct fake_card card;

static struct emv *prepare(const struct fake_step *steps, size_t count)
{
    card = (struct fake_card){0};
    memcpy(card.step, steps, count * sizeof *steps);
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x8D,
             "8A02"
             "9505"
             "910A");
    e->decision = EMV_ONLINE;
    return e;
}
#define PREPARE(...)                                                                                                   \
    prepare((struct fake_step[]){__VA_ARGS__}, sizeof((struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

#define GAC(arc, tvr, auth) "80AE400011" arc tvr auth "00"
#define NO_AUTH "00000000000000000000"
#define AUTH "AABBCCDDEEFF00113030"
#define TC "800B40000501020304050607089000"

static void complete(struct emv *e, const char *field55, const char *tvr, const char *tsi, const char *results)
{
    fake_host(&terminal, "00", true, field55);
    assert_int_equal(emv_complete(e, &terminal.host), OK);
    assert_int_equal(e->decision, EMV_APPROVED);
    assert_object(e, 0x95, tvr);
    assert_object(e, 0x9B, tsi);
    assert_object(e, 0xDF31, results);
    assert_null(card.step[card.at].command);
    emv_end(e);
}

/* covers: 2.11 EXTERNAL AUTHENTICATE */
static void test_authentication(void **state)
{
    (void)state;
    complete(PREPARE({"008200000A" AUTH, "9000", 0}, {GAC("3030", "0000000000", AUTH), TC, 0}), FAKE_91, "0000000000",
             "3000", "-");
    complete(PREPARE({"008200000A" AUTH, "6300", 0}, {GAC("3030", "0000000040", AUTH), TC, 0}), FAKE_91, "0000000040",
             "3000", "-");
    /* The card does not use EXTERNAL AUTHENTICATE: CDOL2 carries it. */
    struct emv *e = PREPARE({GAC("3030", "0000000000", AUTH), TC, 0});
    fake_put(e, 0x82, "7800");
    complete(e, FAKE_91, "0000000000", "2000", "-");
}

/* No 91, one of a wrong length, or DE55 that is not TLV: left out. */
/* covers: 2.11 91 absent */
static void test_no_authentication(void **state)
{
    (void)state;
    const char *rows[] = {
        "",     "9107AABBCCDDEEFF00",         "9111AABBCCDDEEFF0011223344556677889900", "9120AABB",
        "71FF", "910AAABBCCDDEEFF0011303071",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        complete(PREPARE({GAC("3030", "0000000000", NO_AUTH), TC, 0}), rows[i], "0000000000", "2000", "-");
}

#define ONE(sw)                                                                                                        \
    {                                                                                                                  \
        "8418000000", sw, 0                                                                                            \
    }
#define TWO(sw)                                                                                                        \
    {                                                                                                                  \
        "8424000004CAFEBABE", sw, 0                                                                                    \
    }
#define FINAL(tvr)                                                                                                     \
    {                                                                                                                  \
        GAC("3030", tvr, NO_AUTH), TC, 0                                                                               \
    }
#define BOTH "7119" ID CMD_1 CMD_2

/* covers: 2.11 scripts 71 */
static void test_scripts_before(void **state)
{
    (void)state;
    complete(PREPARE(ONE("9000"), TWO("9000"), FINAL("0000000000")), BOTH, "0000000000", "2400", "2001020304");
    complete(PREPARE(ONE("6283"), TWO("9000"), FINAL("0000000000")), BOTH, "0000000000", "2400", "2001020304");
    complete(PREPARE(ONE("9000"), TWO("6988"), FINAL("0000000020")), BOTH, "0000000020", "2400", "1201020304");
    /* The first failure ends its script; the next one runs, here without an id. */
    complete(PREPARE(ONE("6985"), ONE("9000"), FINAL("0000000020")), BOTH "7107" CMD_1, "0000000020", "2400",
             "11010203042000000000");
    /* A command that is no APDU is not sent. */
    complete(PREPARE(FINAL("0000000020")),
             "7109"
             "8607"
             "8418000004CAFE",
             "0000000020", "2400", "1100000000");
}

/* covers: 2.11 scripts 72 */
static void test_scripts_after(void **state)
{
    (void)state;
    complete(PREPARE(FINAL("0000000000"), ONE("9000")), "7207" CMD_1, "0000000000", "2400", "2000000000");
    complete(PREPARE(FINAL("0000000000"), ONE("6A80")), "7207" CMD_1, "0000000010", "2400", "1100000000");
    /* Both kinds, reported in the order they ran. */
    complete(PREPARE(ONE("9000"), FINAL("0000000000"), TWO("6300")), "720B" CMD_2 "7107" CMD_1, "0000000000", "2400",
             "20000000002000000000");
}

/* covers: 2.11 malformed scripts */
static void test_odd_scripts(void **state)
{
    (void)state;
    /* No command in it, and a command too short to be one. */
    complete(PREPARE(FINAL("0000000020")), "7107" ID, "0000000020", "2400", "0001020304");
    complete(PREPARE(FINAL("0000000020")),
             "7104"
             "8602"
             "8418",
             "0000000020", "2400", "1100000000");
    /* The sixteenth command fails: the nibble says F. */
    struct fake_step steps[FAKE_STEPS] = {{0}};
    char field55[512] = "7170";
    for (size_t i = 0; i < 16; i++) {
        steps[i] = (struct fake_step)ONE(i < 15 ? "9000" : "6985");
        strcat(field55, CMD_1);
    }
    steps[16] = (struct fake_step)FINAL("0000000020");
    complete(prepare(steps, 17), field55, "0000000020", "2400", "1F00000000");
}

/* covers: 2.11 scripts 71, 2.2 status words: 90xx, 62xx and 63xx let a script go on, every other word ends it */
static void test_every_word(void **state)
{
    (void)state;
    for (unsigned sw = 0; sw <= 0xFFFF; sw += sw >> 8 == 0x90 ? 1 : 17) {
        char word[8];
        unsigned sw1 = sw >> 8;
        bool good = sw1 == 0x90 || sw1 == 0x62 || sw1 == 0x63;
        snprintf(word, sizeof word, "%04X", sw);
        struct fake_step steps[] = {ONE(word), TWO("9000"), FINAL("0000000000")};
        if (!good)
            steps[1] = (struct fake_step)FINAL("0000000020");
        complete(prepare(steps, good ? 3 : 2), BOTH, good ? "0000000000" : "0000000020", "2400",
                 good ? "2001020304" : "1101020304");
    }
}

/* covers: 2.11 scripts 71: DE55 of an answer is as long as its field can be, 255 bytes */
static void test_longest_field(void **state)
{
    (void)state;
    char command[2 * 242 + 1] = "84240000ED", field55[2 * 255 + 1];
    for (size_t i = 0; i < 237; i++)
        strcat(command, "5A");
    snprintf(field55, sizeof field55, "7181FC" ID "8681F2%s", command);
    const struct fake_step steps[] = {{command, "9000", 0}, FINAL("0000000000")};
    complete(prepare(steps, 2), field55, "0000000000", "2400", "2001020304");
}

/* Ten results fit into DF31; a script more is not run, and counts as failed. */
/* covers: 2.11 too many scripts */
static void test_too_many_scripts(void **state)
{
    (void)state;
    struct fake_step steps[FAKE_STEPS] = {{0}};
    char field55[512] = "", results[128] = "";
    for (size_t i = 0; i < 11; i++) {
        if (i < 10) {
            steps[i] = (struct fake_step)ONE("9000");
            strcat(results, "2000000000");
        }
        strcat(field55, "7107" CMD_1);
    }
    steps[10] = (struct fake_step)FINAL("0000000020");
    complete(prepare(steps, 11), field55, "0000000020", "2400", results);
}

/* covers: 2.11 card pulled */
static void test_card_pulled_in_script(void **state)
{
    (void)state;
    struct emv *e = PREPARE({"8418000000", NULL, HAL_E_REMOVED});
    fake_host(&terminal, "00", true, "7107" CMD_1);
    assert_int_equal(emv_complete(e, &terminal.host), EMV_REMOVED);
    assert_int_equal(e->decision, EMV_ONLINE);
    assert_object(e, 0xDF31, "1100000000");
    emv_end(e);

    e = PREPARE(FINAL("0000000000"), {"8418000000", NULL, HAL_E_REMOVED});
    fake_host(&terminal, "00", true, "7207" CMD_1);
    assert_int_equal(emv_complete(e, &terminal.host), EMV_REMOVED);
    assert_int_equal(e->decision, EMV_APPROVED);
    emv_end(e);
}

/* covers: 2.11 EXTERNAL AUTHENTICATE */
static void test_only_after_arqc(void **state)
{
    (void)state;
    struct emv *e = PREPARE({0});
    e->decision = EMV_DECLINED;
    assert_int_equal(emv_complete(e, &terminal.host), E_STATE);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authentication),
        cmocka_unit_test(test_no_authentication),
        cmocka_unit_test(test_scripts_before),
        cmocka_unit_test(test_scripts_after),
        cmocka_unit_test(test_odd_scripts),
        cmocka_unit_test(test_longest_field),
        cmocka_unit_test(test_every_word),
        cmocka_unit_test(test_too_many_scripts),
        cmocka_unit_test(test_card_pulled_in_script),
        cmocka_unit_test(test_only_after_arqc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
