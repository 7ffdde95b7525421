/* Intents, approvals without the host and their uploads (store/offline.c); the way from schema 1 to this one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/store/create.h"
#include "tests/core/store/sale.h"

struct fixture {
    struct fake_fs fs;
    struct hal hal;
    struct store *s;
};

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

static void reopen(struct fixture *f)
{
    store_close(f->s);
    f->s = NULL;
    fake_reboot(&f->fs, FAKE_SYNCED_ONLY);
    assert_int_equal(store_open(&f->hal, &f->s), OK);
}

/* The bytes stand somewhere in the files, as they are on stable storage. */
static bool stored(const struct fixture *f, const void *bytes, size_t len)
{
    for (int i = 0; i < f->fs.inode_count; i++) {
        const struct fake_bytes *b = &f->fs.inodes[i].durable;
        if (b->len && memmem(b->data, b->len, bytes, len))
            return true;
    }
    return false;
}

/* ---- the intent ---- */

static void an_intent_stands_until_the_card_has_spoken(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e;
    bool unsettled;
    assert_int_equal(intent_pending(f->s, &e), E_NOTFOUND);
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_intent(f->s), E_STATE);
    assert_int_equal(do_open(f->s), E_STATE); /* its number is taken */
    reopen(f);
    assert_int_equal(intent_pending(f->s, &e), OK);
    assert_int_equal(e.trace, 7);
    assert_int_equal(e.amount_cents, 1200);
    assert_int_equal(journal_unsettled(f->s, 1, &unsettled), OK);
    assert_true(unsettled);
    assert_int_equal(slip_due(f->s, &e), E_NOTFOUND);
    assert_int_equal(do_withdraw(f->s), OK);
    assert_int_equal(do_withdraw(f->s), E_STATE);
    assert_int_equal(intent_pending(f->s, &e), E_NOTFOUND);
    assert_int_equal(do_open(f->s), OK); /* and free again */
    assert_int_equal(do_withdraw(f->s), E_STATE);
}

static void an_intent_that_the_card_declines_is_refused(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e;
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_refuse(f->s), OK);
    assert_int_equal(intent_pending(f->s, &e), E_NOTFOUND);
    assert_int_equal(do_disclose(f->s), E_STATE);
    assert_int_equal(do_approve_offline(f->s), E_STATE);
}

static void a_disclosed_unknown_owes_a_slip_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e;
    struct journal_upload u;
    struct words seen;
    assert_int_equal(do_disclose(f->s), E_NOTFOUND);
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_disclose(f->s), OK);
    assert_int_equal(intent_pending(f->s, &e), E_NOTFOUND);
    assert_int_equal(slip_due(f->s, &e), OK);
    assert_int_equal(e.outcome, FIRMWARE_DISCLOSED);
    assert_int_equal(upload_next(f->s, &u), E_NOTFOUND);
    look(&f->fs, &seen);
    assert_non_null(strstr(seen.text, "debit 0/0"));
    assert_int_equal(do_approve_offline(f->s), E_STATE);
}

/* ---- the approval and its upload ---- */

static void an_approval_owes_a_slip_and_an_upload(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e;
    struct journal_upload u, made = upload(7);
    struct words seen;
    uint32_t count;
    uint64_t cents;
    assert_int_equal(do_approve_offline(f->s), E_NOTFOUND); /* never without an intent */
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_approve_offline(f->s), OK);
    assert_int_equal(do_approve_offline(f->s), E_STATE);
    reopen(f);
    assert_int_equal(slip_due(f->s, &e), OK);
    assert_string_equal(e.response, "Y1");
    assert_string_equal(e.refused, "");
    assert_int_equal(upload_next(f->s, &u), OK);
    assert_int_equal(u.entry.trace, 7);
    assert_string_equal(u.entry.expiry, "3012");
    assert_string_equal(u.entry.pan, "");
    assert_int_equal(u.sealed_len, made.sealed_len);
    assert_memory_equal(u.sealed, made.sealed, made.sealed_len);
    assert_int_equal(u.field55_len, made.field55_len);
    assert_memory_equal(u.field55, made.field55, made.field55_len);
    assert_int_equal(upload_totals(f->s, &count, &cents), OK);
    assert_true(count == 1 && cents == 1200);
    look(&f->fs, &seen);
    assert_non_null(strstr(seen.text, "debit 1200/1"));
    assert_non_null(strstr(seen.text, "upload 1/7 1200 \n"));
    assert_false(stored(f, PAN, strlen(PAN)));
}

