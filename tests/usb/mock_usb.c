/*
 * The device node /dev/bus/usb/001/NNN under umockdev: usbfs requests as the kernel answers them, cut into packets. An
 * URB that cannot be served waits; every change of the reader's state serves what waits.
 *
 * umockdev may call the handler on a thread of its own, so all state is behind one lock. Testbed calls are made
 * without it: they may wait for that thread.
 */
#include "mock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#define URBS 64
#define URB_MAX 67000    /* the longest message there is, and a packet: who asks for more believed a length */
#define REAP_WAIT_US 500 /* a reap that finds nothing is answered a little later: libusb asks again at once */

struct urb {
    UMockdevIoctlClient *client;
    UMockdevIoctlData *arg, *buffer;
    bool done;
};

static struct {
    GMutex lock;
    UMockdevTestbed *testbed;
    UMockdevIoctlBase *handler;
    struct mock_reader *reader;
    const struct mock_profile *profile;
    char vid[5], pid[5];
    unsigned number, port; /* of the device node now */
    char path[64], node[64];
    UMockdevIoctlClient *owner; /* who has claimed the interface */
    bool plugged, busy, halted; /* halted: bulk in, until it is cleared */
    struct urb urbs[URBS];      /* in the order they came */
    size_t urb_count;
} usb;

static struct usbdevfs_urb *fields(const struct urb *u)
{
    return (struct usbdevfs_urb *)(void *)u->arg->data;
}

static void finish(struct urb *u, int status, size_t actual)
{
    fields(u)->status = status;
    fields(u)->actual_length = (int)actual;
    u->done = true;
}

/* ---- serving: what waits and can go on ---- */

static void serve_control(struct urb *u)
{
    static const uint8_t language[] = {4, 3, 0x09, 0x04};
    static const char *const strings[] = {"", "posbench", "Mock\x07 reader"};
    const uint8_t *setup = u->buffer->data;
    uint8_t *data = u->buffer->data + 8;
    size_t room = (size_t)fields(u)->buffer_length - 8;
    uint8_t out[64];
    size_t n = 0;
    if (setup[0] == 0x21 && setup[1] == 0x01) {
        mock_reader_control_abort(usb.reader, setup[2], setup[3]);
        finish(u, 0, 0);
        return;
    }
    if (setup[0] == 0x80 && setup[1] == 6 && setup[3] == 3 && setup[2] < 3) {
        if (setup[2] == 0) {
            memcpy(out, language, sizeof language);
        } else {
            out[0] = (uint8_t)(2 + 2 * strlen(strings[setup[2]]));
            out[1] = 3;
            for (size_t i = 0; strings[setup[2]][i]; i++) {
                out[2 + 2 * i] = (uint8_t)strings[setup[2]][i];
                out[3 + 2 * i] = 0;
            }
        }
        n = out[0] < room ? out[0] : room;
        memcpy(data, out, n);
        finish(u, 0, n);
        return;
    }
    finish(u, -EPIPE, 0);
}

static void serve_out(struct urb *u)
{
    bool pend = false;
    size_t len = (size_t)fields(u)->buffer_length;
    bool taken = mock_reader_out(usb.reader, len ? u->buffer->data : NULL, len, &pend);
    if (!pend)
        finish(u, taken ? 0 : -EPIPE, taken ? len : 0);
}

/* Packet by packet, as the bus does: a full buffer or a short packet ends the transfer. false: it waits on. */
static bool serve_in(struct urb *u)
{
    struct mock_message *m = mock_reader_in(usb.reader);
    size_t room = (size_t)fields(u)->buffer_length, have = (size_t)fields(u)->actual_length;
    if (usb.halted) {
        finish(u, -EPIPE, have);
        return true;
    }
    if (!m)
        return false;
    if (m->status != 0) {
        usb.halted = m->status == -EPIPE;
        finish(u, m->status, have);
        mock_reader_in_done(usb.reader);
        return true;
    }
    size_t left = m->len - m->taken, n = left < room - have ? left : room - have;
    if (left > n && n % MOCK_PACKET != 0) { /* the packet does not fit the buffer's end */
        finish(u, -EOVERFLOW, 0);
        mock_reader_in_done(usb.reader);
        return true;
    }
    if (n > 0)
        memcpy(u->buffer->data + have, m->bytes + m->taken, n);
    m->taken += n;
    fields(u)->actual_length = (int)(have + n);
    bool whole = m->taken == m->len, short_packet = whole && (m->len % MOCK_PACKET != 0 || m->len == 0);
    bool empty_follows = whole && !short_packet && usb.profile->in_zlp;
    if (short_packet || (empty_follows && have + n < room)) {
        finish(u, 0, have + n);
        mock_reader_in_done(usb.reader);
    } else if (have + n == room) {
        finish(u, 0, have + n);
        if (empty_follows)
            m->len = m->taken = 0; /* the empty packet is still to come */
        else if (whole)
            mock_reader_in_done(usb.reader);
    } else {
        mock_reader_in_done(usb.reader); /* full packets, then nothing: the transfer stays open */
    }
    return true;
}

