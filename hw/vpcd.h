/*
 * The protocol of vpcd, the virtual reader of vsmartcard (https://frankmorgner.github.io/vsmartcard): the card connects
 * to the reader. A message is a length of two bytes, the higher first, and so many bytes; one byte alone is a control
 * byte, everything else a command, and what a client of PC/SC sends is passed on as it is. Only commands and the
 * request for the ATR are answered. Caller: scenarios/engine/card_serve.
 *
 * A client's command of one byte that is 00, 01, 02 or 04 cannot be told from a control byte; vpcd then waits for an
 * answer that does not come. An answer of no bytes makes vpcd drop the connection.
 */
#ifndef POSBENCH_HW_VPCD_H
#define POSBENCH_HW_VPCD_H

#include "core/hal.h"
#include "hw/peer.h"

#define VPCD_ADDRESS "127.0.0.1:35963" /* "Virtual PCD 00 00"; the next port is "Virtual PCD 00 01" */

enum vpcd_kind { VPCD_OFF, VPCD_ON, VPCD_RESET, VPCD_ATR, VPCD_COMMAND };

struct vpcd_message {
    enum vpcd_kind kind;
    size_t len; /* of the command, as it was said: over HAL_TPDU_MAX it was dropped and `bytes` hold nothing */
    uint8_t bytes[HAL_TPDU_MAX];
};

/* The next message. OK; HAL_E_CLOSED between two messages, HAL_E_CANCELLED, HAL_E_PROTOCOL: a message of no bytes, or
 * one that stops in the middle. */
int vpcd_receive(struct peer *p, struct vpcd_message *out);
/* An answer or an ATR. E_LIMIT over HAL_RPDU_MAX; else as peer_write. */
int vpcd_send(struct peer *p, const uint8_t *bytes, size_t len);

#endif
