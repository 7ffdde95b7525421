/*
 * SQLite's check over bytes: data bases that SQLite made, whole, with a journal or log to recover, and damaged; and how
 * far a log is read, held against SQLite itself.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/content.h"
#include "scenarios/engine/integrity.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void name_of(enum integrity_role role, char out[80])
{
    snprintf(out, 80, "%s%s", path, integrity_suffix(role));
}

static void remove_all(void)
{
    char name[80];
    for (unsigned role = 0; role < INTEGRITY_FILES; role++) {
        name_of(role, name);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
}

static struct integrity_file load(enum integrity_role role)
{
    char name[80];
    struct integrity_file f = {0};
    name_of(role, name);
    FILE *in = fopen(name, "rb");
    if (!in)
        return f;
    f.there = true;
    f.bytes = malloc(1 << 20);
    f.len = fread(f.bytes, 1, 1 << 20, in);
    fclose(in);
    return f;
}

static void store(enum integrity_role role, const uint8_t *bytes, size_t len)
{
    char name[80];
    name_of(role, name);
    FILE *out = fopen(name, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

struct files {
    struct integrity_file of[INTEGRITY_FILES];
};

static struct files load_all(void)
{
    struct files f;
    for (unsigned role = 0; role < INTEGRITY_FILES; role++)
        f.of[role] = load(role);
    return f;
}

static void free_all(struct files *f)
{
    for (unsigned role = 0; role < INTEGRITY_FILES; role++)
        free(f->of[role].bytes);
}

static struct files copy_of(const struct files *from)
{
    struct files f = *from;
    for (unsigned role = 0; role < INTEGRITY_FILES; role++) {
        f.of[role].bytes = malloc(from->of[role].len + 1);
        if (from->of[role].len)
            memcpy(f.of[role].bytes, from->of[role].bytes, from->of[role].len);
    }
    return f;
}

/* Checks a copy: the check may recover into what it is given. */
static int check(const struct files *f, char why[200])
{
    struct files copy = copy_of(f);
    why[0] = '\0';
    int result = integrity_check(copy.of, why, 200);
    free_all(&copy);
    return result;
}

static void run(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
}

static sqlite3 *begin(const char *mode)
{
    sqlite3 *db;
    char pragma[80];
    remove_all();
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    snprintf(pragma, sizeof pragma, "PRAGMA page_size=1024; PRAGMA journal_mode=%s", mode);
    run(db, pragma);
    run(db, "PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE, c TEXT)");
    for (int i = 0; i < 40; i++) {
        char sql[120];
        snprintf(sql, sizeof sql, "INSERT INTO t VALUES(%d,'key-%05d',hex(zeroblob(%d)))", i, i * 7, 20 + i);
        run(db, sql);
    }
    return db;
}

static void sound_data_bases_pass_in_every_journal_mode(void **state)
{
    static const char *const modes[] = {"DELETE", "TRUNCATE", "PERSIST", "WAL"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char why[200];
        sqlite3 *db = begin(modes[i]);
        struct files f = load_all(); /* while it is open: the log is still there */
        assert_true(integrity_is(INTEGRITY_MAIN, &f.of[INTEGRITY_MAIN]));
        if (i == 3)
            assert_true(integrity_is(INTEGRITY_WAL, &f.of[INTEGRITY_WAL]));
        int result = check(&f, why);
        assert_string_equal(why, "");
        assert_int_equal(result, 0);
        free_all(&f);
        sqlite3_close(db);
    }
}

static void a_hot_journal_is_rolled_back_first(void **state)
{
    (void)state;
    char why[200];
    sqlite3 *db = begin("DELETE");
    run(db, "PRAGMA cache_size=2; PRAGMA cache_spill=1; BEGIN; UPDATE t SET b=b||'x', c=c||'0123456789'");
    run(db, "DELETE FROM t WHERE a%3=0");
    struct files f = load_all();
    assert_true(integrity_is(INTEGRITY_JOURNAL, &f.of[INTEGRITY_JOURNAL]));
    assert_int_equal(check(&f, why), 0);
    f.of[INTEGRITY_JOURNAL].there = false; /* half of the transaction, and nobody who knows of it */
    assert_int_equal(check(&f, why), 1);
    assert_true(why[0] != '\0');
    free_all(&f);
    sqlite3_close(db);
}

static int quick_check_says_ok(const struct files *f)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    remove_all();
    store(INTEGRITY_MAIN, f->of[INTEGRITY_MAIN].bytes, f->of[INTEGRITY_MAIN].len);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA quick_check", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int ok = strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return ok;
}

