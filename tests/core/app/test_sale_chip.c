/*
 * Whole sales by chip, from power-up to idle, with a small card and a scripted acquirer: the ends of DOMAIN 2.11
 * and 5.2, wrong PIN, fallback, and a power cut at every storage operation.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "tests/core/app/shop.h"

#define AID "A000000333010101"
#define CARD_TRACK "6210676862310000067=30122010000000000"

/* ---- the card: what it answers to each instruction; the shop's `user` is its state ---- */

static const struct card_row {
    const char *command, *answer;
} card_rows[] = {
    {"00A404000E315041592E5359532E444446303100", "6A82"},
    {"00A4040008" AID "00", "6F128408" AID "A506500444454249"
                            "9000"},
    {"80A8", "8006180010010100"
             "9000"},
    {"00B2011400", "7056"
                   "5A0A6210676862310000067F"
                   "5713"
                   "6210676862310000067D30122010000000000F"
                   "5F2403301231"
                   "5F280201565F340101"
                   "8C089F02069F37049505"
                   "8D0A8A029F02069F37049505"
                   "8E0E000000000000000042031E031F03"
                   "9000"},
};

struct card_state {
    unsigned gpos, first_acs, second_acs;
    bool refuses_second, declines_first, leaves_after_first;
    uint8_t second_asked;
    char second_arc[3];
    uint8_t broken_at; /* the reader fails at this instruction */
};

static int answer_hex(const char *text, uint8_t *answer, size_t *answer_len)
{
    return hex_decode(text, strlen(text), answer, HAL_RPDU_MAX, answer_len);
}

static int generate(struct card_state *card, uint8_t p1, uint8_t *answer, size_t *answer_len)
{
    uint8_t type = p1 & 0xC0;
    bool second = card->first_acs == card->gpos && card->second_acs < card->gpos;
    if (second) {
        card->second_acs++;
        card->second_asked = type;
        type = card->refuses_second ? 0 : type;
    } else {
        card->first_acs++;
        type = card->declines_first ? 0 : type;
    }
    answer_hex("8012000007A1A2A3A4A5A6A7A807010103A0A0009000", answer, answer_len);
    answer[2] = type;
    answer[4] = (uint8_t)card->gpos;
    return OK;
}

static struct card_state *card_of(struct fake_terminal *t)
{
    return ((struct shop *)t->host_ctx)->user;
}

static int card_answers(struct fake_terminal *t, const uint8_t *command, size_t len, uint8_t *answer,
                        size_t *answer_len)
{
    struct card_state *card = card_of(t);
    char text[2 * HAL_TPDU_MAX + 1];
    hex_encode(command, len, text, sizeof text);
    card->gpos += command[1] == 0xA8;
    if (command[1] == card->broken_at)
        return HAL_E_IO;
    if (command[1] == 0xAE && card->first_acs == card->gpos)
        memcpy(card->second_arc, command + 5, 2); /* CDOL2 begins with 8A */
    if (command[1] == 0xAE)
        return generate(card, command[2], answer, answer_len);
    for (size_t i = 0; i < sizeof card_rows / sizeof *card_rows; i++)
        if (strncmp(text, card_rows[i].command, strlen(card_rows[i].command)) == 0)
            return answer_hex(card_rows[i].answer, answer, answer_len);
    return answer_hex("6D00", answer, answer_len);
}

static void host_and_card(struct fake_terminal *t, struct iso_message *request)
{
    shop_host(t, request);
    if (strcmp(request->mti, "0200") == 0 && card_of(t)->leaves_after_first) {
        t->present = false;
        t->presence_changed = true;
    }
}

static struct shop *chip_shop(const char *profile, struct card_state *card)
{
    struct shop *s = shop_new(profile);
    memset(card, 0, sizeof *card);
    s->user = card;
    s->t.card = card_answers;
    s->t.host = host_and_card;
    return s;
}

#define SALE_ACTS KEYS("idle", "1200\r"), CARD("insert_card", 1), KEYS("enter_pin", "123456\r")
#define CARD_OUT CARD("remove_card", -1)

