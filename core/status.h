/*
 * Status codes: one return convention for every module.
 *
 *   0         OK
 *   negative  our side or the hardware failed; the names below
 *   positive  an outcome of the outside world (a card refused, a host declined); each module's header names its own
 *
 * A bad card, a bad host or a bad file is never an E_ of ours unless the call's contract says so.
 */
#ifndef POSBENCH_CORE_STATUS_H
#define POSBENCH_CORE_STATUS_H

/* X(name, value, text): the one table of codes; status_name and status_text are made from it. */
#define STATUS_TABLE(X) \
    X(OK, 0, "ok") \
    X(E_INVAL, -1, "argument outside its contract") \
    X(E_NOMEM, -2, "out of memory") \
    X(E_LIMIT, -3, "a stated limit was exceeded") \
    X(E_FORMAT, -4, "malformed input") \
    X(E_NOTFOUND, -5, "not found") \
    X(E_STATE, -6, "not allowed in this state") \
    X(E_CRYPTO, -7, "a cryptographic operation failed") \
    X(E_STORE, -8, "the data base refused") \
    X(E_VERIFY, -9, "a signature, digest or check value does not match") \
    X(HAL_E_UNSUPPORTED, -20, "this device or call is not supported") \
    X(HAL_E_POWER, -21, "power is lost: unwind and return") \
    X(HAL_E_TIMEOUT, -22, "the deadline passed") \
    X(HAL_E_EMPTY, -23, "nothing to read now") \
    X(HAL_E_IO, -24, "the device failed") \
    X(HAL_E_ABSENT, -25, "no card in the reader") \
    X(HAL_E_MUTE, -26, "the card does not answer") \
    X(HAL_E_PROTOCOL, -27, "the card broke the transport protocol") \
    X(HAL_E_REMOVED, -28, "the card was removed during the exchange") \
    X(HAL_E_PAPER, -29, "out of paper") \
    X(HAL_E_FULL, -30, "no space left") \
    X(HAL_E_EXISTS, -31, "the name exists already") \
    X(HAL_E_NOENT, -32, "no such file, area or slot") \
    X(HAL_E_DENIED, -33, "the secure element refuses this use") \
    X(HAL_E_DOWN, -34, "no carrier, or the peer cannot be reached") \
    X(HAL_E_CLOSED, -35, "the connection was closed") \
    X(HAL_E_CLOCK, -36, "the clock has lost its time") \
    X(HAL_E_CANCELLED, -37, "the person at the device cancelled") \
    X(HAL_E_IMAGE, -38, "this is not an image that can be started")

enum status {
#define STATUS_ENUM(name, value, text) name = value,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
};

/* The symbol of a code ("HAL_E_POWER"), or "E_?" for an unknown one. Never NULL; static storage. */
const char *status_name(int code);

/* One plain phrase for a person. Never NULL; static storage. */
const char *status_text(int code);

#endif
