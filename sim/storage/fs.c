/*
 * hal.fs over the storage: handles, names, space. Called by the core through hal.h. Each change is made to the live
 * side at once and recorded as a pending operation; making it durable is pending.c's part.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

static struct handle *handle_get(struct storage *s, int file)
{
    bool valid = file >= 0 && file < STORAGE_HANDLES && s->handle[file].open;
    return valid ? &s->handle[file] : NULL;
}

static uint64_t space_used(const struct storage *s)
{
    uint64_t used = 0;
    for (size_t i = 0; i < s->inodes; i++)
        if (s->inode[i].used && (s->inode[i].linked || s->inode[i].opens))
            used += s->inode[i].live.size;
    return used;
}

static uint64_t space_unused(const struct storage *s)
{
    uint64_t used = space_used(s); /* may exceed the total: a cut can bring removed files back */
    return used < s->config.fs_bytes ? s->config.fs_bytes - used : 0;
}

static bool room_for(const struct storage *s, const struct inode *inode, uint64_t size)
{
    return size <= inode->live.size || size - inode->live.size <= space_unused(s);
}

/* Name operations and truncate are atomic: power lost inside one leaves it done or not. */
static bool step_taken(struct storage_step *step)
{
    return step->extent == STEP_WHOLE || (step->extent == STEP_PART && (rng_next(&step->rng) & 1));
}

static int pend_name(struct storage *s, enum storage_op_kind kind, uint32_t inode, const char *name, const char *to)
{
    struct pending op = {.kind = kind, .inode = inode};
    pages_init(&op.payload, STORAGE_PAGE, 0);
    strncpy(op.name, name, HAL_NAME_MAX);
    strncpy(op.to, to, HAL_NAME_MAX);
    return pending_add(s, &op);
}

static int file_create(struct storage *s, const char *name)
{
    struct storage_step step = storage_begin(s, OP_CREATE, name, 0, 0);
    int rc = OK;
    if (step_taken(&step)) {
        uint32_t index;
        rc = inode_create(s, &index);
        if (rc == OK)
            rc = names_set(&s->live, name, index);
        if (rc == OK) {
            s->inode[index].linked = true;
            rc = pend_name(s, OP_CREATE, index, name, "");
        }
    }
    return storage_end(s, &step, rc);
}

static int file_resize(struct storage *s, uint32_t index, const char *name, uint64_t size)
{
    struct inode *inode = &s->inode[index];
    if (inode->live.size == size)
        return OK;
    if (!room_for(s, inode, size))
        return HAL_E_FULL;
    struct storage_step step = storage_begin(s, OP_TRUNCATE, name, size, 0);
    int rc = OK;
    if (step_taken(&step)) {
        struct pending op = {.kind = OP_TRUNCATE, .inode = index, .offset = size};
        pages_init(&op.payload, STORAGE_PAGE, 0);
        rc = pages_resize(&inode->live, size);
        if (rc == OK)
            rc = pending_add(s, &op);
    }
    return storage_end(s, &step, rc);
}

static int fs_open(void *ctx, const char *name, unsigned flags, int *file)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (!name_valid(name) || (flags & ~(unsigned)(HAL_OPEN_CREATE | HAL_OPEN_EXCLUSIVE | HAL_OPEN_TRUNCATE)))
        return E_INVAL;
    uint32_t index = names_find(&s->live, name);
    if (index != STORAGE_NO_INODE && (flags & HAL_OPEN_EXCLUSIVE))
        return HAL_E_EXISTS;
    if (index == STORAGE_NO_INODE && !(flags & HAL_OPEN_CREATE))
        return HAL_E_NOENT;
    int free_slot = 0;
    while (free_slot < STORAGE_HANDLES && s->handle[free_slot].open)
        free_slot++;
    if (free_slot == STORAGE_HANDLES)
        return E_LIMIT;
    if (index == STORAGE_NO_INODE)
        rc = s->live.count < STORAGE_NAMES ? file_create(s, name) : HAL_E_FULL;
    else if (flags & HAL_OPEN_TRUNCATE)
        rc = file_resize(s, index, name, 0);
    if (rc != OK)
        return rc;
    struct handle *handle = &s->handle[free_slot];
    *handle = (struct handle){.open = true, .inode = names_find(&s->live, name)};
    strncpy(handle->name, name, HAL_NAME_MAX);
    s->inode[handle->inode].opens++;
    *file = free_slot;
    return OK;
}

static int fs_close(void *ctx, int file)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    struct handle *handle = handle_get(s, file);
    if (!handle)
        return E_INVAL;
    struct inode *inode = &s->inode[handle->inode];
    handle->open = false;
    if (--inode->opens == 0 && !inode->linked)
        inode_collect(s);
    return OK;
}

static int fs_read(void *ctx, int file, uint64_t offset, void *data, size_t len, size_t *got)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    if (!handle)
        return E_INVAL;
    *got = pages_read(&s->inode[handle->inode].live, offset, data, len);
    return OK;
}

