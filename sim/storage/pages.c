/*
 * Copy-on-write page arrays. Used by fs.c and pending.c (files, payloads of unsynced writes) and flash.c (areas).
 *
 * A slot that is NULL reads as `fill`, and bytes behind `size` in the last page are always `fill`, so that content
 * alone decides a hash. Whatever changes a page or table goes through slot_own and table_own, which forget the hash.
 */
#include "sim/storage/pages.h"

#include <stdlib.h>
#include <string.h>

struct page {
    size_t refs;
    bool hashed, blank; /* blank: hashed, and all `fill` */
    uint8_t hash[TAG_LEN];
    uint8_t bytes[];
};

struct page_table {
    size_t refs, count;
    bool hashed;
    uint64_t hashed_size; /* the size is the owner's, so that two owners may differ in it */
    uint8_t hash[TAG_LEN];
    struct page *slot[];
};

static void page_drop(struct page *page)
{
    if (page && --page->refs == 0)
        free(page);
}

static void table_drop(struct page_table *table)
{
    if (!table || --table->refs > 0)
        return;
    for (size_t i = 0; i < table->count; i++)
        page_drop(table->slot[i]);
    free(table);
}

/* Makes the table ours alone, with at least `need` slots. */
static int table_own(struct pages *p, size_t need)
{
    struct page_table *old = p->table;
    size_t have = old ? old->count : 0;
    if (old && old->refs == 1 && have >= need) {
        old->hashed = false;
        return OK;
    }
    size_t count = need <= have ? have : have ? need + have / 2 : need;
    bool shared = old && old->refs > 1;
    struct page_table *table = realloc(shared ? NULL : old, sizeof *table + count * sizeof *table->slot);
    if (!table)
        return E_NOMEM;
    if (shared) {
        memcpy(table->slot, old->slot, have * sizeof *table->slot);
        for (size_t i = 0; i < have; i++)
            if (table->slot[i])
                table->slot[i]->refs++;
        old->refs--;
    }
    memset(table->slot + have, 0, (count - have) * sizeof *table->slot);
    table->refs = 1;
    table->count = count;
    table->hashed = false;
    p->table = table;
    return OK;
}

/* Makes one page of an owned table ours alone. `overwrite`: the caller replaces every byte, so none is copied. */
static struct page *slot_own(struct pages *p, size_t index, bool overwrite)
{
    struct page **slot = &p->table->slot[index], *old = *slot;
    if (old && old->refs == 1) {
        old->hashed = false;
        return old;
    }
    struct page *page = malloc(sizeof *page + p->page_size);
    if (!page)
        return NULL;
    page->refs = 1;
    page->hashed = false;
    if (!overwrite && old)
        memcpy(page->bytes, old->bytes, p->page_size);
    else if (!overwrite)
        memset(page->bytes, p->fill, p->page_size);
    page_drop(old);
    return *slot = page;
}

static const struct page *slot_get(const struct pages *p, uint64_t index)
{
    return p->table && index < p->table->count ? p->table->slot[index] : NULL;
}

/* Bytes from `offset` to the end of its page, at most `len`. */
static size_t chunk(const struct pages *p, uint64_t offset, uint64_t len)
{
    uint64_t room = p->page_size - offset % p->page_size;
    return (size_t)(room < len ? room : len);
}

static size_t slots_for(const struct pages *p, uint64_t size)
{
    return (size_t)((size + p->page_size - 1) / p->page_size);
}

void pages_init(struct pages *p, uint32_t page_size, uint8_t fill)
{
    *p = (struct pages){.page_size = page_size, .fill = fill};
}

void pages_clear(struct pages *p)
{
    table_drop(p->table);
    p->table = NULL;
    p->size = 0;
}

void pages_clone(const struct pages *from, struct pages *to)
{
    *to = *from;
    if (to->table)
        to->table->refs++;
}

size_t pages_read(const struct pages *p, uint64_t offset, void *data, size_t len)
{
    if (offset >= p->size)
        return 0;
    if (len > p->size - offset)
        len = (size_t)(p->size - offset);
    uint8_t *out = data;
    for (size_t done = 0, part; done < len; done += part) {
        uint64_t at = offset + done;
        part = chunk(p, at, len - done);
        const struct page *page = slot_get(p, at / p->page_size);
        if (page)
            memcpy(out + done, page->bytes + at % p->page_size, part);
        else
            memset(out + done, p->fill, part);
    }
    return len;
}

