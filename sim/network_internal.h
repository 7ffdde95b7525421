/* The line's insides: network.c is the ends and the line itself, network_traffic.c what crosses it. For these files
 * only. */
#ifndef POSBENCH_SIM_NETWORK_INTERNAL_H
#define POSBENCH_SIM_NETWORK_INTERNAL_H

#include "sim/network.h"

#define PEER_NAME_MAX 31

struct way {                /* one direction of a connection */
    uint64_t busy_until_us; /* the last byte has left the sender */
    uint64_t last_arrival_us;
    size_t in_flight;
    bool held;
};

struct connection {
    unsigned number; /* 0: free */
    bool connected;  /* the client knows */
    bool client_open, server_open;
    struct network_client client;
    struct network_server server;
    struct way ways[2];
};

enum event_kind { EVENT_OPEN, EVENT_CONNECTED, EVENT_REFUSED, EVENT_BYTES, EVENT_CLOSE };

struct event {
    struct event *next, *previous;
    uint64_t time_us, id; /* of the world: the order of arrival. id 0: it has arrived */
    enum event_kind kind;
    enum network_direction direction;
    unsigned connection;
    size_t len;
    uint8_t bytes[];
};

struct network {
    struct world *world;
    struct record *record;
    bool up;
    uint64_t latency_us, bytes_per_s;
    uint64_t passed[2];
    struct network_fault faults[2];
    struct {
        char name[PEER_NAME_MAX + 1];
        struct network_server server;
    } peers[NETWORK_PEERS];
    size_t peer_count;
    struct {
        void (*changed)(void *ctx);
        void *ctx;
    } watchers[NETWORK_WATCHERS];
    struct connection connections[NETWORK_CONNECTIONS];
    unsigned last_number;
    struct event *events; /* under way */
};

/* NULL: closed at both ends, or never was. */
struct connection *network_find(struct network *n, unsigned number);
/* Frees the place once both ends are closed. */
void network_release(struct connection *c);

/* Posts one event; bytes are copied. OK, E_NOMEM. */
int network_post(struct network *n, struct connection *c, enum event_kind kind, enum network_direction direction,
                 uint64_t time_us, const uint8_t *bytes, size_t len);
/* Puts something on the line behind all that is on it already. */
int network_put(struct network *n, struct connection *c, enum event_kind kind, enum network_direction direction,
                const uint8_t *bytes, size_t len);
void network_forget_events(struct network *n);

#endif
