/*
 * Magnetic stripe track 2 (ISO 7813 section 8) and its twin in the chip, tag 57; PAN helpers. The stripe reader's text,
 * the card's bytes and DE35 all become the same struct here, so that the fallback rules (DOMAIN 1) see one form.
 */
#include "core/codec/track.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define TRACK2_MAX 37
#define TAG57_MAX 19
#define PAN_MIN 8
#define PAN_MAX 19

static bool is_separator(char c)
{
    return c == '=' || c == 'D';
}

static size_t digits_at(const char *text)
{
    return strspn(text, "0123456789");
}

/* A field of exactly `len` digits, or a separator in its place. Returns what was consumed, 0 for neither. */
static size_t take_field(const char *text, size_t len, char *out)
{
    if (is_separator(*text)) {
        *out = '\0';
        return 1;
    }
    if (digits_at(text) < len)
        return 0;
    memcpy(out, text, len);
    out[len] = '\0';
    return len;
}

static int parse(const char *text, struct track2 *t)
{
    size_t n = digits_at(text);
    if (n < PAN_MIN || n > PAN_MAX || !is_separator(text[n]))
        return E_FORMAT;
    memcpy(t->pan, text, n);
    text += n + 1;
    if ((n = take_field(text, 4, t->expiry)) == 0)
        return E_FORMAT;
    text += n;
    if ((n = take_field(text, 3, t->service_code)) == 0)
        return E_FORMAT;
    text += n;
    n = digits_at(text);
    if (n >= sizeof t->discretionary || text[n + strspn(text + n, "F")] != '\0')
        return E_FORMAT;
    memcpy(t->discretionary, text, n);
    return OK;
}

int track2_parse(const char *text, struct track2 *out)
{
    struct track2 track;
    size_t len = strnlen(text, 2 * TAG57_MAX + 1);
    memset(&track, 0, sizeof track);
    memset(out, 0, sizeof *out);
    while (len && text[len - 1] == 'F')
        len--;
    int status = len > TRACK2_MAX ? E_FORMAT : parse(text, &track);
    if (status == OK)
        *out = track;
    OPENSSL_cleanse(&track, sizeof track);
    return status;
}

int track2_from_tag57(const uint8_t *value, size_t len, struct track2 *out)
{
    char text[2 * TAG57_MAX + 1];
    if (len > TAG57_MAX) {
        memset(out, 0, sizeof *out);
        return E_FORMAT;
    }
    bcd_unpack(value, 0, 2 * len, text);
    int status = track2_parse(text, out);
    OPENSSL_cleanse(text, sizeof text);
    return status;
}

int track2_format(const struct track2 *track, char *out, size_t cap)
{
    const char *const parts[] = {track->pan, "D", *track->expiry ? track->expiry : "D",
                                 *track->service_code ? track->service_code : "D", track->discretionary};
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t n = strlen(parts[i]);
        if (at + n > TRACK2_MAX || at + n >= cap) {
            if (cap)
                *out = '\0';
            return E_LIMIT;
        }
        memcpy(out + at, parts[i], n);
        at += n;
    }
    out[at] = '\0';
    return OK;
}

bool track2_has_chip(const struct track2 *track)
{
    return track->service_code[0] == '2' || track->service_code[0] == '6';
}

bool track2_wants_pin(const struct track2 *track)
{
    return track->service_code[0] && track->service_code[2] && strchr("03567", track->service_code[2]);
}

bool luhn_ok(const char *digits)
{
    size_t len = digits_at(digits);
    unsigned sum = 0;
    if (len == 0 || digits[len] != '\0')
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned d = (unsigned)(digits[len - 1 - i] - '0');
        if (i % 2)
            d = d < 5 ? 2 * d : 2 * d - 9;
        sum += d;
    }
    return sum % 10 == 0;
}

void pan_mask(const char *pan, char *out, size_t cap)
{
    size_t len = strlen(pan);
    size_t head = len < 13 ? 0 : 6, tail = len < 5 ? 0 : 4;
    if (len >= cap) { /* no PAN is that long: show nothing rather than too much */
        if (cap)
            *out = '\0';
        return;
    }
    memset(out, '*', len);
    memcpy(out, pan, head);
    memcpy(out + len - tail, pan + len - tail, tail);
    out[len] = '\0';
}
