/*
 * The host as a value: creation, copying, its canonical hash, what is registered in it and what can be asked of it.
 * Messages are host_process.c. Callers: the scenario engine, sweeps (clone and hash at every cut), server.c.
 */
#include "sim/host/state.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BASE_S 1781517600u /* 2026-06-15 10:00:00: what the terminal profiles set their clocks to */

struct host *host_create(uint64_t seed)
{
    struct host *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->seed = seed;
    h->base_s = BASE_S;
    return h;
}

static void wipe_array(void *array, size_t bytes)
{
    if (array)
        OPENSSL_cleanse(array, bytes);
    free(array);
}

void host_destroy(struct host *h)
{
    if (!h)
        return;
    free(h->entries);
    free(h->operations);
    wipe_array(h->requests, h->request_room * sizeof *h->requests);
    OPENSSL_cleanse(h, sizeof *h);
    free(h);
}

/* A copy with no room to spare. An empty array stays NULL. */
static bool copy_array(void **to, const void *from, size_t count, size_t size, size_t *room)
{
    *room = count;
    *to = NULL;
    if (count == 0)
        return true;
    *to = malloc(count * size);
    if (!*to) {
        *room = 0;
        return false;
    }
    memcpy(*to, from, count * size);
    return true;
}

struct host *host_clone(const struct host *h)
{
    struct host *copy = malloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *h;
    size_t kept = h->request_count < h->request_room ? h->request_count : h->request_room;
    bool whole = copy_array((void **)&copy->entries, h->entries, h->entry_count, sizeof *h->entries, &copy->entry_room);
    whole &= copy_array((void **)&copy->operations, h->operations, h->operation_count, sizeof *h->operations,
                        &copy->operation_room);
    whole &= copy_array((void **)&copy->requests, h->requests, kept, sizeof *h->requests, &copy->request_room);
    if (!whole) {
        host_destroy(copy);
        return NULL;
    }
    return copy;
}

/* Fields go into the hash one by one, never structs: their padding is nobody's value. */
static void feed_number(EVP_MD_CTX *ctx, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    EVP_DigestUpdate(ctx, bytes, sizeof bytes);
}

static void feed_bytes(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
    feed_number(ctx, len);
    EVP_DigestUpdate(ctx, bytes, len);
}

static void feed_text(EVP_MD_CTX *ctx, const char *text)
{
    feed_bytes(ctx, text, strlen(text));
}

static void feed_account(EVP_MD_CTX *ctx, const struct account_state *a)
{
    const char *const texts[] = {a->is.pan, a->is.psn, a->is.expiry, a->is.service_code, a->is.pin, a->is.status};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(ctx, texts[i]);
    feed_number(ctx, (uint64_t)a->is.balance_cents);
    feed_number(ctx, (uint64_t)a->moved_cents);
    feed_number(ctx, a->is.has_chip);
    feed_number(ctx, a->is.scheme);
    feed_number(ctx, a->pin_failures);
    feed_bytes(ctx, a->is.imk_ac, sizeof a->is.imk_ac);
    feed_bytes(ctx, a->is.imk_smi, sizeof a->is.imk_smi);
    feed_bytes(ctx, a->is.imk_smc, sizeof a->is.imk_smc);
}

static void feed_terminal(EVP_MD_CTX *ctx, const struct terminal_state *t)
{
    feed_text(ctx, t->is.terminal_id);
    feed_text(ctx, t->is.merchant_id);
    feed_bytes(ctx, t->is.tmk, sizeof t->is.tmk);
    feed_bytes(ctx, t->pik, t->pik_len);
    feed_bytes(ctx, t->mak, t->mak_len);
    feed_number(ctx, t->sign_ins % HOST_KEY_CYCLE);
}

static void feed_rule(EVP_MD_CTX *ctx, const struct rule_state *r)
{
    feed_text(ctx, r->is.mti);
    feed_text(ctx, r->is.code);
    feed_number(ctx, r->is.nth);
    feed_number(ctx, r->is.action);
    feed_number(ctx, r->is.delay_us);
    feed_bytes(ctx, r->is.script, r->is.script_len);
    feed_number(ctx, r->is.field);
    feed_bytes(ctx, r->is.value, r->is.value_len);
    feed_number(ctx, r->matched < r->is.nth ? r->matched : r->is.nth);
}

