/* Faults that are no cuts: when each strikes, what it leaves alone, and that it is part of the medium. */
#include "tests/sim/storage/fixture.h"

#define BLOCK 4096u

static void add(struct storage *s, struct storage_fault_plan plan)
{
    assert_int_equal(storage_fault_add(s, &plan), OK);
}

static void an_error_strikes_one_operation_or_all_from_there_on(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    struct hal_flash flash = storage_flash(s);
    uint8_t data[256] = {0};
    char text[8];
    size_t got;
    int other, file = fixture_file(s, "a", "text");
    struct storage *before = storage_clone(s);
    add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_ERROR, .number = storage_ops(s) + 2});
    fixture_write(s, file, 0, "text");
    assert_int_equal(fs.ops->write(fs.ctx, file, 0, "XXXX", 4), HAL_E_IO);
    fixture_write(s, file, 0, "text");
    fixture_sync(s, file);
    fixture_sync_dir(s);
    storage_destroy(before);
    before = storage_clone(s);
    add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_ERROR, .lasting = true});
    assert_int_equal(fs.ops->write(fs.ctx, file, 0, "XXXX", 4), HAL_E_IO);
    assert_int_equal(fs.ops->sync(fs.ctx, file), HAL_E_IO);
    assert_int_equal(fs.ops->sync_dir(fs.ctx), HAL_E_IO);
    assert_int_equal(fs.ops->rename(fs.ctx, "a", "b"), HAL_E_IO);
    assert_int_equal(fs.ops->remove(fs.ctx, "a"), HAL_E_IO);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 1), HAL_E_IO);
    assert_int_equal(fs.ops->open(fs.ctx, "b", HAL_OPEN_CREATE, &other), HAL_E_IO);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_BOOT, 0), HAL_E_IO);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_BOOT, 0, data, 256), HAL_E_IO);
    storage_faults_clear(s);
    assert_int_equal(storage_pending(s), storage_pending(before));
    assert_int_equal(storage_ops(s), storage_ops(before) + 9); /* refused by a fault, yet counted */
    fixture_hash_equal(s, before, 1);
    assert_int_equal(fs.ops->read(fs.ctx, file, 0, text, sizeof text, &got), OK);
    assert_int_equal(got, 4);
    assert_memory_equal(text, "text", 4);
    storage_destroy(before);
    storage_destroy(s);
}

static void a_full_disk_refuses_growth_only(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    int other, file = fixture_file(s, "a", "text");
    add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_FULL, .number = storage_ops(s) + 2});
    fixture_write(s, file, 4, "more");
    assert_int_equal(fs.ops->write(fs.ctx, file, 8, "X", 1), HAL_E_FULL);
    assert_int_equal(fs.ops->write(fs.ctx, file, 6, "XXX", 3), HAL_E_FULL);
    assert_int_equal(fs.ops->open(fs.ctx, "b", HAL_OPEN_CREATE, &other), HAL_E_FULL);
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 9), HAL_E_FULL);
    fixture_write(s, file, 0, "TEXT"); /* what is there can be changed, synced and given back */
    fixture_sync(s, file);
    fixture_sync_dir(s);
    fixture_expect(s, "a", "TEXTmore");
    assert_int_equal(fs.ops->truncate(fs.ctx, file, 2), OK);
    assert_int_equal(fs.ops->rename(fs.ctx, "a", "b"), OK);
    assert_int_equal(fs.ops->remove(fs.ctx, "b"), OK);
    storage_faults_clear(s);
    fixture_file(s, "a", "again");
    storage_destroy(s);
}

static void wear_counts_erases_block_by_block(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    uint8_t page[256] = {0};
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), OK); /* counted before anyone asks */
    struct storage *fresh = fixture_storage();
    fixture_hash_equal(s, fresh, 1); /* and no part of the hash while it decides nothing */
    const struct storage_fault_plan wear = {.kind = STORAGE_FAULT_WEAR, .area = HAL_AREA_SLOT_A, .erases = 3};
    add(s, wear);
    add(fresh, wear);
    fixture_hash_equal(s, fresh, 0);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), OK);
    struct storage *clone = storage_clone(s);
    struct hal_flash other = storage_flash(clone);
    fixture_hash_equal(s, clone, 1);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), OK);
    fixture_hash_equal(s, clone, 0);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, BLOCK), HAL_E_IO);
    assert_int_equal(other.ops->erase(other.ctx, HAL_AREA_SLOT_A, BLOCK), OK); /* its own third */
    fixture_hash_equal(s, clone, 1);
    assert_int_equal(other.ops->erase(other.ctx, HAL_AREA_SLOT_A, BLOCK), HAL_E_IO);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, 0), OK);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_B, BLOCK), OK);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_A, BLOCK, page, sizeof page), OK);
    storage_destroy(clone);
    storage_destroy(fresh);
    storage_destroy(s);
}

static void a_bad_block_is_read_but_not_written(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    struct hal_flash flash = storage_flash(s);
    uint8_t data[2 * 256] = {0}, got[256];
    assert_int_equal(storage_put_area(s, HAL_AREA_SLOT_B, 2 * BLOCK, "kept", 4), OK);
    add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_BAD,
                                       .area = HAL_AREA_SLOT_B,
                                       .block = 2,
                                       .number = storage_ops(s) + 2}); /* it grows bad after one operation */
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK + 256, data, 256), OK);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK), HAL_E_IO);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK + 512, data, 256), HAL_E_IO);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK - 256, data, 512), HAL_E_IO);
    assert_int_equal(flash.ops->program(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK - 512, data, 512), OK);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_B, 3 * BLOCK), OK);
    assert_int_equal(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_A, 2 * BLOCK), OK);
    assert_int_equal(flash.ops->read(flash.ctx, HAL_AREA_SLOT_B, 2 * BLOCK, got, 256), OK);
    assert_memory_equal(got, "kept", 4);
    storage_destroy(s);
}

