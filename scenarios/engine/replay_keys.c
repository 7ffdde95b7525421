/* Key files of certification authorities: reads the file, tells the spellings apart, and takes in one key with all its
 * checks. Called by cli/cmd_replay.c and tests. Book 2 sections 11.2.2 and annex B2.1. */
#include "scenarios/engine/replay_keys.h"

#include "core/codec/hex.h"
#include "scenarios/engine/replay_keys_reader.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[FIELD_COUNT] = {"rid",      "index", "algorithm", "modulus",
                                                     "exponent", "bits",  "checksum",  "expiry"};

int keys_refuse(const struct keys_reader *r, unsigned line, const char *format, ...)
{
    va_list args;
    int n = snprintf(r->why, r->why_cap, "%s:%u: ", r->name, line);
    va_start(args, format);
    if (n >= 0 && (size_t)n < r->why_cap)
        vsnprintf(r->why + n, r->why_cap - (size_t)n, format, args);
    va_end(args);
    return E_FORMAT;
}

enum key_field keys_field(const char *name, size_t len)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strlen(field_names[i]) == len && strncasecmp(field_names[i], name, len) == 0)
            return (enum key_field)i;
    return FIELD_COUNT;
}

bool keys_line(const struct keys_reader *r, size_t *at, unsigned *line, const char **text, size_t *len)
{
    if (*at >= r->len)
        return false;
    const char *from = r->text + *at;
    size_t n = 0, left = r->len - *at;
    while (n < left && from[n] != '\n' && from[n] != '\r')
        n++;
    *at += n;
    if (*at < r->len)
        *at += r->text[*at] == '\r' && *at + 1 < r->len && r->text[*at + 1] == '\n' ? 2 : 1;
    ++*line;
    while (n && (*from == ' ' || *from == '\t')) {
        from++;
        n--;
    }
    while (n && (from[n - 1] == ' ' || from[n - 1] == '\t'))
        n--;
    *text = from;
    *len = n;
    return true;
}

/* -- one key -- */

/* Bytes of a field; false with a line when it is no hex of least..most bytes. */
static bool bytes_of(const struct keys_reader *r, const struct key_text *t, enum key_field field, uint8_t *out,
                     size_t least, size_t most, size_t *len)
{
    const char *text = t->field[field].text;
    size_t n = t->field[field].len;
    if (!text) {
        keys_refuse(r, t->line, "this key has no %s; rid, index, modulus and exponent are needed", field_names[field]);
        return false;
    }
    int status = hex_decode(text, n, out, most, len);
    if (status == OK && *len >= least)
        return true;
    if (least == most)
        keys_refuse(r, t->line, "%s: %zu hex digits expected, found '%.*s'", field_names[field], 2 * least,
                    (int)(n > 40 ? 40 : n), text);
    else
        keys_refuse(r, t->line, "%s: hex of %zu to %zu bytes expected, found %s%.*s%s", field_names[field], least, most,
                    n > 24 ? "" : "'", (int)(n > 24 ? 24 : n), text, n > 24 ? "... (length or a digit is wrong)" : "'");
    return false;
}

static bool read_algorithm(const struct keys_reader *r, const struct key_text *t, struct replay_key *key)
{
    static const struct {
        const char *name;
        enum replay_key_kind kind;
    } table[] = {{"RSA", KEY_RSA}, {"01", KEY_RSA}, {"1", KEY_RSA}, {"SM2", KEY_SM2}, {"04", KEY_SM2}, {"4", KEY_SM2}};
    const char *text = t->field[FIELD_ALGORITHM].text;
    size_t len = t->field[FIELD_ALGORITHM].len;
    key->kind = KEY_RSA;
    if (!text)
        return true;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].name) == len && strncasecmp(table[i].name, text, len) == 0) {
            key->kind = table[i].kind;
            return true;
        }
    keys_refuse(r, t->line, "algorithm: RSA (01) or SM2 (04) expected, found '%.*s'", (int)(len > 20 ? 20 : len), text);
    return false;
}

