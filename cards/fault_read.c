/* Words and text to a fault, with the reason when there is none (contract in fault.h). */
#include "cards/fault_internal.h"

#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1000000u /* of a number */
#define NULLS_MOST 500

static int __attribute__((format(printf, 2, 3))) wrong(struct card_fault_why *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return E_FORMAT;
}

static int unknown(struct card_fault_why *why, const char *what, const char *word, const char *const *names)
{
    snprintf(why->word, sizeof why->word, "%.31s", word);
    why->names = names;
    return wrong(why, "there is no %s '%.31s'", what, word);
}

static size_t find(const char *const *names, const char *name)
{
    size_t i = 0;
    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* A whole number from 0 to `most`; `otherwise` when it is not given. */
static int number(const struct card_fault_words *w, enum card_fault_key key, unsigned long most,
                  unsigned long otherwise, unsigned *out, struct card_fault_why *why)
{
    const char *value = w->value[key];
    unsigned long found = *value ? strtoul(value, NULL, 10) : otherwise;
    *out = (unsigned)found;
    if (strspn(value, "0123456789") != strlen(value) || strlen(value) > 9 || found > most)
        return wrong(why, "%s: a whole number from 0 to %lu expected, found '%s'", card_fault_keys[key], most, value);
    return OK;
}

/* Exactly `bytes` of them, or with `bytes` 0 one to `cap`; nothing when the key is not given. */
static int hex(const struct card_fault_words *w, enum card_fault_key key, size_t bytes, uint8_t *out, size_t cap,
               size_t *len, struct card_fault_why *why)
{
    const char *value = w->value[key];
    *len = 0;
    if (!*value || (hex_decode(value, strlen(value), out, cap, len) == OK && (bytes ? *len == bytes : *len > 0)))
        return OK;
    if (bytes)
        return wrong(why, "%s: %zu hex digits expected, found '%s'", card_fault_keys[key], 2 * bytes, value);
    return wrong(why, "%s: 2 to %zu hex digits expected, an even number, found '%s'", card_fault_keys[key], 2 * cap,
                 value);
}

static int tag(const struct card_fault_words *w, enum card_fault_key key, uint32_t *out, struct card_fault_why *why)
{
    uint8_t bytes[3];
    size_t len, at = 0;
    int rc = hex(w, key, 0, bytes, sizeof bytes, &len, why);
    if (rc == OK && len && (tlv_read_tag(bytes, len, &at, out) || at != len))
        return wrong(why, "%s: a tag expected, found '%s'", card_fault_keys[key], w->value[key]);
    return rc;
}

/* "byte goes with kind=corrupt, truncate, extend, slow, silent or parity": of the kinds that take this key. */
static int misplaced(enum card_fault_key key, const char *kind, struct card_fault_why *why)
{
    const struct fault_row *kinds = card_fault_rows;
    size_t last = 0, n;
    for (size_t i = 0; card_fault_kinds[i]; i++)
        last = kinds[i].takes & 1u << key ? i : last;
    n = (size_t)snprintf(why->text, sizeof why->text, "%s goes with kind=", card_fault_keys[key]);
    for (size_t i = 0, told = 0; i <= last; i++)
        if (kinds[i].takes & 1u << key)
            n += (size_t)snprintf(why->text + n, sizeof why->text - n, "%s%s", told++ ? i == last ? " or " : ", " : "",
                                  card_fault_kinds[i]);
    snprintf(why->text + n, sizeof why->text - n, ", found kind=%s", kind);
    return E_FORMAT;
}

/* What goes with what. */
static int check(const struct card_fault_words *w, const struct fault_row *row, const struct card_fault *f,
                 struct card_fault_why *why)
{
    const char *at = w->value[FAULT_AT], *kind = w->value[FAULT_KIND];
    if (*w->value[FAULT_INS] && *at && strcmp(at, "command") != 0)
        return wrong(why, "ins goes with at=command, found at=%s", at);
    for (unsigned key = 0; key < FAULT_KEYS; key++) {
        bool common = key == FAULT_AT || key == FAULT_INS || key == FAULT_KIND || key == FAULT_NTH;
        if (*w->value[key] && !common && !(row->takes & 1u << key))
            return misplaced((enum card_fault_key)key, kind, why);
        if (!*w->value[key] && row->needs & 1u << key)
            return wrong(why, "kind=%s needs %s", kind, card_fault_keys[key]);
    }
    if (row->where == FAULT_AT_RESET && !f->at_reset)
        return wrong(why, "kind=%s goes with at=reset", kind);
    if (row->where == FAULT_AT_COMMAND && f->at_reset)
        return f->kind == CARD_FAULT_SW ? wrong(why, "a reset has no status word: kind=sw goes with a command")
                                        : wrong(why, "kind=%s goes with a command, not with a reset", kind);
    if (f->kind == CARD_FAULT_ATC_JUMP && f->ins == 0xA4)
        return wrong(why, "kind=atc_jump goes with a command of the application, and SELECT comes before it");
    if (f->kind == CARD_FAULT_WRONG_CRYPTOGRAM && f->ins && f->ins != 0xAE && f->ins != 0xA8)
        return wrong(why, "kind=wrong_cryptogram goes with generate_ac, or with gpo through the air");
    return OK;
}

static int build(const struct card_fault_words *w, const struct fault_row *row, struct card_fault *out,
                 struct card_fault_why *why)
{
    uint8_t ins[1] = {out->ins}, sw[2] = {0x6F, 0x00};
    unsigned after;
    size_t len;
    uint32_t other;
    bool once = row->line == CARD_LINE_WTX || row->line == CARD_LINE_PARITY || row->kind == CARD_FAULT_WRONG_LENGTH;
    int rc = hex(w, FAULT_INS, 1, ins, sizeof ins, &len, why);
    rc = rc ? rc : number(w, FAULT_NTH, MOST, out->nth, &out->nth, why);
    rc = rc ? rc : hex(w, FAULT_SW, 2, sw, sizeof sw, &len, why);
    rc = rc ? rc : number(w, FAULT_BYTE, UINT16_MAX, row->kind == CARD_FAULT_EXTEND, &out->byte, why);
    rc = rc ? rc : number(w, FAULT_AFTER, 1, 0, &after, why);
    rc = rc ? rc : number(w, FAULT_TIMES, row->line == CARD_LINE_NULLS ? NULLS_MOST : MOST, once, &out->times, why);
    rc = rc ? rc : number(w, FAULT_VALUE, UINT8_MAX, once, &out->value, why);
    rc = rc ? rc : number(w, FAULT_ETU, MOST, 0, &out->etu, why);
    rc = rc ? rc : number(w, FAULT_MS, MOST, 0, &out->ms, why);
    out->tag = row->kind == CARD_FAULT_WRONG_CERTIFICATE ? 0x90 : 0;
    rc = rc ? rc : tag(w, FAULT_TAG, &out->tag, why);
    if (rc == OK && row->kind == CARD_FAULT_MUTATE_TAG)
        rc = tag(w, FAULT_TO, &other, why);
    rc = rc ? rc : hex(w, FAULT_TO, row->kind == CARD_FAULT_ATC_JUMP ? 2 : 0, out->to, sizeof out->to, &len, why);
    if (rc != OK)
        return rc;
    out->to_len = (uint8_t)len;
    out->ins = ins[0];
    out->sw = (uint16_t)(sw[0] << 8 | sw[1]);
    out->after = after != 0;
    return check(w, row, out, why);
}

int card_fault_read(const struct card_fault_words *w, struct card_fault *out, struct card_fault_why *why)
{
    memset(out, 0, sizeof *out);
    memset(why, 0, sizeof *why);
    const char *at = *w->value[FAULT_AT] ? w->value[FAULT_AT] : "command";
    size_t kind = find(card_fault_kinds, w->value[FAULT_KIND]), place = find(card_fault_places, at);
    if (!*w->value[FAULT_KIND])
        return wrong(why, "kind is missing; e.g. at=command,ins=AE,nth=1,kind=mute");
    if (!card_fault_kinds[kind])
        return unknown(why, "kind", w->value[FAULT_KIND], card_fault_kinds);
    if (!card_fault_places[place])
        return unknown(why, "place", at, card_fault_places);
    out->kind = card_fault_rows[kind].kind;
    out->line_kind = card_fault_rows[kind].line;
    out->at_reset = place == 0;
    out->ins = card_fault_place_rows[place].ins;
    out->nth = card_fault_place_rows[place].nth;
    return build(w, &card_fault_rows[kind], out, why);
}

/* -- as text -- */

/* One "key=value" of `len` characters; "after" may stand alone. */
static int take_word(struct card_fault_words *w, const char *at, size_t len, struct card_fault_why *why)
{
    char word[80], name[32];
    if (len >= sizeof word)
        return wrong(why, "'%.20s...' is too long", at);
    snprintf(word, sizeof word, "%.*s", (int)len, at);
    if (!len)
        return wrong(why, "key=value expected, e.g. at=command,ins=AE,nth=1,kind=mute; found nothing");
    size_t name_len = strcspn(word, "=");
    snprintf(name, sizeof name, "%.*s", (int)name_len, word);
    size_t key = find(card_fault_keys, name);
    const char *value = word[name_len] ? word + name_len + 1 : key == FAULT_AFTER ? "1" : "";
    if (key == FAULT_KEYS)
        return unknown(why, "key", name, card_fault_keys);
    if (*w->value[key])
        return wrong(why, "'%s' stands there twice", name);
    if (!*value || strlen(value) >= sizeof w->value[key])
        return wrong(why, "%s=VALUE expected, found '%s'", name, word);
    snprintf(w->value[key], sizeof w->value[key], "%s", value);
    return OK;
}

int card_fault_parse(const char *text, struct card_fault *out, struct card_fault_why *why)
{
    struct card_fault_words w = {0};
    memset(why, 0, sizeof *why);
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        int rc = take_word(&w, at, len, why);
        if (rc != OK)
            return rc;
        at += len;
        if (!*at)
            return card_fault_read(&w, out, why);
    }
}

void card_fault_explain(const struct card_fault_why *why, char *out, size_t cap)
{
    size_t n = (size_t)snprintf(out, cap, "%s", why->text);
    for (size_t i = 0; why->names && why->names[i] && n < cap; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? ", " : "; there are: ", why->names[i]);
}
