/*
 * What crosses the line: openings, bytes, closes, each an event of the world. Each direction of a connection keeps the
 * time at which its last event arrives, so nothing overtakes. Events carry the connection's number, and numbers are not
 * used twice: what is under way for a connection that died finds nobody. Faults act here, where bytes arrive.
 */
#include "sim/network_internal.h"

#include <stdlib.h>
#include <string.h>

#define SPLIT_US 50000

static void event_destroy(struct network *n, struct event *e)
{
    if (e->previous)
        e->previous->next = e->next;
    else
        n->events = e->next;
    if (e->next)
        e->next->previous = e->previous;
    explicit_bzero(e->bytes, e->len);
    free(e);
}

void network_forget_events(struct network *n)
{
    world_cancel_all(n->world, n);
    while (n->events)
        event_destroy(n, n->events);
}

struct connection *network_find(struct network *n, unsigned number)
{
    for (size_t i = 0; number && i < NETWORK_CONNECTIONS; i++)
        if (n->connections[i].number == number)
            return &n->connections[i];
    return NULL;
}

void network_release(struct connection *c)
{
    if (!c->client_open && !c->server_open)
        c->number = 0;
}

static void arrive(void *ctx, uint64_t arg);

int network_post(struct network *n, struct connection *c, enum event_kind kind, enum network_direction direction,
                 uint64_t time_us, const uint8_t *bytes, size_t len)
{
    struct event *e = malloc(sizeof *e + len);
    if (!e)
        return E_NOMEM;
    e->kind = kind;
    e->direction = direction;
    e->connection = c->number;
    e->len = len;
    if (len)
        memcpy(e->bytes, bytes, len);
    e->previous = NULL;
    e->next = n->events;
    if (e->next)
        e->next->previous = e;
    n->events = e;
    e->time_us = time_us;
    e->id = world_at(n->world, time_us, arrive, n, (uint64_t)(uintptr_t)e);
    if (e->id == 0) {
        event_destroy(n, e);
        return E_NOMEM;
    }
    return OK;
}

int network_put(struct network *n, struct connection *c, enum event_kind kind, enum network_direction direction,
                const uint8_t *bytes, size_t len)
{
    struct way *way = &c->ways[direction];
    uint64_t now = world_now(n->world), busy = way->busy_until_us > now ? way->busy_until_us : now;
    if (n->bytes_per_s)
        busy += ((uint64_t)len * 1000000 + n->bytes_per_s - 1) / n->bytes_per_s;
    uint64_t arrival = busy + n->latency_us;
    if (arrival < way->last_arrival_us)
        arrival = way->last_arrival_us;
    int rc = network_post(n, c, kind, direction, arrival, bytes, len);
    if (rc != OK)
        return rc;
    way->busy_until_us = busy;
    way->last_arrival_us = arrival;
    way->in_flight += len;
    return OK;
}

static void record_fault(struct network *n, const char *kind, const char *what, enum network_direction direction,
                         uint64_t at)
{
    record_begin(n->record, 0, kind);
    record_text(n->record, "what", what);
    record_text(n->record, "direction", direction == TO_HOST ? "to-host" : "to-terminal");
    record_number(n->record, "at", (int64_t)at);
    record_end(n->record);
}

static bool arrives_before(const struct event *a, const struct event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->id < b->id;
}

/* Whatever is behind a split waits for its rest, in the order it had. */
static void delay_followers(struct network *n, struct connection *c, enum network_direction direction, uint64_t until)
{
    for (;;) {
        struct event *first = NULL;
        for (struct event *e = n->events; e; e = e->next)
            if (e->id && e->connection == c->number && e->direction == direction && e->time_us < until &&
                (!first || arrives_before(e, first)))
                first = e;
        if (!first || network_post(n, c, first->kind, direction, until, first->bytes, first->len) != OK)
            return;
        world_cancel(n->world, first->id);
        event_destroy(n, first);
    }
}

