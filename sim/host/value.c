/*
 * The host as a value: made, copied, and told apart from what it was before. Callers: the scenario engine, and sweeps,
 * which clone it at every storage operation and go back to the clone many times.
 *
 * The version is a digest of everything that was done, not a counter: clones that live apart and then see the same
 * requests at the same times have the same version again, and other clones never do (but for a chance of 2^-64 a pair).
 */
#include "sim/host/state.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define BASE_S 1781517600u /* 2026-06-15 10:00:00: what the terminal profiles set their clocks to */

struct host *host_create(uint64_t seed)
{
    struct host *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->seed = seed;
    h->base_s = BASE_S;
    h->memo = hash_memo_create();
    if (!h->memo) {
        free(h);
        return NULL;
    }
    host_changed(h, &seed, sizeof seed);
    return h;
}

void host_wipe_array(void *array, size_t bytes)
{
    if (array)
        OPENSSL_cleanse(array, bytes);
    free(array);
}

void host_destroy(struct host *h)
{
    if (!h)
        return;
    host_wipe_array(h->accounts, h->account_room * sizeof *h->accounts);
    host_wipe_array(h->terminals, h->terminal_room * sizeof *h->terminals);
    host_wipe_array(h->rules, h->rule_room * sizeof *h->rules); /* answers of a recording lie there */
    free(h->objects);
    free(h->entries);
    free(h->operations);
    free(h->newest);
    requests_clear(h);
    hash_memo_drop(h->memo);
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
    copy->memo = hash_memo_share(h->memo);
    bool whole = requests_clone(copy, h) == OK;
#define COPY(array, count, room) copy_array((void **)&copy->array, h->array, h->count, sizeof *h->array, &copy->room)
    whole &= COPY(accounts, account_count, account_room);
    whole &= COPY(terminals, terminal_count, terminal_room);
    whole &= COPY(rules, rule_count, rule_room);
    whole &= COPY(objects, object_count, object_room);
    whole &= COPY(entries, entry_count, entry_room);
    whole &= COPY(operations, operation_count, operation_room);
    whole &= COPY(newest, chains, chains);
#undef COPY
    if (!whole) {
        host_destroy(copy);
        return NULL;
    }
    return copy;
}

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit of the input moves half of those of the result. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void host_changed(struct host *h, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint64_t v = mix(h->version + len + 0x9E3779B97F4A7C15u), word;
    for (size_t left = len, n; left; left -= n, at += n) {
        n = left < sizeof word ? left : sizeof word;
        word = 0;
        memcpy(&word, at, n);
        v = mix(v ^ word) + 0x9E3779B97F4A7C15u;
    }
    h->version = v;
}

uint64_t host_version(const struct host *h)
{
    return h->version;
}