static bool field55_has(struct shop *s, uint32_t tag)
{
    struct tlv found;
    size_t len;
    const uint8_t *field = iso_get(&s->t.last, 55, &len);
    return field && tlv_find(field, len, tag, &found) == OK;
}

/* ---- ends ---- */

static void an_approved_sale_ends_with_a_tc(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    char mode[4];
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_true(ft_has_shown(&s->t, "remove_card"));
    assert_string_equal(s->t.screen, "idle");
    assert_int_equal(card.second_asked, 0x40);
    iso_text(&s->t.last, 22, mode, sizeof mode);
    assert_string_equal(mode, "051");
    assert_true(field55_has(s, 0x9F26) && field55_has(s, 0x9F37) && field55_has(s, 0x9F34));
    assert_true(iso_has(&s->t.last, 2) && iso_has(&s->t.last, 23) && iso_has(&s->t.last, 35) &&
                iso_has(&s->t.last, 52));
    assert_non_null(strstr(s->t.slip, "AID: " AID));
    assert_non_null(strstr(s->t.slip, "ATC: 0001"));
    struct books b = inspect(s);
    assert_int_equal(b.done, 1);
    assert_int_equal(b.reversals, 0);
    shop_free(s);
}

static void a_card_may_come_first(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-cn", &card);
    RUN(s, CARD("idle", 1), KEYS("enter_amount", "1200\r"), KEYS("enter_pin", "123456\r"), CARD_OUT);
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_int_equal(inspect(s).done, 1);
    shop_free(s);
}

/* DOMAIN 5.2, 7c: approved by the host, undone at the card. */
static void an_approval_that_the_card_undoes_is_reversed(void **state)
{
    (void)state;
    for (int removed = 0; removed < 2; removed++) {
        struct card_state card;
        struct shop *s = chip_shop("unionpay-intl", &card);
        char reason[3];
        card.refuses_second = !removed;
        card.leaves_after_first = removed;
        RUN(s, SALE_ACTS, CARD_OUT);
        assert_true(ft_has_shown(&s->t, "contact_issuer"));
        assert_false(ft_has_shown(&s->t, "approved"));
        assert_int_equal(s->reversals, removed ? 1 : s->reversals);
        RUN(s, POWER_OFF("idle"));
        assert_int_equal(s->reversals, 1);
        iso_text(&s->t.last, 39, reason, sizeof reason);
        assert_string_equal(reason, "06");
        assert_true(field55_has(s, 0x9F36) && field55_has(s, 0x95));
        assert_int_equal(inspect(s).reversed, 1);
        shop_free(s);
    }
}

static void without_a_line_the_card_is_told(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    RUN(s, POWER_OFF("idle"));
    s->t.line_up = false;
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_true(ft_has_shown(&s->t, "no_line"));
    assert_int_equal(card.second_acs, 1);
    assert_int_equal(card.second_asked, 0x00);
    struct books b = inspect(s);
    assert_int_equal(b.open + b.done + b.reversals, 0);
    shop_free(s);
}

/* The PIN was entered, and no request could use it. */
static void an_unused_pin_does_not_outlast_the_card(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    RUN(s, POWER_OFF("idle"));
    s->t.line_up = false;
    RUN(s, SALE_ACTS, POWER_OFF("no_line"));
    assert_string_equal(s->t.pin, "");
    shop_free(s);
}

/* Approved for a part: undone, and the card is told the host's own code, not that the host could not be reached. */
static void a_partial_approval_ends_the_card_with_the_hosts_code(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    s->codes[0] = "10";
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_true(ft_has_shown(&s->t, "contact_issuer"));
    assert_int_equal(card.second_asked, 0x00);
    assert_string_equal(card.second_arc, "10");
    assert_int_equal(s->reversals, 1);
    shop_free(s);
}

static void silence_is_reversed_without_issuer_data(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    s->codes[0] = "-";
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_true(ft_has_shown(&s->t, "no_answer"));
    assert_int_equal(s->reversals, 1);
    assert_false(field55_has(s, 0x9F36));
    assert_int_equal(inspect(s).reversed, 1);
    shop_free(s);
}

