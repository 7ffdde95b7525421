/*
 * SQLite's file system over hal.fs (sqlite.org/vfs.html). db.c registers one for each open data base.
 *
 * What makes it right rather than merely working:
 *   - A new name is durable only after sync_dir. SQLite never asks for that when it creates a file, so the first sync
 *     after a creation syncs the directory as well; for a removal SQLite asks by the syncDir argument, and only then.
 *   - A file that was written only through this handle and synced since needs no second sync: SQLite asks for some.
 *     A file that was already there counts as unsynced, whoever wrote it last.
 *   - HAL_E_POWER is remembered and ends all traffic: while SQLite unwinds (it rolls back, closes, truncates) every
 *     call fails here without reaching the HAL. SQLite has no code for it; db.c asks `power_lost`.
 *   - One process, one connection, locking_mode=EXCLUSIVE: locks are a number in memory, and there is no shared memory
 *     (version 1 methods), which WAL allows exactly because of the exclusive mode.
 *   - No device characteristic is claimed: neither atomic writes nor safe append nor powersafe overwrite.
 */
#include "core/store/vfs.h"

#include <stdio.h>
#include <string.h>

/* SQL never asks for the time here (dates in records are the host's), so one fixed instant: 2000-01-01 12:00 UTC as
 * the Julian day in milliseconds. */
#define FIXED_JULIAN_MS INT64_C(211813488000000)

#define SECTOR_DEFAULT 4096u

struct vfs_file {
    sqlite3_file base;
    struct store_vfs *vfs;
    int handle;
    int lock;
    bool log;   /* of WAL */
    bool clean; /* all that was written is synced */
};

static int noted(struct store_vfs *vfs, int status)
{
    if (status == HAL_E_POWER)
        vfs->power_lost = true;
    return status;
}

#define FS(vfs, op, ...) ((vfs)->power_lost ? HAL_E_POWER : noted(vfs, HAL_CALL((vfs)->hal, fs, op, __VA_ARGS__)))
#define FS0(vfs, op) ((vfs)->power_lost ? HAL_E_POWER : noted(vfs, HAL_CALL0((vfs)->hal, fs, op)))

/* A full medium has a result code of its own; for the rest SQLite wants to know which operation failed. */
static int result(int status, int failed)
{
    return status == OK ? SQLITE_OK : status == HAL_E_FULL ? SQLITE_FULL : failed;
}

static int sync_names(struct store_vfs *vfs)
{
    if (FS0(vfs, sync_dir) != OK)
        return SQLITE_IOERR_DIR_FSYNC;
    vfs->unnamed = false;
    return SQLITE_OK;
}

/* ---- an open file ------------------------------------------------------------------------------------ */

static int file_close(sqlite3_file *file)
{
    struct vfs_file *f = (struct vfs_file *)file;
    return result(FS(f->vfs, close, f->handle), SQLITE_IOERR_CLOSE);
}