/* An index that says something else than its table: a core that asks quick_check sees nothing of it. */
static void what_quick_check_passes_over_is_found(void **state)
{
    (void)state;
    char why[200];
    sqlite3_close(begin("DELETE"));
    struct files f = load_all();
    uint8_t *bytes = f.of[INTEGRITY_MAIN].bytes, *last = NULL;
    size_t len = f.of[INTEGRITY_MAIN].len;
    unsigned places = 0;
    for (size_t i = 0; i + 9 < len; i++)
        if (memcmp(bytes + i, "key-00070", 9) == 0) {
            places++;
            last = bytes + i;
        }
    assert_int_equal(places, 2); /* in the table and in the index */
    last[8] = '1';
    assert_true(quick_check_says_ok(&f));
    assert_int_equal(check(&f, why), 1);
    assert_non_null(strstr(why, "index"));
    free_all(&f);
}

static void damage_of_every_kind_is_told_and_crashes_nothing(void **state)
{
    (void)state;
    char why[200];
    uint32_t seed = 3;
    unsigned told = 0;
    sqlite3 *db = begin("WAL");
    struct files whole = load_all();
    for (int round = 0; round < 400; round++) {
        struct files f = copy_of(&whole);
        for (int hits = 0; hits <= round % 20; hits++) {
            seed = seed * 1664525u + 1013904223u;
            struct integrity_file *hit = &f.of[seed >> 31 ? INTEGRITY_MAIN : INTEGRITY_WAL];
            if (hit->len)
                hit->bytes[(seed >> 4) % hit->len] ^= (uint8_t)(1u << (seed >> 28) % 8);
            if (round % 7 == 0 && hit->len > 100)
                hit->len -= (seed >> 8) % 100;
        }
        int result = check(&f, why);
        assert_in_range(result, 0, 1);
        told += result == 1;
        for (const char *c = why; *c; c++)
            assert_in_range(*c, 0x20, 0x7E);
        free_all(&f);
    }
    assert_true(told > 0);
    sqlite3_close(db);
    static const struct {
        const char *bytes;
        size_t len;
    } hostile[] = {{"SQLite format 3", 16}, {"SQLite format 3\0\xff\xff\xff\xff\xff\xff\xff\xff", 24}, {"x", 1}};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct files f = {{{true, (uint8_t *)(uintptr_t)hostile[i].bytes, hostile[i].len}}};
        assert_int_equal(check(&f, why), 1);
        assert_true(why[0] != '\0');
    }
    free_all(&whole);
}

/* -- how far a log is read -- */

static void contents(char *out, size_t cap)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    out[0] = '\0';
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, "SELECT count(*), total(a), max(c) FROM t", -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(out, cap, "%s %s %s", (const char *)sqlite3_column_text(stmt, 0),
                 (const char *)sqlite3_column_text(stmt, 1), (const char *)sqlite3_column_text(stmt, 2));
    else
        snprintf(out, cap, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
}

static void read_with_log(const struct files *f, const uint8_t *log, size_t len, char *out, size_t cap)
{
    remove_all();
    store(INTEGRITY_MAIN, f->of[INTEGRITY_MAIN].bytes, f->of[INTEGRITY_MAIN].len);
    store(INTEGRITY_WAL, log, len);
    contents(out, cap);
}

/* The end that is cut off says nothing; the last byte that is left does. */
static void a_log_is_read_as_far_as_sqlite_reads_it(void **state)
{
    (void)state;
    char all[400], cut[400], less[400];
    uint32_t seed = 5;
    unsigned lengths = 0;
    sqlite3 *db = begin("WAL");
    struct files f = load_all();
    sqlite3_close(db);
    const struct integrity_file *log = &f.of[INTEGRITY_WAL];
    uint8_t *damaged = malloc(log->len);
    size_t before = 0;
    assert_int_equal(content_log_extent(log->bytes, log->len), log->len);
    for (int round = 0; round < 150; round++) {
        size_t len = log->len, at;
        memcpy(damaged, log->bytes, len);
        seed = seed * 1664525u + 1013904223u;
        at = (seed >> 4) % len;
        if (round % 3 == 0)
            len = at;
        else if (round % 3 == 1)
            damaged[at] ^= (uint8_t)(1u << (seed >> 28) % 8);
        else
            memset(damaged + at, (int)(seed >> 24), len - at);
        size_t extent = content_log_extent(damaged, len);
        assert_true(extent <= len);
        read_with_log(&f, damaged, len, all, sizeof all);
        read_with_log(&f, damaged, extent, cut, sizeof cut);
        assert_string_equal(all, cut);
        if (extent && !strstr(cut, "no such table")) { /* the first transactions show nothing yet */
            read_with_log(&f, damaged, extent - 1, less, sizeof less);
            assert_string_not_equal(cut, less);
        }
        lengths += extent != before;
        before = extent;
    }
    assert_true(lengths > 50);
    free(damaged);
    free_all(&f);
}

