/*
 * The life of a storage: create, clone, count operations, fire the planned cut, freeze and settle. Called by the world
 * and the sweeps; fs.c and flash.c come in through storage_begin and storage_end around every counted operation.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_MAX 65536u
#define FS_MAX ((uint64_t)1 << 32)
#define AREA_MAX ((uint64_t)1 << 28)

static const char *const op_names[] = {
    [OP_WRITE] = "write", [OP_TRUNCATE] = "truncate", [OP_SYNC] = "sync",
    [OP_CREATE] = "create", [OP_REMOVE] = "remove", [OP_RENAME] = "rename",
    [OP_SYNC_DIR] = "sync_dir", [OP_ERASE] = "erase", [OP_PROGRAM] = "program",
};
_Static_assert(sizeof op_names / sizeof *op_names == OP_KINDS, "one name a kind");

const char *storage_op_name(enum storage_op_kind kind)
{
    return (unsigned)kind < OP_KINDS ? op_names[kind] : "?";
}

const char *storage_area_name(enum hal_area area)
{
    static const char *const names[HAL_AREA_COUNT] = {
        [HAL_AREA_BOOT] = "boot", [HAL_AREA_SLOT_A] = "slot-a", [HAL_AREA_SLOT_B] = "slot-b",
    };
    return (unsigned)area < HAL_AREA_COUNT ? names[area] : "?";
}

static bool config_valid(const struct storage_config *c)
{
    bool power_of_two = c->sector_size && (c->sector_size & (c->sector_size - 1)) == 0;
    if (!power_of_two || c->sector_size > SECTOR_MAX || c->fs_bytes > FS_MAX)
        return false;
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++) {
        if (c->area_bytes[i] == 0)
            continue;
        if (c->page_size == 0 || c->block_size == 0 || c->block_size % c->page_size ||
            c->area_bytes[i] % c->block_size || c->area_bytes[i] > AREA_MAX)
            return false;
    }
    return true;
}

/* What create and clone have in common. */
static struct storage *allocate(const struct storage_config *config)
{
    struct storage *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->config = *config;
    s->fs_ops = *storage_fs_ops();
    s->fs_ops.sector_size = config->sector_size;
    return s;
}

struct storage *storage_create(const struct storage_config *config)
{
    if (!config_valid(config))
        return NULL;
    struct storage *s = allocate(config);
    if (!s)
        return NULL;
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++) {
        pages_init(&s->area[i], STORAGE_PAGE, 0xFF);
        s->area[i].size = config->area_bytes[i];
    }
    s->memo = digest_memo_create();
    if (!s->memo) {
        storage_destroy(s);
        return NULL;
    }
    return s;
}

void storage_destroy(struct storage *s)
{
    if (!s)
        return;
    pending_clear(s);
    free(s->pending);
    for (size_t i = 0; i < s->inodes; i++) {
        if (!s->inode[i].used)
            continue;
        pages_clear(&s->inode[i].live);
        pages_clear(&s->inode[i].durable);
    }
    free(s->inode);
    free(s->live.entry);
    free(s->durable.entry);
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++)
        pages_clear(&s->area[i]);
    digest_memo_drop(s->memo);
    free(s);
}

static int clone_inodes(struct storage *to, const struct storage *from)
{
    if (from->inodes == 0)
        return OK;
    to->inode = malloc(from->inodes * sizeof *to->inode);
    if (!to->inode)
        return E_NOMEM;
    to->inodes = from->inodes;
    for (size_t i = 0; i < from->inodes; i++) {
        to->inode[i] = from->inode[i];
        to->inode[i].opens = 0;
        if (!from->inode[i].used)
            continue;
        pages_clone(&from->inode[i].live, &to->inode[i].live);
        pages_clone(&from->inode[i].durable, &to->inode[i].durable);
    }
    return OK;
}

static int clone_pending(struct storage *to, const struct storage *from)
{
    if (from->pending_count == 0)
        return OK;
    to->pending = malloc(from->pending_count * sizeof *to->pending);
    if (!to->pending)
        return E_NOMEM;
    to->pending_count = to->pending_capacity = from->pending_count;
    to->pending_bytes = from->pending_bytes;
    for (size_t i = 0; i < from->pending_count; i++) {
        to->pending[i] = from->pending[i];
        pages_clone(&from->pending[i].payload, &to->pending[i].payload);
    }
    return OK;
}

