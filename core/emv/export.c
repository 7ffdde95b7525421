/*
 * Data of the transaction as messages and slips want it: DE55 by tag list (DOMAIN 4.5a), and the card's account data as
 * text. Called by core/app.
 */
#include "core/codec/hex.h"
#include "core/codec/track.h"
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define FIELD55_MAX 255

int emv_field55(const struct emv *e, const uint32_t *tags, uint8_t *out, size_t cap, size_t *len)
{
    struct tlv_out field;
    tlv_out_init(&field, out, cap < FIELD55_MAX ? cap : FIELD55_MAX);
    for (; *tags; tags++) {
        const uint8_t *value;
        size_t value_len;
        if (emv_get(e, *tags, &value, &value_len) == OK)
            tlv_put(&field, *tags, value, value_len);
    }
    if (field.status == OK)
        *len = field.len;
    return field.status;
}

int emv_pan(const struct emv *e, char pan[20], char psn[4], char expiry[5], char track2[40])
{
    const uint8_t *value;
    size_t len;
    char digits[21];
    if (emv_get(e, 0x5A, &value, &len) != OK || len > 10)
        return E_NOTFOUND;
    bcd_unpack(value, 0, len * 2, digits);
    size_t count = strcspn(digits, "F");
    bool good = count <= 19 && digits[count + strspn(digits + count, "F")] == '\0';
    digits[count] = '\0';
    if (good)
        memcpy(pan, digits, count + 1);
    OPENSSL_cleanse(digits, sizeof digits);
    if (!good)
        return E_NOTFOUND;

    psn[0] = expiry[0] = track2[0] = '\0';
    if ((value = emv_fixed(e, 0x5F34, 1)))
        bcd_unpack(value, 0, 2, psn);
    if ((value = emv_fixed(e, 0x5F24, 3)))
        bcd_unpack(value, 0, 4, expiry);
    struct track2 track;
    if (emv_get(e, 0x57, &value, &len) == OK && track2_from_tag57(value, len, &track) == OK &&
        track2_format(&track, track2, 40) != OK)
        track2[0] = '\0';
    OPENSSL_cleanse(&track, sizeof track);
    return OK;
}
