/* The reversal until it is confirmed (DOMAIN 5.3), and the sign-in that it may need (4.8, 5.6); over the real store. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/net/net_fixture.h"

static const uint8_t NEW_PIK[16] = {0x13, 0x13, 0x13, 0x13, 0x13, 0x13, 0x13, 0x13,
                                    0x25, 0x25, 0x25, 0x25, 0x25, 0x25, 0x25, 0x25};
static const uint8_t NEW_MAK[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};

/* A 0400 is answered with the code in host_ctx; an 0800 with new keys. */
static void answers(struct fake_terminal *t, struct iso_message *request)
{
    const char *code = t->host_ctx;
    struct iso_message answer;
    if (strcmp(request->mti, "0400") == 0) {
        ft_reply(request, code, &answer);
        ft_answer(t, &answer, strcmp(code, "A0") != 0);
        return;
    }
    uint8_t keys[40];
    ft_reply(request, "00", &answer);
    iso_set_text(&answer, 60, "00000005003");
    ft_wrap_keys(t, NEW_PIK, NEW_MAK, keys);
    iso_set(&answer, 62, keys, sizeof keys);
    ft_answer(t, &answer, false);
}

static struct fixture *with_reversal(fake_host *host, const char *code)
{
    struct fixture *f = fixture_new();
    struct journal_entry e = fixture_sale(7);
    assert_int_equal(journal_open(f->store, &e), OK);
    f->t.host = host;
    f->t.host_ctx = (void *)code;
    return f;
}

static uint32_t tries_left_behind(struct fixture *f)
{
    struct journal_reversal r;
    assert_int_equal(reversal_pending(f->store, &r), OK);
    assert_int_equal(r.entry.trace, 7);
    return r.tries;
}

static void nothing_due_opens_no_line(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    assert_int_equal(net_clear_reversal(&f->net), OK);
    assert_int_equal(f->t.connects, 0);
    fixture_free(f);
}

static void four_codes_are_the_end_of_it(void **state)
{
    static const char *const codes[] = {"00", "12", "25", "94"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = with_reversal(answers, codes[i]);
        struct journal_reversal r;
        char value[20];
        assert_int_equal(net_clear_reversal(&f->net), OK);
        assert_int_equal(reversal_pending(f->store, &r), E_NOTFOUND);
        assert_int_equal(f->t.sends, 1);
        iso_text(&f->t.last, 11, value, sizeof value);
        assert_string_equal(value, "000007");
        iso_text(&f->t.last, 39, value, sizeof value);
        assert_string_equal(value, "98");
        fixture_free(f);
    }
}

static void another_code_is_tried_again_and_kept(void **state)
{
    (void)state;
    struct fixture *f = with_reversal(answers, "96");
    assert_int_equal(net_clear_reversal(&f->net), NET_REFUSED);
    assert_int_equal(f->t.sends, 3);
    assert_int_equal(tries_left_behind(f), 3);
    f->t.host_ctx = "00"; /* a later round may still deliver it */
    assert_int_equal(net_clear_reversal(&f->net), OK);
    fixture_free(f);
}

static void silence_is_tried_again_and_kept(void **state)
{
    (void)state;
    struct fixture *f = with_reversal(NULL, NULL);
    assert_int_equal(net_clear_reversal(&f->net), NET_NO_ANSWER);
    assert_int_equal(f->t.sends, 3);
    assert_int_equal(tries_left_behind(f), 3);
    fixture_free(f);
}

static void no_line_costs_no_try(void **state)
{
    (void)state;
    struct fixture *f = with_reversal(answers, "00");
    f->t.line_up = false;
    assert_int_equal(net_clear_reversal(&f->net), NET_NO_LINE);
    assert_int_equal(tries_left_behind(f), 0);
    fixture_free(f);
}

static void without_mac(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, t->host_ctx, &answer);
    ft_answer(t, &answer, false);
}

