/*
 * Store and forward: sales that cards approved without the host are sent for booking (DOMAIN 4.3, 4.5a, 5.4). Caller:
 * core/app/offline.c, when nobody is at the counter and the reversal is clear.
 *
 * A repeat carries the same trace number, so that the host books it once; 94 says that it has. Nothing but an answer
 * that is believed ends an upload: silence, a wrong MAC and a lost line leave it as it was. Only one whose card number
 * the secure element does not open any more ends without an answer, by a code of its own.
 */
#include "core/net/messages.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

const uint32_t net_upload_tags[] = {
    0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95, 0x9A,   0x9C,   0x9F02, 0x5F2A, 0x82,   0x9F1A,
    0x9F03, 0x9F33, 0x9F34, 0x9F35, 0x9F1E, 0x84, 0x9F09, 0x9F41, 0x9F63, 0x8A,   0x9F74, 0,
};

static const char *const done_codes[] = {"00", "94"};

static bool is_done(const char *code)
{
    for (size_t i = 0; i < sizeof done_codes / sizeof *done_codes; i++)
        if (strcmp(code, done_codes[i]) == 0)
            return true;
    return false;
}

void net_upload_context(const struct journal_entry *entry, char out[32])
{
    snprintf(out, 32, "upload %06u %06u", entry->batch % 1000000u, entry->trace % 1000000u);
}

static int unseal_pan(struct net *n, struct journal_upload *u)
{
    char context[32];
    size_t len = u->sealed_len - HAL_SEAL_EXTRA;
    if (u->sealed_len < HAL_SEAL_EXTRA || len >= sizeof u->entry.pan)
        return E_VERIFY;
    net_upload_context(&u->entry, context);
    memset(u->entry.pan, 0, sizeof u->entry.pan);
    return HAL_CALL(n->hal, se, unseal, context, u->sealed, u->sealed_len, (uint8_t *)u->entry.pan);
}

/* A sale's request but for the track, which nobody may have kept, and the PIN fields. */
static int build(struct net *n, struct journal_upload *u, struct iso_message *out)
{
    const struct message_sale sale = {
        .entry = &u->entry, .track2 = "", .track3 = "", .field55 = u->field55, .field55_len = u->field55_len};
    int r = unseal_pan(n, u);
    if (r == OK)
        r = message_sale(n->config, &sale, out);
    OPENSSL_cleanse(u->entry.pan, sizeof u->entry.pan);
    if (r != OK) {
        OPENSSL_cleanse(out, sizeof *out); /* half a message may have the number */
        return r;
    }
    iso_clear(out, 53);
    if (!message_is_ec(&u->entry))
        memcpy(out->mti, "0220", 5);
    return OK;
}

/* One try. OK: booked, or refused for this time and noted. NET_*: as due as before. */
static int send(struct net *n, struct journal_upload *u)
{
    const struct journal_entry *entry = &u->entry;
    struct iso_message request, answer;
    char code[3], rrn[13];
    bool sent = false;
    int r = net_connect(n);
    if (r == OK)
        r = build(n, u, &request);
    if (r == E_VERIFY)
        return upload_refused(n->store, entry->batch, entry->trace, NET_UPLOAD_SEALED, 1);
    if (r)
        return r;
    r = net_exchange(n, &request, &answer, &sent);
    iso_text(&answer, 39, code, sizeof code);
    iso_text(&answer, 37, rrn, sizeof rrn);
    OPENSSL_cleanse(&request, sizeof request);
    OPENSSL_cleanse(&answer, sizeof answer);
    if (r)
        return r;
    if (iso_response(code)->kind == ISO_RESIGN) {
        n->resign = true;
        return NET_REFUSED;
    }
    if (!is_done(code))
        return upload_refused(n->store, entry->batch, entry->trace, code, n->config->upload_tries);
    bool first = strcmp(code, "94") != 0; /* the repeat's own reference number names no booking */
    return upload_done(n->store, entry->batch, entry->trace, first ? rrn : "");
}

int net_upload(struct net *n)
{
    struct journal_upload upload;
    int r = OK;
    while (r == OK) { /* each round ends an upload or spends one of its tries */
        r = upload_next(n->store, &upload);
        if (r == E_NOTFOUND)
            return OK;
        if (r == OK)
            r = send(n, &upload);
    }
    return r;
}
