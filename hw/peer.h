/*
 * A connection to a program that plays a card reader: vpcd (hw/vpcd) or QEMU (hw/vscard). It connects, sends whole
 * messages, and reads exactly as many bytes as are asked for; every wait ends when the caller is told to stop.
 */
#ifndef POSBENCH_HW_PEER_H
#define POSBENCH_HW_PEER_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_ADDRESS_MAX 256
#define PEER_CONNECT_MS 5000  /* for the connection to stand */
#define PEER_MESSAGE_MS 10000 /* for the rest of a message whose beginning has come */
#define PEER_FOREVER UINT64_MAX

struct peer_stop {
    int fd;               /* readable: stop; -1: none */
    uint64_t deadline_ms; /* by peer_now_ms: stop then; PEER_FOREVER */
};

struct peer {
    int fd; /* -1: not connected */
    bool tcp;
    struct peer_stop stop;
    size_t start, end; /* what was received and not read yet */
    uint8_t buffer[4096];
};

uint64_t peer_now_ms(void); /* of a clock that never goes back */

/* "HOST:PORT", "[::1]:PORT", or a path (with a '/', or without ':'). OK; E_INVAL: no such address, HAL_E_DOWN: nobody
 * listens there, HAL_E_CANCELLED: told to stop, HAL_E_IO: other trouble; one line in `why`. `paths`: a path is allowed.
 */
int peer_connect(struct peer *p, const char *address, bool paths, const struct peer_stop *stop, char *why,
                 size_t why_cap);
void peer_close(struct peer *p); /* safe on one that is closed */

/* The next byte is there. OK; HAL_E_TIMEOUT after `timeout_ms` (PEER_FOREVER: never), HAL_E_CANCELLED, HAL_E_CLOSED. */
int peer_wait(struct peer *p, uint64_t timeout_ms);
/* Exactly `len` bytes; bytes NULL: they are dropped. As peer_wait; HAL_E_PROTOCOL: the peer closed or fell silent
 * before all of them were there. `first`: they begin a message, so that waiting for the first byte has no end and a
 * peer that closes before it is HAL_E_CLOSED. */
int peer_read(struct peer *p, uint8_t *bytes, size_t len, bool first);
/* All of them. HAL_E_CLOSED, HAL_E_CANCELLED, HAL_E_IO. */
int peer_write(struct peer *p, const uint8_t *bytes, size_t len);

/* Lets `ms` pass. OK; HAL_E_CANCELLED. */
int peer_sleep(const struct peer_stop *stop, uint64_t ms);

#endif
