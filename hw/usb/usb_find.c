/*
 * Which of the things on USB are card readers: the interface's class, its class descriptor and its end points
 * (CCID rev 1.1, 3 and 5.1). Called by usb.c. What a device says of itself is copied with a limit and judged later, by
 * ccid_descriptor_parse and usb_bus_open.
 */
#include "hw/usb/usb_internal.h"

#include <stdlib.h>
#include <string.h>

#define CLASS_SMART_CARD 0x0B
#define CLASS_VENDOR 0xFF
#define DESCRIPTOR_CCID 0x21
#define DESCRIPTOR_CCID_LEN 54
#define PACKET_BITS 0x07FF /* of wMaxPacketSize (USB 2.0, 9.6.6) */

static bool has_ccid_descriptor(const uint8_t *extra, int len)
{
    for (int at = 0; len - at >= 2 && extra[at] >= 2; at += extra[at])
        if (extra[at + 1] == DESCRIPTOR_CCID && extra[at] == DESCRIPTOR_CCID_LEN && len - at >= DESCRIPTOR_CCID_LEN)
            return true;
    return false;
}

static void keep_extra(struct usb_candidate *c, const uint8_t *extra, int len)
{
    c->extra_len = len < 0 ? 0 : (size_t)len < USB_EXTRA ? (size_t)len : USB_EXTRA;
    if (c->extra_len > 0)
        memcpy(c->extra, extra, c->extra_len);
}

/* Some readers put the class descriptor behind their end points. */
static bool take_extra(struct usb_candidate *c, const struct libusb_interface_descriptor *i)
{
    keep_extra(c, i->extra, i->extra_length);
    if (has_ccid_descriptor(i->extra, i->extra_length))
        return true;
    for (uint8_t e = 0; e < i->bNumEndpoints; e++)
        if (has_ccid_descriptor(i->endpoint[e].extra, i->endpoint[e].extra_length)) {
            keep_extra(c, i->endpoint[e].extra, i->endpoint[e].extra_length);
            return true;
        }
    return false;
}

static void take_end_points(struct usb_candidate *c, const struct libusb_interface_descriptor *i)
{
    for (uint8_t e = 0; e < i->bNumEndpoints; e++) {
        const struct libusb_endpoint_descriptor *p = &i->endpoint[e];
        int type = p->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK;
        bool in = (p->bEndpointAddress & LIBUSB_ENDPOINT_DIR_MASK) == LIBUSB_ENDPOINT_IN;
        uint16_t packet = p->wMaxPacketSize & PACKET_BITS;
        if (type == LIBUSB_TRANSFER_TYPE_BULK && in && !c->in) {
            c->in = p->bEndpointAddress;
            c->in_packet = packet;
        } else if (type == LIBUSB_TRANSFER_TYPE_BULK && !in && !c->out) {
            c->out = p->bEndpointAddress;
            c->out_packet = packet;
        } else if (type == LIBUSB_TRANSFER_TYPE_INTERRUPT && in && !c->interrupt) {
            c->interrupt = p->bEndpointAddress;
            c->interrupt_packet = packet;
        }
    }
}

static void take_device(struct usb_candidates *out, libusb_device *device)
{
    struct libusb_device_descriptor d;
    struct libusb_config_descriptor *config = NULL;
    if (libusb_get_device_descriptor(device, &d) != 0)
        return;
    if (libusb_get_active_config_descriptor(device, &config) != 0 &&
        libusb_get_config_descriptor(device, 0, &config) != 0)
        return;
    for (uint8_t n = 0; n < config->bNumInterfaces && out->count < USB_CANDIDATES; n++) {
        if (config->interface[n].num_altsetting < 1)
            continue;
        const struct libusb_interface_descriptor *i = &config->interface[n].altsetting[0];
        struct usb_candidate c = {.vid = d.idVendor, .pid = d.idProduct, .interface = i->bInterfaceNumber};
        bool described = take_extra(&c, i);
        if (i->bInterfaceClass != CLASS_SMART_CARD && !(i->bInterfaceClass == CLASS_VENDOR && described))
            continue;
        take_end_points(&c, i);
        c.bus = libusb_get_bus_number(device);
        c.address = libusb_get_device_address(device);
        int ports = libusb_get_port_numbers(device, c.ports, USB_PORTS);
        c.port_count = ports > 0 ? (uint8_t)ports : 0;
        c.device = libusb_ref_device(device);
        out->list[out->count++] = c;
    }
    libusb_free_config_descriptor(config);
}

static int by_place(const void *a, const void *b)
{
    const struct usb_candidate *x = a, *y = b;
    if (x->bus != y->bus)
        return x->bus - y->bus;
    int ports = memcmp(x->ports, y->ports, USB_PORTS);
    if (ports != 0)
        return ports;
    return x->address != y->address ? x->address - y->address : x->interface - y->interface;
}

int usb_find(libusb_context *usb, struct usb_candidates *out)
{
    libusb_device **devices = NULL;
    out->count = 0;
    ssize_t count = libusb_get_device_list(usb, &devices);
    if (count < 0)
        return HAL_E_IO;
    for (ssize_t i = 0; i < count; i++)
        take_device(out, devices[i]);
    libusb_free_device_list(devices, 1);
    if (out->count > 1)
        qsort(out->list, out->count, sizeof out->list[0], by_place);
    return OK;
}

void usb_find_free(struct usb_candidates *c)
{
    for (size_t i = 0; i < c->count; i++)
        libusb_unref_device(c->list[i].device);
    c->count = 0;
}

bool usb_is_plugged(libusb_context *usb, uint16_t vid, uint16_t pid)
{
    libusb_device **devices = NULL;
    bool there = false;
    ssize_t count = libusb_get_device_list(usb, &devices);
    for (ssize_t i = 0; i < count; i++) {
        struct libusb_device_descriptor d;
        there |= libusb_get_device_descriptor(devices[i], &d) == 0 && d.idVendor == vid && d.idProduct == pid;
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    return there;
}
