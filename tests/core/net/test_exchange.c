/* One request and its answer: framing of the byte stream, the checks of DOMAIN 5.5 one by one, timer, line and power.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/net/net_fixture.h"

#define SECOND 1000000u

/* ---- hosts ---- */

static void approves(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, "00", &answer);
    ft_answer(t, &answer, true);
}

static void byte_by_byte(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    uint8_t bytes[4096];
    ft_reply(request, "00", &answer);
    size_t len = ft_pack(t, &answer, true, bytes, sizeof bytes);
    size_t cuts[] = {1, 2, 3, 20, len}, at = 0;
    for (size_t i = 0; i < 5; i++) {
        ft_arrive(t, (i + 1) * SECOND, bytes + at, cuts[i] - at);
        at = cuts[i];
    }
}

static void foreign_then_ours_in_one_read(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    uint8_t bytes[8192];
    ft_reply(request, "00", &answer);
    iso_set_number(&answer, 11, 6);
    size_t len = ft_pack(t, &answer, true, bytes, sizeof bytes);
    ft_reply(request, "00", &answer);
    len += ft_pack(t, &answer, true, bytes + len, sizeof bytes - len);
    ft_arrive(t, 1000, bytes, len);
}

static void too_long_then_ours(struct fake_terminal *t, struct iso_message *request)
{
    static const uint8_t head[] = {3000 >> 8, 3000 & 0xFF};
    uint8_t filler[3000] = {0};
    ft_arrive(t, 1000, head, sizeof head);
    ft_arrive(t, 2000, filler, 1700);
    ft_arrive(t, 3000, filler, 1300);
    approves(t, request);
    t->chunks[t->chunk_count - 1].at_us = t->now_us + 4000;
}

static void absurd_length(struct fake_terminal *t, struct iso_message *request)
{
    static const uint8_t bytes[] = {0x20, 0x01, 0, 0};
    (void)request;
    ft_arrive(t, 1000, bytes, sizeof bytes);
}

static void answers_too_late(struct fake_terminal *t, struct iso_message *request)
{
    approves(t, request);
    t->chunks[0].at_us = t->now_us + 61 * SECOND;
}

static void half_a_message(struct fake_terminal *t, struct iso_message *request)
{
    approves(t, request);
    t->chunks[0].len /= 2;
}

static void hangs_up(struct fake_terminal *t, struct iso_message *request)
{
    static const uint8_t zero = 0;
    (void)request;
    ft_arrive(t, 1000, &zero, 1); /* one byte of LEN, then the end */
    t->hung_up = true;
}

static void loses_power(struct fake_terminal *t, struct iso_message *request)
{
    (void)request;
    t->off = true;
}

/* ---- running one exchange ---- */

struct run {
    int status;
    bool sent;
    uint64_t took_us;
    struct iso_message answer;
};

static struct run run_on(struct fixture *f, fake_host *host)
{
    struct run run;
    struct iso_message request;
    f->t.host = host;
    assert_int_equal(net_connect(&f->net), OK);
    fixture_request(f, &request);
    uint64_t start_us = f->t.now_us;
    run.status = net_exchange(&f->net, &request, &run.answer, &run.sent);
    run.took_us = f->t.now_us - start_us;
    return run;
}

static struct run run_host(fake_host *host)
{
    struct fixture *f = fixture_new();
    struct run run = run_on(f, host);
    fixture_free(f);
    return run;
}

static void an_approval_comes_back(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    f->t.header[2] = 0x03;
    struct run run = run_on(f, approves);
    assert_int_equal(run.status, OK);
    assert_true(run.sent);
    assert_int_equal(f->net.requirement, 3);
    assert_memory_equal(f->t.sent + 2, f->config.tpdu, 5);
    char code[3];
    iso_text(&run.answer, 39, code, sizeof code);
    assert_string_equal(code, "00");

    uint8_t mac[8]; /* what was sent carries a MAC over MTI..DE63 */
    size_t len;
    mac_cup_ecb(FIXTURE_MAK, 8, f->t.last_frame.body, f->t.last_frame.body_len - 8, mac);
    assert_memory_equal(iso_get(&f->t.last, 64, &len), mac, 8);
    fixture_free(f);
}

