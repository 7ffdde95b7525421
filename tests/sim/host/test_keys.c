/* What the host hands out: lists in parts, objects by name, the requirement until the end, clones and hashes. */
#include "sim/host/keys.h"
#include "tests/sim/host/peer.h"

static struct host_object object_of(enum host_list list, uint8_t index)
{
    struct host_object o = {.list = list};
    struct tlv_out out;
    tlv_out_init(&out, o.name, sizeof o.name);
    tlv_put(&out, 0x9F06, "\xA0\x00\x00\x03\x33", 5);
    tlv_put(&out, 0x9F22, &index, 1);
    o.name_len = out.len;
    memcpy(o.entry, o.name, out.len);
    o.entry_len = out.len;
    memcpy(o.bytes, o.name, out.len);
    memcpy(o.bytes + out.len, "\xDF\x02\x01\x55", 4);
    o.len = out.len + 4;
    return o;
}

static void offer(struct peer *p, unsigned per_answer, enum host_list_fault fault, size_t count)
{
    const struct host_object objects[] = {object_of(HOST_KEYS, 0xF1), object_of(HOST_KEYS, 0xF2),
                                          object_of(HOST_KEYS, 0xF3)};
    const struct host_offer o = {
        .list = HOST_KEYS, .per_answer = per_answer, .fault = fault, .nth = 2, .demanded = true};
    assert_int_equal(host_make_offer(p->host, &o, objects, count), OK);
}

/* DE62 of the answer to this message, its length. */
static size_t ask(struct peer *p, const char *mti, const char *code, const void *field62, size_t len,
                  const uint8_t **answer)
{
    struct iso_message m;
    size_t got = 0;
    peer_network(&m, mti, p->batch, code);
    if (len)
        iso_set(&m, 62, field62, len);
    peer_send(p, &m);
    *answer = iso_get(&p->answer, 62, &got);
    return got;
}

static uint8_t requirement(const struct peer *p)
{
    return p->frame.header[2] & 0x0F;
}

static void a_list_comes_in_parts(void **state)
{
    struct peer p;
    const uint8_t *answer;
    (void)state;
    peer_open(&p, 7);
    assert_int_equal(ask(&p, "0820", "372", "100", 3, &answer), 1); /* nothing yet */
    assert_int_equal(answer[0], '0');
    offer(&p, 2, HOST_LIST_GOOD, 3);
    assert_int_equal(ask(&p, "0820", "372", "100", 3, &answer), 1 + 2 * 12);
    assert_int_equal(answer[0], '2');
    assert_int_equal(requirement(&p), 4);
    assert_int_equal(ask(&p, "0820", "372", "102", 3, &answer), 1 + 12);
    assert_int_equal(answer[0], '3');
    assert_int_equal(answer[12], 0xF3);
    assert_int_equal(ask(&p, "0820", "372", "104", 3, &answer), 0);
    assert_string_equal(p.code, "30");                              /* it cannot have had four */
    assert_int_equal(ask(&p, "0820", "382", "100", 3, &answer), 1); /* the other list */
    assert_int_equal(answer[0], '0');
    peer_close(&p);
}

static void an_object_comes_by_its_name(void **state)
{
    struct peer p;
    const uint8_t *answer;
    const struct host_object f1 = object_of(HOST_KEYS, 0xF1), f2 = object_of(HOST_KEYS, 0xF2),
                             f9 = object_of(HOST_KEYS, 0xF9);
    (void)state;
    peer_open(&p, 7);
    offer(&p, 12, HOST_LIST_GOOD, 3);
    assert_int_equal(ask(&p, "0800", "370", f2.name, f2.name_len, &answer), 1 + f2.len);
    assert_int_equal(answer[0], '1');
    assert_memory_equal(answer + 1, f2.bytes, f2.len);
    assert_int_equal(ask(&p, "0800", "370", f9.name, f9.name_len, &answer), 1);
    assert_int_equal(answer[0], '0');
    offer(&p, 12, HOST_LIST_CHECKSUM, 3); /* of the second */
    ask(&p, "0800", "370", f1.name, f1.name_len, &answer);
    assert_memory_equal(answer + 1, f1.bytes, f1.len);
    ask(&p, "0800", "370", f2.name, f2.name_len, &answer);
    assert_int_equal(answer[f2.len], 0x54);
    peer_close(&p);
}

static void the_requirement_stands_until_the_end(void **state)
{
    struct peer p;
    struct iso_message sale;
    const uint8_t *answer;
    (void)state;
    peer_open(&p, 7);
    peer_sign_in(&p);
    offer(&p, 12, HOST_LIST_GOOD, 1);
    peer_stripe_sale(&p, &sale, 100);
    peer_ask(&p, &sale);
    assert_int_equal(requirement(&p), 4);
    ask(&p, "0820", "381", NULL, 0, &answer); /* the end of the other list */
    assert_int_equal(requirement(&p), 4);
    ask(&p, "0820", "371", NULL, 0, &answer);
    assert_int_equal(requirement(&p), 0);
    peer_close(&p);
}

static void an_offer_is_part_of_the_value(void **state)
{
    struct peer p;
    uint8_t before[32], after[32], cloned[32];
    (void)state;
    peer_open(&p, 7);
    host_hash(p.host, before);
    offer(&p, 12, HOST_LIST_GOOD, 3);
    host_hash(p.host, after);
    assert_memory_not_equal(before, after, 32);
    struct host *copy = host_clone(p.host);
    assert_non_null(copy);
    host_hash(copy, cloned);
    assert_memory_equal(after, cloned, 32);
    host_destroy(copy);
    offer(&p, 12, HOST_LIST_GOOD, 2);
    host_hash(p.host, cloned);
    assert_memory_not_equal(after, cloned, 32);
    peer_close(&p);
}

static void an_offer_has_limits(void **state)
{
    static struct host_object many[HOST_OBJECTS + 1];
    struct peer p;
    struct host_offer o = {.list = HOST_KEYS, .per_answer = 0};
    (void)state;
    peer_open(&p, 7);
    assert_int_equal(host_make_offer(p.host, &o, many, 0), E_INVAL);
    o.per_answer = HOST_PER_ANSWER + 1;
    assert_int_equal(host_make_offer(p.host, &o, many, 0), E_INVAL);
    o.per_answer = 1;
    assert_int_equal(host_make_offer(p.host, &o, many, HOST_OBJECTS + 1), E_LIMIT);
    assert_int_equal(host_make_offer(p.host, &o, many, HOST_OBJECTS), OK);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_comes_in_parts),
        cmocka_unit_test(an_object_comes_by_its_name),
        cmocka_unit_test(the_requirement_stands_until_the_end),
        cmocka_unit_test(an_offer_is_part_of_the_value),
        cmocka_unit_test(an_offer_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