struct storage *storage_clone(const struct storage *from)
{
    struct storage *to = from->failed ? NULL : allocate(&from->config);
    if (!to)
        return NULL;
    to->ops = from->ops;
    to->frozen = from->frozen;
    to->memo = digest_memo_share(from->memo);
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++)
        pages_clone(&from->area[i], &to->area[i]);
    if (names_copy(&to->live, &from->live) != OK || names_copy(&to->durable, &from->durable) != OK ||
        clone_inodes(to, from) != OK || clone_pending(to, from) != OK) {
        storage_destroy(to);
        return NULL;
    }
    inode_collect(to); /* files that only a handle kept alive */
    return to;
}

void storage_hooks_set(struct storage *s, const struct storage_hooks *hooks)
{
    s->hooks = hooks ? *hooks : (struct storage_hooks){0};
}

void storage_plan_cut(struct storage *s, const struct cut_plan *plan)
{
    s->plan = plan ? *plan : (struct cut_plan){0};
}

uint64_t storage_ops(const struct storage *s)
{
    return s->ops;
}

size_t storage_pending(const struct storage *s)
{
    return s->pending_count;
}

struct hal_fs storage_fs(struct storage *s)
{
    return (struct hal_fs){&s->fs_ops, s};
}

/* ---- one operation --------------------------------------------------------------------------------------- */

static int fault_code(const struct storage *s, const struct storage_op *op)
{
    static const int codes[] = {[STORAGE_OK] = OK, [STORAGE_WRITE_ERROR] = HAL_E_IO, [STORAGE_FULL] = HAL_E_FULL};
    enum storage_fault fault = s->hooks.fault ? s->hooks.fault(s->hooks.ctx, op) : STORAGE_OK;
    return (size_t)fault < sizeof codes / sizeof *codes ? codes[fault] : HAL_E_IO;
}

struct storage_step storage_begin(struct storage *s, enum storage_op_kind kind, const char *name, uint64_t offset,
                                  uint64_t len)
{
    struct storage_op op = {++s->ops, kind, name, offset, len};
    struct storage_step step = {.extent = STEP_WHOLE};
    if (s->hooks.op)
        s->hooks.op(s->hooks.ctx, &op);
    step.code = fault_code(s, &op);
    if (s->frozen) /* a hook took the power: this operation comes too late */
        return (struct storage_step){.extent = STEP_NOTHING, .code = HAL_E_POWER};
    if (s->plan.number == op.number) {
        static const enum step_extent extents[] = {
            [CUT_BEFORE] = STEP_NOTHING, [CUT_INSIDE] = STEP_PART, [CUT_AFTER] = STEP_WHOLE,
        };
        step.cut = true;
        step.extent = extents[s->plan.when];
        step.rng.state = s->plan.seed ^ op.number << 32;
    }
    if (step.code != OK)
        step.extent = STEP_NOTHING;
    return step;
}

int storage_end(struct storage *s, const struct storage_step *step, int rc)
{
    if (rc == E_NOMEM)
        s->failed = true;
    if (step->cut) {
        storage_freeze(s);
        if (s->hooks.cut)
            s->hooks.cut(s->hooks.ctx);
        return HAL_E_POWER;
    }
    return step->extent == STEP_NOTHING ? step->code : rc;
}

/* ---- power ------------------------------------------------------------------------------------------------- */

void storage_freeze(struct storage *s)
{
    s->frozen = true;
}

static int apply_survivor(void *ctx, const struct pending *op, uint64_t offset, uint64_t len)
{
    return pending_apply(ctx, op, offset, len);
}

void storage_settle(struct storage *s, enum cut_mode mode, uint64_t seed)
{
    int rc = cut_select(mode, seed, s->pending, s->pending_count, s->config.sector_size, apply_survivor, s);
    pending_clear(s);
    if (rc < 0 || names_copy(&s->live, &s->durable) != OK)
        s->failed = true;
    memset(s->handle, 0, sizeof s->handle);
    for (size_t i = 0; i < s->inodes; i++) {
        struct inode *inode = &s->inode[i];
        inode->linked = false;
        inode->opens = 0;
        if (!inode->used)
            continue;
        pages_clear(&inode->live);
        pages_clone(&inode->durable, &inode->live);
    }
    for (size_t i = 0; i < s->live.count; i++)
        s->inode[s->live.entry[i].inode].linked = true;
    inode_collect(s);
    s->frozen = false;
}
