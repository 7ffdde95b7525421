/*
 * One request and its answer on an open line (DOMAIN 5.2 steps 4 to 6, 5.5). Callers: signin.c, reversal.c, core/app.
 *
 * "Maybe sent": once the modem has taken the bytes the outcome is unknown until an answer is believed. An answer that
 * names another transaction, comes late or cannot be read is passed over and the wait goes on to the same deadline.
 */
#include "core/net/check.h"
#include "core/net/link.h"

#include <string.h>

#define FOREIGN 100 /* judge(): not the answer to this request */

/* DE64 over MTI..DE63. Any earlier value is replaced: the MAK may be a new one. */
static int seal(struct net *n, struct iso_message *request)
{
    uint8_t body[ISO_BODY_MAX], mac[8];
    size_t len = 0;
    iso_clear(request, 64);
    int r = iso_pack(request, true, body, sizeof body, &len);
    if (r == OK)
        r = HAL_CALL(n->hal, se, mac, NET_SLOT_MAK, HAL_MAC_CUP_ECB, body, len, mac);
    if (r == OK)
        r = iso_set(request, 64, mac, sizeof mac);
    explicit_bzero(body, sizeof body);
    return r;
}

/* OK, NET_BAD_MAC, FOREIGN or negative. What an answer asks for besides (header, batch) is heard under a MAC only. */
static int judge(struct net *n, const struct iso_message *request, const struct iso_frame *frame,
                 struct iso_message *answer)
{
    uint8_t bad_de;
    bool batch_differs = false;
    if (iso_unpack(frame->body, frame->body_len, answer, &bad_de))
        return FOREIGN;
    bool ours = check_identity(request, answer, &batch_differs);
    if (!ours && !batch_differs)
        return FOREIGN;
    int r = check_mac(n, answer, frame->body, frame->body_len);
    bool authentic = r == OK && iso_has(answer, 64);
    if (!ours) {
        n->resign |= authentic;
        return FOREIGN;
    }
    if (authentic)
        n->requirement = frame->header[2] & 0x0F;
    n->resign |= r == NET_BAD_MAC;
    return r;
}

/* The response timer runs from the last byte sent (DOMAIN 5.1). */
static int wait_for_answer(struct net *n, const struct iso_message *request, struct iso_message *answer)
{
    uint64_t deadline_us = hal_now(n->hal) + n->config->response_timeout_us;
    struct iso_frame frame;
    int r;
    while ((r = link_receive(n, deadline_us, &frame)) == OK) {
        r = judge(n, request, &frame, answer);
        if (r != FOREIGN)
            return r;
        (void)HAL_CALL(n->hal, log, write, HAL_LOG_WARN, "net: an answer that is not ours is ignored");
    }
    iso_init(answer, "0000");
    return r;
}

int net_exchange(struct net *n, struct iso_message *request, struct iso_message *answer, bool *sent)
{
    uint8_t body[ISO_BODY_MAX];
    size_t len = 0;
    *sent = false;
    n->requirement = 0;
    iso_init(answer, "0000");
    if (!n->connected)
        return NET_NO_LINE;
    int r = check_is_financial(request) || iso_has(request, 64) ? seal(n, request) : OK;
    if (r == OK)
        r = iso_pack(request, false, body, sizeof body, &len);
    if (r == HAL_E_NOENT || r == HAL_E_DENIED) {
        n->resign = true; /* no MAK to send with */
        r = NET_NO_LINE;
    }
    if (r)
        goto cleanup;

    r = link_send(n, body, len);
    if (r == HAL_E_DOWN) {
        r = NET_NO_LINE;
        goto cleanup;
    }
    *sent = true;
    if (r == OK)
        r = wait_for_answer(n, request, answer);
    else if (r != HAL_E_POWER)
        r = NET_NO_ANSWER;
    if (r < OK && r != HAL_E_POWER)
        r = NET_NO_ANSWER; /* a device that fails while we wait leaves the outcome as unknown as silence does */

cleanup:
    explicit_bzero(body, sizeof body);
    return r;
}