static void a_booked_upload_leaves_nothing_of_the_card(void **state)
{
    struct fixture *f = *state;
    struct journal_upload u, made = upload(7);
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_approve_offline(f->s), OK);
    assert_true(stored(f, made.sealed, made.sealed_len));
    assert_int_equal(do_printed(f->s), OK); /* the slip and the upload end on their own */
    assert_int_equal(do_uploaded(f->s), OK);
    assert_int_equal(do_uploaded(f->s), E_NOTFOUND);
    assert_int_equal(upload_next(f->s, &u), E_NOTFOUND);
    struct words seen;
    look(&f->fs, &seen);
    assert_non_null(strstr(seen.text, "record 1/7 outcome 1 1200 621067*********0069 000000000042"));
    /* In the data base itself: the log's old frames go when it begins anew. */
    assert_int_equal(sqlite3_exec(f->s->db, "PRAGMA wal_checkpoint(FULL)", NULL, NULL, NULL), SQLITE_OK);
    const struct fake_bytes *file = &f->fs.inodes[f->fs.now[fake_find(&f->fs, DB_FILE)].inode].durable;
    assert_null(memmem(file->data, file->len, made.sealed, made.sealed_len));
}

static void refusals_are_counted_and_the_last_one_is_told(void **state)
{
    struct fixture *f = *state;
    struct journal_entry e;
    struct journal_upload u;
    uint32_t count;
    uint64_t cents;
    assert_int_equal(do_intent(f->s), OK);
    assert_int_equal(do_approve_offline(f->s), OK);
    assert_int_equal(do_printed(f->s), OK);
    assert_int_equal(upload_refused(f->s, 1, 7, "1", 2), E_INVAL);
    assert_int_equal(upload_refused(f->s, 1, 8, "14", 2), E_NOTFOUND);
    assert_int_equal(upload_refused(f->s, 1, 7, "96", 2), OK);
    assert_int_equal(upload_next(f->s, &u), OK);
    assert_int_equal(u.refusals, 1);
    assert_int_equal(slip_due(f->s, &e), E_NOTFOUND);
    assert_int_equal(upload_refused(f->s, 1, 7, "14", 2), OK);
    assert_int_equal(upload_next(f->s, &u), E_NOTFOUND);
    assert_int_equal(upload_totals(f->s, &count, &cents), OK);
    assert_true(count == 0 && cents == 0);
    assert_int_equal(slip_due(f->s, &e), OK);
    assert_string_equal(e.refused, "14");
    struct words seen;
    look(&f->fs, &seen);
    assert_non_null(strstr(seen.text, "upload 1/7 1200 14\n"));
}

static void uploads_come_oldest_first(void **state)
{
    struct fixture *f = *state;
    struct journal_upload u;
    for (uint32_t trace = 9; trace >= 7; trace--) {
        struct journal_upload made = upload(trace);
        assert_int_equal(intent_open(f->s, &made.entry), OK);
        assert_int_equal(intent_approve(f->s, &made), OK);
    }
    assert_int_equal(upload_next(f->s, &u), OK);
    assert_int_equal(u.entry.trace, 9);
    assert_int_equal(upload_done(f->s, 1, 9, ""), OK);
    assert_int_equal(upload_next(f->s, &u), OK);
    assert_int_equal(u.entry.trace, 8);
    assert_int_equal(upload_done(f->s, 1, 8, "0123456789012"), E_INVAL);
}

static void a_full_journal_takes_no_intent(void **state)
{
    struct fixture *f = *state;
    for (uint32_t trace = 1; trace <= STORE_JOURNAL_MAX; trace++) {
        struct journal_entry e = answered_sale(trace);
        assert_int_equal(journal_refuse(f->s, &e), OK);
    }
    struct journal_entry e = sale(STORE_JOURNAL_MAX + 1);
    assert_int_equal(intent_open(f->s, &e), E_LIMIT);
}

