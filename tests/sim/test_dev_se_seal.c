/* Sealing in the secure element: what goes in comes out, and nothing else opens (hal.h seal, unseal). */
#include "tests/sim/fake_port.h"

#include "sim/devices/se.h"

struct bench {
    struct fake fake;
    struct sim_se d;
    struct hal_se hal;
};

static int setup(void **state)
{
    static struct bench b;
    const uint8_t key[32] = {1, 2, 3};
    fake_init(&b.fake);
    sim_se_init(&b.d, &b.fake.port, NULL, key);
    b.hal = sim_se_hal(&b.d);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static const uint8_t PAN[] = "6210676862310000069";
#define PAN_LEN (sizeof PAN - 1)
#define SEALED_LEN (PAN_LEN + HAL_SEAL_EXTRA)

static int seal(struct bench *b, const char *context, const uint8_t *data, size_t len, uint8_t *out)
{
    return b->hal.ops->seal(b->hal.ctx, context, data, len, out);
}

static int unseal(struct bench *b, const char *context, const uint8_t *sealed, size_t len, uint8_t *out)
{
    return b->hal.ops->unseal(b->hal.ctx, context, sealed, len, out);
}

static void what_goes_in_comes_out(void **state)
{
    struct bench *b = *state;
    uint8_t sealed[HAL_SEAL_MAX + HAL_SEAL_EXTRA], open[HAL_SEAL_MAX], long_one[HAL_SEAL_MAX];
    assert_int_equal(seal(b, "upload 1", PAN, PAN_LEN, sealed), OK);
    assert_null(memmem(sealed, SEALED_LEN, PAN, 8));
    assert_int_equal(unseal(b, "upload 1", sealed, SEALED_LEN, open), OK);
    assert_memory_equal(open, PAN, PAN_LEN);

    memset(long_one, 0x5A, sizeof long_one);
    assert_int_equal(seal(b, "", long_one, sizeof long_one, sealed), OK);
    assert_int_equal(unseal(b, "", sealed, sizeof sealed, open), OK);
    assert_memory_equal(open, long_one, sizeof long_one);
    assert_int_equal(seal(b, "", long_one, 0, sealed), OK);
    assert_int_equal(unseal(b, "", sealed, HAL_SEAL_EXTRA, open), OK);
    assert_int_equal(seal(b, "", long_one, HAL_SEAL_MAX + 1, sealed), E_LIMIT);
}

static void only_what_was_sealed_here_opens(void **state)
{
    struct bench *b = *state;
    uint8_t sealed[SEALED_LEN], open[PAN_LEN];
    assert_int_equal(seal(b, "upload 1", PAN, PAN_LEN, sealed), OK);
    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= 0x10;
        assert_int_equal(unseal(b, "upload 1", sealed, sizeof sealed, open), E_VERIFY);
        sealed[i] ^= 0x10;
    }
    assert_int_equal(unseal(b, "upload 2", sealed, sizeof sealed, open), E_VERIFY);
    assert_int_equal(unseal(b, "upload 1", sealed, sizeof sealed - 1, open), E_VERIFY);
    assert_int_equal(unseal(b, "upload 1", sealed, HAL_SEAL_EXTRA - 1, open), E_VERIFY);
    b->d.durable.firmware_key[0] ^= 1; /* another element */
    assert_int_equal(unseal(b, "upload 1", sealed, sizeof sealed, open), E_VERIFY);
}

/* A nonce that came twice with other contents would give both away. */
static void equal_inputs_are_the_only_equal_nonces(void **state)
{
    struct bench *b = *state;
    uint8_t one[SEALED_LEN], again[SEALED_LEN], other[SEALED_LEN], elsewhere[SEALED_LEN], changed[PAN_LEN];
    memcpy(changed, PAN, PAN_LEN);
    changed[PAN_LEN - 1] ^= 1;
    assert_int_equal(seal(b, "upload 1", PAN, PAN_LEN, one), OK);
    assert_int_equal(seal(b, "upload 1", PAN, PAN_LEN, again), OK);
    assert_int_equal(seal(b, "upload 1", changed, PAN_LEN, other), OK);
    assert_int_equal(seal(b, "upload 2", PAN, PAN_LEN, elsewhere), OK);
    assert_memory_equal(one, again, sizeof one);
    assert_memory_not_equal(one, other, 12);
    assert_memory_not_equal(one, elsewhere, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_goes_in_comes_out, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_was_sealed_here_opens, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_inputs_are_the_only_equal_nonces, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