/* YYMMDD, or a date with four digits of the year, with or without dashes. */
static bool read_expiry(const struct keys_reader *r, const struct key_text *t, struct replay_key *key)
{
    char digits[9] = "";
    size_t n = 0, len = t->field[FIELD_EXPIRY].len;
    const char *text = t->field[FIELD_EXPIRY].text;
    for (size_t i = 0; text && i < len && n < 9; i++)
        if (text[i] >= '0' && text[i] <= '9' && n < 8)
            digits[n++] = text[i];
        else if (text[i] != '-')
            n = 9;
    size_t got;
    if (!text || !len)
        return true;
    if ((n == 6 || n == 8) && hex_decode(digits + n - 6, 6, key->expiry, 3, &got) == OK &&
        (!memcmp(digits + n - 6, "000000", 6) ||
         (key->expiry[1] && key->expiry[1] <= 0x12 && key->expiry[2] && key->expiry[2] <= 0x31)))
        return true;
    keys_refuse(r, t->line, "expiry: YYMMDD or YYYY-MM-DD expected, found '%.*s'", (int)(len > 20 ? 20 : len), text);
    return false;
}

/* 3 and 65537, in hex, with or without zeros before it. */
static bool read_exponent(const struct keys_reader *r, const struct key_text *t, struct replay_key *key)
{
    uint8_t bytes[8];
    size_t len, skip = 0;
    if (!bytes_of(r, t, FIELD_EXPONENT, bytes, 1, sizeof bytes, &len))
        return false;
    while (skip + 1 < len && !bytes[skip])
        skip++;
    len -= skip;
    key->exponent_len = len < sizeof key->exponent ? len : sizeof key->exponent;
    memcpy(key->exponent, bytes + skip, key->exponent_len);
    if (!(len == 1 && bytes[skip] == 3) && !(len == 3 && !memcmp(bytes + skip, "\x01\x00\x01", 3)))
        key->kind = KEY_UNUSABLE;
    return true;
}

static bool check_sum(const struct keys_reader *r, const struct key_text *t, const struct replay_key *key)
{
    uint8_t given[20], is[EVP_MAX_MD_SIZE], message[6 + REPLAY_MODULUS_MAX + 3];
    size_t len;
    if (!t->field[FIELD_CHECKSUM].text || !t->field[FIELD_CHECKSUM].len || key->kind != KEY_RSA)
        return true;
    if (!bytes_of(r, t, FIELD_CHECKSUM, given, sizeof given, sizeof given, &len))
        return false;
    memcpy(message, key->rid, 5);
    message[5] = key->index;
    memcpy(message + 6, key->modulus, key->len);
    memcpy(message + 6 + key->len, key->exponent, key->exponent_len);
    if (EVP_Digest(message, 6 + key->len + key->exponent_len, is, NULL, EVP_sha1(), NULL) == 1 &&
        memcmp(is, given, sizeof given) == 0)
        return true;
    char rid[11];
    hex_encode(key->rid, 5, rid, sizeof rid);
    keys_refuse(r, t->line,
                "CA key RID %s, index %02X: the checksum is not that of RID, index, modulus and exponent; correct the "
                "key, or leave the checksum out",
                rid, key->index);
    return false;
}

static bool check_bits(const struct keys_reader *r, const struct key_text *t, const struct replay_key *key)
{
    const char *text = t->field[FIELD_BITS].text;
    size_t said = 0, n = t->field[FIELD_BITS].len;
    for (size_t i = 0; text && i < n && i < 6; i++)
        said = text[i] >= '0' && text[i] <= '9' ? said * 10 + (size_t)(text[i] - '0') : 1000000;
    if (!text || said == 8 * key->len || (key->kind == KEY_SM2 && said == 4 * key->len)) /* of the curve */
        return true;
    keys_refuse(r, t->line, "the modulus has %zu bits, and %.*s are said", 8 * key->len, (int)(n > 20 ? 20 : n), text);
    return false;
}

static bool known_already(const struct replay_keys *keys, const struct replay_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (memcmp(&keys->key[i], key, sizeof *key) == 0)
            return true;
    return false;
}

