/*
 * The oracles right after a recovery and at the end: one approved sale, one that the host booked and did not answer.
 * The truth passes; each lie of the journal is told by the oracle whose business it is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

struct tally {
    char failed[200];
    unsigned count;
};

static void found(void *ctx, const char *oracle, const struct verdict *v)
{
    struct tally *t = ctx;
    t->count++;
    if (strcmp(v->name, "fail") == 0)
        snprintf(t->failed + strlen(t->failed), sizeof t->failed - strlen(t->failed), "%s ", oracle);
}

/* The power goes in the middle of the second sale, and the line stays down. */
static void play_to_the_cut(struct oracle_case *o)
{
    static const char script[] =
        "t:power_on() t:wait_idle() sale '1.00' expect.screen(t, 'approved') t:remove() t:wait_idle() "
        "host.rule { action = 'silent_after' } sale '2.00' expect.screen(t, 'waiting_host') bench.wait(2) "
        "net.down() t:power_cut() t:remove()";
    oracle_case_play(o, script);
    assert_true(case_recover(&o->bench.terminal[0]));
    assert_int_equal(host_count(o->bench.host, "0200"), 2);
}

static void an_open_sale_with_its_reversal_due_is_in_order_until_the_end(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct judge_memo *memo = judge_memo_create();
    play_to_the_cut(&o);
    struct evidence e = {.bench = &o.bench, .terminal = &o.bench.terminal[0], .memo = memo};
    struct tally t = {0};
    judge_terminal(&e, found, &t);
    assert_string_equal(t.failed, "");
    size_t oracles;
    oracle_table(&oracles);
    assert_int_equal(t.count, oracles - 2); /* messages and emv need the record, which is off */
    e.settled = true;
    judge_terminal(&e, found, &t);
    assert_string_equal(t.failed, "money reversal ");
    t = (struct tally){0};
    case_epilogue(&o.bench);
    judge_terminal(&e, found, &t);
    assert_string_equal(t.failed, "");
    judge_memo_destroy(memo);
    oracle_case_close(&o);
}

/* -- lies -- */

enum { DONE_RECORD, OPEN_RECORD };

static void unknown(struct journal *j)
{
    j->record[OPEN_RECORD].trace += 40;
}
static void no_reversal(struct journal *j)
{
    j->reversals = 0;
}
static void refused(struct journal *j)
{
    j->record[OPEN_RECORD].outcome = FIRMWARE_REFUSED;
}
static void not_sent(struct journal *j)
{
    j->record[OPEN_RECORD].outcome = FIRMWARE_NOT_SENT;
    j->reversals = 0;
}
static void done_and_due(struct journal *j)
{
    j->record[OPEN_RECORD].outcome = FIRMWARE_DONE;
}
static void other_amount_due(struct journal *j)
{
    j->reversal[0].amount_cents++;
}
static void due_for_another(struct journal *j)
{
    j->reversal[0].trace = j->record[DONE_RECORD].trace;
}
static void other_amount(struct journal *j)
{
    j->record[DONE_RECORD].amount_cents++;
}
static void other_reference(struct journal *j)
{
    j->record[DONE_RECORD].rrn[0] ^= 1;
}
static void reversed(struct journal *j)
{
    j->record[DONE_RECORD].outcome = FIRMWARE_REVERSED;
}
static void no_slip(struct journal *j)
{
    j->record[DONE_RECORD].trace += 50;
}
static void truth(struct journal *j)
{
    (void)j;
}

static const struct {
    const char *name;
    void (*tell)(struct journal *j);
    const char *money, *reversal; /* NULL: passes */
} lies[] = {
    {"truth", truth, NULL, NULL},
    {"unknown", unknown, "charged 200 cents and the journal knows nothing", "which the journal does not know"},
    {"no reversal", no_reversal, "charged 200 cents and open, and no reversal of it is due",
     "open and has no reversal"},
    {"refused", refused, "charged 200 cents, but the journal says refused", "and the journal says refused"},
    {"not sent", not_sent, "but the journal says not_sent", NULL},
    {"done and due", done_and_due, "reference number is \"\", the host's", "and the journal says done"},
    {"other amount due", other_amount_due, NULL, "is about 201 cents, the record says 200"},
    {"due for another", due_for_another, "no reversal of it is due", "and the journal says done"},
    {"other amount", other_amount, "charged 100 cents, journal 101", NULL},
    {"other reference", other_reference, "the journal's reference number is", NULL},
    {"reversed", reversed, "charged 100 cents, but the journal says reversed", NULL},
    {"another trace", no_slip, "charged 100 cents and the journal knows nothing", "the journal does not know it"},
};

