/* What the functions of the store do, and what they refuse. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/store/create.h"
#include "tests/core/store/sale.h"

struct fixture { struct fake_fs fs; struct hal hal; struct store *s; };

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fake_init(&f->fs);
    f->hal = fake_hal(&f->fs);
    *state = f;
    return store_open(&f->hal, &f->s);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->s);
    fake_clear(&f->fs);
    free(f);
    return 0;
}

static void settings_have_fallbacks(void **state)
{
    struct fixture *f = *state;
    int64_t value = 0;
    assert_int_equal(setting_get(f->s, "batch", 1, &value), OK);
    assert_int_equal(value, 1);
    assert_int_equal(setting_set(f->s, "batch", INT64_MIN), OK);
    assert_int_equal(setting_get(f->s, "batch", 1, &value), OK);
    assert_true(value == INT64_MIN);
    assert_int_equal(setting_set(f->s, "", 1), E_INVAL);
    assert_int_equal(setting_set(f->s, "a_name_of_thirty_two_characters_", 1), E_INVAL);
}

static void the_trace_number_wraps_past_zero(void **state)
{
    struct fixture *f = *state;
    uint32_t trace = 0;
    assert_int_equal(trace_next(f->s, &trace), OK);
    assert_int_equal(trace, 1);
    assert_int_equal(setting_set(f->s, "trace", 999998), OK);
    assert_int_equal(trace_next(f->s, &trace), OK);
    assert_int_equal(trace, 999999);
    assert_int_equal(trace_next(f->s, &trace), OK);
    assert_int_equal(trace, 1);
    assert_int_equal(setting_set(f->s, "trace", -5), OK);
    assert_int_equal(trace_next(f->s, &trace), E_VERIFY);
}

static void a_trace_number_can_be_seen_before_it_is_taken(void **state)
{
    struct fixture *f = *state;
    uint32_t coming = 0, trace = 0;
    uint64_t before = fake_hash(&f->fs);
    assert_int_equal(trace_peek(f->s, &coming), OK);
    assert_int_equal(trace_peek(f->s, &coming), OK);
    assert_int_equal(coming, 1);
    assert_true(fake_hash(&f->fs) == before);
    assert_int_equal(trace_next(f->s, &trace), OK);
    assert_int_equal(trace, coming);
    assert_int_equal(setting_set(f->s, STORE_TRACE, STORE_TRACE_MAX), OK);
    assert_int_equal(trace_peek(f->s, &coming), OK);
    assert_int_equal(coming, 1);
    assert_int_equal(setting_set(f->s, STORE_TRACE, STORE_TRACE_MAX + 1), OK);
    assert_int_equal(trace_peek(f->s, &coming), E_VERIFY);
}

static void several_settings_are_one_commit(void **state)
{
    struct fixture *f = *state;
    static const struct setting settings[] = {{"batch", 7}, {STORE_TRACE, 9}, {"signed_in", 1}};
    static const struct setting bad[] = {{"batch", 8}, {"", 1}};
    int64_t value;
    assert_int_equal(do_setting(f->s), OK); /* the log has begun */
    long syncs = f->fs.syncs;
    assert_int_equal(settings_set(f->s, settings, 3), OK);
    assert_int_equal(f->fs.syncs, syncs + 1);
    uint64_t before = fake_hash(&f->fs);
    assert_int_equal(settings_set(f->s, settings, 3), OK); /* all there */
    assert_int_equal(settings_set(f->s, bad, 2), E_INVAL);
    assert_true(fake_hash(&f->fs) == before);
    assert_int_equal(setting_get(f->s, "batch", 1, &value), OK);
    assert_int_equal(value, 7);
}

