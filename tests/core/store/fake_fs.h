/*
 * A storage for the tests of core/store: files in memory with a ledger of what is not yet synced, an operation
 * counter that cuts the power, and three ideas of what survives the cut. Small on purpose and written apart from the
 * simulator's model, so that neither can hide a mistake of the other.
 */
#ifndef POSBENCH_TESTS_CORE_STORE_FAKE_FS_H
#define POSBENCH_TESTS_CORE_STORE_FAKE_FS_H

#include "core/hal.h"

#include <stdlib.h>
#include <string.h>

enum { FAKE_FILES = 64, FAKE_SECTOR = 512 };

enum fake_survival { FAKE_SYNCED_ONLY, FAKE_ALL, FAKE_SOME, FAKE_TORN, FAKE_SURVIVALS };

struct fake_bytes { uint8_t *data; size_t len; };
struct fake_pending { bool truncate; uint64_t offset; struct fake_bytes bytes; };
struct fake_inode {
    struct fake_bytes now, durable;
    struct fake_pending *pending;
    size_t pending_count;
};
struct fake_name { char name[HAL_NAME_MAX + 1]; int inode; }; /* inode -1: no such name */

struct fake_fs {
    struct fake_inode inodes[FAKE_FILES];
    int inode_count;
    struct fake_name now[FAKE_FILES], durable[FAKE_FILES]; /* the same index is the same name */
    int name_count;
    int handles[64]; /* inode or -1 */
    uint32_t random;
    long operation, cut_at; /* writes, truncates, syncs, creations, removals; cut_at 0: never */
    long calls, syncs, dir_syncs, writes;
    long calls_after_cut;
    bool off;
    long fail_at; /* this operation fails with fail_status, without a trace */
    int fail_status;
};

static inline void fake_resize(struct fake_bytes *b, size_t len)
{
    if (len > b->len) {
        b->data = realloc(b->data, len);
        memset(b->data + b->len, 0, len - b->len);
    }
    b->len = len;
}

static inline void fake_put(struct fake_bytes *b, uint64_t offset, const void *data, size_t len)
{
    if (offset + len > b->len)
        fake_resize(b, offset + len);
    if (len)
        memcpy(b->data + offset, data, len);
}

static inline void fake_copy(struct fake_bytes *to, const struct fake_bytes *from)
{
    fake_resize(to, 0);
    fake_put(to, 0, from->len ? (const void *)from->data : "", from->len);
}

static inline uint32_t fake_random(struct fake_fs *fs)
{
    fs->random = fs->random * 1664525u + 1013904223u;
    return fs->random >> 8;
}

/* Counts a modifying operation. Positive: it is the one that is cut, so it takes effect in flight, then HAL_E_POWER. */
static inline int fake_operation(struct fake_fs *fs)
{
    fs->operation++;
    if (fs->operation == fs->fail_at)
        return fs->fail_status;
    return fs->cut_at != 0 && fs->operation == fs->cut_at;
}

static inline int fake_enter(struct fake_fs *fs)
{
    fs->calls++;
    fs->calls_after_cut += fs->off;
    return fs->off ? HAL_E_POWER : OK;
}

static inline int fake_leave(struct fake_fs *fs, int cut)
{
    fs->off = cut;
    return cut ? HAL_E_POWER : OK;
}

static inline int fake_find(const struct fake_fs *fs, const char *name)
{
    for (int i = 0; i < fs->name_count; i++)
        if (strcmp(fs->now[i].name, name) == 0)
            return i;
    return -1;
}

static inline int fake_name_at(struct fake_fs *fs, const char *name)
{
    int at = fake_find(fs, name);
    if (at >= 0)
        return at;
    at = fs->name_count++;
    strcpy(fs->now[at].name, name);
    strcpy(fs->durable[at].name, name);
    fs->now[at].inode = fs->durable[at].inode = -1;
    return at;
}

static inline int fake_truncate(void *ctx, int file, uint64_t size);

