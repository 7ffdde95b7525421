/* What the files of hw/usb share; nobody else includes it. */
#ifndef POSBENCH_HW_USB_USB_INTERNAL_H
#define POSBENCH_HW_USB_USB_INTERNAL_H

#include "hw/ccid/ccid.h"
#include "hw/usb/usb.h"

#include <libusb.h>

/* ---- usb_find.c: what is plugged in ---- */

#define USB_CANDIDATES 32 /* readers that are looked at; more are not a desk */
#define USB_PORTS 7       /* USB 3.2 10.: hubs in a row */
#define USB_EXTRA 256     /* of the interface's extra bytes: the class descriptor is 54 of them */

struct usb_candidate {
    libusb_device *device; /* one reference is ours */
    uint16_t vid, pid;
    uint8_t bus, address;
    uint8_t ports[USB_PORTS];
    uint8_t port_count;
    uint8_t interface;
    uint8_t out, in, interrupt; /* end point addresses, 0: there is none */
    uint16_t out_packet, in_packet, interrupt_packet;
    uint8_t extra[USB_EXTRA];
    size_t extra_len;
};
struct usb_candidates {
    struct usb_candidate list[USB_CANDIDATES];
    size_t count;
};

/* Interfaces of class 0x0B, and of class 0xFF with a CCID class descriptor; sorted by bus and port. OK or HAL_E_IO. */
int usb_find(libusb_context *usb, struct usb_candidates *out);
void usb_find_free(struct usb_candidates *c);
bool usb_is_plugged(libusb_context *usb, uint16_t vid, uint16_t pid); /* whatever it is */

/* ---- usb_name.c: what people call it ---- */

/* "08e6:4433 Gemalto USB SmartCard Reader"; without `handle` (no permission) the numbers alone. */
void usb_name(const struct usb_candidate *c, libusb_device_handle *handle, char *out, size_t cap);

/* ---- usb_bus.c: the end points ---- */

struct usb_bus {
    libusb_device_handle *handle; /* NULL: closed */
    uint8_t interface, out, in, interrupt;
    uint16_t out_packet, in_packet, interrupt_packet;
    bool gone; /* unplugged: seen by any transfer */
    uint8_t *message;
    const char *state; /* why it could not be opened, in a few words; NULL: it could */
};
extern const struct ccid_bus_ops usb_bus_ops; /* ctx: struct usb_bus */

/* Opens and claims. On failure `out` is closed but for its state. OK, HAL_E_NOENT it went away, HAL_E_DENIED,
 * HAL_E_UNSUPPORTED, HAL_E_IO, E_NOMEM; with one line in `why` and the name as far as it could be read. */
int usb_bus_open(const struct usb_candidate *c, struct usb_bus *out, char *name, size_t name_cap, char *why,
                 size_t why_cap);
void usb_bus_close(struct usb_bus *b);

/* ---- usb_attach.c: a reader over a device that comes and goes ---- */

#define USB_TROUBLE 300

struct usb_reader {
    libusb_context *usb; /* NULL while it is unplugged, as ccid and bus.handle */
    struct usb_bus bus;
    struct ccid *ccid;
    struct usb_candidate place; /* what it is and where it was; `device` is not used */
    char name[HW_READER_NAME];
    char trouble[USB_TROUBLE];
    const char *state; /* of the last attach that failed, in a few words */
    unsigned broken;   /* calls in a row that met HAL_E_IO */
};

/* A libusb context. OK or HAL_E_IO with one line in `why`. */
int usb_start(libusb_context **usb, char *why, size_t why_cap);
/* Opens it and puts the protocol on top. Codes of usb_bus_open; one line in `why`. */
int usb_attach(struct usb_reader *r, const struct usb_candidate *c, char *why, size_t why_cap);
/* All that usb_attach made; the context stays. */
void usb_let_go(struct usb_reader *r);
/* The context too: the next one looks at the bus anew. */
void usb_detach(struct usb_reader *r);
/* Once, without waiting, for a reader that is detached. OK or HAL_E_IO with the reason in r->trouble. */
int usb_look_again(struct usb_reader *r);

/* ---- usb_reader.c ---- */

extern const struct hw_reader_ops usb_reader_ops; /* ctx: struct usb_reader, from calloc */

#endif
