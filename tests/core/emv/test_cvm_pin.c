/* The PIN that the card checks, alone and with a signature: try counter, prompts, every status word, bypass, no pad,
 * enciphered with the key that there is; and the identity document of JR/T 0025 (EMV Book 3 10.5.1, Book 4 6.3.4 and
 * annex A4; DOMAIN 2.8). The card and the secure element are scripts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

#define XY_0 "0000000000000000"
#define TRIES_3 "9F1701039000"
#define TVR3_FAILED 0x80
#define TVR3_TRIES 0x20
#define TVR3_NO_PAD 0x10
#define TVR3_BYPASSED 0x08
#define TVR3_ONLINE_PIN 0x04

/* The secure element, and the person at the PIN pad. */
struct person {
    uint16_t sw[20]; /* what the card says to each VERIFY */
    size_t verified, asked, wiped;
    int rc; /* of pin_verify */
    uint8_t p2, modulus[EMV_KEY_MAX], challenge[8];
    size_t modulus_len;
    uint32_t exponent;
    int answer[20], tries[20]; /* of each question */
    bool again[20];
    int news; /* -1: none */
    int identity;
    char kind[3], number[EMV_IDENTITY_MAX + 1];
};

static struct fake_terminal terminal;
static struct fake_card card;
static struct person person;

static int se_pin_verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent,
                         const uint8_t challenge[8], uint16_t *sw)
{
    struct person *p = ctx;
    p->p2 = p2;
    p->exponent = exponent;
    p->modulus_len = modulus_len;
    if (modulus)
        memcpy(p->modulus, modulus, modulus_len);
    memcpy(p->challenge, challenge, 8);
    assert_true(p->verified < p->asked); /* a PIN for each VERIFY */
    *sw = p->sw[p->verified++];
    return p->rc;
}

static int se_pin_wipe(void *ctx)
{
    ((struct person *)ctx)->wiped++;
    return OK;
}

static int ask_offline(void *ctx, int tries, bool again)
{
    (void)ctx;
    assert_true(person.asked < 20);
    person.tries[person.asked] = tries;
    person.again[person.asked] = again;
    return person.answer[person.asked++];
}

static int hear_news(void *ctx, enum emv_pin_news news)
{
    (void)ctx;
    person.news = (int)news;
    return OK;
}

static int look_at_document(void *ctx, const char *kind, const char *number)
{
    (void)ctx;
    snprintf(person.kind, sizeof person.kind, "%s", kind);
    snprintf(person.number, sizeof person.number, "%s", number);
    return person.identity;
}

/* A terminal with every capability, a card with that list which answers GET DATA for the try counter with `counter`. */
static struct emv *prepare(const char *cvm_list, const char *counter)
{
    static const struct hal_se_ops se = {.pin_verify = se_pin_verify, .pin_wipe = se_pin_wipe};
    card = (struct fake_card){0};
    person = (struct person){.news = -1};
    fake_setup(&terminal, &card);
    terminal.hal.se = (struct hal_se){&se, &person};
    terminal.config.capabilities[1] = 0xF8;
    terminal.dialogue.offline_pin = ask_offline;
    terminal.dialogue.pin_news = hear_news;
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x8E, cvm_list);
    if (counter)
        card.step[0] = (struct fake_step){"80CA9F1700", counter, 0};
    return e;
}

static void expect(struct emv *e, const char *results, uint8_t tvr3, unsigned cvm)
{
    char tvr[11];
    snprintf(tvr, sizeof tvr, "0000%02X0000", tvr3);
    assert_int_equal(emv_verify_cardholder(e), OK);
    assert_object(e, 0x9F34, results);
    assert_object(e, 0x95, tvr);
    assert_object(e, 0x9B, "4000");
    assert_int_equal(e->cvm, cvm);
    assert_null(card.step[card.at].command); /* every command of the script was sent */
    emv_end(e);
}

