/*
 * DE62 of the answers in a download (DOMAIN 4.4): a digit, then TLV. A list has 9F06, for a key 9F22 behind it, and
 * DF05, its last day, which the object says again; what a host puts in besides is passed over. Caller: download.c.
 */
#include "core/net/download.h"

#include "core/codec/tlv.h"

#include <string.h>

#define RID_LEN 5

enum list_tag { TAG_AID = 0x9F06, TAG_INDEX = 0x9F22 };
/* First character of a list. */
enum { LIST_NONE = '0', LIST_WHOLE = '1', LIST_MORE = '2', LIST_LAST = '3' };
/* First character of an object. */
enum { OBJECT_HERE = '1' };

static const char *const texts[][2] = {
#define DOWNLOAD_TEXT(name, en, zh) [name - DOWNLOAD_FIRST] = {en, zh},
    DOWNLOAD_OUTCOMES(DOWNLOAD_TEXT)
#undef DOWNLOAD_TEXT
};

const char *download_text(int outcome, bool chinese)
{
    bool ours = outcome > DOWNLOAD_FIRST && outcome < DOWNLOAD_FIRST + (int)(sizeof texts / sizeof *texts);
    return ours ? texts[outcome - DOWNLOAD_FIRST][chinese] : "";
}

/* A name under construction, from the objects in the order in which they come. OK or E_FORMAT. */
static int take_name(enum parameter_kind kind, const struct tlv *object, struct parameter *p)
{
    bool key = kind == PARAMETER_KEYS;
    if (object->tag == TAG_AID) {
        if (p->name_len || object->len < RID_LEN || object->len > (key ? RID_LEN : sizeof p->name))
            return E_FORMAT;
        memcpy(p->name, object->value, object->len);
        p->name_len = (uint8_t)object->len;
    } else if (key && object->tag == TAG_INDEX) {
        if (p->name_len != RID_LEN || object->len != 1)
            return E_FORMAT;
        p->name[p->name_len++] = object->value[0];
    }
    return OK;
}

static bool name_whole(enum parameter_kind kind, const struct parameter *p)
{
    return kind == PARAMETER_KEYS ? p->name_len == RID_LEN + 1 : p->name_len >= RID_LEN;
}

static bool same_name(const struct parameter *a, const struct parameter *b)
{
    return a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

/* A name that is there already is the same object again. */
static int add_name(enum parameter_kind kind, const struct parameter *p, struct parameter_set *set, size_t *received)
{
    if (!name_whole(kind, p))
        return DOWNLOAD_BAD_LIST;
    if (++*received > download_limit(kind))
        return DOWNLOAD_TOO_MANY;
    for (size_t i = 0; i < set->count; i++)
        if (same_name(&set->item[i], p))
            return OK;
    set->item[set->count++] = *p;
    return OK;
}

static int read_names(enum parameter_kind kind, const uint8_t *bytes, size_t len, struct parameter_set *set,
                      size_t *received)
{
    struct parameter p = {.len = 0};
    struct tlv object;
    size_t at = 0;
    int r;
    while ((r = tlv_next(bytes, len, &at, &object)) == OK) {
        if (object.tag == TAG_AID && p.name_len) { /* where the next one begins, this one is whole */
            r = add_name(kind, &p, set, received);
            if (r)
                return r;
            p.name_len = 0;
        }
        if (!p.name_len && object.tag != TAG_AID)
            return DOWNLOAD_BAD_LIST;
        if (take_name(kind, &object, &p))
            return DOWNLOAD_BAD_LIST;
    }
    return r == E_NOTFOUND ? add_name(kind, &p, set, received) : DOWNLOAD_BAD_LIST;
}

int download_read_list(enum parameter_kind kind, const uint8_t *bytes, size_t len, struct parameter_set *set,
                       size_t *received, bool *more)
{
    uint8_t state = bytes && len ? bytes[0] : 0;
    *more = state == LIST_MORE;
    if (state == LIST_NONE)
        return len == 1 ? OK : DOWNLOAD_BAD_LIST;
    if (state != LIST_WHOLE && state != LIST_MORE && state != LIST_LAST)
        return DOWNLOAD_BAD_LIST;
    return read_names(kind, bytes + 1, len - 1, set, received); /* at least one: else the list could go on for ever */
}

int download_read_object(enum parameter_kind kind, const uint8_t *bytes, size_t len, struct parameter *item)
{
    struct parameter found = {.len = 0};
    struct tlv object;
    size_t at = 0;
    int r;
    if (!bytes || !len)
        return DOWNLOAD_BAD_OBJECT;
    if (bytes[0] != OBJECT_HERE)
        return DOWNLOAD_NOT_THERE;
    if (len - 1 > sizeof item->bytes)
        return DOWNLOAD_BAD_OBJECT;
    while ((r = tlv_next(bytes + 1, len - 1, &at, &object)) == OK)
        if (take_name(kind, &object, &found))
            return DOWNLOAD_BAD_OBJECT;
    if (r != E_NOTFOUND || !name_whole(kind, &found))
        return DOWNLOAD_BAD_OBJECT;
    if (!same_name(&found, item))
        return DOWNLOAD_OTHER;
    memcpy(item->bytes, bytes + 1, len - 1);
    item->len = (uint16_t)(len - 1);
    return OK;
}