int pages_write(struct pages *p, uint64_t offset, const void *data, size_t len)
{
    if (len == 0)
        return OK;
    uint64_t end = offset + len;
    if (table_own(p, slots_for(p, end)) != OK)
        return E_NOMEM;
    const uint8_t *in = data;
    for (size_t done = 0, part; done < len; done += part) {
        uint64_t at = offset + done;
        part = chunk(p, at, len - done);
        struct page *page = slot_own(p, (size_t)(at / p->page_size), part == p->page_size);
        if (!page)
            return E_NOMEM;
        memcpy(page->bytes + at % p->page_size, in + done, part);
    }
    if (end > p->size)
        p->size = end;
    return OK;
}

/* One page's worth of pages_copy; the table is owned and `part` stays inside a page. */
static int copy_chunk(struct pages *to, uint64_t at, const struct pages *from, uint64_t from_at, size_t part)
{
    const struct page *source = slot_get(from, from_at / from->page_size);
    struct page **slot = &to->table->slot[at / to->page_size];
    if (part < to->page_size) {
        struct page *page = slot_own(to, (size_t)(at / to->page_size), false);
        if (!page)
            return E_NOMEM;
        if (source)
            memcpy(page->bytes + at % to->page_size, source->bytes + from_at % from->page_size, part);
        else
            memset(page->bytes + at % to->page_size, from->fill, part);
    } else if (*slot != source) {
        struct page *shared = from->table && source ? from->table->slot[from_at / from->page_size] : NULL;
        if (shared)
            shared->refs++;
        page_drop(*slot);
        *slot = shared;
    }
    return OK;
}

int pages_copy(struct pages *to, uint64_t to_offset, const struct pages *from, uint64_t from_offset, uint64_t len)
{
    if (to->page_size != from->page_size || to->fill != from->fill || (to_offset - from_offset) % to->page_size != 0)
        return E_INVAL;
    if (len == 0)
        return OK;
    if (table_own(to, slots_for(to, to_offset + len)) != OK)
        return E_NOMEM;
    for (uint64_t done = 0, part; done < len; done += part) {
        part = chunk(to, to_offset + done, len - done);
        if (copy_chunk(to, to_offset + done, from, from_offset + done, (size_t)part) != OK)
            return E_NOMEM;
    }
    if (to_offset + len > to->size)
        to->size = to_offset + len;
    return OK;
}

int pages_erase(struct pages *p, uint64_t offset, uint64_t len)
{
    if (!p->table || offset >= p->size)
        return OK;
    if (len > p->size - offset)
        len = p->size - offset;
    if (table_own(p, p->table->count) != OK)
        return E_NOMEM;
    for (uint64_t done = 0, part; done < len; done += part) {
        uint64_t at = offset + done;
        size_t index = (size_t)(at / p->page_size);
        part = chunk(p, at, len - done);
        if (!slot_get(p, index))
            continue;
        if (part == p->page_size) {
            page_drop(p->table->slot[index]);
            p->table->slot[index] = NULL;
            continue;
        }
        struct page *page = slot_own(p, index, false);
        if (!page)
            return E_NOMEM;
        memset(page->bytes + at % p->page_size, p->fill, (size_t)part);
    }
    return OK;
}

int pages_resize(struct pages *p, uint64_t size)
{
    int rc = size < p->size ? pages_erase(p, size, p->size - size) : OK;
    if (rc == OK)
        p->size = size;
    return rc;
}

uint64_t pages_hole(const struct pages *p, uint64_t offset)
{
    uint64_t at = offset, known = p->table ? (uint64_t)p->table->count * p->page_size : 0;
    while (at < p->size && at < known && !slot_get(p, at / p->page_size))
        at += p->page_size;
    if (at >= known)
        return p->size > offset ? p->size - offset : 0;
    return at >= p->size ? p->size - offset : at - offset;
}