/* What the card asks for stands with the entry: written with it, or behind it, and nothing else of it changes. */
static void an_advice_stays_with_its_entry(void **state)
{
    struct fixture *f = *state;
    struct words seen;
    struct journal_entry e = answered_sale(7);
    assert_int_equal(journal_advice(f->s, 1, 7, "3"), E_NOTFOUND);
    assert_int_equal(journal_refuse(f->s, &e), OK);
    assert_int_equal(journal_advice(f->s, 1, 7, ""), E_INVAL);
    assert_int_equal(journal_advice(f->s, 1, 7, "33"), E_INVAL);
    look(&f->fs, &seen);
    assert_null(strstr(seen.text, "advice"));
    assert_int_equal(journal_advice(f->s, 1, 7, "3"), OK);
    e.trace = 8;
    e.advice[0] = '2';
    assert_int_equal(journal_approve(f->s, &e), OK);
    reopen(f);
    look(&f->fs, &seen);
    assert_non_null(strstr(seen.text, "record 1/7 outcome 2 1200"));
    assert_non_null(strstr(seen.text, " advice 3\n"));
    assert_non_null(strstr(seen.text, " advice 2\n"));
    assert_int_equal(slip_due(f->s, &e), OK);
    assert_string_equal(e.advice, "2");
}

/* ---- from schema 1 ---- */

/* A data base as the core with schema 1 left it: the tables of today that it did not have are taken out. */
static void back_to_schema_1(struct fixture *f)
{
    assert_int_equal(do_open(f->s), OK);
    assert_int_equal(do_setting(f->s), OK);
    assert_int_equal(sqlite3_exec(f->s->db,
                                  "BEGIN; DROP TABLE upload; DROP TABLE parameters; ALTER TABLE journal DROP COLUMN advice;"
                                  " PRAGMA user_version=1; COMMIT",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    store_close(f->s);
    f->s = NULL;
    fake_reboot(&f->fs, FAKE_ALL);
}

static void schema_1_is_brought_up(void **state)
{
    struct fixture *f = *state;
    struct words before, after;
    back_to_schema_1(f);
    look(&f->fs, &before); /* an oracle may look before the core has started */
    assert_non_null(strstr(before.text, "schema 1 "));
    assert_int_equal(store_open(&f->hal, &f->s), OK);
    look(&f->fs, &after);
    assert_non_null(strstr(after.text, "schema 2 "));
    assert_string_equal(strchr(before.text, 'n'), strchr(after.text, 'n')); /* all but the number is as it was */
    assert_int_equal(do_not_sent(f->s), OK);
    struct journal_upload made = upload(8);
    assert_int_equal(intent_open(f->s, &made.entry), OK);
    assert_int_equal(intent_approve(f->s, &made), OK);
    reopen(f);
    uint64_t steady = fake_hash(&f->fs);
    reopen(f); /* once */
    assert_true(fake_hash(&f->fs) == steady);
}

static void every_cut_of_the_way_up_leaves_one_or_the_other(void **state)
{
    struct fixture *f = *state;
    bool finished = false;
    back_to_schema_1(f);
    for (long at = 1; !finished; at++) {
        for (int run = 0; run < 2 + 6; run++) {
            int how = run < 2 ? run : FAKE_SOME + run % 2;
            struct fake_fs fs;
            struct words seen;
            struct store *s = NULL;
            fake_clone(&fs, &f->fs);
            struct hal hal = fake_hal(&fs);
            fs.random = (uint32_t)run + 1;
            fs.cut_at = at;
            int status = store_open(&hal, &s);
            finished = !fs.off;
            assert_int_equal(status, fs.off ? HAL_E_POWER : OK);
            store_close(status == OK ? s : NULL);
            fake_reboot(&fs, (enum fake_survival)how);
            look(&fs, &seen);
            assert_int_equal(seen.reversals, 1);
            assert_int_equal(store_open(&hal, &s), OK);
            assert_int_equal(do_not_sent(s), OK);
            struct journal_upload made = upload(8);
            assert_int_equal(intent_open(s, &made.entry), OK);
            assert_int_equal(intent_approve(s, &made), OK);
            store_close(s);
            fake_clear(&fs);
        }
    }
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(an_intent_stands_until_the_card_has_spoken),
        WITH_STORE(an_intent_that_the_card_declines_is_refused),
        WITH_STORE(a_disclosed_unknown_owes_a_slip_and_nothing_else),
        WITH_STORE(an_approval_owes_a_slip_and_an_upload),
        WITH_STORE(a_booked_upload_leaves_nothing_of_the_card),
        WITH_STORE(refusals_are_counted_and_the_last_one_is_told),
        WITH_STORE(uploads_come_oldest_first),
        WITH_STORE(a_full_journal_takes_no_intent),
        WITH_STORE(an_advice_stays_with_its_entry),
        WITH_STORE(schema_1_is_brought_up),
        WITH_STORE(every_cut_of_the_way_up_leaves_one_or_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