/* The bytes go into the payload first, so that file and payload share whole pages. */
static int write_live(struct storage *s, uint32_t index, uint64_t offset, const void *data, size_t len)
{
    if (len == 0)
        return OK;
    struct pending op = {.kind = OP_WRITE, .inode = index, .offset = offset, .len = len};
    uint64_t base = offset % STORAGE_PAGE;
    pages_init(&op.payload, STORAGE_PAGE, 0);
    int rc = pages_write(&op.payload, base, data, len);
    if (rc == OK)
        rc = pages_copy(&s->inode[index].live, offset, &op.payload, base, len);
    if (rc == OK)
        return pending_add(s, &op);
    pages_clear(&op.payload);
    return rc;
}

static int fs_write(void *ctx, int file, uint64_t offset, const void *data, size_t len)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    if (!handle || (len && !data))
        return E_INVAL;
    if (len == 0)
        return OK;
    if (len > s->config.fs_bytes || offset > s->config.fs_bytes - len)
        return HAL_E_FULL;
    if (!room_for(s, &s->inode[handle->inode], offset + len))
        return HAL_E_FULL;
    struct storage_step step = storage_begin(s, OP_WRITE, handle->name, offset, len);
    size_t arrives = step.extent == STEP_WHOLE ? len : 0;
    if (step.extent == STEP_PART)
        arrives = (size_t)cut_tear(offset, len, s->config.sector_size, rng_next(&step.rng));
    return storage_end(s, &step, write_live(s, handle->inode, offset, data, arrives));
}

static int fs_truncate(void *ctx, int file, uint64_t size)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    return handle ? file_resize(s, handle->inode, handle->name, size) : E_INVAL;
}

static int fs_size(void *ctx, int file, uint64_t *size)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    if (!handle)
        return E_INVAL;
    *size = s->inode[handle->inode].live.size;
    return OK;
}

static int sync_scope(struct storage *s, uint32_t scope, struct storage_step step)
{
    int rc = OK;
    if (step.extent != STEP_NOTHING)
        rc = pending_flush(s, scope, step.extent == STEP_PART ? &step.rng : NULL);
    return storage_end(s, &step, rc);
}

static int fs_sync(void *ctx, int file)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    if (!handle)
        return E_INVAL;
    return sync_scope(s, handle->inode, storage_begin(s, OP_SYNC, handle->name, 0, 0));
}

static int fs_sync_dir(void *ctx)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    return sync_scope(s, STORAGE_NO_INODE, storage_begin(s, OP_SYNC_DIR, "", 0, 0));
}

/* The operation is recorded before the name goes: as long as it is pending, the inode must outlive its name. */
static int fs_remove(void *ctx, const char *name)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (!name_valid(name))
        return E_INVAL;
    uint32_t index = names_find(&s->live, name);
    if (index == STORAGE_NO_INODE)
        return HAL_E_NOENT;
    struct storage_step step = storage_begin(s, OP_REMOVE, name, 0, 0);
    if (step_taken(&step)) {
        rc = pend_name(s, OP_REMOVE, index, name, "");
        names_drop(&s->live, name);
        s->inode[index].linked = false;
    }
    return storage_end(s, &step, rc);
}

static int rename_live(struct storage *s, uint32_t index, const char *from, const char *to)
{
    int rc = pend_name(s, OP_RENAME, index, from, to);
    if (rc != OK)
        return rc;
    uint32_t replaced = names_find(&s->live, to);
    names_drop(&s->live, from);
    rc = names_set(&s->live, to, index);
    if (replaced != STORAGE_NO_INODE)
        s->inode[replaced].linked = false;
    return rc;
}

static int fs_rename(void *ctx, const char *from, const char *to)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (!name_valid(from) || !name_valid(to))
        return E_INVAL;
    uint32_t index = names_find(&s->live, from);
    if (index == STORAGE_NO_INODE)
        return HAL_E_NOENT;
    if (strcmp(from, to) == 0)
        return OK;
    struct storage_step step = storage_begin(s, OP_RENAME, from, 0, 0);
    if (step_taken(&step))
        rc = rename_live(s, index, from, to);
    return storage_end(s, &step, rc);
}

static int fs_list(void *ctx, size_t index, char name[HAL_NAME_MAX + 1], uint64_t *size)
{
    const struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (index >= s->live.count)
        return HAL_E_NOENT;
    const struct name_entry *entry = &s->live.entry[index];
    memcpy(name, entry->name, sizeof entry->name);
    *size = s->inode[entry->inode].live.size;
    return OK;
}

static int fs_space(void *ctx, uint64_t *total, uint64_t *unused)
{
    const struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    *total = s->config.fs_bytes;
    *unused = space_unused(s);
    return OK;
}

const struct hal_fs_ops *storage_fs_ops(void)
{
    static const struct hal_fs_ops ops = {
        .open = fs_open, .close = fs_close, .read = fs_read, .write = fs_write,
        .truncate = fs_truncate, .size = fs_size, .sync = fs_sync, .sync_dir = fs_sync_dir,
        .remove = fs_remove, .rename = fs_rename, .list = fs_list, .space = fs_space,
    };
    return &ops;
}