/* covers: 2.8 plaintext offline PIN, 2.8 offline PIN and signature */
static void test_right_pin(void **state)
{
    (void)state;
    const struct {
        const char *list, *results;
        unsigned cvm;
    } rows[] = {
        {XY_0 "0100", "010002", EMV_CVM_OFFLINE_PIN},
        {XY_0 "4103 1E00", "410302", EMV_CVM_OFFLINE_PIN},
        {XY_0 "0300", "030000", EMV_CVM_OFFLINE_PIN | EMV_CVM_SIGNATURE}, /* the signature is still to come */
        {XY_0 "4303", "430300", EMV_CVM_OFFLINE_PIN | EMV_CVM_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].list, TRIES_3);
        person.sw[0] = 0x9000;
        expect(e, rows[i].results, 0, rows[i].cvm);
        assert_int_equal(person.p2, 0x80);
        assert_int_equal(person.asked, 1);
        assert_int_equal(person.tries[0], 3);
        assert_false(person.again[0]);
        assert_int_equal(person.news, EMV_PIN_RIGHT);
    }
}

/* covers: 2.8 PIN prompts */
static void test_wrong_then_right(void **state)
{
    (void)state;
    struct emv *e = prepare(XY_0 "0100", TRIES_3);
    memcpy(person.sw, (uint16_t[]){0x63C2, 0x63C1, 0x9000}, 6);
    expect(e, "010002", 0, EMV_CVM_OFFLINE_PIN);
    assert_int_equal(person.asked, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(person.tries[i], 3 - i);
        assert_int_equal(person.again[i], i > 0);
    }
}

/* covers: 2.8 PIN try limit exceeded */
static void test_tries_used_up(void **state)
{
    (void)state;
    const uint16_t ends[] = {0x63C0, 0x6983, 0x6984};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (int after = 0; after < 2; after++) { /* at once, and after a wrong one */
            struct emv *e = prepare(XY_0 "0100", TRIES_3);
            person.sw[0] = after ? 0x63C1 : ends[i];
            person.sw[1] = ends[i];
            expect(e, "010001", TVR3_FAILED | TVR3_TRIES, EMV_CVM_FAILED);
            assert_int_equal(person.asked, after ? 2 : 1);
            assert_int_equal(person.news, EMV_PIN_BLOCKED);
        }
    }
    /* The next rule, where the list says so. */
    struct emv *e = prepare(XY_0 "4100 1E00", TRIES_3);
    person.sw[0] = 0x63C0;
    expect(e, "1E0000", TVR3_TRIES, EMV_CVM_SIGNATURE);
    e = prepare(XY_0 "0300", TRIES_3);
    person.sw[0] = 0x63C0;
    expect(e, "030001", TVR3_FAILED | TVR3_TRIES, EMV_CVM_FAILED);
}

/* covers: 2.8 PIN try counter 0 */
static void test_blocked_before(void **state)
{
    (void)state;
    expect(prepare(XY_0 "0100", "9F1701009000"), "010001", TVR3_FAILED | TVR3_TRIES, EMV_CVM_FAILED);
    assert_int_equal(person.asked, 0); /* nobody is asked for a PIN that cannot be used */
    assert_int_equal(person.news, EMV_PIN_BLOCKED);
    expect(prepare(XY_0 "4100 1F00", "9F1701009000"), "1F0002", TVR3_TRIES, EMV_CVM_NONE);
}

/* covers: 2.8 PIN try counter unreadable */
static void test_counter_unreadable(void **state)
{
    (void)state;
    const char *rows[] = {"6A88",
                          "6D00",
                          "9F170203039000",
                          "9F1700"
                          "9000",
                          "9F360203039000",
                          "9000"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(XY_0 "0100", rows[i]);
        memcpy(person.sw, (uint16_t[]){0x63C1, 0x9000}, 4);
        expect(e, "010002", 0, EMV_CVM_OFFLINE_PIN);
        assert_int_equal(person.tries[0], EMV_TRIES_UNKNOWN);
        assert_int_equal(person.tries[1], 1);
    }
}

