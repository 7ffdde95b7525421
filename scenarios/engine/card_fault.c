#include "scenarios/engine/card_fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the enum, after "none". */
const char *const card_fault_kinds[] = {"mute", "remove", "sw", "corrupt", "truncate", "broken", "garble", NULL};

static const struct place_row {
    uint8_t ins;
    unsigned nth;
} places[] = {
    {0, 0},    {0, 1},    {0xA4, 1}, {0xA8, 1}, {0xB2, 1}, {0xCA, 1}, {0x20, 1},
    {0xAE, 1}, {0xAE, 2}, {0x82, 1}, {0x84, 1}, {0x88, 1}, {0xC0, 1},
};
const char *const card_fault_places[] = {
    "reset",         "command",
    "select",        "gpo",
    "read_record",   "get_data",
    "verify",        "generate_ac",
    "generate_ac_2", "external_authenticate",
    "get_challenge", "internal_authenticate",
    "get_response",  NULL,
};
_Static_assert(sizeof card_fault_places / sizeof *card_fault_places == sizeof places / sizeof *places + 1,
               "a row for every name");

/* In the order of enum card_line_kind, after "none". */
const char *const card_line_kinds[] = {"slow",       "silent", "parity",          "bad_ts", "bad_tck", "endless",
                                       "one_by_one", "nulls",  "wrong_procedure", "wtx",    "bad_lrc", "bad_sequence",
                                       "resend",     "ifs",    "abort",           NULL};
_Static_assert(sizeof card_line_kinds / sizeof *card_line_kinds == CARD_LINE_KINDS, "a name for every kind");

static size_t find(const char *const *names, const char *name)
{
    size_t i = 0;
    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return i;
}

bool card_fault_kind(const char *name, struct reader_fault *fault)
{
    size_t i = find(card_fault_kinds, name);
    if (!card_fault_kinds[i])
        return false;
    fault->kind = READER_FAULT_MUTE + (unsigned)i;
    return true;
}

bool card_line_kind(const char *name, struct card_line_fault *fault)
{
    size_t i = find(card_line_kinds, name);
    if (!card_line_kinds[i])
        return false;
    fault->kind = CARD_LINE_NONE + 1 + (unsigned)i;
    return true;
}

const char *card_line_wrong(const struct card_line_fault *f)
{
    bool of_any = f->kind == CARD_LINE_SLOW || f->kind == CARD_LINE_SILENT || f->kind == CARD_LINE_PARITY;
    bool of_reset = f->kind == CARD_LINE_BAD_TS || f->kind == CARD_LINE_BAD_TCK || f->kind == CARD_LINE_ENDLESS;
    bool has_value = f->kind == CARD_LINE_WTX || f->kind == CARD_LINE_IFS || f->kind == CARD_LINE_WRONG_PROCEDURE;
    if (!of_any && of_reset != f->at_reset)
        return of_reset ? "goes with at = \"reset\"" : "goes with a command, not with a reset";
    if (f->value > UINT8_MAX)
        return "takes a value from 0 to 255";
    if (f->value && !has_value)
        return "takes no value";
    if (f->kind == CARD_LINE_NULLS && f->times > 500)
        return "takes at most 500 times; 0 is for ever";
    return NULL;
}

bool card_fault_place(const char *name, struct reader_fault *fault)
{
    size_t i = find(card_fault_places, name);
    if (!card_fault_places[i])
        return false;
    fault->at = i == 0 ? READER_AT_RESET : READER_AT_COMMAND;
    fault->ins = places[i].ins;
    fault->nth = places[i].nth;
    return true;
}

/* -- the text of --fault -- */

enum key { KEY_AT, KEY_INS, KEY_KIND, KEY_NTH, KEY_SW, KEY_BYTE, KEY_AFTER, KEYS };
static const char *const key_names[] = {"at", "ins", "kind", "nth", "sw", "byte", "after", NULL};
_Static_assert(sizeof key_names / sizeof *key_names == KEYS + 1, "a name for every key");

struct words {
    char value[KEYS][32];
    bool given[KEYS];
};

static int unknown(struct card_serve_why *why, const char *what, const char *word, const char *const *names)
{
    snprintf(why->text, sizeof why->text, "there is no %s '%s'", what, word);
    snprintf(why->word, sizeof why->word, "%s", word);
    why->names = names;
    return E_FORMAT;
}

static int __attribute__((format(printf, 2, 3))) wrong(struct card_serve_why *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return E_FORMAT;
}

