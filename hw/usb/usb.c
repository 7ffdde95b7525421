/*
 * Which reader is meant, and which there are. Contract: hw/usb/usb.h. Called by hw/reader.c.
 */
#include "hw/usb/usb_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take_hex(const char **text, uint16_t *out)
{
    unsigned value = 0, digits = 0;
    for (; isxdigit((unsigned char)**text) && digits < 5; digits++, (*text)++) {
        int c = tolower((unsigned char)**text);
        value = value << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = (uint16_t)value;
    return digits >= 1 && digits <= 4;
}

static bool parse_vid_pid(const char *text, uint16_t *vid, uint16_t *pid)
{
    return take_hex(&text, vid) && *text++ == ':' && take_hex(&text, pid) && *text == '\0';
}

/* "A, B", as far as there is room. */
static void name_all(const struct usb_candidates *all, char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t i = 0; i < all->count; i++) {
        libusb_device_handle *handle = NULL;
        char name[64];
        size_t used = strlen(out);
        if (libusb_open(all->list[i].device, &handle) != 0)
            handle = NULL;
        usb_name(&all->list[i], handle, name, sizeof name);
        if (handle)
            libusb_close(handle);
        snprintf(out + used, cap - used, "%s%s", used ? ", " : "", name);
    }
}

static int not_there(libusb_context *usb, const struct usb_candidates *all, const char *vid_pid, uint16_t vid,
                     uint16_t pid, char *why, size_t why_cap)
{
    char names[200];
    name_all(all, names, sizeof names);
    if (!vid_pid)
        snprintf(why, why_cap, "there is no card reader (CCID) on USB: plug one in, or use --reader pcsc");
    else if (usb_is_plugged(usb, vid, pid))
        snprintf(why, why_cap, "%04x:%04x on USB is no card reader (CCID); readers there are: %s", vid, pid,
                 names[0] ? names : "none");
    else if (names[0])
        snprintf(why, why_cap, "there is no reader %04x:%04x on USB; there are: %s", vid, pid, names);
    else
        snprintf(
            why, why_cap,
            "there is no reader %04x:%04x on USB, nor any other card reader (CCID): plug it in, or use --reader pcsc",
            vid, pid);
    return HAL_E_NOENT;
}

/* The first that matches; of several of one kind the first that can be had. */
static int attach_first(struct usb_reader *r, const struct usb_candidates *all, const char *vid_pid, uint16_t vid,
                        uint16_t pid, char *why, size_t why_cap)
{
    int code = HAL_E_NOENT;
    bool seen = false;
    char other[USB_TROUBLE];
    for (size_t i = 0; i < all->count && code != OK; i++) {
        const struct usb_candidate *c = &all->list[i];
        if (vid_pid ? c->vid != vid || c->pid != pid : i > 0)
            continue;
        int got = usb_attach(r, c, seen ? other : why, seen ? sizeof other : why_cap);
        code = seen && got != OK ? code : got;
        seen = true;
    }
    return seen ? code : not_there(r->usb, all, vid_pid, vid, pid, why, why_cap);
}

int usb_reader_open(const char *vid_pid, struct hw_reader *out, char *why, size_t why_cap)
{
    struct usb_candidates *all = NULL;
    uint16_t vid = 0, pid = 0;
    memset(out, 0, sizeof *out);
    if (vid_pid && !parse_vid_pid(vid_pid, &vid, &pid)) {
        snprintf(why, why_cap, "'usb:%.40s': usb:VID:PID in hex expected, as in usb:08e6:4433", vid_pid);
        return E_INVAL;
    }
    int code = E_NOMEM;
    struct usb_reader *r = calloc(1, sizeof *r);
    all = calloc(1, sizeof *all);
    if (!r || !all) {
        snprintf(why, why_cap, "out of memory");
        goto cleanup;
    }
    code = usb_start(&r->usb, why, why_cap);
    if (code != OK)
        goto cleanup;
    code = usb_find(r->usb, all);
    if (code != OK)
        snprintf(why, why_cap, "USB cannot be looked at: is there a /dev/bus/usb?");
    else
        code = attach_first(r, all, vid_pid, vid, pid, why, why_cap);
    usb_find_free(all);
    if (code != OK)
        goto cleanup;
    out->ops = &usb_reader_ops;
    out->ctx = r;
    snprintf(out->name, sizeof out->name, "%s", r->name);
    r = NULL;
cleanup:
    if (r)
        usb_detach(r);
    free(r);
    free(all);
    return code;
}

/* ---- list ---- */

static const char *state_of(struct usb_reader *r, const struct usb_candidate *c)
{
    char why[USB_TROUBLE];
    bool card = false;
    if (usb_attach(r, c, why, sizeof why) != OK)
        return r->state;
    return ccid_wait(r->ccid, false, 0, &card) != OK ? "does not answer" : card ? "a card is in it" : "empty";
}

size_t usb_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                       char *why, size_t why_cap)
{
    struct usb_candidates *all = calloc(1, sizeof *all);
    struct usb_reader *r = calloc(1, sizeof *r);
    size_t count = 0;
    if (why_cap > 0)
        why[0] = '\0';
    if (!all || !r || usb_start(&r->usb, why, why_cap) != OK || usb_find(r->usb, all) != OK)
        goto cleanup;
    for (size_t i = 0; i < all->count; i++) {
        char spec[sizeof "usb:0000:0000"];
        snprintf(spec, sizeof spec, "usb:%04x:%04x", all->list[i].vid, all->list[i].pid);
        const char *state = state_of(r, &all->list[i]);
        found(ctx, spec, r->name, state);
        r->name[0] = '\0';
        usb_let_go(r);
    }
    count = all->count;
    usb_find_free(all);
cleanup:
    if (r)
        usb_detach(r);
    free(r);
    free(all);
    return count;
}
