/* Planned cuts: at every operation, before, inside and after it, with every mode; and what frozen means. */
#include "tests/sim/storage/fixture.h"

#define NEW_LEN 3000u /* six sectors, the last in part */

static int changes(struct storage *s)
{
    struct hal_fs fs = storage_fs(s);
    struct hal_flash flash = storage_flash(s);
    uint8_t data[256] = {0};
    char name[HAL_NAME_MAX + 1];
    uint64_t number;
    size_t got;
    int file, answers = 0;
    answers += fs.ops->open(fs.ctx, "x", HAL_OPEN_CREATE, &file) == HAL_E_POWER;
    answers += fs.ops->write(fs.ctx, 0, 0, "x", 1) == HAL_E_POWER;
    answers += fs.ops->read(fs.ctx, 0, 0, data, 1, &got) == HAL_E_POWER;
    answers += fs.ops->truncate(fs.ctx, 0, 0) == HAL_E_POWER;
    answers += fs.ops->size(fs.ctx, 0, &number) == HAL_E_POWER;
    answers += fs.ops->sync(fs.ctx, 0) == HAL_E_POWER;
    answers += fs.ops->sync_dir(fs.ctx) == HAL_E_POWER;
    answers += fs.ops->remove(fs.ctx, "old") == HAL_E_POWER;
    answers += fs.ops->rename(fs.ctx, "old", "x") == HAL_E_POWER;
    answers += fs.ops->list(fs.ctx, 0, name, &number) == HAL_E_POWER;
    answers += fs.ops->space(fs.ctx, &number, &number) == HAL_E_POWER;
    answers += fs.ops->close(fs.ctx, 0) == HAL_E_POWER;
    answers += flash.ops->erase(flash.ctx, HAL_AREA_BOOT, 0) == HAL_E_POWER;
    answers += flash.ops->program(flash.ctx, HAL_AREA_BOOT, 0, data, 256) == HAL_E_POWER;
    answers += flash.ops->read(flash.ctx, HAL_AREA_BOOT, 0, data, 1) == HAL_E_POWER;
    answers += flash.ops->digest(flash.ctx, HAL_AREA_BOOT, 0, 1, data) == HAL_E_POWER;
    return answers;
}

static void frozen_means_no_effect(void **state)
{
    (void)state;
    struct storage *s = fixture_unsynced(), *before = storage_clone(s);
    storage_freeze(s);
    assert_int_equal(changes(s), 16);
    assert_int_equal(storage_ops(s), storage_ops(before));
    assert_int_equal(storage_pending(s), storage_pending(before));
    fixture_hash_equal(s, before, 1);
    storage_settle(s, CUT_ALL, 0);
    storage_settle(before, CUT_ALL, 0);
    fixture_hash_equal(s, before, 1);
    int file;
    struct hal_fs fs = storage_fs(s);
    assert_int_equal(fs.ops->close(fs.ctx, 0), E_INVAL); /* handles are gone with the RAM */
    assert_int_equal(fs.ops->open(fs.ctx, "old", 0, &file), OK);
    storage_destroy(s);
    storage_destroy(before);
}

static void content(char version, char *data)
{
    for (size_t i = 0; i < NEW_LEN; i++)
        data[i] = (char)(version + (char)(i % 3));
}

/* Replaces "a" by versions 2, 3, 4: write to tmp, sync, rename, sync the names. `careful` false leaves out the
 * first sync. Returns the versions that finished. */
static int replace_three_times(struct storage *s, bool careful)
{
    struct hal_fs fs = storage_fs(s);
    char data[NEW_LEN];
    for (int version = 2; version <= 4; version++) {
        int file;
        content((char)('0' + 10 * version), data);
        if (fs.ops->open(fs.ctx, "tmp", HAL_OPEN_CREATE | HAL_OPEN_TRUNCATE, &file) != OK ||
            fs.ops->write(fs.ctx, file, 0, data, 1000) != OK ||
            fs.ops->write(fs.ctx, file, 1000, data + 1000, NEW_LEN - 1000) != OK ||
            (careful && fs.ops->sync(fs.ctx, file) != OK) || fs.ops->close(fs.ctx, file) != OK ||
            fs.ops->rename(fs.ctx, "tmp", "a") != OK || fs.ops->sync_dir(fs.ctx) != OK)
            return version - 1;
    }
    return 4;
}

/* The version that "a" is, wholly; 0: no version. */
static int version_of(const struct storage *s)
{
    char expected[NEW_LEN];
    uint8_t *data = NULL;
    size_t len = 0;
    int found = 0;
    if (storage_get_file(s, "a", &data, &len) == OK && len == NEW_LEN)
        for (int version = 1; version <= 4; version++) {
            content((char)('0' + 10 * version), expected);
            if (memcmp(expected, data, NEW_LEN) == 0)
                found = version;
        }
    free(data);
    return found;
}

