/*
 * The line between modems and hosts: byte streams with latency, bandwidth, up/down and faults, in virtual time. Bytes
 * arrive in order; one side's close is seen by the other after the latency. Plain data; connections do not survive a
 * power loss.
 */
#ifndef POSBENCH_SIM_NETWORK_H
#define POSBENCH_SIM_NETWORK_H

#include "sim/record.h"
#include "sim/world.h"

#define NETWORK_CONNECTIONS 16
#define NETWORK_PEERS 8
#define NETWORK_WATCHERS 16
#define NETWORK_IN_FLIGHT (1024u * 1024u) /* bytes under way in one direction of one connection */

enum network_direction { TO_HOST, TO_TERMINAL };

/* Faults: counted over the life of the network, armed one at a time per direction. */
struct network_fault {
    enum { NET_FAULT_NONE, NET_FAULT_DROP, NET_FAULT_CORRUPT, NET_FAULT_HOLD, NET_FAULT_SPLIT } kind;
    /* DROP: the link goes down when `at` bytes have passed (0: before the first); CORRUPT: that byte is inverted; HOLD:
     * bytes of that connection from there on never arrive, nor does a close; the link stays up (half-open). SPLIT: what
     * follows that byte comes 50 ms later. Each acts once. */
    uint64_t at;
};

/* The far end, e.g. the acquirer. */
struct network_server {
    void *ctx;
    void (*opened)(void *ctx, unsigned connection); /* may be NULL */
    void (*received)(void *ctx, unsigned connection, const uint8_t *bytes, size_t len);
    void (*closed)(void *ctx, unsigned connection); /* may be NULL */
};
/* The near end, a modem. */
struct network_client {
    void *ctx;
    void (*connected)(void *ctx, int status); /* OK, HAL_E_DOWN */
    void (*received)(void *ctx, const uint8_t *bytes, size_t len);
    void (*closed)(void *ctx);
};

struct network;
struct network *network_create(struct world *world, struct record *record);
void network_destroy(struct network *n);
/* *server is copied; a name listened on before is taken over. E_LIMIT (8 peers, 31 characters). */
int network_listen(struct network *n, const char *peer, const struct network_server *server);

/* Near end. *connection is valid until closed; HAL_E_NOENT: no such peer; E_LIMIT. The result comes by connected():
 * after a failed one, and after the client's closed(), the connection is gone. Numbers are not used twice. */
int network_connect(struct network *n, const char *peer, const struct network_client *client, unsigned *connection);
int network_send(struct network *n, unsigned connection, const uint8_t *bytes,
                 size_t len);                               /* HAL_E_DOWN, HAL_E_CLOSED; E_LIMIT: too much under way */
void network_close(struct network *n, unsigned connection); /* the client hears nothing more */
/* Far end. */
int network_answer(struct network *n, unsigned connection, const uint8_t *bytes, size_t len);
void network_hang_up(struct network *n, unsigned connection); /* the server hears nothing more of it */

void network_up(struct network *n, bool up); /* down: open connections die at both ends */
bool network_is_up(const struct network *n);
/* changed(ctx) whenever the line goes up or down. E_LIMIT. Unwatch forgets every watch of this ctx. */
int network_watch(struct network *n, void (*changed)(void *ctx), void *ctx);
void network_unwatch(struct network *n, const void *ctx);
/* bytes_per_s of each connection and direction; 0: no limit. At creation 40 ms and 125,000 bytes/s. */
void network_speed(struct network *n, uint64_t latency_us, uint64_t bytes_per_s);
void network_fault_arm(struct network *n, enum network_direction direction, const struct network_fault *fault);
/* Bytes that have passed so far: where a sweep can put a fault. */
uint64_t network_passed(const struct network *n, enum network_direction direction);

/* As made: no connections, nothing under way, no bytes passed, no fault armed. Peers, watches, speed and whether the
 * line is up stay. No end is told: rewind host servers, and restore the terminals whose modems were at it. */
void network_rewind(struct network *n);
/* Bytes under way that will still reach the other end, if the line stays as it is. */
size_t network_in_flight(const struct network *n, enum network_direction direction);
/* The same bytes, chunk by chunk in the order and in the shape in which they will arrive: an armed fault shows. Changes
 * nothing. */
void network_under_way(const struct network *n, enum network_direction direction,
                       void (*chunk)(void *ctx, unsigned connection, const uint8_t *bytes, size_t len), void *ctx);

#endif
