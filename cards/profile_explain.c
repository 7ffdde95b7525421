/*
 * What is said about a key of a profile that is not as it should be: the expectation in words, made from the table, and
 * for an unknown key the nearest one there is. Called by profile_schema.c.
 */
#include "cards/profile_reader.h"

#include <stdio.h>
#include <string.h>

#define KEY_MAX 31 /* of a word compared for the nearest key */

int card_profile_refuse(const struct profile_reader *r, const char *text)
{
    snprintf(r->why, r->why_cap, "%s: %s%s%s", r->name, r->path, *r->path ? ": " : "", text);
    return E_FORMAT;
}

size_t card_path_enter(struct profile_reader *r, const char *key)
{
    size_t mark = strlen(r->path);
    snprintf(r->path + mark, sizeof r->path - mark, "%s%s", mark ? "." : "", key);
    return mark;
}

size_t card_path_index(struct profile_reader *r, unsigned index)
{
    size_t mark = strlen(r->path);
    snprintf(r->path + mark, sizeof r->path - mark, "[%u]", index);
    return mark;
}

void card_path_leave(struct profile_reader *r, size_t mark)
{
    r->path[mark] = '\0';
}

/* -- what was expected -- */

static void join_words(const char *const *words, char *out, size_t cap)
{
    size_t n = 0;
    *out = '\0';
    for (; *words; words++)
        if (**words && n < cap)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? ", " : "", *words);
}

int card_profile_expected(const struct profile_reader *r, const struct schema_field *f, const char *prefix)
{
    char what[200], text[240], words[160] = "";
    if (f->words)
        join_words(f->words, words, sizeof words);
    switch (f->kind) {
    case SCHEMA_TEXT:
    case SCHEMA_WORD:
        snprintf(what, sizeof what, "text of %u to %u characters expected", f->min, f->max);
        break;
    case SCHEMA_DIGITS:
        if (f->min == f->max)
            snprintf(what, sizeof what, "text of %u digits expected", f->max);
        else
            snprintf(what, sizeof what, "text of %u to %u digits expected", f->min, f->max);
        break;
    case SCHEMA_FIXED:
        snprintf(what, sizeof what, "%u hex digits expected", 2 * f->max);
        break;
    case SCHEMA_BYTES:
        snprintf(what, sizeof what, "%u to %u hex digits expected, an even number", 2 * f->min, 2 * f->max);
        break;
    case SCHEMA_OBJECTS:
        snprintf(what, sizeof what, "an object of tags and hex values expected, at most %u bytes encoded", f->max);
        break;
    case SCHEMA_NUMBER:
        snprintf(what, sizeof what, "a whole number from %u to %u expected", f->min, f->max);
        break;
    case SCHEMA_FLAG:
        snprintf(what, sizeof what, "true or false expected");
        break;
    case SCHEMA_AMOUNT:
        snprintf(what, sizeof what, "an amount like \"120.00\" expected");
        break;
    case SCHEMA_CHOICE:
        snprintf(what, sizeof what, "one of %s expected", words);
        break;
    case SCHEMA_SET:
        snprintf(what, sizeof what, "a list of any of %s expected", words);
        break;
    case SCHEMA_OBJECT:
        snprintf(what, sizeof what, "an object { } expected");
        break;
    case SCHEMA_LIST:
        snprintf(what, sizeof what, "a list [ ] of %u to %u objects expected", f->min, f->max);
        break;
    }
    snprintf(text, sizeof text, "%s%s", prefix, what);
    return card_profile_refuse(r, text);
}

/* Levenshtein distance; both words are short. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[KEY_MAX + 2];
    size_t len = strnlen(b, KEY_MAX);
    for (size_t j = 0; j <= len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; a[i] && i < KEY_MAX; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < len; j++) {
            unsigned change = diagonal + (a[i] != b[j]), add = row[j] + 1, drop = row[j + 1] + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < add ? change : add;
            if (drop < row[j + 1])
                row[j + 1] = drop;
        }
    }
    return row[len];
}

int card_profile_unknown_key(const struct profile_reader *r, const struct schema_field *table, const char *key)
{
    char text[80];
    const struct schema_field *nearest = table;
    for (const struct schema_field *f = table; f->key; f++)
        if (distance(key, f->key) < distance(key, nearest->key))
            nearest = f;
    snprintf(text, sizeof text, "unknown key, the nearest known one is '%s'", nearest->key);
    return card_profile_refuse(r, text);
}
