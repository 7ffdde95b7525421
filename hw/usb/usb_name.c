/* A reader's name for people: VID:PID and its own strings, which are cleaned and cut. Called by usb_bus.c and usb.c. */
#include "hw/usb/usb_internal.h"

#include <stdio.h>
#include <string.h>

#define STRING_MAX 64

/* What is printable, blanks in a row as one: a device may say anything, and a name ends up on terminals and in XML. */
static void clean(const uint8_t *text, int len, char *out, size_t cap)
{
    size_t n = 0;
    for (int i = 0; i < len && n + 1 < cap; i++) {
        bool blank = text[i] <= 0x20 || text[i] >= 0x7F;
        if (!blank)
            out[n++] = (char)text[i];
        else if (n > 0 && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static void read_string(libusb_device_handle *handle, uint8_t index, char out[STRING_MAX + 1])
{
    uint8_t raw[STRING_MAX + 1];
    int len = index ? libusb_get_string_descriptor_ascii(handle, index, raw, sizeof raw) : 0;
    clean(raw, len, out, STRING_MAX + 1);
}

void usb_name(const struct usb_candidate *c, libusb_device_handle *handle, char *out, size_t cap)
{
    struct libusb_device_descriptor d;
    char maker[STRING_MAX + 1] = "", product[STRING_MAX + 1] = "";
    if (handle && libusb_get_device_descriptor(c->device, &d) == 0) {
        read_string(handle, d.iManufacturer, maker);
        read_string(handle, d.iProduct, product);
    }
    if (strncmp(product, maker, strlen(maker)) == 0) /* many products begin with it */
        maker[0] = '\0';
    snprintf(out, cap, "%04x:%04x%s%s%s%s", c->vid, c->pid, maker[0] ? " " : "", maker, product[0] ? " " : "", product);
}
