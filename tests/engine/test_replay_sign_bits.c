/*
 * One flipped bit in any signed byte of a recording fails a named check; one in a byte that nothing signs fails none.
 * On sessions made with fixed keys, and on the published ones where they are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/flip_support.h"

/* covers: 2.6 signed bytes of SDA, DDA, CDA */
static void made_sessions(void **state)
{
    static const struct making made[] = {
        {.dda = true},
        {.dda = true, .dda_77 = true, .t0 = true},
        {.cda1 = true},
        {.cda2 = true},
        {.cda1 = true, .cda2 = true},
        {.fast = true, .ppse = true},
        {.pin = true},
        {.no_sda = true},
    };
    struct replay_key key;
    const struct replay_keys keys = one_key(&key);
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct made m;
        make_session(&made[i], &m);
        struct signed_session s = load_session(m.text, m.len);
        flip_all(&s, &keys, 300, i == 4);
        drop_session(&s);
    }
}

static void published(const char *trace, const char *capk, size_t least)
{
    char why[300], path[400];
    struct replay_keys keys = {.key = NULL};
    struct signed_session s = {NULL, NULL, NULL};
    snprintf(path, sizeof path, "%s/%s", TEST_TRACES, trace);
    if (trace_load(path, &s.trace, why, sizeof why) != OK)
        skip();
    snprintf(path, sizeof path, "%s/%s", TEST_TRACES, capk);
    assert_int_equal(replay_keys_load(&keys, path, why, sizeof why), OK);
    s.session = &s.trace->sessions[0];
    s.facts = malloc(sizeof *s.facts);
    assert_non_null(s.facts);
    flip_all(&s, &keys, least, true);
    drop_session(&s);
    replay_keys_free(&keys);
}

/* covers: 2.6 DDA */
static void published_dda(void **state)
{
    (void)state;
    published("emvpt/test_data.yaml", "emvpt/scheme_ca_public_keys_test.yaml", 500);
}

/* covers: 2.6 SDA */
static void published_static_data(void **state)
{
    (void)state;
    published("emv-bertlv/contact-mastercard-second-session-in.txt", "emv-bertlv/ca-public-keys.txt", 600);
}

/* covers: 2.6 CDA */
static void published_cda(void **state)
{
    (void)state;
    published("emv-bertlv/amex-cda-in.txt", "emv-bertlv/ca-public-keys.txt", 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_sessions),
        cmocka_unit_test(published_dda),
        cmocka_unit_test(published_static_data),
        cmocka_unit_test(published_cda),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
