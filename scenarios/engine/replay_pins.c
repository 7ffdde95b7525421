/*
 * Pins: what a recorded session fixes about the terminal, applied through real inputs only (configuration, clock, keys,
 * random numbers, host answer), and what had to be assumed because no DOL says it. One row a tag: a new pin is a new
 * row.
 */
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AMOUNT_MAX UINT64_C(999999999999) /* cents: 12 digits */

enum pin_form { PIN_HEX, PIN_TEXT, PIN_AID_HEX };

/* assume: what stands in for it when no DOL asks; NULL: not worth a word */
static const struct pin_row {
    uint32_t tag;
    const char *key, *name;
    enum pin_form form;
    const char *assume;
} rows[] = {
    {0x9F1A, "country", "terminal country (9F1A)", PIN_HEX, "0344"},
    {0x5F2A, "currency", "transaction currency (5F2A)", PIN_HEX, "0156"},
    {0x9F35, "terminal_type", "terminal type (9F35)", PIN_HEX, "22, attended, offline with online capability"},
    {0x9F33, "capabilities", "terminal capabilities (9F33)", PIN_HEX,
     "E06800: chip, stripe, online PIN, signature, no CVM; no offline data authentication"},
    {0x9F40, "additional_capabilities", "additional capabilities (9F40)", PIN_HEX, "6000F0A001"},
    {0x9C, "transaction_type", "transaction type (9C)", PIN_HEX, "00"},
    {0x9F09, "version", "application version of the terminal (9F09)", PIN_AID_HEX, NULL},
    {0x9F15, "merchant_category", "merchant category (9F15)", PIN_HEX, NULL},
    {0x9F01, "acquirer_id", "acquirer (9F01)", PIN_HEX, NULL},
    {0x9F1E, "serial", "serial number (9F1E)", PIN_TEXT, NULL},
    {0x9F1C, "terminal_id", "terminal identification (9F1C)", PIN_TEXT, NULL},
    {0x9F16, "merchant_id", "merchant identifier (9F16)", PIN_TEXT, NULL},
    {0x9F4E, "merchant_name", "merchant name (9F4E)", PIN_TEXT, NULL},
};

void pins_say(cJSON *list, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddItemToArray(list, cJSON_CreateString(text));
}

/* Printable text without the padding; false when the bytes are no text. */
static bool as_text(const uint8_t *value, size_t len, char *out, size_t cap)
{
    while (len && (value[len - 1] == 0 || value[len - 1] == ' '))
        len--;
    if (!len || len >= cap)
        return false;
    for (size_t i = 0; i < len; i++)
        if (value[i] < 0x20 || value[i] > 0x7E)
            return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

static void pin_one(const struct pin_row *row, const uint8_t *value, size_t len, cJSON *config, cJSON *aid, cJSON *out)
{
    char text[128];
    bool ok = row->form == PIN_TEXT ? as_text(value, len, text, sizeof text)
                                    : hex_encode(value, len, text, sizeof text) == OK;
    const cJSON *before = cJSON_GetObjectItem(row->form == PIN_AID_HEX ? aid : config, row->key);
    /* Fields of fixed width keep theirs. */
    if (ok && cJSON_IsString(before) && row->form == PIN_TEXT && row->tag != 0x9F4E &&
        strlen(before->valuestring) != strlen(text))
        ok = false;
    if (!ok) {
        pins_say(cJSON_GetObjectItem(out, "assumptions"),
                 "%s: the recorded value cannot be configured; the profile's is used", row->name);
        return;
    }
    cJSON *target = row->form == PIN_AID_HEX ? aid : config;
    cJSON_DeleteItemFromObject(target, row->key);
    cJSON_AddStringToObject(target, row->key, text);
    pins_say(cJSON_GetObjectItem(out, "pinned"), "%s = %s", row->name, text);
}

static cJSON *only_aid(const struct replay_facts *f, cJSON *config, cJSON *out)
{
    cJSON *aids = cJSON_GetObjectItem(config, "aids"), *aid;
    char hex[33];
    while (cJSON_GetArraySize(aids) > 1)
        cJSON_DeleteItemFromArray(aids, 1);
    aid = cJSON_GetArrayItem(aids, 0);
    if (!f->aid_len)
        return aid;
    hex_encode(f->aid, f->aid_len, hex, sizeof hex);
    cJSON_DeleteItemFromObject(aid, "aid");
    cJSON_AddStringToObject(aid, "aid", hex);
    pins_say(cJSON_GetObjectItem(out, "pinned"), "application list = %s", hex);
    return aid;
}

/* Nobody tells which version the recorded terminal had: the card's own, so that the comparison of 2.7 stays silent. */
static void assume_version(const struct replay_facts *f, cJSON *aid, cJSON *assumptions)
{
    const uint8_t *value;
    size_t len;
    char hex[5];
    if (replay_value(f, 0x9F09, &value, &len) || !f->has_version)
        return;
    hex_encode(f->version, 2, hex, sizeof hex);
    cJSON_DeleteItemFromObject(aid, "version");
    cJSON_AddStringToObject(aid, "version", hex);
    pins_say(assumptions, "application version of the terminal (9F09): in no DOL, assumed the card's own 9F08 = %s",
             hex);
}

bool pins_configure(const struct replay_facts *f, struct profile *p, cJSON *out)
{
    cJSON *config = cJSON_Parse(p->config), *assumptions = cJSON_GetObjectItem(out, "assumptions");
    if (!config)
        return false;
    cJSON *aid = only_aid(f, config, out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const uint8_t *value;
        size_t len;
        if (replay_value(f, rows[i].tag, &value, &len))
            pin_one(&rows[i], value, len, config, aid, out);
        else if (rows[i].assume)
            pins_say(assumptions, "%s: in no DOL, assumed %s", rows[i].name, rows[i].assume);
    }
    assume_version(f, aid, assumptions);
    pins_say(assumptions, "floor limit 0.00, TAC-denial 0010000000, TAC-online DC4004F800, TAC-default DC4000A800: a "
                          "recording does not tell them");
    pins_say(assumptions, "CA keys: none; this core performs no offline data authentication, and signatures in the "
                          "recording are not checked");
    char *text = cJSON_PrintUnformatted(config);
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(config, "terminal_id"));
    snprintf(p->terminal_id, sizeof p->terminal_id, "%s", id ? id : "");
    id = cJSON_GetStringValue(cJSON_GetObjectItem(config, "merchant_id"));
    snprintf(p->merchant_id, sizeof p->merchant_id, "%s", id ? id : "");
    cJSON_Delete(config);
    if (!text)
        return false;
    free(p->config);
    p->config = text;
    return true;
}

