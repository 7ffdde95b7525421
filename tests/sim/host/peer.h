/*
 * A terminal's side of the line for the host's tests: builds requests with core/codec as a terminal would, sends them,
 * and reads what comes back. Nothing here uses the host's inside.
 */
#ifndef POSBENCH_TESTS_SIM_HOST_PEER_H
#define POSBENCH_TESTS_SIM_HOST_PEER_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/cryptogram.h"
#include "core/codec/hex.h"
#include "core/codec/mac.h"
#include "core/codec/pinblock.h"
#include "core/codec/tlv.h"
#include "sim/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER_TERMINAL "10000001"
#define PEER_MERCHANT "104100050450001"
#define PEER_STRIPE_PAN "6210670000000003"
#define PEER_CHIP_PAN "6210670000000011"
#define PEER_DEAR_PAN "6210670000000029"

static const uint8_t peer_tmk[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                     0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
static const uint8_t peer_imk[16] = {0xC4, 0xD6, 0x89, 0x15, 0x8A, 0xD9, 0xFB, 0x9D,
                                     0x23, 0x10, 0x5B, 0x91, 0xCE, 0x04, 0x6D, 0x0E};

struct peer {
    struct host *host;
    uint8_t pik[16], mak[8];
    size_t pik_len;
    uint32_t batch, trace;
    uint64_t now_us;
    struct host_result result; /* of the last request */
    struct iso_frame frame;    /* its answer, */
    struct iso_message answer; /* read */
    char code[3];              /* DE39 of it, "" without */
};

/* What the host must know: two cards for the stripe, one with a chip. */
static inline void peer_open(struct peer *p, uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->host = host_create(seed);
    assert_non_null(p->host);
    p->batch = 1;
    struct host_terminal t = {.terminal_id = PEER_TERMINAL, .merchant_id = PEER_MERCHANT};
    memcpy(t.tmk, peer_tmk, 16);
    assert_int_equal(host_add_terminal(p->host, &t), OK);
    struct host_account a = {.pan = PEER_STRIPE_PAN,
                             .expiry = "3012",
                             .service_code = "120",
                             .pin = "123456",
                             .balance_cents = 100000,
                             .status = "00"};
    assert_int_equal(host_add_account(p->host, &a), OK);
    struct host_account chip = {.pan = PEER_CHIP_PAN,
                                .psn = "01",
                                .expiry = "3012",
                                .service_code = "220",
                                .pin = "1234",
                                .balance_cents = 100000,
                                .status = "00",
                                .has_chip = true,
                                .scheme = AC_PBOC};
    memcpy(chip.imk_ac, peer_imk, 16);
    assert_int_equal(host_add_account(p->host, &chip), OK);
    struct host_account other = {
        .pan = PEER_DEAR_PAN, .expiry = "3012", .service_code = "101", .balance_cents = 500, .status = "00"};
    assert_int_equal(host_add_account(p->host, &other), OK);
}

static inline void peer_close(struct peer *p)
{
    assert_int_equal(host_imbalance(p->host), 0);
    host_destroy(p->host);
}

static inline size_t peer_frame(struct iso_message *m, uint8_t *out, size_t cap)
{
    uint8_t body[ISO_BODY_MAX];
    struct iso_frame f = {
        .tpdu = {0x60, 0x00, 0x03, 0x12, 0x34}, .header = {0x61, 0x31, 0x00, 0x31, 0x10, 0x01}, .body = body};
    size_t len;
    assert_int_equal(iso_pack(m, false, body, sizeof body, &f.body_len), OK);
    assert_int_equal(iso_frame_pack(&f, out, cap, &len), OK);
    return len;
}

static inline void peer_read(struct peer *p, size_t index)
{
    uint8_t bad;
    assert_true(index < p->result.answers);
    assert_int_equal(iso_frame_unpack(p->result.answer[index].bytes, p->result.answer[index].len, &p->frame), OK);
    assert_int_equal(iso_unpack(p->frame.body, p->frame.body_len, &p->answer, &bad), OK);
    iso_text(&p->answer, 39, p->code, sizeof p->code);
}

static inline void peer_raw(struct peer *p, const uint8_t *frame, size_t len)
{
    memset(&p->result, 0xEE, sizeof p->result);
    p->code[0] = '\0';
    host_process(p->host, p->now_us, frame, len, &p->result);
    assert_non_null(p->result.what);
}

/* Sends `m` as it is; reads the answer if there is one. */
static inline void peer_send(struct peer *p, struct iso_message *m)
{
    uint8_t frame[ISO_BODY_MAX + 16];
    size_t len = peer_frame(m, frame, sizeof frame);
    peer_raw(p, frame, len);
    if (p->result.answers)
        peer_read(p, 0);
}

static inline void peer_sign(const struct peer *p, struct iso_message *m)
{
    uint8_t body[ISO_BODY_MAX], mac[8];
    size_t len;
    iso_clear(m, 64);
    assert_int_equal(iso_pack(m, true, body, sizeof body, &len), OK);
    assert_int_equal(mac_cup_ecb(p->mak, 8, body, len, mac), OK);
    assert_int_equal(iso_set(m, 64, mac, 8), OK);
}

static inline void peer_ask(struct peer *p, struct iso_message *m)
{
    peer_sign(p, m);
    peer_send(p, m);
}

/* Whether the answer's DE64 is what the terminal computes over the received bytes. */
static inline bool peer_mac_right(const struct peer *p)
{
    size_t len;
    uint8_t mac[8];
    const uint8_t *sent = iso_get(&p->answer, 64, &len);
    return sent && mac_cup_ecb(p->mak, 8, p->frame.body, p->frame.body_len - 8, mac) == OK && memcmp(mac, sent, 8) == 0;
}

static inline const char *peer_field(const struct peer *p, uint8_t de, char text[64])
{
    assert_int_equal(iso_text(&p->answer, de, text, 64), OK);
    return text;
}

static inline void peer_network(struct iso_message *m, const char *mti, uint32_t batch, const char *code)
{
    char de60[18];
    iso_init(m, mti);
    snprintf(de60, sizeof de60, "00%06u%.3s", batch % 1000000, code);
    iso_set_number(m, 11, 1);
    iso_set_text(m, 41, PEER_TERMINAL);
    iso_set_text(m, 42, PEER_MERCHANT);
    iso_set_text(m, 60, de60);
    iso_set_text(m, 63, "01 ");
}

/* 0800/003, keys unwrapped and their check values compared. */
static inline void peer_sign_in(struct peer *p)
{
    struct iso_message m;
    size_t len;
    uint8_t kcv[8];
    peer_network(&m, "0800", p->batch, "003");
    peer_send(p, &m);
    assert_string_equal(p->code, "00");
    const uint8_t *keys = iso_get(&p->answer, 62, &len);
    assert_int_equal(len, 40);
    assert_int_equal(tdes_ecb(peer_tmk, 16, 0, keys, 16, p->pik), OK);
    assert_int_equal(tdes_ecb(peer_tmk, 16, 0, keys + 20, 8, p->mak), OK);
    p->pik_len = 16;
    assert_int_equal(tdes_kcv(p->pik, 16, kcv, 4), OK);
    assert_memory_equal(kcv, keys + 16, 4);
    assert_int_equal(tdes_kcv(p->mak, 8, kcv, 4), OK);
    assert_memory_equal(kcv, keys + 36, 4);
}

/* An unsigned 0200 without card data, with the next trace number. */
static inline void peer_begin(struct peer *p, struct iso_message *m, const char *processing, uint64_t cents,
                              const char *entry, const char *tail)
{
    char de60[18];
    iso_init(m, "0200");
    snprintf(de60, sizeof de60, "22%06u%.9s", p->batch % 1000000, tail);
    iso_set_text(m, 3, processing);
    if (cents)
        iso_set_number(m, 4, cents);
    iso_set_number(m, 11, ++p->trace);
    iso_set_text(m, 22, entry);
    iso_set_text(m, 25, "00");
    iso_set_text(m, 41, PEER_TERMINAL);
    iso_set_text(m, 42, PEER_MERCHANT);
    iso_set_text(m, 49, "156");
    iso_set_text(m, 60, de60);
}

/* `tail`: 60.3 and on, e.g. "00050": a terminal with a chip reader, no fallback. */
static inline void peer_swipe(struct peer *p, struct iso_message *m, const char *track2, uint64_t cents,
                              const char *tail)
{
    peer_begin(p, m, "000000", cents, "022", tail);
    iso_set_text(m, 35, track2);
}

static inline void peer_stripe_sale(struct peer *p, struct iso_message *m, uint64_t cents)
{
    peer_swipe(p, m, PEER_STRIPE_PAN "D30121200000000000", cents, "00051");
}

static inline void peer_pin(const struct peer *p, struct iso_message *m, const char *pan, const char *pin)
{
    char pan12[13];
    uint8_t block[8];
    pinblock_pan12(pan, pan12);
    assert_int_equal(pinblock_format0(pin, pan12, block), OK);
    assert_int_equal(tdes_ecb(p->pik, p->pik_len, 1, block, 8, block), OK);
    iso_set_text(m, 22, "021");
    iso_set_text(m, 26, "12");
    iso_set(m, 52, block, 8);
    iso_set_text(m, 53, "2600000000000000");
}

/* The reversal a terminal would send for `sale`. */
static inline void peer_reversal(const struct iso_message *sale, struct iso_message *m, const char *reason)
{
    static const uint8_t echoed[] = {3, 4, 11, 14, 22, 23, 25, 41, 42, 49, 60};
    iso_init(m, "0400");
    for (size_t i = 0; i < sizeof echoed; i++) {
        size_t len;
        const uint8_t *value = iso_get(sale, echoed[i], &len);
        if (value)
            iso_set(m, echoed[i], value, len);
    }
    iso_set_text(m, 39, reason);
}

static inline size_t peer_entries(const struct peer *p, const struct host_entry **entries)
{
    return host_entries(p->host, entries);
}

static inline int64_t peer_balance(const struct peer *p, const char *pan)
{
    int64_t cents = -1;
    assert_int_equal(host_balance(p->host, pan, &cents), OK);
    return cents;
}

/* DE55 of a chip sale as a card with the key `imk` signs it. */
struct peer_chip {
    enum ac_scheme scheme;
    const char *pan, *psn;
    uint8_t imk[16], iad[32];
    size_t iad_len;
    struct ac_input input;
    uint8_t cid;
    uint8_t ac[8], sk[16];
};

static inline void peer_chip_sign(struct peer_chip *c)
{
    uint8_t mk[16];
    c->input.iad = c->iad;
    c->input.iad_len = c->iad_len;
    assert_int_equal(ac_master_key(c->scheme, c->imk, c->pan, c->psn, 0, mk), OK);
    assert_int_equal(ac_session_key(c->scheme, mk, c->input.atc, c->sk), OK);
    assert_int_equal(ac_compute(c->scheme, c->sk, &c->input, c->ac), OK);
}

static inline void peer_chip_field(const struct peer_chip *c, struct iso_message *m)
{
    uint8_t bytes[255];
    struct tlv_out out;
    tlv_out_init(&out, bytes, sizeof bytes);
    tlv_put(&out, 0x9F26, c->ac, 8);
    tlv_put(&out, 0x9F27, &c->cid, 1);
    tlv_put(&out, 0x9F10, c->iad, c->iad_len);
    tlv_put(&out, 0x9F37, c->input.un, 4);
    tlv_put(&out, 0x9F36, c->input.atc, 2);
    tlv_put(&out, 0x95, c->input.tvr, 5);
    tlv_put(&out, 0x9A, c->input.date, 3);
    tlv_put(&out, 0x9C, &c->input.type, 1);
    tlv_put(&out, 0x9F02, c->input.amount, 6);
    tlv_put(&out, 0x5F2A, c->input.currency, 2);
    tlv_put(&out, 0x82, c->input.aip, 2);
    tlv_put(&out, 0x9F1A, c->input.country, 2);
    tlv_put(&out, 0x9F03, c->input.other, 6);
    assert_int_equal(out.status, OK);
    assert_int_equal(iso_set(m, 55, bytes, out.len), OK);
}

/* A sale with the test chip card, ready to be changed. */
static inline void peer_chip_sale(struct peer *p, struct iso_message *m, struct peer_chip *c, uint64_t cents)
{
    *c = (struct peer_chip){.scheme = AC_PBOC,
                            .pan = PEER_CHIP_PAN,
                            .psn = "01",
                            .cid = 0x80,
                            .iad = {0x07, 0x01, 0x01, 0x03, 0xA0, 0xB8, 0x00, 0x01},
                            .iad_len = 8};
    memcpy(c->imk, peer_imk, 16);
    bcd_from_value(cents, c->input.amount, 6);
    c->input.currency[0] = 0x01;
    c->input.currency[1] = 0x56;
    c->input.country[0] = 0x01;
    c->input.country[1] = 0x56;
    c->input.date[0] = 0x26;
    c->input.date[1] = 0x06;
    c->input.date[2] = 0x15;
    c->input.un[0] = 0x5A;
    c->input.aip[0] = 0x7C;
    c->input.atc[1] = (uint8_t)(p->trace + 1);
    peer_chip_sign(c);
    peer_begin(p, m, "000000", cents, "052", "00060");
    iso_set_text(m, 2, PEER_CHIP_PAN);
    iso_set_text(m, 14, "3012");
    iso_set_text(m, 23, "001");
    iso_set_text(m, 35, PEER_CHIP_PAN "D30122200000000000");
    peer_chip_field(c, m);
}

#endif
