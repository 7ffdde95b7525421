/* hal.flash: erase, program, digest, and what a cut inside one of them leaves. */
#include "tests/sim/storage/fixture.h"

#include <stdio.h>

#define PAGE 256u
#define BLOCK 4096u

static void read_area(struct storage *s, uint64_t offset, uint8_t *data, size_t len)
{
    struct hal_flash flash = storage_flash(s);
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_SLOT_A, offset, data, len), OK);
}

static void fill_pattern(uint8_t *data, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)((i * 7 + seed) ^ (i >> 5));
}

static void program_clears_bits_and_erase_sets_them(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    struct hal_flash_geometry geometry;
    uint8_t data[PAGE], got[PAGE], erased[PAGE];
    memset(erased, 0xFF, sizeof erased);
    assert_int_equal(flash.ops->geometry(flash.ctx, HAL_AREA_SLOT_A, &geometry), OK);
    assert_int_equal(geometry.page_size, PAGE);
    assert_int_equal(geometry.block_size, BLOCK);
    assert_int_equal(geometry.size, 65536);
    read_area(s, 65536 - PAGE, got, PAGE);
    assert_memory_equal(got, erased, PAGE);
    memset(data, 0xF0, PAGE);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, BLOCK + PAGE, data, PAGE), OK);
    memset(data, 0x3F, PAGE);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, BLOCK + PAGE, data, PAGE), OK);
    read_area(s, BLOCK + PAGE, got, PAGE);
    memset(data, 0x30, PAGE);
    assert_memory_equal(got, data, PAGE);
    read_area(s, BLOCK, got, PAGE);
    assert_memory_equal(got, erased, PAGE);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, 0), OK); /* another block */
    read_area(s, BLOCK + PAGE, got, PAGE);
    assert_memory_equal(got, data, PAGE);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), OK);
    read_area(s, BLOCK + PAGE, got, PAGE);
    assert_memory_equal(got, erased, PAGE);
    storage_destroy(s);
}

static void ranges_are_checked(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    uint8_t data[2 * PAGE] = {0}, digest[32];
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 1, data, PAGE), E_INVAL);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 0, data, PAGE - 1), E_INVAL);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 8192 - PAGE, data, 2 * PAGE), E_INVAL);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 0, data, SIZE_MAX - PAGE + 1), E_INVAL);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_BOOT, PAGE), E_INVAL);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_BOOT, 8192), E_INVAL);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_COUNT, 0), HAL_E_NOENT);
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_BOOT, 8190, data, 3), E_INVAL);
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_BOOT, 8192, data, 0), OK);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, UINT64_MAX, digest), E_INVAL);
    assert_int_equal(storage_ops(s), 0);
    storage_destroy(s);
}

/* SHA-256 of 8192 bytes FF, from `head -c 8192 /dev/zero | tr '\0' '\377' | sha256sum`. */
static void digest_follows_the_content(void **state)
{
    (void)state;
    static const char erased_hex[] = "7d2c7ac4888bfd75cd5f56e8d61f69595121183afc81556c876732fd3782c62f";
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    uint8_t first[32], again[32], page[PAGE] = {0};
    char hex[65];
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, 8192, first), OK);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", first[i]);
    assert_string_equal(hex, erased_hex);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_SLOT_B, 4096, 8192, again), OK);
    assert_memory_equal(first, again, 32);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 4096, page, PAGE), OK);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, 8192, again), OK);
    assert_memory_not_equal(first, again, 32);
    struct storage *clone = storage_clone(s);
    struct hal_flash other = storage_flash(clone);
    assert_int_equal(other.ops->erase(other.ctx, HAL_AREA_BOOT, 4096), OK);
    assert_int_equal(other.ops->digest(other.ctx, HAL_AREA_BOOT, 0, 8192, again), OK);
    assert_memory_equal(first, again, 32);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, 8191, again), OK);
    assert_memory_not_equal(first, again, 32);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 4096, 4096, first), OK);
    assert_int_equal(flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, 4096, again), OK);
    assert_memory_not_equal(first, again, 32);
    storage_destroy(s);
    storage_destroy(clone);
}

/* Slot A holds `old`; then one operation on block 1 (erase if `program` is NULL) is cut inside, with `seed`. */
static struct storage *cut_inside(const uint8_t *old, const uint8_t *program, size_t len, uint64_t seed)
{
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    const struct cut_plan plan = {1, CUT_INSIDE, CUT_NONE, seed};
    assert_int_equal(storage_put_area(s, HAL_AREA_SLOT_A, 0, old, 3 * BLOCK), OK);
    storage_plan_cut(s, &plan);
    int rc = program ? flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, BLOCK, program, len)
                     : flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK);
    assert_int_equal(rc, HAL_E_POWER);
    storage_settle(s, CUT_NONE, 0);
    return s;
}