static void serve_interrupt(struct urb *u)
{
    uint8_t change[2];
    int status = 0;
    if (!mock_reader_interrupt(usb.reader, change, &status))
        return;
    size_t n = fields(u)->buffer_length < 2 ? (size_t)fields(u)->buffer_length : 2;
    memcpy(u->buffer->data, change, n);
    finish(u, status, status ? 0 : n);
}

static void serve(void)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < usb.urb_count; i++) {
            struct urb *u = &usb.urbs[i];
            if (u->done)
                continue;
            if (!usb.plugged)
                finish(u, -ESHUTDOWN, 0);
            else if (fields(u)->type == USBDEVFS_URB_TYPE_CONTROL)
                serve_control(u);
            else if (fields(u)->type == USBDEVFS_URB_TYPE_INTERRUPT || fields(u)->endpoint == 0x83)
                serve_interrupt(u);
            else if (fields(u)->endpoint & 0x80)
                moved |= serve_in(u);
            else
                serve_out(u);
            moved |= u->done;
        }
    }
}

void mock_usb_serve(void)
{
    serve();
}

/* ---- requests ---- */

static void drop(size_t i)
{
    umockdev_ioctl_data_unref(usb.urbs[i].arg);
    if (usb.urbs[i].buffer)
        umockdev_ioctl_data_unref(usb.urbs[i].buffer);
    memmove(&usb.urbs[i], &usb.urbs[i + 1], (usb.urb_count - i - 1) * sizeof usb.urbs[0]);
    usb.urb_count--;
}

static int submit(UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
    if (!data || usb.urb_count == URBS)
        return ENOMEM;
    if (((struct usbdevfs_urb *)(void *)data->data)->buffer_length > URB_MAX) {
        umockdev_ioctl_data_unref(data);
        return ENOMEM;
    }
    struct urb *u = &usb.urbs[usb.urb_count];
    *u = (struct urb){.client = client, .arg = data};
    if (fields(u)->buffer_length > 0)
        u->buffer = umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer),
                                                (gsize)fields(u)->buffer_length, NULL);
    fields(u)->actual_length = 0;
    usb.urb_count++;
    serve();
    return 0;
}

static int discard(UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    gulong address = *(gulong *)(void *)arg->data;
    for (size_t i = 0; i < usb.urb_count; i++)
        if (usb.urbs[i].client == client && usb.urbs[i].arg->client_addr == address && !usb.urbs[i].done) {
            finish(&usb.urbs[i], -ENOENT, (size_t)fields(&usb.urbs[i])->actual_length);
            return 0;
        }
    return EINVAL;
}

static int reap(UMockdevIoctlClient *client, UMockdevIoctlData *arg, bool there)
{
    for (size_t i = 0; i < usb.urb_count; i++) {
        if (usb.urbs[i].client != client || !usb.urbs[i].done)
            continue;
        UMockdevIoctlData *out = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), NULL);
        umockdev_ioctl_data_set_ptr(out, 0, usb.urbs[i].arg);
        umockdev_ioctl_data_unref(out);
        drop(i);
        return 0;
    }
    return there ? EAGAIN : ENODEV;
}

static int capabilities(UMockdevIoctlData *arg)
{
    UMockdevIoctlData *d = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), NULL);
    *(guint32 *)(void *)d->data = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
    umockdev_ioctl_data_unref(d);
    return 0;
}

