/*
 * The requests the host remembers: the last 64, for scripts and oracles to look at, and how many of each MTI there
 * were. A kept request never changes, so clones share it by reference; only its used part is stored. Single-threaded.
 * Called by host_process.c (keeping) and through host.h (asking).
 */
#include "sim/host/state.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct kept_request {
    size_t refs, len;
    uint8_t message[]; /* the front of a struct iso_message, as far as it is used */
};

static struct kept_request *keep(const struct iso_message *m)
{
    size_t len = offsetof(struct iso_message, store) + m->used;
    struct kept_request *kept = malloc(sizeof *kept + len);
    if (!kept)
        return NULL;
    *kept = (struct kept_request){.refs = 1, .len = len};
    memcpy(kept->message, m, len);
    return kept;
}

static void drop(struct kept_request *kept)
{
    if (!kept || --kept->refs)
        return;
    OPENSSL_cleanse(kept->message, kept->len);
    free(kept);
}

static void count_mti(struct host *h, const char *mti)
{
    for (size_t i = 0; i < HOST_MTIS; i++) {
        struct mti_count *c = &h->counts[i];
        if (!*c->mti)
            memcpy(c->mti, mti, sizeof c->mti);
        if (strcmp(c->mti, mti) == 0) {
            c->count++;
            return;
        }
    }
}

static size_t places(const struct host *h)
{
    return h->request_count < h->request_room ? h->request_count : h->request_room;
}

void host_keep_request(struct host *h, const struct iso_message *request)
{
    count_mti(h, request->mti);
    if (h->request_count == h->request_room) /* else it is a ring by now: grown to the limit, or memory ran out */
        host_grow((void **)&h->requests, h->request_count, &h->request_room, sizeof(void *), HOST_REQUESTS);
    if (h->request_room) {
        struct kept_request **place = &h->requests[h->request_count % h->request_room];
        drop(*place);
        *place = keep(request);
    }
    h->request_count++;
}

int requests_clone(struct host *to, const struct host *from)
{
    to->requests = NULL;
    to->request_room = 0;
    size_t count = places(from);
    if (count == 0)
        return OK;
    to->requests = malloc(count * sizeof(void *));
    if (!to->requests)
        return E_NOMEM;
    to->request_room = count;
    for (size_t i = 0; i < count; i++) {
        to->requests[i] = from->requests[i];
        if (to->requests[i])
            to->requests[i]->refs++;
    }
    return OK;
}

void requests_clear(struct host *h)
{
    for (size_t i = 0; i < places(h); i++)
        drop(h->requests[i]);
    free(h->requests);
    h->requests = NULL;
    h->request_count = h->request_room = 0;
}

int host_last(const struct host *h, const char *mti, size_t nth, struct iso_message *request)
{
    size_t count = places(h);
    for (size_t i = 1; i <= count; i++) {
        const struct kept_request *kept = h->requests[(h->request_count - i) % h->request_room];
        if (!kept || (*mti && strcmp((const char *)kept->message, mti) != 0))
            continue;
        if (nth-- == 0) {
            memset(request, 0, sizeof *request);
            memcpy(request, kept->message, kept->len);
            return OK;
        }
    }
    return E_NOTFOUND;
}

size_t host_count(const struct host *h, const char *mti)
{
    if (!*mti)
        return h->request_count;
    for (size_t i = 0; i < HOST_MTIS; i++)
        if (strcmp(h->counts[i].mti, mti) == 0)
            return h->counts[i].count;
    return 0;
}
