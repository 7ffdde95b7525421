/*
 * The widgets of a frame: what hit tests, focus, shortcuts, scripts and the tree look at. Strings are copied into
 * blocks that are kept from frame to frame; a string, a frame's widgets and its text have stated limits.
 */
#include "gui/ui/ui_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDGETS_MAX = 4096, SLOTS = 8192, BLOCK_BYTES = 65536, BLOCKS_MAX = 64, STRING_MAX = 16384 };

struct ui_block {
    struct ui_block *next;
    size_t used, index;
    char bytes[BLOCK_BYTES];
};

static struct ui_block *block_with(struct ui_records *r, size_t room)
{
    struct ui_block *b = r->block;
    if (b && b->used + room <= BLOCK_BYTES)
        return b;
    if (b && b->next) {
        r->block = b->next;
        return r->block;
    }
    if (b && b->index + 1 >= BLOCKS_MAX)
        return NULL;
    struct ui_block *more = malloc(sizeof *more);
    if (!more)
        return NULL;
    more->next = NULL;
    more->used = 0;
    more->index = b ? b->index + 1 : 0;
    if (b)
        b->next = more;
    else
        r->blocks = more;
    r->block = more;
    return more;
}

static const char *copy(struct ui_records *r, const char *s)
{
    if (!s)
        return NULL;
    size_t len = strnlen(s, STRING_MAX + 1);
    if (len > STRING_MAX)
        len = ui_utf8_fit(s, STRING_MAX);
    struct ui_block *b = block_with(r, len + 1);
    if (!b)
        return "";
    char *at = b->bytes + b->used;
    memcpy(at, s, len);
    at[len] = 0;
    b->used += len + 1;
    return at;
}

void ui_records_clear(struct ui_records *r)
{
    r->count = 0;
    r->fault[0] = 0;
    for (struct ui_block *b = r->blocks; b; b = b->next)
        b->used = 0;
    r->block = r->blocks;
    if (r->slots)
        memset(r->slots, 0, SLOTS * sizeof *r->slots);
}

void ui_records_free(struct ui_records *r)
{
    while (r->blocks) {
        struct ui_block *next = r->blocks->next;
        free(r->blocks);
        r->blocks = next;
    }
    free(r->items);
    free(r->slots);
    memset(r, 0, sizeof *r);
}

static size_t slot_of(const struct ui_records *r, const char *id)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = id; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    size_t slot = hash % SLOTS;
    while (r->slots[slot] && strcmp(r->items[r->slots[slot] - 1].id, id) != 0)
        slot = (slot + 1) % SLOTS; /* ends: there are fewer widgets than slots */
    return slot;
}

static bool room(struct ui_records *r)
{
    if (!r->slots)
        r->slots = calloc(SLOTS, sizeof *r->slots);
    if (r->slots && r->count < r->cap)
        return true;
    size_t cap = r->cap ? 2 * r->cap : 256;
    struct ui_record *more = r->slots && cap <= WIDGETS_MAX ? realloc(r->items, cap * sizeof *more) : NULL;
    if (!more)
        return false;
    r->items = more;
    r->cap = cap;
    return true;
}

static struct ui_record *fault(struct ui_records *r, const char *what, const char *id)
{
    if (!r->fault[0])
        snprintf(r->fault, sizeof r->fault, "%s: '%.*s'", what, UI_ID_CAP / 2, id);
    return NULL;
}

struct ui_record *ui_records_add(struct ui_records *r, const struct ui_item *item, struct ui_rect hit)
{
    const char *id = item->id ? item->id : "";
    if (!*id)
        return fault(r, "a widget without an id, labelled", item->label ? item->label : "");
    if (strlen(id) >= UI_ID_CAP)
        return fault(r, "an id longer than 127 bytes", id);
    if (!room(r))
        return fault(r, "more than 4096 widgets in a frame", id);
    size_t slot = slot_of(r, id);
    if (r->slots[slot])
        return fault(r, "two widgets with one id", id);
    r->items[r->count] = (struct ui_record){
        .id = copy(r, id),
        .role = copy(r, item->role ? item->role : "widget"),
        .label = copy(r, item->label ? item->label : ""),
        .value = copy(r, item->value),
        .shortcut = copy(r, item->shortcut),
        .at = item->at,
        .hit = hit,
        .disabled = item->disabled,
        .chosen = item->chosen,
    };
    if (strcmp(r->items[r->count].id, id) != 0)
        return fault(r, "more than 4 MB of text in a frame", id);
    r->slots[slot] = (uint16_t)++r->count;
    return &r->items[r->count - 1];
}

const struct ui_record *ui_records_find(const struct ui_records *r, const char *id)
{
    if (!r->slots || !*id)
        return NULL;
    size_t slot = slot_of(r, id);
    return r->slots[slot] ? &r->items[r->slots[slot] - 1] : NULL;
}

const struct ui_record *ui_records_at(const struct ui_records *r, int x, int y, bool scrolls)
{
    for (size_t i = r->count; i-- > 0;) {
        const struct ui_record *w = &r->items[i];
        if ((scrolls ? w->scrolls : w->takes) && x >= w->hit.x && y >= w->hit.y && x < w->hit.x + w->hit.w &&
            y < w->hit.y + w->hit.h)
            return w;
    }
    return NULL;
}

const char *ui_records_nearest(const struct ui_records *r, const char *id)
{
    unsigned best = (unsigned)strlen(id) / 3 + 2;
    const char *near = NULL;
    for (size_t i = 0; i < r->count; i++) {
        unsigned far = ui_near(id, r->items[i].id, best);
        if (far < best) {
            best = far;
            near = r->items[i].id;
        }
    }
    return near;
}
