/*
 * Known secrets, starred out wherever they stand. Each secret is kept as the nibbles it would show in hex, so that one
 * search serves BCD at any offset; texts are searched after a fold that takes '=' for the separator nibble D, lower for
 * upper case, and drops the blanks with which slips group a PAN.
 */
#include "sim/secrets.h"

#include "core/codec/hex.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MIN 8
#define BYTES_MIN 8
#define PAN_MIN 13 /* shorter numbers keep their last 4 only, as on a slip */

struct secret {
    bool is_digits;
    size_t len;                        /* of digits or bytes */
    char digits[SECRET_BYTES_MAX + 1]; /* as registered */
    uint8_t bytes[SECRET_BYTES_MAX];
    char nibbles[2 * SECRET_BYTES_MAX + 1]; /* digits with 'D' as separator; bytes in hex */
    char ascii[2 * SECRET_BYTES_MAX + 1];   /* digits only: hex of their ASCII form */
};

void secrets_clear(struct secrets *s)
{
    if (s->list)
        OPENSSL_cleanse(s->list, s->cap * sizeof *s->list);
    free(s->list);
    *s = (struct secrets){0};
}

static struct secret *find_same(const struct secrets *s, const char *nibbles, bool is_digits)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].is_digits == is_digits && strcmp(s->list[i].nibbles, nibbles) == 0)
            return &s->list[i];
    return NULL;
}

static int add(struct secrets *s, const struct secret *new)
{
    if (find_same(s, new->nibbles, new->is_digits))
        return OK;
    if (s->count == SECRETS_MAX)
        return E_LIMIT;
    if (s->count == s->cap) { /* not realloc: it would leave an unwiped copy behind */
        size_t cap = s->cap ? 2 * s->cap : 8;
        struct secret *list = calloc(cap, sizeof *list);
        if (!list)
            return E_NOMEM;
        if (s->count)
            memcpy(list, s->list, s->count * sizeof *list);
        size_t count = s->count;
        secrets_clear(s);
        *s = (struct secrets){.list = list, .count = count, .cap = cap};
    }
    s->list[s->count++] = *new;
    return OK;
}

static char fold(char c)
{
    return c == '=' ? 'D' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

int secrets_add_digits(struct secrets *s, const char *digits)
{
    size_t len = strlen(digits);
    if (len < DIGITS_MIN || len > SECRET_BYTES_MAX)
        return E_INVAL;
    struct secret new = {.is_digits = true, .len = len};
    memcpy(new.digits, digits, len);
    for (size_t i = 0; i < len; i++)
        new.nibbles[i] = fold(digits[i]);
    hex_encode((const uint8_t *)digits, len, new.ascii, sizeof new.ascii);
    int status = add(s, &new);
    OPENSSL_cleanse(&new, sizeof new);
    return status;
}

int secrets_add_bytes(struct secrets *s, const uint8_t *bytes, size_t len)
{
    if (len < BYTES_MIN || len > SECRET_BYTES_MAX)
        return E_INVAL;
    struct secret new = {.len = len};
    memcpy(new.bytes, bytes, len);
    hex_encode(bytes, len, new.nibbles, sizeof new.nibbles);
    int status = add(s, &new);
    OPENSSL_cleanse(&new, sizeof new);
    return status;
}

void secrets_visit(const struct secrets *s,
                   void (*visit)(void *ctx, const char *digits, const uint8_t *bytes, size_t len), void *ctx)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct secret *secret = &s->list[i];
        visit(ctx, secret->is_digits ? secret->digits : NULL, secret->is_digits ? NULL : secret->bytes, secret->len);
    }
}

/* First and one past the last digit to star: of a PAN the first 6 and last 4 stay, also when a track follows it. */
static void starred_part(const struct secret *secret, size_t *from, size_t *to, size_t *again)
{
    *from = 0;
    *to = *again = secret->len;
    if (!secret->is_digits)
        return;
    size_t pan = strspn(secret->digits, "0123456789");
    *from = pan < PAN_MIN ? 0 : 6;
    *to = pan - 4;
    *again = pan;
    if (pan < DIGITS_MIN) /* not a number that anybody shows a part of */
        *from = 0, *to = *again = 0;
}

/* Stars characters of `secret` that stands at map[at]...; `wide`: each digit takes two characters. */
static void star(const struct secret *secret, const size_t *map, size_t at, size_t wide, char *text)
{
    size_t from, to, again;
    starred_part(secret, &from, &to, &again);
    size_t unit = secret->is_digits ? wide : 2; /* bytes always show as two nibbles */
    for (size_t i = 0; i < secret->len * unit; i++) {
        size_t digit = i / unit;
        if ((digit >= from && digit < to) || digit >= again)
            text[map ? map[at + i] : at + i] = '*';
    }
}

static bool star_all(const struct secret *secret, const char *needle, size_t wide, const char *hay, size_t len,
                     const size_t *map, char *text)
{
    bool hit = false;
    size_t needle_len = strlen(needle), at = 0;
    while (len - at >= needle_len) {
        const char *found = memmem(hay + at, len - at, needle, needle_len);
        if (!found)
            break;
        at = (size_t)(found - hay);
        star(secret, map, at, wide, text);
        hit = true;
        at++;
    }
    return hit;
}

bool secrets_star_hex(const struct secrets *s, const char *plain, size_t len, char *text)
{
    bool hit = false;
    if (!s->count)
        return false;
    char *copy = malloc(len + 1); /* `text` may be `plain`, and stars must not hide the next match */
    if (!copy) {
        memset(text, '*', len);
        return true;
    }
    memcpy(copy, plain, len);
    for (size_t i = 0; i < s->count; i++) {
        const struct secret *secret = &s->list[i];
        hit |= star_all(secret, secret->nibbles, 1, copy, len, NULL, text);
        if (secret->is_digits)
            hit |= star_all(secret, secret->ascii, 2, copy, len, NULL, text);
    }
    OPENSSL_cleanse(copy, len);
    free(copy);
    return hit;
}

bool secrets_star_text(const struct secrets *s, const char *plain, size_t len, char *text)
{
    bool hit = false;
    if (!s->count)
        return false;
    char *folded = malloc(len + 1);
    size_t *map = malloc((len + 1) * sizeof *map), n = 0;
    if (!folded || !map) {
        memset(text, '*', len);
        hit = true;
        goto cleanup;
    }
    for (size_t i = 0; i < len; i++) {
        if (plain[i] == ' ' || plain[i] == '-')
            continue;
        map[n] = i;
        folded[n++] = fold(plain[i]);
    }
    for (size_t i = 0; i < s->count; i++)
        hit |= star_all(&s->list[i], s->list[i].nibbles, 1, folded, n, map, text);
cleanup:
    if (folded)
        OPENSSL_cleanse(folded, len);
    free(folded);
    free(map);
    return hit;
}