static void a_confirmation_without_mac_confirms_nothing(void **state)
{
    static const char *const codes[] = {"00", "25"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = with_reversal(without_mac, codes[i]);
        assert_int_equal(net_clear_reversal(&f->net), NET_BAD_MAC);
        assert_int_equal(tries_left_behind(f), 1); /* more tries under these keys cannot help */
        assert_true(f->net.resign);
        fixture_free(f);
    }
}

static void new_keys_make_a_new_mac(void **state)
{
    (void)state;
    struct fixture *f = with_reversal(answers, "A0");
    char response[3];
    uint8_t first[8], mac[8];
    size_t len;
    assert_int_equal(net_clear_reversal(&f->net), NET_REFUSED);
    assert_int_equal(tries_left_behind(f), 1);
    assert_true(f->net.resign);
    memcpy(first, iso_get(&f->t.last, 64, &len), 8);

    assert_int_equal(net_sign_in(&f->net, response), OK);
    assert_false(f->net.resign);
    f->t.host_ctx = "00";
    assert_int_equal(net_clear_reversal(&f->net), OK);
    mac_cup_ecb(NEW_MAK, 8, f->t.last_frame.body, f->t.last_frame.body_len - 8, mac);
    assert_memory_equal(iso_get(&f->t.last, 64, &len), mac, 8);
    assert_memory_not_equal(first, mac, 8);
    fixture_free(f);
}

static void cuts_power(struct fake_terminal *t, struct iso_message *request)
{
    (void)request;
    t->off = t->fs.off = true;
}

static void a_try_is_counted_before_its_bytes(void **state)
{
    (void)state;
    struct fixture *f = with_reversal(cuts_power, NULL);
    assert_int_equal(net_clear_reversal(&f->net), HAL_E_POWER);
    store_close(f->store);
    fake_reboot(&f->t.fs, FAKE_SYNCED_ONLY);
    ft_power_on(&f->t);
    assert_int_equal(store_open(&f->t.hal, &f->store), OK);
    assert_int_equal(tries_left_behind(f), 1);
    fixture_free(f);
}

/* ---- sign-in ---- */

static void a_sign_in_takes_keys_clock_and_batch(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    char response[3];
    int64_t value;
    f->t.host = answers;
    f->t.clock = (struct hal_datetime){2026, 6, 14, 23, 0, 0};
    assert_int_equal(net_sign_in(&f->net, response), OK);
    assert_string_equal(response, "00");
    assert_memory_equal(f->t.slots[NET_SLOT_PIK].key, NEW_PIK, 16);
    assert_int_equal(f->t.slots[NET_SLOT_MAK].len, 8); /* a single-length MAK in its place of 16 */
    assert_memory_equal(f->t.slots[NET_SLOT_MAK].key, NEW_MAK, 8);
    assert_int_equal(f->t.clock.year, 2026);
    assert_int_equal(f->t.clock.day, 15);
    assert_int_equal(f->t.clock.minute, 15);
    assert_int_equal(setting_get(f->store, "batch", 1, &value), OK);
    assert_int_equal(value, 5);
    assert_int_equal(setting_get(f->store, "signed_in", 0, &value), OK);
    assert_int_equal(value, 1);
    fixture_free(f);
}

static void bad_check_value(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    uint8_t keys[40];
    ft_reply(request, "00", &answer);
    ft_wrap_keys(t, NEW_PIK, NEW_MAK, keys);
    keys[39] ^= 1;
    iso_set(&answer, 62, keys, sizeof keys);
    ft_answer(t, &answer, false);
}

static void short_keys(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, "00", &answer);
    iso_set(&answer, 62, "0123456789", 10);
    ft_answer(t, &answer, false);
}

static void declines_sign_in(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, "97", &answer);
    ft_answer(t, &answer, false);
}

