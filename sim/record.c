/*
 * The run record's writer. A line is built in one buffer that is kept from line to line; sinks get it whole. A line is
 * a JSON object of our own making: field order is call order, numbers are decimal integers, text is escaped UTF-8 with
 * U+FFFD for what is not.
 *
 * What a device can be made to write has no bound, so a field has: longer ones are cut and the line says so
 * ("cut":true).
 */
#include "sim/record.h"

#include "core/codec/hex.h"
#include "sim/mask.h"
#include "sim/record_line.h"
#include "sim/secrets.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINKS 4
#define FIELD_MAX 16384u                            /* bytes of one text or byte field */
#define SCAN_MAX (FIELD_MAX + 2 * SECRET_BYTES_MAX) /* looked at: a cut through a secret must not hide it */
#define COMMAND_MAX 300u                            /* the command that an answer of the same line belongs to */
#define MAC_LEN 8

struct sink {
    void (*line)(void *ctx, const char *text, size_t len);
    void *ctx;
};

struct record {
    struct sink sinks[SINKS];
    size_t sink_count;
    bool paused;
    uint64_t (*now)(void *ctx);
    void *now_ctx;
    uint64_t lines;
    EVP_MD_CTX *digest;
    struct secrets secrets;
    uint8_t mac_key[32];
    struct line line;
    struct line truth; /* the line's masked fields unmasked, for "mac"; wiped at its end */
    char *field;       /* 2 * SCAN_MAX + 1: the field as it will be written */
    char *plain;       /* the same size: its hex before masking, wiped at once */
    uint8_t command[COMMAND_MAX];
    size_t command_len;
    bool open, masked, cut;
    char kind[16];
    struct record_leak leak; /* the first secret that the core put into words */
};

struct record *record_create(uint64_t seed)
{
    struct record *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    uint8_t input[8 + 16] = "\0\0\0\0\0\0\0\0posbench record";
    for (size_t i = 0; i < 8; i++)
        input[i] = (uint8_t)(seed >> 8 * i);
    r->field = malloc(2 * SCAN_MAX + 1);
    r->plain = malloc(2 * SCAN_MAX + 1);
    r->digest = EVP_MD_CTX_new();
    if (!r->field || !r->plain || !r->digest || !EVP_DigestInit_ex(r->digest, EVP_sha256(), NULL) ||
        !EVP_Digest(input, sizeof input, r->mac_key, NULL, EVP_sha256(), NULL)) {
        record_destroy(r);
        return NULL;
    }
    return r;
}

void record_destroy(struct record *r)
{
    if (!r)
        return;
    EVP_MD_CTX_free(r->digest);
    secrets_clear(&r->secrets);
    line_clear(&r->line);
    line_clear(&r->truth);
    free(r->field);
    free(r->plain);
    free(r);
}

int record_sink(struct record *r, void (*line)(void *ctx, const char *text, size_t len), void *ctx)
{
    if (r->sink_count == SINKS)
        return E_LIMIT;
    r->sinks[r->sink_count++] = (struct sink){.line = line, .ctx = ctx};
    return OK;
}

bool record_on(const struct record *r)
{
    return r->sink_count > 0 && !r->paused;
}

void record_pause(struct record *r, bool pause)
{
    r->paused = pause;
}

void record_clock(struct record *r, uint64_t (*now)(void *ctx), void *ctx)
{
    r->now = now;
    r->now_ctx = ctx;
}

int record_secret_digits(struct record *r, const char *digits)
{
    return secrets_add_digits(&r->secrets, digits);
}

int record_secret_bytes(struct record *r, const uint8_t *bytes, size_t len)
{
    return secrets_add_bytes(&r->secrets, bytes, len);
}

void record_secrets(const struct record *r,
                    void (*visit)(void *ctx, const char *digits, const uint8_t *bytes, size_t len), void *ctx)
{
    secrets_visit(&r->secrets, visit, ctx);
}

void record_begin(struct record *r, unsigned term, const char *kind)
{
    if (!record_on(r))
        return;
    line_start(&r->line);
    line_start(&r->truth);
    r->command_len = 0;
    r->masked = r->cut = false;
    r->open = true;
    snprintf(r->kind, sizeof r->kind, "%s", kind);
    line_put(&r->line, "{", 1);
    record_number(r, "n", (int64_t)r->lines + 1);
    record_number(r, "t", r->now ? (int64_t)r->now(r->now_ctx) : 0);
    if (term)
        record_number(r, "term", term);
    line_key(&r->line, "ev");
    line_string(&r->line, kind, strlen(kind));
}

/* What the line hides, for its "mac": lengths first, so that no two different sets of fields look alike. */
static void keep_truth(struct record *r, const char *key, const void *bytes, size_t len)
{
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len};
    line_put(&r->truth, key, strlen(key) + 1);
    line_put(&r->truth, (const char *)head, sizeof head);
    line_put(&r->truth, bytes, len);
    r->masked = true;
}

