/*
 * libFuzzer: the acquirer. A signed-in terminal's frames as they come, and a sale, chip or stripe, whose fields the
 * input replaces before it is signed. Whatever comes, there is a named result and the ledger balances.
 */
#include "tests/sim/host/peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* number of the field, length, value; again and again. Length 255: the field is taken out. */
static void replace_fields(struct iso_message *m, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t len = data[1] == 255 ? 0 : data[1] < size - 2 ? data[1] : size - 2;
        uint8_t de = (uint8_t)(2 + data[0] % (ISO_FIELDS - 2));
        if (data[1] == 255)
            iso_clear(m, de);
        else
            iso_set(m, de, data + 2, len);
        data += 2 + len;
        size -= 2 + len;
    }
}

static void send(struct peer *p, struct iso_message *m)
{
    uint8_t body[ISO_BODY_MAX], frame[ISO_BODY_MAX + 16], mac[8];
    struct iso_frame f = {.tpdu = {0x60, 0, 3}, .header = {0x61, 0x31, 0, 0x31, 0x10, 1}, .body = body};
    size_t len;
    if (iso_pack(m, true, body, sizeof body, &len) != OK || mac_cup_ecb(p->mak, 8, body, len, mac) != OK)
        return;
    iso_set(m, 64, mac, sizeof mac);
    if (iso_pack(m, false, body, sizeof body, &f.body_len) == OK && iso_frame_pack(&f, frame, sizeof frame, &len) == OK)
        peer_raw(p, frame, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"0200", "0400", "0220", "0800"};
    struct peer p;
    struct peer_chip chip;
    struct iso_message m;
    if (!size)
        return 0;
    peer_open(&p, 1);
    peer_sign_in(&p);
    struct host_rule rule = {.mti = "", .action = data[0] >> 4, .code = "10"};
    if ((data[0] >> 4) < HOST_GARBAGE)
        host_add_rule(p.host, &rule);
    for (unsigned i = 0; i < 2; i++) { /* the second one is a repetition, with the same trace number */
        p.trace = 0;
        (data[0] & 1) ? peer_chip_sale(&p, &m, &chip, 1200) : peer_stripe_sale(&p, &m, 1200);
        memcpy(m.mti, types[i && (data[0] & 8) ? 1 : data[0] >> 1 & 3], 4);
        replace_fields(&m, data + 1, size - 1);
        send(&p, &m);
    }
    peer_raw(&p, data + 1, size - 1);
    peer_close(&p);
    return 0;
}
