/* The modes beyond the simple ones: half and spoilt sectors, every subset by seed, and which modes say anything. */
#include "tests/sim/storage/fixture.h"

#include <stdio.h>

#define LEN 3000u

/* "a" held LEN times 'o'; then `len` times 'n' are written at `offset`, and power goes. */
static uint8_t *after_one_write(uint32_t sector, uint64_t offset, size_t len, enum cut_mode mode, uint64_t seed)
{
    static char old[LEN], fresh[LEN];
    const struct storage_config config = {FS_BYTES, sector, 256, 4096, {8192, 65536, 65536}};
    struct storage *s = storage_create(&config);
    struct hal_fs fs = storage_fs(s);
    uint8_t *data;
    size_t got;
    memset(old, 'o', sizeof old);
    memset(fresh, 'n', sizeof fresh);
    assert_int_equal(storage_put_file(s, "a", old, LEN), OK);
    assert_int_equal(fs.ops->write(fs.ctx, fixture_open(s, "a", 0), offset, fresh, len), OK);
    storage_settle(s, mode, seed);
    assert_int_equal(storage_get_file(s, "a", &data, &got), OK);
    assert_int_equal(got, LEN);
    storage_destroy(s);
    return data;
}

static void expect_new(const uint8_t *data, uint64_t from, uint64_t to, uint64_t from2, uint64_t to2)
{
    for (uint64_t i = 0; i < LEN; i++) {
        bool is_new = (i >= from && i < to) || (i >= from2 && i < to2);
        if (data[i] != (is_new ? 'n' : 'o'))
            fail_msg("byte %u is '%c'", (unsigned)i, data[i]);
    }
}

static void halves_leave_one_half_of_a_sector_old(void **state)
{
    (void)state;
    static const struct {
        uint32_t sector;
        uint64_t offset;
        size_t len;
        uint64_t seed, from, to, from2, to2;
    } cases[] = {
        {512, 512, 512, 0, 512, 768, 0, 0},      {512, 512, 512, 1, 768, 1024, 0, 0},
        {512, 0, 1024, 0, 0, 768, 0, 0},         {512, 0, 1024, 1, 0, 512, 768, 1024},
        {512, 100, 600, 0, 100, 256, 0, 0}, /* the last sector's middle is not in it, the one before's is */
        {512, 100, 600, 1, 256, 700, 0, 0},      {512, 300, 20, 0, 0, 0, 0, 0},
        {512, 300, 20, 1, 300, 320, 0, 0}, /* inside one half: old or new */
        {1024, 1024, 1024, 0, 1024, 1536, 0, 0}, {1024, 1024, 1024, 1, 1536, 2048, 0, 0},
        {1024, 1024, 1024, 2, 1024, 1792, 0, 0}, {1024, 1024, 1024, 3, 1024, 1536, 1792, 2048},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *data = after_one_write(cases[i].sector, cases[i].offset, cases[i].len, CUT_HALVES, cases[i].seed);
        expect_new(data, cases[i].from, cases[i].to, cases[i].from2, cases[i].to2);
        free(data);
    }
}

static void garbage_takes_the_whole_sector_and_nothing_else(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        /* 400..1099: the last sector is 1024..1535, the first 0..511, for even and odd seeds */
        size_t from = seed & 1 ? 0 : 1024;
        uint8_t *data = after_one_write(512, 400, 700, CUT_GARBAGE, seed);
        uint8_t *again = after_one_write(512, 400, 700, CUT_GARBAGE, seed);
        assert_memory_equal(data, again, LEN);
        unsigned noise = 0;
        for (size_t i = 0; i < LEN; i++) {
            uint8_t plain = i >= 400 && i < 1100 ? 'n' : 'o';
            if (i < from || i >= from + 512)
                assert_int_equal(data[i], plain);
            else
                noise += data[i] != 'n' && data[i] != 'o';
        }
        assert_true(noise > 450);
        free(again);
        again = after_one_write(512, 400, 700, CUT_GARBAGE, seed + 100);
        assert_memory_not_equal(data, again, LEN);
        free(again);
        free(data);
    }
}

/* Noise at the end of a file does not make it longer than what was written. */
static void garbage_ends_with_the_file(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    uint8_t *data;
    size_t len;
    fixture_file(s, "a", "some text");
    storage_settle(s, CUT_GARBAGE, 1);
    assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
    assert_int_equal(len, 9);
    assert_memory_not_equal(data, "some text", 9);
    free(data);
    storage_destroy(s);
}

