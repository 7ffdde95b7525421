/*
 * Presence: slot-change interrupts wake the wait, the slot status decides (CCID 6.3.1, 6.1.3). A reader without
 * interrupts, or whose interrupts fail, is polled; and one whose interrupts never come is looked at every second.
 */
#include "hw/ccid/ccid_internal.h"

#define INTERRUPT_MAX 80
#define SLICE_MS 1000u
#define OVERCURRENT 0x01

static int look(struct ccid *c, bool *now)
{
    enum ccid_icc icc = CCID_ICC_ABSENT;
    int rc = ccid_slot_status(c, &icc);
    if (rc == OK)
        *now = icc != CCID_ICC_ABSENT;
    /* The caller knows one outcome only: the reader cannot be asked now. */
    return rc == OK ? OK : HAL_E_IO;
}

/* CCID 6.3.2: the card's session is gone, its power may be. */
static int hardware_error(struct ccid *c, const uint8_t *message, size_t len)
{
    uint8_t code = len > 3 ? message[3] : 0;
    ccid_tell(c, "the reader reports a hardware error: 0x%02X%s", code, code == OVERCURRENT ? " (overcurrent)" : "");
    c->powered = false;
    c->protocol = -1;
    return HAL_E_IO;
}

/* Lets at most `span_ms` pass. OK: look again. */
static int sleep_until_change(struct ccid *c, unsigned span_ms)
{
    uint8_t message[INTERRUPT_MAX];
    size_t len = 0;
    if (!c->no_interrupt) {
        int rc = c->bus.ops->interrupt ? c->bus.ops->interrupt(c->bus.ctx, message, sizeof message, &len,
                                                               span_ms < SLICE_MS ? span_ms : SLICE_MS)
                                       : HAL_E_UNSUPPORTED;
        if (rc == HAL_E_ABSENT) {
            ccid_tell(c, "unplugged");
            c->powered = false;
            return HAL_E_IO;
        }
        if (rc == OK && len > 1 && len <= sizeof message && message[0] == CCID_NOTIFY_SLOT_CHANGE)
            return OK;
        if (rc == OK && len > 0 && len <= sizeof message && message[0] == CCID_HARDWARE_ERROR)
            return hardware_error(c, message, len);
        if (rc == HAL_E_TIMEOUT)
            return OK;
        /* Not there, stalled, or sending what CCID does not know: `clear` mends the bulk pipes only. */
        c->no_interrupt = true;
    }
    ccid_rest(c, span_ms < CCID_POLL_MS ? span_ms : CCID_POLL_MS);
    return OK;
}

int ccid_wait(struct ccid *c, bool present, unsigned timeout_ms, bool *now)
{
    uint64_t end_ms = ccid_now(c) + timeout_ms;
    bool is = present;
    *c->trouble = 0;
    for (;;) {
        uint64_t now_ms = ccid_now(c);
        c->deadline_ms = now_ms + CCID_EXCHANGE_MS;
        int rc = look(c, &is);
        if (rc != OK)
            return rc;
        now_ms = ccid_now(c);
        if (is != present || now_ms >= end_ms)
            break;
        rc = sleep_until_change(c, (unsigned)(end_ms - now_ms));
        if (rc != OK)
            return rc;
    }
    *now = is;
    return OK;
}
