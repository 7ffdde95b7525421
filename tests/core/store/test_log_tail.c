/* The end of the log after a power loss, on logs that SQLite wrote: whatever was cut off or spoilt behind a commit,
 * the log becomes what SQLite had left behind that commit, byte for byte, and no commit is lost or made up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/store/log_tail.h"
#include "tests/core/store/wal_golden.h"

static const struct layout {
    uint32_t sector, page;
} layouts[] = {{512, 1024}, {512, 4096}, {1024, 1024}, {1024, 4096}, {4096, 1024}, {4096, 4096}, {4096, 512}};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static void load(struct disk *d, const struct golden *g, const uint8_t *log, size_t len)
{
    fake_clear(&d->fs);
    disk_init(d, g->sector);
    disk_put(d, DB, g->db.data, g->db.len);
    disk_put(d, LOG, log, len);
}

static void mend(struct disk *d, struct log_tail *out)
{
    assert_int_equal(log_tail_mend(&d->hal, LOG, out), OK);
    for (int i = 0; i < 64; i++)
        assert_int_equal(d->fs.handles[i], -1); /* closed */
}

static void assert_log(struct disk *d, const struct fake_bytes *expected, const char *what, size_t at)
{
    const struct fake_bytes *found = disk_file(d, LOG);
    if (found->len != expected->len || (found->len && memcmp(found->data, expected->data, found->len) != 0))
        fail_msg("%s %zu: the log has %zu bytes and not the %zu it should have", what, at, found->len, expected->len);
}

/* Commits that are whole in the first `len` bytes. */
static unsigned commits_in(const struct golden *g, size_t len)
{
    unsigned k = COMMITS;
    while (k && g->end[k] > len)
        k--;
    return k;
}

/* A log of no commit is cut off behind the first byte of its first frame: SQLite reads no head that nothing follows. */
static void assert_mended(struct disk *d, const struct golden *g, unsigned k, size_t len, const char *what, size_t at)
{
    struct fake_bytes start = {g->log[COMMITS].data, len < WAL_HEAD + 1 ? len : WAL_HEAD + 1};
    assert_log(d, k ? &g->log[k] : &start, what, at);
}

/* ---- logs as they should be ---- */

static void what_sqlite_padded_is_left_alone(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        for (unsigned k = 1; k <= COMMITS; k++) {
            load(&d, &g, g.log[k].data, g.log[k].len);
            mend(&d, &tail);
            assert_true(tail.found);
            assert_int_equal(d.fs.operation, 0);
            assert_log(&d, &g.log[k], "commit", k);
            assert_int_equal(g.log[k].len % g.sector == 0 || g.log[k].len > g.end[k], 1);
        }
        golden_clear(&g);
    }
    fake_clear(&d.fs);
}

/* Equal commits have equal prints, whatever stood behind them; different ones have not. */
static void the_print_is_that_of_the_commits(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail[COMMITS + 1], spoilt;
    (void)state;
    golden_make(&g, 512, 1024);
    for (unsigned k = 1; k <= COMMITS; k++) {
        load(&d, &g, g.log[k].data, g.log[k].len);
        mend(&d, &tail[k]);
        load(&d, &g, g.log[COMMITS].data, k == COMMITS ? g.log[k].len : g.end[k + 1] - 1);
        mend(&d, &spoilt);
        assert_memory_equal(tail[k].print, spoilt.print, 32);
        for (unsigned i = 1; i < k; i++)
            assert_memory_not_equal(tail[k].print, tail[i].print, 32);
    }
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* ---- logs that were cut off ---- */

static void cut_at_every_byte_it_is_as_after_the_last_commit(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail, again;
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        const struct fake_bytes *all = &g.log[COMMITS];
        size_t step = all->len / 9000 | 1; /* larger pages: not quite every byte, but each near an end */
        for (size_t len = 0; len <= all->len; len++) {
            unsigned k = commits_in(&g, len);
            bool near = k && (len - g.end[k] < 3 || (k < COMMITS && g.end[k + 1] - len < 3));
            if (len % step && !near)
                continue;
            load(&d, &g, all->data, len);
            mend(&d, &tail);
            assert_int_equal(tail.found, len >= WAL_HEAD);
            assert_mended(&d, &g, k, len, "cut at", len);
            long operations = d.fs.operation;
            mend(&d, &again);
            assert_int_equal(d.fs.operation, operations); /* the second time there is nothing to do */
            assert_memory_equal(&tail, &again, sizeof tail);
        }
        golden_clear(&g);
    }
    fake_clear(&d.fs);
}

