/*
 * Delivering the reversal that is due (DOMAIN 5.3). Caller: core/app, before every online transaction, after a failed
 * one, at power-up and in the background.
 *
 * The message is rebuilt from the journal each time: original trace number, reason as known now, MAC under the MAK of
 * now. A try is counted durably before its bytes leave; a line that does not open costs none. Nothing here ever drops a
 * reversal.
 */
#include "core/net/messages.h"

#include <openssl/crypto.h>
#include <string.h>

/* DE39 of a 0410 that settles the matter: undone now, undone before, original never arrived, repeat of an earlier one.
 */
static const char *const done_codes[] = {"00", "12", "25", "94"};

static bool is_done(const char *code)
{
    for (size_t i = 0; i < sizeof done_codes / sizeof *done_codes; i++)
        if (strcmp(code, done_codes[i]) == 0)
            return true;
    return false;
}

/* One try. OK: confirmed. NET_*: still due. */
static int try_once(struct net *n, const struct journal_reversal *reversal)
{
    struct iso_message request, answer;
    bool sent = false;
    int r = net_connect(n);
    if (r == OK)
        r = message_reversal(n->config, reversal, &request);
    if (r == OK)
        r = reversal_tried(n->store, reversal->entry.batch, reversal->entry.trace);
    if (r)
        return r;
    r = net_exchange(n, &request, &answer, &sent);
    char code[3];
    iso_text(&answer, 39, code, sizeof code);
    OPENSSL_cleanse(&answer, sizeof answer); /* a host may answer with the PAN */
    if (r)
        return r;
    if (is_done(code))
        return OK;
    n->resign |= iso_response(code)->kind == ISO_RESIGN;
    return NET_REFUSED;
}

/* Up to reversal_tries tries; ends early when another try cannot help: no line, or keys out of step. */
static int deliver(struct net *n, const struct journal_reversal *reversal)
{
    int r = NET_NO_ANSWER;
    for (unsigned attempt = 0; attempt < n->config->reversal_tries; attempt++) {
        r = try_once(n, reversal);
        if (r <= OK || r == NET_NO_LINE || n->resign)
            break;
    }
    return r;
}

int net_clear_reversal(struct net *n)
{
    struct journal_reversal reversal;
    int r = OK;
    for (unsigned i = 0; i < STORE_JOURNAL_MAX && r == OK; i++) {
        r = reversal_pending(n->store, &reversal);
        if (r == E_NOTFOUND)
            return OK;
        if (r == OK)
            r = deliver(n, &reversal);
        if (r == OK)
            r = reversal_done(n->store, reversal.entry.batch, reversal.entry.trace);
    }
    explicit_bzero(&reversal, sizeof reversal);
    return r;
}