static void an_approved_sale_owes_a_slip(void **state)
{
    struct fixture *f = *state;
    struct journal_reversal reversal;
    struct journal_entry slip;
    assert_int_equal(reversal_pending(f->s, &reversal), E_NOTFOUND);
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(do_open(f->s), E_STATE);
    assert_int_equal(reversal_pending(f->s, &reversal), OK);
    assert_string_equal(reversal.reason, "98");
    assert_string_equal(reversal.entry.pan, "");
    assert_string_equal(reversal.entry.masked_pan, "621067*********0069");
    assert_string_equal(reversal.entry.de60, "22000001000500");
    assert_true(reversal.entry.pin && !reversal.entry.signature);
    static const uint8_t kept[] = {0x95, 0x02, 0xAA, 0xBB, 0x9F, 0x36, 0x02, 0x00, 0x07, 0xDF, 0x31, 0x01, 0x20};
    assert_int_equal(reversal.entry.field55_len, sizeof kept);
    assert_memory_equal(reversal.entry.field55, kept, sizeof kept);
    assert_int_equal(slip_due(f->s, &slip), E_NOTFOUND);

    assert_int_equal(do_answered(f->s), OK);
    assert_int_equal(reversal_pending(f->s, &reversal), OK);
    assert_string_equal(reversal.reason, "06");
    assert_string_equal(reversal.entry.auth, "A1B2C3");

    assert_int_equal(do_approve(f->s), OK);
    assert_int_equal(reversal_pending(f->s, &reversal), E_NOTFOUND);
    assert_int_equal(slip_due(f->s, &slip), OK);
    assert_int_equal(slip.trace, 7);
    assert_int_equal(slip.outcome, FIRMWARE_DONE);
    assert_int_equal(do_printed(f->s), OK);
    assert_int_equal(do_printed(f->s), E_NOTFOUND);
    assert_int_equal(slip_due(f->s, &slip), E_NOTFOUND);
}

/* The time of an entry lasts as long as the entry: one commit. */
static void the_newest_entry_leaves_its_time(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e = sale(7);
    int64_t value;
    e.made = 20260615101500;
    assert_int_equal(journal_open(f->s, &e), OK);
    assert_int_equal(setting_get(f->s, STORE_LAST_ENTRY, 0, &value), OK);
    assert_int_equal(value, 20260615101500);
    assert_int_equal(journal_open(f->s, &e), E_STATE);
    e.trace = 8;
    e.made = 100000000000000;
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e.made = 0; /* unknown */
    assert_int_equal(journal_open(f->s, &e), OK);
    assert_int_equal(setting_get(f->s, STORE_LAST_ENTRY, 0, &value), OK);
    assert_int_equal(value, 20260615101500);
}

static void open_and_done_entries_are_unsettled(void **state)
{
    struct fixture *f = *state;
    bool unsettled = true;
    assert_int_equal(journal_unsettled(f->s, 1, &unsettled), OK);
    assert_false(unsettled);
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(journal_unsettled(f->s, 1, &unsettled), OK);
    assert_true(unsettled);
    assert_int_equal(journal_unsettled(f->s, 2, &unsettled), OK);
    assert_false(unsettled);
    assert_int_equal(do_approve(f->s), OK);
    assert_int_equal(journal_unsettled(f->s, 1, &unsettled), OK);
    assert_true(unsettled);
}

static void a_final_entry_stays_final(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(do_not_sent(f->s), E_NOTFOUND);
    assert_int_equal(do_answered(f->s), E_NOTFOUND);
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(do_refuse(f->s), OK);
    assert_int_equal(do_approve(f->s), E_STATE);
    assert_int_equal(do_answered(f->s), E_STATE);
    assert_int_equal(do_not_sent(f->s), E_STATE);
    assert_int_equal(do_keep(f->s), E_STATE);
    assert_int_equal(do_tried(f->s), E_NOTFOUND);
    assert_int_equal(do_reversed(f->s), E_NOTFOUND);
}

static void a_reversal_counts_its_tries(void **state)
{
    struct fixture *f = *state;
    struct journal_reversal reversal;
    struct words seen;
    assert_int_equal(do_open(f->s), OK);
    struct journal_entry later = sale(8);
    assert_int_equal(journal_open(f->s, &later), OK);
    assert_int_equal(do_tried(f->s), OK);
    assert_int_equal(do_keep(f->s), OK);
    assert_int_equal(reversal_pending(f->s, &reversal), OK);
    assert_int_equal(reversal.entry.trace, 7); /* the oldest */
    assert_int_equal(reversal.tries, 1);
    assert_string_equal(reversal.reason, "A0");
    assert_int_equal(do_reversed(f->s), OK);
    assert_int_equal(reversal_pending(f->s, &reversal), OK);
    assert_int_equal(reversal.entry.trace, 8);
    look(&f->fs, &seen); /* while the store is open */
    assert_string_equal(seen.text, "schema 2 next 1 batch 1 debit 0/0 chip 0 in 0 print 0\n"
                                   "record 1/7 outcome 3 1200 621067*********0069   \n"
                                   "record 1/8 outcome 0 1200 621067*********0069   \n"
                                   "reversal 1/8 1200 98 0\n");
    assert_int_equal(journal_keep_reversal(f->s, 1, 8, "9"), E_INVAL);
}