static int file_read(sqlite3_file *file, void *data, int len, sqlite3_int64 offset)
{
    struct vfs_file *f = (struct vfs_file *)file;
    size_t got = 0;
    int status = FS(f->vfs, read, f->handle, (uint64_t)offset, data, (size_t)len, &got);
    if (status != OK)
        return SQLITE_IOERR_READ;
    if (got >= (size_t)len)
        return SQLITE_OK;
    memset((char *)data + got, 0, (size_t)len - got); /* the contract of xRead */
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct vfs_file *f = (struct vfs_file *)file;
    f->clean = false;
    return result(FS(f->vfs, write, f->handle, (uint64_t)offset, data, (size_t)len), SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct vfs_file *f = (struct vfs_file *)file;
    f->clean = false;
    return result(FS(f->vfs, truncate, f->handle, (uint64_t)size), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct vfs_file *f = (struct vfs_file *)file;
    (void)flags; /* SQLITE_SYNC_NORMAL, _FULL and _DATAONLY: hal.fs has the strongest only */
    if (f->log && f->vfs->log_is_synced)
        return SQLITE_OK;
    if (!f->clean && FS(f->vfs, sync, f->handle) != OK)
        return SQLITE_IOERR_FSYNC;
    f->clean = true;
    return f->vfs->unnamed ? sync_names(f->vfs) : SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct vfs_file *f = (struct vfs_file *)file;
    uint64_t value = 0;
    if (FS(f->vfs, size, f->handle, &value) != OK || value > INT64_MAX)
        return SQLITE_IOERR_FSTAT;
    *size = (sqlite3_int64)value;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    struct vfs_file *f = (struct vfs_file *)file;
    if (level > f->lock)
        f->lock = level;
    return SQLITE_OK;
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct vfs_file *f = (struct vfs_file *)file;
    if (level < f->lock)
        f->lock = level;
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *file, int *reserved)
{
    *reserved = ((struct vfs_file *)file)->lock >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    (void)file, (void)op, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    const struct hal *hal = ((struct vfs_file *)file)->vfs->hal;
    uint32_t size = hal->fs.ops ? hal->fs.ops->sector_size : 0;
    return (int)(size != 0 ? size : SECTOR_DEFAULT);
}

static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

/* ---- names -------------------------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct store_vfs *vfs = base->pAppData;
    struct vfs_file *f = (struct vfs_file *)file;
    f->base.pMethods = NULL; /* SQLite does not close what has none */
    if (!name)
        return SQLITE_CANTOPEN; /* a temporary file: temp_store=MEMORY makes none */

    int handle = 0;
    bool created = false;
    int status = FS(vfs, open, name, 0, &handle);
    if (status == HAL_E_NOENT && (flags & SQLITE_OPEN_CREATE)) {
        created = true;
        status = FS(vfs, open, name, HAL_OPEN_CREATE, &handle);
    }
    if (status != OK)
        return result(status, SQLITE_CANTOPEN);
    *f = (struct vfs_file){
        .base = {&file_methods}, .vfs = vfs, .handle = handle, .log = flags & SQLITE_OPEN_WAL, .clean = created};
    vfs->unnamed |= created;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync_dir)
{
    struct store_vfs *vfs = base->pAppData;
    int status = FS(vfs, remove, name);
    if (status != OK)
        return status == HAL_E_NOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    return sync_dir ? sync_names(vfs) : SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *answer)
{
    struct store_vfs *vfs = base->pAppData;
    (void)flags; /* everything that exists may be read and written */
    int handle = 0;
    int status = FS(vfs, open, name, 0, &handle);
    *answer = status == OK;
    if (status == OK)
        status = FS(vfs, close, handle);
    return status == OK || status == HAL_E_NOENT ? SQLITE_OK : SQLITE_IOERR_ACCESS;
}

static int vfs_full_pathname(sqlite3_vfs *base, const char *name, int cap, char *out)
{
    (void)base; /* the name space is flat: every name is absolute */
    int len = snprintf(out, (size_t)cap, "%s", name);
    return len >= 0 && len < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *base, int len, char *out)
{
    struct store_vfs *vfs = base->pAppData;
    memset(out, 0, (size_t)len);
    for (int i = 0; vfs->from_log && i < len; i++) /* the same log, the same salts: equal boots leave equal bytes */
        out[i] = (char)(vfs->log[i % 32] ^ i / 32);
    if (!vfs->from_log && !vfs->power_lost && noted(vfs, HAL_CALL(vfs->hal, rng, bytes, HAL_RNG_STORE, out, (size_t)len)) != OK)
        memset(out, 0, (size_t)len); /* only salts of the journal depend on it, and they need no secret */
    return len;
}

static int vfs_sleep(sqlite3_vfs *base, int us)
{
    (void)base;
    return us; /* nobody to wait for: locks are never contended */
}

static int vfs_current_time(sqlite3_vfs *base, sqlite3_int64 *julian_ms)
{
    (void)base;
    *julian_ms = FIXED_JULIAN_MS;
    return SQLITE_OK;
}

/* ---- registration -------------------------------------------------------------------------------------- */

static void vfs_name(unsigned index, char *out, size_t cap)
{
    snprintf(out, cap, "posbench-%u", index);
}

bool vfs_any(void)
{
    char name[sizeof((struct store_vfs *)0)->name];
    for (unsigned i = 0; i < VFS_MAX; i++) {
        vfs_name(i, name, sizeof name);
        if (sqlite3_vfs_find(name))
            return true;
    }
    return false;
}

int vfs_register(struct store_vfs *vfs, const struct hal *hal)
{
    *vfs = (struct store_vfs){.hal = hal};
    unsigned index = 0;
    do {
        if (index == VFS_MAX)
            return E_LIMIT;
        vfs_name(index++, vfs->name, sizeof vfs->name);
    } while (sqlite3_vfs_find(vfs->name));

    vfs->base = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct vfs_file),
        .mxPathname = HAL_NAME_MAX,
        .zName = vfs->name,
        .pAppData = vfs,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_pathname,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTimeInt64 = vfs_current_time,
    };
    return sqlite3_vfs_register(&vfs->base, 0) == SQLITE_OK ? OK : E_STORE;
}

void vfs_unregister(struct store_vfs *vfs)
{
    sqlite3_vfs_unregister(&vfs->base);
}

void vfs_seed(struct store_vfs *vfs)
{
    unsigned char byte;
    sqlite3_vfs_register(&vfs->base, 1); /* SQLite draws its seed from the default file system only */
    sqlite3_randomness(0, NULL);
    sqlite3_randomness(1, &byte);
    sqlite3_vfs_register(&vfs->base, 0);
}
