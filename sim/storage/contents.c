/*
 * The durable side as a whole: hash, whole files in and out, and a walk over every byte. Called by sweeps, oracles,
 * tests and whoever makes a terminal; never by the terminal itself, so nothing is counted and power does not matter.
 */
#include "sim/storage/storage_internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

void storage_hash(const struct storage *s, uint8_t out[32])
{
    /* A record a file (padded name, hash), then a hash an area: fixed widths, so none can be taken for another. */
    uint8_t hash[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; ok && i < s->durable.count; i++) {
        const struct name_entry *entry = &s->durable.entry[i];
        pages_hash(&s->inode[entry->inode].durable, hash);
        ok = EVP_DigestUpdate(md, entry->name, sizeof entry->name) && EVP_DigestUpdate(md, hash, sizeof hash);
    }
    for (unsigned i = 0; ok && i < HAL_AREA_COUNT; i++) {
        pages_hash(&s->area[i], hash);
        ok = EVP_DigestUpdate(md, hash, sizeof hash);
    }
    ok = ok && EVP_DigestFinal_ex(md, out, NULL);
    EVP_MD_CTX_free(md);
    if (!ok)
        abort(); /* a wrong hash would merge states that differ, unnoticed */
}

int storage_put_file(struct storage *s, const char *name, const void *data, size_t len)
{
    if (!name_valid(name) || (len && !data))
        return E_INVAL;
    if (len > s->config.fs_bytes)
        return HAL_E_FULL;
    int rc = pending_flush(s, STORAGE_NO_INODE, NULL); /* a pending rename could still move what we replace */
    if (rc != OK)
        return rc;
    uint32_t index = names_find(&s->live, name);
    if (index == STORAGE_NO_INODE && s->live.count >= STORAGE_NAMES)
        return HAL_E_FULL;
    if (index == STORAGE_NO_INODE && inode_create(s, &index) != OK)
        return E_NOMEM;
    struct inode *inode = &s->inode[index];
    pending_drop_data(s, index);
    pages_clear(&inode->durable);
    pages_clear(&inode->live);
    rc = pages_write(&inode->durable, 0, data, len);
    if (rc == OK)
        rc = names_set(&s->durable, name, index);
    if (rc == OK)
        rc = names_set(&s->live, name, index);
    if (rc == OK) {
        pages_clone(&inode->durable, &inode->live);
        inode->linked = true;
    } else {
        s->failed = true;
    }
    return rc;
}

int storage_get_file(const struct storage *s, const char *name, uint8_t **data, size_t *len)
{
    if (!name_valid(name))
        return E_INVAL;
    uint32_t index = names_find(&s->durable, name);
    if (index == STORAGE_NO_INODE)
        return HAL_E_NOENT;
    const struct pages *file = &s->inode[index].durable;
    uint8_t *bytes = malloc(file->size ? (size_t)file->size : 1);
    if (!bytes)
        return E_NOMEM;
    *len = pages_read(file, 0, bytes, (size_t)file->size);
    *data = bytes;
    return OK;
}

int storage_put_area(struct storage *s, enum hal_area area, uint64_t offset, const void *data, size_t len)
{
    if ((unsigned)area >= HAL_AREA_COUNT)
        return HAL_E_NOENT;
    if (offset > s->area[area].size || len > s->area[area].size - offset)
        return E_INVAL;
    int rc = pages_write(&s->area[area], offset, data, len);
    s->failed = s->failed || rc != OK;
    return rc;
}

int storage_rot(struct storage *s, enum hal_area area, uint64_t offset, uint8_t mask)
{
    uint8_t byte;
    if ((unsigned)area >= HAL_AREA_COUNT)
        return HAL_E_NOENT;
    if (pages_read(&s->area[area], offset, &byte, 1) != 1)
        return E_INVAL;
    byte ^= mask;
    return storage_put_area(s, area, offset, &byte, 1);
}

typedef void (*visit_fn)(void *ctx, const char *name, const uint8_t *bytes, size_t len);

static int visit_pages(const struct pages *p, const char *name, visit_fn visit, void *ctx)
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
    for (size_t i = 0; i < s->durable.count && rc == OK; i++)
        rc = visit_pages(&s->inode[s->durable.entry[i].inode].durable, s->durable.entry[i].name, visit, ctx);
    for (unsigned i = 0; i < HAL_AREA_COUNT && rc == OK; i++)
        rc = visit_pages(&s->area[i], storage_area_name(i), visit, ctx);
    return rc;
}
