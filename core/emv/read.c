/*
 * Read application data: AFL, READ RECORD, what must be there and what must not be there twice (EMV Book 3 7.2, 7.5,
 * 10.2 and 6.5.11; DOMAIN 2.4). Records of the AFL's signed part are gathered for offline data authentication (10.3).
 * Any breach is EMV_CARD_ERROR.
 */
#include "core/codec/hex.h"
#include "core/codec/track.h"
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define SFI_EMV_MAX 10 /* records of files 1..10 are template 70; 11..30 belong to the scheme or issuer */
#define SFI_MAX 30

struct afl_entry {
    uint8_t sfi, first, last, signed_records;
};

/* Primitive objects met so far. */
struct seen {
    uint32_t tag[EMV_OBJECTS];
    size_t count;
};

static bool seen_before(struct seen *seen, uint32_t tag)
{
    for (size_t i = 0; i < seen->count; i++)
        if (seen->tag[i] == tag)
            return true;
    if (seen->count == EMV_OBJECTS)
        return true; /* more than a transaction holds: the next one may be any of them */
    seen->tag[seen->count++] = tag;
    return false;
}

/* Lengths and formats that later steps rely on (Book 3 annex A). */
enum shape { SHAPE_BYTES, SHAPE_DIGITS, SHAPE_DATE };
static const struct {
    uint32_t tag;
    uint8_t min, max;
    enum shape shape;
} shape_table[] = {
    {0x5F24, 3, 3, SHAPE_DATE},   {0x5F25, 3, 3, SHAPE_DATE},  {0x5F28, 2, 2, SHAPE_DIGITS},
    {0x5F34, 1, 1, SHAPE_DIGITS}, {0x9F07, 2, 2, SHAPE_BYTES}, {0x9F08, 2, 2, SHAPE_BYTES},
    {0x9F0D, 5, 5, SHAPE_BYTES},  {0x9F0E, 5, 5, SHAPE_BYTES}, {0x9F0F, 5, 5, SHAPE_BYTES},
    {0x9F14, 1, 1, SHAPE_BYTES},  {0x9F23, 1, 1, SHAPE_BYTES}, {0x9F42, 2, 2, SHAPE_DIGITS},
    {0x8E, 0, 252, SHAPE_BYTES},  {0x57, 5, 19, SHAPE_BYTES},  {0x5A, 4, 10, SHAPE_BYTES},
};

/* Book 3 7.5: a date out of range ends the transaction. `number`: YYMMDD. */
static bool is_day(uint64_t number)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t year = number / 10000, month = number / 100 % 100, day = number % 100;
    bool leap = year % 4 == 0; /* 1950 to 2049 */
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && (month != 2 || day < 29 || leap);
}

static bool shape_ok(const struct tlv *object)
{
    uint64_t number;
    for (size_t i = 0; i < sizeof shape_table / sizeof *shape_table; i++) {
        if (shape_table[i].tag != object->tag)
            continue;
        if (object->len < shape_table[i].min || object->len > shape_table[i].max)
            return false;
        return shape_table[i].shape == SHAPE_BYTES || (bcd_value(object->value, object->len, &number) == OK &&
                                                       (shape_table[i].shape == SHAPE_DIGITS || is_day(number)));
    }
    return true;
}

static int store_record(struct emv *e, struct seen *seen, const struct tlv *record)
{
    struct tlv object;
    size_t at = 0;
    int rc = OK;
    while (rc == OK && tlv_next(record->value, record->len, &at, &object) == OK) {
        if (tlv_is_template(object.tag))
            continue;
        if (seen_before(seen, object.tag))
            return emv_refuse(e, EMV_CARD_ERROR, "a data object came twice");
        if (!shape_ok(&object))
            return emv_refuse(e, EMV_CARD_ERROR, "a data object has the wrong length or format");
        if (object.tag != 0x84) /* the name was settled at selection */
            rc = emv_store(e, &object);
    }
    return rc;
}

static int add_signed(struct emv *e, const uint8_t *bytes, size_t len)
{
    if (len > EMV_STATIC_MAX - e->static_len)
        return emv_refuse(e, EMV_CARD_ERROR, "too much signed data");
    memcpy(e->static_data + e->static_len, bytes, len);
    e->static_len += len;
    return OK;
}

/* 10.3: a record of a higher file is template 70, too, if it is signed, and signed as a whole. Otherwise data
 * authentication fails, but the transaction goes on: nothing else reads that file. */
