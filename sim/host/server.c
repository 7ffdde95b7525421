/*
 * The host as the network's peer "host": cuts the byte stream into frames (LEN, DOMAIN 4.1), gives each to
 * host_process, and sends the answers when the world's clock says so. Several frames in one read and one frame in many
 * are the same to it. What cannot be a frame ends the connection: once LEN is wrong, nothing after it can be trusted.
 * The record gets one "host" line for each request, rule, booking and answer.
 */
#include "sim/host/server.h"

#include "sim/host/state.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define LEN_SIZE 2
#define TPDU_ID 0x60
#define FRAME_MIN 21                  /* TPDU 5, header 6, MTI 2, bitmap 8 */
#define FRAME_MAX (ISO_BODY_MAX + 64) /* with what a dial line's access server may put in */
#define WAITING 32                    /* answers that wait for their time */

struct peer_connection {
    bool open;
    unsigned number;
    size_t len;
    uint8_t bytes[LEN_SIZE + FRAME_MAX];
};
struct waiting {
    bool used;
    unsigned connection;
    size_t len; /* 0: hang up instead */
    uint8_t bytes[ISO_BODY_MAX + 16];
};
struct host_server {
    struct world *world;
    struct record *record;
    struct network *network;
    struct host *host;
    uint64_t think_us;
    struct peer_connection connections[NETWORK_CONNECTIONS];
    struct waiting waiting[WAITING];
    struct host_result result;
};

static struct peer_connection *find_open(struct peer_connection *connections, unsigned number)
{
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++)
        if (connections[i].open && connections[i].number == number)
            return &connections[i];
    return NULL;
}

static struct peer_connection *find_connection(struct host_server *s, unsigned number)
{
    return find_open(s->connections, number);
}

/* ---- what the record says ---- */

static void begin(const struct host_server *s, const char *what)
{
    record_begin(s->record, 0, "host");
    record_text(s->record, "what", what);
}

static void put_number(const struct host_server *s, const char *key, const struct iso_message *m, uint8_t de)
{
    char digits[20];
    if (iso_has(m, de) && iso_text(m, de, digits, sizeof digits) == OK)
        record_number(s->record, key, (int64_t)strtoull(digits, NULL, 10));
}

static void put_message(const struct host_server *s, const struct iso_message *m)
{
    char code[3];
    record_text(s->record, "mti", m->mti);
    put_number(s, "trace", m, 11);
    put_number(s, "amount", m, 4);
    if (iso_has(m, 39) && iso_text(m, 39, code, sizeof code) == OK)
        record_text(s->record, "code", code);
}

static void record_refused(const struct host_server *s, const char *reason)
{
    begin(s, "refused");
    record_text(s->record, "reason", reason);
    record_end(s->record);
}

static void record_request(const struct host_server *s)
{
    struct iso_message m;
    if (host_last(s->host, "", 0, &m))
        return;
    begin(s, "request");
    put_message(s, &m);
    record_end(s->record);
    if (*s->host->applied) {
        begin(s, "rule");
        record_text(s->record, "mti", m.mti);
        record_text(s->record, "reason", s->host->applied);
        record_end(s->record);
    }
    OPENSSL_cleanse(&m, sizeof m);
}

static void record_entry(const struct host_server *s, const struct host_entry *e)
{
    static const char *const names[] = {
        [HOST_BOOKED] = "book", [HOST_REVERSED] = "reverse", [HOST_TOMBSTONE] = "tombstone"};
    begin(s, names[e->kind]);
    record_number(s->record, "number", (int64_t)e->number);
    record_text(s->record, "terminal", e->terminal_id);
    record_number(s->record, "batch", e->batch);
    record_number(s->record, "trace", e->trace);
    record_number(s->record, "amount", (int64_t)e->amount_cents);
    record_text(s->record, "debit", *e->debit ? e->debit : NULL);
    record_text(s->record, "credit", *e->credit ? e->credit : NULL);
    if (e->of)
        record_number(s->record, "of", (int64_t)e->of);
    record_end(s->record);
}

