/* Puts a host on the network's peer "host": framing in, answers out after their delays, ledger events into the record.
 */
#ifndef POSBENCH_SIM_HOST_SERVER_H
#define POSBENCH_SIM_HOST_SERVER_H

#include "sim/host/host.h"
#include "sim/network.h"

struct host_server;
/* `think_us`: processing time before an ordinary answer. NULL: out of memory. */
struct host_server *host_server_create(struct world *w, struct record *r, struct network *n, struct host *h,
                                       uint64_t think_us);
void host_server_destroy(struct host_server *s);

/* As made, but for `h`, which it serves from now on and does not own: connections and waiting answers are forgotten.
 * Rewind the network with it. */
void host_server_rewind(struct host_server *s, struct host *h);
/*
 * What a power loss of the terminal does not stop: requests that it had sent, on the line or here in part, reach the
 * host. Applies them to `h`, a clone of the server's host, and leaves line and server alone; their answers find nobody.
 * `now_us` as in host_process. Nothing under way changes nothing. E_NOMEM.
 */
int host_server_finish(const struct host_server *s, struct host *h, uint64_t now_us);

#endif
