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

#endif
