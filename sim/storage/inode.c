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
    size_t low = 0, high = names_count(names);
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(names->table->entry[middle].name, name);
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
    return found ? names->table->entry[at].inode : STORAGE_NO_INODE;
}

void names_clear(struct names *names)
{
    if (names->table && --names->table->refs == 0)
        free(names->table);
    names->table = NULL;
}

void names_share(struct names *to, const struct names *from)
{
    if (to->table == from->table)
        return;
    names_clear(to);
    to->table = from->table;
    if (to->table)
        to->table->refs++;
}

/* Makes the table ours alone, with room for `count` names. */
static int names_own(struct names *names, size_t count)
{
    struct name_table *old = names->table;
    size_t have = names_count(names);
    if (old && old->refs == 1 && count <= old->capacity)
        return OK;
    size_t capacity = count + 4;
    struct name_table *table = malloc(sizeof *table + capacity * sizeof *table->entry);
    if (!table)
        return E_NOMEM;
    *table = (struct name_table){.refs = 1, .count = have, .capacity = capacity};
    if (have)
        memcpy(table->entry, old->entry, have * sizeof *table->entry);
    names_clear(names);
    names->table = table;
    return OK;
}

int names_set(struct names *names, const char *name, uint32_t inode)
{
    bool found;
    size_t at = place(names, name, &found);
    if (names_own(names, names_count(names) + !found) != OK)
        return E_NOMEM;
    struct name_entry *entry = &names->table->entry[at];
    if (!found) {
        memmove(entry + 1, entry, (names->table->count - at) * sizeof *entry);
        memset(entry, 0, sizeof *entry);
        memcpy(entry->name, name, strlen(name) + 1);
        names->table->count++;
    }
    entry->inode = inode;
    return OK;
}

int names_drop(struct names *names, const char *name)
{
    bool found;
    size_t at = place(names, name, &found);
    if (!found)
        return OK;
    if (names_own(names, names->table->count) != OK)
        return E_NOMEM;
    struct name_table *table = names->table;
    table->count--;
    memmove(&table->entry[at], &table->entry[at + 1], (table->count - at) * sizeof *table->entry);
    return OK;
}

struct inode *inode_get(struct storage *s, uint32_t index)
{
    return index < s->inodes && s->inode[index].used ? &s->inode[index] : NULL;
}

uint32_t inode_free(const struct storage *s)
{
    size_t free_slot = 0;
    while (free_slot < s->inodes && s->inode[free_slot].used)
        free_slot++;
    return (uint32_t)free_slot;
}

int inode_create(struct storage *s, uint32_t index)
{
    if (index >= s->inodes) {
        struct inode *grown = realloc(s->inode, (index + 1) * sizeof *grown);
        if (!grown)
            return E_NOMEM;
        memset(grown + s->inodes, 0, (index + 1 - s->inodes) * sizeof *grown);
        s->inode = grown;
        s->inodes = index + 1;
    }
    struct inode *inode = &s->inode[index];
    *inode = (struct inode){.used = true};
    pages_init(&inode->live, FILE_PAGE, 0);
    pages_init(&inode->durable, FILE_PAGE, 0);
    return OK;
}

void inode_collect(struct storage *s)
{
    for (size_t i = 0; i < s->inodes; i++)
        s->inode[i].mark = s->inode[i].linked;
    for (size_t i = 0; i < names_count(&s->durable); i++)
        s->inode[s->durable.table->entry[i].inode].mark = true;
    for (size_t i = 0; i < s->pending_count; i++) /* a removed file whose remove may yet be lost */
        if (!pending_is_data(s->pending[i]))
            s->inode[s->pending[i]->inode].mark = true;
    for (size_t i = 0; i < s->inodes; i++) {
        struct inode *inode = &s->inode[i];
        if (!inode->used || inode->mark || (inode->orphan && inode->opens))
            continue;
        pending_drop_data(s, (uint32_t)i);
        inode->orphan = inode->opens > 0;
        if (inode->orphan)
            continue;
        pages_clear(&inode->live);
        pages_clear(&inode->durable);
        inode->used = false;
    }
}
