/* The host as a value: clones, hashes, limits, what scripts can ask; and the books after long random business. */
#include "tests/sim/host/peer.h"

#include "sim/host/state.h" /* to fill it up */

static void clone_is_equal_and_apart(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t a[32], b[32];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &m, 100);
    peer_ask(&p, &m);
    struct host *copy = host_clone(p.host);
    assert_non_null(copy);
    host_hash(p.host, a);
    host_hash(copy, b);
    assert_memory_equal(a, b, 32);
    assert_int_equal(host_count(copy, "0200"), 1);
    peer_stripe_sale(&p, &m, 100);
    peer_ask(&p, &m);
    host_hash(p.host, a);
    host_hash(copy, b);
    assert_memory_not_equal(a, b, 32);
    const struct host_entry *e;
    assert_int_equal(host_entries(copy, &e), 1);
    struct host *original = p.host;
    p.host = copy;
    p.now_us = 5000000; /* another time, the same business: the same state */
    peer_ask(&p, &m);
    host_hash(p.host, b);
    assert_memory_equal(a, b, 32);
    host_destroy(original);
    peer_close(&p);
}

static void requests_are_kept(void **state)
{
    struct peer p;
    struct iso_message m;
    char text[16];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    assert_int_equal(host_last(p.host, "0200", 0, &m), E_NOTFOUND);
    for (int i = 0; i < 100; i++) {
        peer_stripe_sale(&p, &m, 1);
        peer_ask(&p, &m);
        if (i == 70) { /* a clone in the middle of the ring goes on like its original */
            struct host *copy = host_clone(p.host);
            host_destroy(p.host);
            p.host = copy;
        }
    }
    assert_int_equal(host_count(p.host, ""), 101);
    assert_int_equal(host_count(p.host, "0200"), 100);
    assert_int_equal(host_count(p.host, "0400"), 0);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(host_last(p.host, "0200", i, &m), OK);
        iso_text(&m, 11, text, sizeof text);
        assert_int_equal(strtoul(text, NULL, 10), 100 - i);
    }
    assert_int_equal(host_last(p.host, "", 64, &m), E_NOTFOUND);
    assert_int_equal(host_last(p.host, "0800", 0, &m), E_NOTFOUND); /* long ago */
    peer_close(&p);
}

static void clone_of_a_short_history_grows(void **state)
{
    struct peer p;
    struct iso_message m;
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    for (int i = 0; i < 30; i++) {
        struct host *copy = host_clone(p.host);
        host_destroy(p.host);
        p.host = copy;
        peer_stripe_sale(&p, &m, 1);
        peer_ask(&p, &m);
        assert_string_equal(p.code, "00");
    }
    assert_int_equal(host_last(p.host, "0800", 0, &m), OK);
    peer_close(&p);
}

static void limits_of_registration(void **state)
{
    struct peer p;
    (void)state;
    peer_open(&p, 6);
    struct host_terminal t = {.terminal_id = "20000000"};
    for (int i = 0; i < 7; i++) {
        t.terminal_id[7] = (char)('0' + i);
        assert_int_equal(host_add_terminal(p.host, &t), OK);
    }
    t.terminal_id[7] = '9';
    assert_int_equal(host_add_terminal(p.host, &t), E_LIMIT);
    struct host_account a = {.pan = "6200000000000000"};
    for (int i = 0; i < HOST_ACCOUNTS - 3; i++) {
        a.pan[13] = (char)('0' + i / 100);
        a.pan[14] = (char)('0' + i / 10 % 10);
        a.pan[15] = (char)('0' + i % 10);
        assert_int_equal(host_add_account(p.host, &a), OK);
    }
    assert_int_equal(host_add_account(p.host, &a), OK); /* the same again replaces */
    memcpy(a.pan, "6299999999999999", 17);
    assert_int_equal(host_add_account(p.host, &a), E_LIMIT);
    memcpy(a.pan, "62X", 4);
    assert_int_equal(host_add_account(p.host, &a), E_INVAL);
    int64_t cents;
    assert_int_equal(host_balance(p.host, "62", &cents), E_NOTFOUND);
    peer_close(&p);
}

