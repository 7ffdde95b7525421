/*
 * Card readers on USB, without a service between: CCID (hw/ccid) over libusb. Contract: hw/reader.h. Caller:
 * hw/reader.c.
 *
 * A reader that is unplugged is looked for again by the next `wait` or `power_on`: the same VID:PID, at the same port
 * if one is there, else at any. Until it is back every call is HAL_E_IO.
 */
#ifndef POSBENCH_HW_USB_USB_H
#define POSBENCH_HW_USB_USB_H

#include "hw/reader.h"

/* `vid_pid`: "08e6:4433", hex; NULL: the first CCID reader, in the order of bus and port. Codes as hw_reader_open. */
int usb_reader_open(const char *vid_pid, struct hw_reader *out, char *why, size_t why_cap);
size_t usb_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                       char *why, size_t why_cap);

#endif
