/*
 * Logs written by SQLite itself, for the tests of log_tail: one data base, a few commits, and the bytes of the log
 * after each. And the arithmetic of the log's sums once more (sqlite.org/fileformat.html 4.1, 4.2), apart from
 * log_tail.c. Include cmocka before.
 */
#ifndef POSBENCH_TESTS_CORE_STORE_WAL_GOLDEN_H
#define POSBENCH_TESTS_CORE_STORE_WAL_GOLDEN_H

#include "core/store/vfs.h"
#include "tests/core/store/fake_fs.h"

#include <stdio.h>

#define DB "x.db"
#define LOG "x.db-wal"

enum { WAL_HEAD = 32, WAL_FRAME_HEAD = 24, COMMITS = 7, GOLDEN_TEXT = 120 };

struct disk { /* a fake storage with sectors of any size */
    struct fake_fs fs;
    struct hal_fs_ops ops;
    struct hal hal;
};

struct golden {
    uint32_t sector, page;
    struct fake_bytes db, log[COMMITS + 1]; /* after so many commits; 0: as it began */
    size_t end[COMMITS + 1];                /* behind the last frame that is no padding */
    char text[COMMITS + 1][GOLDEN_TEXT];    /* what SQLite reads then */
};

static inline void disk_init(struct disk *d, uint32_t sector)
{
    fake_init(&d->fs);
    d->ops = fake_fs_ops;
    d->ops.sector_size = sector;
    d->hal = fake_hal(&d->fs);
    d->hal.fs.ops = &d->ops;
}

static inline struct fake_bytes *disk_file(struct disk *d, const char *name)
{
    int at = fake_find(&d->fs, name);
    assert_true(at >= 0 && d->fs.now[at].inode >= 0);
    return &d->fs.inodes[d->fs.now[at].inode].now;
}

/* There for good. */
static inline void disk_put(struct disk *d, const char *name, const uint8_t *bytes, size_t len)
{
    int at = fake_name_at(&d->fs, name);
    if (d->fs.now[at].inode < 0)
        d->fs.now[at].inode = d->fs.inode_count++;
    d->fs.durable[at].inode = d->fs.now[at].inode;
    struct fake_inode *inode = &d->fs.inodes[d->fs.now[at].inode];
    fake_settle(inode);
    fake_resize(&inode->now, 0);
    fake_put(&inode->now, 0, bytes, len);
    fake_copy(&inode->durable, &inode->now);
}

/* ---- through SQLite ------------------------------------------------------------------------------------- */

static inline void sql(sqlite3 *db, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
}

static inline void sql_text(sqlite3 *db, const char *query, char *out, size_t cap)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    snprintf(out, cap, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
}

