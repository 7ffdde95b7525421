/*
 * The line between modems and hosts (network.h): its two ends, and the line itself. An end that has closed, or whose
 * connection died, is told nothing more.
 */
#include "sim/network_internal.h"

#include <stdlib.h>
#include <string.h>

#define LATENCY_US 40000
#define BYTES_PER_S 125000

struct network *network_create(struct world *world, struct record *record)
{
    struct network *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->world = world;
    n->record = record;
    n->up = true;
    n->latency_us = LATENCY_US;
    n->bytes_per_s = BYTES_PER_S;
    return n;
}

void network_destroy(struct network *n)
{
    if (!n)
        return;
    network_forget_events(n);
    free(n);
}

void network_rewind(struct network *n)
{
    network_forget_events(n);
    memset(n->connections, 0, sizeof n->connections);
    memset(n->passed, 0, sizeof n->passed);
    memset(n->faults, 0, sizeof n->faults);
    /* last_number goes on: an end that was not told must not meet its number again */
}

/* ---- the ends ---- */

int network_listen(struct network *n, const char *peer, const struct network_server *server)
{
    size_t i = 0;
    while (i < n->peer_count && strcmp(n->peers[i].name, peer) != 0)
        i++;
    if (i == NETWORK_PEERS || strlen(peer) > PEER_NAME_MAX)
        return E_LIMIT;
    strcpy(n->peers[i].name, peer);
    n->peers[i].server = *server;
    if (i == n->peer_count)
        n->peer_count++;
    return OK;
}

/* A free place; else that of a connection whose client has gone unheard (HOLD): its server gives it up now. */
static struct connection *place(struct network *n)
{
    struct connection *oldest = NULL;
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++) {
        struct connection *c = &n->connections[i];
        if (c->number == 0)
            return c;
        if (!c->client_open && c->ways[TO_HOST].held && (!oldest || c->number < oldest->number))
            oldest = c;
    }
    if (oldest) {
        const struct connection old = *oldest;
        oldest->number = 0;
        if (old.server.closed)
            old.server.closed(old.server.ctx, old.number);
    }
    return oldest;
}

int network_connect(struct network *n, const char *peer, const struct network_client *client, unsigned *connection)
{
    size_t i = 0;
    while (i < n->peer_count && strcmp(n->peers[i].name, peer) != 0)
        i++;
    if (i == n->peer_count)
        return HAL_E_NOENT;
    struct connection *c = place(n);
    if (!c)
        return E_LIMIT;
    *c = (struct connection){
        .number = ++n->last_number, .client_open = true, .client = *client, .server = n->peers[i].server};
    int rc = n->up ? network_put(n, c, EVENT_OPEN, TO_HOST, NULL, 0)
                   : network_post(n, c, EVENT_REFUSED, TO_TERMINAL, world_now(n->world), NULL, 0);
    if (rc != OK) {
        c->number = 0;
        return rc;
    }
    *connection = c->number;
    return OK;
}

static int put_bytes(struct network *n, struct connection *c, enum network_direction direction, const uint8_t *bytes,
                     size_t len)
{
    if (len == 0)
        return OK;
    if (len > NETWORK_IN_FLIGHT - c->ways[direction].in_flight)
        return E_LIMIT;
    return network_put(n, c, EVENT_BYTES, direction, bytes, len);
}

int network_send(struct network *n, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct connection *c = network_find(n, connection);
    if (!n->up || (c && !c->connected))
        return HAL_E_DOWN;
    return c && c->client_open ? put_bytes(n, c, TO_HOST, bytes, len) : HAL_E_CLOSED;
}

void network_close(struct network *n, unsigned connection)
{
    struct connection *c = network_find(n, connection);
    if (!c || !c->client_open)
        return;
    c->client_open = false;
    /* An opening under way is forgotten with its connection, and the server never hears of it. */
    if (c->server_open && network_put(n, c, EVENT_CLOSE, TO_HOST, NULL, 0) != OK)
        c->server_open = false;
    network_release(c);
}

int network_answer(struct network *n, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct connection *c = network_find(n, connection);
    if (!n->up)
        return HAL_E_DOWN;
    return c && c->server_open ? put_bytes(n, c, TO_TERMINAL, bytes, len) : HAL_E_CLOSED;
}

void network_hang_up(struct network *n, unsigned connection)
{
    struct connection *c = network_find(n, connection);
    if (!c || !c->server_open)
        return;
    c->server_open = false;
    if (c->client_open && network_put(n, c, EVENT_CLOSE, TO_TERMINAL, NULL, 0) != OK)
        c->client_open = false;
    network_release(c);
}

/* ---- the line ---- */

static void die(struct connection *c)
{
    const struct connection old = *c;
    c->number = 0;
    if (old.client_open && old.connected)
        old.client.closed(old.client.ctx);
    else if (old.client_open)
        old.client.connected(old.client.ctx, HAL_E_DOWN);
    if (old.server_open && old.server.closed)
        old.server.closed(old.server.ctx, old.number);
}

void network_up(struct network *n, bool up)
{
    if (n->up == up)
        return;
    n->up = up;
    record_begin(n->record, 0, "line");
    record_text(n->record, "what", up ? "up" : "down");
    record_end(n->record);
    unsigned last = n->last_number; /* what the ends open while they hear of it is not of the old line */
    for (size_t i = 0; !up && i < NETWORK_CONNECTIONS; i++)
        if (n->connections[i].number && n->connections[i].number <= last)
            die(&n->connections[i]);
    for (size_t i = 0; i < NETWORK_WATCHERS; i++)
        if (n->watchers[i].changed)
            n->watchers[i].changed(n->watchers[i].ctx);
}

bool network_is_up(const struct network *n)
{
    return n->up;
}

int network_watch(struct network *n, void (*changed)(void *ctx), void *ctx)
{
    for (size_t i = 0; i < NETWORK_WATCHERS; i++)
        if (!n->watchers[i].changed) {
            n->watchers[i].changed = changed;
            n->watchers[i].ctx = ctx;
            return OK;
        }
    return E_LIMIT;
}

void network_unwatch(struct network *n, const void *ctx)
{
    for (size_t i = 0; i < NETWORK_WATCHERS; i++)
        if (n->watchers[i].ctx == ctx)
            n->watchers[i].changed = NULL;
}

void network_speed(struct network *n, uint64_t latency_us, uint64_t bytes_per_s)
{
    n->latency_us = latency_us;
    n->bytes_per_s = bytes_per_s;
}

void network_fault_arm(struct network *n, enum network_direction direction, const struct network_fault *fault)
{
    n->faults[direction] = *fault;
}

uint64_t network_passed(const struct network *n, enum network_direction direction)
{
    return n->passed[direction];
}
