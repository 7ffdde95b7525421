/*
 * The answer to GET PROCESSING OPTIONS (PBOC 3.0 part 12; DOMAIN 3.9): one template 77 with AIP, ATC, track 2 data,
 * issuer data and the cryptogram. Without a cryptogram (9F26), or in format 80, it is no qPBOC transaction; anything
 * else that is missing or has a wrong length is an error of the card. The number and expiry date are taken from the
 * track 2 data, since an online transaction reads no record. A card that approves offline names its records (94), and
 * may sign here already (9F4B, 9F69) or in the last of them.
 */
#include "core/codec/hex.h"
#include "core/codec/track.h"
#include "core/emv/contactless/contactless_internal.h"

#include <openssl/crypto.h>
#include <string.h>

/* Objects of the answer, and how long they may be. */
static const struct option_row {
    uint32_t tag;
    size_t min, max;
    bool needed;
} option_rows[] = {
    {0x82, 2, 2, true},     {0x9F36, 2, 2, true},
    {0x57, 8, 19, true},    {0x9F10, 7, 32, true},
    {0x9F26, 8, 8, true},   {0x94, 4, 252, false},
    {0x5F34, 1, 1, false},  {0x9F6C, 2, 2, false},
    {0x9F5D, 1, 6, false},  {0x9F27, 1, 1, false},
    {0x5A, 4, 10, false},   {0x5F20, 2, 26, false},
    {0x9F63, 1, 16, false}, {0x9F4B, 64, EMV_KEY_MAX, false},
    {0x9F69, 5, 16, false},
};

/* 5A and 5F24 as the rest of the core looks them up. The day is the month's last in every month that has one. */
static int store_account(struct emv *e, const struct tlv *track2)
{
    struct track2 track = {0};
    uint8_t pan[10], date[3];
    char digits[21];
    size_t len = 0;
    int rc = track2_from_tag57(track2->value, track2->len, &track) == OK ? OK : EMV_CARD_ERROR;
    if (rc == OK) {
        size_t count = strnlen(track.pan, 19);
        memcpy(digits, track.pan, count);
        if (count % 2)
            digits[count++] = 'F';
        rc = hex_decode(digits, count, pan, sizeof pan, &len) == OK ? OK : EMV_CARD_ERROR;
    }
    if (rc == OK)
        rc = emv_set(e, 0x5A, pan, len);
    if (rc == OK && hex_decode(track.expiry, 4, date, 2, &len) == OK) {
        date[2] = 0x31;
        rc = emv_set(e, 0x5F24, date, sizeof date);
    }
    OPENSSL_cleanse(&track, sizeof track);
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(digits, sizeof digits);
    return rc == EMV_CARD_ERROR ? emv_refuse(e, EMV_CARD_ERROR, "contactless: track 2 data malformed") : rc;
}

int contactless_options(struct contactless *c, const uint8_t *answer, size_t len)
{
    struct tlv body, object, track2 = {0};
    size_t at = 0;
    bool whole = tlv_next(answer, len, &at, &body) == OK && at == len;
    if (!whole || (body.tag == 0x77 && tlv_check(body.value, body.len) != OK))
        return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: processing options malformed");
    if (body.tag != 0x77 || tlv_find(body.value, body.len, 0x9F26, &object) != OK)
        return contactless_other(c, "contactless: no cryptogram, no qPBOC");
    c->e->afl_len = 0;
    for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++) {
        const struct option_row *row = &option_rows[i];
        bool there = tlv_find(body.value, body.len, row->tag, &object) == OK;
        if (there ? object.len < row->min || object.len > row->max : row->needed)
            return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: an object is missing or has a wrong length");
        int rc = there ? emv_store(c->e, &object) : OK;
        if (rc != OK)
            return rc;
        if (row->tag == 0x57)
            track2 = object;
        if (there && row->tag == 0x94) {
            memcpy(c->e->afl, object.value, object.len);
            c->e->afl_len = object.len;
        }
    }
    return store_account(c->e, &track2);
}