static struct journal copy_of(const struct journal *from, void (*tell)(struct journal *j))
{
    struct journal j = {0};
    const struct firmware_sink sink = journal_begin(&j);
    sink.state(sink.ctx, &from->state);
    for (size_t i = 0; i < from->records; i++)
        sink.record(sink.ctx, &from->record[i]);
    for (size_t i = 0; i < from->reversals; i++)
        sink.reversal(sink.ctx, &from->reversal[i]);
    tell(&j);
    assert_int_equal(journal_end(&j), OK);
    return j;
}

static void each_lie_of_the_journal_is_told(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct journal told = {0};
    play_to_the_cut(&o);
    struct bench_terminal *t = &o.bench.terminal[0];
    assert_int_equal(journal_read(&told, t), OK);
    assert_int_equal(told.records, 2);
    assert_int_equal(told.record[DONE_RECORD].outcome, FIRMWARE_DONE);
    assert_int_equal(told.record[OPEN_RECORD].outcome, FIRMWARE_OPEN);
    assert_int_equal(told.reversals, 1);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct journal j = copy_of(&told, lies[i].tell);
        struct verdict money = {"pass", ""}, reversal = {"pass", ""};
        const struct evidence e = {.bench = &o.bench, .terminal = t, .journal = &j};
        oracle_money(&e, &money);
        oracle_reversal(&e, &reversal);
        print_message("%s\n", lies[i].name);
        assert_verdict(&money, lies[i].money ? "fail" : "pass", lies[i].money);
        assert_verdict(&reversal, lies[i].reversal ? "fail" : "pass", lies[i].reversal);
        journal_clear(&j);
    }
    struct verdict v = {"pass", ""};
    t->approvals++; /* shown before the cut, and not kept */
    oracle_money(&(struct evidence){.bench = &o.bench, .terminal = t, .journal = &told}, &v);
    assert_verdict(&v, "fail", "2 approvals were shown, the journal holds 1");
    journal_clear(&told);
    oracle_case_close(&o);
}

/* -- boot, liveness, integrity of a terminal -- */

static struct verdict ask(struct oracle_case *o, void (*oracle)(const struct evidence *e, struct verdict *v),
                          struct judge_memo *memo)
{
    struct verdict v = {"pass", ""};
    const struct evidence e = {.bench = &o->bench, .terminal = &o->bench.terminal[0], .memo = memo};
    oracle(&e, &v);
    return v;
}

static void a_terminal_that_halts_at_boot_is_told(void **state)
{
    (void)state;
    static struct oracle_case o;
    oracle_case_play(&o, "t:power_on() t:wait_idle() t:power_cut()");
    struct bench_terminal *t = &o.bench.terminal[0];
    struct verdict v = ask(&o, oracle_boot, NULL);
    assert_verdict(&v, "not applicable", NULL);
    assert_true(case_recover(t));
    v = ask(&o, oracle_boot, NULL);
    assert_verdict(&v, "pass", NULL);
    assert_int_equal(terminal_power_cut(t->terminal, CUT_ALL, 0), OK);
    assert_int_equal(storage_rot(terminal_storage(t->terminal), HAL_AREA_SLOT_A, 5000, 0x10), OK);
    assert_false(case_recover(t));
    v = ask(&o, oracle_boot, NULL);
    assert_verdict(&v, "fail", "no core was started: the boot ROM shows \"boot_failed\"");
    v = ask(&o, oracle_liveness, NULL);
    assert_verdict(&v, "fail", "recovery to idle failed");
    t->halt_expected = true;
    v = ask(&o, oracle_boot, NULL);
    assert_verdict(&v, "pass", NULL);
    oracle_case_close(&o);
}

static void a_data_base_that_is_damaged_in_the_storage_is_told(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct judge_memo *memo = judge_memo_create();
    uint8_t noise[3000];
    oracle_case_play(&o, "t:power_on() t:wait_idle()");
    struct storage *s = terminal_storage(o.bench.terminal[0].terminal);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 167 + i / 256);
    for (int round = 0; round < 2; round++) {
        struct verdict v = ask(&o, oracle_integrity, memo);
        assert_verdict(&v, "pass", NULL);
    }
    assert_int_equal(storage_put_file(s, "noise.db", noise, sizeof noise), OK); /* not SQLite's */
    struct verdict v = ask(&o, oracle_integrity, memo);
    assert_verdict(&v, "pass", NULL);
    memcpy(noise, "SQLite format 3", 16);
    assert_int_equal(storage_put_file(s, "noise.db", noise, sizeof noise), OK);
    for (int round = 0; round < 2; round++) {
        v = ask(&o, oracle_integrity, memo);
        assert_verdict(&v, "fail", "noise.db: ");
    }
    judge_memo_destroy(memo);
    oracle_case_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_sale_with_its_reversal_due_is_in_order_until_the_end),
        cmocka_unit_test(each_lie_of_the_journal_is_told),
        cmocka_unit_test(a_terminal_that_halts_at_boot_is_told),
        cmocka_unit_test(a_data_base_that_is_damaged_in_the_storage_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
