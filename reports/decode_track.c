/* Track 2 of the stripe and its twins in the chip and in DE35 (ISO 7813; DOMAIN 1.1). */
#include "reports/decode.h"

#include "core/codec/track.h"

#include <string.h>

#define TRACK_MAX 64

static const char *const technologies[10] = {
    [1] = "international, no chip",
    [2] = "international, chip",
    [5] = "national, no chip",
    [6] = "national, chip",
    [7] = "private",
    [9] = "test",
};
static const char *const authorisations[10] = {
    [0] = "normal authorisation",
    [2] = "issuer online",
    [4] = "issuer online unless agreed otherwise",
};
static const char *const services[10] = {
    [0] = "no restriction, PIN required",
    [1] = "no restriction",
    [2] = "goods and services only",
    [3] = "ATM only, PIN",
    [4] = "cash only",
    [5] = "goods and services, PIN",
    [6] = "no restriction, PIN where there is a PIN pad",
    [7] = "goods and services, PIN where there is a PIN pad",
};

static const char *meaning(const char *const table[10], char digit)
{
    const char *text = digit >= '0' && digit <= '9' ? table[digit - '0'] : NULL;
    return text ? text : "unknown";
}

static void put_part(cJSON *node, const char *name, const char *from, size_t len, const char *note)
{
    char text[TRACK_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)len, from);
    decode_add(node, name, len ? text : "(separator in its place)", note);
}

static void put_service_code(cJSON *node, const char *code, size_t len)
{
    char note[200] = "";
    if (len == 3 && !memchr(code, '*', 3))
        snprintf(note, sizeof note, "%s; %s; %s", meaning(technologies, code[0]), meaning(authorisations, code[1]),
                 meaning(services, code[2]));
    put_part(node, "service code", code, len, note);
}

/* A masked track may have lost its separator: what is left to see is the PAN's first and last digits. */
static bool put_masked(cJSON *node, const char *digits)
{
    size_t pan = strspn(digits, "0123456789");
    size_t stars = strspn(digits + pan, "*");
    pan += stars;
    pan += strspn(digits + pan, "0123456789");
    if (!stars)
        return false;
    put_part(node, "PAN", digits, pan, NULL);
    if (digits[pan])
        put_part(node, "the rest", digits + pan, strlen(digits + pan), "masked");
    return true;
}

void decode_track_digits(cJSON *node, const char *digits)
{
    struct track2 track;
    char read[TRACK_MAX + 1];
    snprintf(read, sizeof read, "%s", digits);
    for (char *p = read; *p; p++)
        if (*p == '*')
            *p = '0'; /* lengths are what counts: the text shown is the original */
    if (track2_parse(read, &track)) {
        if (!put_masked(node, digits))
            decode_note(node, "not readable as track 2");
        return;
    }
    size_t pan = strlen(track.pan), expiry = strlen(track.expiry), code = strlen(track.service_code);
    const char *at = digits;
    bool known = !memchr(digits, '*', pan);
    put_part(node, "PAN", at, pan, !known ? NULL : luhn_ok(track.pan) ? "check digit right" : "check digit wrong");
    at += pan + 1;
    put_part(node, "expiry YYMM", at, expiry, NULL);
    at += expiry ? expiry : 1;
    put_service_code(node, at, code);
    at += code ? code : 1;
    put_part(node, "discretionary data", at, strlen(track.discretionary), NULL);
}

cJSON *decode_track2(const char *text)
{
    char body[TRACK_MAX + 1];
    text = text ? text : "";
    text += strspn(text, "; \t\r\n");
    size_t len = strcspn(text, "? \t\r\n");
    snprintf(body, sizeof body, "%.*s", (int)(len < TRACK_MAX ? len : TRACK_MAX), text);
    cJSON *root = decode_new("track 2", body, NULL);
    decode_track_digits(root, body);
    return root;
}
