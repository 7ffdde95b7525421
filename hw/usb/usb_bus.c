/*
 * CCID's three end points as a bus of hw/ccid: whole messages over packets (CCID rev 1.1, 3.4; USB 2.0, 5.8.3).
 * Called by hw/ccid through usb_bus_ops, and by usb.c.
 *
 * Every transfer is libusb's synchronous one with a time-out of its own: a transfer that runs out is cancelled and
 * reaped before the call returns, so none is ever left behind. A message ends with a short packet. One whose length is
 * a multiple of the packet size should be followed by an empty packet, and readers differ in whether they send and
 * want it:
 *   in:  the first packet tells the length, the rest is asked for exactly, and an empty packet in front of a message
 *        is skipped; so nothing waits for a packet that never comes.
 *   out: the empty packet is sent, with a short time-out that is no error: some readers take none while they are busy
 *        with the card, and libccid sends none at all.
 */
#include "hw/usb/usb_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REST_MS 1000u    /* from a message's first packet to its last: no card is waited for in between */
#define EMPTY_MS 100u    /* for the empty packet behind a full one, out */
#define DRAIN_MS 100u    /* per packet of a message that is thrown away */
#define CONTROL_MS 1000u /* class requests */
#define EMPTY_PACKETS 4  /* in front of one message */
#define PACKET_MAX 1024  /* USB 3 bulk */
#define MESSAGE_ROOM (CCID_MESSAGE_MAX + PACKET_MAX)
#define REQUEST_ABORT 0x01 /* CCID 5.3.1 */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* libusb takes 0 as "without limit", which nothing here is. */
static unsigned bounded(unsigned timeout_ms)
{
    return timeout_ms > 0 ? timeout_ms : 1;
}

static int result(struct usb_bus *b, int usb)
{
    static const struct {
        int usb, code;
    } codes[] = {
        {LIBUSB_SUCCESS, OK},
        {LIBUSB_ERROR_TIMEOUT, HAL_E_TIMEOUT},
        {LIBUSB_ERROR_OVERFLOW, E_LIMIT},
        {LIBUSB_ERROR_NO_DEVICE, HAL_E_ABSENT},
        {LIBUSB_ERROR_NO_MEM, E_NOMEM},
    };
    b->gone |= usb == LIBUSB_ERROR_NO_DEVICE;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].usb == usb)
            return codes[i].code;
    return HAL_E_IO; /* LIBUSB_ERROR_PIPE: a stall */
}

static int bus_out(void *ctx, const uint8_t *bytes, size_t len, unsigned timeout_ms)
{
    struct usb_bus *b = ctx;
    int sent = 0;
    if (len > CCID_MESSAGE_MAX)
        return E_LIMIT;
    /* The transfer only reads from it; libusb has one type for both directions. */
    memcpy(b->message, bytes, len);
    int usb = libusb_bulk_transfer(b->handle, b->out, b->message, (int)len, &sent, bounded(timeout_ms));
    int code = result(b, usb);
    explicit_bzero(b->message, len); /* it may hold a PIN */
    /* Only a stall means that the reader refused it. After anything else it may have it, and hw/ccid must not repeat
     * it. */
    if (code != OK || (size_t)sent != len)
        return code == HAL_E_ABSENT || usb == LIBUSB_ERROR_PIPE ? code : HAL_E_TIMEOUT;
    if (len % b->out_packet != 0)
        return OK;
    /* The message is there already; a reader that takes no empty packet does not need it. */
    code = result(b, libusb_bulk_transfer(b->handle, b->out, b->message, 0, &sent, EMPTY_MS));
    return code == HAL_E_ABSENT ? code : OK;
}

/* Packets up to a short one; a reader that never stops is stopped by the limit. */
static void drain(struct usb_bus *b)
{
    for (size_t thrown = 0; thrown < CCID_MESSAGE_MAX; thrown += b->in_packet) {
        int got = 0;
        int code = libusb_bulk_transfer(b->handle, b->in, b->message, b->in_packet, &got, DRAIN_MS);
        if (result(b, code) != OK || got < b->in_packet)
            return;
    }
}

