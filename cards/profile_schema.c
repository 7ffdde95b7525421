/*
 * The reader behind the tables of profile_schema.h: one function per kind of value. Messages are made in
 * profile_explain.c. Called by profile_tables.c.
 */
#include "cards/profile_schema.h"

#include "cards/profile.h"
#include "cards/profile_reader.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#define NEST_MAX 8 /* templates inside templates, as tlv.h allows */

/* -- values -- */

typedef int read_value(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out);

static int read_text(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const char *text = cJSON_GetStringValue(json);
    size_t len = text ? strnlen(text, f->max + 1u) : 0;
    if (!text || len < f->min || len > f->max)
        return card_profile_expected(r, f, "");
    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~' || (f->kind == SCHEMA_DIGITS && (text[i] < '0' || text[i] > '9')))
            return card_profile_expected(r, f, "");
    memcpy(out, text, len + 1);
    return OK;
}

static int read_word(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    bool whole = cJSON_IsNumber(json) && json->valuedouble >= 0 && json->valuedouble == (double)json->valueint;
    if (!whole && !cJSON_IsBool(json))
        return read_text(r, json, f, out);
    snprintf((char *)out, f->max + 1u, "%d", whole ? json->valueint : cJSON_IsTrue(json));
    return OK;
}

static int read_fixed(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const char *text = cJSON_GetStringValue(json);
    uint8_t bytes[CARD_DATA_MAX];
    size_t len;
    if (!text || hex_decode(text, strlen(text), bytes, f->max, &len) || len != f->max)
        return card_profile_expected(r, f, "");
    memcpy(out, bytes, len);
    return OK;
}

static int read_bytes(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const char *text = cJSON_GetStringValue(json);
    struct card_bytes *to = (struct card_bytes *)(void *)out;
    size_t len;
    if (!text || hex_decode(text, strlen(text), to->bytes, f->max, &len) || len < f->min)
        return card_profile_expected(r, f, "");
    to->len = (uint16_t)len;
    return OK;
}

static int read_number(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    double value = cJSON_IsNumber(json) ? json->valuedouble : -1;
    if (!(value >= f->min && value <= f->max) || value != (double)(unsigned)value)
        return card_profile_expected(r, f, "");
    *out = (uint8_t)value;
    return OK;
}

static int read_flag(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    if (!cJSON_IsBool(json))
        return card_profile_expected(r, f, "");
    *(bool *)(void *)out = cJSON_IsTrue(json);
    return OK;
}

/* Digits, a point, two digits; up to 10 digits before the point. */
static int read_amount(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const char *text = cJSON_GetStringValue(json);
    size_t whole = text ? strspn(text, "0123456789") : 0;
    if (whole < 1 || whole > 10 || text[whole] != '.' || strspn(text + whole + 1, "0123456789") != 2 || text[whole + 3])
        return card_profile_expected(r, f, "");
    int64_t cents = 0;
    for (const char *c = text; *c; c++)
        if (*c != '.')
            cents = cents * 10 + (*c - '0');
    *(int64_t *)(void *)out = cents;
    return OK;
}

static bool find_word(const cJSON *json, const char *const *words, unsigned *index)
{
    const char *text = cJSON_GetStringValue(json);
    for (*index = 0; text && *text && words[*index]; ++*index)
        if (strcmp(text, words[*index]) == 0)
            return true;
    return false;
}

static int read_choice(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    unsigned index;
    if (!find_word(json, f->words, &index))
        return card_profile_expected(r, f, "");
    *(int *)(void *)out = (int)index;
    return OK;
}

static int read_set(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const cJSON *item;
    uint32_t set = 0;
    if (!cJSON_IsArray(json))
        return card_profile_expected(r, f, "");
    cJSON_ArrayForEach(item, json)
    {
        unsigned index;
        if (!find_word(item, f->words, &index))
            return card_profile_expected(r, f, "");
        set |= UINT32_C(1) << index;
    }
    *(uint32_t *)(void *)out = set;
    return OK;
}

/* -- TLV objects -- */

static int parse_tag(const char *key, uint32_t *tag)
{
    uint8_t bytes[3];
    size_t len, at = 0;
    if (hex_decode(key, strlen(key), bytes, sizeof bytes, &len) || tlv_read_tag(bytes, len, &at, tag) || at != len)
        return E_FORMAT;
    return OK;
}

static bool is_repeated(const cJSON *json)
{
    for (const cJSON *other = json->prev; other->next; other = other->prev) /* the first one's prev is the last */
        if (strcmp(other->string, json->string) == 0)
            return true;
    return false;
}

static int put_objects(struct profile_reader *r, const cJSON *json, unsigned depth, struct tlv_out *out);

