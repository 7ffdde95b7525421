/*
 * USB CCID, rev 1.1, over any bus: messages framed and checked, slot, power, parameters, exchange at each level. Knows
 * no libusb: the bus is a table of functions (hw/usb fills it with libusb, tests with a model).
 *
 * Nothing that the reader says is believed: message type, length, slot, sequence number and status of every answer are
 * checked against the request and the buffer; what does not fit is HAL_E_PROTOCOL with a named reason, and the slot is
 * resynchronised (Abort, clear halt) before the next command.
 */
#ifndef POSBENCH_HW_CCID_CCID_H
#define POSBENCH_HW_CCID_CCID_H

#include "core/codec/atr.h"
#include "hw/reader.h"

#define CCID_HEADER 10
#define CCID_MESSAGE_MAX (CCID_HEADER + 65544) /* dwMaxCCIDMessageLength of an extended APDU reader */

/* ---- what the interface descriptor says (CCID 5.1) ---- */

enum ccid_level { CCID_CHARACTER, CCID_TPDU, CCID_SHORT_APDU, CCID_EXTENDED_APDU };
enum ccid_voltage { CCID_5V = 1, CCID_3V = 2, CCID_1V8 = 4 }; /* bVoltageSupport */

struct ccid_descriptor {
    uint16_t version; /* bcdCCID */
    uint8_t slots;    /* highest slot number + 1 */
    uint8_t voltages;
    uint32_t protocols; /* bit 0: T=0, bit 1: T=1 */
    uint32_t clock_khz, clock_max_khz, rate_bps, rate_max_bps;
    uint32_t max_ifsd, features, max_message;
    enum ccid_level level;
    bool auto_voltage, auto_clock, auto_rate, auto_parameters, auto_pps, auto_ifsd;
};

/* The class descriptor (type 0x21, 54 bytes) among the interface's extra bytes. OK, E_FORMAT with *why naming the
 * field. */
int ccid_descriptor_parse(const uint8_t *extra, size_t len, struct ccid_descriptor *out, const char **why);

/* ---- the bus below ---- */

struct ccid_bus_ops {
    /* Blocks. The whole message. OK, HAL_E_TIMEOUT, HAL_E_IO (stall: `clear` mends it), HAL_E_ABSENT: unplugged.
     * HAL_E_IO of `out` means that the reader refused the message; after a failure that leaves open whether it arrived,
     * answer HAL_E_TIMEOUT: then no command for the card is sent twice. */
    int (*out)(void *ctx, const uint8_t *bytes, size_t len, unsigned timeout_ms);
    /* Blocks. One message, at most `cap` bytes; E_LIMIT: the reader sent more. */
    int (*in)(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms);
    /* Blocks. One interrupt message; HAL_E_UNSUPPORTED: the reader has no such end point. */
    int (*interrupt)(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms);
    /* Clears the halt of the bulk end points (both). */
    int (*clear)(void *ctx);
    /* Class request on the control pipe: ABORT (CCID 5.3.1). */
    int (*abort)(void *ctx, uint8_t slot, uint8_t sequence);
    /* Optional, NULL: the system's own. Milliseconds of a clock that never goes back, and a rest. */
    uint64_t (*now_ms)(void *ctx);
    void (*rest_ms)(void *ctx, unsigned ms);
};
struct ccid_bus {
    const struct ccid_bus_ops *ops;
    void *ctx;
};

/* ---- a reader ---- */

struct ccid;

/* `bus` is copied. NULL: out of memory. */
struct ccid *ccid_create(const struct ccid_bus *bus, const struct ccid_descriptor *descriptor);
void ccid_destroy(struct ccid *c);

/* The ops of struct hw_reader_ops on slot 0; `ccid_wait` uses slot-change interrupts, and polls where there are none.
 * Time-outs: 3 s for a command of the reader's own, the card's waiting times (from its ATR) plus 1 s for an exchange,
 * prolonged by each time extension up to 25 s in all: the caller's 30 s (hw/helper.h) leave room for the recovery.
 *
 * Warm reset: CCID has no message of its own for it. IccPowerOn is sent to a card that is powered, without IccPowerOff
 * before it, at the voltage that it runs on; readers reset the card on that. A cold one sends IccPowerOff first. */
int ccid_wait(struct ccid *c, bool present, unsigned timeout_ms, bool *now);
int ccid_power_on(struct ccid *c, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
int ccid_power_off(struct ccid *c);
int ccid_exchange(struct ccid *c, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                  size_t *answer_len);
/* Rates: EMV keeps 372/1 unless the card's specific mode says otherwise (TA2), so no PPS is sent. `on`: cards that
 * offer TA1 12 or 13 in negotiable mode are asked for it by PPS, which the host sends where the reader does not. Off at
 * first; counts from the next power on. */
void ccid_negotiate(struct ccid *c, bool on);
/* Why the last call failed, in one line: "slot error 0xFE (ICC_MUTE)", "answer claims 600 bytes, 64 came". */
const char *ccid_trouble(const struct ccid *c);

#endif
