/*
 * A shop: the whole core from power-up to idle between scripted people and a scripted acquirer that books sales, and
 * the comparison of both sides' books.
 */
#ifndef POSBENCH_TESTS_CORE_APP_SHOP_H
#define POSBENCH_TESTS_CORE_APP_SHOP_H

#include "core/app/app.h"
#include "core/store/store.h"
#include "tests/core/app/app_fixture.h"

struct shop {
    struct fake_terminal t;
    const char *codes[4]; /* DE39 of the sales in order; NULL: approved; "-": silence, "!": no MAC */
    unsigned sales, reversals, sign_ins;
    uint32_t booked[8], undone[8];
    size_t booked_count, undone_count;
    char pin_block[2][8];
    bool host_down;
    unsigned deaf; /* so many requests more are lost on their way */
    void *user;    /* the test's own */
};

static inline uint32_t trace_of(const struct iso_message *m)
{
    char digits[7];
    uint32_t trace = 0;
    iso_text(m, 11, digits, sizeof digits);
    for (const char *c = digits; *c; c++)
        trace = trace * 10 + (uint32_t)(*c - '0');
    return trace;
}

static inline void on_sign_in(struct shop *s, struct iso_message *request)
{
    static const uint8_t pik[16] = {1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2}, mak[8] = {4, 4, 4, 4, 4, 4, 4, 7};
    struct iso_message answer;
    uint8_t keys[40];
    s->sign_ins++;
    ft_reply(request, "00", &answer);
    ft_wrap_keys(&s->t, pik, mak, keys);
    iso_set(&answer, 62, keys, sizeof keys);
    ft_answer(&s->t, &answer, false);
}

static inline void on_sale(struct shop *s, struct iso_message *request)
{
    struct iso_message answer;
    const char *code = s->codes[s->sales < 3 ? s->sales : 3];
    size_t len;
    if (iso_has(request, 52) && s->sales < 2)
        memcpy(s->pin_block[s->sales], iso_get(request, 52, &len), 8);
    s->sales++;
    bool silent = code && strcmp(code, "-") == 0, no_mac = code && strcmp(code, "!") == 0;
    if (!code || silent || no_mac) {
        s->booked[s->booked_count++ % 8] = trace_of(request);
        code = "00";
    }
    if (silent)
        return;
    ft_reply(request, code, &answer);
    ft_answer(&s->t, &answer, !no_mac);
}

static inline void on_reversal(struct shop *s, struct iso_message *request)
{
    struct iso_message answer;
    s->reversals++;
    s->undone[s->undone_count++ % 8] = trace_of(request);
    ft_reply(request, "00", &answer);
    ft_answer(&s->t, &answer, true);
}

static inline void shop_host(struct fake_terminal *t, struct iso_message *request)
{
    struct shop *s = t->host_ctx;
    if (s->host_down || s->deaf) {
        s->deaf -= s->deaf > 0;
        return;
    }
    if (strcmp(request->mti, "0800") == 0)
        on_sign_in(s, request);
    else if (strcmp(request->mti, "0400") == 0)
        on_reversal(s, request);
    else
        on_sale(s, request);
}

static inline struct shop *shop_new(const char *profile)
{
    struct shop *s = calloc(1, sizeof *s);
    ft_init(&s->t);
    s->t.screens = screen_catalogue;
    s->t.host = shop_host;
    s->t.host_ctx = s;
    write_config(&s->t, profile);
    return s;
}

static inline void shop_free(struct shop *s)
{
    ft_clear(&s->t);
    free(s);
}

/* Runs the core until the people have nothing more to do. */
static inline void run(struct shop *s, const struct fake_act *acts, size_t count)
{
    ft_power_on(&s->t);
    s->t.acts = acts;
    s->t.act_count = count;
    s->t.act_at = 0;
    assert_int_equal(app_entry(&s->t.hal), HAL_E_POWER);
}
#define RUN(s, ...)                                                                                                    \
    run(s, (const struct fake_act[]){__VA_ARGS__},                                                                     \
        sizeof((const struct fake_act[]){__VA_ARGS__}) / sizeof(struct fake_act))

struct books {
    unsigned done, refused, reversed, open, not_sent, reversals;
    uint32_t done_trace;
    bool print_pending, last_chip_failed;
};

static inline void count_record(void *ctx, const struct firmware_record *r)
{
    struct books *b = ctx;
    unsigned *counts[] = {[FIRMWARE_OPEN] = &b->open,
                          [FIRMWARE_DONE] = &b->done,
                          [FIRMWARE_REFUSED] = &b->refused,
                          [FIRMWARE_REVERSED] = &b->reversed,
                          [FIRMWARE_NOT_SENT] = &b->not_sent};
    ++*counts[r->outcome];
    if (r->outcome == FIRMWARE_DONE)
        b->done_trace = r->trace;
}

static inline void count_reversal(void *ctx, const struct firmware_reversal *r)
{
    (void)r;
    ((struct books *)ctx)->reversals++;
}

static inline void take_state(void *ctx, const struct firmware_state *state)
{
    ((struct books *)ctx)->print_pending = state->print_pending;
    ((struct books *)ctx)->last_chip_failed = state->last_chip_failed;
}

static inline struct books inspect(struct shop *s)
{
    struct books b = {0};
    struct firmware_sink sink = {.ctx = &b, .state = take_state, .record = count_record, .reversal = count_reversal};
    fake_reboot(&s->t.fs, FAKE_SYNCED_ONLY);
    s->t.off = false;
    struct hal hal = {.fs = s->t.hal.fs};
    assert_int_equal(store_inspect(&hal, &sink), OK);
    return b;
}

/* The terminal's book and the host's must agree on every trace number once recovery is over. */
static inline void compare_books(struct shop *s, long cut)
{
    RUN(s, POWER_OFF("idle"));
    struct books b = inspect(s);
    bool shown = ft_has_shown(&s->t, "approved");
    if (b.open || b.reversals || b.done > 1 || (b.done && !s->booked_count) || b.print_pending)
        print_message("cut at %ld: open %u, reversals %u, done %u, booked %zu\n", cut, b.open, b.reversals, b.done,
                      s->booked_count);
    assert_int_equal(b.open + b.reversals, 0);
    assert_false(b.print_pending);
    assert_false(shown);
    for (size_t i = 0; i < s->booked_count; i++) {
        unsigned undone = 0;
        for (size_t k = 0; k < s->undone_count; k++)
            undone += s->undone[k] == s->booked[i];
        assert_true((b.done && b.done_trace == s->booked[i]) != (undone > 0));
    }
}

#endif
