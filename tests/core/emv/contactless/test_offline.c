/* Offline approvals of a tap while the card is there: the intent before the options, and the records in the field. */
#include "tests/core/emv/contactless/air.h"

#include <stdio.h>

#define PPSE "6F24840E325041592E5359532E4444463031A512BF0C0F610D4F08A0000003330101018701019000"
#define FCI "6F278408A000000333010101A51B9F38189F66049F02069F03069F1A0295055F2A029A039C019F37049000"
#define GPO_OFFLINE "80A8000023832136000000000000000001000000000000015600000000000156170601002B29EBE400"
#define GPO_ONLINE "80A8000023832136800000000000000001000000000000015600000000000156170601002B29EBE400"
#define CARD_SAYS(cvr, more)                                                                                           \
    "82027C009F3602002257106212345678970013D3012201000001209F1008070101" cvr "0000019F2608AD03EE811AFAD4845F340101"    \
    "9F6C020000" more
#define TC CARD_SAYS("0390", "940808010100100102009000")
#define ARQC CARD_SAYS("03A0", "9000")
#define RECORD_TRACK "701257106212345678970013D3012201000001209000"
#define RECORD_ACCOUNT "70105A0862123456789700135F24033012319000"
#define RECORD_LAST "70099F74064543433030319000"

static const char *tc_options(void)
{
    static char text[400];
    snprintf(text, sizeof text, "77%02X%s", (unsigned)strlen(TC) / 2 - 2, TC);
    return text;
}

static const char *arqc_options(void)
{
    static char text[400];
    snprintf(text, sizeof text, "77%02X%s", (unsigned)strlen(ARQC) / 2 - 2, ARQC);
    return text;
}

static void begin(struct air *a, const struct air_step *steps)
{
    air_init(a, steps);
    a->limits.aid[0].floor_limit = 10000;
}

/* covers: 3.9 TTQ cryptogram required, 3.9 qPBOC offline */
static void the_intent_comes_before_the_options(void **state)
{
    struct air a;
    (void)state;
    const struct air_step online[] = {{NULL, PPSE, OK}, {NULL, FCI, OK}, {GPO_OFFLINE, arqc_options(), OK}};
    begin(&a, online);
    assert_int_equal(contactless_read(&a.kernel), OK);
    assert_int_equal(a.intent_asked, 1);
    /* it cannot be recorded, or nobody is there to do so: the host is asked */
    const struct air_step required[] = {{NULL, PPSE, OK}, {NULL, FCI, OK}, {GPO_ONLINE, arqc_options(), OK}};
    begin(&a, required);
    a.intent = 1;
    assert_int_equal(contactless_read(&a.kernel), OK);
    assert_int_equal(a.intent_asked, 1);
    assert_memory_equal(emv_fixed(&a.emv, 0x9F66, 4), "\x36\x80\x00\x00", 4);
    begin(&a, required);
    a.dialogue.intent = NULL;
    assert_int_equal(contactless_read(&a.kernel), OK);
    begin(&a, required);
    a.emv.dialogue = NULL;
    assert_int_equal(contactless_read(&a.kernel), OK);
    /* above the floor limit nothing is asked */
    begin(&a, required);
    a.limits.aid[0].floor_limit = 0;
    assert_int_equal(contactless_read(&a.kernel), OK);
    assert_int_equal(a.intent_asked, 0);
    /* power is lost; and a reader without a host has nowhere to go */
    const struct air_step none[] = {{NULL, PPSE, OK}, {NULL, FCI, OK}};
    begin(&a, none);
    a.intent = HAL_E_POWER;
    assert_int_equal(contactless_read(&a.kernel), HAL_E_POWER);
    begin(&a, none);
    a.intent = 1;
    a.limits.ttq[0] |= TTQ1_OFFLINE_ONLY;
    assert_int_equal(contactless_read(&a.kernel), CONTACTLESS_OTHER_INTERFACE);
}

