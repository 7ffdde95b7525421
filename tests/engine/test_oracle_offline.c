/*
 * The money oracle on what cards approved without the host: one approval that is booked, one whose upload waits, one
 * sale of which nobody knows; and a purse that has paid. The truth passes; each lie of the journal is told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/oracle_support.h"

#include "core/codec/tlv.h"

static struct journal copy_of(const struct journal *from, void (*tell)(struct journal *j))
{
    struct journal j = {0};
    const struct firmware_sink sink = journal_begin(&j);
    sink.state(sink.ctx, &from->state);
    for (size_t i = 0; i < from->records; i++)
        sink.record(sink.ctx, &from->record[i]);
    for (size_t i = 0; i < from->uploads; i++)
        sink.upload(sink.ctx, &from->upload[i]);
    tell(&j);
    assert_int_equal(journal_end(&j), OK);
    return j;
}

typedef void judge_of(const struct evidence *e, struct verdict *v);

struct lie {
    const char *name;
    void (*tell)(struct journal *j);
    judge_of *by;     /* NULL: the whole oracle */
    const char *told; /* NULL: passes */
    bool settled;
};

static void tell_all(struct oracle_case *o, const struct journal *truth, const struct lie *lies, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct journal j = copy_of(truth, lies[i].tell);
        const struct evidence e = {
            .bench = &o->bench, .terminal = &o->bench.terminal[0], .journal = &j, .settled = lies[i].settled};
        struct verdict v = {"pass", ""};
        print_message("%s\n", lies[i].name);
        (lies[i].by ? lies[i].by : oracle_money)(&e, &v);
        assert_verdict(&v, lies[i].told ? "fail" : "pass", lies[i].told);
        journal_clear(&j);
    }
}

static void truth(struct journal *j)
{
    (void)j;
}

/* -- approvals -- */

enum { BOOKED, WAITING, UNKNOWN, RECORDS };

static void play_approvals(struct oracle_case *o)
{
    static const char script[] =
        "local function pay(amount) t:sale(amount) t:insert(c) expect.screen(t, 'approved', 900) t:remove() end "
        "t:power_on() pay '1.00' host.wait('0220', 1) t:wait_idle() net.down() pay '2.00' t:wait_idle(600) "
        "t:sale '3.00' bench.start(function() for _ = 1, 4000 do if #t:inspect().records == 3 then break end "
        "bench.wait(0.01) end t:power_cut() end) t:insert(c) t:wait_off() t:remove() bench.wait(5)";
    *o = (struct oracle_case){.profile = "unionpay-offline", .card = "offline-often"};
    oracle_case_play(o, script);
    assert_true(case_recover(&o->bench.terminal[0]));
}

static void upload_lost(struct journal *j)
{
    j->uploads = 0;
}
static void upload_of_another_amount(struct journal *j)
{
    j->upload[0].amount_cents++;
}
static void upload_of_nothing(struct journal *j)
{
    j->upload[0].trace += 40;
}
static void upload_of_the_unknown(struct journal *j)
{
    const struct firmware_record *r = &j->record[UNKNOWN];
    j->upload[0] = (struct firmware_upload){.batch = r->batch, .trace = r->trace, .amount_cents = r->amount_cents};
}
static void upload_refused(struct journal *j)
{
    memcpy(j->upload[0].refused, "05", 3);
}
static void intent_left(struct journal *j)
{
    j->record[UNKNOWN].outcome = FIRMWARE_INTENT;
}
static void unknown_declined(struct journal *j)
{
    j->record[UNKNOWN].outcome = FIRMWARE_REFUSED;
    memcpy(j->record[UNKNOWN].response, "00", 3);
}
static void one_more_unknown(struct journal *j)
{
    j->record[WAITING].outcome = FIRMWARE_DISCLOSED;
    j->uploads = 0;
}
static void booked_as_unknown(struct journal *j)
{
    j->record[BOOKED].outcome = FIRMWARE_DISCLOSED;
}
static void no_reference_before_the_answer(struct journal *j)
{
    j->record[BOOKED].rrn[0] = '\0';
}
static void other_reference(struct journal *j)
{
    j->record[BOOKED].rrn[0] ^= 1;
}
static void other_amount(struct journal *j)
{
    j->record[BOOKED].amount_cents++;
}

static const struct lie of_approvals[] = {
    {"truth", truth, NULL, NULL, false},
    {"an upload waits for the line", truth, NULL, "is still due after line and power were restored", true},
    {"refused for good", upload_refused, NULL, NULL, true},
    {"upload lost", upload_lost, NULL, "and nothing is booked for it", false},
    {"another amount", upload_of_another_amount, NULL, "is about 201 cents, the record says 200", false},
    {"upload of nothing", upload_of_nothing, judge_offline, "which the journal does not know", false},
    {"upload of the unknown", upload_of_the_unknown, judge_offline, "and the journal says disclosed", false},
    {"intent left", intent_left, NULL, "at rest nobody was told", false},
    {"unknown declined", unknown_declined, NULL, "cards gave 3 approvals without the host, and the journal knows of 2",
     false},
    {"one more unknown", one_more_unknown, judge_offline, "2 transactions are disclosed as unknown, 1 were shown to be",
     false},
    {"booked as unknown", booked_as_unknown, NULL, "charged 100 cents, but the journal says disclosed", false},
    {"no reference yet", no_reference_before_the_answer, NULL, NULL, false},
    {"another reference", other_reference, NULL, "the journal's reference number is", false},
    {"another charge", other_amount, NULL, "charged 100 cents, journal 101", false},
};