/* Of a field of `len`, how much is looked at for secrets, and how much of that is written. */
static size_t limit_scan(size_t len)
{
    return len < SCAN_MAX ? len : SCAN_MAX;
}

static size_t limit_written(struct record *r, size_t len)
{
    r->cut |= len > FIELD_MAX;
    return len < FIELD_MAX ? len : FIELD_MAX;
}

/* Kinds whose texts are the core's own words: a secret in them is a leak, starred or not. */
static bool is_speech(const char *kind)
{
    return strcmp(kind, "log") == 0 || strcmp(kind, "screen") == 0 || strcmp(kind, "print") == 0;
}

static void put_text(struct record *r, const char *key, const char *value)
{
    size_t len = strlen(value), scan = limit_scan(len);
    memcpy(r->field, value, scan);
    if (secrets_star_text(&r->secrets, value, scan, r->field)) {
        keep_truth(r, key, value, scan);
        if (is_speech(r->kind) && r->leak.count++ == 0) {
            memcpy(r->leak.kind, r->kind, sizeof r->leak.kind);
            r->leak.line = r->lines + 1;
        }
    }
    line_string(&r->line, r->field, limit_written(r, len));
}

void record_text(struct record *r, const char *key, const char *value)
{
    if (!r->open || !value)
        return;
    line_key(&r->line, key);
    put_text(r, key, value);
}

const struct record_leak *record_leak(const struct record *r)
{
    return &r->leak;
}

void record_number(struct record *r, const char *key, int64_t value)
{
    if (!r->open)
        return;
    line_key(&r->line, key);
    line_number(&r->line, value);
}

void record_flag(struct record *r, const char *key, bool value)
{
    record_json(r, key, value ? "true" : "false");
}

void record_bytes(struct record *r, const char *key, const uint8_t *bytes, size_t len, enum record_bytes_kind kind)
{
    if (!r->open)
        return;
    if (kind == RECORD_COMMAND) {
        r->command_len = len < COMMAND_MAX ? len : COMMAND_MAX;
        if (r->command_len)
            memcpy(r->command, bytes, r->command_len);
    }
    size_t scan = limit_scan(len);
    hex_encode(bytes, scan, r->plain, 2 * SCAN_MAX + 1);
    bool masked = mask_hex(bytes, scan, kind, r->command_len ? r->command : NULL, r->command_len, r->field);
    masked |= secrets_star_hex(&r->secrets, r->plain, 2 * scan, r->field);
    if (masked) {
        keep_truth(r, key, bytes, scan);
        OPENSSL_cleanse(r->plain, 2 * scan);
    }
    line_key(&r->line, key);
    line_string(&r->line, r->field, 2 * limit_written(r, len));
}

void record_texts(struct record *r, const char *key, const char *const *values, size_t count)
{
    if (!r->open)
        return;
    line_key(&r->line, key);
    line_put(&r->line, "[", 1);
    for (size_t i = 0; i < count; i++) {
        if (i)
            line_put(&r->line, ",", 1);
        put_text(r, key, values[i] ? values[i] : "");
    }
    line_put(&r->line, "]", 1);
}

void record_json(struct record *r, const char *key, const char *json)
{
    if (!r->open)
        return;
    line_key(&r->line, key);
    line_put(&r->line, json, strlen(json));
}

static void put_mac(struct record *r)
{
    uint8_t mac[32] = {0};
    char hex[2 * MAC_LEN + 1];
    HMAC(EVP_sha256(), r->mac_key, sizeof r->mac_key, (const uint8_t *)r->truth.text, r->truth.len, mac, NULL);
    hex_encode(mac, MAC_LEN, hex, sizeof hex);
    line_key(&r->line, "mac");
    line_string(&r->line, hex, 2 * MAC_LEN);
}

/* A line that did not fit is not written in part: readers would take it for damage. */
static void replace_lost_line(struct record *r)
{
    line_start(&r->line);
    line_put(&r->line, "{", 1);
    record_number(r, "n", (int64_t)r->lines + 1);
    record_text(r, "ev", "lost");
}

void record_end(struct record *r)
{
    if (!r->open)
        return;
    if (r->cut)
        record_flag(r, "cut", true);
    if (r->masked)
        put_mac(r);
    if (r->line.lost)
        replace_lost_line(r);
    line_put(&r->line, "}\n", 2);
    r->open = false;
    r->lines++;
    EVP_DigestUpdate(r->digest, r->line.text, r->line.len);
    for (size_t i = 0; i < r->sink_count; i++)
        r->sinks[i].line(r->sinks[i].ctx, r->line.text, r->line.len);
    if (r->masked) {
        OPENSSL_cleanse(r->truth.text, r->truth.len);
        OPENSSL_cleanse(r->command, r->command_len);
    }
}

uint64_t record_lines(const struct record *r)
{
    return r->lines;
}

void record_digest(const struct record *r, uint8_t out[32])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    memset(out, 0, 32);
    if (copy && EVP_MD_CTX_copy_ex(copy, r->digest))
        EVP_DigestFinal_ex(copy, out, NULL);
    EVP_MD_CTX_free(copy);
}