/* Bytes from `offset` on come later, and before anything that was sent after them. Returns what comes now. */
static size_t split_rest(struct network *n, struct connection *c, enum network_direction direction,
                         const uint8_t *bytes, size_t len, size_t offset)
{
    struct way *way = &c->ways[direction];
    uint64_t arrival = world_now(n->world) + SPLIT_US;
    if (offset >= len || network_post(n, c, EVENT_BYTES, direction, arrival, bytes + offset, len - offset) != OK)
        return len;
    way->in_flight += len - offset;
    delay_followers(n, c, direction, arrival);
    if (way->last_arrival_us < arrival)
        way->last_arrival_us = arrival;
    return offset;
}

/* Whether a fault acts on the `len` bytes that come behind `passed`, and where. DROP after the last byte of a chunk
 * acts with that chunk, not with the next one. */
static bool fault_acts(const struct network_fault *fault, uint64_t passed, size_t len, size_t *offset)
{
    uint64_t end = passed + len + (fault->kind == NET_FAULT_DROP ? 1 : 0);
    *offset = fault->at > passed ? (size_t)(fault->at - passed) : 0;
    return fault->kind != NET_FAULT_NONE && fault->at < end;
}

/* Lets the armed fault work on `bytes`; returns how many of them pass. */
static size_t apply_fault(struct network *n, struct connection *c, enum network_direction direction, uint8_t *bytes,
                          size_t len, bool *drop)
{
    struct network_fault fault = n->faults[direction];
    uint64_t passed = n->passed[direction];
    size_t offset;
    *drop = false;
    if (!fault_acts(&fault, passed, len, &offset))
        return len;
    n->faults[direction].kind = NET_FAULT_NONE;
    switch (fault.kind) {
    case NET_FAULT_CORRUPT:
        if (fault.at < passed) /* that byte was gone before the fault was armed */
            return len;
        record_fault(n, "fault", "corrupt", direction, fault.at);
        bytes[offset] ^= 0xFF;
        return len;
    case NET_FAULT_HOLD:
        record_fault(n, "fault", "hold", direction, fault.at);
        c->ways[direction].held = true;
        return offset;
    case NET_FAULT_SPLIT:
        record_fault(n, "fault", "split", direction, fault.at);
        return split_rest(n, c, direction, bytes, len, offset);
    default:
        record_fault(n, "line", "drop", direction, fault.at);
        *drop = true;
        return offset;
    }
}

static void arrive_bytes(struct network *n, struct connection *c, struct event *e)
{
    bool drop = false;
    c->ways[e->direction].in_flight -= e->len;
    if (c->ways[e->direction].held)
        return;
    size_t len = apply_fault(n, c, e->direction, e->bytes, e->len, &drop);
    n->passed[e->direction] += len;
    if (len > 0 && e->direction == TO_HOST && c->server_open)
        c->server.received(c->server.ctx, c->number, e->bytes, len);
    else if (len > 0 && e->direction == TO_TERMINAL && c->client_open)
        c->client.received(c->client.ctx, e->bytes, len);
    if (drop)
        network_up(n, false);
}

static void arrive_close(struct connection *c, enum network_direction direction)
{
    const struct connection old = *c; /* the call below may use the place for a new connection */
    if (c->ways[direction].held)
        return;
    if (direction == TO_HOST)
        c->server_open = false;
    else
        c->client_open = false;
    network_release(c);
    if (direction == TO_HOST && old.server_open && old.server.closed)
        old.server.closed(old.server.ctx, old.number);
    else if (direction == TO_TERMINAL && old.client_open)
        old.client.closed(old.client.ctx);
}

static void arrive_open(struct network *n, struct connection *c)
{
    c->server_open = true;
    /* Posted before the server hears of it: what it sends at once must not overtake. Without memory the client runs
     * into its deadline. */
    (void)network_put(n, c, EVENT_CONNECTED, TO_TERMINAL, NULL, 0);
    if (c->server.opened)
        c->server.opened(c->server.ctx, c->number);
}

