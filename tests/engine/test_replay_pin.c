/*
 * A recorded enciphered PIN, compared by P2 and length and answered as recorded: the core gets the CA key,
 * signs in dynamic data by the recorded number, asks for the recorded challenge and sends a PIN of its own under the
 * card's key. The recordings are made here from cards of the bench, without a masked digit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/replay_support.h"

static struct replay_keys keys;

static int load_keys(void **state)
{
    char why[300];
    (void)state;
    return replay_keys_load(&keys, TEST_ROOT "/cards/keys/ca.json", why, sizeof why);
}

static int drop_keys(void **state)
{
    (void)state;
    replay_keys_free(&keys);
    return 0;
}

static cJSON *play(const struct plan *p, const struct replay_keys *given)
{
    char why[600] = "";
    struct tape tape;
    tape_record(p, &tape);
    char *text = tape_write(&tape, &spellings[0]);
    cJSON *out = replay_with_keys(text, strlen(text), 0, given, why, sizeof why);
    if (!out)
        fail_msg("%s", why);
    free(text);
    return out;
}

static void expect(const cJSON *session, const char *name, const char *verdict, const char *reason)
{
    const cJSON *row = row_named(session, name, 0);
    if (strcmp(text_of(row, "verdict"), verdict) != 0 || !strstr(text_of(row, "reason"), reason))
        fail_msg("%s: %s: %s", name, text_of(row, "verdict"), text_of(row, "reason"));
}

/* Le may be coded in another way. */
static void expect_same(const cJSON *session, const char *name)
{
    const cJSON *row = row_named(session, name, 0);
    if (strncmp(text_of(row, "verdict"), "equ", 3) != 0)
        fail_msg("%s: %s: %s", name, text_of(row, "verdict"), text_of(row, "reason"));
}

/* 9F33: plaintext and enciphered PIN, DDA; nothing of the floor limit's is set in the TVR but what the terminal says */
#define VALUES "95=0000008000 9F33=E0B0C8"

static const struct plan plans[] = {
    {.card = "unionpay-offline-pin-enciphered", .dda = true, .encrypted = 144, .values = VALUES},
    {.card = "unionpay-offline-pin-enciphered", .dda = true, .encrypted = 144, .values = VALUES, .t0 = true},
    {.card = "unionpay-offline-pin-icc-key", .dda = true, .encrypted = 144, .values = VALUES, .t0 = true},
    {.card = "unionpay-offline-pin-icc-key",
     .dda = true,
     .encrypted = 144,
     .values = VALUES,
     .un = {NULL, "0A0B0C0D", "0E0F1011"}},
};

static void an_enciphered_pin_is_sent_and_answered(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        cJSON *out = play(&plans[i], &keys), *session = session_at(out, 0);
        expect_same(session, "INTERNAL AUTHENTICATE");
        expect_same(session, "GET CHALLENGE");
        expect(session, "VERIFY 88", "equivalent", "enciphered: P2 and length are compared");
        expect_same(session, "GENERATE AC 80");
        expect_same(session, "GENERATE AC 40");
        assert_true(lists(cJSON_GetObjectItem(session, "pinned"), "unpredictable number in DDOL = 55667788"));
        cJSON_Delete(out);
    }
}

/* A PIN of another length than the card's key is another command. */
static void the_length_is_compared(void **state)
{
    (void)state;
    struct plan p = plans[0];
    p.encrypted = 128;
    cJSON *out = play(&p, &keys);
    expect(session_at(out, 0), "VERIFY 88", "different", "the PIN differs");
    cJSON_Delete(out);
}

/* Without the authority's key there is nothing to encipher with, and no number is drawn for dynamic data. */
static void without_keys_the_reason_is_named(void **state)
{
    (void)state;
    cJSON *out = play(&plans[3], NULL), *session = session_at(out, 0);
    expect(session, "GET CHALLENGE", "not sent", "the core has no key to encipher a PIN with");
    expect(session, "VERIFY 88", "not sent", "--capk FILE");
    expect(session, "INTERNAL AUTHENTICATE", "not sent", "no dynamic data authentication");
    assert_null(strstr(text_of(row_named(session, "GENERATE AC 80", 0), "reason"), "9F37"));
    assert_null(strstr(text_of(row_named(session, "GENERATE AC 40", 0), "reason"), "9F37"));
    cJSON_Delete(out);
}

/* The card's list comes to the enciphered PIN first, and the recorded terminal could do none. */
static void another_kind_of_pin_is_named(void **state)
{
    (void)state;
    const struct plan p = {.card = "unionpay-offline-pin-icc-key", .dda = true, .encrypted = 144, .verify = true};
    cJSON *out = play(&p, &keys);
    expect(session_at(out, 0), "VERIFY 80", "not sent", "the other way: the card's CVM list comes to that first");
    cJSON_Delete(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enciphered_pin_is_sent_and_answered),
        cmocka_unit_test(the_length_is_compared),
        cmocka_unit_test(without_keys_the_reason_is_named),
        cmocka_unit_test(another_kind_of_pin_is_named),
    };
    return cmocka_run_group_tests(tests, load_keys, drop_keys);
}