bool pins_clock(const struct replay_facts *f, struct hal_datetime *when, cJSON *out)
{
    const uint8_t *date, *time;
    size_t len;
    uint64_t d, t = 120000;
    if (!replay_value(f, 0x9A, &date, &len) || len != 3 || bcd_value(date, 3, &d) != OK) {
        pins_say(cJSON_GetObjectItem(out, "assumptions"), "date (9A): in no DOL, assumed that of the profile");
        return false;
    }
    if (replay_value(f, 0x9F21, &time, &len) && len == 3 && bcd_value(time, 3, &t) == OK)
        pins_say(cJSON_GetObjectItem(out, "pinned"), "time (9F21) = %06llu", (unsigned long long)t);
    else
        pins_say(cJSON_GetObjectItem(out, "assumptions"), "time (9F21): in no DOL, assumed 120000");
    unsigned year = (unsigned)(d / 10000);
    *when = (struct hal_datetime){(uint16_t)(year < 50 ? 2000 + year : 1900 + year),
                                  (uint8_t)(d / 100 % 100),
                                  (uint8_t)(d % 100),
                                  (uint8_t)(t / 10000),
                                  (uint8_t)(t / 100 % 100),
                                  (uint8_t)(t % 100)};
    pins_say(cJSON_GetObjectItem(out, "pinned"), "date (9A) = %06llu", (unsigned long long)d);
    return true;
}

static uint64_t recorded_cents(const struct replay_facts *f, uint32_t tag)
{
    const uint8_t *value;
    size_t len;
    uint64_t cents;
    return replay_value(f, tag, &value, &len) && bcd_value(value, len, &cents) == OK ? cents : 0;
}

uint64_t pins_amount(const struct replay_facts *f, cJSON *out)
{
    uint64_t cents = recorded_cents(f, 0x9F02);
    cJSON *assumptions = cJSON_GetObjectItem(out, "assumptions");
    if (recorded_cents(f, 0x9F03))
        pins_say(assumptions, "other amount (9F03): this core sells without cashback and sends zero");
    if (cents > 0 && cents <= AMOUNT_MAX) {
        pins_say(cJSON_GetObjectItem(out, "pinned"), "amount (9F02) = %llu.%02llu", (unsigned long long)cents / 100,
                 (unsigned long long)cents % 100);
        return cents;
    }
    pins_say(assumptions, "amount (9F02): %s, assumed 1.00",
             cents ? "larger than this core takes" : "in no DOL, or zero, which cannot be keyed");
    return 100;
}

/* One number for each command that carries one, in the order in which the core draws them. */
void pins_numbers(const struct replay_facts *f, struct terminal *t, cJSON *out)
{
    const struct replay_dol *uses[] = {&f->pdol, &f->cdol1, &f->cdol2};
    static const char *const names[] = {"PDOL", "CDOL1", "CDOL2"};
    static const uint8_t zeros[4];
    for (size_t i = 0; i < 3; i++) {
        struct replay_facts one = {.pdol = *uses[i]};
        const uint8_t *value;
        size_t len;
        char hex[9];
        bool there = replay_value(&one, 0x9F37, &value, &len) && len == 4;
        if (there) {
            hex_encode(value, 4, hex, sizeof hex);
            pins_say(cJSON_GetObjectItem(out, "pinned"), "unpredictable number in %s = %s", names[i], hex);
        }
        if (there || i > 0) /* GENERATE AC always draws one */
            terminal_pin_unpredictable(t, there ? value : zeros);
    }
}
