/*
 * The messages of a download and their order; see download.h. Every message has a trace number of its own, counted on
 * from the one that comes next; all of them are taken together when the download is over, by the commit that keeps what
 * came. A download that is cut off begins again with the list: by then the host may have another one.
 *
 * Whether these messages bear a MAC is the acquirer's choice (DOMAIN 4.5a): where the profile says so, an answer
 * without one ends the download, because whoever hands out keys decides which cards are good.
 */
#include "core/net/download.h"

#include "core/codec/tlv.h"
#include "core/net/messages.h"

#include <stdio.h>
#include <string.h>

#define APPLICATIONS_MAX 16

/* DE60.3 of the three kinds of message (DOMAIN 4.3). */
static const struct download_codes {
    const char *list, *object, *end;
    size_t limit;
} codes[PARAMETER_KINDS] = {
    [PARAMETER_KEYS] = {"372", "370", "371", PARAMETERS_MAX},
    [PARAMETER_APPLICATIONS] = {"382", "380", "381", APPLICATIONS_MAX},
};

size_t download_limit(enum parameter_kind kind)
{
    return codes[kind].limit;
}

bool download_leaves_out(int outcome)
{
    return outcome == DOWNLOAD_EXPIRED || outcome == DOWNLOAD_ALGORITHM;
}

struct talk {
    struct net *n;
    uint32_t batch, trace; /* trace: of the message sent last */
    char *response;
    struct iso_message answer;
};

/* One message and its answer: DE39 is 00, and there is a MAC where there must be one. */
static int ask(struct talk *t, const struct message_download *what)
{
    struct iso_message request;
    bool sent;
    t->trace = t->trace % STORE_TRACE_MAX + 1;
    int r = message_download(t->n->config, t->trace, t->batch, what, &request);
    if (r == OK)
        r = net_exchange(t->n, &request, &t->answer, &sent);
    if (r)
        return r;
    iso_text(&t->answer, 39, t->response, 3);
    const struct iso_response *said = iso_response(t->response);
    t->n->resign |= said->kind == ISO_RESIGN;
    if (strcmp(t->response, "00") != 0)
        return NET_REFUSED;
    return t->n->config->download_mac && !iso_has(&t->answer, 64) ? DOWNLOAD_NO_MAC : OK;
}

static int ask_list(struct talk *t, enum parameter_kind kind, struct parameter_set *set)
{
    size_t received = 0, len = 0;
    bool more = true;
    int r = OK;
    set->count = 0;
    while (r == OK && more) {
        char field62[4];
        snprintf(field62, sizeof field62, "1%02u", (unsigned)received % 100u);
        r = ask(t, &(struct message_download){"0820", codes[kind].list, (const uint8_t *)field62, 3});
        if (r == OK) {
            const uint8_t *bytes = iso_get(&t->answer, 62, &len);
            r = download_read_list(kind, bytes, len, set, &received, &more);
        }
    }
    return r;
}

/* 9F06, and for a key 9F22. */
static size_t name_field(enum parameter_kind kind, const struct parameter *p, uint8_t *out, size_t cap)
{
    struct tlv_out tlv;
    size_t index = kind == PARAMETER_KEYS ? 1 : 0;
    tlv_out_init(&tlv, out, cap);
    tlv_put(&tlv, 0x9F06, p->name, p->name_len - index);
    if (index)
        tlv_put(&tlv, 0x9F22, p->name + p->name_len - 1, 1);
    return tlv.len;
}

static int ask_object(struct talk *t, enum parameter_kind kind, struct parameter *item)
{
    uint8_t field62[PARAMETER_NAME_MAX + 8];
    size_t len = name_field(kind, item, field62, sizeof field62);
    int r = ask(t, &(struct message_download){"0800", codes[kind].object, field62, len});
    if (r)
        return r;
    const uint8_t *bytes = iso_get(&t->answer, 62, &len);
    return download_read_object(kind, bytes, len, item);
}

/* Every object on the list, those left out struck from it. */
static int ask_objects(struct talk *t, enum parameter_kind kind, const struct download_client *client,
                       struct parameter_set *set)
{
    size_t total = set->count, kept = 0;
    for (size_t i = 0; i < total; i++) {
        int r = client->progress(client->ctx, i + 1, total);
        if (r == OK)
            r = ask_object(t, kind, &set->item[i]);
        if (r == OK)
            r = client->judge(client->ctx, kind, &set->item[i]);
        if (r == OK)
            set->item[kept++] = set->item[i];
        else if (!download_leaves_out(r))
            return r;
    }
    set->count = kept;
    return total && !kept ? DOWNLOAD_NONE_GOOD : OK;
}

int net_download(struct net *n, enum parameter_kind kind, const struct download_client *client, struct download *out)
{
    struct talk t = {.n = n, .response = out->response};
    int64_t batch = STORE_FIRST_BATCH, last = 0;
    out->response[0] = '\0';
    int r = setting_get(n->store, "batch", STORE_FIRST_BATCH, &batch);
    if (r == OK)
        r = setting_get(n->store, STORE_TRACE, 0, &last);
    t.batch = (uint32_t)batch;
    t.trace = (uint32_t)last;
    if (r == OK)
        r = net_connect(n);
    if (r == OK)
        r = ask_list(&t, kind, &out->set);
    if (r == OK)
        r = ask_objects(&t, kind, client, &out->set);
    out->none = out->set.count == 0;
    if (r == OK)
        r = ask(&t, &(struct message_download){"0820", codes[kind].end, NULL, 0});
    out->trace = t.trace;
    return r;
}