static void the_stream_is_cut_into_frames(void **state)
{
    static fake_host *const hosts[] = {byte_by_byte, foreign_then_ours_in_one_read, too_long_then_ours};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_int_equal(run_host(hosts[i]).status, OK);
}

static void silence_ends_with_the_timer(void **state)
{
    static fake_host *const hosts[] = {NULL, answers_too_late, half_a_message};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct run run = run_host(hosts[i]);
        assert_int_equal(run.status, NET_NO_ANSWER);
        assert_true(run.sent);
        assert_in_range(run.took_us, 60 * SECOND, 60 * SECOND + 1000);
    }
}

static void a_broken_stream_ends_at_once(void **state)
{
    static fake_host *const hosts[] = {absurd_length, hangs_up};
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct run run = run_host(hosts[i]);
        assert_int_equal(run.status, NET_NO_ANSWER);
        assert_true(run.took_us < SECOND);
    }
}

/* ---- DOMAIN 5.5, row by row ---- */

static const struct identity_case {
    const char *code; /* of the answer */
    uint8_t de;       /* changed, or removed when value is NULL; 0: the MTI */
    const char *value;
    int status;
} identity_cases[] = {
    {"00", 0, "0211", NET_NO_ANSWER},
    {"00", 0, "0410", NET_NO_ANSWER},
    {"00", 0, "0810", NET_NO_ANSWER}, /* of a sign-in or echo that had the same trace number */
    {"00", 0, "0830", NET_NO_ANSWER},
    {"00", 3, "200000", NET_NO_ANSWER},
    {"00", 4, "000000001300", NET_NO_ANSWER},
    {"10", 4, "000000001000", OK}, /* partial approval */
    {"00", 11, "000008", NET_NO_ANSWER},
    {"00", 11, NULL, NET_NO_ANSWER},
    {"51", 11, NULL, NET_NO_ANSWER},
    {"00", 25, "06", NET_NO_ANSWER},
    {"00", 25, NULL, NET_NO_ANSWER},
    {"51", 25, NULL, OK},
    {"00", 41, "10000002", NET_NO_ANSWER},
    {"00", 42, "104100050450002", NET_NO_ANSWER},
    {"00", 49, "344", NET_NO_ANSWER},
    {"00", 37, NULL, NET_NO_ANSWER},
    {"51", 37, NULL, OK},
    {"00", 12, "256000", NET_NO_ANSWER},
    {"00", 13, "1332", NET_NO_ANSWER},
    {"00", 39, "  ", NET_NO_ANSWER},
    {"00", 39, NULL, NET_NO_ANSWER},
    {"00", 60, "22000002", NET_NO_ANSWER},
};

static void answers_with_one_difference(struct fake_terminal *t, struct iso_message *request)
{
    const struct identity_case *c = t->host_ctx;
    struct iso_message answer;
    ft_reply(request, c->code, &answer);
    if (!c->de)
        memcpy(answer.mti, c->value, 5);
    else if (c->value)
        assert_int_equal(iso_set_text(&answer, c->de, c->value), OK);
    else
        iso_clear(&answer, c->de);
    ft_answer(t, &answer, true);
}

static void a_difference_makes_it_foreign(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof identity_cases / sizeof *identity_cases; i++) {
        struct fixture *f = fixture_new();
        f->t.host_ctx = (void *)&identity_cases[i];
        struct run run = run_on(f, answers_with_one_difference);
        if (run.status != identity_cases[i].status)
            print_message("row %zu: DE%u of %s\n", i, identity_cases[i].de, identity_cases[i].code);
        assert_int_equal(run.status, identity_cases[i].status);
        assert_int_equal(f->net.resign, identity_cases[i].de == 60);
        fixture_free(f);
    }
}

static const struct mac_case {
    const char *code;
    bool present, right;
    int status;
} mac_cases[] = {
    {"00", true, true, OK},
    {"00", true, false, NET_BAD_MAC},
    {"00", false, false, NET_BAD_MAC},
    {"51", true, true, OK},
    {"51", true, false, NET_BAD_MAC},
    {"51", false, false, NET_BAD_MAC},
    {"A0", false, false, OK},
    {"30", false, false, OK},
    {"97", true, false, NET_BAD_MAC},
    {"11", false, false, NET_BAD_MAC},
};