static inline int fake_open(void *ctx, const char *name, unsigned flags, int *file)
{
    struct fake_fs *fs = ctx;
    int cut = 0;
    bool created = false;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int at = fake_find(fs, name);
    if (at < 0 || fs->now[at].inode < 0) {
        if (!(flags & HAL_OPEN_CREATE))
            return HAL_E_NOENT;
        cut = fake_operation(fs);
        if (cut < 0)
            return cut;
        at = fake_name_at(fs, name);
        fs->now[at].inode = fs->inode_count++;
        created = true;
    }
    for (int h = 0; h < 64; h++) {
        if (fs->handles[h] < 0) {
            fs->handles[h] = fs->now[at].inode;
            *file = h;
            return created || !(flags & HAL_OPEN_TRUNCATE) ? fake_leave(fs, cut) : fake_truncate(fs, h, 0);
        }
    }
    return E_LIMIT;
}

static inline int fake_close(void *ctx, int file)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    fs->handles[file] = -1;
    return OK;
}

static inline int fake_read(void *ctx, int file, uint64_t offset, void *data, size_t len, size_t *got)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    const struct fake_bytes *b = &fs->inodes[fs->handles[file]].now;
    *got = offset >= b->len ? 0 : b->len - offset < len ? b->len - offset : len;
    if (*got)
        memcpy(data, b->data + offset, *got);
    return OK;
}

static inline struct fake_pending *fake_pend(struct fake_inode *inode)
{
    inode->pending = realloc(inode->pending, (inode->pending_count + 1) * sizeof *inode->pending);
    struct fake_pending *p = &inode->pending[inode->pending_count++];
    memset(p, 0, sizeof *p);
    return p;
}

static inline int fake_write(void *ctx, int file, uint64_t offset, const void *data, size_t len)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int cut = fake_operation(fs);
    if (cut < 0)
        return cut;
    struct fake_inode *inode = &fs->inodes[fs->handles[file]];
    fs->writes++;
    fake_put(&inode->now, offset, data, len);
    struct fake_pending *p = fake_pend(inode);
    p->offset = offset;
    fake_put(&p->bytes, 0, data, len);
    return fake_leave(fs, cut);
}

static inline int fake_truncate(void *ctx, int file, uint64_t size)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int cut = fake_operation(fs);
    if (cut < 0)
        return cut;
    struct fake_inode *inode = &fs->inodes[fs->handles[file]];
    fake_resize(&inode->now, size);
    *fake_pend(inode) = (struct fake_pending){.truncate = true, .offset = size};
    return fake_leave(fs, cut);
}

static inline int fake_size(void *ctx, int file, uint64_t *size)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    *size = fs->inodes[fs->handles[file]].now.len;
    return OK;
}

static inline void fake_settle(struct fake_inode *inode)
{
    for (size_t i = 0; i < inode->pending_count; i++)
        free(inode->pending[i].bytes.data);
    inode->pending_count = 0;
}

static inline int fake_sync(void *ctx, int file)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int cut = fake_operation(fs);
    if (cut != 0) /* cut in flight: nothing is promised */
        return cut < 0 ? cut : fake_leave(fs, cut);
    struct fake_inode *inode = &fs->inodes[fs->handles[file]];
    fs->syncs++;
    fake_copy(&inode->durable, &inode->now);
    fake_settle(inode);
    return OK;
}

static inline int fake_sync_dir(void *ctx)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int cut = fake_operation(fs);
    if (cut != 0)
        return cut < 0 ? cut : fake_leave(fs, cut);
    fs->dir_syncs++;
    memcpy(fs->durable, fs->now, sizeof fs->now);
    return OK;
}

static inline int fake_remove(void *ctx, const char *name)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int at = fake_find(fs, name);
    if (at < 0 || fs->now[at].inode < 0)
        return HAL_E_NOENT;
    int cut = fake_operation(fs);
    if (cut < 0)
        return cut;
    fs->now[at].inode = -1;
    return fake_leave(fs, cut);
}

/* Two names change, and until the directory is synced each of them may be found in its old state or the new. */
static inline int fake_rename(void *ctx, const char *from, const char *to)
{
    struct fake_fs *fs = ctx;
    if (fake_enter(fs))
        return HAL_E_POWER;
    int at = fake_find(fs, from);
    if (at < 0 || fs->now[at].inode < 0)
        return HAL_E_NOENT;
    int cut = fake_operation(fs);
    if (cut < 0)
        return cut;
    fs->now[fake_name_at(fs, to)].inode = fs->now[at].inode;
    fs->now[at].inode = -1;
    return fake_leave(fs, cut);
}

static const struct hal_fs_ops fake_fs_ops = {
    .open = fake_open, .close = fake_close, .read = fake_read, .write = fake_write, .truncate = fake_truncate,
    .size = fake_size, .sync = fake_sync, .sync_dir = fake_sync_dir, .remove = fake_remove, .rename = fake_rename,
    .sector_size = FAKE_SECTOR};