/* A full ledger refuses; it does not overwrite, and it does not approve what it cannot book. */
static void full_ledger_refuses(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    const struct host_entry *e;
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 300);
    peer_ask(&p, &sale);
    size_t count = p.host->entry_count, room = p.host->entry_room;
    p.host->entry_count = p.host->entry_room = HOST_ENTRIES; /* as if it were full */
    peer_reversal(&sale, &back, "98");
    peer_ask(&p, &back);
    assert_string_equal(p.code, "96");
    peer_stripe_sale(&p, &sale, 300);
    peer_ask(&p, &sale);
    assert_string_equal(p.code, "96");
    assert_false(iso_has(&p.answer, 38));
    p.host->entry_count = count;
    p.host->entry_room = room;
    assert_int_equal(host_entries(p.host, &e), 1);
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 99700);
    peer_ask(&p, &back);
    assert_string_equal(p.code, "00");
    peer_close(&p);
}

/* Every kind of state that later answers depend on must move the hash. */
static void hash_sees_what_counts(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t a[32], b[32];
    struct host_rule rule = {.mti = "0200", .nth = 5, .action = HOST_LATE};
    (void)state;
    peer_open(&p, 6);
    host_hash(p.host, a);
    peer_sign_in(&p);
    host_hash(p.host, b);
    assert_memory_not_equal(a, b, 32);
    struct host *before = host_clone(p.host);
    host_find_account(before, PEER_STRIPE_PAN, NULL)->pin_failures++;
    host_changed(before, NULL, 0); /* as whoever changes it must say */
    host_hash(before, a);
    assert_memory_not_equal(a, b, 32);
    host_destroy(before);
    assert_int_equal(host_add_rule(p.host, &rule), OK);
    host_hash(p.host, a);
    assert_memory_not_equal(a, b, 32);
    host_clear_rules(p.host);
    peer_stripe_sale(&p, &m, 100001); /* declined: no line, but a decided request */
    peer_ask(&p, &m);
    host_hash(p.host, a);
    assert_memory_not_equal(a, b, 32);
    peer_close(&p);
}

/* What changes nothing must not look like a new state, or no sweep over repeats ends. */
static void hash_ignores_repeats(void **state)
{
    struct peer p;
    struct iso_message sale, back, echo;
    uint8_t a[32], b[32];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 300);
    peer_ask(&p, &sale);
    peer_reversal(&sale, &back, "98");
    peer_ask(&p, &back);
    host_hash(p.host, a);
    peer_ask(&p, &back);
    peer_ask(&p, &sale);
    peer_send(&p, &back); /* DE64 is right: as sent before */
    peer_network(&echo, "0800", 1, "301");
    peer_send(&p, &echo);
    host_hash(p.host, b);
    assert_memory_equal(a, b, 32);
    peer_sign_in(&p);
    host_hash(p.host, a);
    peer_sign_in(&p); /* nothing came under the keys yet */
    host_hash(p.host, b);
    assert_memory_equal(a, b, 32);
    for (int i = 0; i < 4; i++) {
        peer_ask(&p, &back);
        peer_sign_in(&p);
    }
    host_hash(p.host, b);
    assert_memory_equal(a, b, 32); /* working keys come round */
    peer_close(&p);
}

/* An account set again while it has entries: the books still balance. */
static void replaced_account(void **state)
{
    struct peer p;
    struct iso_message sale, back;
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &sale, 300);
    peer_ask(&p, &sale);
    struct host_account a = {.pan = PEER_STRIPE_PAN, .balance_cents = 1000, .status = "00"};
    assert_int_equal(host_add_account(p.host, &a), OK);
    assert_int_equal(host_imbalance(p.host), 0);
    peer_reversal(&sale, &back, "98");
    peer_ask(&p, &back);
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 1300);
    peer_close(&p);
}

