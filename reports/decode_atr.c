/* Answer to reset, character by character (ISO 7816-3 clause 8; EMV Book 1 section 8; DOMAIN 3.1). */
#include "reports/decode.h"

#include "core/codec/atr.h"

static void put_byte(cJSON *root, const char *name, unsigned index, uint8_t byte, const char *note)
{
    char title[8], value[4];
    snprintf(title, sizeof title, index ? "%s%u" : "%s", name, index);
    snprintf(value, sizeof value, "%02X", byte);
    decode_add(root, title, value, note);
}

static void put_ta(cJSON *root, const struct atr *a, unsigned i)
{
    static const unsigned fi[16] = {372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0};
    static const unsigned di[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0};
    char note[80];
    if (i == 1)
        snprintf(note, sizeof note, "F = %u, D = %u", fi[a->ta[1] >> 4], di[a->ta[1] & 0x0F]);
    else if (i == 2)
        snprintf(note, sizeof note, "specific mode, T=%u%s", a->ta[2] & 0x0F,
                 a->ta[2] & 0x10 ? ", parameters implicit" : "");
    else
        snprintf(note, sizeof note, "IFSC %u", a->ta[i]);
    put_byte(root, "TA", i, a->ta[i], note);
}

static void put_tb(cJSON *root, const struct atr *a, unsigned i)
{
    char note[80] = "programming voltage (obsolete)";
    if (i > 2)
        snprintf(note, sizeof note, "BWI %u, CWI %u", a->tb[i] >> 4, a->tb[i] & 0x0F);
    put_byte(root, "TB", i, a->tb[i], note);
}

static void put_tc(cJSON *root, const struct atr *a, unsigned i)
{
    char note[80];
    if (i == 1)
        snprintf(note, sizeof note, "extra guard time N = %u%s", a->tc[1], a->tc[1] == 255 ? " (shortest)" : "");
    else if (i == 2)
        snprintf(note, sizeof note, "T=0 waiting time WI = %u", a->tc[2]);
    else
        snprintf(note, sizeof note, "%s", a->tc[i] & 1 ? "CRC" : "LRC");
    put_byte(root, "TC", i, a->tc[i], note);
}

static void put_interface(cJSON *root, const struct atr *a)
{
    for (unsigned i = 1; i <= 4; i++) {
        char note[16];
        if (a->has_a >> i & 1)
            put_ta(root, a, i);
        if (a->has_b >> i & 1)
            put_tb(root, a, i);
        if (a->has_c >> i & 1)
            put_tc(root, a, i);
        snprintf(note, sizeof note, "T=%u", a->td[i] & 0x0F);
        if (a->has_d >> i & 1)
            put_byte(root, "TD", i, a->td[i], note);
    }
}

static void put_historical(cJSON *root, const struct atr *a, struct decode_span span)
{
    char text[16];
    size_t at = (size_t)a->len - a->historical_len - (a->has_tck ? 1 : 0);
    struct decode_span part = decode_part(span, at, a->historical_len);
    if (!a->historical_len)
        return;
    cJSON *node = decode_add_span(root, "historical", part);
    if (decode_chars(part, text, sizeof text))
        decode_note(node, "\"%s\"", text);
}

static void put_rules(cJSON *root, const struct atr *a)
{
    const char *cold = "", *warm = "";
    int cold_status = atr_check_emv(a, false, &cold), warm_status = atr_check_emv(a, true, &warm);
    if (cold_status == OK)
        decode_add(root, "EMV", "acceptable at a cold and a warm reset", NULL);
    else if (warm_status == OK)
        decode_note(decode_add(root, "EMV", "acceptable at a warm reset only", NULL), "cold: %s", cold);
    else
        decode_note(decode_add(root, "EMV", "to be refused", NULL), "%s", cold);
}

cJSON *decode_atr(const char *hex)
{
    struct decode_span span;
    struct atr a;
    const char *why = "";
    int status = hex ? decode_open(hex, &span) : E_FORMAT;
    if (status)
        return decode_refuse("ATR", hex, status);
    cJSON *root = decode_new("ATR", NULL, NULL);
    cJSON *raw = decode_add_span(root, "bytes", span);
    if (atr_parse(span.bytes, span.len, &a, &why)) {
        decode_note(root, "malformed: %s", why ? why : "");
        decode_close(&span);
        return root;
    }
    decode_note(raw, "%zu bytes", span.len);
    decode_note(root, "T=%u", a.protocol);
    put_byte(root, "TS", 0, a.ts, a.ts == 0x3B ? "direct convention" : "inverse convention");
    put_byte(root, "T0", 0, a.t0, NULL);
    put_interface(root, &a);
    put_historical(root, &a, span);
    if (a.has_tck)
        put_byte(root, "TCK", 0, span.bytes[span.len - 1], a.tck_ok ? "right" : "wrong");
    put_rules(root, &a);
    decode_close(&span);
    return root;
}