/* covers: 3.9 qPBOC offline, records */
static void records_are_read_in_the_field(void **state)
{
    struct air a;
    (void)state;
    const struct air_step steps[] = {
        {NULL, PPSE, OK},
        {NULL, FCI, OK},
        {GPO_OFFLINE, tc_options(), OK},
        {"00B2010C00", RECORD_TRACK, OK},
        {"00B2011400", RECORD_ACCOUNT, OK},
        {"00B2021400", RECORD_LAST, OK},
    };
    begin(&a, steps);
    assert_int_equal(contactless_read(&a.kernel), OK);
    assert_ptr_equal(a.step, steps + 6);
    assert_memory_equal(emv_fixed(&a.emv, 0x9F74, 6), "ECC001", 6);
    /* the expiry date of the track is not the record's */
    assert_memory_equal(emv_fixed(&a.emv, 0x5F24, 3), "\x30\x12\x31", 3);
    struct air_step other[6];
    memcpy(other, steps, sizeof other);
    other[4].answer = "700A5A0862123456789700139000";
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), OK);
    assert_null(emv_fixed(&a.emv, 0x5F24, 3));
    /* another account than the track's: the card has sent its last record, and may have paid */
    other[4].answer = "70105A0862123456789700215F24033012319000";
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), CONTACTLESS_MAY_HAVE_PAID);
    other[4].answer = RECORD_ACCOUNT;
    other[5].answer = "6A83";
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), CONTACTLESS_MAY_HAVE_PAID);
    /* a missing record before it, no AFL */
    other[4].answer = "6A83";
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), EMV_CARD_ERROR);
    /* an AFL that names nothing */
    char empty[400];
    snprintf(empty, sizeof empty, "77%02X%s", (unsigned)strlen(CARD_SAYS("0390", "940408020100")) / 2,
             CARD_SAYS("0390", "9404080201009000"));
    other[2].answer = empty;
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), EMV_CARD_ERROR);
    char bare[400];
    snprintf(bare, sizeof bare, "77%02X%s9000", (unsigned)strlen(CARD_SAYS("0390", "")) / 2, CARD_SAYS("0390", ""));
    other[2].answer = bare;
    begin(&a, other);
    assert_int_equal(contactless_read(&a.kernel), EMV_CARD_ERROR);
}

/* covers: 3.9 torn tap, offline */
static void only_the_last_record_may_have_paid(void **state)
{
    static const int statuses[] = {HAL_E_REMOVED, HAL_E_MUTE, HAL_E_PROTOCOL, HAL_E_IO};
    struct air a;
    (void)state;
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++) {
        for (size_t at = 2; at < 6; at++) {
            struct air_step steps[] = {
                {NULL, PPSE, OK},           {NULL, FCI, OK},         {NULL, tc_options(), OK}, {NULL, RECORD_TRACK, OK},
                {NULL, RECORD_ACCOUNT, OK}, {NULL, RECORD_LAST, OK},
            };
            steps[at] = (struct air_step){NULL, NULL, statuses[s]};
            begin(&a, steps);
            int expected = at == 5                   ? (int)CONTACTLESS_MAY_HAVE_PAID
                           : statuses[s] == HAL_E_IO ? HAL_E_IO
                                                     : (int)EMV_REMOVED;
            assert_int_equal(contactless_read(&a.kernel), expected);
        }
    }
    struct air_step power[] = {
        {NULL, PPSE, OK},           {NULL, FCI, OK},           {NULL, tc_options(), OK}, {NULL, RECORD_TRACK, OK},
        {NULL, RECORD_ACCOUNT, OK}, {NULL, NULL, HAL_E_POWER},
    };
    begin(&a, power);
    assert_int_equal(contactless_read(&a.kernel), HAL_E_POWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_intent_comes_before_the_options),
        cmocka_unit_test(records_are_read_in_the_field),
        cmocka_unit_test(only_the_last_record_may_have_paid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
