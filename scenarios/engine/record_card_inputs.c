/*
 * The INPUT lines of a recording: what its terminal was given, one tag a line, so that a replay need not conclude it
 * from what the terminal did. What was sent to the card counts before what was configured. Called by
 * record_card_text.c.
 */
#include "scenarios/engine/record_card_tape.h"
#include "scenarios/engine/replay_pins.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct writing {
    FILE *out;
    const struct card_tape *tape;
    const struct replay_facts *facts;
    const cJSON *config, *aid; /* the entry of the application that was used */
};

static void put(const struct writing *w, const char *key, const uint8_t *value, size_t len, const char *use)
{
    fprintf(w->out, "INPUT %s ", key);
    for (size_t i = 0; i < len; i++)
        fprintf(w->out, "%02X", value[i]);
    fprintf(w->out, "%s%s\n", *use ? " " : "", use);
}

/* The value that a command carried, or else `value`. */
static void put_tag(const struct writing *w, uint32_t tag, const uint8_t *value, size_t len)
{
    const uint8_t *sent;
    size_t sent_len;
    char key[9];
    snprintf(key, sizeof key, "%X", (unsigned)tag);
    if (replay_value(w->facts, tag, &sent, &sent_len) && sent_len)
        put(w, key, sent, sent_len, "");
    else if (len)
        put(w, key, value, len, "");
}

static void put_bcd(const struct writing *w, uint32_t tag, uint64_t number, size_t len)
{
    uint8_t value[6];
    bcd_from_value(number, value, len);
    put_tag(w, tag, value, len);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    return text ? text : "";
}

static void put_row(void *ctx, uint32_t tag, const char *key, bool text, bool of_aid)
{
    const struct writing *w = ctx;
    const char *value = text_of(of_aid ? w->aid : w->config, key);
    uint8_t bytes[TRACE_INPUT_MAX];
    size_t len = strlen(value);
    if (!*value || len > sizeof bytes)
        put_tag(w, tag, NULL, 0);
    else if (text)
        put_tag(w, tag, (const uint8_t *)value, len);
    else if (hex_decode(value, len, bytes, sizeof bytes, &len) == OK)
        put_tag(w, tag, bytes, len);
}

/* The entry whose AID the selected application's begins with. */
static const cJSON *used_entry(const cJSON *config, const struct replay_facts *f)
{
    const cJSON *one, *found = NULL, *aids = cJSON_GetObjectItem(config, "aids");
    char hex[33] = "";
    hex_encode(f->aid.bytes, f->aid.len, hex, sizeof hex);
    cJSON_ArrayForEach(one, aids)
    {
        const char *aid = text_of(one, "aid");
        if (*aid && strncasecmp(aid, hex, strlen(aid)) == 0)
            found = one;
    }
    return found ? found : cJSON_GetArrayItem(aids, 0);
}

static void put_applications(const struct writing *w)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(w->config, "aids"))
    {
        uint8_t aid[16];
        size_t len;
        const char *hex = text_of(one, "aid");
        if (hex_decode(hex, strlen(hex), aid, sizeof aid, &len) == OK && len >= 5)
            put(w, "9F06", aid, len, "");
    }
}

/* Limits and action codes are the application's. */
static void put_risk(const struct writing *w)
{
    static const struct {
        const char *key, *name;
    } codes[] = {{"tac_denial", "TAC-denial"}, {"tac_online", "TAC-online"}, {"tac_default", "TAC-default"}};
    const char *limit = text_of(w->aid, "floor_limit");
    unsigned long yuan = strtoul(limit, NULL, 10),
                  cents = strchr(limit, '.') ? strtoul(strchr(limit, '.') + 1, NULL, 10) : 0;
    uint64_t floor = 100ull * yuan + cents;
    const uint8_t value[] = {(uint8_t)(floor >> 24), (uint8_t)(floor >> 16), (uint8_t)(floor >> 8), (uint8_t)floor};
    if (*limit && floor <= UINT32_MAX)
        put_tag(w, 0x9F1B, value, sizeof value);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        uint8_t code[5];
        size_t len;
        const char *hex = text_of(w->aid, codes[i].key);
        if (hex_decode(hex, strlen(hex), code, sizeof code, &len) == OK && len == sizeof code)
            put(w, codes[i].name, code, len, "");
    }
}

/* One for each list that asks for it. */
static void put_numbers(const struct writing *w)
{
    const struct replay_dol *lists[] = {&w->facts->pdol, &w->facts->cdol1, &w->facts->cdol2};
    static const char *const names[] = {"PDOL", "CDOL1", "CDOL2"};
    for (size_t i = 0; i < 3; i++) {
        const uint8_t *value;
        size_t len;
        if (replay_value_in(lists[i], 0x9F37, &value, &len) && len)
            put(w, "9F37", value, len, names[i]);
    }
}

void record_card_inputs(FILE *out, const struct card_tape *t, const struct trace_session *s)
{
    struct replay_facts *f = calloc(1, sizeof *f);
    cJSON *config = cJSON_Parse(t->config);
    const struct hal_datetime *d = &t->when;
    if (!f)
        goto cleanup;
    replay_facts_read(s, f);
    const struct writing w = {out, t, f, config, used_entry(config, f)};
    if (t->profile[0])
        fprintf(out, "INPUT profile %s\n", t->profile);
    put_bcd(&w, 0x9F02, t->amount_cents, 6);
    if (d->year)
        put_bcd(&w, 0x9A, d->year % 100u * 10000u + d->month * 100u + d->day, 3);
    if (d->year)
        put_bcd(&w, 0x9F21, d->hour * 10000u + d->minute * 100u + d->second, 3);
    put_numbers(&w);
    pins_each_input(put_row, (void *)&w);
    put_applications(&w);
    put_risk(&w);
    if (t->host_code[0])
        put(&w, "8A", (const uint8_t *)t->host_code, 2, "");
cleanup:
    cJSON_Delete(config);
    if (f)
        OPENSSL_cleanse(f, sizeof *f);
    free(f);
}