static int add_signed_file(struct emv *e, const struct emv_answer *answer)
{
    struct tlv record;
    size_t at = 0;
    if (tlv_next(answer->bytes, answer->len, &at, &record) != OK || record.tag != 0x70 || at != answer->len) {
        e->static_broken = true;
        return OK;
    }
    return add_signed(e, answer->bytes, answer->len);
}

static int take_record(struct emv *e, struct seen *seen, uint8_t sfi, const struct emv_answer *answer, bool is_signed)
{
    struct tlv record;
    if (sfi > SFI_EMV_MAX)
        return is_signed ? add_signed_file(e, answer) : OK;
    if (emv_sole_template(answer, 0x70, &record) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "a record is not one template 70");
    int rc = store_record(e, seen, &record);
    return rc == OK && is_signed ? add_signed(e, record.value, record.len) : rc;
}

static int read_file(struct emv *e, const struct emv_record_source *source, struct seen *seen,
                     const struct afl_entry *file)
{
    struct emv_answer answer;
    int rc = OK;
    for (unsigned record = file->first; rc == OK && record <= file->last; record++) {
        rc = source->read(source->ctx, file->sfi, (uint8_t)record, &answer);
        if (rc == OK && answer.sw != 0x9000)
            rc = emv_refuse(e, EMV_CARD_ERROR, "a record of the AFL cannot be read");
        if (rc == OK)
            rc = take_record(e, seen, file->sfi, &answer, record - file->first < file->signed_records);
        OPENSSL_cleanse(&answer, sizeof answer);
    }
    return rc;
}

static bool afl_parse(const uint8_t bytes[4], struct afl_entry *out)
{
    *out = (struct afl_entry){bytes[0] >> 3, bytes[1], bytes[2], bytes[3]};
    return (bytes[0] & 7) == 0 && out->sfi >= 1 && out->sfi <= SFI_MAX && out->first >= 1 && out->last >= out->first &&
           out->signed_records <= out->last - out->first + 1;
}

/* 5A is digits with trailing F, and track 2 names the same account (DOMAIN 1.1, 1.3). */
static bool account_ok(const struct emv *e)
{
    char pan[20], psn[4], expiry[5], text[40];
    struct track2 track = {0};
    const uint8_t *value;
    size_t len;
    bool ok = emv_pan(e, pan, psn, expiry, text) == OK && strlen(pan) >= 8 && strspn(pan, "0123456789") == strlen(pan);
    if (ok && emv_get(e, 0x57, &value, &len) == OK)
        ok = track2_from_tag57(value, len, &track) == OK && strcmp(track.pan, pan) == 0;
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(&track, sizeof track);
    return ok;
}

int emv_read_records(struct emv *e, const struct emv_record_source *source, const uint32_t *mandatory, size_t count)
{
    struct seen seen = {{0x82, 0x94}, 2}; /* they came with the processing options */
    struct afl_entry file;
    int rc = OK;
    if (e->afl_len == 0)
        return E_STATE;
    e->static_len = 0;
    e->static_broken = false;
    for (size_t at = 0; at + 4 <= e->afl_len; at += 4)
        if (!afl_parse(e->afl + at, &file))
            return emv_refuse(e, EMV_CARD_ERROR, "AFL malformed");
    for (size_t at = 0; rc == OK && at + 4 <= e->afl_len; at += 4) {
        afl_parse(e->afl + at, &file);
        rc = read_file(e, source, &seen, &file);
    }
    for (size_t i = 0; rc == OK && i < count; i++) {
        const uint8_t *value;
        size_t len;
        if (emv_get(e, mandatory[i], &value, &len) != OK || len == 0)
            rc = emv_refuse(e, EMV_CARD_ERROR, "a mandatory data object is missing");
    }
    if (rc == OK && !account_ok(e))
        rc = emv_refuse(e, EMV_CARD_ERROR, "PAN malformed, or not the one of track 2");
    return rc;
}

static int read_by_contacts(void *ctx, uint8_t sfi, uint8_t record, struct emv_answer *answer)
{
    return emv_read_record(ctx, sfi, record, answer);
}

int emv_read_data(struct emv *e)
{
    static const uint32_t mandatory[] = {0x5A, 0x5F24, 0x8C, 0x8D};
    const struct emv_record_source contacts = {read_by_contacts, e};
    return emv_read_records(e, &contacts, mandatory, sizeof mandatory / sizeof *mandatory);
}