static void record_answer(const struct host_server *s, size_t index)
{
    struct iso_frame frame;
    struct iso_message m;
    uint8_t bad_de;
    begin(s, "answer");
    if (iso_frame_unpack(s->result.answer[index].bytes, s->result.answer[index].len, &frame) == OK &&
        iso_unpack(frame.body, frame.body_len, &m, &bad_de) == OK)
        put_message(s, &m);
    record_text(s->record, "reason", s->result.what);
    record_number(s->record, "delay_us", (int64_t)(s->think_us + s->result.answer[index].delay_us));
    record_end(s->record);
}

static void record_result(const struct host_server *s, bool kept, size_t entries_before)
{
    const struct host_entry *entries;
    size_t count = host_entries(s->host, &entries);
    if (!record_on(s->record))
        return;
    if (kept)
        record_request(s);
    for (size_t i = entries_before; i < count; i++)
        record_entry(s, &entries[i]);
    for (size_t i = 0; i < s->result.answers; i++)
        record_answer(s, i);
    if (s->result.answers == 0)
        record_refused(s, s->result.what);
}

/* ---- answers ---- */

static void hang_up(struct host_server *s, unsigned number)
{
    struct peer_connection *c = find_connection(s, number);
    if (!c)
        return;
    OPENSSL_cleanse(c, sizeof *c);
    network_hang_up(s->network, number);
}

static void due(void *ctx, uint64_t arg)
{
    struct host_server *s = ctx;
    struct waiting *w = &s->waiting[arg];
    if (!find_connection(s, w->connection))
        record_refused(s, "the line was closed before the answer");
    else if (w->len == 0)
        hang_up(s, w->connection);
    else if (network_answer(s->network, w->connection, w->bytes, w->len))
        record_refused(s, "the line did not take the answer");
    OPENSSL_cleanse(w, sizeof *w);
}

static void wait_and_send(struct host_server *s, unsigned connection, uint64_t delay_us, const uint8_t *bytes,
                          size_t len)
{
    for (size_t i = 0; i < WAITING; i++) {
        struct waiting *w = &s->waiting[i];
        if (w->used)
            continue;
        *w = (struct waiting){.used = true, .connection = connection, .len = len};
        if (len)
            memcpy(w->bytes, bytes, len);
        if (world_in(s->world, delay_us, due, s, i) == 0) {
            w->used = false;
            break;
        }
        return;
    }
    record_refused(s, "too many answers are waiting");
    hang_up(s, connection);
}

static void process_frame(struct host_server *s, unsigned connection, const uint8_t *frame, size_t len)
{
    const struct host_entry *entries;
    size_t entries_before = host_entries(s->host, &entries), requests_before = host_count(s->host, "");
    host_process(s->host, world_now(s->world), frame, len, &s->result);
    record_result(s, host_count(s->host, "") != requests_before, entries_before);
    for (size_t i = 0; i < s->result.answers; i++)
        wait_and_send(s, connection, s->think_us + s->result.answer[i].delay_us, s->result.answer[i].bytes,
                      s->result.answer[i].len);
    if (s->result.hang_up)
        wait_and_send(s, connection, s->think_us, NULL, 0);
    OPENSSL_cleanse(&s->result, sizeof s->result);
}

/* ---- the stream ---- */

static void opened(void *ctx, unsigned connection)
{
    struct host_server *s = ctx;
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++) {
        if (s->connections[i].open)
            continue;
        s->connections[i] = (struct peer_connection){.open = true, .number = connection};
        return;
    }
    network_hang_up(s->network, connection);
}

static void closed(void *ctx, unsigned connection)
{
    struct peer_connection *c = find_connection(ctx, connection);
    if (c)
        OPENSSL_cleanse(c, sizeof *c);
}

/* Length of the frame at the front with its LEN; 0: not known yet. false: this is no frame. */
static bool frame_size(const struct peer_connection *c, size_t *size)
{
    size_t len = c->len < LEN_SIZE ? 0 : (size_t)(c->bytes[0] << 8 | c->bytes[1]);
    *size = 0;
    if (c->len < LEN_SIZE)
        return true;
    if (len < FRAME_MIN || len > FRAME_MAX || (c->len > LEN_SIZE && c->bytes[LEN_SIZE] != TPDU_ID))
        return false;
    *size = LEN_SIZE + len;
    return true;
}

