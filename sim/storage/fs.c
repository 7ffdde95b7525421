/*
 * hal.fs over the storage: handles, names, space. Called by the core through hal.h. What a call changes is described as
 * a storage_op and done by storage_run; what it refuses beforehand is refused here, uncounted.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

static struct handle *handle_get(struct storage *s, int file)
{
    bool valid = s->handle && file >= 0 && file < STORAGE_HANDLES && s->handle[file].open;
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

static int run(struct storage *s, const struct storage_op *op)
{
    struct storage_op numbered = *op;
    return storage_run(s, &numbered, NULL, NULL);
}

static int file_resize(struct storage *s, uint32_t index, const char *name, uint64_t size)
{
    const struct inode *inode = &s->inode[index];
    if (inode->live.size == size)
        return OK;
    if (!room_for(s, inode, size))
        return HAL_E_FULL;
    return run(s, &(struct storage_op){.kind = OP_TRUNCATE, .name = name, .inode = index, .offset = size});
}

/* E_LIMIT: all are open; E_NOMEM. */
static int free_handle(struct storage *s, int *file)
{
    if (!s->handle && !(s->handle = calloc(STORAGE_HANDLES, sizeof *s->handle)))
        return E_NOMEM;
    for (*file = 0; *file < STORAGE_HANDLES; ++*file)
        if (!s->handle[*file].open)
            return OK;
    return E_LIMIT;
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
    int free_slot;
    rc = free_handle(s, &free_slot);
    if (rc != OK)
        return rc;
    if (index != STORAGE_NO_INODE)
        rc = flags & HAL_OPEN_TRUNCATE ? file_resize(s, index, name, 0) : OK;
    else if (names_count(&s->live) < STORAGE_NAMES)
        rc = run(s, &(struct storage_op){.kind = OP_CREATE, .name = name, .inode = inode_free(s)});
    else
        rc = HAL_E_FULL;
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
    rc = fault_of_read(s, handle->inode, offset, len);
    if (rc == OK)
        *got = pages_read(&s->inode[handle->inode].live, offset, data, len);
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
    return run(s, &(struct storage_op){.kind = OP_WRITE,
                                       .name = handle->name,
                                       .inode = handle->inode,
                                       .offset = offset,
                                       .len = len,
                                       .data = data});
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

static int fs_sync(void *ctx, int file)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    const struct handle *handle = handle_get(s, file);
    if (!handle)
        return E_INVAL;
    return run(s, &(struct storage_op){.kind = OP_SYNC, .name = handle->name, .inode = handle->inode});
}

static int fs_sync_dir(void *ctx)
{
    struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    return run(s, &(struct storage_op){.kind = OP_SYNC_DIR, .name = "", .inode = STORAGE_NO_INODE});
}

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
    return run(s, &(struct storage_op){.kind = OP_REMOVE, .name = name, .inode = index});
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
    return run(s, &(struct storage_op){.kind = OP_RENAME, .name = from, .to = to, .inode = index});
}

static int fs_list(void *ctx, size_t index, char name[HAL_NAME_MAX + 1], uint64_t *size)
{
    const struct storage *s = ctx;
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if (index >= names_count(&s->live))
        return HAL_E_NOENT;
    const struct name_entry *entry = &s->live.table->entry[index];
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
        .open = fs_open,
        .close = fs_close,
        .read = fs_read,
        .write = fs_write,
        .truncate = fs_truncate,
        .size = fs_size,
        .sync = fs_sync,
        .sync_dir = fs_sync_dir,
        .remove = fs_remove,
        .rename = fs_rename,
        .list = fs_list,
        .space = fs_space,
    };
    return &ops;
}
