/*
 * Pins: what a recorded session fixes about the terminal, applied through real inputs only. Here the configuration;
 * clock, keypad, counter and random numbers are replay_inputs.c. One row a tag: a new pin is a new row. What the core
 * computes is never pinned.
 */
#include "scenarios/engine/replay_pins.h"

#include "core/codec/tag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum pin_form { PIN_HEX, PIN_TEXT, PIN_FREE_TEXT };

/* len: bytes of the object. of_aid: a member of each application's entry. */
static const struct pin_row {
    uint32_t tag;
    const char *key, *name;
    enum pin_form form;
    uint8_t len;
    bool of_aid;
} rows[] = {
    {0x9F1A, "country", "terminal country (9F1A)", PIN_HEX, 2, false},
    {0x5F2A, "currency", "transaction currency (5F2A)", PIN_HEX, 2, false},
    {0x9F35, "terminal_type", "terminal type (9F35)", PIN_HEX, 1, false},
    {0x9F33, "capabilities", "terminal capabilities (9F33)", PIN_HEX, 3, false},
    {0x9F40, "additional_capabilities", "additional capabilities (9F40)", PIN_HEX, 5, false},
    {0x9C, "transaction_type", "transaction type (9C)", PIN_HEX, 1, false},
    {0x9F09, "version", "application version of the terminal (9F09)", PIN_HEX, 2, true},
    {0x9F15, "merchant_category", "merchant category (9F15)", PIN_HEX, 2, false},
    {0x9F01, "acquirer_id", "acquirer (9F01)", PIN_HEX, 6, false},
    {0x9F1E, "serial", "serial number (9F1E)", PIN_TEXT, 8, false},
    {0x9F1C, "terminal_id", "terminal identification (9F1C)", PIN_TEXT, 8, false},
    {0x9F16, "merchant_id", "merchant identifier (9F16)", PIN_TEXT, 15, false},
    {0x9F4E, "merchant_name", "merchant name (9F4E)", PIN_FREE_TEXT, 40, false},
};
#define ROWS (sizeof rows / sizeof *rows)

/* Tags that another input than the configuration's members sets. */
static const uint32_t other_inputs[] = {0x9F02, 0x81, 0x9A, 0x9F21, 0x9F37, 0x9F06, 0x9F1B, 0x9F41, 0x9F66, 0xDF69};

bool replay_has_input(uint32_t tag)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].tag == tag)
            return true;
    for (size_t i = 0; i < sizeof other_inputs / sizeof *other_inputs; i++)
        if (other_inputs[i] == tag)
            return true;
    return false;
}

void pins_each_input(void (*row)(void *ctx, uint32_t tag, const char *key, bool text, bool of_aid), void *ctx)
{
    for (size_t i = 0; i < ROWS; i++)
        row(ctx, rows[i].tag, rows[i].key, rows[i].form != PIN_HEX, rows[i].of_aid);
}

const char *replay_refused(const struct replay_pins *p, uint32_t tag)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->refused[i].tag == tag)
            return p->refused[i].why;
    return NULL;
}

/* -- what is told -- */

