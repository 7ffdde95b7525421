/*
 * What becomes of an offline approval of a tap: fDDA, restrictions, and the card's qualifiers. Certificates and
 * signatures are made here (oda_issue.h).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/emv/contactless/contactless_internal.h"
#include "tests/core/emv/oda_issue.h"

static struct issue issue;
static struct fake_terminal terminal;
static struct fake_card card;
static struct contactless kernel;

#define RELATED "01AABBCCDD0000" /* 9F69: version, the card's number, qualifiers */

static struct emv *approve(const char *ctq)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}, .lenient = true};
    struct emv *e = issue_prepare(&issue, &terminal, &card, "2000", 0x00);
    terminal.config.online_capable = true;
    kernel = (struct contactless){.e = e, .ttq = {0x36, 0x00, 0x00, 0x80}};
    fake_put(e, 0x9F37, "11223344");
    fake_put(e, 0x9F02, "000000001200");
    fake_put(e, 0x5F2A, "0156");
    fake_put(e, 0x9F6C, ctq);
    fake_put(e, 0x9F10,
             "07010103900000"
             "01");
    fake_put(e, 0x5F24, "301231");
    return e;
}

/* 9F4B over `tail`, with the ATC as the card's number. */
static void sign(struct emv *e, const char *tail)
{
    static const uint8_t number[] = {2, 0x00, 0x22};
    uint8_t bytes[64], out[248];
    size_t len = fake_hex(tail, bytes, sizeof bytes);
    len = issue_dynamic(&issue, number, sizeof number, bytes, len, out);
    issue_put(e, 0x9F4B, out, len);
}

static enum contactless_verdict judged(void)
{
    enum contactless_verdict verdict = CONTACTLESS_KEEP;
    assert_int_equal(contactless_authenticate(&kernel, &verdict), OK);
    return verdict;
}

/* covers: 3.9 fDDA */
static void what_the_signature_covers(void **state)
{
    static const struct {
        const char *related, *tail, *ctq;
        bool good;
    } rows[] = {
        {NULL, "11223344", "0000", true},         /* version 00 */
        {NULL, "11223345", "0000", false},        /* another number */
        {"00AABBCCDD", "11223344", "0000", true}, /* it says so itself */
        {RELATED,
         "11223344"
         "000000001200"
         "0156" RELATED,
         "0000", true},                       /* version 01 */
        {RELATED, "11223344", "0000", false}, /* the number alone is not enough */
        {RELATED,
         "11223345"
         "000000001200"
         "0156" RELATED,
         "0000", false}, /* another number */
        {RELATED,
         "11223344"
         "000000001201"
         "0156" RELATED,
         "0000", false}, /* another amount */
        {RELATED,
         "11223344"
         "000000001200"
         "0344" RELATED,
         "0000", false}, /* another currency */
        {RELATED,
         "11223344"
         "000000001200"
         "0156"
         "01AABBCCDE0000",
         "0000", false},
        {RELATED,
         "11223344"
         "000000001200"
         "0156" RELATED,
         "0001", false}, /* qualifiers changed on the air */
        {"01AABBCC",
         "11223344"
         "000000001200"
         "0156"
         "01AABBCC",
         "0000", false},
        {"02AABBCCDD0000",
         "11223344"
         "000000001200"
         "0156"
         "02AABBCCDD0000",
         "0000", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = approve(rows[i].ctq);
        if (rows[i].related)
            fake_put(e, 0x9F69, rows[i].related);
        sign(e, rows[i].tail);
        if ((judged() == CONTACTLESS_KEEP) != rows[i].good)
            fail_msg("row %u", (unsigned)i);
        if (rows[i].good)
            assert_memory_equal(emv_fixed(e, 0x9F4C, 2), "\x00\x22", 2);
        emv_end(e);
    }
    /* a terminal that says it knows version 00 alone */
    struct emv *e = approve("0000");
    kernel.ttq[3] = 0x00;
    fake_put(e, 0x9F69, RELATED);
    sign(e, "11223344"
            "000000001200"
            "0156" RELATED);
    assert_int_equal(judged(), CONTACTLESS_DECLINE);
    emv_end(e);
}

/* covers: 3.9 fDDA, missing data */
static void what_is_missing_fails(void **state)
{
    static const uint32_t tags[] = {0x8F, 0x90, 0x9F32, 0x9F46, 0x9F47, 0x9F4B, 0x9F37, 0x82};
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct emv *e = approve("0000");
        sign(e, "11223344");
        assert_int_equal(judged(), CONTACTLESS_KEEP);
        emv_drop(e, tags[i]);
        assert_int_equal(judged(), CONTACTLESS_DECLINE);
        emv_end(e);
    }
    struct emv *e = approve("0000");
    fake_put(e, 0x82, "4000"); /* static data authentication is not enough */
    sign(e, "11223344");
    assert_int_equal(judged(), CONTACTLESS_DECLINE);
    emv_end(e);
}