static void a_sector_that_cannot_be_read(void **state)
{
    (void)state;
    static char text[4 * SECTOR];
    struct storage *s = fixture_storage();
    struct hal_fs fs = storage_fs(s);
    char got[4 * SECTOR];
    size_t len;
    memset(text, 't', sizeof text);
    assert_int_equal(storage_put_file(s, "a", text, sizeof text), OK);
    assert_int_equal(storage_put_file(s, "b", text, sizeof text), OK);
    int a = fixture_open(s, "a", 0), b = fixture_open(s, "b", 0);
    struct storage_fault_plan plan = {.kind = STORAGE_FAULT_READ, .name = "a", .offset = SECTOR + 7};
    add(s, plan);
    assert_int_equal(fs.ops->read(fs.ctx, b, 0, got, sizeof got, &len), OK);
    assert_int_equal(fs.ops->read(fs.ctx, a, 0, got, SECTOR, &len), OK);
    assert_int_equal(fs.ops->read(fs.ctx, a, 2 * SECTOR, got, SECTOR, &len), OK);
    assert_int_equal(fs.ops->read(fs.ctx, a, SECTOR - 1, got, 2, &len), HAL_E_IO);
    assert_int_equal(fs.ops->read(fs.ctx, a, SECTOR, got, 2, &len), OK); /* once */
    plan.lasting = true;
    add(s, plan);
    struct storage *clone = storage_clone(s);
    struct hal_fs other = storage_fs(clone);
    int there = fixture_open(clone, "a", 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(fs.ops->read(fs.ctx, a, 2 * SECTOR - 1, got, 1, &len), HAL_E_IO);
        assert_int_equal(other.ops->read(other.ctx, there, 2 * SECTOR - 1, got, 1, &len), HAL_E_IO);
    }
    assert_int_equal(fs.ops->rename(fs.ctx, "a", "c"), OK); /* it was the file of that name */
    assert_int_equal(fs.ops->read(fs.ctx, a, SECTOR, got, 1, &len), OK);
    storage_faults_clear(clone);
    plan.offset = STORAGE_ANYWHERE;
    add(clone, plan);
    assert_int_equal(other.ops->read(other.ctx, there, 0, got, 1, &len), HAL_E_IO);
    storage_destroy(clone);
    storage_destroy(s);
}

/* What is still to come of a fault decides how the terminal goes on, so it parts states that are equal otherwise. */
static void what_is_left_of_a_fault_is_state(void **state)
{
    (void)state;
    struct storage *s = fixture_storage(), *twin = storage_clone(s);
    struct hal_fs fs = storage_fs(s);
    add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_ERROR, .number = 2});
    fixture_hash_equal(s, twin, 0);
    struct storage *clone = storage_clone(s);
    fixture_hash_equal(s, clone, 1);
    fixture_sync_dir(s);
    fixture_hash_equal(s, clone, 0); /* one operation nearer */
    assert_int_equal(fs.ops->sync_dir(fs.ctx), HAL_E_IO);
    fixture_hash_equal(s, twin, 1); /* over */
    storage_settle(clone, CUT_NONE, 0);
    fixture_sync_dir(clone);
    fs = storage_fs(clone);
    assert_int_equal(fs.ops->sync_dir(fs.ctx), HAL_E_IO); /* settling lifts no fault */
    storage_destroy(clone);
    storage_destroy(twin);
    storage_destroy(s);
}

static void plans_are_checked_and_the_table_is_complete(void **state)
{
    (void)state;
    struct storage *s = fixture_storage();
    static const struct {
        struct storage_fault_plan plan;
        int rc;
    } bad[] = {
        {{.kind = STORAGE_FAULT_KINDS}, E_INVAL},
        {{.kind = STORAGE_FAULT_BAD, .area = HAL_AREA_COUNT}, HAL_E_NOENT},
        {{.kind = STORAGE_FAULT_BAD, .area = HAL_AREA_BOOT, .block = 2}, E_INVAL},
        {{.kind = STORAGE_FAULT_READ, .name = "a/b"}, E_INVAL},
        {{.kind = STORAGE_FAULT_READ}, E_INVAL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(storage_fault_add(s, &bad[i].plan), bad[i].rc);
    for (int i = 0; i < 16; i++)
        add(s, (struct storage_fault_plan){.kind = STORAGE_FAULT_ERROR, .number = 1000});
    assert_int_equal(storage_fault_add(s, &(struct storage_fault_plan){.kind = STORAGE_FAULT_FULL}), E_LIMIT);
    for (unsigned i = 0; i < STORAGE_FAULT_KINDS; i++) {
        const struct storage_fault_info *info = storage_fault_info(i);
        enum storage_fault_kind kind;
        assert_int_equal(info->kind, i);
        assert_true(*info->meaning && *info->medium);
        assert_int_equal(storage_fault_by_name(info->name, &kind), OK);
        assert_int_equal(kind, i);
    }
    enum storage_fault_kind kind;
    assert_null(storage_fault_info(STORAGE_FAULT_KINDS));
    assert_int_equal(storage_fault_by_name("maybe", &kind), E_NOTFOUND);
    storage_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_strikes_one_operation_or_all_from_there_on),
        cmocka_unit_test(a_full_disk_refuses_growth_only),
        cmocka_unit_test(wear_counts_erases_block_by_block),
        cmocka_unit_test(a_bad_block_is_read_but_not_written),
        cmocka_unit_test(a_sector_that_cannot_be_read),
        cmocka_unit_test(what_is_left_of_a_fault_is_state),
        cmocka_unit_test(plans_are_checked_and_the_table_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
