/*
 * The connection: opening and closing it, and cutting the byte stream into frames LEN(2) TPDU(5) header(6) body
 * (DOMAIN 4.1). A read may bring half a frame or two of them; both are ordinary here. Callers: exchange.c and, for
 * net_connect and net_disconnect, core/app.
 */
#include "core/net/link.h"

#include <string.h>

#define LEN_BYTES 2
#define FRAME_LEN_MIN 13   /* TPDU, header, MTI */
#define FRAME_LEN_MAX 8192 /* beyond this the stream cannot be ours: LEN itself is wrong */

void net_init(struct net *n, const struct hal *hal, struct store *store, const struct net_config *config)
{
    memset(n, 0, sizeof *n);
    n->hal = hal;
    n->store = store;
    n->config = config;
}

/* OK when the line that was opened still stands; else NET_NO_LINE or negative. */
static int line_state(struct net *n)
{
    struct hal_modem_status status;
    int r = HAL_CALL(n->hal, modem, status, &status);
    if (r)
        return r;
    return status.link == HAL_LINK_CONNECTED ? OK : NET_NO_LINE;
}

int net_connect(struct net *n)
{
    if (n->connected) {
        int r = line_state(n);
        if (r <= OK)
            return r;
        net_disconnect(n);
    }
    for (unsigned attempt = 0; attempt < n->config->connect_tries; attempt++) {
        int r = HAL_CALL(n->hal, modem, connect, "host", hal_now(n->hal) + n->config->connect_timeout_us);
        if (r == OK) {
            n->connected = true;
            return OK;
        }
        if (r == HAL_E_POWER)
            return r;
    }
    return NET_NO_LINE;
}

void net_disconnect(struct net *n)
{
    if (n->connected)
        (void)HAL_CALL0(n->hal, modem, disconnect);
    n->connected = false;
    explicit_bzero(n->rx, sizeof n->rx); /* the last answer may name the PAN */
    n->rx_len = n->rx_taken = n->rx_skip = 0;
}

int link_send(struct net *n, const uint8_t *body, size_t len)
{
    uint8_t bytes[ISO_BODY_MAX + 16];
    struct iso_frame frame = {.body = body, .body_len = len};
    memcpy(frame.tpdu, n->config->tpdu, sizeof frame.tpdu);
    memcpy(frame.header, n->config->header, sizeof frame.header);
    size_t total = 0;
    int r = iso_frame_pack(&frame, bytes, sizeof bytes, &total);
    if (r == OK)
        r = HAL_CALL(n->hal, modem, send, bytes, total);
    else
        r = HAL_E_DOWN; /* nothing left: the caller built a message that no frame holds */
    explicit_bzero(bytes, sizeof bytes);
    if (r == HAL_E_DOWN)
        net_disconnect(n);
    return r;
}

static void drop(struct net *n, size_t count)
{
    explicit_bzero(n->rx, count);
    memmove(n->rx, n->rx + count, n->rx_len - count);
    n->rx_len -= count;
}

/* Frame at the front of the buffer. OK; E_NOTFOUND: more bytes are needed; NET_NO_ANSWER: out of step. */
static int take(struct net *n, struct iso_frame *frame)
{
    for (;;) {
        size_t skip = n->rx_skip < n->rx_len ? n->rx_skip : n->rx_len;
        drop(n, skip);
        n->rx_skip -= skip;
        if (n->rx_skip || n->rx_len < LEN_BYTES)
            return E_NOTFOUND;

        size_t len = (size_t)n->rx[0] << 8 | n->rx[1];
        if (len < FRAME_LEN_MIN || len > FRAME_LEN_MAX)
            return NET_NO_ANSWER;
        size_t total = LEN_BYTES + len;
        if (total > sizeof n->rx) {
            n->rx_skip = total;
            continue;
        }
        if (n->rx_len < total)
            return E_NOTFOUND;
        if (iso_frame_unpack(n->rx, total, frame) == OK) {
            n->rx_taken = total;
            return OK;
        }
        drop(n, total);
    }
}

/* Waits for bytes and appends them. OK, NET_NO_ANSWER, negative. */
static int fill(struct net *n, uint64_t deadline_us)
{
    uint32_t ready = 0;
    int r = hal_wait(n->hal, HAL_SRC_MODEM, deadline_us, 0, &ready);
    if (r)
        return r == HAL_E_TIMEOUT ? NET_NO_ANSWER : r;
    uint64_t now = hal_now(n->hal);
    if (now > deadline_us && now != HAL_FOREVER)
        return NET_NO_ANSWER; /* bytes that trickle past the timer */

    size_t got = 0;
    r = HAL_CALL(n->hal, modem, receive, n->rx + n->rx_len, sizeof n->rx - n->rx_len, &got);
    if (r == OK && got <= sizeof n->rx - n->rx_len)
        n->rx_len += got;
    if (r == HAL_E_EMPTY)
        r = line_state(n); /* also what clears the change that woke us */
    if (r == HAL_E_CLOSED || r == HAL_E_DOWN || r == NET_NO_LINE)
        return NET_NO_ANSWER;
    return r;
}

int link_receive(struct net *n, uint64_t deadline_us, struct iso_frame *frame)
{
    drop(n, n->rx_taken);
    n->rx_taken = 0;
    int r;
    while ((r = take(n, frame)) == E_NOTFOUND) {
        r = fill(n, deadline_us);
        if (r)
            break;
    }
    if (r == NET_NO_ANSWER)
        net_disconnect(n); /* an answer still under way must not meet the next request */
    return r;
}
