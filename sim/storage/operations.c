/*
 * Every counted operation, from whatever device: numbered, shown to the observer, refused by a fault or cut by the
 * plan, and done by its row of the table. fs.c, flash.c and the devices that keep something durable come in through
 * storage_run; a sweep does on a clone what it saw through storage_redo, by the same way.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

static int device_change(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    (void)s;
    (void)op;
    return step_taken(step) && step->change ? step->change(step->ctx) : OK;
}

static const struct {
    const char *name;
    operation_fn run;
} operations[] = {
    [OP_WRITE] = {"write", file_write},       [OP_TRUNCATE] = {"truncate", file_truncate},
    [OP_SYNC] = {"sync", file_sync},          [OP_CREATE] = {"create", file_create},
    [OP_REMOVE] = {"remove", file_remove},    [OP_RENAME] = {"rename", file_rename},
    [OP_SYNC_DIR] = {"sync_dir", file_sync},  [OP_ERASE] = {"erase", area_erase},
    [OP_PROGRAM] = {"program", area_program}, [OP_KEY] = {"key", device_change},
    [OP_CLOCK] = {"clock", device_change},
};
_Static_assert(sizeof operations / sizeof *operations == OP_KINDS, "one row a kind");

const char *storage_op_name(enum storage_op_kind kind)
{
    return (unsigned)kind < OP_KINDS ? operations[kind].name : "?";
}

int storage_run(struct storage *s, struct storage_op *op, int (*change)(void *ctx), void *ctx)
{
    struct storage_step step = {.change = change, .ctx = ctx};
    op->number = ++s->ops;
    if (!op->to)
        op->to = "";
    if (op->kind != OP_ERASE && op->kind != OP_PROGRAM)
        op->area = HAL_AREA_COUNT;
    s->announced = true;
    if (s->hooks.op)
        s->hooks.op(s->hooks.ctx, op);
    s->announced = false;
    if (s->frozen)
        return HAL_E_POWER; /* the observer took the power */
    bool cut = s->plan.number == op->number;
    int rc = fault_of_operation(s, op);
    if (rc == OK && !(cut && s->plan.when == CUT_BEFORE)) {
        step.part = cut && s->plan.when == CUT_INSIDE;
        step.rng.state = s->plan.seed ^ op->number << 32;
        rc = operations[op->kind].run(s, op, &step);
    }
    if (rc == E_NOMEM)
        s->failed = true;
    if (!cut)
        return rc;
    storage_freeze(s);
    if (s->hooks.cut)
        s->hooks.cut(s->hooks.ctx);
    return HAL_E_POWER;
}

int storage_device_op(struct storage *s, enum storage_op_kind kind, const char *name, int (*change)(void *ctx),
                      void *ctx)
{
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (kind != OP_KEY && kind != OP_CLOCK)
        return E_INVAL;
    struct storage_op op = {.kind = kind, .name = name, .inode = STORAGE_NO_INODE};
    return storage_run(s, &op, change, ctx);
}

/* What an observer can have seen of this storage's next operation; the rest was checked where it was observed. */
static bool plausible(const struct storage *s, const struct storage_op *op)
{
    if ((unsigned)op->kind >= OP_KINDS || op->number != s->ops + !s->announced)
        return false;
    switch (op->kind) {
    case OP_CREATE:
        return name_valid(op->name) && op->inode <= s->inodes && !(op->inode < s->inodes && s->inode[op->inode].used);
    case OP_REMOVE:
        return names_find(&s->live, op->name) == op->inode && op->inode != STORAGE_NO_INODE;
    case OP_RENAME:
        return name_valid(op->to) && names_find(&s->live, op->name) == op->inode && op->inode != STORAGE_NO_INODE;
    case OP_ERASE:
    case OP_PROGRAM:
        return (unsigned)op->area < HAL_AREA_COUNT && op->len && op->offset <= s->area[op->area].size &&
               op->len <= s->area[op->area].size - op->offset && (op->data || op->kind == OP_ERASE);
    case OP_WRITE:
        return op->data && op->len;
    default:
        return true;
    }
}

int storage_redo(struct storage *s, const struct storage_op *op)
{
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (!plausible(s, op))
        return E_INVAL;
    struct storage_op again = *op;
    s->ops = op->number - 1;
    return storage_run(s, &again, NULL, NULL);
}