static void bad_keys_change_nothing(void **state)
{
    static const struct {
        fake_host *host;
        const char *response;
    } cases[] = {{bad_check_value, "A7"}, {short_keys, "A7"}, {declines_sign_in, "97"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fixture *f = fixture_new();
        char response[3];
        int64_t value;
        f->t.host = cases[i].host;
        assert_int_equal(net_sign_in(&f->net, response), NET_REFUSED);
        assert_string_equal(response, cases[i].response);
        assert_memory_equal(f->t.slots[NET_SLOT_MAK].key, FIXTURE_MAK, 8);
        assert_int_equal(f->t.slots[NET_SLOT_PIK].len, 0); /* good by itself, but its pair is not */
        assert_int_equal(setting_get(f->store, "signed_in", 0, &value), OK);
        assert_int_equal(value, 0);
        fixture_free(f);
    }
}

static void without_a_tmk_there_is_no_sign_in(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    char response[3];
    f->t.host = answers;
    f->t.slots[NET_SLOT_TMK].len = 0;
    assert_int_equal(net_sign_in(&f->net, response), NET_REFUSED);
    assert_string_equal(response, "A7");
    fixture_free(f);
}

static void new_year(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    uint8_t keys[40];
    ft_reply(request, "00", &answer);
    iso_set_text(&answer, 13, t->host_ctx);
    ft_wrap_keys(t, NEW_PIK, NEW_MAK, keys);
    iso_set(&answer, 62, keys, sizeof keys);
    ft_answer(t, &answer, false);
}

static void the_year_follows_the_clock(void **state)
{
    static const struct {
        uint8_t month, day;
        const char *host;
        uint16_t year;
    } cases[] = {{12, 31, "0101", 2027}, {1, 1, "1231", 2025}, {12, 30, "0101", 2026}, {6, 15, "0616", 2026}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = fixture_new();
        char response[3];
        f->t.clock = (struct hal_datetime){2026, cases[i].month, cases[i].day, 12, 0, 0};
        f->t.host = new_year;
        f->t.host_ctx = (void *)cases[i].host;
        assert_int_equal(net_sign_in(&f->net, response), OK);
        assert_int_equal(f->t.clock.year, cases[i].year);
        fixture_free(f);
    }
}

/* A clock that fell back to its maker's year is lost in all but name. */
static void a_clock_behind_the_last_year_known_follows_the_host(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    char response[3];
    int64_t value;
    assert_int_equal(setting_set(f->store, "clock_year", 2027), OK);
    assert_int_equal(setting_set(f->store, STORE_LAST_ENTRY, 20270301120000), OK);
    f->t.clock = (struct hal_datetime){2000, 1, 1, 0, 0, 0};
    f->t.host = new_year;
    f->t.host_ctx = "0302";
    assert_int_equal(net_sign_in(&f->net, response), OK);
    assert_int_equal(f->t.clock.year, 2027);
    assert_int_equal(setting_get(f->store, STORE_LAST_ENTRY, 1, &value), OK);
    assert_int_equal(value, 0);
    fixture_free(f);
}

/* DOMAIN 5.4: the batch changes after settlement. */
static void an_unsettled_batch_is_kept(void **state)
{
    (void)state;
    for (int settled = 0; settled < 2; settled++) {
        struct fixture *f = fixture_new();
        struct journal_entry sale = fixture_sale(7);
        char response[3];
        int64_t value;
        f->t.host = answers;
        assert_int_equal(journal_open(f->store, &sale), OK);
        assert_int_equal(settled ? journal_refuse(f->store, &sale) : journal_approve(f->store, &sale), OK);
        assert_int_equal(net_sign_in(&f->net, response), OK);
        assert_int_equal(setting_get(f->store, "batch", 1, &value), OK);
        assert_int_equal(value, settled ? 5 : 1);
        fixture_free(f);
    }
}

static uint32_t trace_sent(const struct fixture *f)
{
    char digits[7];
    iso_text(&f->t.last, 11, digits, sizeof digits);
    return (uint32_t)strtoul(digits, NULL, 10);
}

/* DOMAIN 5.1: network messages may be repeated. One that comes to nothing leaves nothing, so that the next is equal. */
static void a_sign_in_that_fails_writes_nothing(void **state)
{
    static fake_host *const hosts[] = {NULL, declines_sign_in, bad_check_value};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct fixture *f = fixture_new();
        char response[3];
        f->t.host = hosts[i];
        uint64_t before = fake_hash(&f->t.fs);
        for (int round = 0; round < 3; round++) {
            assert_true(net_sign_in(&f->net, response) > 0);
            assert_int_equal(trace_sent(f), 1);
        }
        assert_true(fake_hash(&f->t.fs) == before);
        fixture_free(f);
    }
}