void pins_say(cJSON *list, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

void pins_refuse(struct pinning *p, uint32_t tag, const char *name, const char *why)
{
    struct replay_pins *r = p->pins;
    if (r->count < sizeof r->refused / sizeof *r->refused) {
        r->refused[r->count].tag = tag;
        snprintf(r->refused[r->count++].why, sizeof r->refused->why, "%s", why);
    }
    pins_say(p->assumptions, "%s: %s", name, why);
}

void pins_text(cJSON *object, const char *key, const char *text)
{
    cJSON_DeleteItemFromObject(object, key);
    cJSON_AddStringToObject(object, key, text);
}

/* -- configuration -- */

static bool all(const uint8_t *bytes, size_t len, uint8_t value)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* The object from the field that a DOL made of it: what was cut off or filled in by its format (Book 3 5.4) is undone.
 * False: the field is no such object. */
static bool undo_field(const struct pin_row *row, const uint8_t *value, size_t len, uint8_t out[6])
{
    const struct tag_info *info = tag_lookup(row->tag);
    bool right = info && info->format == TAG_N;
    memset(out, 0, row->len);
    if (len <= row->len) {
        memcpy(right ? out + row->len - len : out, value, len);
        return true;
    }
    size_t extra = len - row->len;
    memcpy(out, right ? value + extra : value, row->len);
    return all(right ? value : value + row->len, extra, 0);
}

/* Text without the zeros that a DOL appends; spaces are the terminal's own. */
static const char *take_text(const struct pin_row *row, const uint8_t *value, size_t len, char out[41])
{
    while (len && value[len - 1] == 0)
        len--;
    if (row->form == PIN_TEXT)
        while (len > row->len && value[len - 1] == ' ')
            len--;
    for (size_t i = 0; i < len; i++)
        if (value[i] < ' ' || value[i] == 0x7F || (row->form == PIN_TEXT && value[i] > '~'))
            return "the recorded value is no text, and this terminal is configured with text";
    if (row->form == PIN_TEXT && len != row->len)
        return "the recorded value has another length than this terminal is configured with";
    if (len < 1 || len > row->len)
        return len ? "the recorded value is longer than this terminal is configured with"
                   : "the recorded value is empty, and this terminal is configured with a text";
    memcpy(out, value, len);
    out[len] = '\0';
    return NULL;
}

static void pin_one(struct pinning *p, const struct pin_row *row, const uint8_t *value, size_t len)
{
    char text[41] = "", shown[2 * 40 + 1];
    uint8_t object[6];
    bool ascii = true;
    cJSON *aid;
    if (row->form == PIN_HEX) {
        if (!undo_field(row, value, len, object)) {
            pins_refuse(p, row->tag, row->name, "the recorded value is longer than the object may be");
            return;
        }
        hex_encode(object, row->len, text, sizeof text);
    } else {
        const char *why = take_text(row, value, len, text);
        if (why) {
            pins_refuse(p, row->tag, row->name, why);
            return;
        }
    }
    cJSON_ArrayForEach(aid, cJSON_GetObjectItem(p->config, "aids"))
    {
        if (row->of_aid)
            pins_text(aid, row->key, text);
    }
    if (!row->of_aid)
        pins_text(p->config, row->key, text);
    for (const char *c = text; *c; c++)
        ascii &= *c >= ' ' && *c <= '~';
    hex_encode((const uint8_t *)text, strlen(text), shown, sizeof shown);
    pins_say(p->pinned, "%s = %s", row->name, ascii ? text : shown);
}

/* One INPUT 9F06 an application. False: the recording tells none. */
static bool pin_told_applications(struct pinning *p, cJSON *aids)
{
    const struct trace_session *s = p->f->session;
    char names[REPLAY_AIDS * 34] = "", hex[33];
    cJSON *old = cJSON_Duplicate(aids, true), *list = cJSON_CreateArray();
    for (size_t i = 0; i < s->input_count && cJSON_GetArraySize(list) < REPLAY_AIDS; i++) {
        const struct trace_input *in = &s->inputs[i];
        if (in->tag != 0x9F06 || in->len < 5 || in->len > 16)
            continue;
        hex_encode(in->value, in->len, hex, sizeof hex);
        cJSON *one, *pattern = cJSON_GetArrayItem(old, 0);
        cJSON_ArrayForEach(one, old)
        {
            if (strcasecmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "aid")), hex) == 0)
                pattern = one;
        }
        cJSON *aid = cJSON_Duplicate(pattern, true);
        pins_text(aid, "aid", hex);
        cJSON_AddItemToArray(list, aid);
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", *names ? ", " : "", hex);
    }
    cJSON_Delete(old);
    if (!*names) {
        cJSON_Delete(list);
        return false;
    }
    while (cJSON_GetArraySize(aids))
        cJSON_DeleteItemFromArray(aids, 0);
    for (cJSON *one; (one = cJSON_DetachItemFromArray(list, 0));)
        cJSON_AddItemToArray(aids, one);
    cJSON_Delete(list);
    pins_say(p->pinned, "application list = %s", names);
    return true;
}