/* covers: 2.8 VERIFY refused. Any other status word: this method has failed, and no bit says more. */
static void test_other_status(void **state)
{
    (void)state;
    const uint16_t rows[] = {0x6300, 0x6700, 0x6982, 0x6985, 0x6A81, 0x6D00, 0x6F00, 0x9001};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(XY_0 "0100", TRIES_3);
        person.sw[0] = rows[i];
        expect(e, "010001", TVR3_FAILED, EMV_CVM_FAILED);
        assert_int_equal(person.asked, 1);
        assert_int_equal(person.news, -1);
    }
}

/* A card that never counts down gets as many tries as its answer can count. */
static void test_endless_tries(void **state)
{
    (void)state;
    struct emv *e = prepare(XY_0 "0100", TRIES_3);
    for (size_t i = 0; i < 20; i++)
        person.sw[i] = 0x63C3;
    expect(e, "010001", TVR3_FAILED, EMV_CVM_FAILED);
    assert_int_equal(person.asked, 15);
}

/* covers: 2.8 PIN bypass, 2.8 PIN pad absent */
static void test_no_pin(void **state)
{
    (void)state;
    struct emv *e = prepare(XY_0 "0100", TRIES_3);
    person.answer[0] = EMV_PIN_BYPASSED;
    expect(e, "010001", TVR3_FAILED | TVR3_BYPASSED, EMV_CVM_FAILED);
    assert_int_equal(person.verified, 0);

    /* Declined once, declined for all: neither another offline nor the online PIN is asked for. */
    e = prepare(XY_0 "4100 4400 4200 1E00", TRIES_3);
    e->pin_key = (struct emv_key){.len = 128, .exponent = 3, .algorithm = EMV_PK_RSA};
    person.answer[0] = EMV_PIN_BYPASSED;
    expect(e, "1E0000", TVR3_BYPASSED, EMV_CVM_SIGNATURE);
    assert_int_equal(person.asked, 1);
    assert_int_equal(card.pin_asked, 0);

    /* After a wrong one the cardholder may still decline. */
    e = prepare(XY_0 "0100", TRIES_3);
    person.sw[0] = 0x63C2;
    person.answer[1] = EMV_PIN_BYPASSED;
    expect(e, "010001", TVR3_FAILED | TVR3_BYPASSED, EMV_CVM_FAILED);

    e = prepare(XY_0 "0100", TRIES_3);
    person.answer[0] = EMV_PIN_NO_PAD;
    expect(e, "010001", TVR3_FAILED | TVR3_NO_PAD, EMV_CVM_FAILED);

    e = prepare(XY_0 "0100", NULL); /* and the counter is not asked for */
    terminal.dialogue.offline_pin = NULL;
    expect(e, "010001", TVR3_FAILED | TVR3_NO_PAD, EMV_CVM_FAILED);

    e = prepare(XY_0 "0100", TRIES_3);
    person.answer[0] = EMV_PIN_CANCELLED;
    assert_int_equal(emv_verify_cardholder(e), EMV_CANCELLED);
    emv_end(e);
}

/* covers: 2.8 capabilities of offline PIN. What 9F33 does not claim is not performed; a combination needs both. */
static void test_capabilities(void **state)
{
    (void)state;
    const struct {
        const char *list;
        uint8_t capability;
        const char *results;
        uint8_t tvr3;
    } rows[] = {
        {XY_0 "0100", 0x78, "3F0001", TVR3_FAILED | TVR3_NO_PAD},
        {XY_0 "0400", 0xE8, "3F0001", TVR3_FAILED | TVR3_NO_PAD},
        {XY_0 "0300", 0x78, "3F0001", TVR3_FAILED | TVR3_NO_PAD},
        {XY_0 "0300", 0xD8, "3F0001", TVR3_FAILED}, /* the PIN would do, the signature is not taken */
        {XY_0 "0500", 0xE8, "3F0001", TVR3_FAILED | TVR3_NO_PAD},
        {XY_0 "0103 1F00", 0x78, "1F0002", 0},
        {XY_0 "0303 1F00", 0xD8, "1F0002", 0},
        {XY_0 "0403 0503 1F00", 0xE8, "1F0002", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].list, NULL);
        terminal.config.capabilities[1] = rows[i].capability;
        expect(e, rows[i].results, rows[i].tvr3, rows[i].tvr3 & TVR3_FAILED ? EMV_CVM_FAILED : EMV_CVM_NONE);
        assert_int_equal(person.asked, 0);
    }
}