static void a_sign_in_is_one_commit(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    char response[3];
    uint32_t trace = 0;
    assert_int_equal(setting_set(f->store, "last_chip_failed", 1), OK); /* the log has begun */
    f->t.host = answers;
    for (uint32_t day = 1; day <= 2; day++) {
        long syncs = f->t.fs.syncs;
        assert_int_equal(net_sign_in(&f->net, response), OK);
        assert_int_equal(f->t.fs.syncs, syncs + day); /* on the second day one more: no longer signed in */
        assert_int_equal(trace_sent(f), day);
    }
    assert_int_equal(trace_next(f->store, &trace), OK);
    assert_int_equal(trace, 3);
    fixture_free(f);
}

/* A key of its own in each slot is no pair: the terminal signs in again, wherever the power was cut. */
static void a_cut_between_the_keys_means_signing_in_again(void **state)
{
    (void)state;
    bool cut = true;
    for (unsigned at = 1; cut; at++) {
        struct fixture *f = fixture_new();
        char response[3];
        int64_t signed_in;
        uint32_t trace = 0;
        f->t.host = answers;
        assert_int_equal(net_sign_in(&f->net, response), OK);
        f->t.key_loads = 0;
        f->t.cut_at_key_load = at;
        int r = net_sign_in(&f->net, response);
        cut = r == HAL_E_POWER;
        assert_true(cut || (r == OK && at > 4));
        store_close(f->store);
        fake_reboot(&f->t.fs, FAKE_SYNCED_ONLY);
        ft_power_on(&f->t);
        assert_int_equal(store_open(&f->t.hal, &f->store), OK);
        assert_int_equal(setting_get(f->store, "signed_in", 0, &signed_in), OK);
        assert_int_equal(signed_in, !cut);
        assert_int_equal(trace_peek(f->store, &trace), OK);
        assert_int_equal(trace, cut ? 2 : 3);
        fixture_free(f);
    }
}

static void an_echo_takes_its_number_when_answered(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    f->t.host = NULL;
    assert_int_equal(net_echo(&f->net), NET_NO_ANSWER);
    assert_int_equal(trace_sent(f), 1);
    f->t.host = declines_sign_in;
    assert_int_equal(net_echo(&f->net), NET_REFUSED);
    assert_int_equal(trace_sent(f), 1);
    f->t.host = answers;
    assert_int_equal(net_echo(&f->net), OK);
    assert_int_equal(trace_sent(f), 2);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_due_opens_no_line),
        cmocka_unit_test(four_codes_are_the_end_of_it),
        cmocka_unit_test(another_code_is_tried_again_and_kept),
        cmocka_unit_test(silence_is_tried_again_and_kept),
        cmocka_unit_test(no_line_costs_no_try),
        cmocka_unit_test(a_confirmation_without_mac_confirms_nothing),
        cmocka_unit_test(new_keys_make_a_new_mac),
        cmocka_unit_test(a_try_is_counted_before_its_bytes),
        cmocka_unit_test(a_sign_in_takes_keys_clock_and_batch),
        cmocka_unit_test(bad_keys_change_nothing),
        cmocka_unit_test(without_a_tmk_there_is_no_sign_in),
        cmocka_unit_test(the_year_follows_the_clock),
        cmocka_unit_test(a_clock_behind_the_last_year_known_follows_the_host),
        cmocka_unit_test(an_unsettled_batch_is_kept),
        cmocka_unit_test(a_sign_in_that_fails_writes_nothing),
        cmocka_unit_test(a_sign_in_is_one_commit),
        cmocka_unit_test(a_cut_between_the_keys_means_signing_in_again),
        cmocka_unit_test(an_echo_takes_its_number_when_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