/* One "key=value" of `len` characters; "after" may stand alone. */
static int take_word(struct words *w, const char *at, size_t len, struct card_serve_why *why)
{
    char word[64], name[32];
    if (len >= sizeof word)
        return wrong(why, "'%.20s...' is too long", at);
    snprintf(word, sizeof word, "%.*s", (int)len, at);
    if (!len)
        return wrong(why, "key=value expected, e.g. at=command,ins=AE,nth=1,kind=mute; found nothing");
    size_t name_len = strcspn(word, "=");
    snprintf(name, sizeof name, "%.*s", (int)name_len, word);
    size_t key = find(key_names, name);
    const char *value = word[name_len] ? word + name_len + 1 : key == KEY_AFTER ? "1" : "";
    if (key == KEYS)
        return unknown(why, "key", name, key_names);
    if (w->given[key])
        return wrong(why, "'%s' stands there twice", name);
    if (!*value || strlen(value) >= sizeof w->value[key])
        return wrong(why, "%s=VALUE expected, found '%s'", name, word);
    w->given[key] = true;
    snprintf(w->value[key], sizeof w->value[key], "%s", value);
    return OK;
}

/* A number in `base` of up to `digits` digits, from 0 to `most`; the one given, or `otherwise`. */
static int number(const struct words *w, enum key key, int base, size_t digits, unsigned long most,
                  unsigned long otherwise, unsigned long *out, struct card_serve_why *why)
{
    const char *value = w->value[key];
    size_t len = strlen(value);
    *out = otherwise;
    if (!w->given[key])
        return OK;
    *out = strtoul(value, NULL, base);
    if (strspn(value, base == 16 ? "0123456789abcdefABCDEF" : "0123456789") != len || len > digits ||
        (base == 16 && len != digits) || *out > most)
        return base == 16
                   ? wrong(why, "%s: %zu hex digits expected, found '%s'", key_names[key], digits, value)
                   : wrong(why, "%s: a whole number from 0 to %lu expected, found '%s'", key_names[key], most, value);
    return OK;
}

/* What goes with what. */
static int check(const struct words *w, const struct reader_fault *f, struct card_serve_why *why)
{
    bool cuts = f->kind == READER_FAULT_CORRUPT || f->kind == READER_FAULT_TRUNCATE;
    if (w->given[KEY_INS] && strcmp(w->value[KEY_AT], "command") != 0 && w->given[KEY_AT])
        return wrong(why, "ins goes with at=command, found at=%s", w->value[KEY_AT]);
    if (w->given[KEY_SW] && f->kind != READER_FAULT_SW)
        return wrong(why, "sw goes with kind=sw, found kind=%s", w->value[KEY_KIND]);
    if (f->kind == READER_FAULT_SW && f->at == READER_AT_RESET)
        return wrong(why, "a reset has no status word: kind=sw goes with a command");
    if (w->given[KEY_BYTE] && !cuts)
        return wrong(why, "byte goes with kind=corrupt or truncate, found kind=%s", w->value[KEY_KIND]);
    if (w->given[KEY_AFTER] && f->kind != READER_FAULT_REMOVE && f->kind != READER_FAULT_SW)
        return wrong(why, "after goes with kind=remove or sw, found kind=%s", w->value[KEY_KIND]);
    return OK;
}

static int build(const struct words *w, struct reader_fault *out, struct card_serve_why *why)
{
    unsigned long ins, nth, sw, byte, after;
    memset(out, 0, sizeof *out);
    if (!w->given[KEY_KIND])
        return wrong(why, "kind is missing; e.g. at=command,ins=AE,nth=1,kind=mute");
    if (!card_fault_kind(w->value[KEY_KIND], out))
        return unknown(why, "kind", w->value[KEY_KIND], card_fault_kinds);
    if (!card_fault_place(w->given[KEY_AT] ? w->value[KEY_AT] : "command", out))
        return unknown(why, "place", w->value[KEY_AT], card_fault_places);
    int rc = number(w, KEY_INS, 16, 2, 0xFF, out->ins, &ins, why);
    rc = rc ? rc : number(w, KEY_NTH, 10, 9, 1000000, out->nth, &nth, why);
    rc = rc ? rc : number(w, KEY_SW, 16, 4, 0xFFFF, 0x6F00, &sw, why);
    rc = rc ? rc : number(w, KEY_BYTE, 10, 5, 65535, 0, &byte, why);
    rc = rc ? rc : number(w, KEY_AFTER, 10, 1, 1, 0, &after, why);
    rc = rc ? rc : check(w, out, why);
    if (rc != OK)
        return rc;
    out->ins = (uint8_t)ins;
    out->nth = (unsigned)nth;
    out->sw = (uint16_t)sw;
    out->byte = (uint16_t)byte;
    out->after = after != 0;
    return OK;
}

int card_fault_parse(const char *text, struct reader_fault *out, struct card_serve_why *why)
{
    struct words w = {0};
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        int rc = take_word(&w, at, len, why);
        if (rc != OK)
            return rc;
        at += len;
        if (!*at)
            return build(&w, out, why);
    }
}
