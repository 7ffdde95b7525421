/*
 * The objects of one transaction: card, terminal and issuer data by tag (EMV Book 3 section 5 and annex A). Values lie
 * in an arena that only grows until the next emv_restart, so a pointer from emv_get stays good over emv_set. The tables
 * are bounded; a card that fills them is EMV_CARD_ERROR.
 */
#include "core/codec/dol.h"
#include "core/codec/tag.h"
#include "core/emv/emv_internal.h"

#include <string.h>

/* Objects that live in fields of struct emv: the steps set their bits one by one. */
static const struct live {
    uint32_t tag;
    size_t offset, len;
} live_table[] = {
    {0x95, offsetof(struct emv, tvr), sizeof((struct emv *)0)->tvr},
    {0x9B, offsetof(struct emv, tsi), sizeof((struct emv *)0)->tsi},
    {0x9F34, offsetof(struct emv, cvm_result), sizeof((struct emv *)0)->cvm_result},
};

static const struct live *find_live(uint32_t tag)
{
    for (size_t i = 0; i < sizeof live_table / sizeof *live_table; i++)
        if (live_table[i].tag == tag)
            return &live_table[i];
    return NULL;
}

static size_t find_object(const struct emv *e, uint32_t tag)
{
    size_t i = 0;
    while (i < e->objects && e->object[i].tag != tag)
        i++;
    return i;
}

int emv_get(const struct emv *e, uint32_t tag, const uint8_t **value, size_t *len)
{
    const struct live *live = find_live(tag);
    if (live) {
        *value = (const uint8_t *)e + live->offset;
        *len = live->len;
        return OK;
    }
    if (tag == 0xDF31 && e->script_results_len > 0) {
        *value = e->script_results;
        *len = e->script_results_len;
        return OK;
    }
    size_t i = find_object(e, tag);
    if (i == e->objects)
        return E_NOTFOUND;
    *value = e->arena + e->object[i].offset;
    *len = e->object[i].len;
    return OK;
}

int emv_set(struct emv *e, uint32_t tag, const void *value, size_t len)
{
    const struct live *live = find_live(tag);
    if (live) {
        if (len != live->len)
            return E_LIMIT;
        memmove((uint8_t *)e + live->offset, value, len);
        return OK;
    }
    size_t i = find_object(e, tag);
    bool fits_in_place = i < e->objects && len <= e->object[i].len;
    if (i == EMV_OBJECTS || (!fits_in_place && len > EMV_ARENA - e->arena_used))
        return E_LIMIT;
    if (!fits_in_place) {
        e->object[i].tag = tag;
        e->object[i].offset = (uint16_t)e->arena_used;
        e->arena_used += len;
        e->objects += i == e->objects;
    }
    e->object[i].len = (uint16_t)len;
    if (len > 0)
        memmove(e->arena + e->object[i].offset, value, len);
    return OK;
}

int emv_store(struct emv *e, const struct tlv *object)
{
    const struct tag_info *info = tag_lookup(object->tag);
    if ((info && info->source != 'C') || find_object(e, object->tag) < e->own_objects)
        return OK;
    if (emv_set(e, object->tag, object->value, object->len) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "more card data than a transaction holds");
    return OK;
}

void emv_drop(struct emv *e, uint32_t tag)
{
    size_t i = find_object(e, tag);
    if (i == e->objects)
        return;
    e->objects--;
    e->own_objects -= i < e->own_objects;
    memmove(&e->object[i], &e->object[i + 1], (e->objects - i) * sizeof *e->object);
}

const uint8_t *emv_fixed(const struct emv *e, uint32_t tag, size_t len)
{
    const uint8_t *value;
    size_t got;
    return emv_get(e, tag, &value, &got) == OK && got == len ? value : NULL;
}

static int dol_value(void *ctx, uint32_t tag, const uint8_t **value, size_t *len)
{
    return emv_get(ctx, tag, value, len);
}

int emv_draw_number(struct emv *e)
{
    uint8_t number[4];
    int rc = HAL_CALL(e->hal, rng, bytes, HAL_RNG_UNPREDICTABLE_NUMBER, number, sizeof number);
    return rc == OK ? emv_set(e, 0x9F37, number, sizeof number) : rc;
}

int emv_fill_list(const struct emv *e, const uint8_t *dol, size_t dol_len, uint8_t *out, size_t cap, size_t *len)
{
    return dol_build(dol, dol_len, dol_value, (void *)e, out, cap, len);
}

int emv_build(const struct emv *e, uint32_t dol_tag, uint8_t *out, size_t cap, size_t *len)
{
    const uint8_t *dol;
    size_t dol_len;
    *len = 0;
    if (emv_get(e, dol_tag, &dol, &dol_len) != OK)
        return OK;
    if (emv_fill_list(e, dol, dol_len, out, cap, len) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "data object list malformed or asking for too much");
    return OK;
}
