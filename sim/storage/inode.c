/*
 * Names and inodes of the simulated file system: two sorted name tables (live and durable) over one set of inodes.
 * Used by fs.c for the live side and by pending.c for the durable one.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

bool name_valid(const char *name)
{
    size_t len = name ? strnlen(name, HAL_NAME_MAX + 1) : 0;
    if (len == 0 || len > HAL_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] < 0x20 || name[i] > 0x7E || name[i] == '/')
            return false;
    return true;
}

/* Where `name` is, or would be put. */
static size_t place(const struct names *names, const char *name, bool *found)
{
    size_t low = 0, high = names->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->entry[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t names_find(const struct names *names, const char *name)
{
    bool found;
    size_t at = place(names, name, &found);
    return found ? names->entry[at].inode : STORAGE_NO_INODE;
}

static int reserve(struct names *names, size_t count)
{
    if (count <= names->capacity)
        return OK;
    size_t capacity = count + names->capacity / 2 + 8;
    struct name_entry *entry = realloc(names->entry, capacity * sizeof *entry);
    if (!entry)
        return E_NOMEM;
    names->entry = entry;
    names->capacity = capacity;
    return OK;
}

int names_set(struct names *names, const char *name, uint32_t inode)
{
    bool found;
    size_t at = place(names, name, &found);
    if (!found) {
        if (reserve(names, names->count + 1) != OK)
            return E_NOMEM;
        struct name_entry *entry = &names->entry[at];
        memmove(entry + 1, entry, (names->count - at) * sizeof *entry);
        memset(entry, 0, sizeof *entry);
        memcpy(entry->name, name, strlen(name) + 1);
        names->count++;
    }
    names->entry[at].inode = inode;
    return OK;
}

void names_drop(struct names *names, const char *name)
{
    bool found;
    size_t at = place(names, name, &found);
    if (!found)
        return;
    names->count--;
    memmove(&names->entry[at], &names->entry[at + 1], (names->count - at) * sizeof *names->entry);
}

int names_copy(struct names *to, const struct names *from)
{
    if (reserve(to, from->count) != OK)
        return E_NOMEM;
    if (from->count)
        memcpy(to->entry, from->entry, from->count * sizeof *from->entry);
    to->count = from->count;
    return OK;
}

int inode_create(struct storage *s, uint32_t *index)
{
    size_t free_slot = 0;
    while (free_slot < s->inodes && s->inode[free_slot].used)
        free_slot++;
    if (free_slot == s->inodes) {
        struct inode *grown = realloc(s->inode, (s->inodes + 1) * sizeof *grown);
        if (!grown)
            return E_NOMEM;
        s->inode = grown;
        s->inodes++;
    }
    struct inode *inode = &s->inode[free_slot];
    *inode = (struct inode){.used = true};
    pages_init(&inode->live, STORAGE_PAGE, 0);
    pages_init(&inode->durable, STORAGE_PAGE, 0);
    *index = (uint32_t)free_slot;
    return OK;
}

void inode_collect(struct storage *s)
{
    for (size_t i = 0; i < s->inodes; i++)
        s->inode[i].seen = s->inode[i].linked || s->inode[i].opens > 0;
    for (size_t i = 0; i < s->durable.count; i++)
        s->inode[s->durable.entry[i].inode].seen = true;
    for (size_t i = 0; i < s->pending_count; i++) /* a removed file whose remove may yet be lost */
        if (!pending_is_data(&s->pending[i]))
            s->inode[s->pending[i].inode].seen = true;
    for (size_t i = 0; i < s->inodes; i++) {
        struct inode *inode = &s->inode[i];
        if (!inode->used || inode->seen)
            continue;
        pending_drop_data(s, (uint32_t)i);
        pages_clear(&inode->live);
        pages_clear(&inode->durable);
        inode->used = false;
    }
}
