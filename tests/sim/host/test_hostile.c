/* Malformed and hostile input: every prefix, every flipped bit, junk. A named result each time, nothing booked, no
 * crash. */
#include "tests/sim/host/peer.h"

static void expect_untouched(struct peer *p, const char *where, size_t at)
{
    const struct host_entry *e;
    if (host_entries(p->host, &e) != 0 || host_imbalance(p->host) != 0)
        fail_msg("%s %zu: booked (%s)", where, at, p->result.what);
    assert_true(p->result.what[0] != '\0');
    assert_true(p->result.answers <= HOST_ANSWERS);
}

/* A signed sale with a chip, PIN and all. */
static size_t good_frame(struct peer *p, uint8_t *frame, size_t cap)
{
    struct iso_message m;
    struct peer_chip c;
    peer_chip_sale(p, &m, &c, 100);
    peer_pin(p, &m, PEER_CHIP_PAN, "1234");
    iso_set_text(&m, 22, "051");
    peer_sign(p, &m);
    return peer_frame(&m, frame, cap);
}

static void every_prefix(void **state)
{
    struct peer p;
    uint8_t frame[ISO_BODY_MAX];
    (void)state;
    peer_open(&p, 5);
    peer_sign_in(&p);
    size_t len = good_frame(&p, frame, sizeof frame);
    for (size_t n = 0; n < len; n++) {
        uint8_t cut[ISO_BODY_MAX];
        memcpy(cut, frame, n);
        if (n >= 2) { /* with a LEN that says so */
            cut[0] = (uint8_t)((n - 2) >> 8);
            cut[1] = (uint8_t)(n - 2);
        }
        peer_raw(&p, cut, n);
        expect_untouched(&p, "prefix", n);
        if (n >= 2)
            peer_raw(&p, frame + 2, n - 2); /* and without one */
        expect_untouched(&p, "prefix without LEN", n);
    }
    peer_raw(&p, frame, len);
    assert_string_equal(p.result.what, "approved");
    peer_close(&p);
}

static void every_flipped_bit(void **state)
{
    struct peer p;
    uint8_t frame[ISO_BODY_MAX];
    (void)state;
    peer_open(&p, 5);
    peer_sign_in(&p);
    size_t len = good_frame(&p, frame, sizeof frame);
    struct host *before = p.host;
    for (size_t i = 0; i < 8 * len; i++) {
        p.host = host_clone(before);
        assert_non_null(p.host);
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
        peer_raw(&p, frame, len);
        if (i / 8 < 2 || i / 8 >= 13) /* TPDU and header are not under the MAC */
            expect_untouched(&p, "bit", i);
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
        host_destroy(p.host);
    }
    p.host = before;
    peer_raw(&p, frame, len);
    assert_string_equal(p.result.what, "approved");
    peer_close(&p);
}

/* The same, but signed again after the change, so that it comes past the MAC. */
static void flipped_and_signed(void **state)
{
    struct peer p;
    uint8_t frame[ISO_BODY_MAX];
    (void)state;
    peer_open(&p, 5);
    peer_sign_in(&p);
    size_t len = good_frame(&p, frame, sizeof frame);
    struct host *before = p.host;
    for (size_t i = 8 * 13; i < 8 * (len - 8); i++) {
        p.host = host_clone(before);
        assert_non_null(p.host);
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
        mac_cup_ecb(p.mak, 8, frame + 13, len - 13 - 8, frame + len - 8);
        peer_raw(&p, frame, len);
        assert_true(p.result.what[0] != '\0');
        assert_int_equal(host_imbalance(p.host), 0);
        frame[i / 8] ^= (uint8_t)(1 << i % 8);
        host_destroy(p.host);
    }
    p.host = before;
    peer_close(&p);
}

static void junk(void **state)
{
    struct peer p;
    uint8_t bytes[ISO_BODY_MAX + 200];
    uint32_t x = 12345;
    (void)state;
    peer_open(&p, 5);
    peer_sign_in(&p);
    for (size_t round = 0; round < 3000; round++) {
        size_t len = round % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            x = x * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(x >> 24);
        }
        if (len > 22 && round % 2) { /* half of them get past the frame and the MTI */
            bytes[0] = 0x60;
            bytes[11] = 0x02;
            bytes[12] = 0x00;
            bytes[13] &= 0x7F;
        }
        peer_raw(&p, bytes, len);
        expect_untouched(&p, "junk", round);
    }
    peer_raw(&p, NULL, 0);
    assert_string_equal(p.result.what, "unreadable frame");
    peer_close(&p);
}

static void format_errors_are_answered_with_30(void **state)
{
    struct peer p;
    struct iso_message m;
    uint8_t frame[ISO_BODY_MAX];
    char text[64];
    (void)state;
    peer_open(&p, 5);
    peer_sign_in(&p);
    peer_stripe_sale(&p, &m, 100);
    peer_sign(&p, &m);
    size_t len = peer_frame(&m, frame, sizeof frame);
    frame[13 + 10 + 3] = 0xAA; /* amount */
    peer_raw(&p, frame, len);
    peer_read(&p, 0);
    assert_string_equal(p.code, "30");
    assert_string_equal(p.result.what, "declined 30: field 4");
    assert_string_equal(peer_field(&p, 3, text), "000000");
    assert_string_equal(p.answer.mti, "0210");
    m.mti[2] = '1'; /* an answer is nothing to answer */
    peer_raw(&p, frame, peer_frame(&m, frame, sizeof frame));
    assert_string_equal(p.result.what, "not a request");
    assert_int_equal(p.result.answers, 0);
    peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(every_flipped_bit),
        cmocka_unit_test(flipped_and_signed),
        cmocka_unit_test(junk),
        cmocka_unit_test(format_errors_are_answered_with_30),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