static void sqlite_reads_the_commits_that_were_whole(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    char text[GOLDEN_TEXT];
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        size_t len = g.log[COMMITS].len;
        for (size_t at = 0; at <= len; at += 1 + len / 150) {
            load(&d, &g, g.log[COMMITS].data, at);
            sql_look(&d, text, sizeof text); /* before it is mended */
            assert_string_equal(text, g.text[commits_in(&g, at)]);
            load(&d, &g, g.log[COMMITS].data, at);
            mend(&d, &tail);
            sql_look(&d, text, sizeof text);
            assert_string_equal(text, g.text[commits_in(&g, at)]);
        }
        golden_clear(&g);
    }
    fake_clear(&d.fs);
}

/* On what is mended SQLite goes on as it did on what it had left itself: the next commits give the same bytes. */
static void sqlite_goes_on_the_same(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    char text[GOLDEN_TEXT];
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        for (unsigned k = 1; k < COMMITS; k++) {
            struct store_vfs vfs;
            load(&d, &g, g.log[COMMITS].data, g.end[k]);
            mend(&d, &tail);
            sqlite3 *db = sql_open(&d, &vfs);
            sql(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
            sql(db, golden_commits[k]);
            sql_text(db, golden_query, text, sizeof text);
            sql_close(db, &vfs);
            assert_string_equal(text, g.text[k + 1]);
            if (golden_writes_page_1(&g, k + 1))
                assert_int_equal(disk_file(&d, LOG)->len, g.log[k + 1].len);
            else
                assert_log(&d, &g.log[k + 1], "after commit", k);
        }
        golden_clear(&g);
    }
    fake_clear(&d.fs);
}

/* ---- logs that were spoilt ---- */

static void noise_behind_a_commit_is_cut_off(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        size_t len = g.log[COMMITS].len;
        uint8_t *log = malloc(len);
        for (size_t at = g.sector; at < len; at += g.sector) {
            unsigned k = commits_in(&g, at);
            if (!k)
                continue;
            memcpy(log, g.log[COMMITS].data, len);
            for (size_t b = at; b < at + g.sector && b < len; b++)
                log[b] ^= (uint8_t)(b * 29 + 71) | 1;
            load(&d, &g, log, len);
            mend(&d, &tail);
            assert_mended(&d, &g, k, len, "noise at", at);
        }
        free(log);
        golden_clear(&g);
    }
    fake_clear(&d.fs);
}