static void feed_entry(EVP_MD_CTX *ctx, const struct host_entry *e)
{
    const char *const texts[] = {e->terminal_id, e->debit, e->credit};
    const uint64_t numbers[] = {e->number, e->kind, e->batch, e->trace, e->amount_cents, e->of};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(ctx, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(ctx, numbers[i]);
}

static void feed_operation(EVP_MD_CTX *ctx, const struct operation *op)
{
    const char *const texts[] = {op->terminal_id, op->mti, op->processing};
    const uint64_t numbers[] = {op->batch,   op->trace,  op->asked_cents, op->entry,
                                op->account, op->undone, op->tombstone};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(ctx, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(ctx, numbers[i]);
}

void host_hash(const struct host *h, uint8_t out[32])
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    memset(out, 0, 32);
    if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        goto cleanup;
    const uint64_t numbers[] = {h->seed,       h->base_s,      h->account_count,  h->terminal_count,
                                h->rule_count, h->entry_count, h->operation_count};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(ctx, numbers[i]);
    for (size_t i = 0; i < h->account_count; i++)
        feed_account(ctx, &h->accounts[i]);
    for (size_t i = 0; i < h->terminal_count; i++)
        feed_terminal(ctx, &h->terminals[i]);
    for (size_t i = 0; i < h->rule_count; i++)
        feed_rule(ctx, &h->rules[i]);
    for (size_t i = 0; i < h->entry_count; i++)
        feed_entry(ctx, &h->entries[i]);
    for (size_t i = 0; i < h->operation_count; i++)
        feed_operation(ctx, &h->operations[i]);
    EVP_DigestFinal_ex(ctx, out, NULL);
cleanup:
    EVP_MD_CTX_free(ctx);
}

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
    if (!slot && h->terminal_count == HOST_TERMINALS)
        return E_LIMIT;
    uint64_t sign_ins = slot ? slot->sign_ins : 0;
    if (!slot)
        slot = &h->terminals[h->terminal_count++];
    *slot = (struct terminal_state){.is = *t, .sign_ins = sign_ins};
    return OK;
}

int host_add_account(struct host *h, const struct host_account *a)
{
    size_t digits = strspn(a->pan, "0123456789");
    struct account_state *slot = host_find_account(h, a->pan, *a->psn ? a->psn : "0");
    if (digits < 8 || a->pan[digits] || a->balance_cents > HOST_BALANCE || a->balance_cents < -HOST_BALANCE)
        return E_INVAL;
    if (!slot && h->account_count == HOST_ACCOUNTS)
        return E_LIMIT;
    int64_t moved = slot ? slot->moved_cents : 0; /* the ledger keeps its lines, so their sum stays too */
    if (!slot)
        slot = &h->accounts[h->account_count++];
    *slot = (struct account_state){.is = *a, .moved_cents = moved};
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
    wipe_array(*array, *room * size);
    *array = grown;
    *room = wanted;
    return OK;
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

void host_keep_request(struct host *h, const struct iso_message *request)
{
    count_mti(h, request->mti);
    if (h->request_count == h->request_room) /* else it is a ring by now: grown to the limit, or memory ran out */
        host_grow((void **)&h->requests, h->request_count, &h->request_room, sizeof *h->requests, HOST_REQUESTS);
    if (h->request_room)
        h->requests[h->request_count % h->request_room] = *request;
    h->request_count++;
}

int host_last(const struct host *h, const char *mti, size_t nth, struct iso_message *request)
{
    size_t kept = h->request_count < h->request_room ? h->request_count : h->request_room;
    for (size_t i = 1; i <= kept; i++) {
        const struct iso_message *m = &h->requests[(h->request_count - i) % h->request_room];
        if (*mti && strcmp(m->mti, mti) != 0)
            continue;
        if (nth-- == 0) {
            *request = *m;
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