/* covers: 2.6 enciphered offline PIN, 2.8 enciphered offline PIN */
static void test_enciphered(void **state)
{
    (void)state;
    for (int signature = 0; signature < 2; signature++) {
        struct emv *e = prepare(signature ? XY_0 "0500" : XY_0 "0400", TRIES_3);
        e->icc_key = (struct emv_key){.bytes = {0xC1}, .len = 128, .exponent = 3, .algorithm = EMV_PK_RSA};
        e->pin_key = (struct emv_key){.bytes = {0xC2}, .len = 96, .exponent = 65537, .algorithm = EMV_PK_RSA};
        card.step[1] = (struct fake_step){"0084000000", "01020304050607089000", 0};
        card.step[2] = (struct fake_step){"0084000000", "11121314151617189000", 0}; /* anew for each PIN */
        memcpy(person.sw, (uint16_t[]){0x63C2, 0x9000}, 4);
        expect(e, signature ? "050000" : "040002", 0,
               EMV_CVM_OFFLINE_PIN | (signature ? EMV_CVM_SIGNATURE : EMV_CVM_NONE));
        assert_int_equal(person.p2, 0x88);
        assert_int_equal(person.modulus_len, 96);
        assert_int_equal(person.modulus[0], 0xC2);
        assert_int_equal(person.exponent, 65537);
        assert_memory_equal(person.challenge, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
    }
}

/* covers: 2.8 enciphered offline PIN without key or challenge */
static void test_not_enciphered(void **state)
{
    (void)state;
    expect(prepare(XY_0 "0400", NULL), "040001", TVR3_FAILED, EMV_CVM_FAILED); /* no key was recovered */
    assert_int_equal(person.asked, 0);
    struct emv *e = prepare(XY_0 "4400 1E00", NULL); /* nor one that is good for RSA */
    e->pin_key = (struct emv_key){.len = 64, .algorithm = EMV_PK_SM2};
    expect(e, "1E0000", 0, EMV_CVM_SIGNATURE);
    assert_string_equal(card.log, "emv: no way is known to encipher a PIN with a key of SM2");
    assert_int_equal(person.asked, 0);

    const char *challenges[] = {"6D00", "9000", "010203040506079000", "0102030405060708099000", "01020304050607086283"};
    for (size_t i = 0; i < sizeof challenges / sizeof *challenges; i++) {
        e = prepare(XY_0 "0400", TRIES_3);
        e->pin_key = (struct emv_key){.len = 128, .exponent = 3, .algorithm = EMV_PK_RSA};
        card.step[1] = (struct fake_step){"0084000000", challenges[i], 0};
        expect(e, "040001", TVR3_FAILED, EMV_CVM_FAILED);
        assert_int_equal(person.verified, 0);
        assert_int_equal(person.wiped, 1); /* it was entered and is not left lying */
    }
    e = prepare(XY_0 "0400", TRIES_3); /* a key that the secure element does not take */
    e->pin_key = (struct emv_key){.len = 128, .exponent = 2, .algorithm = EMV_PK_RSA};
    card.step[1] = (struct fake_step){"0084000000", "01020304050607089000", 0};
    person.rc = HAL_E_UNSUPPORTED;
    expect(e, "040001", TVR3_FAILED, EMV_CVM_FAILED);
    assert_int_equal(person.wiped, 1);
}

/* The card goes away, falls silent, or the power does. */
static void test_failures(void **state)
{
    (void)state;
    const int rows[][2] = {
        {HAL_E_REMOVED, EMV_REMOVED},     {HAL_E_ABSENT, EMV_REMOVED}, {HAL_E_MUTE, EMV_CARD_ERROR},
        {HAL_E_PROTOCOL, EMV_CARD_ERROR}, {HAL_E_IO, HAL_E_IO},        {HAL_E_POWER, HAL_E_POWER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(XY_0 "4100 1F00", TRIES_3);
        person.rc = rows[i][0];
        assert_int_equal(emv_verify_cardholder(e), rows[i][1]);
        emv_end(e);
    }
    struct emv *e = prepare(XY_0 "4100 1F00", TRIES_3);
    person.answer[0] = HAL_E_REMOVED;
    assert_int_equal(emv_verify_cardholder(e), HAL_E_REMOVED);
    emv_end(e);
    e = prepare(XY_0 "4100 1F00", NULL);
    card.step[0] = (struct fake_step){"80CA9F1700", NULL, HAL_E_REMOVED};
    assert_int_equal(emv_verify_cardholder(e), EMV_REMOVED);
    emv_end(e);
}

/* covers: 2.8 identity document */
static void test_identity(void **state)
{
    (void)state;
    const struct {
        const char *list, *kind, *number; /* NULL: the card does not say */
        bool can_look;
        int answer;
        const char *results;
        uint8_t tvr3;
        unsigned cvm;
    } rows[] = {
        {XY_0 "2000", "00", "58353031", true, OK, "200002", 0, EMV_CVM_IDENTITY},
        {XY_0 "2003 1F00", "05", "58353031", true, OK, "200302", 0, EMV_CVM_IDENTITY},
        {XY_0 "2000 1F00", "00", "58353031", true, EMV_CANCELLED, "200001", TVR3_FAILED, EMV_CVM_FAILED},
        {XY_0 "6000 1E00", "00", "58353031", true, EMV_CANCELLED, "1E0000", 0, EMV_CVM_SIGNATURE},
        {XY_0 "2000", NULL, "58353031", true, OK, "200001", TVR3_FAILED, EMV_CVM_FAILED},
        {XY_0 "2000", "00", NULL, true, OK, "200001", TVR3_FAILED, EMV_CVM_FAILED},
        {XY_0 "2000", "00", "58353031", false, OK, "3F0001", TVR3_FAILED, EMV_CVM_FAILED},
        {XY_0 "2003 1F00", "00", "58353031", false, OK, "1F0002", 0, EMV_CVM_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct emv *e = prepare(rows[i].list, NULL);
        terminal.config.identity_check = rows[i].can_look;
        terminal.dialogue.identity = look_at_document;
        person.identity = rows[i].answer;
        if (rows[i].kind)
            fake_put(e, 0x9F62, rows[i].kind);
        if (rows[i].number)
            fake_put(e, 0x9F61, rows[i].number);
        expect(e, rows[i].results, rows[i].tvr3, rows[i].cvm);
        if (rows[i].results[0] == '2' && rows[i].kind && rows[i].number) {
            assert_string_equal(person.kind, rows[i].kind);
            assert_string_equal(person.number, "X501");
        }
    }
    struct emv *e = prepare(XY_0 "2000", NULL); /* what cannot be shown is not sent to the display */
    terminal.config.identity_check = true;
    terminal.dialogue.identity = look_at_document;
    fake_put(e, 0x9F62, "00");
    fake_put(e, 0x9F61, "410A42FF");
    expect(e, "200002", 0, EMV_CVM_IDENTITY);
    assert_string_equal(person.number, "A?B?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_pin),     cmocka_unit_test(test_wrong_then_right),
        cmocka_unit_test(test_tries_used_up), cmocka_unit_test(test_blocked_before),
        cmocka_unit_test(test_no_pin),        cmocka_unit_test(test_counter_unreadable),
        cmocka_unit_test(test_other_status),  cmocka_unit_test(test_endless_tries),
        cmocka_unit_test(test_capabilities),  cmocka_unit_test(test_enciphered),
        cmocka_unit_test(test_failures),      cmocka_unit_test(test_not_enciphered),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