void pages_adopt(struct pages *p, const struct pages *like)
{
    if (!p->table || !like->table || p->table == like->table || p->table->refs > 1 || p->page_size != like->page_size)
        return;
    size_t count = p->table->count < like->table->count ? p->table->count : like->table->count;
    for (size_t i = 0; i < count; i++) {
        struct page **ours = &p->table->slot[i], *theirs = like->table->slot[i];
        if (*ours == theirs || !*ours || !theirs || memcmp((*ours)->bytes, theirs->bytes, p->page_size) != 0)
            continue;
        page_drop(*ours);
        theirs->refs++;
        *ours = theirs;
    }
}

/* ---- hashes ------------------------------------------------------------------------------------------ */

static void put_number(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static void page_hash(struct page *page, struct hasher *h, uint32_t page_size, uint8_t fill)
{
    if (page->hashed)
        return;
    page->blank = page->bytes[0] == fill && memcmp(page->bytes, page->bytes + 1, page_size - 1) == 0;
    if (!page->blank) {
        hasher_tag_begin(h);
        hasher_tag_add(h, page->bytes, page_size);
        hasher_tag_end(h, page->hash);
    }
    page->hashed = true;
}

bool pages_page_hash(const struct pages *p, struct hasher *h, uint64_t index, uint8_t out[TAG_LEN])
{
    struct page *page = p->table && index < p->table->count ? p->table->slot[index] : NULL;
    if (page)
        page_hash(page, h, p->page_size, p->fill);
    bool written = page && !page->blank;
    if (written)
        memcpy(out, page->hash, TAG_LEN);
    else
        memset(out, 0, TAG_LEN);
    return written;
}

/* The tags of all pages first, because there is one context for tags. Blank pages are left out, so that one that was
 * written and erased counts as one that never was. */
void pages_range_hash(const struct pages *p, struct hasher *h, uint64_t offset, uint64_t len, uint8_t out[TAG_LEN])
{
    uint8_t batch[64][8 + TAG_LEN]; /* page number and tag; one update for many, as each costs more than it hashes */
    size_t used = 1;
    uint64_t first = offset / p->page_size, end = (offset + len + p->page_size - 1) / p->page_size;
    if (!p->table || end > p->table->count)
        end = p->table ? p->table->count : 0;
    for (uint64_t i = first; i < end; i++)
        if (p->table->slot[i])
            page_hash(p->table->slot[i], h, p->page_size, p->fill);
    hasher_tag_begin(h);
    memset(batch[0], 0, sizeof batch[0]);
    put_number(batch[0], offset % p->page_size);
    put_number(batch[0] + 8, len);
    for (uint64_t i = first; i < end; i++) {
        const struct page *page = p->table->slot[i];
        if (!page || page->blank)
            continue;
        put_number(batch[used], i - first);
        memcpy(batch[used++] + 8, page->hash, TAG_LEN);
        if (used == sizeof batch / sizeof *batch) {
            hasher_tag_add(h, batch, sizeof batch);
            used = 0;
        }
    }
    hasher_tag_add(h, batch, used * sizeof *batch);
    hasher_tag_end(h, out);
}

void pages_hash(const struct pages *p, struct hasher *h, uint8_t out[TAG_LEN])
{
    struct page_table *table = p->table;
    if (table && table->hashed && table->hashed_size == p->size) {
        memcpy(out, table->hash, TAG_LEN);
        return;
    }
    pages_range_hash(p, h, 0, p->size, out);
    if (table) {
        memcpy(table->hash, out, TAG_LEN);
        table->hashed_size = p->size;
        table->hashed = true;
    }
}

static void digest_fill(struct hasher *h, const struct pages *p, uint64_t len)
{
    uint8_t block[512];
    memset(block, p->fill, sizeof block);
    for (uint64_t done = 0; done < len; done += sizeof block)
        hasher_sha_add(h, block, len - done < sizeof block ? (size_t)(len - done) : sizeof block);
}

void pages_digest(const struct pages *p, struct hasher *h, uint64_t offset, uint64_t len, uint8_t out[SHA_LEN])
{
    hasher_sha_begin(h);
    for (uint64_t done = 0, part; done < len; done += part) {
        uint64_t at = offset + done;
        part = chunk(p, at, len - done);
        const struct page *page = slot_get(p, at / p->page_size);
        if (page)
            hasher_sha_add(h, page->bytes + at % p->page_size, (size_t)part);
        else
            digest_fill(h, p, part);
    }
    hasher_sha_end(h, out);
}
