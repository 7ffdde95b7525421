/*
 * What is registered in the host and what can be asked of it. As a value it is value.c and hash.c, its memory of
 * requests requests.c, messages host_process.c. Callers: the scenario engine, server.c.
 */
#include "sim/host/state.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct terminal_state *host_find_terminal(struct host *h, const char *terminal_id)
{
    for (size_t i = 0; i < h->terminal_count; i++)
        if (strcmp(h->terminals[i].is.terminal_id, terminal_id) == 0)
            return &h->terminals[i];
    return NULL;
}

/* DE23 has three digits, tag 5F34 two, and a card without one counts as 0: compared by value. */
static bool same_psn(const char *a, const char *b)
{
    return strtoul(a, NULL, 10) == strtoul(b, NULL, 10);
}

struct account_state *host_find_account(struct host *h, const char *pan, const char *psn)
{
    for (size_t i = 0; i < h->account_count; i++) {
        const struct host_account *a = &h->accounts[i].is;
        if (strcmp(a->pan, pan) == 0 && (!psn || !*psn || same_psn(a->psn, psn)))
            return &h->accounts[i];
    }
    return NULL;
}

int host_add_terminal(struct host *h, const struct host_terminal *t)
{
    struct terminal_state *slot = host_find_terminal(h, t->terminal_id);
    if (!*t->terminal_id)
        return E_INVAL;
    uint64_t sign_ins = slot ? slot->sign_ins : 0;
    if (!slot) {
        int status = host_grow((void **)&h->terminals, h->terminal_count, &h->terminal_room, sizeof *h->terminals,
                               HOST_TERMINALS);
        if (status)
            return status;
        slot = &h->terminals[h->terminal_count++];
    }
    *slot = (struct terminal_state){.is = *t, .sign_ins = sign_ins};
    host_changed(h, t, sizeof *t);
    return OK;
}

int host_add_account(struct host *h, const struct host_account *a)
{
    size_t digits = strspn(a->pan, "0123456789");
    struct account_state *slot = host_find_account(h, a->pan, *a->psn ? a->psn : "0");
    if (digits < 8 || a->pan[digits] || a->balance_cents > HOST_BALANCE || a->balance_cents < -HOST_BALANCE)
        return E_INVAL;
    int64_t moved = slot ? slot->moved_cents : 0; /* the ledger keeps its lines, so their sum stays too */
    int64_t purse = slot ? slot->purse_cents : 0;
    if (!slot) {
        int status =
            host_grow((void **)&h->accounts, h->account_count, &h->account_room, sizeof *h->accounts, HOST_ACCOUNTS);
        if (status)
            return status;
        slot = &h->accounts[h->account_count++];
    }
    *slot = (struct account_state){.is = *a, .moved_cents = moved, .purse_cents = purse};
    host_changed(h, a, sizeof *a);
    return OK;
}

int host_grow(void **array, size_t count, size_t *room, size_t size, size_t limit)
{
    if (count < *room)
        return OK;
    if (count >= limit)
        return E_LIMIT;
    size_t wanted = count < 8 ? 8 : 2 * count;
    if (wanted > limit)
        wanted = limit;
    void *grown = calloc(wanted, size);
    if (!grown)
        return E_NOMEM;
    if (count)
        memcpy(grown, *array, count * size);
    host_wipe_array(*array, *room * size);
    *array = grown;
    *room = wanted;
    return OK;
}

int host_balance(const struct host *h, const char *pan, int64_t *cents)
{
    for (size_t i = 0; i < h->account_count; i++) {
        if (strcmp(h->accounts[i].is.pan, pan) == 0) {
            *cents = h->accounts[i].is.balance_cents;
            return OK;
        }
    }
    return E_NOTFOUND;
}

int host_purse(const struct host *h, const char *pan, int64_t *cents)
{
    for (size_t i = 0; i < h->account_count; i++) {
        if (strcmp(h->accounts[i].is.pan, pan) == 0) {
            *cents = h->accounts[i].purse_cents;
            return OK;
        }
    }
    return E_NOTFOUND;
}

void host_time(const struct host *h, uint64_t now_us, char out[13])
{
    time_t seconds = (time_t)(h->base_s + now_us / 1000000);
    struct tm tm;
    char text[16];
    if (!gmtime_r(&seconds, &tm) || strftime(text, sizeof text, "%Y%m%d%H%M%S", &tm) != 14)
        memcpy(text, "19700101000000", 15); /* past the year 9999 */
    memcpy(out, text + 2, 13);
}

/* The digest tells accounts with equal ends apart. It is keyed and short, so that it gives no digit of the PAN away. */
void host_mask_account(const struct host *h, const char *pan, char out[24])
{
    uint8_t input[8 + 20] = {0}, digest[EVP_MAX_MD_SIZE] = {0};
    char masked[24];
    for (size_t i = 0; i < 8; i++)
        input[i] = (uint8_t)(h->seed >> 8 * i);
    memcpy(input + 8, pan, strnlen(pan, 19));
    EVP_Digest(input, sizeof input, digest, NULL, EVP_sha256(), NULL);
    pan_mask(pan, masked, sizeof masked);
    snprintf(out, 24, "%.19s#%02X%X", masked, digest[0], digest[1] >> 4);
    OPENSSL_cleanse(input, sizeof input);
}

void host_reference(const struct exchange *x, char out[13])
{
    if (x->reference[0])
        memcpy(out, x->reference, 13);
    else
        snprintf(out, 13, "%012llu", (unsigned long long)(x->h->rrn % 1000000000000));
}
