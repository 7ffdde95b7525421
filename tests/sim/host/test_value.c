/* Clones and versions: what sweeps lean on when they keep and share thousands of hosts. */
#include "tests/sim/host/peer.h"

#include <malloc.h>

static void the_version_moves_with_every_change(void **state)
{
    struct peer p;
    struct iso_message m;
    struct host_rule rule = {.mti = "0200", .action = HOST_LATE};
    struct host_result result;
    (void)state;
    peer_open(&p, 6);
    uint64_t seen[8];
    size_t n = 0;
    seen[n++] = host_version(p.host);
    peer_sign_in(&p);
    seen[n++] = host_version(p.host);
    peer_stripe_sale(&p, &m, 100);
    peer_ask(&p, &m);
    seen[n++] = host_version(p.host);
    peer_ask(&p, &m); /* a duplicate: not in the hash, but it counts and is kept */
    seen[n++] = host_version(p.host);
    assert_int_equal(host_add_rule(p.host, &rule), OK);
    seen[n++] = host_version(p.host);
    host_clear_rules(p.host);
    seen[n++] = host_version(p.host);
    iso_set_text(&m, 3, "999999"); /* refused, and kept all the same */
    peer_ask(&p, &m);
    seen[n++] = host_version(p.host);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    host_process(p.host, 0, (const uint8_t *)"rubbish", 7, &result);
    assert_true(host_version(p.host) == seen[n - 1]);
    peer_close(&p);
}

/* Clones that see the same have the same version again, wherever they came from; others never do. */
static void equal_versions_mean_equal_hosts(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t a[32], b[32];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    struct host *original = p.host, *other = host_clone(original), *third = host_clone(original);
    assert_true(host_version(original) == host_version(other));
    peer_stripe_sale(&p, &m, 100);
    peer_ask(&p, &m);
    p.host = other;
    peer_ask(&p, &m);
    assert_true(host_version(original) == host_version(other));
    p.host = third;
    p.now_us += 1;
    peer_ask(&p, &m); /* an instant later: another entry, the same state */
    assert_true(host_version(original) != host_version(third));
    host_hash(original, a);
    host_hash(third, b);
    assert_memory_equal(a, b, 32);
    host_destroy(other);
    host_destroy(third);
    p.host = original;
    peer_close(&p);
}

/* The hash is remembered by version: after any number of other hosts it is still the one that is computed. */
static void remembered_hashes_are_right(void **state)
{
    enum { HOSTS = 60 };
    struct peer p;
    struct iso_message m;
    struct host *hosts[HOSTS];
    uint8_t first[HOSTS][32], again[32];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    for (size_t i = 0; i < HOSTS; i++) {
        hosts[i] = host_clone(p.host);
        host_hash(hosts[i], first[i]);
        if (i)
            assert_memory_not_equal(first[i], first[i - 1], 32);
        peer_stripe_sale(&p, &m, 1);
        peer_ask(&p, &m);
    }
    for (size_t i = HOSTS; i-- > 0;) {
        host_hash(hosts[i], again);
        assert_memory_equal(first[i], again, 32);
    }
    peer_close(&p); /* the original goes first */
    for (size_t i = 0; i < HOSTS; i++) {
        host_hash(hosts[i], again);
        assert_memory_equal(first[i], again, 32);
        host_destroy(hosts[i]);
    }
}

/* Kept requests are shared, and still each host has its own ring. */
static void rings_part(void **state)
{
    struct peer p;
    struct iso_message m, kept;
    char trace[16];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    for (unsigned sales = 0; sales < 90; sales++) { /* round the ring, with a clone on the way at every place */
        struct host *original = p.host, *clone = host_clone(original);
        size_t before = host_count(original, "");
        p.host = clone;
        for (unsigned i = 0; i < 3; i++) {
            peer_stripe_sale(&p, &m, 1);
            peer_ask(&p, &m);
        }
        p.trace -= 3;
        p.host = original;
        assert_int_equal(host_count(original, ""), before);
        assert_int_equal(host_count(clone, ""), before + 3);
        peer_stripe_sale(&p, &m, 2);
        peer_ask(&p, &m);
        for (size_t nth = 0; nth <= sales && nth < 64; nth++) {
            assert_int_equal(host_last(original, "0200", nth, &kept), OK);
            iso_text(&kept, 11, trace, sizeof trace);
            assert_int_equal(strtoul(trace, NULL, 10), p.trace - nth);
        }
        assert_int_equal(host_last(clone, "0200", 0, &kept), OK);
        iso_text(&kept, 11, trace, sizeof trace);
        assert_int_equal(strtoul(trace, NULL, 10), p.trace + 2);
        host_destroy(clone);
    }
    assert_int_equal(host_last(p.host, "", 63, &kept), OK);
    assert_int_equal(host_last(p.host, "", 64, &kept), E_NOTFOUND);
    iso_set_text(&kept, 42, "x"); /* a copy to do anything with */
    peer_close(&p);
}

/* Duplicates and originals are found whatever the number of operations, and after cloning at any of them. */
static void operations_are_found_among_many(void **state)
{
    struct peer p;
    struct iso_message first, m, back;
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &first, 5);
    peer_ask(&p, &first);
    for (unsigned i = 0; i < 150; i++) {
        peer_stripe_sale(&p, &m, 1);
        peer_ask(&p, &m);
        assert_string_equal(p.code, "00");
        struct host *clone = host_clone(p.host), *original = p.host;
        p.host = clone;
        peer_ask(&p, &first);
        assert_string_equal(p.code, "94");
        peer_ask(&p, &m);
        assert_string_equal(p.code, "94");
        peer_reversal(&first, &back, "98");
        peer_ask(&p, &back);
        assert_string_equal(p.code, "00");
        p.host = original;
        host_destroy(clone);
    }
    assert_int_equal(peer_balance(&p, PEER_STRIPE_PAN), 100000 - 5 - 150);
    peer_close(&p);
}

/* A sweep keeps one host for every change of it. */
static void a_clone_is_small(void **state)
{
    enum { CLONES = 100 };
    struct peer p;
    struct iso_message m;
    struct host *clones[CLONES];
    (void)state;
    peer_open(&p, 6);
    peer_sign_in(&p);
    for (unsigned i = 0; i < 10; i++) {
        peer_stripe_sale(&p, &m, 1);
        peer_ask(&p, &m);
    }
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < CLONES; i++)
        clones[i] = host_clone(p.host);
    size_t each = (mallinfo2().uordblks - before) / CLONES;
    if (before) /* AddressSanitizer's allocator does not tell */
        assert_in_range(each, 1000, 8192);
    for (unsigned i = 0; i < CLONES; i++)
        host_destroy(clones[i]);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_moves_with_every_change), cmocka_unit_test(equal_versions_mean_equal_hosts),
        cmocka_unit_test(remembered_hashes_are_right),         cmocka_unit_test(rings_part),
        cmocka_unit_test(operations_are_found_among_many),     cmocka_unit_test(a_clone_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
