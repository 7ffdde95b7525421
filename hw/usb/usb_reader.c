/*
 * The ops of a reader on USB (hw/reader.h): calls go to hw/ccid; what it says of a device that is gone becomes
 * HAL_E_IO, and the next `wait` or `power_on` looks for it again. Made by usb_open.c.
 */
#include "hw/usb/usb_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_AGAIN_MS 50 /* between two looks for a reader that was unplugged */
#define BROKEN_MAX 2     /* HAL_E_IO so often in a row: it is opened anew */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the layer below said, and whether it said so because the device is gone. */
static int finish(struct usb_reader *r, int code)
{
    if (r->bus.gone) {
        usb_detach(r);
        snprintf(r->trouble, sizeof r->trouble, "reader %s was unplugged; plug it in again", r->name);
        return HAL_E_IO;
    }
    if (code != OK)
        snprintf(r->trouble, sizeof r->trouble, "reader %.80s: %s%s", r->name, ccid_trouble(r->ccid),
                 code == HAL_E_IO ? "; if that goes on, unplug it and plug it in again" : "");
    r->broken = code == HAL_E_IO ? r->broken + 1 : 0;
    if (r->broken >= BROKEN_MAX)
        usb_detach(r);
    return code;
}

static int usb_wait(void *ctx, bool present, unsigned timeout_ms, bool *now)
{
    struct usb_reader *r = ctx;
    int64_t until = now_ms() + timeout_ms;
    *now = false;
    while (!r->ccid && usb_look_again(r) != OK) {
        int64_t left = until - now_ms();
        if (left <= 0)
            return HAL_E_IO;
        long ns = (left < LOOK_AGAIN_MS ? (long)left : LOOK_AGAIN_MS) * 1000000L;
        nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
    }
    int64_t left = until - now_ms();
    return finish(r, ccid_wait(r->ccid, present, left > 0 ? (unsigned)left : 0, now));
}

static int usb_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct usb_reader *r = ctx;
    if (!r->ccid && usb_look_again(r) != OK)
        return HAL_E_IO;
    return finish(r, ccid_power_on(r->ccid, warm, atr, atr_len));
}

static int usb_power_off(void *ctx)
{
    struct usb_reader *r = ctx;
    return r->ccid ? finish(r, ccid_power_off(r->ccid)) : OK; /* an unplugged reader powers nothing */
}

static int usb_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                        size_t *answer_len)
{
    struct usb_reader *r = ctx;
    if (!r->ccid)
        return HAL_E_IO; /* not looked for: the card has lost its session anyway */
    return finish(r, ccid_exchange(r->ccid, protocol, command, len, answer, cap, answer_len));
}

static void usb_close(void *ctx)
{
    struct usb_reader *r = ctx;
    if (r->ccid)
        (void)ccid_power_off(r->ccid);
    usb_detach(r);
    free(r);
}

static const char *usb_trouble(void *ctx)
{
    struct usb_reader *r = ctx;
    return r->trouble;
}

const struct hw_reader_ops usb_reader_ops = {.wait = usb_wait,
                                             .power_on = usb_power_on,
                                             .power_off = usb_power_off,
                                             .exchange = usb_exchange,
                                             .close = usb_close,
                                             .trouble = usb_trouble};
