/*
 * The host's canonical hash: what decides later answers and what oracles ask (host.h). A sweep asks for it at every
 * cut and mostly gets hosts it has seen, so clones share a memo of hashes by version.
 *
 * Left out, so that a repeat which changes nothing leads back to the same state and a sweep comes to an end: times,
 * kept requests and their counts, and the counter behind DE37, in which a repeat counts. The terminal keeps DE37 as an
 * opaque name; but a booking's own is hashed, because the journal is compared with it. DE38 counts bookings and is in
 * the ledger with them.
 */
#include "sim/host/state.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define MEMO_ENTRIES 16
#define GATHER 2048 /* bytes given to the digest at once: a call for each field would cost more than the hashing */

/* ---- hashes remembered by version ---- */

struct hash_memo {
    size_t refs;
    unsigned count, next;
    struct {
        uint64_t version;
        uint8_t hash[32];
    } entry[MEMO_ENTRIES];
};

struct hash_memo *hash_memo_create(void)
{
    struct hash_memo *memo = calloc(1, sizeof *memo);
    if (memo)
        memo->refs = 1;
    return memo;
}

struct hash_memo *hash_memo_share(struct hash_memo *memo)
{
    memo->refs++;
    return memo;
}

void hash_memo_drop(struct hash_memo *memo)
{
    if (memo && --memo->refs == 0)
        free(memo);
}

static bool recall(const struct hash_memo *memo, uint64_t version, uint8_t out[32])
{
    for (unsigned i = 0; i < memo->count; i++)
        if (memo->entry[i].version == version) {
            memcpy(out, memo->entry[i].hash, 32);
            return true;
        }
    return false;
}

static void remember(struct hash_memo *memo, uint64_t version, const uint8_t hash[32])
{
    memo->entry[memo->next].version = version;
    memcpy(memo->entry[memo->next].hash, hash, 32);
    memo->next = (memo->next + 1) % MEMO_ENTRIES;
    if (memo->count < MEMO_ENTRIES)
        memo->count++;
}

/* ---- the hash ---- */

struct digest {
    EVP_MD_CTX *ctx;
    size_t used;
    uint8_t bytes[GATHER];
};

static void flush(struct digest *d)
{
    EVP_DigestUpdate(d->ctx, d->bytes, d->used);
    d->used = 0;
}

static void feed(struct digest *d, const uint8_t *bytes, size_t len)
{
    for (size_t n; len; len -= n, bytes += n) {
        if (d->used == GATHER)
            flush(d);
        n = len < GATHER - d->used ? len : GATHER - d->used;
        memcpy(d->bytes + d->used, bytes, n);
        d->used += n;
    }
}

/* Fields go into the hash one by one, never structs: their padding is nobody's value. */
static void feed_number(struct digest *d, uint64_t value)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    feed(d, bytes, sizeof bytes);
}

static void feed_bytes(struct digest *d, const void *bytes, size_t len)
{
    feed_number(d, len);
    feed(d, bytes, len);
}

static void feed_text(struct digest *d, const char *text)
{
    feed_bytes(d, text, strlen(text));
}

static void feed_account(struct digest *d, const struct account_state *a)
{
    const char *const texts[] = {a->is.pan, a->is.psn, a->is.expiry, a->is.service_code, a->is.pin, a->is.status};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(d, texts[i]);
    feed_number(d, (uint64_t)a->is.balance_cents);
    feed_number(d, (uint64_t)a->moved_cents);
    feed_number(d, (uint64_t)a->purse_cents);
    feed_number(d, a->is.has_chip);
    feed_number(d, a->is.scheme);
    feed_number(d, a->pin_failures);
    feed_bytes(d, a->is.imk_ac, sizeof a->is.imk_ac);
    feed_bytes(d, a->is.imk_smi, sizeof a->is.imk_smi);
    feed_bytes(d, a->is.imk_smc, sizeof a->is.imk_smc);
}