static void the_count_of_tries_has_an_end(void **state)
{
    struct fixture *f = *state;
    struct journal_reversal reversal;
    assert_int_equal(do_open(f->s), OK);
    for (int i = 0; i < STORE_TRIES_MAX; i++)
        assert_int_equal(do_tried(f->s), OK);
    long operations = f->fs.operation;
    for (int i = 0; i < 3; i++)
        assert_int_equal(do_tried(f->s), OK);
    assert_int_equal(f->fs.operation, operations);
    assert_int_equal(reversal_pending(f->s, &reversal), OK);
    assert_int_equal(reversal.tries, STORE_TRIES_MAX);
}

static void offline_results_need_no_reversal(void **state)
{
    struct fixture *f = *state;
    struct words seen;
    struct journal_entry approved = sale(1), declined = sale(2);
    assert_int_equal(journal_approve(f->s, &approved), OK);
    assert_int_equal(journal_refuse(f->s, &declined), OK);
    look(&f->fs, &seen);
    assert_string_equal(seen.text, "schema 2 next 1 batch 1 debit 1200/1 chip 0 in 0 print 1\n"
                                   "record 1/1 outcome 1 1200 621067*********0069   \n"
                                   "record 1/2 outcome 2 1200 621067*********0069   \n");
}

static void the_previous_amount_is_of_this_card_and_batch(void **state)
{
    struct fixture *f = *state;
    uint64_t amount = 1;
    assert_int_equal(journal_previous_amount(f->s, PAN, &amount), OK);
    assert_int_equal(amount, 0);
    struct journal_entry first = sale(1), second = sale(2), open = sale(3), other = sale(4);
    second.amount_cents = 777;
    strcpy(other.pan, "6210676862310000077");
    assert_int_equal(journal_approve(f->s, &first), OK);
    assert_int_equal(journal_approve(f->s, &second), OK);
    assert_int_equal(journal_open(f->s, &open), OK);
    assert_int_equal(journal_approve(f->s, &other), OK);
    assert_int_equal(journal_previous_amount(f->s, PAN, &amount), OK);
    assert_int_equal(amount, 777);
    assert_int_equal(setting_set(f->s, "batch", 2), OK);
    assert_int_equal(journal_previous_amount(f->s, PAN, &amount), OK);
    assert_int_equal(amount, 0);
}

static void a_full_journal_still_ends_what_is_open(void **state)
{
    struct fixture *f = *state;
    uint32_t count;
    for (uint32_t trace = 1; trace <= STORE_JOURNAL_MAX; trace++) {
        struct journal_entry e = sale(trace);
        assert_int_equal(journal_open(f->s, &e), OK);
    }
    assert_int_equal(journal_count(f->s, &count), OK);
    assert_int_equal(count, STORE_JOURNAL_MAX);
    struct journal_entry one_more = sale(STORE_JOURNAL_MAX + 1);
    assert_int_equal(journal_open(f->s, &one_more), E_LIMIT);
    assert_int_equal(journal_refuse(f->s, &one_more), E_LIMIT);
    assert_int_equal(do_approve(f->s), OK);
    assert_int_equal(reversal_done(f->s, 1, 9), OK);
}

static void entries_outside_their_limits_are_refused(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e = sale(0);
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e = sale(1000000);
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e = sale(1);
    e.amount_cents = 1000000000000u;
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e = sale(1);
    memset(e.rrn, '1', sizeof e.rrn); /* no end */
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e = sale(1);
    e.field55_len = 6; /* inside the PAN */
    assert_int_equal(journal_open(f->s, &e), E_FORMAT);
    e = sale(1);
    e.field55_len = 257;
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
    e = sale(1);
    e.pan[0] = '\0';
    strcpy(e.masked_pan, PAN); /* that is no mask */
    assert_int_equal(journal_open(f->s, &e), E_INVAL);
}

static bool holds(const struct fake_fs *fs, const void *needle, size_t len)
{
    for (int i = 0; i < fs->inode_count; i++)
        if (fs->inodes[i].now.len && memmem(fs->inodes[i].now.data, fs->inodes[i].now.len, needle, len))
            return true;
    return false;
}

