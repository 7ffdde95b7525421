/* Which states a worker of a sweep has told of, and the scenes of some of them. Keys are pieces of SHA-256, so their
 * first bytes do for a hash. */
#include "scenarios/engine/explore.h"

#include <stdlib.h>
#include <string.h>

struct told {
    uint8_t key[EXPLORE_KEY]; /* all zero: free */
    uint32_t depth, from;
};
struct key_set {
    size_t count, size; /* size: a power of two */
    struct told *slot;
};

static size_t place(const uint8_t key[EXPLORE_KEY], size_t size)
{
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    return (size_t)(hash & (size - 1));
}

static bool is_free(const uint8_t slot[EXPLORE_KEY])
{
    static const uint8_t zeros[EXPLORE_KEY];
    return memcmp(slot, zeros, EXPLORE_KEY) == 0;
}

struct key_set *key_set_create(void)
{
    struct key_set *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->size = 4096;
    s->slot = calloc(s->size, sizeof *s->slot);
    if (!s->slot) {
        free(s);
        return NULL;
    }
    return s;
}

void key_set_destroy(struct key_set *s)
{
    if (s)
        free(s->slot);
    free(s);
}

/* The key's slot, or the free one where it belongs. */
static struct told *find_slot(struct told *slot, size_t size, const uint8_t key[EXPLORE_KEY])
{
    size_t at = place(key, size);
    while (!is_free(slot[at].key) && memcmp(slot[at].key, key, EXPLORE_KEY) != 0)
        at = (at + 1) & (size - 1);
    return &slot[at];
}

static int grow(struct key_set *s)
{
    size_t size = s->size * 2;
    struct told *slot = calloc(size, sizeof *slot);
    if (!slot)
        return E_NOMEM;
    for (size_t i = 0; i < s->size; i++)
        if (!is_free(s->slot[i].key))
            *find_slot(slot, size, s->slot[i].key) = s->slot[i];
    free(s->slot);
    s->slot = slot;
    s->size = size;
    return OK;
}

int key_set_add(struct key_set *s, const uint8_t key[EXPLORE_KEY], uint32_t depth, uint32_t from)
{
    if (s->count * 2 >= s->size && grow(s) != OK)
        return E_NOMEM;
    struct told *slot = find_slot(s->slot, s->size, key);
    if (!is_free(slot->key)) {
        bool earlier = slot->depth == depth && from < slot->from;
        if (earlier)
            slot->from = from;
        return earlier ? KEY_EARLIER : KEY_KNOWN;
    }
    *slot = (struct told){.depth = depth, .from = from};
    memcpy(slot->key, key, EXPLORE_KEY);
    s->count++;
    return KEY_NEW;
}

/* ---- scenes by key ---- */

struct kept {
    uint8_t key[EXPLORE_KEY];
    struct scene *scene; /* NULL: taken */
};
struct key_map {
    size_t count, most, size;
    struct kept *slot; /* open addressing; `most` is at most half of it, and nothing is removed */
};

struct key_map *key_map_create(size_t most)
{
    struct key_map *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->most = most;
    for (m->size = 16; m->size < 2 * most;)
        m->size *= 2;
    m->slot = calloc(m->size, sizeof *m->slot);
    if (!m->slot) {
        free(m);
        return NULL;
    }
    return m;
}

void key_map_destroy(struct key_map *m)
{
    for (size_t i = 0; m && i < m->size; i++)
        scene_destroy(m->slot[i].scene);
    if (m)
        free(m->slot);
    free(m);
}

static struct kept *find_kept(struct key_map *m, const uint8_t key[EXPLORE_KEY])
{
    size_t at = place(key, m->size);
    while (!is_free(m->slot[at].key) && memcmp(m->slot[at].key, key, EXPLORE_KEY) != 0)
        at = (at + 1) & (m->size - 1);
    return &m->slot[at];
}

void key_map_put(struct key_map *m, const uint8_t key[EXPLORE_KEY], struct scene *owned)
{
    struct kept *k = m->count < m->most ? find_kept(m, key) : NULL;
    if (!k || k->scene) {
        scene_destroy(owned);
        return;
    }
    m->count++;
    memcpy(k->key, key, EXPLORE_KEY);
    k->scene = owned;
}

struct scene *key_map_take(struct key_map *m, const uint8_t key[EXPLORE_KEY])
{
    struct kept *k = find_kept(m, key);
    struct scene *scene = k->scene;
    k->scene = NULL;
    return scene;
}
