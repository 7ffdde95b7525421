/*
 * A reader over a device that comes and goes: attached, let go, looked for again. Called by usb.c and usb_open.c.
 *
 * Each reader has a libusb context of its own, which lives as long as the device is plugged in: a new one looks at the
 * bus anew, also where no udev tells libusb of changes.
 */
#include "hw/usb/usb_internal.h"

#include <stdio.h>
#include <string.h>

void usb_let_go(struct usb_reader *r)
{
    ccid_destroy(r->ccid);
    r->ccid = NULL;
    usb_bus_close(&r->bus);
    r->broken = 0;
}

void usb_detach(struct usb_reader *r)
{
    usb_let_go(r);
    if (r->usb)
        libusb_exit(r->usb);
    r->usb = NULL;
}

int usb_start(libusb_context **usb, char *why, size_t why_cap)
{
    int code = libusb_init(usb);
    if (code == 0)
        return OK;
    *usb = NULL;
    snprintf(why, why_cap, "USB cannot be used here (%s): is there a /dev/bus/usb?", libusb_error_name(code));
    return HAL_E_IO;
}

/* The protocol layer over an open bus. */
static int start_ccid(struct usb_reader *r, const struct usb_candidate *c, const char *name, char *why, size_t why_cap)
{
    struct ccid_descriptor d;
    const char *wrong = NULL;
    if (ccid_descriptor_parse(c->extra, c->extra_len, &d, &wrong) != OK) {
        snprintf(why, why_cap, "reader %s cannot be used: its CCID descriptor is wrong (%s); use another one", name,
                 wrong ? wrong : "malformed");
        r->state = "its CCID descriptor is wrong";
        return HAL_E_UNSUPPORTED;
    }
    if (d.level == CCID_CHARACTER) {
        snprintf(why, why_cap,
                 "reader %s cannot be used: it works at character level, posbench needs TPDU or APDU level; try "
                 "--reader pcsc",
                 name);
        r->state = "works at character level: not supported";
        return HAL_E_UNSUPPORTED;
    }
    r->ccid = ccid_create(&(struct ccid_bus){.ops = &usb_bus_ops, .ctx = &r->bus}, &d);
    if (r->ccid)
        return OK;
    r->state = "cannot be opened";
    snprintf(why, why_cap, "out of memory");
    return E_NOMEM;
}

int usb_attach(struct usb_reader *r, const struct usb_candidate *c, char *why, size_t why_cap)
{
    char name[HW_READER_NAME];
    int code = usb_bus_open(c, &r->bus, name, sizeof name, why, why_cap);
    r->state = r->bus.state;
    if (code == OK)
        code = start_ccid(r, c, name, why, why_cap);
    if (code == OK || !r->name[0]) /* one that was lost keeps its name while it cannot be had */
        snprintf(r->name, sizeof r->name, "%s", name);
    if (code != OK) {
        usb_bus_close(&r->bus);
        return code;
    }
    r->place = *c;
    r->place.device = NULL;
    return OK;
}

static bool same_kind(const struct usb_candidate *a, const struct usb_candidate *b)
{
    return a->vid == b->vid && a->pid == b->pid && a->interface == b->interface;
}

static bool same_port(const struct usb_candidate *a, const struct usb_candidate *b)
{
    return a->bus == b->bus && a->port_count == b->port_count && memcmp(a->ports, b->ports, USB_PORTS) == 0;
}

int usb_look_again(struct usb_reader *r)
{
    struct usb_candidates all = {.count = 0};
    struct usb_candidate was = r->place;
    char why[USB_TROUBLE] = "";
    int code = usb_start(&r->usb, why, sizeof why);
    if (code == OK)
        code = usb_find(r->usb, &all);
    bool attached = false;
    for (int any_port = 0; any_port < 2; any_port++)
        for (size_t i = 0; code == OK && !attached && i < all.count; i++)
            if (same_kind(&was, &all.list[i]) && same_port(&was, &all.list[i]) == !any_port)
                attached = usb_attach(r, &all.list[i], why, sizeof why) == OK;
    usb_find_free(&all);
    if (attached)
        return OK;
    usb_detach(r);
    if (why[0])
        snprintf(r->trouble, sizeof r->trouble, "%s", why);
    else
        snprintf(r->trouble, sizeof r->trouble, "reader %s is unplugged; plug it in again", r->name);
    return HAL_E_IO;
}