static unsigned end_point(UMockdevIoctlData *arg)
{
    UMockdevIoctlData *d = umockdev_ioctl_data_resolve(arg, 0, sizeof(unsigned), NULL);
    unsigned value = *(unsigned *)(void *)d->data;
    umockdev_ioctl_data_unref(d);
    return value;
}

/* errno, or 0. */
static int request(UMockdevIoctlClient *client, gulong what, UMockdevIoctlData *arg)
{
    /* Whoever still holds the node of a device that was unplugged holds nothing, also when another came since. */
    bool there = usb.plugged && strcmp(umockdev_ioctl_client_get_devnode(client), usb.node) == 0;
    if (!there && what != USBDEVFS_REAPURBNDELAY && what != USBDEVFS_REAPURB)
        return ENODEV;
    switch (what) {
    case USBDEVFS_GET_CAPABILITIES:
        return capabilities(arg);
    case USBDEVFS_CLAIMINTERFACE:
        if (usb.busy || (usb.owner && usb.owner != client))
            return EBUSY;
        usb.owner = client;
        return 0;
    case USBDEVFS_CLEAR_HALT:
        usb.halted &= end_point(arg) != 0x81;
        return 0;
    case USBDEVFS_RELEASEINTERFACE:
        usb.owner = usb.owner == client ? NULL : usb.owner;
        return 0;
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_RESET:
    case USBDEVFS_SETCONFIGURATION:
        return 0;
    case USBDEVFS_GETDRIVER:
        return ENODATA;
    case USBDEVFS_SUBMITURB:
        return submit(client, arg);
    case USBDEVFS_DISCARDURB:
        return discard(client, arg);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        return reap(client, arg, there);
    default:
        return ENOTTY;
    }
}

static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client)
{
    (void)handler;
    gulong what = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
    g_mutex_lock(&usb.lock);
    int error = request(client, what, arg);
    bool unplug = mock_reader_wants_unplug(usb.reader);
    if (unplug) {
        usb.plugged = false;
        serve();
    }
    g_mutex_unlock(&usb.lock);
    if (error == EAGAIN)
        g_usleep(REAP_WAIT_US);
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
    return TRUE;
}

static void on_vanished(UMockdevIoctlBase *handler, UMockdevIoctlClient *client)
{
    (void)handler;
    g_mutex_lock(&usb.lock);
    for (size_t i = usb.urb_count; i-- > 0;)
        if (usb.urbs[i].client == client)
            drop(i);
    usb.owner = usb.owner == client ? NULL : usb.owner;
    g_mutex_unlock(&usb.lock);
}

/* ---- plugging ---- */

static void add_device(void)
{
    uint8_t raw[256];
    char hex[513] = "", text[2400];
    size_t n = mock_descriptors(usb.profile, raw);
    raw[9] = (uint8_t)strtoul((char[]){usb.vid[0], usb.vid[1], 0}, NULL, 16);
    raw[8] = (uint8_t)strtoul(usb.vid + 2, NULL, 16);
    raw[11] = (uint8_t)strtoul((char[]){usb.pid[0], usb.pid[1], 0}, NULL, 16);
    raw[10] = (uint8_t)strtoul(usb.pid + 2, NULL, 16);
    for (size_t i = 0; i < n; i++)
        snprintf(hex + 2 * i, 3, "%02X", raw[i]);
    snprintf(usb.path, sizeof usb.path, "/devices/pci0000:00/0000:00:01.0/usb1/1-%u", usb.port);
    snprintf(usb.node, sizeof usb.node, "/dev/bus/usb/001/%03u", usb.number);
    snprintf(text, sizeof text,
             "P: %s\nN: bus/usb/001/%03u\nE: DEVNAME=/dev/bus/usb/001/%03u\nE: DEVTYPE=usb_device\nE: DRIVER=usb\n"
             "E: BUSNUM=001\nE: DEVNUM=%03u\nE: PRODUCT=%s/%s/100\nE: SUBSYSTEM=usb\nA: busnum=1\\n\nA: devnum=%u\\n\n"
             "A: speed=12\\n\nA: bConfigurationValue=1\\n\nA: idVendor=%s\\n\nA: idProduct=%s\\n\nH: descriptors=%s\n\n"
             "P: %s/1-%u:1.0\nE: DEVTYPE=usb_interface\nE: PRODUCT=%s/%s/100\nE: INTERFACE=11/0/0\nE: SUBSYSTEM=usb\n"
             "A: bInterfaceNumber=00\\n\nA: bInterfaceClass=%02x\\n\nA: bInterfaceSubClass=00\\n\n"
             "A: bInterfaceProtocol=00\\n\n\n",
             usb.path, usb.number, usb.number, usb.number, usb.vid, usb.pid, usb.number, usb.vid, usb.pid, hex,
             usb.path, usb.port, usb.vid, usb.pid, usb.profile->interface_class);
    GError *error = NULL;
    /* The handler first and for good: a node without one opens as a plain file, which no program ever meets. */
    if (!umockdev_testbed_attach_ioctl(usb.testbed, usb.node, usb.handler, &error) ||
        !umockdev_testbed_add_from_string(usb.testbed, text, &error)) {
        fprintf(stderr, "mock: %s\n", error->message);
        exit(3);
    }
}