/* A model of the books, kept by the test: what each trace number must have done. */
#define ROUNDS 2000
struct model {
    struct iso_message sale[ROUNDS + 1];
    uint64_t booked[ROUNDS + 1];
    bool sent[ROUNDS + 1], buried[ROUNDS + 1];
    int64_t balance;
    uint32_t x;
};

static uint32_t draw(struct model *w, uint32_t bound)
{
    w->x = w->x * 1664525 + 1013904223;
    return (w->x >> 8) % bound;
}

static void one_sale(struct peer *p, struct model *w, uint32_t trace)
{
    uint64_t amount = 1 + draw(w, 300);
    if (!iso_has(&w->sale[trace], 3)) {
        p->trace = trace - 1;
        peer_stripe_sale(p, &w->sale[trace], amount);
    }
    if (draw(w, 4) == 0)
        return; /* lost on its way */
    peer_ask(p, &w->sale[trace]);
    if (w->buried[trace]) {
        assert_string_equal(p->code, "12");
    } else if (w->sent[trace]) {
        assert_string_equal(p->code, "94");
    } else {
        char text[16];
        iso_text(&w->sale[trace], 4, text, sizeof text);
        amount = strtoull(text, NULL, 10);
        bool enough = w->balance >= (int64_t)amount;
        assert_string_equal(p->code, enough ? "00" : "51");
        w->sent[trace] = true;
        w->booked[trace] = enough ? amount : 0;
        w->balance -= enough ? (int64_t)amount : 0;
    }
}

static void one_reversal(struct peer *p, struct model *w, uint32_t trace, bool *undone)
{
    struct iso_message back;
    if (!iso_has(&w->sale[trace], 3))
        return;
    peer_reversal(&w->sale[trace], &back, "98");
    peer_ask(p, &back);
    if (!w->sent[trace]) {
        assert_string_equal(p->code, "25");
        w->buried[trace] = true;
    } else if (w->booked[trace] == 0) {
        assert_string_equal(p->code, "12");
    } else {
        assert_string_equal(p->code, "00");
        if (!undone[trace])
            w->balance += (int64_t)w->booked[trace];
        undone[trace] = true;
    }
}

static void random_business_balances(void **state)
{
    static const uint32_t seeds[] = {1, 2, 3};
    struct model *w = test_malloc(sizeof *w);
    (void)state;
    for (size_t s = 0; s < sizeof seeds / sizeof *seeds; s++) {
        struct peer p;
        bool undone[ROUNDS + 1] = {false};
        memset(w, 0, sizeof *w);
        w->x = seeds[s];
        w->balance = 100000;
        peer_open(&p, seeds[s]);
        peer_sign_in(&p);
        for (uint32_t i = 0; i < ROUNDS; i++) {
            uint32_t trace = 1 + draw(w, 500);
            if (draw(w, 3))
                one_sale(&p, w, trace);
            else
                one_reversal(&p, w, trace, undone);
            assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), w->balance);
            assert_int_equal(host_imbalance(p.host), 0);
        }
        const struct host_entry *e;
        size_t n = host_entries(p.host, &e);
        int64_t merchant = 0;
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(e[i].number, i + 1);
            merchant += e[i].kind == HOST_BOOKED ? (int64_t)e[i].amount_cents : 0;
            merchant -= e[i].kind == HOST_REVERSED ? (int64_t)e[i].amount_cents : 0;
        }
        assert_int_equal(merchant, 100000 - w->balance);
        peer_close(&p);
    }
    test_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clone_is_equal_and_apart),
        cmocka_unit_test(requests_are_kept),
        cmocka_unit_test(clone_of_a_short_history_grows),
        cmocka_unit_test(limits_of_registration),
        cmocka_unit_test(full_ledger_refuses),
        cmocka_unit_test(hash_sees_what_counts),
        cmocka_unit_test(hash_ignores_repeats),
        cmocka_unit_test(replaced_account),
        cmocka_unit_test(random_business_balances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
