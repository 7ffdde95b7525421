/* A terminal's message whose fields the input replaces before it is signed. Included by the host's fuzz targets. */
#ifndef POSBENCH_TESTS_FUZZ_BENT_MESSAGE_H
#define POSBENCH_TESTS_FUZZ_BENT_MESSAGE_H

#include "tests/sim/host/peer.h"

/* number of the field, length, value; again and again. Length 255: the field is taken out. */
static inline void replace_fields(struct iso_message *m, const uint8_t *data, size_t size)
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

static inline void send(struct peer *p, struct iso_message *m)
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

#endif