static void tell(const char *what)
{
    char path[100];
    snprintf(path, sizeof path, "/sys%s", usb.path);
    umockdev_testbed_uevent(usb.testbed, path, what);
}

void mock_usb_plug(unsigned port)
{
    g_mutex_lock(&usb.lock);
    usb.number++;
    usb.port = port;
    usb.plugged = true;
    usb.halted = false;
    usb.owner = NULL;
    mock_reader_plug(usb.reader);
    g_mutex_unlock(&usb.lock);
    add_device();
    tell("add");
}

void mock_usb_unplug(void)
{
    char path[100];
    g_mutex_lock(&usb.lock);
    usb.plugged = false;
    serve();
    g_mutex_unlock(&usb.lock);
    tell("remove");
    snprintf(path, sizeof path, "/sys%s/1-%u:1.0", usb.path, usb.port);
    umockdev_testbed_remove_device(usb.testbed, path);
    snprintf(path, sizeof path, "/sys%s", usb.path);
    umockdev_testbed_remove_device(usb.testbed, path);
}

/* Nobody but root may open the node, everybody may see it. */
void mock_usb_forbid(void)
{
    char *folder = umockdev_testbed_get_root_dir(usb.testbed), command[300];
    snprintf(command, sizeof command, "chmod -R a+rwX '%s' && chmod 600 '%s%s'", folder, folder, usb.node);
    if (system(command) != 0)
        fprintf(stderr, "mock: permissions cannot be set\n");
    g_free(folder);
}

void mock_usb_busy(bool busy)
{
    usb.busy = busy;
}

void mock_usb_lock(void)
{
    g_mutex_lock(&usb.lock);
}

void mock_usb_unlock(void)
{
    g_mutex_unlock(&usb.lock);
}

void mock_usb_start(struct mock_reader *r, const struct mock_profile *p, const char *vid_pid)
{
    usb.reader = r;
    usb.profile = p;
    snprintf(usb.vid, sizeof usb.vid, "%.4s", vid_pid);
    snprintf(usb.pid, sizeof usb.pid, "%.4s", vid_pid + 5);
    usb.number = 1;
    usb.testbed = umockdev_testbed_new();
    umockdev_testbed_add_from_string(usb.testbed,
                                     "P: /devices/pci0000:00/0000:00:01.0/usb1\nN: bus/usb/001/001\n"
                                     "E: DEVNAME=/dev/bus/usb/001/001\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
                                     "E: BUSNUM=001\nE: DEVNUM=001\nA: busnum=1\\n\nA: devnum=1\\n\nA: speed=480\\n\n"
                                     "A: bConfigurationValue=1\\n\nA: idVendor=1d6b\\n\nA: idProduct=0002\\n\n"
                                     "H: descriptors=12010002090001406b1d020010060302010109021900010100e0000904000001"
                                     "09000000070581030400"
                                     "0c\n\n",
                                     NULL);
    usb.handler = umockdev_ioctl_base_new();
    g_signal_connect(usb.handler, "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
    g_signal_connect(usb.handler, "client-vanished", G_CALLBACK(on_vanished), NULL);
}

void mock_usb_stop(void)
{
    g_object_unref(usb.testbed);
    g_object_unref(usb.handler);
}