/* `writes` writes of one byte to a file whose name is synced, and `names` files created. */
static struct storage *pending_of(unsigned writes, unsigned names)
{
    struct storage *s = fixture_storage();
    char name[16];
    assert_int_equal(storage_put_file(s, "a", "....................", 20), OK);
    int file = fixture_open(s, "a", 0);
    for (unsigned i = 0; i < writes; i++)
        fixture_write(s, file, i, "#");
    for (unsigned i = 0; i < names; i++) {
        snprintf(name, sizeof name, "f%u", i);
        fixture_open(s, name, HAL_OPEN_CREATE);
    }
    assert_int_equal(storage_pending(s), writes + names);
    return s;
}

/* Which of the writes and names of pending_of are there: one bit each. */
static unsigned kept(const struct storage *s, unsigned writes, unsigned names)
{
    unsigned bits = 0;
    uint8_t *data;
    size_t len;
    char name[16];
    assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
    for (unsigned i = 0; i < writes; i++)
        bits |= (unsigned)(data[i] != '.') << i;
    free(data);
    for (unsigned i = 0; i < names; i++) {
        snprintf(name, sizeof name, "f%u", i);
        if (storage_get_file(s, name, &data, &len) == OK) {
            bits |= 1u << (writes + i);
            free(data);
        }
    }
    return bits;
}

static unsigned kept_by(const struct storage *s, uint64_t seed, unsigned writes, unsigned names)
{
    struct storage *clone = storage_clone(s);
    storage_settle(clone, CUT_SUBSET, seed);
    unsigned bits = kept(clone, writes, names);
    storage_destroy(clone);
    return bits;
}

static void subset_seeds_name_every_subset_once(void **state)
{
    (void)state;
    struct storage *s = pending_of(4, 3);
    bool exhaustive = false;
    uint8_t seen[1 << 7] = {0}, damaged[4][1 << 7] = {{0}};
    assert_int_equal(storage_subsets(s, &exhaustive), 128 + 3 * (128 - 8));
    assert_true(exhaustive);
    for (uint64_t i = 0; i < storage_subsets(s, NULL); i++) {
        uint64_t seed = storage_subset_seed(s, i);
        assert_int_equal(seed & ~((UINT64_C(3) << 48) | 127), 0);
        damaged[seed >> 48][seed & 127]++;
        if (seed >> 48 == SUBSET_WHOLE)
            seen[kept_by(s, seed, 4, 3)]++;
    }
    for (unsigned set = 0; set < 128; set++) {
        assert_int_equal(seen[set], 1);
        assert_int_equal(kept_by(s, set, 4, 3), set);
        for (unsigned how = 0; how < 4; how++)
            assert_int_equal(damaged[how][set], how == 0 || (set & 15) != 0); /* only a write can be damaged */
    }
    storage_destroy(s);
}

static void a_subset_may_end_in_a_damaged_write(void **state)
{
    (void)state;
    for (uint64_t how = SUBSET_WHOLE; how <= SUBSET_NOISE; how++) {
        struct storage *s = fixture_storage();
        uint8_t *data;
        size_t len;
        storage_put_file(s, "a", "oooooooooo", 10);
        storage_put_file(s, "b", "oooooooooo", 10);
        fixture_write(s, fixture_open(s, "a", 0), 0, "nnnnnnnnnn");
        fixture_write(s, fixture_open(s, "b", 0), 0, "nnnnnnnnnn");
        storage_settle(s, CUT_SUBSET, 1 | how << 48); /* the first survives, damaged; the second does not */
        assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
        static const char *const expected[] = {"nnnnnnnnnn", "nnnnnooooo", "oooooooooo"};
        if (how != SUBSET_NOISE)
            assert_memory_equal(data, expected[how], 10);
        else
            assert_true(data[0] != 'o' && data[0] != 'n' && len == 10);
        free(data);
        fixture_expect(s, "b", "oooooooooo");
        storage_destroy(s);
    }
}

