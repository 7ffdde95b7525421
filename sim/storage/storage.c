/*
 * The life of a storage: create, clone, freeze and settle. Called by the world and the sweeps.
 *
 * A clone is one allocation and a few small arrays: contents, name tables and pending operations are shared and
 * counted, and copied by whoever changes them first.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_MAX 65536u
#define FS_MAX ((uint64_t)1 << 32)
#define AREA_MAX ((uint64_t)1 << 28)
#define WEAR_PAGE 256u

const char *storage_area_name(enum hal_area area)
{
    static const char *const names[HAL_AREA_COUNT] = {
        [HAL_AREA_BOOT] = "boot",
        [HAL_AREA_SLOT_A] = "slot-a",
        [HAL_AREA_SLOT_B] = "slot-b",
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
        pages_init(&s->area[i], AREA_PAGE, 0xFF);
        pages_init(&s->wear[i], WEAR_PAGE, 0);
        s->area[i].size = config->area_bytes[i];
    }
    s->hasher = hasher_create();
    if (!s->hasher) {
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
    names_clear(&s->live);
    names_clear(&s->durable);
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++) {
        pages_clear(&s->area[i]);
        pages_clear(&s->wear[i]);
    }
    storage_faults_clear(s);
    free(s->handle);
    hasher_drop(s->hasher);
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
    size_t capacity = from->pending_count + 1; /* room for one operation that is redone */
    to->pending = malloc(capacity * sizeof *to->pending);
    if (!to->pending)
        return E_NOMEM;
    to->pending_capacity = capacity;
    pending_share(to, from);
    return OK;
}

static int clone_faults(struct storage *to, const struct storage *from)
{
    if (from->faults == 0)
        return OK;
    to->fault = malloc(from->faults * sizeof *to->fault);
    if (!to->fault)
        return E_NOMEM;
    memcpy(to->fault, from->fault, from->faults * sizeof *to->fault);
    to->faults = from->faults;
    return OK;
}

struct storage *storage_clone(const struct storage *from)
{
    struct storage *to = from->failed ? NULL : allocate(&from->config);
    if (!to)
        return NULL;
    to->ops = from->ops;
    to->announced = from->announced;
    to->frozen = from->frozen;
    to->hasher = hasher_share(from->hasher);
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++) {
        pages_clone(&from->area[i], &to->area[i]);
        pages_clone(&from->wear[i], &to->wear[i]);
    }
    names_share(&to->live, &from->live);
    names_share(&to->durable, &from->durable);
    if (clone_inodes(to, from) != OK || clone_pending(to, from) != OK || clone_faults(to, from) != OK) {
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

void storage_count_from(struct storage *s, uint64_t ops)
{
    s->ops = ops;
}

size_t storage_pending(const struct storage *s)
{
    return s->pending_count;
}

struct hal_fs storage_fs(struct storage *s)
{
    return (struct hal_fs){&s->fs_ops, s};
}

/* ---- power ------------------------------------------------------------------------------------------------- */

void storage_freeze(struct storage *s)
{
    s->frozen = true;
}

void storage_settle(struct storage *s, enum cut_mode mode, uint64_t seed)
{
    if (cut_settle(s, mode, seed) != OK)
        s->failed = true;
    pending_clear(s);
    names_share(&s->live, &s->durable);
    free(s->handle);
    s->handle = NULL;
    for (size_t i = 0; i < s->inodes; i++) {
        struct inode *inode = &s->inode[i];
        inode->linked = false;
        inode->opens = 0;
        if (!inode->used || (inode->live.table == inode->durable.table && inode->live.size == inode->durable.size))
            continue;
        pages_clear(&inode->live);
        pages_clone(&inode->durable, &inode->live);
    }
    for (size_t i = 0; i < names_count(&s->live); i++)
        s->inode[s->live.table->entry[i].inode].linked = true;
    inode_collect(s);
    s->frozen = s->announced = false;
}