static void the_pan_is_nowhere_in_the_storage(void **state)
{
    struct fixture *f = *state;
    static const uint8_t bcd[] = {0x62, 0x10, 0x67, 0x68, 0x62, 0x31, 0x00, 0x00};
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(do_answered(f->s), OK);
    assert_true(holds(&f->fs, "621067*********0069", 19));
    assert_false(holds(&f->fs, PAN, 12));
    assert_false(holds(&f->fs, PAN + 6, 9));
    assert_false(holds(&f->fs, bcd, sizeof bcd));
}

/* ---- data from elsewhere ---------------------------------------------------------------------------------------- */

static void reopen(struct fixture *f, int expected)
{
    store_close(f->s);
    f->s = NULL;
    fake_reboot(&f->fs, FAKE_SYNCED_ONLY);
    assert_int_equal(store_open(&f->hal, &f->s), expected);
}

static void a_newer_schema_is_left_alone(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sqlite3_exec(f->s->db, "PRAGMA user_version=3", NULL, NULL, NULL), SQLITE_OK);
    reopen(f, E_STATE);
    uint64_t before = fake_hash(&f->fs);
    reopen(f, E_STATE);
    assert_true(fake_hash(&f->fs) == before);
    struct firmware_sink sink = {0};
    assert_int_equal(store_inspect(&f->hal, &sink), E_STATE);
}

static void damage_is_noticed(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(sqlite3_exec(f->s->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    reopen(f, OK);
    struct fake_inode *log = &f->fs.inodes[f->fs.now[fake_find(&f->fs, DB_FILE "-wal")].inode];
    fake_resize(&log->durable, 0); /* the truncation is not synced: old frames are back and would cover the damage */
    struct fake_inode *file = &f->fs.inodes[f->fs.now[fake_find(&f->fs, DB_FILE)].inode];
    file->durable.data[1024] ^= 0xFF; /* the type of the second page */
    reopen(f, E_VERIFY);
    memset(file->durable.data, 'x', 512);
    reopen(f, E_VERIFY);
    struct firmware_sink sink = {0};
    assert_int_equal(store_inspect(&f->hal, &sink), E_VERIFY);
}

static void no_data_is_no_records(void **state)
{
    (void)state;
    struct fake_fs fs;
    struct words seen;
    fake_init(&fs);
    look(&fs, &seen);
    assert_string_equal(seen.text, "schema 0 next 1 batch 1 debit 0/0 chip 0 in 0 print 0\n");
    assert_int_equal(fs.operation, 0);
    fake_clear(&fs);
}

static bool exists(struct fake_fs *fs, const char *name)
{
    int at = fake_find(fs, name);
    return at >= 0 && fs->now[at].inode >= 0;
}

/* Created, written, synced, renamed: no journal, and one sync. What an interrupted creation left is written over. */
static void a_data_base_appears_whole(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        struct fake_fs fs;
        fake_init(&fs);
        struct hal hal = fake_hal(&fs);
        struct store *s = NULL;
        if (again) {
            int file;
            assert_int_equal(fake_open(&fs, "store.new", HAL_OPEN_CREATE, &file), OK);
            assert_int_equal(fake_write(&fs, file, 100000, "rubbish", 7), OK);
            fake_reboot(&fs, FAKE_ALL);
        }
        fs.cut_at = 5; /* at the creation of the log */
        assert_int_equal(store_open(&hal, &s), HAL_E_POWER);
        assert_int_equal(fs.syncs, 1);
        assert_int_equal(fs.dir_syncs, 0);
        assert_true(exists(&fs, DB_FILE));
        assert_false(exists(&fs, "store.new"));
        assert_false(exists(&fs, DB_FILE "-journal"));
        assert_true(fs.inodes[fs.now[fake_find(&fs, DB_FILE)].inode].now.len < 100000);
        fake_reboot(&fs, FAKE_SYNCED_ONLY); /* not one name is durable yet */
        assert_false(exists(&fs, DB_FILE));
        assert_int_equal(store_open(&hal, &s), OK);
        assert_int_equal(do_trace(s), OK);
        store_close(s);
        fake_reboot(&fs, FAKE_SYNCED_ONLY); /* the first commit made them so */
        assert_true(exists(&fs, DB_FILE));
        assert_true(exists(&fs, DB_FILE "-wal"));
        fake_clear(&fs);
    }
}

static int draw_another_way(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    (void)purpose;
    memset(data, *(const int *)ctx, len);
    return OK;
}

/* Opens with a generator that always says `dice`, and commits twice. */
static uint64_t hash_after_two_commits(const struct fake_fs *start, int dice)
{
    static const struct hal_rng_ops ops = {.bytes = draw_another_way};
    struct fake_fs fs;
    struct store *s = NULL;
    fake_clone(&fs, start);
    struct hal hal = fake_hal(&fs);
    hal.rng = (struct hal_rng){&ops, &dice};
    assert_int_equal(store_open(&hal, &s), OK);
    uint64_t before = fake_hash(&fs);
    store_close(s);
    fake_reboot(&fs, FAKE_ALL);
    assert_int_equal(store_open(&hal, &s), OK);
    assert_true(fake_hash(&fs) == before);
    assert_int_equal(fs.operation, 0);
    assert_int_equal(do_trace(s), OK);
    assert_int_equal(do_open(s), OK);
    store_close(s);
    uint64_t hash = fake_hash(&fs);
    fake_clear(&fs);
    return hash;
}

/* However the dice fall, so that a boot that is cut again and again comes back to where it was. */
static void the_first_commits_are_the_same_bytes(void **state)
{
    (void)state;
    static const struct { long cut_at; size_t noise; size_t len; } starts[] = {
        {1, 0, 0},    /* nothing there */
        {5, 0, 0},    /* no log */
        {6, 0, 20},   /* a part of its head */
        {10, 0, 400}, /* its head, and a part of a frame */
        {10, 33, 33}, /* noise for a head */
        {10, 400, 400},
    };
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct fake_fs fs;
        struct store *s = NULL;
        fake_init(&fs);
        struct hal hal = fake_hal(&fs);
        fs.cut_at = starts[i].cut_at;
        if (store_open(&hal, &s) == OK) {
            assert_int_equal(do_trace(s), HAL_E_POWER);
            store_close(s);
        }
        fake_reboot(&fs, FAKE_ALL);
        if (starts[i].len) {
            struct fake_bytes *log = &fs.inodes[fs.now[fake_find(&fs, DB_FILE "-wal")].inode].now;
            fake_resize(log, starts[i].len);
            memset(log->data, 0x5A, starts[i].noise);
        }
        assert_true(hash_after_two_commits(&fs, 1) == hash_after_two_commits(&fs, 2));
        fake_clear(&fs);
    }
}

