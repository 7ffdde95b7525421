/*
 * A real chip reader, whatever bus it hangs on: one slot, blocking calls in real time. Drivers: hw/pcsc (any PC/SC
 * reader), hw/usb (CCID readers over libusb). Callers: hw/helper, which runs one in a process of its own, because a
 * driver below may block without limit.
 *
 * Contracts, error codes and the meaning of a TPDU are those of struct hal_reader_ops at HAL_READER_TPDU (core/hal.h):
 * T=0 takes header(5)[+data] and brings 61xx and 6Cxx back, T=1 takes the whole APDU and the driver speaks the
 * protocol. HAL_E_ABSENT no card, HAL_E_MUTE no answer in time, HAL_E_REMOVED, HAL_E_PROTOCOL, HAL_E_IO the reader is
 * broken or gone, E_STATE not powered.
 */
#ifndef POSBENCH_HW_READER_H
#define POSBENCH_HW_READER_H

#include "core/hal.h"

#define HW_READER_NAME 128

struct hw_reader_ops {
    /* Blocks until presence differs from `present` or `timeout_ms` has passed; *now is how it is then. timeout_ms 0:
     * only looks. OK (also after a time-out), HAL_E_IO: the reader is gone; it is looked for again by the next call. */
    int (*wait)(void *ctx, bool present, unsigned timeout_ms, bool *now);
    int (*power_on)(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
    int (*power_off)(void *ctx);
    int (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len);
    void (*close)(void *ctx);
    /* May be NULL. What the last call that failed met, in one line that names the reader and the way out; never a byte
     * that went over it. Good until the next call. */
    const char *(*trouble)(void *ctx);
};

struct hw_reader {
    const struct hw_reader_ops *ops;
    void *ctx;
    char name[HW_READER_NAME]; /* as people know it: "Virtual PCD 00 00", "08e6:4433 Gemalto ..." */
};

/* Opens what `spec` names: "pcsc" (the only reader there is), "pcsc:NAME" (whole name, or a part of it that only one
 * has), "usb" (the first CCID reader), "usb:VID:PID" in hex. OK; HAL_E_NOENT no such reader, HAL_E_DENIED no permission
 * or somebody else holds it, HAL_E_UNSUPPORTED this build has no such driver, HAL_E_IO no service, E_INVAL no such
 * spec; with one line in `why` that says what was found and the way out. */
int hw_reader_open(const char *spec, struct hw_reader *out, char *why, size_t why_cap);
void hw_reader_close(struct hw_reader *r); /* safe on one that was cleared or closed */

/* What there is, for people: calls `found` for each with its spec ("pcsc:Virtual PCD 00 00"), a name and its state ("a
 * card is in it", "no permission"). Returns how many; `why` (may stay "") says what could not be looked at. */
size_t hw_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                      char *why, size_t why_cap);

#endif