/* A message's first packet. */
static int first_packet(struct usb_bus *b, size_t *len, unsigned timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    for (int empty = 0; empty <= EMPTY_PACKETS; empty++) {
        int got = 0;
        int64_t left = until - now_ms();
        int code = libusb_bulk_transfer(b->handle, b->in, b->message, b->in_packet, &got,
                                        bounded(left > 0 ? (unsigned)left : 0));
        code = result(b, code);
        *len = got > 0 ? (size_t)got : 0;
        if (code == HAL_E_TIMEOUT && got > 0)
            return OK; /* it came while the transfer was being cancelled */
        if (code != OK || got > 0)
            return code;
    }
    return HAL_E_IO;
}

/* What follows the first packet by the message's own length field, which is not believed beyond the room there is. */
static int rest_of_message(struct usb_bus *b, size_t *len)
{
    const uint8_t *m = b->message;
    size_t packet = b->in_packet;
    uint64_t told = CCID_HEADER + (m[1] | (uint64_t)m[2] << 8 | (uint64_t)m[3] << 16 | (uint64_t)m[4] << 24);
    if (*len < packet || packet < CCID_HEADER || told <= packet)
        return OK;
    size_t room = (MESSAGE_ROOM / packet - 1) * packet;
    uint64_t want = (told - packet + packet - 1) / packet * packet;
    int got = 0;
    int code =
        libusb_bulk_transfer(b->handle, b->in, b->message + packet, (int)(want < room ? want : room), &got, REST_MS);
    code = result(b, code);
    *len += got > 0 ? (size_t)got : 0;
    if (code == OK && want > room && (size_t)got == room) {
        drain(b);
        return E_LIMIT;
    }
    return code == HAL_E_TIMEOUT ? OK : code; /* it stopped in the middle: the layer above compares the lengths */
}

static int bus_in(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct usb_bus *b = ctx;
    size_t got = 0;
    *len = 0;
    int code = first_packet(b, &got, timeout_ms);
    if (code == OK)
        code = rest_of_message(b, &got);
    if (code == OK && got > cap)
        code = E_LIMIT;
    if (code == OK) {
        memcpy(bytes, b->message, got);
        *len = got;
    }
    explicit_bzero(b->message, got);
    return code;
}

static int bus_interrupt(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct usb_bus *b = ctx;
    uint8_t packet[PACKET_MAX];
    int got = 0;
    *len = 0;
    if (!b->interrupt)
        return HAL_E_UNSUPPORTED;
    int usb =
        libusb_interrupt_transfer(b->handle, b->interrupt, packet, b->interrupt_packet, &got, bounded(timeout_ms));
    int code = result(b, usb);
    if (usb == LIBUSB_ERROR_PIPE)
        (void)result(b, libusb_clear_halt(b->handle, b->interrupt));
    if (code == HAL_E_TIMEOUT && got > 0)
        code = OK; /* it came while the transfer was being cancelled */
    if (code == OK && (size_t)got > cap)
        code = E_LIMIT;
    if (code != OK)
        return code;
    memcpy(bytes, packet, (size_t)got);
    *len = (size_t)got;
    return OK;
}

static int bus_clear(void *ctx)
{
    struct usb_bus *b = ctx;
    int out = result(b, libusb_clear_halt(b->handle, b->out));
    int in = result(b, libusb_clear_halt(b->handle, b->in));
    return out != OK ? out : in;
}

static int bus_abort(void *ctx, uint8_t slot, uint8_t sequence)
{
    struct usb_bus *b = ctx;
    uint8_t type = LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE;
    uint16_t value = (uint16_t)(sequence << 8 | slot);
    int sent = libusb_control_transfer(b->handle, type, REQUEST_ABORT, value, b->interface, NULL, 0, CONTROL_MS);
    return result(b, sent < 0 ? sent : 0);
}

