/* An open line with working keys, and a sale to send: what the tests of this folder begin with. */
#ifndef POSBENCH_TESTS_CORE_NET_NET_FIXTURE_H
#define POSBENCH_TESTS_CORE_NET_NET_FIXTURE_H

#include "core/net/messages.h"
#include "tests/core/net/fake_terminal.h"

static const uint8_t FIXTURE_MAK[8] = {0xC2, 0x4A, 0x8F, 0xB5, 0x7A, 0xA2, 0x01, 0x23};

struct fixture {
    struct fake_terminal t;
    struct net_config config;
    struct net net;
    struct store *store;
};

static inline struct fixture *fixture_new(void)
{
    struct fixture *f = calloc(1, sizeof *f);
    ft_init(&f->t);
    f->config = (struct net_config){.terminal_id = "10000001",
                                    .merchant_id = "104100050450001",
                                    .operator_id = "01",
                                    .serial = "PB000001",
                                    .tpdu = {0x60, 0x00, 0x03, 0x00, 0x00},
                                    .header = {0x61, 0x31, 0x00, 0x31, 0x10, 0x01},
                                    .currency = "156",
                                    .connect_timeout_us = 15000000,
                                    .response_timeout_us = 60000000,
                                    .connect_tries = 3,
                                    .reversal_tries = 3,
                                    .mac_less_declines = {"A0", "30", "97"}};
    memcpy(f->t.header, f->config.header, 6);
    ft_set_key(&f->t, NET_SLOT_MAK, HAL_USE_MAK, FIXTURE_MAK, 8);
    assert_int_equal(store_open(&f->t.hal, &f->store), OK);
    net_init(&f->net, &f->t.hal, f->store, &f->config);
    return f;
}

static inline void fixture_free(struct fixture *f)
{
    store_close(f->store);
    ft_clear(&f->t);
    free(f);
}

/* A stripe sale of 12.00 in batch 1. */
static inline struct journal_entry fixture_sale(uint32_t trace)
{
    struct journal_entry e = {.batch = 1,
                              .trace = trace,
                              .kind = FIRMWARE_SALE,
                              .amount_cents = 1200,
                              .expiry = "3012",
                              .processing = "000000",
                              .condition = "00"};
    memcpy(e.pan, "6210676862310000067", 20);
    message_entry_mode(false, false, e.entry);
    message_de60(1, "22", "1", e.de60);
    return e;
}

static inline void fixture_request(struct fixture *f, struct iso_message *out)
{
    struct journal_entry e = fixture_sale(7);
    struct message_sale sale = {.entry = &e, .track2 = "6210676862310000067D30121010000000000", .track3 = ""};
    assert_int_equal(message_sale(&f->config, &sale, out), OK);
}

#endif
