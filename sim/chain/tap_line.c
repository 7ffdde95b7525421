/* The tap on the modem. */
#include "sim/chain/tap_ops.h"

static void record_line(struct tap *tap, const char *what, const char *peer, int rc)
{
    if (!tap_begin(tap, "line"))
        return;
    record_text(tap->port->record, "what", what);
    record_text(tap->port->record, "peer", peer);
    tap_end(tap, rc);
}

static int modem_connect(void *ctx, const char *peer, uint64_t deadline_us)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    record_line(tap, "connect", peer, OK);
    rc = HAL_CALL(&tap->under, modem, connect, peer, deadline_us);
    record_line(tap, rc == OK ? "connected" : "failed", peer, rc);
    if (rc == OK)
        tap->open = true;
    return tap_leave(tap, rc);
}

static int modem_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, modem, send, bytes, len);
    if (tap_begin(tap, "send")) {
        record_bytes(tap->port->record, "hex", bytes, len, RECORD_FRAME);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

static int modem_receive(void *ctx, uint8_t *bytes, size_t cap, size_t *len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, modem, receive, bytes, cap, len);
    if (rc == OK && tap_begin(tap, "recv")) {
        record_bytes(tap->port->record, "hex", bytes, *len, RECORD_FRAME);
        tap_end(tap, rc);
    }
    if (rc == HAL_E_CLOSED && tap->open) {
        record_line(tap, "closed", NULL, rc); /* by the other end */
        tap->open = false;
    }
    return tap_leave(tap, rc);
}

static int modem_disconnect(void *ctx)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL0(&tap->under, modem, disconnect);
    if (tap->open)
        record_line(tap, "closed", NULL, rc);
    tap->open = false;
    return tap_leave(tap, rc);
}

TAP_THROUGH(modem, status, (void *ctx, struct hal_modem_status *out), out)

const struct hal_modem_ops tap_modem_ops = {
    .status = modem_status,
    .connect = modem_connect,
    .send = modem_send,
    .receive = modem_receive,
    .disconnect = modem_disconnect,
};
