/*
 * A look at every durable byte, for the secrets oracle: range by range, or page by page for who remembers what it has
 * seen. Never called by the terminal.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

#define OVERLAP_MAX FILE_PAGE /* so that it never reaches over more than one page */

typedef void (*visit_fn)(void *ctx, const char *name, const uint8_t *bytes, size_t len);

static int visit_ranges(const struct pages *p, const char *name, visit_fn visit, void *ctx)
{
    for (uint64_t at = pages_hole(p, 0), end; at < p->size; at = end + pages_hole(p, end)) {
        end = at;
        while (end < p->size && pages_hole(p, end) == 0)
            end += p->page_size;
        if (end > p->size)
            end = p->size;
        uint8_t *bytes = malloc((size_t)(end - at));
        if (!bytes)
            return E_NOMEM;
        visit(ctx, name, bytes, pages_read(p, at, bytes, (size_t)(end - at)));
        free(bytes);
    }
    return OK;
}

int storage_visit(const struct storage *s, visit_fn visit, void *ctx)
{
    int rc = OK;
    for (size_t i = 0; i < names_count(&s->durable) && rc == OK; i++) {
        const struct name_entry *entry = &s->durable.table->entry[i];
        rc = visit_ranges(&s->inode[entry->inode].durable, entry->name, visit, ctx);
    }
    for (unsigned i = 0; i < HAL_AREA_COUNT && rc == OK; i++)
        rc = visit_ranges(&s->area[i], storage_area_name(i), visit, ctx);
    return rc;
}

struct tour {
    struct hasher *hasher;
    size_t overlap;
    bool (*wanted)(void *ctx, const uint8_t key[32]);
    visit_fn visit;
    void *ctx;
    uint8_t bytes[AREA_PAGE + OVERLAP_MAX];
};

/* Half of it is the page, half the next one as far as the visit reaches into it; the length goes in because a page is
 * hashed with what lies behind the end of the file. False: nothing was ever written there. */
static bool make_key(const struct tour *tour, const struct pages *p, uint64_t index, size_t len, uint8_t key[32])
{
    uint8_t next[TAG_LEN] = {0};
    bool written = pages_page_hash(p, tour->hasher, index, key);
    if (len > p->page_size)
        written |= pages_page_hash(p, tour->hasher, index + 1, next);
    for (unsigned i = 0; i < sizeof len; i++)
        next[i] ^= (uint8_t)(len >> 8 * i);
    memcpy(key + TAG_LEN, next, TAG_LEN);
    return written;
}

static void visit_pages(struct tour *tour, const struct pages *p, const char *name)
{
    for (uint64_t at = pages_hole(p, 0); at < p->size; at += p->page_size, at += pages_hole(p, at)) {
        uint8_t key[32];
        size_t len = p->page_size + tour->overlap;
        if (len > p->size - at)
            len = (size_t)(p->size - at);
        if (make_key(tour, p, at / p->page_size, len, key) && tour->wanted(tour->ctx, key))
            tour->visit(tour->ctx, name, tour->bytes, pages_read(p, at, tour->bytes, len));
    }
}

int storage_visit_pages(const struct storage *s, size_t overlap, bool (*wanted)(void *ctx, const uint8_t key[32]),
                        visit_fn visit, void *ctx)
{
    struct tour tour;
    if (overlap > OVERLAP_MAX)
        return E_INVAL;
    tour.hasher = s->hasher;
    tour.overlap = overlap;
    tour.wanted = wanted;
    tour.visit = visit;
    tour.ctx = ctx;
    for (size_t i = 0; i < names_count(&s->durable); i++) {
        const struct name_entry *entry = &s->durable.table->entry[i];
        visit_pages(&tour, &s->inode[entry->inode].durable, entry->name);
    }
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++)
        visit_pages(&tour, &s->area[i], storage_area_name(i));
    return OK;
}