/* Empty, or not ours: that is not taken for a data base to be filled in. */
static void a_data_base_without_a_schema_is_damaged(void **state)
{
    (void)state;
    struct fake_fs fs;
    int file;
    fake_init(&fs);
    struct hal hal = fake_hal(&fs);
    struct store *s = NULL;
    struct firmware_sink sink = {0};
    assert_int_equal(fake_open(&fs, DB_FILE, HAL_OPEN_CREATE, &file), OK);
    fake_reboot(&fs, FAKE_ALL);
    assert_int_equal(store_open(&hal, &s), E_VERIFY);
    assert_int_equal(store_inspect(&hal, &sink), E_VERIFY);
    fake_clear(&fs);
}

static void a_failed_open_leaves_nothing_behind(void **state)
{
    (void)state;
    struct hal nothing = {0};
    struct store *s = NULL;
    assert_true(store_open(&nothing, &s) < 0);
    assert_null(s);
    assert_false(vfs_any());
    store_close(NULL);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(settings_have_fallbacks),
        WITH_STORE(the_trace_number_wraps_past_zero),
        WITH_STORE(a_trace_number_can_be_seen_before_it_is_taken),
        WITH_STORE(several_settings_are_one_commit),
        WITH_STORE(an_approved_sale_owes_a_slip),
        WITH_STORE(the_newest_entry_leaves_its_time),
        WITH_STORE(open_and_done_entries_are_unsettled),
        WITH_STORE(a_final_entry_stays_final),
        WITH_STORE(a_reversal_counts_its_tries),
        WITH_STORE(the_count_of_tries_has_an_end),
        WITH_STORE(offline_results_need_no_reversal),
        WITH_STORE(the_previous_amount_is_of_this_card_and_batch),
        WITH_STORE(a_full_journal_still_ends_what_is_open),
        WITH_STORE(entries_outside_their_limits_are_refused),
        WITH_STORE(the_pan_is_nowhere_in_the_storage),
        WITH_STORE(a_newer_schema_is_left_alone),
        WITH_STORE(damage_is_noticed),
        cmocka_unit_test(no_data_is_no_records),
        cmocka_unit_test(a_data_base_appears_whole),
        cmocka_unit_test(the_first_commits_are_the_same_bytes),
        cmocka_unit_test(a_data_base_without_a_schema_is_damaged),
        cmocka_unit_test(a_failed_open_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
