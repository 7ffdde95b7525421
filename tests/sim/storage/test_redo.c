/* What was observed can be done again on a clone, cut or not, byte for byte: what a sweep stands on. */
#include "tests/sim/storage/fixture.h"

#define BLOCK 4096u
#define LAST_OPERATION 24u /* of play() */

static int nothing(void *ctx)
{
    (void)ctx;
    return OK;
}

/* Every kind of operation, unsynced data of several files at most times, and a file that only a handle keeps. The
 * returned code is the first refusal. */
static int play(struct storage *s)
{
    struct hal_fs fs = storage_fs(s);
    struct hal_flash flash = storage_flash(s);
    static uint8_t bytes[3000];
    int log, tmp, gone, rc = OK;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 5 + i / 256);
#define DO(call)                                                                                                       \
    do {                                                                                                               \
        if ((rc = (call)) != OK)                                                                                       \
            return rc;                                                                                                 \
    } while (0)
    DO(fs.ops->open(fs.ctx, "log", 0, &log));
    DO(fs.ops->open(fs.ctx, "gone", 0, &gone));
    DO(fs.ops->write(fs.ctx, log, 100, bytes, 1200));
    DO(fs.ops->write(fs.ctx, gone, 0, bytes, 10));
    DO(fs.ops->remove(fs.ctx, "gone"));
    DO(fs.ops->write(fs.ctx, gone, 5, bytes, 600)); /* its remove may yet be lost */
    DO(fs.ops->open(fs.ctx, "tmp", HAL_OPEN_CREATE, &tmp));
    DO(fs.ops->write(fs.ctx, tmp, 0, bytes, 3000));
    DO(fs.ops->truncate(fs.ctx, tmp, 700));
    DO(fs.ops->truncate(fs.ctx, tmp, 900));
    DO(fs.ops->write(fs.ctx, tmp, 850, bytes, 1));
    DO(fs.ops->rename(fs.ctx, "tmp", "new"));
    DO(fs.ops->sync(fs.ctx, tmp));
    DO(fs.ops->sync_dir(fs.ctx));
    DO(fs.ops->write(fs.ctx, gone, 0, bytes, 2000)); /* now it is gone for good */
    DO(fs.ops->sync(fs.ctx, gone));
    DO(fs.ops->truncate(fs.ctx, gone, 1));
    DO(fs.ops->write(fs.ctx, log, 1300, bytes, 24));
    DO(fs.ops->write(fs.ctx, log, 1324, bytes, 1024));
    DO(flash.ops->erase(flash.ctx, HAL_AREA_SLOT_B, BLOCK));
    DO(flash.ops->program(flash.ctx, HAL_AREA_SLOT_B, BLOCK, bytes, 512));
    DO(storage_device_op(s, OP_KEY, "se", nothing, NULL));
    DO(fs.ops->rename(fs.ctx, "new", "log")); /* over a file with unsynced data */
    DO(storage_device_op(s, OP_CLOCK, "clock", nothing, NULL));
    DO(fs.ops->sync(fs.ctx, log));
    DO(fs.ops->sync_dir(fs.ctx));
#undef DO
    return OK;
}

static struct storage *start(void)
{
    static uint8_t old[3 * BLOCK];
    struct storage *s = fixture_storage();
    memset(old, 0x5A, sizeof old);
    assert_int_equal(storage_put_file(s, "log", old, 2000), OK);
    assert_int_equal(storage_put_file(s, "gone", old, 50), OK);
    assert_int_equal(storage_put_area(s, HAL_AREA_SLOT_B, 0, old, sizeof old), OK);
    return s;
}

struct watch {
    struct storage *s;
    struct cut_plan plan;
    uint8_t hash[32];
    unsigned seen;
};

/* At the plan's operation: a clone, on which it is done again and settled. */
static void redo_on_a_clone(void *ctx, const struct storage_op *op)
{
    struct watch *w = ctx;
    if (op->number != w->plan.number)
        return;
    struct storage *clone = storage_clone(w->s);
    assert_non_null(clone);
    assert_int_equal(storage_ops(clone), op->number); /* as after a cut before it */
    storage_plan_cut(clone, &w->plan);
    assert_int_equal(storage_redo(clone, op), HAL_E_POWER);
    assert_int_equal(storage_ops(clone), op->number);
    storage_settle(clone, w->plan.mode, w->plan.seed);
    storage_hash(clone, w->hash);
    storage_destroy(clone);
    w->seen++;
}

static void a_redone_cut_leaves_what_the_real_one_leaves(void **state)
{
    (void)state;
    struct storage *whole = start();
    unsigned kinds = 0;
    assert_int_equal(play(whole), OK);
    assert_int_equal(storage_ops(whole), LAST_OPERATION);
    storage_destroy(whole);
    for (uint64_t number = 1; number <= LAST_OPERATION; number++)
        for (unsigned when = CUT_BEFORE; when <= CUT_AFTER; when++)
            for (unsigned variant = 0; variant < CUT_MODES * 5; variant++) {
                uint8_t hash[32];
                struct storage *s = start();
                struct watch w = {.s = s, .plan = {number, when, variant % CUT_MODES, variant / CUT_MODES}};
                if (w.plan.mode == CUT_SUBSET)
                    w.plan.seed = w.plan.seed * 0x1234567 % (1u << 14) | w.plan.seed % 4 << 48;
                const struct storage_hooks hooks = {.ctx = &w, .op = redo_on_a_clone};
                storage_hooks_set(s, &hooks);
                storage_plan_cut(s, &w.plan);
                assert_int_equal(play(s), HAL_E_POWER);
                assert_int_equal(w.seen, 1);
                storage_settle(s, w.plan.mode, w.plan.seed);
                storage_hash(s, hash);
                if (memcmp(hash, w.hash, 32) != 0)
                    fail_msg("storage#%u:%u:%s~%u differs on the clone", (unsigned)number, when,
                             cut_mode_info(w.plan.mode)->name, (unsigned)w.plan.seed);
                storage_destroy(s);
                kinds++;
            }
    assert_int_equal(kinds, LAST_OPERATION * 3 * CUT_MODES * 5);
}