static void each_lie_about_approvals_is_told(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct journal told = {0};
    play_approvals(&o);
    assert_int_equal(journal_read(&told, &o.bench.terminal[0]), OK);
    assert_int_equal(told.records, RECORDS);
    assert_int_equal(told.record[BOOKED].outcome, FIRMWARE_DONE);
    assert_int_equal(told.record[WAITING].outcome, FIRMWARE_DONE);
    assert_int_equal(told.record[UNKNOWN].outcome, FIRMWARE_DISCLOSED);
    assert_int_equal(told.uploads, 1);
    tell_all(&o, &told, of_approvals, sizeof of_approvals / sizeof *of_approvals);
    o.bench.terminal[0].recovered = false; /* nobody could be told yet */
    tell_all(&o, &told, &(const struct lie){"intent left before the recovery", intent_left, NULL, NULL, false}, 1);
    journal_clear(&told);
    oracle_case_close(&o);
}

/* -- the purse -- */

static void other_card(struct journal *j)
{
    memcpy(j->record[0].masked_pan, "999999", 6);
}
static void less_than_was_paid(struct journal *j)
{
    j->record[0].amount_cents -= 1;
    j->upload[0].amount_cents -= 1;
}
static void intent_of_no_card(struct journal *j)
{
    j->record[0].outcome = FIRMWARE_INTENT;
    j->record[0].masked_pan[0] = '\0';
    j->uploads = 0;
}
static void load_that_was_reversed(struct journal *j)
{
    j->record[0].outcome = FIRMWARE_REVERSED;
    j->record[0].kind = FIRMWARE_OTHER;
    j->uploads = 0;
}

static void load_without_an_answer(struct journal *j)
{
    j->record[0].outcome = FIRMWARE_OPEN;
    j->record[0].kind = FIRMWARE_OTHER;
    j->uploads = 0;
}
static void load_that_is_done(struct journal *j)
{
    j->record[0].outcome = FIRMWARE_DONE;
}
static void sale_that_was_reversed(struct journal *j)
{
    j->record[0].kind = FIRMWARE_SALE;
}
static void more_than_was_loaded(struct journal *j)
{
    j->record[0].amount_cents--;
}

static void play_purse(struct oracle_case *o, const char *script, struct journal *told)
{
    *o = (struct oracle_case){.profile = "unionpay-ec", .card = "unionpay-ec"};
    oracle_case_play(o, script);
    assert_int_equal(journal_read(told, &o->bench.terminal[0]), OK);
    assert_int_equal(told->records, 1);
}

static void each_lie_about_a_purse_is_told(void **state)
{
    (void)state;
    static const char sale[] = "t:power_on() t:wait_idle() net.down() t:sale '12.00' t:insert(c) "
                               "expect.screen(t, 'approved_balance', 900) t:remove() t:wait_idle(600)";
    static const char wrong[] = "has 8800 cents in its purse, by the books it is 10000";
    static const struct lie of_a_sale[] = {
        {"truth", truth, judge_purse, NULL, false},
        {"the upload is another card's", other_card, judge_purse, wrong, false},
        {"less than was paid", less_than_was_paid, judge_purse, wrong, false},
        {"nothing waits", upload_lost, judge_purse, wrong, false},
        {"an intent, which names no card", intent_of_no_card, judge_purse, NULL, false},
        {"a load that was reversed", load_that_was_reversed, judge_purse, wrong, false},
        {"a load without an answer", load_without_an_answer, judge_purse, NULL, false},
    };
    static struct oracle_case o;
    struct journal told = {0};
    play_purse(&o, sale, &told);
    assert_int_equal(told.uploads, 1);
    tell_all(&o, &told, of_a_sale, sizeof of_a_sale / sizeof *of_a_sale);
    oracle_case_close(&o);

    /* The card leaves when the script has been run: reversed, and the purse has the money all the same. */
    static const char load[] = "t:power_on() c:fault { at = 'put_data', kind = 'remove', after = 1 } "
                               "t:keys 'FUNC' t:keys '3 ENTER' t:keys '5000 ENTER' t:insert(c) "
                               "expect.screen(t, 'enter_pin') t:pin '123456' expect.screen(t, 'contact_issuer') "
                               "t:remove() host.wait('0400', 1, 900) bench.wait(10)";
    static const char too_much[] = "has 15000 cents in its purse, by the books it is 10000";
    static const struct lie of_a_load[] = {
        {"truth", truth, judge_purse, NULL, false},
        {"a load that is done", load_that_is_done, judge_purse, too_much, false},
        {"a sale", sale_that_was_reversed, judge_purse, too_much, false},
        {"more than was loaded", more_than_was_loaded, judge_purse, too_much, false},
    };
    play_purse(&o, load, &told);
    assert_int_equal(told.record[0].outcome, FIRMWARE_REVERSED);
    tell_all(&o, &told, of_a_load, sizeof of_a_load / sizeof *of_a_load);
    journal_clear(&told);
    oracle_case_close(&o);
}

