/*
 * An approval of a card whose number the secure element does not open any more (its storage key is gone): it can never
 * be booked. The operator is told once, on screen and slip; the upload counts as refused, and the terminal goes on
 * selling.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/core/app/shop.h"

#define STRIPE "6210676862310000067=30121010000000000" /* service code 101: no chip, no PIN */

static int unseal_gone(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data)
{
    (void)ctx, (void)context, (void)sealed, (void)len, (void)data;
    return E_VERIFY;
}

/* An approval as an earlier day left it: its slip is printed, its upload is due. */
static void leave_an_upload(struct shop *s)
{
    struct store *store = NULL;
    struct journal_upload u = {.entry = {.batch = 1, .trace = 900, .amount_cents = 1200}, .sealed_len = 44};
    strcpy(u.entry.masked_pan, "621067*********0067");
    strcpy(u.entry.entry, "051");
    strcpy(u.entry.de60, "30000001");
    strcpy(u.entry.response, "Y1");
    fake_reboot(&s->t.fs, FAKE_SYNCED_ONLY);
    s->t.off = false;
    struct hal hal = {.fs = s->t.hal.fs};
    assert_int_equal(store_open(&hal, &store), OK);
    assert_int_equal(intent_open(store, &u.entry), OK);
    assert_int_equal(intent_approve(store, &u), OK);
    assert_int_equal(slip_printed(store, 1, 900), OK);
    store_close(store);
}

struct uploads {
    unsigned count;
    char refused[3];
};

static void count_upload(void *ctx, const struct firmware_upload *u)
{
    struct uploads *seen = ctx;
    seen->count++;
    memcpy(seen->refused, u->refused, sizeof seen->refused);
}

static struct uploads uploads(struct shop *s)
{
    struct uploads seen = {0};
    const struct firmware_sink sink = {.ctx = &seen, .upload = count_upload};
    const struct hal hal = {.fs = s->t.hal.fs};
    assert_int_equal(store_inspect(&hal, &sink), OK);
    return seen;
}

static unsigned times_shown(const struct shop *s, const char *screen)
{
    unsigned times = 0;
    for (size_t i = 0; i < s->t.shown_count; i++)
        times += strcmp(s->t.shown[i], screen) == 0;
    return times;
}

/* covers: 5.4 an upload that can never be sent is told and ends */
static void it_is_told_once_and_selling_goes_on(void **state)
{
    (void)state;
    struct shop *s = shop_new("unionpay-offline");
    RUN(s, POWER_OFF("idle"));
    leave_an_upload(s);
    struct hal_se_ops ops = *s->t.hal.se.ops;
    ops.unseal = unseal_gone;
    s->t.hal.se.ops = &ops;
    RUN(s, KEYS("upload_sealed", "\r"), POWER_OFF("idle"));
    assert_int_equal(times_shown(s, "upload_sealed"), 1);
    assert_int_equal(times_shown(s, "upload_refused"), 0);
    assert_false(inspect(s).print_pending);
    assert_int_equal(uploads(s).count, 1);
    assert_string_equal(uploads(s).refused, NET_UPLOAD_SEALED);

    RUN(s, KEYS("idle", "1200\r"), SWIPE("insert_card", STRIPE), POWER_OFF("idle"));
    assert_int_equal(times_shown(s, "upload_sealed"), 0);
    assert_true(ft_has_shown(&s->t, "approved_signature"));
    assert_int_equal(inspect(s).done, 2);
    assert_int_equal(s->sales, 1);
    shop_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_once_and_selling_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
