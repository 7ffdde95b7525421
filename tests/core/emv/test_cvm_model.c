/*
 * Cardholder verification against a second opinion: the model of cvm_model.h, walked over every method, condition, kind
 * of sale, terminal, amount and answer of cardholder and card. One rule at a time first, then every pair of rules, then
 * the ends of what a card may say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/cvm_model.h"
#include "tests/core/emv/fake_card.h"

#define XY "000003E8000007D0"

static struct fake_terminal terminal;
static struct fake_card card;
static unsigned verified;

static int ask_online(void *ctx)
{
    (void)ctx;
    return now.pin;
}

static int ask_offline(void *ctx, int tries, bool again)
{
    (void)ctx, (void)tries, (void)again;
    return now.pin;
}

static int look(void *ctx, const char *kind, const char *number)
{
    (void)ctx;
    assert_string_equal(kind, "00");
    assert_in_range(strlen(number), 1, EMV_IDENTITY_MAX);
    return now.document ? OK : EMV_CANCELLED;
}

static int verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t len, uint32_t exponent,
                  const uint8_t challenge[8], uint16_t *sw)
{
    (void)ctx, (void)p2, (void)modulus, (void)len, (void)exponent, (void)challenge;
    *sw = now.sw[verified++ ? 1 : 0];
    return OK;
}

static int wipe(void *ctx)
{
    (void)ctx;
    return OK;
}

static struct emv *begin(void)
{
    static const struct hal_se_ops se = {.pin_verify = verify, .pin_wipe = wipe};
    card = (struct fake_card){.lenient = true};
    fake_setup(&terminal, &card);
    terminal.hal.se = (struct hal_se){&se, NULL};
    terminal.dialogue.online_pin = ask_online;
    terminal.dialogue.identity = look;
    struct emv *e = fake_chosen(&terminal);
    fake_put(e, 0x82, "7C00");
    fake_put(e, 0x9F42, "0156");
    fake_put(e, 0x9F62, "00");
    fake_put(e, 0x9F61, "313233");
    return e;
}

static void check(struct emv *e, const uint8_t *rules, size_t count)
{
    static char counter[16];
    uint8_t list[8 + 2 * 4];
    fake_hex(XY, list, sizeof list);
    memcpy(list + 8, rules, 2 * count);
    assert_int_equal(emv_set(e, 0x8E, list, 8 + 2 * count), OK);
    fake_put(e, 0x9F42, now.own_currency ? "0156" : "0840");
    terminal.transaction.type = now.type;
    terminal.transaction.amount_cents = now.amount;
    terminal.config.type = now.terminal;
    terminal.config.capabilities[1] = now.capabilities;
    terminal.config.identity_check = now.identity_check;
    terminal.dialogue.offline_pin = now.pad ? ask_offline : NULL;
    snprintf(counter, sizeof counter, "9F1701%02X9000", (unsigned)now.counter & 0xFF);
    card.step[0] = (struct fake_step){"80CA9F1700", now.counter < 0 ? "6A88" : counter, 0};
    card.step[1] = (struct fake_step){"0084000000", now.challenge ? "01020304050607089000" : "6D00", 0};
    e->pin_key = (struct emv_key){.len = now.key ? 128 : 0, .exponent = 3, .algorithm = EMV_PK_RSA};
    memset(e->tvr, 0, sizeof e->tvr);
    memset(e->tsi, 0, sizeof e->tsi);
    verified = 0;
    assert_int_equal(emv_verify_cardholder(e), OK);
    const struct verdict due = expected(rules, count);
    bool same = memcmp(e->cvm_result, due.result, 3) == 0 && e->tvr[2] == due.tvr3 && e->cvm == due.cvm;
    if (!same || e->tvr[0] || e->tvr[1] || e->tvr[3] || e->tvr[4] || e->tsi[0] != 0x40)
        fail_msg(
            "rules %02X%02X %02X%02X, 9C %02X, 9F35 %02X, 9F33 %02X, amount %u, PIN %d, SW %04X: 9F34 %02X%02X%02X "
            "and %02X%02X%02X, TVR byte 3 %02X and %02X, CVM %X and %X",
            rules[0], rules[1], rules[2], rules[3], now.type, now.terminal, now.capabilities, (unsigned)now.amount,
            now.pin, now.sw[0], e->cvm_result[0], e->cvm_result[1], e->cvm_result[2], due.result[0], due.result[1],
            due.result[2], e->tvr[2], due.tvr3, e->cvm, due.cvm);
}

static struct setting good(void)
{
    return (struct setting){
        .terminal = 0x22,
        .capabilities = 0xF8,
        .amount = 1500,
        .own_currency = true,
        .identity_check = true,
        .pad = true,
        .pin = EMV_PIN_ENTERED,
        .sw = {0x9000, 0x9000},
        .counter = 3,
        .key = true,
        .challenge = true,
        .document = true,
    };
}

/* covers: 2.8 conditions, 2.8 methods and capabilities, 2.8 results: every rule alone, with each kind of sale,
 * terminal, amount and currency */
