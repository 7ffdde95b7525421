/*
 * SQLite's integrity_check over files in memory. The file system under it has three names and no others, so that
 * nothing in a hostile file can reach further; it is not core/store's, whose errors would hide themselves.
 *
 * A rollback journal or log is recovered first, as at the terminal's next start, in the copy that was given. The
 * locking mode is exclusive, for then a log needs no shared memory (sqlite.org/wal.html, 8).
 */
#include "scenarios/engine/integrity.h"

#include "core/status.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VFS_NAME "posbench-check"
#define NAME "db"
#define FILE_MAX (256u * 1024 * 1024)
/* A sound data base of a full journal takes some 100,000 steps; a schema can be made to take for ever. */
#define STEPS_PER_LOOK 100000
#define LOOKS_MAX 200

/* A connection lives for one check: what it keeps ready for small needs must not cost more than it saves. */
#define LOOKASIDE_BYTES 128
#define LOOKASIDE_COUNT 400

struct memory_file {
    sqlite3_file base;
    struct integrity_file *file;
};

const char *integrity_suffix(enum integrity_role role)
{
    static const char *const suffixes[INTEGRITY_FILES] = {"", "-journal", "-wal"};
    return suffixes[role];
}

bool integrity_is(enum integrity_role role, const struct integrity_file *file)
{
    static const struct {
        const char *bytes;
        size_t len;
    } magic[INTEGRITY_FILES] = {
        {"SQLite format 3", 16}, {"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8}, {"\x37\x7f\x06", 3}}; /* 82 or 83 follows */
    return file->there && file->len >= magic[role].len && memcmp(file->bytes, magic[role].bytes, magic[role].len) == 0;
}

/* -- an open file -- */

static struct integrity_file *file_of(sqlite3_file *file)
{
    return ((struct memory_file *)file)->file;
}

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *data, int len, sqlite3_int64 offset)
{
    const struct integrity_file *f = file_of(file);
    size_t at = (size_t)offset, wanted = (size_t)len;
    size_t got = offset < 0 || at >= f->len ? 0 : f->len - at < wanted ? f->len - at : wanted;
    if (got)
        memcpy(data, f->bytes + at, got);
    memset((char *)data + got, 0, wanted - got); /* the contract of xRead */
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int resize(struct integrity_file *f, size_t len)
{
    uint8_t *bytes = len > f->len ? realloc(f->bytes, len) : f->bytes;
    if (len > FILE_MAX || (len && !bytes))
        return SQLITE_FULL;
    if (len > f->len)
        memset(bytes + f->len, 0, len - f->len);
    f->bytes = bytes;
    f->len = len;
    return SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct integrity_file *f = file_of(file);
    uint64_t end = (uint64_t)offset + (uint64_t)len;
    if (offset < 0 || end > FILE_MAX || (end > f->len && resize(f, (size_t)end) != SQLITE_OK))
        return SQLITE_FULL;
    memcpy(f->bytes + offset, data, (size_t)len);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return size < 0 || size > FILE_MAX ? SQLITE_FULL : resize(file_of(file), (size_t)size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)file_of(file)->len;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level; /* nobody else has it open */
    return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *file, int *reserved)
{
    (void)file;
    *reserved = 0; /* a journal is hot only when nobody holds the lock */
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
    (void)file, (void)op, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_nothing(sqlite3_file *file)
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
    .xUnlock = file_lock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_nothing, /* SQLite takes 512 then, which is what its journal's head says anyhow */
    .xDeviceCharacteristics = file_nothing,
};

/* -- names -- */

static struct integrity_file *named(sqlite3_vfs *vfs, const char *name)
{
    struct integrity_file *files = vfs->pAppData;
    for (unsigned i = 0; name && strncmp(name, NAME, strlen(NAME)) == 0 && i < INTEGRITY_FILES; i++)
        if (strcmp(name + strlen(NAME), integrity_suffix(i)) == 0)
            return &files[i];
    return NULL;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct integrity_file *f = named(vfs, name);
    file->pMethods = NULL; /* SQLite does not close what has none */
    if (!f || (!f->there && !(flags & SQLITE_OPEN_CREATE)))
        return SQLITE_CANTOPEN;
    f->there = true;
    *(struct memory_file *)file = (struct memory_file){{&file_methods}, f};
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    struct integrity_file *f = named(vfs, name);
    (void)sync_dir;
    if (!f || !f->there)
        return SQLITE_IOERR_DELETE_NOENT;
    f->there = false;
    f->len = 0;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
    const struct integrity_file *f = named(vfs, name);
    (void)flags;
    *answer = f && f->there;
    return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    int len = snprintf(out, (size_t)cap, "%s", name);
    return len >= 0 && len < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    (void)vfs;
    memset(out, 0, (size_t)len);
    return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_ms)
{
    (void)vfs;
    *julian_ms = INT64_C(211813488000000); /* 2000-01-01: no check may depend on the day */
    return SQLITE_OK;
}

/* -- the check -- */

static int look_up(void *looks)
{
    return ++*(unsigned *)looks > LOOKS_MAX;
}

/* Names in a damaged schema are whatever the damage made of them. */
static void say(char *why, size_t cap, const char *text)
{
    size_t i;
    for (i = 0; text && text[i] && i + 1 < cap; i++)
        why[i] = text[i] >= 0x20 && text[i] < 0x7F ? text[i] : '?';
    why[i] = '\0';
}

static int ask(sqlite3 *db, char *why, size_t why_cap)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    bool sound = text && strcmp(text, "ok") == 0;
    if (!sound)
        say(why, why_cap, text ? text : code == SQLITE_INTERRUPT ? "the check does not end" : sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    return code == SQLITE_NOMEM ? E_NOMEM : sound ? 0 : 1;
}

int integrity_check(struct integrity_file files[INTEGRITY_FILES], char *why, size_t why_cap)
{
    sqlite3_vfs vfs = {
        .iVersion = 2,
        .szOsFile = sizeof(struct memory_file),
        .mxPathname = 64,
        .zName = VFS_NAME,
        .pAppData = files,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_pathname,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTimeInt64 = vfs_time,
    };
    sqlite3 *db = NULL;
    unsigned looks = 0;
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD); /* these are refused, and not needed, once SQLite is in use */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, LOOKASIDE_BYTES, LOOKASIDE_COUNT);
    if (sqlite3_initialize() != SQLITE_OK || sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        return E_STORE;
    int result = E_NOMEM;
    if (sqlite3_open_v2(NAME, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, VFS_NAME) == SQLITE_OK) {
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_progress_handler(db, STEPS_PER_LOOK, look_up, &looks);
        result = ask(db, why, why_cap);
    }
    sqlite3_close(db); /* cannot be busy: its one statement is finalized */
    sqlite3_vfs_unregister(&vfs);
    return result;
}
