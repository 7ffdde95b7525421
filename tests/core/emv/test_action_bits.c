/* Terminal action analysis bit by bit, by type of terminal, and the card's wish for an advice (EMV Book 3 10.7, Book 4
 * 6.3.6; DOMAIN 2.10, 2.11). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/emv/fake_card.h"

enum code { DENIAL, ONLINE, DEFAULT };
enum kind { ONLINE_ONLY, BOTH, OFFLINE_ONLY };

static struct fake_terminal terminal;
static struct fake_card card;

/* A transaction whose action codes are all empty: the issuer's are there, or left out. */
static struct emv *prepare(bool issuer_codes)
{
    card = (struct fake_card){.unpredictable = {0x11, 0x22, 0x33, 0x44}};
    fake_setup(&terminal, &card);
    struct emv *e = fake_chosen(&terminal);
    memset(terminal.config.aid[0].tac_online, 0, 5);
    for (size_t i = 0; issuer_codes && i < 3; i++)
        fake_put(e, (uint32_t[]){0x9F0D, 0x9F0E, 0x9F0F}[i], "0000000000");
    return e;
}

static void name_bit(struct emv *e, enum code code, bool by_issuer, size_t byte, uint8_t mask)
{
    static const uint32_t tags[] = {[DENIAL] = 0x9F0E, [ONLINE] = 0x9F0F, [DEFAULT] = 0x9F0D};
    struct emv_aid *aid = &terminal.config.aid[0];
    uint8_t *acquirer[] = {[DENIAL] = aid->tac_denial, [ONLINE] = aid->tac_online, [DEFAULT] = aid->tac_default};
    uint8_t issuer[5] = {0};
    issuer[byte] = mask;
    if (by_issuer)
        emv_set(e, tags[code], issuer, sizeof issuer);
    else
        acquirer[code][byte] = mask;
}

/* What the books let a terminal ask for when only `code` names the one TVR bit. */
static enum emv_ac due(enum kind kind, enum code code, bool online_failed)
{
    if (code == DENIAL && !online_failed)
        return EMV_AC_AAC;
    if (kind == ONLINE_ONLY)
        return online_failed ? EMV_AC_AAC : EMV_AC_ARQC;
    if (kind == BOTH && !online_failed)
        return code == ONLINE ? EMV_AC_ARQC : EMV_AC_TC;
    return code == DEFAULT ? EMV_AC_AAC : EMV_AC_TC;
}

/* covers: 2.10 each TVR bit against each action code, 2.10 offline only, 2.10 online only, 2.10 after a failed attempt
 */
static void test_each_bit(void **state)
{
    (void)state;
    static const uint8_t types[][2] = {
        [ONLINE_ONLY] = {0x21, 0x24}, [BOTH] = {0x22, 0x25}, [OFFLINE_ONLY] = {0x23, 0x26}};
    for (int run = 0; run < 2 * 3 * 3 * 2 * 2; run++) {
        bool by_issuer = run & 1, failed = run & 2, unattended = run & 4;
        enum code code = (enum code)(run / 8 % 3);
        for (enum kind kind = ONLINE_ONLY; kind <= OFFLINE_ONLY; kind++) {
            for (size_t bit = 0; bit < 40; bit++) {
                struct emv *e = prepare(true);
                terminal.config.type = types[kind][unattended];
                e->tvr[bit / 8] = (uint8_t)(0x80 >> bit % 8);
                name_bit(e, code, by_issuer, bit / 8, (uint8_t)(0x80 >> bit % 8));
                if (emv_action(e, failed) != due(kind, code, failed))
                    fail_msg("code %d of %s, bit %zu, kind %d, online %s", (int)code, by_issuer ? "issuer" : "acquirer",
                             bit, (int)kind, failed ? "failed" : "not tried");
                /* Every other bit leaves it cold. */
                memset(e->tvr, 0xFF, sizeof e->tvr);
                e->tvr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
                enum emv_ac none = failed ? (kind == ONLINE_ONLY ? EMV_AC_AAC : EMV_AC_TC)
                                          : (kind == ONLINE_ONLY ? EMV_AC_ARQC : EMV_AC_TC);
                assert_int_equal(emv_action(e, failed), none);
                emv_end(e);
            }
        }
    }
}

/* covers: 2.10 defaults of absent issuer codes: denial zeros, online and default ones */
static void test_absent_issuer_codes(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 40; bit++) {
        struct emv *e = prepare(false);
        terminal.config.type = 0x22;
        assert_int_equal(emv_action(e, false), EMV_AC_TC);
        assert_int_equal(emv_action(e, true), EMV_AC_TC);
        e->tvr[bit / 8] = (uint8_t)(0x80 >> bit % 8);
        assert_int_equal(emv_action(e, false), EMV_AC_ARQC);
        assert_int_equal(emv_action(e, true), EMV_AC_AAC);
        terminal.config.type = 0x23;
        assert_int_equal(emv_action(e, false), EMV_AC_AAC);
        emv_end(e);
    }
}

/* covers: 2.10 a line that is not there: a terminal of any type is then offline only */
static void test_no_line_at_all(void **state)
{
    (void)state;
    for (uint8_t type = 0x21; type <= 0x26; type++) {
        struct emv *e = prepare(true);
        terminal.config.type = type;
        terminal.config.online_capable = false;
        e->tvr[0] = 0x80;
        assert_int_equal(emv_action(e, false), EMV_AC_TC);
        name_bit(e, DEFAULT, true, 0, 0x80);
        assert_int_equal(emv_action(e, false), EMV_AC_AAC);
        emv_end(e);
    }
}

/* covers: 2.11 advice bit */
static void test_advice(void **state)
{
    (void)state;
    const struct {
        const char *cid, *note;
    } rows[] = {
        {"00", ""},
        {"01", ""}, /* a reason without the bit asks for nothing */
        {"08", "emv: the card asks for an advice, no reason given"},
        {"09", "emv: the card asks for an advice: service not allowed"},
        {"0A", "emv: the card asks for an advice: PIN try limit exceeded"},
        {"0B", "emv: the card asks for an advice: issuer authentication failed"},
        {"0F", "emv: the card asks for an advice, no reason given"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char answer[64];
        struct emv *e = prepare(true);
        fake_put(e, 0x8C, "9F3704");
        tvr_set(e->tvr, TVR_EXPIRED);
        name_bit(e, DENIAL, true, 1, 0x40);
        snprintf(answer, sizeof answer, "800B%s000501020304050607089000", rows[i].cid);
        card.step[0] = (struct fake_step){"80AE0000041122334400", answer, 0};
        assert_int_equal(emv_analyse(e), OK);
        assert_int_equal(e->decision, EMV_DECLINED);
        assert_string_equal(card.log, rows[i].note);
        emv_end(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_bit),
        cmocka_unit_test(test_absent_issuer_codes),
        cmocka_unit_test(test_no_line_at_all),
        cmocka_unit_test(test_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