static void test_every_rule(void **state)
{
    (void)state;
    const uint8_t types[] = {0x00, 0x01, 0x09, 0x17, 0x20}, terminals[] = {0x11, 0x16, 0x22, 0x24, 0x25, 0x34};
    const uint8_t capabilities[] = {0x00, 0x08, 0x10, 0x20, 0x40, 0x80, 0x30, 0xA0, 0xF8};
    const uint64_t amounts[] = {0, X_CENTS - 1, X_CENTS, X_CENTS + 1, Y_CENTS - 1, Y_CENTS, Y_CENTS + 1};
    struct emv *e = begin();
    for (unsigned rule = 0; rule < 0x100 * (NEVER + 2); rule++) {
        const uint8_t rules[4] = {(uint8_t)rule, rule >> 8 > NEVER ? 0xFF : (uint8_t)(rule >> 8)};
        now = good();
        for (size_t i = 0; i < sizeof capabilities; i++) {
            now.capabilities = capabilities[i];
            now.identity_check = i & 1;
            for (size_t j = 0; j < sizeof types; j++) {
                now.type = types[j];
                now.terminal = terminals[(i + j) % sizeof terminals];
                check(e, rules, 1);
            }
        }
        for (size_t i = 0; i < sizeof types * sizeof terminals; i++) {
            now.type = types[i % sizeof types];
            now.terminal = terminals[i / sizeof types];
            check(e, rules, 1);
        }
        now = good();
        for (size_t i = 0; i < 2 * sizeof amounts / sizeof *amounts; i++) {
            now.amount = amounts[i / 2];
            now.own_currency = i & 1;
            check(e, rules, 1);
        }
    }
    emv_end(e);
}

/* covers: 2.8 PIN bypass, 2.8 PIN pad absent, 2.8 try counter, 2.8 blocked PIN, 2.8 enciphered offline PIN, 2.8
 * identity document, 2.8 rules in order: every pair of known methods, with each answer of cardholder and card */
static void test_every_pair(void **state)
{
    (void)state;
    const uint8_t codes[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x1E, 0x1F, 0x20};
    const uint16_t words[] = {0x9000, 0x63C0, 0x63C1, 0x63CF, 0x6300, 0x63B1, 0x6983, 0x6984, 0x6985, 0x6A80, 0x6A88};
    const int counters[] = {-1, 0, 1, 3};
    const size_t word_count = sizeof words / sizeof *words;
    for (size_t pair = 0; pair < sizeof codes * sizeof codes * 8; pair++) {
        const uint8_t first = codes[pair / 8 % sizeof codes], second = codes[pair / 8 / sizeof codes];
        const uint8_t rules[] = {
            first | (pair & 1 ? 0x40 : 0), pair & 2 ? 0x03 : 0x00, second | 0x40, pair & 4 ? 0x03 : 0x00, 0x1E, 0x02};
        struct emv *e = begin();
        now = good();
        for (size_t i = 0; i < word_count * word_count; i++) {
            now.sw[0] = words[i % word_count];
            now.sw[1] = words[i / word_count];
            check(e, rules, 3);
        }
        for (size_t i = 0; i < 4 * 4 * 32; i++) {
            now = good();
            now.pin = (int[]){EMV_PIN_ENTERED, EMV_PIN_BYPASSED, EMV_PIN_NO_PAD, EMV_PIN_ENTERED}[i % 4];
            now.counter = counters[i / 4 % 4];
            now.pad = i & 16;
            now.key = i & 32;
            now.challenge = i & 64;
            now.document = i & 128;
            now.capabilities = i & 256 ? 0xF8 : 0xA8;
            check(e, rules, i % 4 == 3 ? 2 : 3);
        }
        emv_end(e);
    }
}

