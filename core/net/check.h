/* Whether an answer belongs to a request and may be believed (DOMAIN 5.5). Caller: exchange.c. */
#ifndef POSBENCH_CORE_NET_CHECK_H
#define POSBENCH_CORE_NET_CHECK_H

#include "core/net/net.h"

/* Request and answer carry a MAC: classes 01xx, 02xx and 04xx (DOMAIN 4.5a). */
bool check_is_financial(const struct iso_message *m);

/* The answer names the same transaction. *batch_differs is set when everything agrees but the batch number. */
bool check_identity(const struct iso_message *request, const struct iso_message *answer, bool *batch_differs);

/* OK: may be believed. NET_BAD_MAC: wrong MAC, or none where one is needed. Negative: the secure element failed.
 * `body` is the answer as received. */
int check_mac(const struct net *n, const struct iso_message *answer, const uint8_t *body, size_t len);

#endif