/* A stopped erase shows cells of every kind: erased, as before, and neither. */
static void expect_mixed(const uint8_t *block, const uint8_t *old, const uint8_t *blank)
{
    unsigned erased = 0, kept = 0, neither = 0;
    for (size_t at = 0; at < BLOCK; at += 16) {
        bool is_blank = memcmp(block + at, blank, 16) == 0, is_old = memcmp(block + at, old + at, 16) == 0;
        erased += is_blank;
        kept += is_old;
        neither += !is_blank && !is_old;
    }
    assert_true(erased > 10 && kept > 10 && neither > 10);
}

static void a_cut_erase_leaves_one_block_undefined(void **state)
{
    (void)state;
    static uint8_t old[3 * BLOCK], got[3 * BLOCK], blank[BLOCK], again[3 * BLOCK];
    memset(blank, 0xFF, sizeof blank);
    fill_pattern(old, sizeof old, 1);
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct storage *s = cut_inside(old, NULL, 0, seed), *twin = cut_inside(old, NULL, 0, seed);
        read_area(s, 0, got, sizeof got);
        assert_memory_equal(got, old, BLOCK);
        assert_memory_equal(got + 2 * BLOCK, old + 2 * BLOCK, BLOCK);
        expect_mixed(got + BLOCK, old + BLOCK, blank);
        fixture_hash_equal(s, twin, 1); /* undefined, yet the same for the same seed */
        storage_destroy(twin);
        twin = cut_inside(old, NULL, 0, seed + 100);
        fixture_hash_equal(s, twin, 0);
        storage_destroy(twin);
        struct hal_flash flash = storage_flash(s);
        assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), OK);
        read_area(s, 0, again, sizeof again);
        assert_memory_equal(again + BLOCK, blank, BLOCK);
        storage_destroy(s);
    }
}

static void a_cut_program_stops_in_one_page_and_sets_no_bit(void **state)
{
    (void)state;
    static uint8_t old[3 * BLOCK], got[3 * BLOCK], data[4 * PAGE];
    unsigned stopped_in[4] = {0};
    fill_pattern(old, sizeof old, 1);
    memset(old + BLOCK, 0xFF, 3 * PAGE); /* the fourth page is programmed over */
    fill_pattern(data, sizeof data, 99);
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct storage *s = cut_inside(old, data, sizeof data, seed);
        read_area(s, 0, got, sizeof got);
        assert_memory_equal(got, old, BLOCK);
        assert_memory_equal(got + BLOCK + sizeof data, old + BLOCK + sizeof data, 2 * BLOCK - sizeof data);
        size_t last_whole = 0, first_untouched = sizeof data;
        for (size_t i = 0; i < sizeof data; i++) {
            uint8_t was = old[BLOCK + i], is = got[BLOCK + i], target = was & data[i];
            assert_int_equal(is & ~was, 0);
            assert_int_equal(target & ~is, 0);
            if (is == target && last_whole == i)
                last_whole = i + 1;
        }
        while (first_untouched > 0 && got[BLOCK + first_untouched - 1] == old[BLOCK + first_untouched - 1])
            first_untouched--;
        assert_true(first_untouched <= last_whole + 16);
        stopped_in[last_whole / PAGE < 4 ? last_whole / PAGE : 3]++;
        storage_destroy(s);
    }
    for (int i = 0; i < 4; i++)
        assert_true(stopped_in[i] > 0);
}

static void before_and_after_are_exact(void **state)
{
    (void)state;
    for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when += CUT_AFTER - CUT_BEFORE) {
        struct storage *s = fixture_storage(), *reference = fixture_storage();
        struct hal_flash flash = storage_flash(s);
        uint8_t data[PAGE] = {0};
        const struct cut_plan plan = {1, when, CUT_NONE, 3};
        storage_plan_cut(s, &plan);
        assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 0, data, PAGE), HAL_E_POWER);
        if (when == CUT_AFTER)
            assert_int_equal(storage_put_area(reference, HAL_AREA_BOOT, 0, data, PAGE), OK);
        storage_settle(s, CUT_NONE, 0);
        fixture_hash_equal(s, reference, 1);
        storage_destroy(s);
        storage_destroy(reference);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_clears_bits_and_erase_sets_them),
        cmocka_unit_test(ranges_are_checked),
        cmocka_unit_test(digest_follows_the_content),
        cmocka_unit_test(a_cut_erase_leaves_one_block_undefined),
        cmocka_unit_test(a_cut_program_stops_in_one_page_and_sets_no_bit),
        cmocka_unit_test(before_and_after_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