static void feed_terminal(struct digest *d, const struct terminal_state *t)
{
    feed_text(d, t->is.terminal_id);
    feed_text(d, t->is.merchant_id);
    feed_bytes(d, t->is.tmk, sizeof t->is.tmk);
    feed_bytes(d, t->pik, t->pik_len);
    feed_bytes(d, t->mak, t->mak_len);
    feed_number(d, t->sign_ins % HOST_KEY_CYCLE);
    feed_number(d, t->sign_ins > 0);
    feed_number(d, t->keys_used);
    for (size_t i = 0; i < HOST_LISTS; i++)
        feed_number(d, t->demands[i]);
}

static void feed_rule(struct digest *d, const struct rule_state *r)
{
    feed_text(d, r->is.mti);
    feed_text(d, r->is.code);
    feed_number(d, r->is.nth);
    feed_number(d, r->is.action);
    feed_number(d, r->is.delay_us);
    feed_bytes(d, r->is.script, r->is.script_len);
    feed_number(d, r->is.mac);
    feed_text(d, r->is.new_pin);
    feed_text(d, r->is.old_pin);
    feed_number(d, r->is.field);
    feed_bytes(d, r->is.value, r->is.value_len);
    feed_number(d, r->matched < r->is.nth ? r->matched : r->is.nth);
}

static void feed_object(struct digest *d, const struct host_object *o)
{
    feed_number(d, o->list);
    feed_bytes(d, o->name, o->name_len);
    feed_bytes(d, o->entry, o->entry_len);
    feed_bytes(d, o->bytes, o->len);
}

static void feed_offer(struct digest *d, const struct host_offer *o)
{
    feed_number(d, o->per_answer);
    feed_number(d, o->fault);
    feed_number(d, o->nth);
}

static void feed_entry(struct digest *d, const struct host_entry *e)
{
    const char *const texts[] = {e->terminal_id, e->debit, e->credit};
    const uint64_t numbers[] = {e->number, e->kind, e->batch, e->trace, e->amount_cents, e->of};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(d, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(d, numbers[i]);
    if (e->kind == HOST_BOOKED) /* the journal is held against it */
        feed_text(d, e->rrn);
}

static void feed_operation(struct digest *d, const struct operation *op)
{
    const char *const texts[] = {op->terminal_id, op->mti, op->processing};
    const uint64_t numbers[] = {op->batch,   op->trace,  op->asked_cents, op->entry,
                                op->account, op->undone, op->tombstone};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        feed_text(d, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(d, numbers[i]);
}

static void feed_host(struct digest *d, const struct host *h)
{
    const uint64_t numbers[] = {h->seed,       h->base_s,      h->account_count,   h->terminal_count,
                                h->rule_count, h->entry_count, h->operation_count, h->object_count};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        feed_number(d, numbers[i]);
    for (size_t i = 0; i < h->account_count; i++)
        feed_account(d, &h->accounts[i]);
    for (size_t i = 0; i < h->terminal_count; i++)
        feed_terminal(d, &h->terminals[i]);
    for (size_t i = 0; i < h->rule_count; i++)
        feed_rule(d, &h->rules[i]);
    for (size_t i = 0; i < h->object_count; i++)
        feed_object(d, &h->objects[i]);
    for (size_t i = 0; i < HOST_LISTS; i++)
        feed_offer(d, &h->offers[i]);
    for (size_t i = 0; i < h->entry_count; i++)
        feed_entry(d, &h->entries[i]);
    for (size_t i = 0; i < h->operation_count; i++)
        feed_operation(d, &h->operations[i]);
}

void host_hash(const struct host *h, uint8_t out[32])
{
    struct digest d = {.ctx = NULL};
    if (recall(h->memo, h->version, out))
        return;
    d.ctx = EVP_MD_CTX_new();
    if (!d.ctx || EVP_DigestInit_ex(d.ctx, EVP_sha256(), NULL) != 1)
        abort(); /* a wrong hash would merge states that differ, unnoticed */
    feed_host(&d, h);
    flush(&d);
    if (EVP_DigestFinal_ex(d.ctx, out, NULL) != 1)
        abort();
    remember(h->memo, h->version, out);
    EVP_MD_CTX_free(d.ctx);
    OPENSSL_cleanse(&d, sizeof d);
}