static int put_object(struct profile_reader *r, const cJSON *item, unsigned depth, struct tlv_out *out)
{
    uint32_t tag;
    if (parse_tag(item->string, &tag))
        return card_profile_refuse(r, "a tag of 2 to 6 hex digits expected as the key");
    if (is_repeated(item))
        return card_profile_refuse(r, "given twice");
    if (cJSON_IsObject(item)) {
        size_t mark = out->len;
        int status = tlv_is_template(tag) ? put_objects(r, item, depth + 1, out)
                                          : card_profile_refuse(r, "hex digits expected, this tag is no template");
        tlv_wrap(out, mark, tag);
        return status;
    }
    const char *text = cJSON_GetStringValue(item);
    uint8_t value[CARD_DATA_MAX];
    size_t len;
    if (!text || hex_decode(text, strlen(text), value, sizeof value, &len))
        return card_profile_refuse(r, "an even number of hex digits expected");
    tlv_put(out, tag, value, len);
    return OK;
}

static int put_objects(struct profile_reader *r, const cJSON *json, unsigned depth, struct tlv_out *out)
{
    const cJSON *item;
    if (depth > NEST_MAX)
        return card_profile_refuse(r, "templates at most 8 deep expected");
    cJSON_ArrayForEach(item, json)
    {
        size_t mark = card_path_enter(r, item->string);
        int status = put_object(r, item, depth, out);
        if (status)
            return status;
        card_path_leave(r, mark);
    }
    return OK;
}

static int read_objects(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    struct card_bytes *to = (struct card_bytes *)(void *)out;
    struct tlv_out tlv;
    tlv_out_init(&tlv, to->bytes, f->max);
    if (!cJSON_IsObject(json))
        return card_profile_expected(r, f, "");
    int status = put_objects(r, json, 1, &tlv);
    if (status)
        return status;
    if (tlv.status)
        return card_profile_expected(r, f, "too long: ");
    to->len = (uint16_t)tlv.len;
    return OK;
}

/* -- objects and lists -- */

static int read_table(struct profile_reader *r, const cJSON *json, const struct schema_field *table, uint8_t *out);

static int read_object(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    return cJSON_IsObject(json) ? read_table(r, json, f->table, out) : card_profile_expected(r, f, "");
}

static int read_list(struct profile_reader *r, const cJSON *json, const struct schema_field *f, uint8_t *out)
{
    const cJSON *item;
    unsigned n = 0;
    if (!cJSON_IsArray(json) || (unsigned)cJSON_GetArraySize(json) < f->min ||
        (unsigned)cJSON_GetArraySize(json) > f->max)
        return card_profile_expected(r, f, "");
    cJSON_ArrayForEach(item, json)
    {
        size_t mark = card_path_index(r, n);
        if (!cJSON_IsObject(item))
            return card_profile_refuse(r, "an object { } expected");
        int status = read_table(r, item, f->table, out + n * f->size);
        if (status)
            return status;
        card_path_leave(r, mark);
        n++;
    }
    return OK;
}

static read_value *const readers[] = {
    [SCHEMA_TEXT] = read_text,     [SCHEMA_WORD] = read_word,   [SCHEMA_DIGITS] = read_text,
    [SCHEMA_FIXED] = read_fixed,   [SCHEMA_BYTES] = read_bytes, [SCHEMA_OBJECTS] = read_objects,
    [SCHEMA_NUMBER] = read_number, [SCHEMA_FLAG] = read_flag,   [SCHEMA_AMOUNT] = read_amount,
    [SCHEMA_CHOICE] = read_choice, [SCHEMA_SET] = read_set,     [SCHEMA_OBJECT] = read_object,
    [SCHEMA_LIST] = read_list,
};

static int read_key(struct profile_reader *r, const cJSON *item, const struct schema_field *table, uint8_t *out)
{
    const struct schema_field *f = table;
    while (f->key && strcmp(f->key, item->string) != 0)
        f++;
    if (!f->key)
        return card_profile_unknown_key(r, table, item->string);
    if (is_repeated(item))
        return card_profile_refuse(r, "given twice");
    if (f->present_at != SCHEMA_NOWHERE)
        *(bool *)(void *)(out + f->present_at) = true;
    int status = readers[f->kind](r, item, f, out + f->at);
    if (status == OK && f->kind == SCHEMA_LIST)
        out[f->count_at] = (uint8_t)cJSON_GetArraySize(item);
    return status;
}

static int read_table(struct profile_reader *r, const cJSON *json, const struct schema_field *table, uint8_t *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        size_t mark = card_path_enter(r, item->string);
        int status = read_key(r, item, table, out);
        if (status)
            return status;
        card_path_leave(r, mark);
    }
    for (const struct schema_field *f = table; f->key; f++) {
        if (!f->required || cJSON_GetObjectItemCaseSensitive(json, f->key))
            continue;
        card_path_enter(r, f->key);
        return card_profile_expected(r, f, "missing, ");
    }
    return OK;
}

int card_schema_read(const cJSON *json, const char *name, const struct schema_field *table, void *out, char *why,
                     size_t why_cap)
{
    struct profile_reader r = {.name = name, .why = why, .why_cap = why_cap};
    if (!cJSON_IsObject(json))
        return card_profile_refuse(&r, "an object { } expected");
    return read_table(&r, json, table, out);
}
