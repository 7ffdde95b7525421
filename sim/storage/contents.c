/*
 * The durable side as a whole: hash, whole files in and out. Called by sweeps, oracles, tests and whoever makes a
 * terminal; never by the terminal itself, so nothing is counted and power does not matter.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

/* A record a file (padded name, tag), then a tag an area: fixed widths, so none can be taken for another. The tags
 * first: they share the hasher. */
void storage_hash(const struct storage *s, uint8_t out[32])
{
    enum { BATCH = 16 };
    struct {
        char name[HAL_NAME_MAX + 1];
        uint8_t tag[TAG_LEN];
    } file[BATCH];
    uint8_t area[HAL_AREA_COUNT][TAG_LEN];
    size_t used = 0;
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++)
        pages_hash(&s->area[i], s->hasher, area[i]);
    hasher_sha_begin(s->hasher);
    for (size_t i = 0; i < names_count(&s->durable); i++) {
        const struct name_entry *entry = &s->durable.table->entry[i];
        memcpy(file[used].name, entry->name, sizeof entry->name);
        pages_hash(&s->inode[entry->inode].durable, s->hasher, file[used].tag);
        if (++used == BATCH) {
            hasher_sha_add(s->hasher, file, sizeof file);
            used = 0;
        }
    }
    hasher_sha_add(s->hasher, file, used * sizeof *file);
    hasher_sha_add(s->hasher, area, sizeof area);
    faults_hash(s);
    hasher_sha_end(s->hasher, out);
}

void storage_tag(const struct storage *s, const void *also, size_t len, uint8_t out[16])
{
    uint8_t tag[STORAGE_NAMES + HAL_AREA_COUNT][TAG_LEN], hash[32];
    size_t count = names_count(&s->durable), tags = 0;
    const struct name_entry *entry = count ? s->durable.table->entry : NULL;
    if (s->faults) /* seldom: they are part of the whole hash */
        storage_hash(s, hash);
    for (size_t i = 0; i < count; i++)
        pages_hash(&s->inode[entry[i].inode].durable, s->hasher, tag[tags++]);
    for (unsigned i = 0; i < HAL_AREA_COUNT; i++)
        pages_hash(&s->area[i], s->hasher, tag[tags++]);
    hasher_tag_begin(s->hasher);
    for (size_t i = 0; i < count; i++)
        hasher_tag_add(s->hasher, entry[i].name, sizeof entry[i].name);
    hasher_tag_add(s->hasher, tag, tags * TAG_LEN);
    if (s->faults)
        hasher_tag_add(s->hasher, hash, sizeof hash);
    hasher_tag_add(s->hasher, also, len);
    hasher_tag_end(s->hasher, out);
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
    if (index == STORAGE_NO_INODE) {
        if (names_count(&s->live) >= STORAGE_NAMES)
            return HAL_E_FULL;
        index = inode_free(s);
        if (inode_create(s, index) != OK)
            return E_NOMEM;
    }
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