static void a_card_that_declines_sends_nothing(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    card.declines_first = true;
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_true(ft_has_shown(&s->t, "declined"));
    assert_int_equal(s->sales, 0);
    struct books b = inspect(s);
    assert_int_equal(b.refused, 1);
    assert_int_equal(b.reversals, 0);
    shop_free(s);
}

static void a_card_pulled_at_the_pin_was_not_charged(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    RUN(s, KEYS("idle", "1200\r"), CARD("insert_card", 1), CARD("enter_pin", -1));
    assert_true(ft_has_shown(&s->t, "card_removed"));
    assert_int_equal(s->sales, 0);
    assert_int_equal(inspect(s).open, 0);
    shop_free(s);
}

static void a_wrong_pin_means_a_new_cryptogram(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    s->codes[0] = "55";
    RUN(s, SALE_ACTS, KEYS("pin_again", "654321\r"), CARD_OUT);
    assert_true(ft_has_shown(&s->t, "approved"));
    assert_int_equal(s->sales, 2);
    assert_int_equal(card.gpos, 2);
    assert_int_equal(card.second_acs, 2);
    struct books b = inspect(s);
    assert_int_equal(b.refused, 1);
    assert_int_equal(b.done, 1);
    shop_free(s);
}

/* ---- fallback ---- */

#define DEAD_CHIP                                                                                                      \
    KEYS("idle", "1200\r"), CARD("insert_card", 1), CARD("chip_error", -1), CARD("insert_again", 1),                   \
        CARD("chip_error", -1), CARD("insert_again", 1), CARD("chip_error", -1)

static void a_dead_chip_falls_back_to_the_stripe(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-intl", &card);
    char de60[18];
    struct iso_de60 parts;
    s->t.reset_status = HAL_E_MUTE;
    RUN(s, DEAD_CHIP, SWIPE("please_swipe", CARD_TRACK));
    assert_true(ft_has_shown(&s->t, "approved"));
    iso_text(&s->t.last, 60, de60, sizeof de60);
    assert_int_equal(iso_de60_parse(de60, &parts), OK);
    assert_string_equal(parts.condition, "2");
    assert_false(iso_has(&s->t.last, 55) || iso_has(&s->t.last, 23));
    assert_non_null(strstr(s->t.slip, "/F"));
    struct books b = inspect(s);
    assert_int_equal(b.done, 1);
    assert_true(b.last_chip_failed);

    s->t.reset_status = OK; /* a good chip sale clears the flag */
    RUN(s, SALE_ACTS, CARD_OUT);
    assert_false(inspect(s).last_chip_failed);
    shop_free(s);
}

/* DOMAIN 1.3: the reader itself is a reason to swipe at once, but not for a card that had begun to pay. */
static void a_broken_reader_opens_the_stripe_before_selection_only(void **state)
{
    static const uint8_t instructions[] = {0xA4, 0xA8, 0xB2, 0xAE};
    (void)state;
    for (size_t i = 0; i < sizeof instructions; i++) {
        struct card_state card;
        struct shop *s = chip_shop("unionpay-intl", &card);
        card.broken_at = instructions[i];
        if (instructions[i] == 0xAE)
            RUN(s, SALE_ACTS, CARD("card_error", -1));
        else
            RUN(s, KEYS("idle", "1200\r"), CARD("insert_card", 1), CARD(i == 0 ? "chip_error" : "card_error", -1));
        assert_int_equal(ft_has_shown(&s->t, "please_swipe"), i == 0);
        assert_false(ft_has_shown(&s->t, "insert_again"));
        assert_int_equal(s->sales, 0);
        shop_free(s);
    }
}

static void where_fallback_is_closed_the_chip_is_asked_for(void **state)
{
    (void)state;
    struct card_state card;
    struct shop *s = chip_shop("unionpay-cn", &card);
    s->t.reset_status = HAL_E_MUTE;
    RUN(s, DEAD_CHIP, SWIPE("use_chip", CARD_TRACK));
    assert_true(ft_has_shown(&s->t, "use_chip"));
    assert_false(ft_has_shown(&s->t, "please_swipe"));
    assert_int_equal(s->sales, 0);
    shop_free(s);
}