/* Frames of an earlier log behind a newer, shorter one: old salts, old sums. */
static void frames_of_an_older_log_do_not_count(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    golden_make(&g, 512, 1024);
    for (unsigned k = 1; k < COMMITS; k++) {
        size_t len = g.log[COMMITS].len;
        uint8_t *log = malloc(len), *older = malloc(len);
        memcpy(older, g.log[COMMITS].data, len);
        for (size_t at = WAL_HEAD; at + WAL_FRAME_HEAD + g.page <= len; at += WAL_FRAME_HEAD + g.page)
            older[at + 8] ^= 1;
        older[16] ^= 1;
        wal_resum(older, len, g.page, false);
        memcpy(log, older, len);
        memcpy(log, g.log[k].data, g.log[k].len);
        load(&d, &g, log, len);
        mend(&d, &tail);
        assert_log(&d, &g.log[k], "before older frames, commit", k);
        memcpy(log + g.log[k].len, g.log[COMMITS].data + g.log[k].len, len - g.log[k].len);
        log[g.log[k].len + 8] ^= 1; /* right sums so far, wrong salt */
        load(&d, &g, log, len);
        mend(&d, &tail);
        assert_log(&d, &g.log[k], "before a wrong salt, commit", k);
        free(log);
        free(older);
    }
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* The power goes again while it is being mended, at every operation, and whatever of that survives. */
static void mending_may_be_cut_off_too(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    unsigned cuts = 0;
    (void)state;
    for (size_t i = 0; i < LAYOUTS; i++) {
        golden_make(&g, layouts[i].sector, layouts[i].page);
        for (size_t at = g.end[1]; at < g.log[COMMITS].len; at += g.page / 3)
            for (int how = 0; how < FAKE_SURVIVALS; how++)
                for (long n = 1; n < 10; n++) {
                    load(&d, &g, g.log[COMMITS].data, at);
                    d.fs.random = (uint32_t)(at + (size_t)n);
                    d.fs.cut_at = n;
                    int status = log_tail_mend(&d.hal, LOG, &tail);
                    if (status == OK)
                        break;
                    assert_int_equal(status, HAL_E_POWER);
                    assert_int_equal(d.fs.calls_after_cut, 0);
                    fake_reboot(&d.fs, (enum fake_survival)how);
                    mend(&d, &tail);
                    assert_log(&d, &g.log[commits_in(&g, at)], "cut off again, at", at);
                    cuts++;
                }
        golden_clear(&g);
    }
    assert_true(cuts > 500);
    fake_clear(&d.fs);
}

static void a_failing_storage_is_told(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    golden_make(&g, 512, 1024);
    for (long n = 1; n <= 2; n++) {
        load(&d, &g, g.log[COMMITS].data, g.end[3]);
        d.fs.fail_at = n;
        d.fs.fail_status = HAL_E_FULL;
        assert_int_equal(log_tail_mend(&d.hal, LOG, &tail), HAL_E_FULL);
        for (int i = 0; i < 64; i++)
            assert_int_equal(d.fs.handles[i], -1);
        d.fs.fail_at = 0;
        mend(&d, &tail);
        assert_log(&d, &g.log[3], "after a failure of operation", (size_t)n);
    }
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* ---- which frames are padding ---- */

/* That the commits of the golden log which repeat a frame are there, and are what they should be. */
static void repeated_pages_of_longer_commits_are_no_padding(void **state)
{
    struct golden g;
    (void)state;
    golden_make(&g, 512, 1024);
    size_t frame = WAL_FRAME_HEAD + g.page;
    const uint8_t *log = g.log[COMMITS].data;
    const uint8_t *last_of_2 = log + g.end[2] - frame, *last_of_3 = log + g.end[3] - frame;
    assert_memory_equal(last_of_2, last_of_3, 8);
    assert_memory_equal(last_of_2 + WAL_FRAME_HEAD, last_of_3 + WAL_FRAME_HEAD, g.page);
    assert_int_equal(g.end[3] - g.log[2].len, 2 * frame);
    const uint8_t *last_of_4 = log + g.end[4] - frame, *first_of_5 = log + g.log[4].len;
    assert_memory_equal(last_of_4, first_of_5, 4);
    assert_memory_not_equal(last_of_4, first_of_5, 8); /* it does not commit */
    assert_memory_equal(last_of_4 + WAL_FRAME_HEAD, first_of_5 + WAL_FRAME_HEAD, g.page);
    golden_clear(&g); /* that they are mended rightly is shown above, at every byte */
}

/* The same where nothing lies between: a sector that ends where the commit ends, so without padding. */
static void nor_are_they_without_padding_between(void **state)
{
    struct disk d = {0};
    struct log_tail tail;
    enum { PAGE = 512, FRAME = WAL_FRAME_HEAD + PAGE, FRAMES = 4 };
    /* pages and sizes of: a commit; one whose last frame repeats it; one frame that commits the same again */
    static const struct {
        uint32_t page, size;
        uint8_t fill;
    } frames[FRAMES] = {{2, 3, 0x22}, {3, 0, 0x33}, {2, 3, 0x22}, {2, 3, 0x22}};
    uint8_t log[WAL_HEAD + FRAMES * FRAME] = {0};
    (void)state;
    wal_put(log + 4, 3007000);
    wal_put(log + 8, PAGE);
    memcpy(log + 16, "saltsalt", 8);
    for (size_t i = 0; i < FRAMES; i++) {
        uint8_t *f = log + WAL_HEAD + i * FRAME;
        wal_put(f, frames[i].page);
        wal_put(f + 4, frames[i].size);
        memcpy(f + 8, "saltsalt", 8);
        memset(f + WAL_FRAME_HEAD, frames[i].fill, PAGE);
    }
    wal_resum(log, sizeof log, PAGE, false);
    disk_init(&d, 1);
    for (unsigned kept = 1; kept <= FRAMES; kept++) {
        static const unsigned expected[FRAMES + 1] = {0, 1, 1, 3, 3}; /* frames that are left */
        disk_put(&d, LOG, log, WAL_HEAD + kept * FRAME);
        mend(&d, &tail);
        assert_int_equal(disk_file(&d, LOG)->len, WAL_HEAD + expected[kept] * FRAME);
        assert_memory_equal(disk_file(&d, LOG)->data, log, WAL_HEAD + expected[kept] * FRAME);
    }
    fake_clear(&d.fs);
}

/* ---- sums over big-endian words ---- */

static void big_endian_sums_count_as_well(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    char text[GOLDEN_TEXT];
    (void)state;
    golden_make(&g, 4096, 1024);
    for (unsigned k = 1; k <= COMMITS; k++)
        wal_resum(g.log[k].data, g.log[k].len, g.page, true);
    for (size_t len = WAL_HEAD; len <= g.log[COMMITS].len; len += 11) {
        load(&d, &g, g.log[COMMITS].data, len);
        mend(&d, &tail);
        assert_true(tail.found);
        assert_mended(&d, &g, commits_in(&g, len), len, "big-endian, cut at", len);
        if (len % 13)
            continue;
        sql_look(&d, text, sizeof text);
        assert_string_equal(text, g.text[commits_in(&g, len)]);
    }
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* The golden sums come from SQLite, and the arithmetic of this test agrees with them. */
static void the_sums_of_this_test_are_those_of_sqlite(void **state)
{
    struct golden g;
    (void)state;
    golden_make(&g, 4096, 1024);
    const struct fake_bytes *all = &g.log[COMMITS];
    uint8_t *log = malloc(all->len);
    memcpy(log, all->data, all->len);
    wal_resum(log, all->len, g.page, all->data[3] & 1);
    assert_memory_equal(log, all->data, all->len);
    assert_true(log_head_counts(log));
    free(log);
    golden_clear(&g);
}

/* ---- hostile logs ---- */

static void is_left_alone(struct disk *d, const uint8_t *log, size_t len, const char *what)
{
    struct log_tail tail;
    const struct fake_bytes as_it_was = {(uint8_t *)(uintptr_t)log, len};
    disk_put(d, LOG, log, len);
    mend(d, &tail);
    assert_false(tail.found);
    assert_log(d, &as_it_was, what, len);
}

static void what_is_no_log_is_left_alone(void **state)
{
    static const uint32_t pages[] = {0, 1, 7, 8, 256, 511, 513, 1000, 131072, 1u << 31, UINT32_MAX};
    struct disk d = {0};
    struct golden g;
    (void)state;
    golden_make(&g, 512, 1024);
    size_t len = g.log[3].len;
    uint8_t *log = malloc(len);
    disk_init(&d, 512);
    struct log_tail tail;
    mend(&d, &tail); /* no file at all */
    assert_false(tail.found);
    for (size_t bit = 0; bit < 8 * WAL_HEAD; bit++) { /* each bit of the head is summed */
        memcpy(log, g.log[3].data, len);
        log[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(log_head_counts(log));
        is_left_alone(&d, log, len, "bit of the head");
    }
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        for (unsigned big = 0; big < 2; big++) { /* good sums over a page size that cannot be */
            memcpy(log, g.log[3].data, len);
            wal_put(log + 8, pages[i]);
            wal_resum(log, WAL_HEAD, g.page, big);
            assert_false(log_head_counts(log));
            is_left_alone(&d, log, len, "page size");
        }
    memset(log, 0, len);
    is_left_alone(&d, log, len, "zeros");
    memset(log, 0xFF, len);
    is_left_alone(&d, log, len, "ones");
    for (size_t i = 0; i < len; i++)
        log[i] = (uint8_t)(i * i * 31 + 7);
    is_left_alone(&d, log, len, "noise");
    for (size_t n = 0; n < WAL_HEAD; n++)
        is_left_alone(&d, g.log[3].data, n, "a short head");
    free(log);
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* A head that counts and nothing that does behind it: cut off to what create.c begins a log with. */
static void a_head_without_frames_begins_anew(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    golden_make(&g, 512, 1024);
    size_t len = g.log[3].len;
    uint8_t *log = calloc(1, len);
    memcpy(log, g.log[3].data, WAL_HEAD);
    for (unsigned fill = 0; fill < 3; fill++) {
        memset(log + WAL_HEAD, fill * 0x7F, len - WAL_HEAD);
        load(&d, &g, log, len);
        mend(&d, &tail);
        assert_true(tail.found);
        assert_int_equal(disk_file(&d, LOG)->len, WAL_HEAD + 1);
    }
    load(&d, &g, log, WAL_HEAD);
    mend(&d, &tail);
    assert_int_equal(d.fs.operation, 0);
    /* whole frames of a commit without its last one; a page of number 0 under good sums */
    memcpy(log, g.log[3].data, len);
    for (size_t at = WAL_HEAD; at + WAL_FRAME_HEAD <= len; at += WAL_FRAME_HEAD + g.page)
        wal_put(log + at + 4, 0);
    wal_resum(log, len, g.page, false);
    load(&d, &g, log, len);
    mend(&d, &tail);
    assert_int_equal(disk_file(&d, LOG)->len, WAL_HEAD + 1);
    memcpy(log, g.log[3].data, len);
    wal_put(log + WAL_HEAD, 0);
    wal_resum(log, len, g.page, false);
    load(&d, &g, log, len);
    mend(&d, &tail);
    assert_int_equal(disk_file(&d, LOG)->len, WAL_HEAD + 1);
    free(log);
    golden_clear(&g);
    fake_clear(&d.fs);
}

/* A file system that claims to hold a petabyte, and gives zeros behind what is there. */
static int huge_size(void *ctx, int file, uint64_t *size)
{
    (void)ctx, (void)file;
    *size = UINT64_C(1) << 50;
    return OK;
}

static void a_huge_log_is_not_read_to_its_end(void **state)
{
    struct disk d = {0};
    struct golden g;
    struct log_tail tail;
    (void)state;
    golden_make(&g, 512, 1024);
    load(&d, &g, g.log[3].data, g.log[3].len);
    d.ops.size = huge_size;
    mend(&d, &tail);
    assert_true(tail.found);
    assert_log(&d, &g.log[3], "huge", 0);
    assert_true(d.fs.calls < 1000);
    golden_clear(&g);
    fake_clear(&d.fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_sqlite_padded_is_left_alone),
        cmocka_unit_test(the_print_is_that_of_the_commits),
        cmocka_unit_test(cut_at_every_byte_it_is_as_after_the_last_commit),
        cmocka_unit_test(sqlite_reads_the_commits_that_were_whole),
        cmocka_unit_test(sqlite_goes_on_the_same),
        cmocka_unit_test(noise_behind_a_commit_is_cut_off),
        cmocka_unit_test(frames_of_an_older_log_do_not_count),
        cmocka_unit_test(mending_may_be_cut_off_too),
        cmocka_unit_test(a_failing_storage_is_told),
        cmocka_unit_test(repeated_pages_of_longer_commits_are_no_padding),
        cmocka_unit_test(nor_are_they_without_padding_between),
        cmocka_unit_test(big_endian_sums_count_as_well),
        cmocka_unit_test(the_sums_of_this_test_are_those_of_sqlite),
        cmocka_unit_test(what_is_no_log_is_left_alone),
        cmocka_unit_test(a_head_without_frames_begins_anew),
        cmocka_unit_test(a_huge_log_is_not_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
