/* CA keys written as a table, one a line, or as YAML of two levels. Called by replay_keys.c. */
#include "scenarios/engine/replay_keys_reader.h"

#include "core/status.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static size_t hex_digits(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && isxdigit((unsigned char)text[n]))
        n++;
    return n;
}

/* -- table -- */

#define WORDS 40

struct word {
    const char *text;
    size_t len;
};

static size_t split(const char *text, size_t len, struct word out[WORDS])
{
    size_t count = 0;
    for (size_t i = 0; i < len && count < WORDS;) {
        size_t from = i;
        while (i < len && text[i] != ' ' && text[i] != '\t')
            i++;
        if (i > from)
            out[count++] = (struct word){text + from, i - from};
        else
            i++;
    }
    return count;
}

static bool is_hex(const struct word *w, size_t len)
{
    return w->len == len && hex_digits(w->text, w->len) == len;
}

/* The RID is what stands before the modulus: the name before it may be of any words. */
static size_t find_rid(const struct word *word, size_t count)
{
    for (size_t i = 2; i + 1 < count; i++)
        if (is_hex(&word[i], 10) && is_hex(&word[i - 1], 2) && word[i + 1].len >= 2 * REPLAY_MODULUS_MIN)
            return i;
    return count;
}

static void take(struct key_text *t, enum key_field field, const struct word *w)
{
    t->field[field].text = w->text;
    t->field[field].len = w->len;
}

int keys_read_table(struct keys_reader *r)
{
    size_t at = 0, len;
    unsigned line = 0;
    const char *text;
    while (keys_line(r, &at, &line, &text, &len)) {
        struct word word[WORDS];
        struct key_text t = {.line = line};
        if (!len || *text == '#')
            continue;
        size_t count = split(text, len, word), rid = find_rid(word, count);
        if (rid == count || count - rid > 4)
            return keys_refuse(r, line, "a CA key expected: NAME EXPONENT INDEX RID MODULUS [BITS [CHECKSUM]]");
        if (word[rid - 2].len == 3 && strncasecmp(word[rid - 2].text, "SM2", 3) == 0)
            take(&t, FIELD_ALGORITHM, &word[rid - 2]);
        else
            take(&t, FIELD_EXPONENT, &word[rid - 2]);
        take(&t, FIELD_INDEX, &word[rid - 1]);
        take(&t, FIELD_RID, &word[rid]);
        take(&t, FIELD_MODULUS, &word[rid + 1]);
        if (count - rid > 2)
            take(&t, FIELD_BITS, &word[rid + 2]);
        if (count - rid > 3)
            take(&t, FIELD_CHECKSUM, &word[rid + 3]);
        int status = keys_add(r, &t);
        if (status != OK)
            return status;
    }
    return OK;
}

/* -- YAML -- */

static struct word unquote(struct word w)
{
    while (w.len && (*w.text == ' ' || *w.text == '\t')) {
        w.text++;
        w.len--;
    }
    if (w.len && (*w.text == '\'' || *w.text == '"')) {
        const char *end = memchr(w.text + 1, *w.text, w.len - 1);
        return (struct word){w.text + 1, end ? (size_t)(end - w.text) - 1 : w.len - 1};
    }
    const char *comment = memmem(w.text, w.len, " #", 2);
    w.len = comment ? (size_t)(comment - w.text) : w.len;
    while (w.len && (w.text[w.len - 1] == ' ' || w.text[w.len - 1] == '\t'))
        w.len--;
    return w;
}

struct yaml {
    struct word rid;
    struct key_text key;
    bool open; /* an index was read */
};

static int finish(struct keys_reader *r, struct yaml *y)
{
    int status = y->open ? keys_add(r, &y->key) : OK;
    y->open = false;
    return status;
}

static int yaml_line(struct keys_reader *r, struct yaml *y, unsigned line, const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);
    if (!colon)
        return keys_refuse(r, line, "RID:, INDEX:, modulus: or exponent: expected, found '%.*s'",
                           (int)(len > 40 ? 40 : len), text);
    struct word name = unquote((struct word){text, (size_t)(colon - text)}),
                value = unquote((struct word){colon + 1, len - (size_t)(colon - text) - 1});
    if (!value.len && (is_hex(&name, 10) || is_hex(&name, 2))) {
        int status = finish(r, y);
        if (name.len == 10) {
            y->rid = name;
            return status;
        }
        y->key = (struct key_text){.line = line};
        take(&y->key, FIELD_RID, &y->rid);
        take(&y->key, FIELD_INDEX, &name);
        y->open = true;
        return status;
    }
    enum key_field field = keys_field(name.text, name.len);
    if (field == FIELD_COUNT || field == FIELD_RID || field == FIELD_INDEX)
        return OK; /* issuer, certificates: what others keep beside the keys */
    if (!y->open)
        return keys_refuse(r, line, "%.*s without an index before it (RID:, below it INDEX:)", (int)name.len,
                           name.text);
    if (y->key.field[field].text)
        return keys_refuse(r, line, "%.*s stands there a second time", (int)name.len, name.text);
    take(&y->key, field, &value);
    return OK;
}

int keys_read_yaml(struct keys_reader *r)
{
    struct yaml y = {.open = false};
    size_t at = 0, len, before = r->keys->count;
    unsigned line = 0;
    const char *text;
    int status = OK;
    while (status == OK && keys_line(r, &at, &line, &text, &len))
        if (len && *text != '#' && !(len >= 3 && strncmp(text, "---", 3) == 0))
            status = yaml_line(r, &y, line, text, len);
    if (status == OK)
        status = finish(r, &y);
    if (status == OK && r->keys->count == before && !y.key.line)
        return keys_refuse(r, line, "there is no CA key in it (RID:, below it INDEX:, modulus:, exponent:)");
    return status;
}