static inline sqlite3 *sql_open(struct disk *d, struct store_vfs *vfs)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
    assert_int_equal(vfs_register(vfs, &d->hal), OK);
    assert_int_equal(sqlite3_open_v2(DB, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs->name), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sql(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY");
    return db;
}

static inline void sql_close(sqlite3 *db, struct store_vfs *vfs)
{
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    vfs_unregister(vfs);
}

static const char golden_query[] = "SELECT (SELECT v FROM a) || ' ' || (SELECT v FROM b) || ' ' || count(*) || ' ' || "
                                   "coalesce(sum(length(v)), 0) FROM c";

/* What SQLite reads, whatever the log looks like, in a sound data base. */
static inline void sql_look(struct disk *d, char *out, size_t cap)
{
    struct store_vfs vfs;
    char check[40];
    sqlite3 *db = sql_open(d, &vfs);
    sql_text(db, golden_query, out, cap);
    sql_text(db, "PRAGMA integrity_check", check, sizeof check);
    assert_string_equal(check, "ok");
    sql_close(db, &vfs);
}

/* Commits of one frame and of many; one whose last frame repeats the frame before its first, one whose first does.
 * (SQLite writes no page that a statement leaves as it was; one that is changed and changed back it does.) */
static const char *const golden_commits[COMMITS] = {
    "INSERT INTO c VALUES(1, 'one')",
    "UPDATE b SET v = 'B2'",
    "BEGIN; UPDATE a SET v = 'A3'; UPDATE b SET v = '..'; UPDATE b SET v = 'B2'; COMMIT",
    "UPDATE a SET v = 'A4'",
    "BEGIN; UPDATE a SET v = '..'; UPDATE a SET v = 'A4'; UPDATE b SET v = 'B5'; COMMIT",
    "BEGIN; INSERT INTO c VALUES(6, zeroblob(3000)); UPDATE b SET v = 'B6'; COMMIT",
    "UPDATE c SET v = 'seven' WHERE k = 1",
};

static inline void golden_note(struct golden *g, unsigned k, struct disk *d, sqlite3 *db)
{
    fake_copy(&g->log[k], disk_file(d, LOG));
    sql_text(db, golden_query, g->text[k], sizeof g->text[k]);
}

/* Where the commit ends: behind the first frame that commits, of those written since the one before. */
static inline size_t golden_end(const struct golden *g, unsigned k)
{
    size_t frame = WAL_FRAME_HEAD + g->page, at = g->log[k - 1].len;
    if (k == 1)
        at = WAL_HEAD;
    for (; at + frame <= g->log[k].len; at += frame) {
        const uint8_t *pages = g->log[k].data + at + 4;
        if (pages[0] | pages[1] | pages[2] | pages[3])
            return at + frame;
    }
    fail_msg("commit %u is not in the log", k);
    return 0;
}

/* Page 1 is written when the data base grows, and with any page of its sector; a counter of the connection stands
 * there. */
static inline bool golden_writes_page_1(const struct golden *g, unsigned k)
{
    for (size_t at = g->log[k - 1].len; at < g->end[k]; at += WAL_FRAME_HEAD + g->page) {
        const uint8_t *page = g->log[k].data + at;
        if (page[0] == 0 && page[1] == 0 && page[2] == 0 && page[3] == 1)
            return true;
    }
    return false;
}

static inline void golden_make(struct golden *g, uint32_t sector, uint32_t page)
{
    struct disk d;
    struct store_vfs vfs;
    char text[200];
    memset(g, 0, sizeof *g);
    g->sector = sector;
    g->page = page;
    disk_init(&d, sector);
    sqlite3 *db = sql_open(&d, &vfs);
    snprintf(text, sizeof text,
             "PRAGMA page_size=%u; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA wal_autocheckpoint=0",
             (unsigned)page);
    sql(db, text);
    sql(db, "CREATE TABLE a(v); CREATE TABLE b(v); CREATE TABLE c(k, v);"
            "INSERT INTO a VALUES('A0'); INSERT INTO b VALUES('B0'); PRAGMA wal_checkpoint(TRUNCATE)");
    fake_copy(&g->db, disk_file(&d, DB));
    golden_note(g, 0, &d, db);
    for (unsigned k = 1; k <= COMMITS; k++) {
        sql(db, golden_commits[k - 1]);
        golden_note(g, k, &d, db);
        g->end[k] = golden_end(g, k);
    }
    sql_close(db, &vfs);
    fake_clear(&d.fs);
}

static inline void golden_clear(struct golden *g)
{
    free(g->db.data);
    for (unsigned k = 0; k <= COMMITS; k++)
        free(g->log[k].data);
}

/* ---- sums ------------------------------------------------------------------------------------------------ */

static inline uint32_t wal_get(const uint8_t *in, bool big)
{
    return big ? (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3]
               : (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | in[0];
}

static inline void wal_put(uint8_t *out, uint32_t value)
{
    for (int i = 4; i-- > 0; value >>= 8)
        out[i] = (uint8_t)value;
}

static inline void wal_sum(const uint8_t *in, size_t len, bool big, uint32_t *s1, uint32_t *s2)
{
    for (const uint8_t *end = in + len; in < end; in += 8) {
        *s1 += wal_get(in, big) + *s2;
        *s2 += wal_get(in + 4, big) + *s1;
    }
}

/* Head and every whole frame of `page` bytes get the sums that they should have. */
static inline void wal_resum(uint8_t *log, size_t len, uint32_t page, bool big)
{
    uint32_t s1 = 0, s2 = 0;
    wal_put(log, 0x377F0682u | big);
    wal_sum(log, 24, big, &s1, &s2);
    wal_put(log + 24, s1);
    wal_put(log + 28, s2);
    for (size_t at = WAL_HEAD; at + WAL_FRAME_HEAD + page <= len; at += WAL_FRAME_HEAD + page) {
        wal_sum(log + at, 8, big, &s1, &s2);
        wal_sum(log + at + WAL_FRAME_HEAD, page, big, &s1, &s2);
        wal_put(log + at + 16, s1);
        wal_put(log + at + 20, s2);
    }
}

#endif