static void arrive_result(struct connection *c, int status)
{
    const struct network_client client = c->client;
    if (!c->client_open)
        return;
    c->connected = status == OK;
    if (status != OK) {
        c->client_open = false;
        network_release(c);
    }
    client.connected(client.ctx, status);
}

static void arrive(void *ctx, uint64_t arg)
{
    struct network *n = ctx;
    struct event *e = (struct event *)(uintptr_t)arg;
    struct connection *c = network_find(n, e->connection);
    e->id = 0; /* it has arrived */
    if (c) {
        switch (e->kind) {
        case EVENT_OPEN:
            arrive_open(n, c);
            break;
        case EVENT_CONNECTED:
            arrive_result(c, OK);
            break;
        case EVENT_REFUSED:
            arrive_result(c, HAL_E_DOWN);
            break;
        case EVENT_BYTES:
            arrive_bytes(n, c, e);
            break;
        case EVENT_CLOSE:
            arrive_close(c, e->direction);
            break;
        }
    }
    event_destroy(n, e);
}

/* ---- what is still to come ---- */

/* A closed end and a held way take nothing any more. */
static bool is_heard(const struct connection *c, enum network_direction direction)
{
    return c->number && !c->ways[direction].held && (direction == TO_HOST ? c->server_open : c->client_open);
}

size_t network_in_flight(const struct network *n, enum network_direction direction)
{
    size_t sum = 0;
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++)
        if (is_heard(&n->connections[i], direction))
            sum += n->connections[i].ways[direction].in_flight;
    return sum;
}

static bool will_be_heard(const struct network *n, const struct event *e)
{
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++)
        if (n->connections[i].number == e->connection)
            return is_heard(&n->connections[i], e->direction);
    return false;
}

/* The first to arrive behind `last` (NULL: of all). A line holds a handful, so searching is cheaper than sorting. */
static const struct event *next_arrival(const struct network *n, enum network_direction direction,
                                        const struct event *last)
{
    const struct event *first = NULL;
    for (const struct event *e = n->events; e; e = e->next) {
        if (!e->id || e->kind != EVENT_BYTES || e->direction != direction || !will_be_heard(n, e))
            continue;
        if ((!last || arrives_before(last, e)) && (!first || arrives_before(e, first)))
            first = e;
    }
    return first;
}

static void inverted_chunk(const struct event *e, size_t at,
                           void (*chunk)(void *ctx, unsigned connection, const uint8_t *bytes, size_t len), void *ctx)
{
    const uint8_t wrong = e->bytes[at] ^ 0xFF;
    if (at)
        chunk(ctx, e->connection, e->bytes, at);
    chunk(ctx, e->connection, &wrong, 1);
    if (at + 1 < e->len)
        chunk(ctx, e->connection, e->bytes + at + 1, e->len - at - 1);
}

void network_under_way(const struct network *n, enum network_direction direction,
                       void (*chunk)(void *ctx, unsigned connection, const uint8_t *bytes, size_t len), void *ctx)
{
    const struct event *e = next_arrival(n, direction, NULL);
    struct network_fault fault = n->faults[direction];
    uint64_t passed = n->passed[direction];
    unsigned held = 0;
    for (bool dropped = false; e && !dropped; e = next_arrival(n, direction, e)) {
        size_t offset, len = e->len;
        if (e->connection == held)
            continue;
        bool acts = fault_acts(&fault, passed, e->len, &offset);
        bool stops = acts && (fault.kind == NET_FAULT_DROP || fault.kind == NET_FAULT_HOLD);
        bool inverts = acts && fault.kind == NET_FAULT_CORRUPT && fault.at >= passed;
        dropped = acts && fault.kind == NET_FAULT_DROP;
        if (stops)
            len = offset;
        if (stops && !dropped)
            held = e->connection;
        if (acts)
            fault.kind = NET_FAULT_NONE;
        passed += len;
        if (inverts)
            inverted_chunk(e, offset, chunk, ctx);
        else if (len)
            chunk(ctx, e->connection, e->bytes, len);
    }
}