/* ---- power ---- */

static void a_cut_at_any_storage_operation_keeps_the_books_equal(void **state)
{
    static const struct fake_act acts[] = {SALE_ACTS, CARD_OUT};
    (void)state;
    for (int scene = 0; scene < 3 * FAKE_SURVIVALS; scene++) {
        bool cut = true;
        for (long at = 1; cut; at++) {
            struct card_state card;
            struct shop *s = chip_shop("unionpay-intl", &card);
            card.refuses_second = scene % 3 == 1;
            s->codes[0] = scene % 3 == 2 ? "51" : NULL;
            s->t.fs.operation = 0;
            s->t.fs.cut_at = at;
            run(s, acts, sizeof acts / sizeof *acts);
            cut = s->t.fs.off;
            bool approved = ft_has_shown(&s->t, "approved");
            fake_reboot(&s->t.fs, (enum fake_survival)(scene / 3));
            s->t.present = false;
            compare_books(s, at);
            if (approved)
                assert_int_equal(inspect(s).done, 1);
            shop_free(s);
        }
    }
}

/* Whichever operation fails: a card that gave its cryptogram is asked for the second one, an approval that cannot be
 * recorded never ends in a TC, and the books agree after the repair. */
static void a_write_error_at_any_operation_ends_the_card_first(void **state)
{
    static const struct fake_act acts[] = {SALE_ACTS, CARD_OUT};
    bool failed = true, stopped_after_answer = false;
    (void)state;
    for (long at = 1; failed; at++) {
        struct card_state card;
        struct shop *s = chip_shop("unionpay-intl", &card);
        s->t.fs.operation = 0;
        s->t.fs.fail_at = at;
        s->t.fs.fail_status = HAL_E_IO;
        ft_power_on(&s->t);
        s->t.acts = acts;
        s->t.act_count = sizeof acts / sizeof *acts;
        s->t.act_at = 0;
        (void)app_entry(&s->t.hal);
        failed = s->t.fs.operation >= at;
        bool approved = ft_has_shown(&s->t, "approved"), halted = ft_has_shown(&s->t, "storage_failed");
        assert_int_equal(card.second_acs, card.first_acs);
        if (card.second_acs && card.second_asked == 0x00)
            assert_memory_equal(card.second_arc, s->sales ? "00" : "Z3", 2); /* the host's word, or none */
        assert_true(approved || halted);
        stopped_after_answer = stopped_after_answer || (s->sales && halted && card.second_asked == 0x00);
        fake_reboot(&s->t.fs, FAKE_SYNCED_ONLY);
        s->t.present = false;
        compare_books(s, at);
        shop_free(s);
    }
    assert_true(stopped_after_answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approved_sale_ends_with_a_tc),
        cmocka_unit_test(a_card_may_come_first),
        cmocka_unit_test(an_approval_that_the_card_undoes_is_reversed),
        cmocka_unit_test(without_a_line_the_card_is_told),
        cmocka_unit_test(an_unused_pin_does_not_outlast_the_card),
        cmocka_unit_test(a_partial_approval_ends_the_card_with_the_hosts_code),
        cmocka_unit_test(silence_is_reversed_without_issuer_data),
        cmocka_unit_test(a_card_that_declines_sends_nothing),
        cmocka_unit_test(a_card_pulled_at_the_pin_was_not_charged),
        cmocka_unit_test(a_wrong_pin_means_a_new_cryptogram),
        cmocka_unit_test(a_dead_chip_falls_back_to_the_stripe),
        cmocka_unit_test(a_broken_reader_opens_the_stripe_before_selection_only),
        cmocka_unit_test(where_fallback_is_closed_the_chip_is_asked_for),
        cmocka_unit_test(a_cut_at_any_storage_operation_keeps_the_books_equal),
        cmocka_unit_test(a_write_error_at_any_operation_ends_the_card_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
