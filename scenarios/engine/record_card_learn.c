/*
 * What must never stand in a trace: the numbers that a card tells, found where EMV puts them (5A, 57, 9F6B, 56, 5F20)
 * at any depth, also in bytes that are no proper TLV, and in objects that nobody knows when they look like a card
 * number. Registered as secrets, they are starred wherever else they turn up. Called by record_card_text.c, and by
 * record_card_play.c for the account that the host needs.
 */
#include "core/codec/tag.h"
#include "core/codec/tlv.h"
#include "core/codec/track.h"
#include "scenarios/engine/record_card_tape.h"
#include "sim/secrets.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAN_MIN 12
#define PAN_MAX 19
#define DIGITS_MAX 40

struct learning {
    struct learned *to;
    int status;
};

static void add_digits(struct learning *l, const char *digits)
{
    int status = strlen(digits) >= 8 ? secrets_add_digits(&l->to->secrets, digits) : OK;
    if (status != OK && status != E_INVAL && l->status == OK)
        l->status = status;
}

static void add_hidden(struct learning *l, const char *digits)
{
    for (size_t i = 0; i < l->to->hiddens; i++)
        if (strcmp(l->to->hidden[i], digits) == 0)
            return;
    if (strlen(digits) < 8)
        return;
    if (l->to->hiddens == LEARNED_HIDDEN)
        l->status = E_LIMIT;
    else
        snprintf(l->to->hidden[l->to->hiddens++], sizeof l->to->hidden[0], "%s", digits);
}

/* The number, and so much of it as nobody may show: more than the first six and the last four digits (PCI DSS 3.4). */
static void add_pan(struct learning *l, const char *pan)
{
    char most[PAN_MAX + 1];
    size_t len = strlen(pan);
    if (len < 8)
        return;
    add_digits(l, pan);
    if (len >= 15) {
        snprintf(most, sizeof most, "%.*s", (int)len - 4, pan);
        add_digits(l, most);
        add_digits(l, pan + 6);
        OPENSSL_cleanse(most, sizeof most);
    }
    for (size_t i = 0; i < l->to->pans; i++)
        if (strcmp(l->to->pan[i], pan) == 0)
            return;
    if (l->to->pans < LEARNED_PANS && len <= PAN_MAX)
        snprintf(l->to->pan[l->to->pans++], PAN_MAX + 1, "%s", pan);
}

/* Decimal digits at the beginning of BCD; what ends them goes to *end ('D', 'F', '\0' the value's end). */
static size_t leading(const uint8_t *value, size_t len, char digits[DIGITS_MAX + 1], char *end)
{
    size_t n = 0;
    *end = '\0';
    for (size_t i = 0; i < 2 * len && n < DIGITS_MAX; i++) {
        uint8_t d = i % 2 ? value[i / 2] & 0x0F : value[i / 2] >> 4;
        if (d > 9) {
            *end = d == 0x0F ? 'F' : d == 0x0D ? 'D' : '?';
            break;
        }
        digits[n++] = (char)('0' + d);
    }
    digits[n] = '\0';
    return n;
}

/* PAN, separator, and what the issuer wrote behind it: secret as a whole and without the PAN. */
static void add_track(struct learning *l, const uint8_t *value, size_t len)
{
    char pan[DIGITS_MAX + 1], whole[2 * DIGITS_MAX + 1] = "", end;
    size_t n = leading(value, len, pan, &end), total = 0;
    if (n < 8 || n > PAN_MAX)
        return;
    add_pan(l, pan);
    for (size_t i = 0; i < 2 * len && total < DIGITS_MAX; i++) {
        uint8_t d = i % 2 ? value[i / 2] & 0x0F : value[i / 2] >> 4;
        if (d == 0x0F)
            break;
        whole[total++] = d == 0x0D ? 'D' : (char)('0' + d % 10);
    }
    whole[total] = '\0';
    if (total > n + 1) {
        add_digits(l, whole);
        add_hidden(l, whole + n + 1);
    }
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(whole, sizeof whole);
}

/* Track 1 in ASCII: a format letter, the PAN, ^. */
static void add_track1(struct learning *l, const uint8_t *value, size_t len)
{
    char pan[PAN_MAX + 1];
    size_t n = 0;
    while (n < PAN_MAX && n + 1 < len && value[n + 1] >= '0' && value[n + 1] <= '9') {
        pan[n] = (char)value[n + 1];
        n++;
    }
    pan[n] = '\0';
    add_pan(l, pan);
    OPENSSL_cleanse(pan, sizeof pan);
}

/* BCD or ASCII digits that pass Luhn, as long as a PAN and begun like one: enough in an object that nobody knows, or
 * that is longer than its tag allows. */
