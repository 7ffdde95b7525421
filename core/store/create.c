/*
 * Making the data base on the first boot: whole in memory, into a file of another name, synced, renamed. So a cut
 * leaves either no data base, and the next boot begins anew, or an empty one with its schema, and never something
 * between that would have to be rolled back. Made under its own name with SQL it would take a rollback journal and
 * eight syncs, all of them for a file that has nothing in it yet.
 *
 * The log's head is written here too, the first one and one in place of noise. SQLite would draw new salts for it at
 * each boot until a frame is in the log, so that boots which are cut again and again would never leave the same bytes
 * twice; a head that is there, and counts a checkpoint, it takes as it is. SQLite writes the same bytes again, and
 * syncs them, before the first frame: here they need no sync.
 */
#include "core/store/create.h"

#include "core/store/log_tail.h"
#include "core/store/schema.h"
#include "core/store/store.h"

#include <stdio.h>
#include <string.h>

#define NEW_FILE "store.new"
#define LOG_FILE DB_FILE "-wal"

/* Pages are as large as a sector (at least PAGE_MIN): a torn page write of a checkpoint then never spoils a neighbour
 * that is not in the log. */
#define PAGE_MIN 1024u
#define PAGE_MAX 65536u

/* sqlite.org/fileformat.html 1.3.3: write and read version, 1 rollback journal, 2 WAL. */
enum { WRITE_VERSION_AT = 18, READ_VERSION_AT = 19, VERSION_WAL = 2 };

static unsigned page_size(const struct hal *hal)
{
    uint32_t size = hal->fs.ops ? hal->fs.ops->sector_size : 0;
    bool power_of_two = size != 0 && (size & (size - 1)) == 0;
    return !power_of_two || size < PAGE_MIN || size > PAGE_MAX ? PAGE_MIN : size;
}

/* The bytes of the file; the caller frees them with sqlite3_free. */
static int compose(const struct store_vfs *vfs, bool log, unsigned char **bytes, size_t *len)
{
    sqlite3 *db = NULL;
    sqlite3_int64 size = 0;
    char pragma[40];
    snprintf(pragma, sizeof pragma, "PRAGMA page_size=%u", page_size(vfs->hal));
    *bytes = NULL;
    int code = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->name);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, pragma, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = schema_upgrade(db, 0);
    if (code == SQLITE_OK)
        *bytes = sqlite3_serialize(db, "main", &size, 0);
    sqlite3_close(db);
    if (!*bytes)
        return code == SQLITE_OK || code == SQLITE_NOMEM ? E_NOMEM : E_STORE;
    if (log)
        (*bytes)[WRITE_VERSION_AT] = (*bytes)[READ_VERSION_AT] = VERSION_WAL;
    *len = (size_t)size;
    return OK;
}

static int close_after(const struct hal *hal, int file, int status)
{
    if (status == HAL_E_POWER)
        return status;
    int closed = HAL_CALL(hal, fs, close, file);
    return status == OK ? closed : status;
}

static int write_file(const struct hal *hal, const unsigned char *bytes, size_t len)
{
    int file = 0;
    int status = HAL_CALL(hal, fs, open, NEW_FILE, HAL_OPEN_CREATE | HAL_OPEN_TRUNCATE, &file);
    if (status != OK)
        return status;
    status = HAL_CALL(hal, fs, write, file, 0, bytes, len);
    if (status == OK)
        status = HAL_CALL(hal, fs, sync, file);
    return close_after(hal, file, status);
}

static int create(struct store_vfs *vfs, bool log)
{
    unsigned char *bytes;
    size_t len = 0;
    int status = compose(vfs, log, &bytes, &len);
    if (status == OK)
        status = write_file(vfs->hal, bytes, len);
    if (status == OK)
        status = HAL_CALL(vfs->hal, fs, rename, NEW_FILE, DB_FILE);
    sqlite3_free(bytes);
    vfs->unnamed |= status == OK;
    return status;
}

/* ---- the log ------------------------------------------------------------------------------------------- */

/* A log that has had a frame had its head synced before. If that is no head any more, the sector was lost under the
 * first frame, which was never committed: nothing counts for SQLite in a log without one, and nothing can count again,
 * because the first of the old frames went with the head. */
static int begin_log(const struct hal *hal, int file)
{
    uint8_t start[LOG_START_LEN], found[LOG_START_LEN] = {0};
    uint64_t size = 0;
    size_t got = 0;
    int status = HAL_CALL(hal, fs, size, file, &size);
    if (status == OK)
        status = HAL_CALL(hal, fs, read, file, 0, found, sizeof found, &got);
    if (status != OK || (size >= LOG_START_LEN && log_head_counts(found)))
        return status;
    log_head_compose(page_size(hal), start);
    return HAL_CALL(hal, fs, write, file, 0, start, sizeof start);
}

/* ---- both ---------------------------------------------------------------------------------------------- */

int create_if_missing(struct store_vfs *vfs, bool log)
{
    int file = 0;
    int status = HAL_CALL(vfs->hal, fs, open, DB_FILE, 0, &file);
    status = status == HAL_E_NOENT ? create(vfs, log) : status == OK ? close_after(vfs->hal, file, OK) : status;
    if (status != OK || !log)
        return status;
    status = HAL_CALL(vfs->hal, fs, open, LOG_FILE, 0, &file);
    if (status == HAL_E_NOENT) {
        vfs->unnamed = true;
        status = HAL_CALL(vfs->hal, fs, open, LOG_FILE, HAL_OPEN_CREATE, &file);
    }
    return status == OK ? close_after(vfs->hal, file, begin_log(vfs->hal, file)) : status;
}