int keys_add(struct keys_reader *r, const struct key_text *t)
{
    struct replay_key key;
    size_t len;
    memset(&key, 0, sizeof key); /* padding too: keys are compared whole */
    if (!bytes_of(r, t, FIELD_RID, key.rid, 5, 5, &len) || !bytes_of(r, t, FIELD_INDEX, &key.index, 1, 1, &len) ||
        !read_algorithm(r, t, &key))
        return E_FORMAT;
    bool sm2 = key.kind == KEY_SM2;
    if (!bytes_of(r, t, FIELD_MODULUS, key.modulus, sm2 ? 64 : REPLAY_MODULUS_MIN, sm2 ? 64 : REPLAY_MODULUS_MAX,
                  &key.len) ||
        (!sm2 && !read_exponent(r, t, &key)) || !read_expiry(r, t, &key) || !check_bits(r, t, &key) ||
        !check_sum(r, t, &key))
        return E_FORMAT;
    if (known_already(r->keys, &key))
        return OK;
    if (r->keys->count == REPLAY_KEYS) {
        keys_refuse(r, t->line, "more than %d keys; give a file with those that are needed", REPLAY_KEYS);
        return E_LIMIT;
    }
    struct replay_key *grown = realloc(r->keys->key, (r->keys->count + 1) * sizeof key);
    if (!grown) {
        keys_refuse(r, t->line, "out of memory");
        return E_NOMEM;
    }
    r->keys->key = grown;
    r->keys->key[r->keys->count++] = key;
    return OK;
}

/* -- a file -- */

static bool is_comment(const char *text, size_t len)
{
    return !len || *text == '#' || (len >= 3 && strncmp(text, "---", 3) == 0);
}

int replay_keys_parse(struct replay_keys *keys, const char *text, size_t len, const char *name, char *why, size_t cap)
{
    struct keys_reader r = {keys, text, name, len, why, cap};
    const char *first;
    size_t at = 0, n = 0;
    unsigned line = 0;
    bool any = false;
    *why = '\0';
    if (len > REPLAY_KEYS_TEXT) {
        keys_refuse(&r, 1, "larger than %u bytes; give a file with the keys that are needed", REPLAY_KEYS_TEXT);
        return E_LIMIT;
    }
    if (memchr(text, '\0', len))
        return keys_refuse(&r, 1, "this is no text; CA keys as JSON, YAML or a table expected");
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* byte order mark */
        r.text += 3;
        r.len -= 3;
    }
    while (!any && keys_line(&r, &at, &line, &first, &n))
        any = !is_comment(first, n);
    if (!any)
        return keys_refuse(&r, line ? line : 1, "there is no CA key in it");
    if (*first == '{' || *first == '[')
        return keys_read_json(&r);
    if (n >= 5 && (strncasecmp(first, "9F06", 4) == 0 || strncasecmp(first, "9F 06", 5) == 0))
        return keys_read_tlv(&r);
    const char *colon = memchr(first, ':', n), *tab = memchr(first, '\t', n), *blank = memchr(first, ' ', n);
    bool named = colon && (!tab || colon < tab) && (!blank || colon < blank); /* "A000000003:" */
    return named ? keys_read_yaml(&r) : keys_read_table(&r);
}

int replay_keys_load(struct replay_keys *keys, const char *path, char *why, size_t cap)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(REPLAY_KEYS_TEXT + 2) : NULL;
    int status = HAL_E_NOENT;
    if (!file) {
        snprintf(why, cap, "%s: %s; --capk takes a file of CA keys (JSON, YAML or a table)", path, strerror(errno));
        return status;
    }
    errno = 0;
    size_t len = text ? fread(text, 1, REPLAY_KEYS_TEXT + 1, file) : 0;
    if (!text || ferror(file)) {
        snprintf(why, cap, "%s: %s; --capk takes a file of CA keys (JSON, YAML or a table)", path,
                 text ? strerror(errno) : "out of memory");
        status = text ? HAL_E_NOENT : E_NOMEM;
    } else {
        text[len] = '\0';
        status = replay_keys_parse(keys, text, len, path, why, cap);
    }
    free(text);
    fclose(file);
    return status;
}

void replay_keys_free(struct replay_keys *keys)
{
    free(keys->key);
    OPENSSL_cleanse(&keys->issuer, sizeof keys->issuer);
    *keys = (struct replay_keys){.key = NULL};
}