/* Cuts at every operation, in every way, with every mode; counts the cuts that leave "a" neither of two versions. */
static unsigned sweep(bool careful, unsigned *cuts)
{
    unsigned violations = 0;
    char data[NEW_LEN];
    struct storage *start = fixture_storage(), *whole;
    content('0' + 10, data);
    assert_int_equal(storage_put_file(start, "a", data, NEW_LEN), OK);
    whole = storage_clone(start);
    assert_int_equal(replace_three_times(whole, careful), 4);
    for (uint64_t number = 1; number <= storage_ops(whole); number++)
        for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when++)
            for (unsigned variant = 0; variant < CUT_MODES * 6; variant++) {
                const struct cut_plan plan = {number, when, variant % CUT_MODES, variant / CUT_MODES};
                struct storage *s = storage_clone(start);
                storage_plan_cut(s, &plan);
                int finished = replace_three_times(s, careful);
                assert_true(finished < 4);
                assert_int_equal(storage_ops(s), number);
                storage_settle(s, plan.mode, plan.seed);
                int version = version_of(s);
                violations += version != finished && version != finished + 1;
                storage_destroy(s);
                ++*cuts;
            }
    storage_destroy(start);
    storage_destroy(whole);
    return violations;
}

static void a_careful_replacement_survives_every_cut(void **state)
{
    (void)state;
    unsigned cuts = 0;
    assert_int_equal(sweep(true, &cuts), 0);
    assert_int_equal(cuts, 18 * 3 * CUT_MODES * 6);
}

static void a_careless_replacement_is_caught(void **state)
{
    (void)state;
    unsigned cuts = 0;
    assert_true(sweep(false, &cuts) > 10);
}

/* Overwrites and appends with a sync in between: every byte is the synced one, or one written over it since. */
static int overwrite_and_append(struct storage *s, bool *synced)
{
    struct hal_fs fs = storage_fs(s);
    char data[700];
    int file, rc = fs.ops->open(fs.ctx, "log", 0, &file);
    for (int i = 0; i < 4 && rc == OK; i++) {
        memset(data, 'A' + i, sizeof data);
        rc = fs.ops->write(fs.ctx, file, (uint64_t)i * 600, data, sizeof data);
        if (rc == OK && i == 1) {
            rc = fs.ops->sync(fs.ctx, file);
            *synced = rc == OK;
        }
    }
    return rc;
}

/* Whether byte `at` may be `byte`: letter i covers [600 i, 600 i + 700); '.' is the 1,000 bytes from before. */
static bool allowed(size_t at, uint8_t byte, bool synced)
{
    bool first = at < 700, second = at >= 600 && at < 1300;
    bool covered[4] = {first, second, at >= 1200 && at < 1900, at >= 1800 && at < 2500};
    if (byte >= 'A' && byte <= 'D')
        return covered[byte - 'A'] && !(synced && byte == 'A' && second);
    if (synced && (first || second))
        return false;
    return byte == (at < 1000 ? '.' : 0);
}

static void every_byte_is_old_or_written_since(void **state)
{
    (void)state;
    char before[1000];
    memset(before, '.', sizeof before);
    for (uint64_t number = 1; number <= 5; number++)
        for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when++)
            for (unsigned variant = 0; variant < CUT_MODES * 20; variant++) {
                const struct cut_plan plan = {number, when, variant % CUT_MODES, variant / CUT_MODES};
                struct storage *s = fixture_storage();
                uint8_t *data;
                size_t len;
                bool synced = false;
                if (plan.mode == CUT_GARBAGE) { /* noise is neither */
                    storage_destroy(s);
                    continue;
                }
                storage_put_file(s, "log", before, sizeof before);
                storage_plan_cut(s, &plan);
                assert_int_equal(overwrite_and_append(s, &synced), HAL_E_POWER);
                storage_settle(s, plan.mode, plan.seed);
                assert_int_equal(storage_get_file(s, "log", &data, &len), OK);
                assert_true(len >= (synced ? 1300 : 1000) && len <= 2500);
                for (size_t i = 0; i < len; i++)
                    if (!allowed(i, data[i], synced))
                        fail_msg("storage#%u:%s seed %u: byte %zu is %02X", (unsigned)number,
                                 cut_mode_info(plan.mode)->name, (unsigned)plan.seed, i, data[i]);
                free(data);
                storage_destroy(s);
            }
}

