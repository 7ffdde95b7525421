/*
 * The UnionPay POS field profile (DOMAIN 4.2) as one table, and the sub-fields of DE60 (DOMAIN 4.6). iso8583.c packs
 * and unpacks by these rows alone; a new field or another length is an edit here.
 */
#include "core/codec/iso8583.h"

#include <string.h>

/* DE, kind, digits of the length prefix, longest, right-aligned, secret, name */
static const struct iso_field_spec fields[] = {
    {2, ISO_N, 2, 19, false, true, "PAN"},
    {3, ISO_N, 0, 6, false, false, "processing code"},
    {4, ISO_N, 0, 12, false, false, "amount"},
    {11, ISO_N, 0, 6, false, false, "trace number (STAN)"},
    {12, ISO_N, 0, 6, false, false, "local time"},
    {13, ISO_N, 0, 4, false, false, "local date"},
    {14, ISO_N, 0, 4, false, true, "expiry date"},
    {15, ISO_N, 0, 4, false, false, "settlement date"},
    {22, ISO_N, 0, 3, false, false, "entry mode"},
    {23, ISO_N, 0, 3, true, false, "PAN sequence number"},
    {25, ISO_N, 0, 2, false, false, "condition code"},
    {26, ISO_N, 0, 2, false, false, "longest PIN"},
    {32, ISO_N, 2, 11, false, false, "acquirer"},
    {35, ISO_Z, 2, 37, false, true, "track 2"},
    {36, ISO_Z, 3, 104, false, true, "track 3"},
    {37, ISO_ANS, 0, 12, false, false, "retrieval reference number"},
    {38, ISO_ANS, 0, 6, false, false, "authorisation code"},
    {39, ISO_ANS, 0, 2, false, false, "response code"},
    {40, ISO_ANS, 0, 3, false, false, "service restriction code"},
    {41, ISO_ANS, 0, 8, false, false, "terminal"},
    {42, ISO_ANS, 0, 15, false, false, "merchant"},
    {43, ISO_ANS, 0, 40, false, false, "merchant name"},
    {44, ISO_ANS, 2, 25, false, false, "issuer and acquirer"},
    {46, ISO_ANS, 3, 128, false, false, "terminal information"},
    {48, ISO_N, 3, 322, false, true, "totals and batch records"},
    {49, ISO_ANS, 0, 3, false, false, "currency"},
    {52, ISO_B, 0, 8, false, true, "PIN block"},
    {53, ISO_N, 0, 16, false, false, "security control"},
    {54, ISO_ANS, 3, 20, false, false, "balance"},
    {55, ISO_B, 3, 255, false, false, "chip data"},
    {56, ISO_ANS, 3, 163, false, false, "response text"},
    {60, ISO_N, 3, 17, false, false, "type, batch, network"},
    {61, ISO_N, 3, 29, false, false, "original message"},
    {62, ISO_B, 3, 512, false, true, "keys, parameters, details"},
    {63, ISO_ANS, 3, 163, false, false, "card organisation, text"},
    {64, ISO_B, 0, 8, false, false, "MAC"},
};

const struct iso_field_spec *iso_field(uint8_t de)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].de == de)
            return &fields[i];
    return NULL;
}

static const struct part {
    size_t offset, digits;
} de60_parts[] = {
    {offsetof(struct iso_de60, type), 2},      {offsetof(struct iso_de60, batch), 6},
    {offsetof(struct iso_de60, network), 3},   {offsetof(struct iso_de60, capability), 1},
    {offsetof(struct iso_de60, condition), 1}, {offsetof(struct iso_de60, partial), 1},
    {offsetof(struct iso_de60, account), 3},
};
#define DE60_PARTS (sizeof de60_parts / sizeof *de60_parts)

int iso_de60_parse(const char *digits, struct iso_de60 *out)
{
    memset(out, 0, sizeof *out);
    size_t len = strspn(digits, "0123456789"), at = 0;
    if (digits[len] != '\0')
        return E_FORMAT;
    for (size_t i = 0; i < DE60_PARTS && at < len; i++) {
        if (len - at < de60_parts[i].digits)
            return E_FORMAT;
        memcpy((char *)out + de60_parts[i].offset, digits + at, de60_parts[i].digits);
        at += de60_parts[i].digits;
    }
    return at == len ? OK : E_FORMAT;
}

void iso_de60_format(const struct iso_de60 *in, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < DE60_PARTS; i++) {
        const char *part = (const char *)in + de60_parts[i].offset;
        size_t n = strnlen(part, de60_parts[i].digits);
        if (n == 0)
            break;
        memcpy(out + at, part, n);
        at += n;
    }
    out[at] = '\0';
}
