/*
 * Reading the transaction log in the card (EMV Book 3 annex D, DOMAIN 2.12): 9F4D of the FCI says file and number of
 * records, 9F4F by GET DATA what stands in each, and each record is that list's values one behind the other, newest
 * first, without a template. 6A83 ends it. A record of another length than the format's is EMV_CARD_ERROR. The log of
 * the loads of electronic cash is DF4D with DF4F in the same way (JR/T 0025.13; DOMAIN 3.9).
 */
#include "core/emv/card_log.h"

#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#include <string.h>

#define SFI_LOG_MIN 11 /* files 11 to 30 are the scheme's and the issuer's (Book 3 5.3.2.2) */
#define SFI_LOG_MAX 30
#define FORMAT_MAX 255

struct format {
    uint8_t dol[FORMAT_MAX];
    size_t dol_len, record_len;
};

/* A log by its tags: where it is, and what stands in an entry behind its first `head` bytes. */
struct log_kind {
    uint32_t place, format;
    size_t head;
    void (*parse)(const struct format *f, const uint8_t *record, struct emv_log_entry *out);
};

static int get_format(struct emv *e, uint32_t tag, struct format *out)
{
    const struct capdu get = {
        .cla = 0x80,
        .ins = 0xCA,
        .p1 = (uint8_t)(tag >> 8),
        .p2 = (uint8_t)tag,
        .has_le = true,
        .ne = 256,
    };
    struct emv_answer answer;
    struct tlv list;
    struct dol_entry entry;
    size_t at = 0;
    int status;
    int rc = emv_command(e, &get, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw != 0x9000)
        return E_NOTFOUND;
    if (emv_sole_template(&answer, tag, &list) != OK || list.len > sizeof out->dol)
        return emv_refuse(e, EMV_CARD_ERROR, "log format malformed");
    memcpy(out->dol, list.value, list.len);
    out->dol_len = list.len;
    out->record_len = 0;
    while ((status = dol_next(out->dol, out->dol_len, &at, &entry)) == OK)
        out->record_len += entry.len;
    return status == E_NOTFOUND && out->record_len > 0 ? OK : emv_refuse(e, EMV_CARD_ERROR, "log format malformed");
}

/* Object `tag` of exactly `len` bytes in a record, NULL without it. */
static const uint8_t *field(const struct format *f, const uint8_t *record, uint32_t tag, size_t len)
{
    size_t at, got;
    return dol_locate(f->dol, f->dol_len, tag, &at, &got) == OK && got == len ? record + at : NULL;
}

static void take_digits(const uint8_t *bytes, char out[7])
{
    uint64_t number;
    if (bytes && bcd_value(bytes, 3, &number) == OK)
        bcd_unpack(bytes, 0, 6, out);
}

static void take_merchant(const struct format *f, const uint8_t *record, char *out, size_t cap)
{
    size_t at, len, n = 0;
    if (dol_locate(f->dol, f->dol_len, 0x9F4E, &at, &len) != OK)
        return;
    while (n < len && n + 1 < cap && record[at + n] >= 0x20 && record[at + n] <= 0x7E) {
        out[n] = (char)record[at + n];
        n++;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static void parse(const struct format *f, const uint8_t *record, struct emv_log_entry *out)
{
    const uint8_t *value;
    memset(out, 0, sizeof *out);
    take_digits(field(f, record, 0x9A, 3), out->date);
    take_digits(field(f, record, 0x9F21, 3), out->time);
    take_merchant(f, record, out->merchant, sizeof out->merchant);
    if ((value = field(f, record, 0x9F02, 6)))
        out->has_amount = bcd_value(value, 6, &out->amount_cents) == OK;
    if ((value = field(f, record, 0x9C, 1)))
        out->type = *value;
    if ((value = field(f, record, 0x9F36, 2)))
        out->atc = (uint16_t)(value[0] << 8 | value[1]);
}

/* P1 and P2 of the PUT DATA, balance before and after, then the format's values (unconfirmed). */
#define LOAD_HEAD 14
static void parse_load(const struct format *f, const uint8_t *record, struct emv_log_entry *out)
{
    uint64_t before, after;
    parse(f, record + LOAD_HEAD, out);
    out->has_amount =
        bcd_value(record + 2, 6, &before) == OK && bcd_value(record + 8, 6, &after) == OK && after >= before;
    out->amount_cents = out->has_amount ? after - before : 0;
}

static int read_log(struct emv *e, const struct log_kind *kind, struct emv_log *out)
{
    struct format format;
    struct emv_answer answer;
    out->count = 0;
    const uint8_t *where = emv_fixed(e, kind->place, 2);
    if (!where || where[0] < SFI_LOG_MIN || where[0] > SFI_LOG_MAX)
        return E_NOTFOUND;
    int rc = get_format(e, kind->format, &format);
    for (unsigned record = 1; rc == OK && record <= where[1] && out->count < EMV_LOG_MAX; record++) {
        rc = emv_read_record(e, where[0], (uint8_t)record, &answer);
        if (rc != OK || answer.sw != 0x9000) /* 6A83: no more; anything else ends it, too */
            return rc;
        if (answer.len != kind->head + format.record_len)
            return emv_refuse(e, EMV_CARD_ERROR, "a record of the log is not as long as its format");
        kind->parse(&format, answer.bytes, &out->entry[out->count++]);
    }
    return rc;
}

int emv_read_log(struct emv *e, struct emv_log *out)
{
    static const struct log_kind transactions = {0x9F4D, 0x9F4F, 0, parse};
    return read_log(e, &transactions, out);
}

int emv_read_load_log(struct emv *e, struct emv_log *out)
{
    static const struct log_kind loads = {0xDF4D, 0xDF4F, LOAD_HEAD, parse_load};
    return read_log(e, &loads, out);
}