/* The recorded terminal's list, as far as it showed it: what it selected by name, in that order. */
static void pin_applications(struct pinning *p)
{
    const struct replay_facts *f = p->f;
    cJSON *aids = cJSON_GetObjectItem(p->config, "aids");
    if (pin_told_applications(p, aids))
        return;
    cJSON *pattern = cJSON_DetachItemFromArray(aids, 0);
    char names[REPLAY_AIDS * 34] = "", hex[33];
    while (cJSON_GetArraySize(aids))
        cJSON_DeleteItemFromArray(aids, 0);
    for (size_t i = 0; i < f->listed_count; i++) {
        cJSON *aid = cJSON_Duplicate(pattern, true);
        hex_encode(f->listed[i].bytes, f->listed[i].len, hex, sizeof hex);
        pins_text(aid, "aid", hex);
        cJSON_AddItemToArray(aids, aid);
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", hex);
    }
    if (f->listed_count) {
        cJSON_Delete(pattern);
        pins_say(p->pinned, "application list = %s", names);
        return;
    }
    const char *assumed = cJSON_GetStringValue(cJSON_GetObjectItem(pattern, "aid"));
    if (assumed && hex_decode(assumed, strlen(assumed), p->aid, sizeof p->aid, &p->aid_len) == OK)
        pins_say(p->assumptions, "application: no SELECT of one is recorded, assumed %s", assumed);
    cJSON_AddItemToArray(aids, pattern);
}

static void pin_floor_limit(struct pinning *p)
{
    const uint8_t *v;
    size_t len;
    char text[24];
    cJSON *aid;
    if (!replay_value(p->f, 0x9F1B, &v, &len) || len != 4)
        return;
    uint32_t cents = (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
    snprintf(text, sizeof text, "%u.%02u", cents / 100, cents % 100);
    cJSON_ArrayForEach(aid, cJSON_GetObjectItem(p->config, "aids"))
    {
        pins_text(aid, "floor_limit", text);
    }
    pins_say(p->pinned, "floor limit (9F1B) = %s", text);
}

/* No exponent but 2 can be configured: another one changes what the digits mean, not what is sent for 9F02. */
static void pin_exponent(struct pinning *p)
{
    const uint8_t *value;
    size_t len;
    if (replay_value(p->f, 0x5F36, &value, &len) && len && value[len - 1] != 0x02)
        pins_refuse(p, 0x5F36, "currency exponent (5F36)", "this terminal's amounts have two decimals");
}

/* A card that has both kinds of algorithms answers by this one. */
static void pin_algorithms(struct pinning *p)
{
    const uint8_t *value;
    size_t len;
    if (!replay_value(p->f, 0xDF69, &value, &len) || len != 1)
        return;
    if (value[0] > 1) {
        pins_refuse(p, 0xDF69, "SM algorithms (DF69)", "this terminal says 00 or 01");
        return;
    }
    cJSON_DeleteItemFromObject(p->config, "sm_algorithms");
    cJSON_AddBoolToObject(p->config, "sm_algorithms", value[0]);
    pins_say(p->pinned, "SM algorithms (DF69) = %02X", value[0]);
}

static void take_identity(const cJSON *config, const char *key, char *out, size_t cap)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(config, key));
    snprintf(out, cap, "%s", text ? text : "");
}

bool pins_configure(struct pinning *p, struct profile *profile)
{
    const uint8_t *value;
    size_t len;
    p->config = cJSON_Parse(profile->config);
    if (!p->config)
        return false;
    pin_applications(p);
    for (size_t i = 0; i < ROWS; i++)
        if (replay_value(p->f, rows[i].tag, &value, &len) && len)
            pin_one(p, &rows[i], value, len);
    pin_floor_limit(p);
    pin_exponent(p);
    pin_algorithms(p);
    infer_configure(p);
    take_identity(p->config, "terminal_id", profile->terminal_id, sizeof profile->terminal_id);
    take_identity(p->config, "merchant_id", profile->merchant_id, sizeof profile->merchant_id);
    char *text = cJSON_PrintUnformatted(p->config);
    cJSON_Delete(p->config);
    p->config = NULL;
    if (!text)
        return false;
    free(profile->config);
    profile->config = text;
    return true;
}