static void a_cut_inside_a_sync_makes_a_first_part_durable(void **state)
{
    (void)state;
    unsigned durable_writes[4] = {0};
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct storage *s = fixture_storage();
        struct hal_fs fs = storage_fs(s);
        const struct cut_plan plan = {4, CUT_INSIDE, CUT_NONE, seed};
        uint8_t *data;
        size_t len, done = 0;
        storage_put_file(s, "a", "...", 3);
        int file = fixture_open(s, "a", 0);
        for (int i = 0; i < 3; i++)
            fixture_write(s, file, (uint64_t)i, "#");
        storage_plan_cut(s, &plan);
        assert_int_equal(fs.ops->sync(fs.ctx, file), HAL_E_POWER);
        struct storage *all = storage_clone(s);
        storage_settle(s, CUT_NONE, 0);
        assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
        while (done < 3 && data[done] == '#')
            done++;
        for (size_t i = done; i < 3; i++)
            assert_int_equal(data[i], '.');
        durable_writes[done]++;
        free(data);
        storage_settle(all, CUT_ALL, 0);
        fixture_expect(all, "a", "###");
        storage_destroy(s);
        storage_destroy(all);
    }
    for (int i = 0; i < 4; i++)
        assert_true(durable_writes[i] > 5);
}

static void a_cut_inside_a_sync_may_leave_holes_in_one_write(void **state)
{
    (void)state;
    static char fresh[NEW_LEN];
    unsigned holes = 0;
    memset(fresh, 'n', sizeof fresh);
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct storage *s = fixture_storage();
        struct hal_fs fs = storage_fs(s);
        const struct cut_plan plan = {2, CUT_INSIDE, CUT_NONE, seed};
        uint8_t *data;
        size_t len;
        storage_put_file(s, "a", "", 0);
        int file = fixture_open(s, "a", 0);
        assert_int_equal(fs.ops->write(fs.ctx, file, 0, fresh, sizeof fresh), OK);
        storage_plan_cut(s, &plan);
        assert_int_equal(fs.ops->sync(fs.ctx, file), HAL_E_POWER);
        storage_settle(s, CUT_NONE, 0);
        assert_int_equal(storage_get_file(s, "a", &data, &len), OK);
        holes += len > SECTOR && memchr(data, 0, len) != NULL;
        free(data);
        storage_destroy(s);
    }
    assert_true(holes > 5);
}

static void cut_hook(void *ctx)
{
    ++*(int *)ctx;
}

static void the_plan_fires_once_and_tells(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    int cuts = 0, file;
    const struct storage_hooks hooks = {.ctx = &cuts, .cut = cut_hook};
    const struct cut_plan plan = {2, CUT_AFTER, CUT_ALL, 0};
    storage_hooks_set(s, &hooks);
    storage_plan_cut(s, &plan);
    file = fixture_open(s, "a", HAL_OPEN_CREATE);
    assert_int_equal(cuts, 0);
    assert_int_equal(fs.ops->write(fs.ctx, file, 0, "text", 4), HAL_E_POWER);
    assert_int_equal(cuts, 1);
    assert_int_equal(changes(s), 16);
    assert_int_equal(cuts, 1);
    assert_int_equal(storage_ops(s), 2);
    storage_settle(s, CUT_ALL, 0);
    fixture_expect(s, "a", "text");
    fixture_write(s, fixture_open(s, "a", 0), 0, "more"); /* counting goes on over reboots */
    assert_int_equal(storage_ops(s), 3);
    storage_destroy(s);
}

static void freeze_hook(void *ctx, const struct storage_op *op)
{
    if (op->number == 2)
        storage_freeze(*(struct storage **)ctx);
}

static void an_observer_may_take_the_power(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    const struct storage_hooks hooks = {.ctx = &s, .op = freeze_hook};
    storage_hooks_set(s, &hooks);
    int file = fixture_open(s, "a", HAL_OPEN_CREATE);
    assert_int_equal(fs.ops->write(fs.ctx, file, 0, "text", 4), HAL_E_POWER);
    storage_settle(s, CUT_ALL, 0);
    fixture_expect(s, "a", "");
    storage_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen_means_no_effect),
        cmocka_unit_test(a_careful_replacement_survives_every_cut),
        cmocka_unit_test(a_careless_replacement_is_caught),
        cmocka_unit_test(every_byte_is_old_or_written_since),
        cmocka_unit_test(a_cut_inside_a_sync_makes_a_first_part_durable),
        cmocka_unit_test(a_cut_inside_a_sync_may_leave_holes_in_one_write),
        cmocka_unit_test(the_plan_fires_once_and_tells),
        cmocka_unit_test(an_observer_may_take_the_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