static void mirror(void *ctx, const struct storage_op *op)
{
    struct storage **pair = ctx; /* the one that plays, and its mirror one operation behind */
    if (!pair[1])
        pair[1] = storage_clone(pair[0]);
    assert_int_equal(storage_pending(pair[0]), storage_pending(pair[1]));
    for (unsigned mode = 0; mode < CUT_MODES; mode++) {
        struct storage *a = storage_clone(pair[0]), *b = storage_clone(pair[1]);
        storage_settle(a, mode, 77);
        storage_settle(b, mode, 77);
        fixture_hash_equal(a, b, 1);
        storage_destroy(a);
        storage_destroy(b);
    }
    assert_int_equal(storage_redo(pair[1], op), OK);
}

static void a_mirror_follows_operation_by_operation(void **state)
{
    (void)state;
    struct storage *s = start(), *pair[2] = {s, NULL};
    const struct storage_hooks hooks = {.ctx = pair, .op = mirror};
    storage_hooks_set(s, &hooks);
    assert_int_equal(play(s), OK);
    assert_int_equal(storage_ops(pair[1]), LAST_OPERATION);
    fixture_hash_equal(s, pair[1], 1);
    storage_destroy(pair[1]);
    storage_destroy(s);
}

static void redo_with_faults(void *ctx, const struct storage_op *op)
{
    struct watch *w = ctx;
    if (op->number != w->plan.number)
        return;
    struct storage *clone = storage_clone(w->s);
    w->seen = (unsigned)-storage_redo(clone, op);
    storage_settle(clone, CUT_ALL, 0);
    storage_hash(clone, w->hash);
    storage_destroy(clone);
}

static void faults_strike_the_clone_as_well(void **state)
{
    (void)state;
    for (uint64_t number = 1; number <= LAST_OPERATION; number++) {
        struct storage *s = start();
        struct watch w = {.s = s, .plan = {.number = number}};
        const struct storage_hooks hooks = {.ctx = &w, .op = redo_with_faults};
        const struct storage_fault_plan fault = {.kind = STORAGE_FAULT_ERROR, .number = number};
        uint8_t hash[32];
        storage_hooks_set(s, &hooks);
        assert_int_equal(storage_fault_add(s, &fault), OK);
        assert_int_equal(play(s), HAL_E_IO);
        assert_int_equal(w.seen, -HAL_E_IO);
        storage_settle(s, CUT_ALL, 0);
        storage_hash(s, hash);
        assert_memory_equal(hash, w.hash, 32);
        storage_destroy(s);
    }
}

static void only_the_next_operation_can_be_redone(void **state)
{
    (void)state;
    struct storage *s = start();
    struct storage_op op = {.number = 1, .kind = OP_REMOVE, .name = "log", .to = "", .inode = 0};
    static const struct storage_op bad[] = {
        {.number = 2, .kind = OP_SYNC_DIR, .name = "", .to = "", .inode = STORAGE_NO_INODE},
        {.number = 1, .kind = OP_KINDS, .name = "", .to = ""},
        {.number = 1, .kind = OP_CREATE, .name = "a/b", .to = "", .inode = 2},
        {.number = 1, .kind = OP_CREATE, .name = "x", .to = "", .inode = 0},
        {.number = 1, .kind = OP_CREATE, .name = "x", .to = "", .inode = 9},
        {.number = 1, .kind = OP_REMOVE, .name = "log", .to = "", .inode = 1},
        {.number = 1, .kind = OP_RENAME, .name = "none", .to = "x", .inode = STORAGE_NO_INODE},
        {.number = 1, .kind = OP_WRITE, .name = "log", .to = "", .len = 1},
        {.number = 1, .kind = OP_ERASE, .name = "?", .to = "", .area = HAL_AREA_COUNT, .len = BLOCK},
        {.number = 1, .kind = OP_ERASE, .name = "boot", .to = "", .area = HAL_AREA_BOOT, .offset = 8192, .len = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(storage_redo(s, &bad[i]), E_INVAL);
    assert_int_equal(storage_ops(s), 0);
    storage_freeze(s);
    assert_int_equal(storage_redo(s, &op), HAL_E_POWER);
    storage_settle(s, CUT_NONE, 0);
    assert_int_equal(storage_redo(s, &op), OK);
    assert_int_equal(storage_ops(s), 1);
    storage_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redone_cut_leaves_what_the_real_one_leaves),
        cmocka_unit_test(a_mirror_follows_operation_by_operation),
        cmocka_unit_test(faults_strike_the_clone_as_well),
        cmocka_unit_test(only_the_next_operation_can_be_redone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