/* -- the messages -- */

/* The upload as it was sent, with one object of DE55 in place of another; `tag` 0: DE55 as it was. */
static struct iso_message with_object(const struct iso_message *m, uint32_t tag, const char *value, size_t value_len)
{
    struct iso_message out = *m;
    struct tlv object;
    struct tlv_out tlv;
    uint8_t bytes[512];
    size_t len, at = 0;
    const uint8_t *chip = iso_get(m, 55, &len);
    tlv_out_init(&tlv, bytes, sizeof bytes);
    while (tlv_next(chip, len, &at, &object) == OK)
        if (object.tag != tag)
            tlv_put(&tlv, object.tag, object.value, object.len);
    if (value)
        tlv_put(&tlv, tag, (const uint8_t *)value, value_len);
    assert_int_equal(iso_set(&out, 55, tlv.bytes, tlv.len), OK);
    return out;
}

static void assert_upload(const struct iso_message *m, const char *told)
{
    struct verdict v = {"pass", ""};
    judge_upload(m, "000002", &v);
    assert_verdict(&v, told ? "fail" : "pass", told);
}

static void an_upload_that_says_too_much_or_too_little_is_told(void **state)
{
    (void)state;
    static struct oracle_case o;
    struct iso_message m, other;
    o = (struct oracle_case){.profile = "unionpay-offline", .card = "offline-often"};
    oracle_case_play(&o, "t:power_on() t:sale '1.00' t:insert(c) expect.screen(t, 'approved', 900) t:remove() "
                         "host.wait('0220', 1) t:wait_idle()");
    assert_int_equal(host_last(o.bench.host, "0220", 0, &m), OK);
    assert_true(judge_is_upload(&m));
    assert_upload(&m, NULL);
    for (uint8_t de = 35; de <= 52; de = de == 35 ? 36 : de == 36 ? 52 : 53) {
        other = m;
        assert_int_equal(iso_set(&other, de, (const uint8_t *)"12345678", 8), OK);
        assert_upload(&other, "which nobody may have kept");
    }
    other = m;
    iso_clear(&other, 2);
    assert_upload(&other, "names no card");
    other = m;
    iso_clear(&other, 55);
    assert_upload(&other, "carries no TC");
    other = with_object(&m, 0x9F27, "\x80", 1);
    assert_upload(&other, "carries no TC");
    other = with_object(&m, 0x9F27, NULL, 0);
    assert_upload(&other, "carries no TC");
    other = with_object(&m, 0x8A, "Z3", 2);
    assert_upload(&other, "does not say Y1 or Y3");
    other = with_object(&m, 0x8A, NULL, 0);
    assert_upload(&other, "does not say Y1 or Y3");
    other = with_object(&m, 0x8A, "Y3", 2);
    assert_upload(&other, NULL);
    other = m;
    memcpy(other.mti, "0200", 5);
    assert_false(judge_is_upload(&other)); /* 60.1 is 30 */
    const struct evidence e = {.bench = &o.bench, .terminal = &o.bench.terminal[0]};
    assert_false(judge_repeated(&e, "94", 2)); /* it was sent once */
    oracle_case_close(&o);
}

/* 94 to a number that was sent twice is no complaint; to another number it is. */
static void a_repeat_is_known_by_its_number(void **state)
{
    (void)state;
    static struct oracle_case o;
    o = (struct oracle_case){.profile = "unionpay-offline", .card = "offline-often"};
    oracle_case_play(&o, "t:power_on() host.rule { on = '0220', action = 'silent_after' } t:sale '1.00' t:insert(c) "
                         "expect.screen(t, 'approved', 900) t:remove() host.wait('0220', 2, 900) t:wait_idle()");
    const struct evidence e = {.bench = &o.bench, .terminal = &o.bench.terminal[0]};
    assert_true(judge_repeated(&e, "94", 2));
    assert_false(judge_repeated(&e, "94", 3));
    assert_false(judge_repeated(&e, "96", 2));
    oracle_case_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_lie_about_approvals_is_told),
        cmocka_unit_test(each_lie_about_a_purse_is_told),
        cmocka_unit_test(a_repeat_is_known_by_its_number),
        cmocka_unit_test(an_upload_that_says_too_much_or_too_little_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
