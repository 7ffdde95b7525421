/*
 * VSCARD, the protocol between QEMU's usb-ccid reader (ccid-card-passthru) and a card outside of it (libcacard's
 * vscard_common.h): three numbers of four bytes, the highest first (type, reader, length), and so many bytes. The card
 * connects to QEMU's socket, says Init, and puts itself in with its ATR. Caller: scenarios/engine/card_serve.
 *
 * QEMU passes the TPDUs of its guest and never says when the guest switches the card off or resets it.
 */
#ifndef POSBENCH_HW_VSCARD_H
#define POSBENCH_HW_VSCARD_H

#include "core/hal.h"
#include "hw/peer.h"

#define VSCARD_READER 0u                /* the one that QEMU has */
#define VSCARD_NO_READER 0xFFFFFFFFu    /* Init belongs to none */
#define VSCARD_LENGTH_MAX (64u * 1024u) /* bytes of one message; QEMU's own limit */

enum vscard_type {
    VSCARD_INIT = 1,
    VSCARD_ERROR,
    VSCARD_READER_ADD,
    VSCARD_READER_REMOVE,
    VSCARD_ATR,
    VSCARD_CARD_REMOVE,
    VSCARD_APDU,
};

struct vscard_message {
    uint32_t type, reader, len; /* as they came; type may be none of the above, bytes over HAL_TPDU_MAX were dropped */
    uint32_t error;             /* of VSCARD_ERROR: its code, 0 is success */
    uint8_t bytes[HAL_TPDU_MAX];
};

/* The next message. OK; HAL_E_CLOSED between two messages, HAL_E_CANCELLED, HAL_E_PROTOCOL: an Init without the word
 * VSCD, an Error without its code, a length over VSCARD_LENGTH_MAX, or a message that stops in the middle. */
int vscard_receive(struct peer *p, struct vscard_message *out);
/* E_LIMIT over HAL_RPDU_MAX; else as peer_write. */
int vscard_send(struct peer *p, enum vscard_type type, uint32_t reader, const uint8_t *bytes, size_t len);
int vscard_send_init(struct peer *p);
int vscard_send_error(struct peer *p, uint32_t reader, uint32_t code);

#endif
