/* Uploads until the host has booked or refused them (DOMAIN 4.3, 4.5a, 5.4), over the real store. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/net/net_fixture.h"

#define TRIES 2

/* What the secure element does is not asked here: the text comes back, and the context is looked at. */
static int unseal(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data)
{
    (void)ctx;
    assert_string_equal(context, "upload 000001 000007");
    memcpy(data, sealed + HAL_SEAL_EXTRA, len - HAL_SEAL_EXTRA);
    return OK;
}

/* An element whose storage key is gone, or one of two that broke. */
static int unseal_gone(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data)
{
    (void)ctx, (void)context, (void)sealed, (void)len, (void)data;
    return E_VERIFY;
}

static int unseal_broken(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data)
{
    (void)ctx, (void)context, (void)sealed, (void)len, (void)data;
    return HAL_E_IO;
}

static struct hal_se_ops se_ops;

/* Each request gets the code whose turn it is; " " none at all. */
static const char *const *script;

static void answers(struct fake_terminal *t, struct iso_message *request)
{
    const char *code = *script ? *script++ : "00";
    struct iso_message answer;
    if (code[0] == ' ')
        return;
    ft_reply(request, code, &answer);
    ft_answer(t, &answer, true);
}

static struct fixture *with_upload(const char *const *codes, const char *type)
{
    struct fixture *f = fixture_new();
    struct journal_upload u = {.entry = fixture_sale(7), .field55 = {0x8A, 0x02, 'Y', '1'}, .field55_len = 4};
    memcpy(u.entry.entry, "052", 4);
    memcpy(u.entry.de60, type, 2);
    u.sealed_len = HAL_SEAL_EXTRA + strlen(u.entry.pan);
    memcpy(u.sealed + HAL_SEAL_EXTRA, u.entry.pan, strlen(u.entry.pan));
    assert_int_equal(intent_open(f->store, &u.entry), OK);
    assert_int_equal(intent_approve(f->store, &u), OK);
    se_ops = *f->t.hal.se.ops;
    se_ops.unseal = unseal;
    f->t.hal.se.ops = &se_ops;
    f->config.upload_tries = TRIES;
    f->t.host = answers;
    script = codes;
    return f;
}

static bool is_left(struct fixture *f)
{
    struct journal_upload u;
    int status = upload_next(f->store, &u);
    assert_true(status == OK || status == E_NOTFOUND);
    return status == OK;
}

static void nothing_due_opens_no_line(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    assert_int_equal(net_upload(&f->net), OK);
    assert_int_equal(f->t.connects, 0);
    fixture_free(f);
}

static void the_message_is_the_sale_without_its_secrets(void **state)
{
    static const uint8_t there[] = {2, 3, 4, 11, 14, 22, 25, 41, 42, 49, 55, 60, 64}, absent[] = {35, 36, 52, 53, 26};
    static const struct {
        const char *type, *mti;
    } kinds[] = {{"30", "0220"}, {"36", "0200"}};
    static const char *const codes[] = {"00", NULL};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct fixture *f = with_upload(codes, kinds[k].type);
        char value[24];
        assert_int_equal(net_upload(&f->net), OK);
        assert_false(is_left(f));
        assert_string_equal(f->t.last.mti, kinds[k].mti);
        for (size_t i = 0; i < sizeof there; i++)
            assert_true(iso_has(&f->t.last, there[i]));
        for (size_t i = 0; i < sizeof absent; i++)
            assert_false(iso_has(&f->t.last, absent[i]));
        iso_text(&f->t.last, 2, value, sizeof value);
        assert_string_equal(value, "6210676862310000067");
        iso_text(&f->t.last, 11, value, sizeof value);
        assert_string_equal(value, "000007");
        fixture_free(f);
    }
}

static void two_codes_are_the_end_of_it(void **state)
{
    static const char *const codes[][2] = {{"00", NULL}, {"94", NULL}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = with_upload(codes[i], "30");
        struct journal_entry slip;
        assert_int_equal(net_upload(&f->net), OK);
        assert_int_equal(f->t.sends, 1);
        assert_false(is_left(f));
        assert_int_equal(slip_due(f->store, &slip), OK);
        assert_int_equal(slip.rrn[0] != '\0', i == 0); /* a repeat's own number names no booking */
        fixture_free(f);
    }
}

static void refusals_come_to_an_end(void **state)
{
    static const char *const codes[] = {"96", "14", NULL};
    (void)state;
    struct fixture *f = with_upload(codes, "30");
    struct journal_entry slip;
    assert_int_equal(net_upload(&f->net), OK);
    assert_int_equal(f->t.sends, TRIES);
    assert_false(is_left(f));
    assert_int_equal(slip_due(f->store, &slip), OK);
    assert_string_equal(slip.refused, "14");
    assert_int_equal(net_upload(&f->net), OK);
    assert_int_equal(f->t.sends, TRIES); /* never again */
    fixture_free(f);
}

static void silence_costs_nothing(void **state)
{
    static const char *const codes[] = {" ", " ", " ", " ", "00", NULL};
    (void)state;
    struct fixture *f = with_upload(codes, "30");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(net_upload(&f->net), NET_NO_ANSWER);
        assert_true(is_left(f));
        net_disconnect(&f->net);
    }
    assert_int_equal(net_upload(&f->net), OK);
    assert_false(is_left(f));
    fixture_free(f);
}

static void keys_out_of_step_cost_nothing(void **state)
{
    static const char *const codes[] = {"A0", NULL};
    (void)state;
    struct fixture *f = with_upload(codes, "30");
    assert_int_equal(net_upload(&f->net), NET_REFUSED);
    assert_true(f->net.resign);
    assert_true(is_left(f));
    assert_int_equal(f->t.sends, 1);
    fixture_free(f);
}

static void a_number_that_does_not_open_is_refused_at_once(void **state)
{
    static const char *const codes[] = {NULL};
    (void)state;
    struct fixture *f = with_upload(codes, "30");
    struct journal_entry slip;
    uint32_t count;
    uint64_t cents;
    se_ops.unseal = unseal_gone;
    assert_int_equal(net_upload(&f->net), OK);
    assert_int_equal(f->t.sends, 0);
    assert_false(is_left(f)); /* nothing is tried for ever, and new sales find their room */
    assert_int_equal(upload_totals(f->store, &count, &cents), OK);
    assert_int_equal(count, 0);
    assert_int_equal(slip_due(f->store, &slip), OK);
    assert_string_equal(slip.refused, NET_UPLOAD_SEALED);
    fixture_free(f);
}

static void an_element_that_fails_leaves_the_upload_due(void **state)
{
    static const char *const codes[] = {"00", NULL};
    (void)state;
    struct fixture *f = with_upload(codes, "30");
    se_ops.unseal = unseal_broken;
    assert_int_equal(net_upload(&f->net), HAL_E_IO);
    assert_true(is_left(f));
    se_ops.unseal = unseal;
    assert_int_equal(net_upload(&f->net), OK);
    assert_false(is_left(f));
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_due_opens_no_line),
        cmocka_unit_test(the_message_is_the_sale_without_its_secrets),
        cmocka_unit_test(two_codes_are_the_end_of_it),
        cmocka_unit_test(refusals_come_to_an_end),
        cmocka_unit_test(silence_costs_nothing),
        cmocka_unit_test(keys_out_of_step_cost_nothing),
        cmocka_unit_test(a_number_that_does_not_open_is_refused_at_once),
        cmocka_unit_test(an_element_that_fails_leaves_the_upload_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