static void beyond_fourteen_subsets_are_sampled(void **state)
{
    (void)state;
    struct storage *s = pending_of(16, 1);
    bool exhaustive = true;
    uint64_t count = storage_subsets(s, &exhaustive);
    assert_false(exhaustive);
    assert_int_equal(count, 4 * (1 << 14) + SUBSET_SAMPLES);
    assert_int_equal(kept_by(s, storage_subset_seed(s, 0), 16, 1), 7); /* older ones survive */
    assert_int_equal(kept_by(s, storage_subset_seed(s, (1 << 14) - 1), 16, 1), (1 << 17) - 1);
    unsigned older[8] = {0}, newer[2] = {0};
    for (uint64_t i = count - SUBSET_SAMPLES; i < count; i++) {
        uint64_t seed = storage_subset_seed(s, i);
        assert_int_equal(seed, storage_subset_seed(s, i));
        seed &= ~(UINT64_C(3) << 48);
        unsigned bits = kept_by(s, seed, 16, 1);
        assert_int_equal(bits >> 3, seed & ((1 << 14) - 1));
        older[bits & 7]++;
        newer[bits >> 16]++;
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(older[i], SUBSET_SAMPLES / 16, SUBSET_SAMPLES / 4);
    for (unsigned i = 0; i < 2; i++)
        assert_in_range(newer[i], SUBSET_SAMPLES / 4, SUBSET_SAMPLES * 3 / 4);
    storage_destroy(s);
}

/* A mode that does not apply leaves what none or all leaves, whatever the seed. */
static void modes_that_do_not_apply_leave_nothing_new(void **state)
{
    (void)state;
    unsigned skipped = 0;
    for (unsigned made = 0; made < 12; made++) {
        struct storage *s = pending_of(made % 4, made / 4), *none = storage_clone(s), *all = storage_clone(s);
        uint8_t hash_none[32], hash_all[32], hash[32];
        storage_settle(none, CUT_NONE, 0);
        storage_settle(all, CUT_ALL, 0);
        storage_hash(none, hash_none);
        storage_hash(all, hash_all);
        for (unsigned mode = 0; mode < CUT_MODES; mode++) {
            if (cut_mode_applies(mode, s))
                continue;
            for (uint64_t seed = 0; seed < 10; seed++) {
                struct storage *clone = storage_clone(s);
                storage_settle(clone, mode, seed);
                storage_hash(clone, hash);
                assert_true(memcmp(hash, hash_none, 32) == 0 || memcmp(hash, hash_all, 32) == 0);
                storage_destroy(clone);
            }
            skipped++;
        }
        storage_destroy(all);
        storage_destroy(none);
        storage_destroy(s);
    }
    assert_in_range(skipped, 20, 60);
    assert_false(cut_mode_applies(CUT_MODES, NULL));
}

/* All by sharing the live side, and all by doing every pending operation, are the same. */
static void all_one_by_one_is_all_at_once(void **state)
{
    (void)state;
    struct storage *s = fixture_unsynced();
    struct hal_fs fs = storage_fs(s);
    int file = fixture_file(s, "to", "ff");
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 5000), OK);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 4000), OK);
    assert_int_equal(fs.ops->rename(fs.ctx, "new", "old"), OK);
    fixture_file(s, "last", "text");
    struct storage *one_by_one = storage_clone(s);
    storage_settle(s, CUT_ALL, 0);
    for (unsigned i = 0; i < 2; i++) { /* names, then data, each by itself in mixed company */
        struct storage *clone = storage_clone(one_by_one);
        storage_settle(clone, i ? CUT_DATA : CUT_NAMES, 0);
        fixture_hash_equal(s, clone, 0);
        storage_destroy(clone);
    }
    storage_settle(one_by_one, CUT_SUBSET, (1 << 14) - 1);
    fixture_hash_equal(s, one_by_one, 1);
    storage_destroy(one_by_one);
    storage_destroy(s);
}

/* Each row of both tables names a test, and that test exists. */
static void every_row_names_its_test(void **state)
{
    (void)state;
    static const char *const files[] = {"test_cut.c", "test_modes.c", "test_faults.c", "../test_terminal_brownout.c"};
    for (unsigned row = 0; row < CUT_MODES + STORAGE_FAULT_KINDS; row++) {
        const char *test = row < CUT_MODES ? cut_mode_info(row)->test : storage_fault_info(row - CUT_MODES)->test;
        char want[128], path[512], line[256];
        bool found = false;
        snprintf(want, sizeof want, "cmocka_unit_test(%s)", test);
        for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
            snprintf(path, sizeof path, TEST_ROOT "/tests/sim/storage/%s", files[i]);
            FILE *file = fopen(path, "r");
            assert_non_null(file);
            while (fgets(line, sizeof line, file))
                found = found || strstr(line, want);
            fclose(file);
        }
        if (!found)
            fail_msg("no test %s", test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_leave_one_half_of_a_sector_old),
        cmocka_unit_test(garbage_takes_the_whole_sector_and_nothing_else),
        cmocka_unit_test(garbage_ends_with_the_file),
        cmocka_unit_test(subset_seeds_name_every_subset_once),
        cmocka_unit_test(a_subset_may_end_in_a_damaged_write),
        cmocka_unit_test(beyond_fourteen_subsets_are_sampled),
        cmocka_unit_test(modes_that_do_not_apply_leave_nothing_new),
        cmocka_unit_test(all_one_by_one_is_all_at_once),
        cmocka_unit_test(every_row_names_its_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
