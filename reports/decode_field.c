/* What single fields of the UnionPay message say (DOMAIN 4.3 to 4.7): one row a field. */
#include "reports/decode.h"

#include "core/codec/iso8583.h"

#include <string.h>

struct field {
    cJSON *node;
    struct decode_span wire; /* value bytes, without the length prefix */
    const char *digits;      /* the value of n and z fields, the characters of ans fields */
};

static void note_code(const struct field *f, enum decode_code kind, size_t at, size_t len)
{
    char code[8];
    if (strlen(f->digits) < at + len)
        return;
    snprintf(code, sizeof code, "%.*s", (int)len, f->digits + at);
    if (*decode_code(kind, code))
        decode_note(f->node, "%s", decode_code(kind, code));
}

/* The next `len` digits at *at as a child; nothing once they have run out. */
static void put_part(const struct field *f, size_t *at, size_t len, const char *name, enum decode_code kind)
{
    char part[24], text[64] = "";
    size_t left = strlen(f->digits) - *at;
    if (!left)
        return;
    size_t n = len < left ? len : left;
    snprintf(part, sizeof part, "%.*s", (int)n, f->digits + *at);
    if (n < len)
        snprintf(text, sizeof text, "ends inside the sub-field");
    else
        snprintf(text, sizeof text, "%s", decode_code(kind, part));
    decode_add(f->node, name, part, text);
    *at += n;
}

static void processing(const struct field *f)
{
    note_code(f, CODE_PROCESSING, 0, 2);
}
static void condition(const struct field *f)
{
    note_code(f, CODE_CONDITION, 0, 2);
}

static void amount(const struct field *f)
{
    char text[32];
    decode_amount(f->digits, text, sizeof text);
    if (*text)
        decode_note(f->node, "%s", text);
}

static void time_of_day(const struct field *f)
{
    if (strlen(f->digits) == 6)
        decode_note(f->node, "%.2s:%.2s:%.2s", f->digits, f->digits + 2, f->digits + 4);
}

static void entry_mode(const struct field *f)
{
    note_code(f, CODE_ENTRY_MODE, 0, 2);
    note_code(f, CODE_PIN_CAPABILITY, 2, 1);
}

static void response(const struct field *f)
{
    if (strlen(f->digits) == 2)
        decode_note(f->node, "%s", iso_response(f->digits)->text_en);
}

static void currency(const struct field *f)
{
    char code[8];
    snprintf(code, sizeof code, "0%.4s", f->digits);
    decode_note(f->node, "%s", decode_code(CODE_CURRENCY, code));
}

static void security(const struct field *f)
{
    const char *d = f->digits;
    if (strlen(d) < 3)
        return;
    decode_note(f->node, "%s",
                d[0] == '0'   ? "no PIN"
                : d[0] == '1' ? "PIN block without PAN"
                : d[0] == '2' ? "PIN block with PAN"
                              : "PIN format not known");
    decode_note(f->node, "%s",
                d[1] == '0'   ? "single DES"
                : d[1] == '6' ? "double DES"
                : d[1] == '3' ? "SM4"
                              : "algorithm not known");
    if (d[2] == '1')
        decode_note(f->node, "track enciphered");
}

static void chip(const struct field *f)
{
    decode_objects(f->node, f->wire);
}
static void track2(const struct field *f)
{
    decode_track_digits(f->node, f->digits);
}

static void de60(const struct field *f)
{
    size_t at = 0;
    put_part(f, &at, 2, "60.1 transaction type", CODE_DE60_TYPE);
    put_part(f, &at, 6, "60.2 batch number", CODE_NONE);
    put_part(f, &at, 3, "60.3 network management", CODE_NETWORK);
    put_part(f, &at, 1, "60.4 reading capability", CODE_CAPABILITY);
    put_part(f, &at, 1, "60.5 IC condition", CODE_IC_CONDITION);
    put_part(f, &at, 1, "60.6 partial approval", CODE_NONE);
    put_part(f, &at, 3, "60.7 account type", CODE_NONE);
}

static void de61(const struct field *f)
{
    size_t at = 0;
    put_part(f, &at, 6, "61.1 original batch", CODE_NONE);
    put_part(f, &at, 6, "61.2 original trace", CODE_NONE);
    put_part(f, &at, 4, "61.3 original date", CODE_NONE);
    put_part(f, &at, 2, "61.4 authorisation mode", CODE_NONE);
    put_part(f, &at, 11, "61.5 authorising institution", CODE_NONE);
}

static void totals(const struct field *f)
{
    static const char *const names[2][5] = {
        {"domestic debit amount", "domestic debit count", "domestic credit amount", "domestic credit count",
         "domestic reply"},
        {"foreign debit amount", "foreign debit count", "foreign credit amount", "foreign credit count",
         "foreign reply"},
    };
    static const uint8_t lens[5] = {12, 3, 12, 3, 1};
    size_t at = 0;
    if (strlen(f->digits) != 62)
        return;
    for (size_t i = 0; i < 10; i++)
        put_part(f, &at, lens[i % 5], names[i / 5][i % 5], CODE_NONE);
}

/* Keys are masked; parameters, CA key lists and details come in many forms. The one that is TLV after its first
 * character is shown. */
static void de62(const struct field *f)
{
    if (f->wire.len > 2 && f->wire.bytes[0] >= '0' && f->wire.bytes[0] <= '3' &&
        tlv_check(f->wire.bytes + 1, f->wire.len - 1) == OK) {
        decode_note(f->node, "part %c, then TLV", f->wire.bytes[0]);
        decode_objects(f->node, decode_part(f->wire, 1, f->wire.len));
    } else if (decode_is_masked(f->wire)) {
        decode_note(f->node, "masked");
    }
}

static const struct {
    unsigned de;
    void (*explain)(const struct field *f);
} fields[] = {
    {3, processing}, {4, amount},    {12, time_of_day}, {22, entry_mode}, {25, condition}, {35, track2}, {39, response},
    {48, totals},    {49, currency}, {53, security},    {55, chip},       {60, de60},      {61, de61},   {62, de62},
};

void decode_field(cJSON *node, unsigned de, struct decode_span wire, const char *digits)
{
    const struct field f = {.node = node, .wire = wire, .digits = digits};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].de == de)
            fields[i].explain(&f);
}