/* covers: 2.8 conditions: X and Y have four bytes, and all of them count */
static void test_large_amounts(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        uint64_t limit;
    } rows[] = {{"0102030400000000"
                 "1F06",
                 0x01020304},
                {"00000000FEDCBA98"
                 "1F08",
                 0xFEDCBA98},
                {"FFFFFFFF00000000"
                 "1F06",
                 0xFFFFFFFF},
                {"0000000000010000"
                 "1F08",
                 0x00010000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int past = -1; past < 2; past++) {
            struct emv *e = begin();
            fake_put(e, 0x8E, rows[i].list);
            terminal.transaction.amount_cents = rows[i].limit + (uint64_t)(int64_t)past;
            assert_int_equal(emv_verify_cardholder(e), OK);
            assert_int_equal(e->cvm, past < 0 ? EMV_CVM_NONE : EMV_CVM_FAILED);
            emv_end(e);
        }
    }
}

static unsigned tries_left;

static int count_down(void *ctx, uint8_t p2, const uint8_t *modulus, size_t len, uint32_t exponent,
                      const uint8_t challenge[8], uint16_t *sw)
{
    (void)ctx, (void)p2, (void)modulus, (void)len, (void)exponent, (void)challenge;
    *sw = (uint16_t)(0x63C0 | --tries_left);
    verified++;
    return OK;
}

/* covers: 2.8 try counter, 2.8 blocked PIN: whatever the card's limit, the last wrong PIN is told as the last */
static void test_every_limit(void **state)
{
    (void)state;
    static const struct hal_se_ops se = {.pin_verify = count_down, .pin_wipe = wipe};
    for (tries_left = 1; tries_left <= 15; tries_left++) {
        unsigned limit = tries_left;
        char counter[16];
        struct emv *e = begin();
        now = good();
        terminal.hal.se = (struct hal_se){&se, NULL};
        terminal.config.capabilities[1] = 0x80;
        terminal.dialogue.offline_pin = ask_offline;
        fake_put(e, 0x8E,
                 "0000000000000000"
                 "0100");
        snprintf(counter, sizeof counter, "9F1701%02X9000", limit);
        card.step[0] = (struct fake_step){"80CA9F1700", counter, 0};
        verified = 0;
        assert_int_equal(emv_verify_cardholder(e), OK);
        assert_int_equal(verified, limit);
        assert_object(e, 0x9F34, "010001");
        assert_object(e, 0x95, "0000A00000");
        emv_end(e);
        tries_left = limit;
    }
}

/* covers: 2.8 identity document: nobody there to look, and numbers of every length */
static void test_document(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 42; len++) {
        for (int who = 0; who < 3; who++) {
            uint8_t number[42];
            struct emv *e = begin();
            now = good();
            memset(number, '7', sizeof number);
            terminal.config.identity_check = true;
            fake_put(e, 0x8E,
                     "0000000000000000"
                     "2000");
            emv_drop(e, 0x9F61);
            if (len > 0)
                assert_int_equal(emv_set(e, 0x9F61, number, len), OK);
            if (who == 1)
                terminal.dialogue.identity = NULL;
            if (who == 2)
                e->dialogue = NULL;
            assert_int_equal(emv_verify_cardholder(e), OK);
            bool good = who == 0 && len > 0 && len <= EMV_IDENTITY_MAX;
            assert_int_equal(e->cvm, good ? EMV_CVM_IDENTITY : EMV_CVM_FAILED);
            emv_end(e);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule),  cmocka_unit_test(test_every_pair), cmocka_unit_test(test_large_amounts),
        cmocka_unit_test(test_every_limit), cmocka_unit_test(test_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