/* Takes bytes up to the end of one frame, so that the buffer never holds more than that. */
static size_t take(struct peer_connection *c, const uint8_t *bytes, size_t len, size_t size)
{
    size_t wanted = (size ? size : LEN_SIZE) - c->len;
    size_t n = len < wanted ? len : wanted;
    memcpy(c->bytes + c->len, bytes, n);
    c->len += n;
    return n;
}

enum progress { STREAM_MORE, STREAM_FRAME, STREAM_BROKEN };

/* Moves on by the rest of one frame at most, or of one LEN. FRAME: it lies in c->bytes, c->len long. */
static enum progress advance(struct peer_connection *c, const uint8_t **bytes, size_t *len)
{
    size_t size;
    frame_size(c, &size);
    size_t n = take(c, *bytes, *len, size);
    *bytes += n;
    *len -= n;
    if (!frame_size(c, &size))
        return STREAM_BROKEN;
    return size && c->len == size ? STREAM_FRAME : STREAM_MORE;
}

/* Track and PIN block do not wait here for the next frame. */
static void drop_frame(struct peer_connection *c)
{
    OPENSSL_cleanse(c->bytes, c->len);
    c->len = 0;
}

static void received(void *ctx, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct host_server *s = ctx;
    struct peer_connection *c = find_connection(s, connection);
    while (c && len) {
        enum progress progress = advance(c, &bytes, &len);
        if (progress == STREAM_BROKEN) {
            record_refused(s, "no frame");
            hang_up(s, connection);
            return;
        }
        if (progress == STREAM_MORE)
            continue;
        process_frame(s, connection, c->bytes, c->len);
        c = find_connection(s, connection); /* it may have been closed meanwhile */
        if (c)
            drop_frame(c);
    }
}

/* ---- what a terminal that lost its power had sent ---- */

/* The streams as they go on without anybody watching. */
struct aftermath {
    struct host *host;
    uint64_t now_us;
    struct peer_connection connections[NETWORK_CONNECTIONS];
    struct host_result result; /* its answers find a closed line */
};

static void finish_chunk(void *ctx, unsigned connection, const uint8_t *bytes, size_t len)
{
    struct aftermath *a = ctx;
    struct peer_connection *c = find_open(a->connections, connection);
    while (c && len) {
        enum progress progress = advance(c, &bytes, &len);
        if (progress == STREAM_FRAME)
            host_process(a->host, a->now_us, c->bytes, c->len, &a->result);
        if (progress == STREAM_FRAME)
            drop_frame(c);
        if (progress == STREAM_BROKEN) {
            c->open = false;
            return;
        }
    }
}

int host_server_finish(const struct host_server *s, struct host *h, uint64_t now_us)
{
    if (network_in_flight(s->network, TO_HOST) == 0)
        return OK;
    struct aftermath *a = calloc(1, sizeof *a);
    if (!a)
        return E_NOMEM;
    a->host = h;
    a->now_us = now_us;
    memcpy(a->connections, s->connections, sizeof a->connections);
    network_under_way(s->network, TO_HOST, finish_chunk, a);
    OPENSSL_cleanse(a, sizeof *a);
    free(a);
    return OK;
}

/* ---- life ---- */

struct host_server *host_server_create(struct world *w, struct record *r, struct network *n, struct host *h,
                                       uint64_t think_us)
{
    struct host_server *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct host_server){.world = w, .record = r, .network = n, .host = h, .think_us = think_us};
    struct network_server ops = {.ctx = s, .opened = opened, .received = received, .closed = closed};
    if (network_listen(n, "host", &ops)) {
        free(s);
        return NULL;
    }
    return s;
}

void host_server_destroy(struct host_server *s)
{
    if (!s)
        return;
    world_cancel_all(s->world, s);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

void host_server_rewind(struct host_server *s, struct host *h)
{
    world_cancel_all(s->world, s);
    for (size_t i = 0; i < NETWORK_CONNECTIONS; i++)
        if (s->connections[i].open)
            OPENSSL_cleanse(&s->connections[i], sizeof s->connections[i]);
    for (size_t i = 0; i < WAITING; i++)
        if (s->waiting[i].used)
            OPENSSL_cleanse(&s->waiting[i], sizeof s->waiting[i]);
    s->host = h;
}