static inline void fake_init(struct fake_fs *fs)
{
    memset(fs, 0, sizeof *fs);
    memset(fs->handles, -1, sizeof fs->handles);
    fs->random = 1;
}

static inline void fake_clear(struct fake_fs *fs)
{
    for (int i = 0; i < FAKE_FILES; i++) {
        fake_settle(&fs->inodes[i]);
        free(fs->inodes[i].pending);
        free(fs->inodes[i].now.data);
        free(fs->inodes[i].durable.data);
    }
    fake_init(fs);
}

static inline void fake_survive(struct fake_fs *fs, struct fake_inode *inode, enum fake_survival how)
{
    for (size_t i = 0; i < inode->pending_count; i++) {
        const struct fake_pending *p = &inode->pending[i];
        if (p->truncate) {
            if (fake_random(fs) & 1)
                fake_resize(&inode->durable, p->offset);
            continue;
        }
        if (how == FAKE_SOME && !(fake_random(fs) & 1))
            continue;
        for (size_t at = 0; how == FAKE_TORN && at < p->bytes.len;) { /* sector by sector, each cut where it likes */
            size_t sector = FAKE_SECTOR - (p->offset + at) % FAKE_SECTOR, left = p->bytes.len - at;
            size_t len = sector < left ? sector : left;
            fake_put(&inode->durable, p->offset + at, p->bytes.data + at, fake_random(fs) % (len + 1));
            at += len;
        }
        if (how == FAKE_SOME)
            fake_put(&inode->durable, p->offset, p->bytes.data, p->bytes.len);
    }
}

/* The power comes back. */
static inline void fake_reboot(struct fake_fs *fs, enum fake_survival how)
{
    for (int i = 0; i < fs->inode_count; i++) {
        struct fake_inode *inode = &fs->inodes[i];
        if (how == FAKE_ALL)
            fake_copy(&inode->durable, &inode->now);
        else if (how != FAKE_SYNCED_ONLY)
            fake_survive(fs, inode, how);
        fake_settle(inode);
        fake_copy(&inode->now, &inode->durable);
    }
    for (int i = 0; i < fs->name_count; i++)
        if (how == FAKE_ALL || (how != FAKE_SYNCED_ONLY && (fake_random(fs) & 1)))
            fs->durable[i] = fs->now[i];
    memcpy(fs->now, fs->durable, sizeof fs->now);
    memset(fs->handles, -1, sizeof fs->handles);
    fs->off = false;
    fs->operation = fs->cut_at = fs->fail_at = fs->calls_after_cut = 0;
}

/* A copy of what a powered-down device holds: only after fake_reboot or when all is synced. */
static inline void fake_clone(struct fake_fs *to, const struct fake_fs *from)
{
    fake_init(to);
    to->inode_count = from->inode_count;
    to->name_count = from->name_count;
    memcpy(to->now, from->now, sizeof to->now);
    memcpy(to->durable, from->now, sizeof to->durable);
    for (int i = 0; i < from->inode_count; i++) {
        fake_copy(&to->inodes[i].now, &from->inodes[i].now);
        fake_copy(&to->inodes[i].durable, &from->inodes[i].now);
    }
}

/* FNV-1a over all names and contents. */
static inline uint64_t fake_hash(const struct fake_fs *fs)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < fs->name_count; i++) {
        if (fs->now[i].inode < 0)
            continue;
        const struct fake_bytes *b = &fs->inodes[fs->now[i].inode].now;
        for (const char *c = fs->now[i].name; *c; c++)
            hash = (hash ^ (uint8_t)*c) * 1099511628211u;
        for (size_t k = 0; k < b->len; k++)
            hash = (hash ^ b->data[k]) * 1099511628211u;
    }
    return hash;
}

/* ---- a generator that is the same on every boot ---------------------------------------------------- */

static inline int fake_rng_bytes(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)data)[i] = (uint8_t)(17 * i + purpose + 1);
    return OK;
}

static const struct hal_rng_ops fake_rng_ops = {.bytes = fake_rng_bytes};

static inline struct hal fake_hal(struct fake_fs *fs)
{
    return (struct hal){.fs = {&fake_fs_ops, fs}, .rng = {&fake_rng_ops, NULL}};
}

#endif
