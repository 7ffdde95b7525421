/* One connection to the acquirer as a stream of frames (DOMAIN 4.1). Callers: exchange.c. */
#ifndef POSBENCH_CORE_NET_LINK_H
#define POSBENCH_CORE_NET_LINK_H

#include "core/net/net.h"

/* Queues one framed body. OK; HAL_E_DOWN: nothing left; any other negative: a byte may have left. */
int link_send(struct net *n, const uint8_t *body, size_t len);

/* Waits for the next whole frame. OK: *frame points into n->rx until the next call. NET_NO_ANSWER: the time is over,
 * the peer closed, or the stream is out of step. HAL_E_POWER and other device failures as they are. */
int link_receive(struct net *n, uint64_t deadline_us, struct iso_frame *frame);

#endif