/* covers: 3.9 CTQ if authentication fails, 3.9 fDDA */
static void the_card_has_a_wish_for_its_failure(void **state)
{
    static const struct {
        const char *ctq;
        uint8_t ttq;
        bool online;
        enum contactless_verdict verdict;
    } rows[] = {
        {"0000", 0x36, true, CONTACTLESS_DECLINE}, {"2000", 0x36, true, CONTACTLESS_ONLINE},
        {"1000", 0x36, true, CONTACTLESS_SWITCH},  {"3000", 0x36, true, CONTACTLESS_ONLINE},
        {"3000", 0x3E, true, CONTACTLESS_SWITCH},  {"3000", 0x36, false, CONTACTLESS_SWITCH},
        {"1000", 0x26, true, CONTACTLESS_DECLINE}, {"2000", 0x3E, true, CONTACTLESS_DECLINE},
        {"0F00", 0x36, true, CONTACTLESS_DECLINE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = approve(rows[i].ctq);
        kernel.ttq[0] = rows[i].ttq;
        terminal.config.online_capable = rows[i].online;
        sign(e, "99999999");
        if (judged() != rows[i].verdict)
            fail_msg("row %u", (unsigned)i);
        emv_end(e);
    }
}

/* covers: 3.9 CTQ if expired, 3.9 CTQ for cash and cashback, 2.7 expired */
static void restrictions_have_wishes_too(void **state)
{
    static const struct {
        const char *ctq, *expiry, *usage;
        uint8_t type, ttq;
        enum contactless_verdict verdict;
    } rows[] = {
        {"0000", "301231", "FF00", 0x00, 0x36, CONTACTLESS_KEEP},
        {"0000", "000101", "FF00", 0x00, 0x36, CONTACTLESS_DECLINE},
        {"0800", "000101", "FF00", 0x00, 0x36, CONTACTLESS_ONLINE},
        {"0800", "000101", "FF00", 0x00, 0x3E, CONTACTLESS_DECLINE},
        {"F700", "000101", "FF00", 0x00, 0x36, CONTACTLESS_DECLINE},
        {"0800", "", "FF00", 0x00, 0x36, CONTACTLESS_ONLINE}, /* no date counts as expired */
        {"0000", "301231", "0300", 0x00, 0x36, CONTACTLESS_DECLINE},
        {"0600", "301231", "0300", 0x00, 0x36, CONTACTLESS_DECLINE}, /* bits 3 and 2 are not for goods */
        {"0400", "301231", "3F00", 0x01, 0x36, CONTACTLESS_SWITCH},
        {"0400", "301231", "3F00", 0x17, 0x36, CONTACTLESS_SWITCH},
        {"0200", "301231", "3F00", 0x01, 0x36, CONTACTLESS_DECLINE},
        {"0200", "301231", "3F00", 0x09, 0x36, CONTACTLESS_SWITCH},
        {"0400", "301231", "3F00", 0x09, 0x36, CONTACTLESS_DECLINE},
        {"0600", "301231", "3F00", 0x01, 0x26, CONTACTLESS_DECLINE}, /* no chip reader to switch to */
        {"0C00", "000101", "3F00", 0x01, 0x36, CONTACTLESS_SWITCH},  /* the stricter of two */
    };
    static const uint8_t zeros[5];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = approve(rows[i].ctq);
        fake_put(e, 0x9F07, rows[i].usage);
        fake_put(e, 0x5F28, "0156");
        emv_drop(e, 0x5F24);
        if (rows[i].expiry[0])
            fake_put(e, 0x5F24, rows[i].expiry);
        terminal.transaction.type = rows[i].type;
        kernel.ttq[0] = rows[i].ttq;
        if (contactless_restrict(&kernel) != rows[i].verdict)
            fail_msg("row %u", (unsigned)i);
        assert_memory_equal(e->tvr, zeros, sizeof zeros); /* a tap has none */
        emv_end(e);
    }
}

/* covers: 3.9 qPBOC offline, 3.9 CTQ PIN and signature */
static void all_of_it_decides(void **state)
{
    static const struct {
        const char *ctq, *tail;
        uint8_t ttq2;
        enum emv_decision decision;
        unsigned cvm;
    } rows[] = {
        {"0000", "11223344", 0x00, EMV_APPROVED, EMV_CVM_NONE},
        {"4000", "11223344", 0x00, EMV_APPROVED, EMV_CVM_SIGNATURE},
        {"8000", "11223344", 0x00, EMV_ONLINE, EMV_CVM_ONLINE_PIN},
        {"0000", "11223344", 0x40, EMV_ONLINE, EMV_CVM_ONLINE_PIN}, /* the amount wants it, the terminal's own way */
        {"0000", "11223344", 0x80, EMV_DECLINED, 0},                /* an online cryptogram was required */
        {"0000", "99999999", 0x00, EMV_DECLINED, 0},
        {"2000", "99999999", 0x00, EMV_ONLINE, EMV_CVM_NONE},
        {"6000", "99999999", 0x00, EMV_ONLINE, EMV_CVM_SIGNATURE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = approve(rows[i].ctq);
        kernel.ttq[1] = rows[i].ttq2;
        sign(e, rows[i].tail);
        assert_int_equal(contactless_conclude(&kernel), OK);
        if (e->decision != rows[i].decision || e->cvm != rows[i].cvm)
            fail_msg("row %u: decision %d, cvm %u", (unsigned)i, (int)e->decision, e->cvm);
        emv_end(e);
    }
    struct emv *e = approve("1000");
    sign(e, "99999999");
    assert_int_equal(contactless_conclude(&kernel), CONTACTLESS_OTHER_INTERFACE);
    emv_end(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_signature_covers),
        cmocka_unit_test(what_is_missing_fails),
        cmocka_unit_test(the_card_has_a_wish_for_its_failure),
        cmocka_unit_test(restrictions_have_wishes_too),
        cmocka_unit_test(all_of_it_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