static void answers_with_mac(struct fake_terminal *t, struct iso_message *request)
{
    const struct mac_case *c = t->host_ctx;
    struct iso_message answer;
    ft_reply(request, c->code, &answer);
    if (c->present && !c->right)
        iso_set(&answer, 64, "00000000", 8);
    ft_answer(t, &answer, c->present && c->right);
}

static void only_a_valid_mac_approves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mac_cases / sizeof *mac_cases; i++) {
        struct fixture *f = fixture_new();
        f->t.host_ctx = (void *)&mac_cases[i];
        f->t.header[2] = 0x03;
        struct run run = run_on(f, answers_with_mac);
        if (run.status != mac_cases[i].status)
            print_message("row %zu: %s\n", i, mac_cases[i].code);
        assert_int_equal(run.status, mac_cases[i].status);
        assert_int_equal(f->net.resign, run.status == NET_BAD_MAC);
        /* The header is not covered by the MAC, but what it asks for is heard from a host that has the key only. */
        assert_int_equal(f->net.requirement, mac_cases[i].present && mac_cases[i].right ? 3 : 0);
        fixture_free(f);
    }
}

static void another_batch_without_a_mac(struct fake_terminal *t, struct iso_message *request)
{
    struct iso_message answer;
    ft_reply(request, "51", &answer);
    assert_int_equal(iso_set_text(&answer, 60, "22000002"), OK);
    ft_answer(t, &answer, false);
}

static void a_stranger_cannot_ask_for_a_sign_in(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    assert_int_equal(run_on(f, another_batch_without_a_mac).status, NET_NO_ANSWER);
    assert_false(f->net.resign);
    fixture_free(f);
}

static void nothing_of_an_answer_stays_behind(void **state)
{
    static const uint8_t nothing[sizeof((struct net *)0)->rx];
    (void)state;
    struct fixture *f = fixture_new();
    assert_int_equal(run_on(f, approves).status, OK);
    net_disconnect(&f->net);
    assert_memory_equal(f->net.rx, nothing, sizeof nothing);
    fixture_free(f);
}

/* ---- line, keys, power ---- */

static void a_line_that_fails_before_the_first_byte_sends_nothing(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    f->t.send_fails = true;
    struct run run = run_on(f, approves);
    assert_int_equal(run.status, NET_NO_LINE);
    assert_false(run.sent);
    f->t.line_up = f->t.send_fails = false;
    f->t.connects = 0;
    assert_int_equal(net_connect(&f->net), NET_NO_LINE);
    assert_int_equal(f->t.connects, 3);
    fixture_free(f);
}

static void without_a_mak_nothing_is_sent(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    f->t.slots[NET_SLOT_MAK].len = 0;
    struct run run = run_on(f, approves);
    assert_int_equal(run.status, NET_NO_LINE);
    assert_false(run.sent);
    assert_true(f->net.resign);
    assert_int_equal(f->t.sends, 0);
    fixture_free(f);
}

static void power_loss_unwinds(void **state)
{
    (void)state;
    struct run run = run_host(loses_power);
    assert_int_equal(run.status, HAL_E_POWER);
    assert_true(run.sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_comes_back),
        cmocka_unit_test(the_stream_is_cut_into_frames),
        cmocka_unit_test(silence_ends_with_the_timer),
        cmocka_unit_test(a_broken_stream_ends_at_once),
        cmocka_unit_test(a_difference_makes_it_foreign),
        cmocka_unit_test(only_a_valid_mac_approves),
        cmocka_unit_test(a_stranger_cannot_ask_for_a_sign_in),
        cmocka_unit_test(nothing_of_an_answer_stays_behind),
        cmocka_unit_test(a_line_that_fails_before_the_first_byte_sends_nothing),
        cmocka_unit_test(without_a_mak_nothing_is_sent),
        cmocka_unit_test(power_loss_unwinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
