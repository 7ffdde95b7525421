#include "sim/devices/modem.h"

#include <string.h>

static enum hal_link link_of(const struct sim_modem *d)
{
    if (d->state == SIM_MODEM_OPEN)
        return HAL_LINK_CONNECTED;
    return network_is_up(d->network) ? HAL_LINK_UP : HAL_LINK_DOWN;
}

static void wake(struct sim_modem *d)
{
    d->port->wake(d->port->machine);
}

static void hang_up(struct sim_modem *d)
{
    if (d->state == SIM_MODEM_OPEN || d->state == SIM_MODEM_CONNECTING)
        network_close(d->network, d->connection);
    d->state = SIM_MODEM_IDLE;
    d->end_unread = false;
    d->first = d->count = 0;
    explicit_bzero(d->buffer, sizeof d->buffer);
}

/* ---- what the network says ---- */

static void on_connected(void *ctx, int status)
{
    struct sim_modem *d = ctx;
    d->state = status == OK ? SIM_MODEM_OPEN : SIM_MODEM_IDLE;
    d->result = status;
    wake(d);
}

static void overrun(struct sim_modem *d)
{
    struct record *r = d->port->record;
    record_begin(r, d->port->terminal, "line");
    record_text(r, "what", "drop");
    record_text(r, "err", status_name(E_LIMIT));
    record_end(r);
    network_close(d->network, d->connection);
    d->state = SIM_MODEM_CLOSED;
    d->end_unread = true;
}

static void on_received(void *ctx, const uint8_t *bytes, size_t len)
{
    struct sim_modem *d = ctx;
    if (len > SIM_MODEM_BUFFER - d->count) {
        overrun(d);
    } else {
        for (size_t i = 0; i < len; i++)
            d->buffer[(d->first + d->count + i) % SIM_MODEM_BUFFER] = bytes[i];
        d->count += len;
    }
    wake(d);
}

static void on_closed(void *ctx)
{
    struct sim_modem *d = ctx;
    d->state = SIM_MODEM_CLOSED;
    d->end_unread = true;
    wake(d);
}

static void on_line(void *ctx)
{
    struct sim_modem *d = ctx;
    d->line_changed = true;
    wake(d);
}

/* ---- what the core asks ---- */

static int modem_status(void *ctx, struct hal_modem_status *out)
{
    struct sim_modem *d = ctx;
    *out = (struct hal_modem_status){.link = link_of(d), .signal = d->signal};
    d->line_changed = d->end_unread = false;
    return OK;
}

static bool is_decided(const void *device)
{
    const struct sim_modem *d = device;
    return d->state != SIM_MODEM_CONNECTING;
}

static int modem_connect(void *ctx, const char *peer, uint64_t deadline_us)
{
    struct sim_modem *d = ctx;
    if (!peer)
        return E_INVAL;
    if (d->state == SIM_MODEM_OPEN)
        return E_STATE;
    hang_up(d);
    const struct network_client client = {d, on_connected, on_received, on_closed};
    d->state = SIM_MODEM_CONNECTING;
    int rc = network_connect(d->network, peer, &client, &d->connection);
    if (rc != OK) {
        d->state = SIM_MODEM_IDLE;
        return rc == E_NOMEM ? rc : HAL_E_DOWN; /* whatever is wrong with the peer, nothing was sent */
    }
    rc = d->port->block(d->port->machine, sim_clock_world_us(d->clock, deadline_us), is_decided, d);
    if (rc == HAL_E_POWER)
        return rc; /* the reset closes */
    if (!is_decided(d)) {
        hang_up(d);
        return HAL_E_TIMEOUT;
    }
    return d->result;
}

static int modem_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct sim_modem *d = ctx;
    if (len > 0 && !bytes)
        return E_INVAL;
    if (d->state == SIM_MODEM_CLOSED)
        return network_is_up(d->network) ? HAL_E_CLOSED : HAL_E_DOWN;
    return d->state == SIM_MODEM_OPEN ? network_send(d->network, d->connection, bytes, len) : HAL_E_DOWN;
}

static int modem_receive(void *ctx, uint8_t *bytes, size_t cap, size_t *len)
{
    struct sim_modem *d = ctx;
    if (d->count == 0 && d->state == SIM_MODEM_OPEN)
        return HAL_E_EMPTY;
    if (d->count == 0) {
        d->end_unread = false;
        return HAL_E_CLOSED;
    }
    size_t n = cap < d->count ? cap : d->count;
    for (size_t i = 0; i < n; i++)
        bytes[i] = d->buffer[(d->first + i) % SIM_MODEM_BUFFER];
    d->first = (d->first + n) % SIM_MODEM_BUFFER;
    d->count -= n;
    *len = n;
    return OK;
}

static int modem_disconnect(void *ctx)
{
    hang_up(ctx);
    return OK;
}

static const struct hal_modem_ops MODEM_OPS = {
    .status = modem_status,
    .connect = modem_connect,
    .send = modem_send,
    .receive = modem_receive,
    .disconnect = modem_disconnect,
};

/* ---- the device ---- */

static bool modem_ready(const void *device)
{
    const struct sim_modem *d = device;
    return d->count > 0 || d->line_changed || d->end_unread;
}

static void modem_reset(void *device)
{
    struct sim_modem *d = device;
    hang_up(d);
    d->line_changed = false;
}

const struct sim_device_class sim_modem_class = {
    .name = "modem",
    .source = HAL_SRC_MODEM,
    .ready = modem_ready,
    .reset = modem_reset,
};

int sim_modem_init(struct sim_modem *d, const struct sim_port *port, struct network *network,
                   const struct sim_clock *clock)
{
    *d = (struct sim_modem){.port = port, .network = network, .clock = clock, .signal = 31};
    return network_watch(network, on_line, d);
}

void sim_modem_clear(struct sim_modem *d)
{
    if (!d->network)
        return;
    hang_up(d);
    network_unwatch(d->network, d);
    d->network = NULL;
}

struct hal_modem sim_modem_hal(struct sim_modem *d)
{
    return (struct hal_modem){&MODEM_OPS, d};
}