static void what_is_no_log_is_not_read(void **state)
{
    (void)state;
    uint8_t noise[64] = {0x37, 0x7F, 0x06, 0x82, 0, 0x2D, 0xE2, 0x18, 0, 0, 4};
    assert_int_equal(content_log_extent(noise, 0), 0);
    assert_int_equal(content_log_extent(noise, 31), 0);
    assert_int_equal(content_log_extent(noise, sizeof noise), 0); /* its sum is wrong */
}

/* -- the key of what is stored -- */

static void assert_keys(const struct storage *a, enum content_side side_a, const struct storage *b,
                        enum content_side side_b, bool equal)
{
    uint8_t key_a[32], key_b[32];
    assert_int_equal(content_key(a, side_a, key_a), OK);
    assert_int_equal(content_key(b, side_b, key_b), OK);
    assert_int_equal(memcmp(key_a, key_b, 32) == 0, equal);
}

static void contents_have_one_key_if_no_reader_can_tell_them_apart(void **state)
{
    (void)state;
    const struct storage_config config = {
        .fs_bytes = 1 << 20, .sector_size = 512, .page_size = 512, .block_size = 4096};
    struct storage *s = storage_create(&config);
    sqlite3 *db = begin("WAL");
    struct files f = load_all();
    sqlite3_close(db);
    const struct integrity_file *log = &f.of[INTEGRITY_WAL];
    assert_int_equal(storage_put_file(s, "x.db", f.of[INTEGRITY_MAIN].bytes, f.of[INTEGRITY_MAIN].len), OK);
    assert_int_equal(storage_put_file(s, "x.db-wal", log->bytes, log->len), OK);
    struct storage *other = storage_clone(s);
    const struct hal hal = {.fs = storage_fs(other)};
    int handle;
    assert_int_equal(HAL_CALL(&hal, fs, open, "x.db-wal", 0, &handle), OK);
    /* noise behind the last transaction, not synced: nobody reads it */
    assert_int_equal(HAL_CALL(&hal, fs, write, handle, log->len, "noise", 5), OK);
    assert_keys(s, CONTENT_DURABLE, other, CONTENT_LIVE, true);
    /* a byte inside of it: one transaction less, for who reads the live side */
    assert_int_equal(HAL_CALL(&hal, fs, write, handle, log->len - 1, "!", 1), OK);
    assert_keys(s, CONTENT_DURABLE, other, CONTENT_DURABLE, true);
    assert_keys(s, CONTENT_DURABLE, other, CONTENT_LIVE, false);
    assert_int_equal(HAL_CALL(&hal, fs, sync, handle), OK);
    assert_keys(s, CONTENT_DURABLE, other, CONTENT_DURABLE, false);
    assert_keys(other, CONTENT_LIVE, other, CONTENT_DURABLE, true);
    storage_destroy(other);
    other = storage_clone(s);
    assert_int_equal(storage_put_file(other, "y", "", 0), OK); /* a file more */
    assert_keys(s, CONTENT_DURABLE, other, CONTENT_DURABLE, false);
    storage_destroy(other);
    storage_destroy(s);
    free_all(&f);
}

static int name_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/posbench-integrity-%d.db", (int)getpid());
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    remove_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_data_bases_pass_in_every_journal_mode),
        cmocka_unit_test(a_hot_journal_is_rolled_back_first),
        cmocka_unit_test(what_quick_check_passes_over_is_found),
        cmocka_unit_test(damage_of_every_kind_is_told_and_crashes_nothing),
        cmocka_unit_test(a_log_is_read_as_far_as_sqlite_reads_it),
        cmocka_unit_test(what_is_no_log_is_not_read),
        cmocka_unit_test(contents_have_one_key_if_no_reader_can_tell_them_apart),
    };
    return cmocka_run_group_tests(tests, name_path, clean_up);
}