const struct ccid_bus_ops usb_bus_ops = {
    .out = bus_out, .in = bus_in, .interrupt = bus_interrupt, .clear = bus_clear, .abort = bus_abort};

/* ---- open and close ---- */

static const char *end_points_wrong(const struct usb_candidate *c)
{
    if (!c->in && !c->out)
        return "it has no bulk end points (an ICCD device, which posbench does not speak)";
    if (!c->in || !c->out)
        return "it lacks one of its two bulk end points";
    if (!c->in_packet || !c->out_packet || c->in_packet > PACKET_MAX || c->out_packet > PACKET_MAX)
        return "its bulk end points have an impossible packet size";
    if (c->interrupt && (!c->interrupt_packet || c->interrupt_packet > PACKET_MAX))
        return "its interrupt end point has an impossible packet size";
    return NULL;
}

static int refused(const struct usb_candidate *c, const char *name, int usb, const char **state, char *why,
                   size_t why_cap)
{
    switch (usb) {
    case LIBUSB_ERROR_ACCESS:
        *state = "no permission: hw/70-posbench-readers.rules";
        snprintf(why, why_cap,
                 "reader %s: no permission for /dev/bus/usb/%03u/%03u; install the udev rule: sudo cp "
                 "hw/70-posbench-readers.rules /etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm "
                 "trigger",
                 name, c->bus, c->address);
        return HAL_E_DENIED;
    case LIBUSB_ERROR_BUSY:
        *state = "held by another program";
        snprintf(why, why_cap,
                 "reader %s is held by another program, most likely pcscd: stop it (systemctl stop pcscd.socket "
                 "pcscd) or use --reader pcsc",
                 name);
        return HAL_E_DENIED;
    case LIBUSB_ERROR_NO_DEVICE:
    case LIBUSB_ERROR_NOT_FOUND:
        *state = "unplugged";
        snprintf(why, why_cap, "reader %s was unplugged while it was opened", name);
        return HAL_E_NOENT;
    default:
        *state = "cannot be opened";
        snprintf(why, why_cap, "reader %s cannot be opened (%s); unplug it and plug it in again", name,
                 libusb_error_name(usb));
        return HAL_E_IO;
    }
}

int usb_bus_open(const struct usb_candidate *c, struct usb_bus *out, char *name, size_t name_cap, char *why,
                 size_t why_cap)
{
    memset(out, 0, sizeof *out);
    usb_name(c, NULL, name, name_cap);
    int usb = libusb_open(c->device, &out->handle);
    if (usb != 0) {
        out->handle = NULL;
        return refused(c, name, usb, &out->state, why, why_cap);
    }
    usb_name(c, out->handle, name, name_cap);
    int code = E_NOMEM;
    const char *wrong = end_points_wrong(c);
    if (wrong) {
        snprintf(why, why_cap, "reader %s cannot be used: %s; try --reader pcsc", name, wrong);
        code = HAL_E_UNSUPPORTED;
        out->state = "its end points are wrong";
        goto cleanup;
    }
    out->message = malloc(MESSAGE_ROOM);
    if (!out->message) {
        snprintf(why, why_cap, "out of memory");
        out->state = "cannot be opened";
        goto cleanup;
    }
    usb = libusb_claim_interface(out->handle, c->interface);
    if (usb != 0) {
        code = refused(c, name, usb, &out->state, why, why_cap);
        goto cleanup;
    }
    out->interface = c->interface;
    out->out = c->out;
    out->in = c->in;
    out->interrupt = c->interrupt;
    out->out_packet = c->out_packet;
    out->in_packet = c->in_packet;
    out->interrupt_packet = c->interrupt_packet;
    return OK;
cleanup:
    libusb_close(out->handle);
    free(out->message);
    *out = (struct usb_bus){.state = out->state};
    return code;
}

void usb_bus_close(struct usb_bus *b)
{
    if (b->handle) {
        (void)libusb_release_interface(b->handle, b->interface);
        libusb_close(b->handle);
    }
    free(b->message);
    memset(b, 0, sizeof *b);
}