static void suspect(struct learning *l, const struct tlv *o)
{
    char digits[DIGITS_MAX + 1], end;
    size_t n = 0;
    const struct tag_info *info = tag_lookup(o->tag);
    if (o->tag == 0x80 || (info && (!info->max || o->len <= info->max)))
        return;
    while (n < o->len && n < DIGITS_MAX && o->value[n] >= '0' && o->value[n] <= '9') {
        digits[n] = (char)o->value[n];
        n++;
    }
    digits[n] = '\0';
    if (n < PAN_MIN)
        n = leading(o->value, o->len, digits, &end);
    if (n >= PAN_MIN && n <= PAN_MAX && *digits >= '3' && luhn_ok(digits))
        add_pan(l, digits);
    OPENSSL_cleanse(digits, sizeof digits);
}

static void look_at(struct learning *l, const struct tlv *o)
{
    char digits[DIGITS_MAX + 1], end;
    switch (o->tag) {
    case 0x5A:
        if (leading(o->value, o->len, digits, &end) <= PAN_MAX)
            add_pan(l, digits);
        OPENSSL_cleanse(digits, sizeof digits);
        break;
    case 0x57:
    case 0x9F6B:
        add_track(l, o->value, o->len);
        break;
    case 0x56:
        add_track1(l, o->value, o->len);
        break;
    case 0x5F20:
    case 0x9F0B:
        if (o->len >= 8 && secrets_add_bytes(&l->to->secrets, o->value, o->len) == E_NOMEM)
            l->status = E_NOMEM;
        break;
    case 0x5F34:
        if (o->len == 1)
            bcd_unpack(o->value, 0, 2, l->to->psn);
        break;
    default:
        suspect(l, o);
    }
}

/* False: these bytes are no TLV from some place on. */
static bool walk(struct learning *l, const uint8_t *bytes, size_t len, unsigned depth)
{
    struct tlv o;
    bool ok = true;
    for (size_t at = 0; at < len;) {
        if (tlv_next(bytes, len, &at, &o) != OK)
            return false;
        if (tlv_is_template(o.tag) && depth < TLV_MAX_DEPTH)
            ok &= walk(l, o.value, o.len, depth + 1);
        else
            look_at(l, &o);
    }
    return ok;
}

/* In a broken answer a PAN may still stand behind its tag. */
static void search(struct learning *l, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + 8 < len; i++) {
        struct tlv o = {bytes[i], bytes[i + 1], bytes + i + 2};
        char digits[DIGITS_MAX + 1], end;
        if ((o.tag != 0x5A && o.tag != 0x57) || o.len < 6 || o.len > 19)
            continue;
        o.len = o.len < len - i - 2 ? o.len : len - i - 2;
        size_t n = leading(o.value, o.len, digits, &end);
        if (n >= PAN_MIN && n <= PAN_MAX && end != '?')
            look_at(l, &o);
        OPENSSL_cleanse(digits, sizeof digits);
    }
}

int record_card_learn(struct learned *to, const uint8_t *answer, size_t len)
{
    struct learning l = {to, OK};
    if (len > 2 && !walk(&l, answer, len - 2, 1)) {
        search(&l, answer, len);
        search(&l, answer, len - 2); /* what breaks off ends before the status word, or in its place */
    }
    return l.status;
}

/* -- hiding it -- */

/* Calls for each place where the digits stand in `plain`, as BCD at any nibble or in ASCII (`wide` 2). */
static void each_place(const char *digits, const char *plain, size_t len, char *hex,
                       void (*change)(const char *plain, char *hex, size_t digits, size_t wide))
{
    char ascii[2 * 44 + 1];
    size_t n = strlen(digits);
    hex_encode((const uint8_t *)digits, n, ascii, sizeof ascii);
    for (size_t wide = 1; wide <= 2; wide++) {
        const char *needle = wide == 1 ? digits : ascii;
        for (size_t at = 0; at < len; at++) {
            const char *found = memmem(plain + at, len - at, needle, wide * n);
            if (!found)
                break;
            at = (size_t)(found - plain);
            change(found, hex + at, n, wide);
        }
    }
    OPENSSL_cleanse(ascii, sizeof ascii);
}

static void hide(const char *plain, char *hex, size_t digits, size_t wide)
{
    (void)plain;
    memset(hex, '*', digits * wide);
}

/* The issuer's number is no secret; a part of the PAN that was registered by itself has starred it. */
static void show_issuer(const char *plain, char *hex, size_t digits, size_t wide)
{
    if (digits >= 13)
        memcpy(hex, plain, 6 * wide);
}

void record_card_star(const struct learned *l, const char *plain, size_t digits, char *hex)
{
    secrets_star_hex(&l->secrets, plain, digits, hex);
    for (size_t i = 0; i < l->hiddens; i++)
        each_place(l->hidden[i], plain, digits, hex, hide);
    for (size_t i = 0; i < l->pans; i++)
        each_place(l->pan[i], plain, digits, hex, show_issuer);
}

void record_card_star_text(const struct learned *l, char *text)
{
    size_t len = strlen(text);
    char *plain = strdup(text);
    if (plain)
        secrets_star_text(&l->secrets, plain, len, text);
    else
        memset(text, '*', len);
    if (plain)
        OPENSSL_cleanse(plain, len);
    free(plain);
}

void record_card_forget(struct learned *l)
{
    secrets_clear(&l->secrets);
    OPENSSL_cleanse(l, sizeof *l);
}
