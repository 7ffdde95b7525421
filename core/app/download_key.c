/*
 * A CA key as a host sends it: 9F06 9F22 DF05 DF06 DF07 DF02 DF04 DF03 (DOMAIN 2.6, 4.4). DF07 is the algorithm of the
 * key, DF06 that of its certificates' hash: 01 with 01 is RSA with SHA-1, 04 with 04 SM2 with SM3 (DOMAIN 3.10; the
 * numbers are those of github.com SmartPeak/ac35_platform_china EMV_DownParam.c). DF03 is SHA-1 over RID, index,
 * modulus and exponent; what it covers of an SM2 key is not published anywhere, so it is not looked at there.
 */
#include "core/app/download_objects.h"

#include "core/codec/hex.h"
#include "core/emv/capk.h"
#include "core/net/download.h"

#include <string.h>

#define SHA_1 0x01
#define SM3 0x04
#define CHECKSUM_LEN 20

enum { RID, INDEX, EXPIRY, HASH, ALGORITHM, MODULUS, EXPONENT, CHECKSUM, FIELDS };
static const struct object_field fields[FIELDS] = {
    [RID] = {0x9F06, 5, 5, true},       [INDEX] = {0x9F22, 1, 1, true},      [EXPIRY] = {0xDF05, 4, 8, true},
    [HASH] = {0xDF06, 1, 1, true},      [ALGORITHM] = {0xDF07, 1, 1, true},  [MODULUS] = {0xDF02, 1, EMV_KEY_MAX, true},
    [EXPONENT] = {0xDF04, 1, 3, false}, [CHECKSUM] = {0xDF03, 0, 32, false},
};

/* YYYYMMDD as eight characters or in four bytes; kept as YYMMDD, whose years go from 1950 to 2049: a later one is as
 * good as the last of them. */
static int read_expiry(const struct tlv *tlv, uint8_t out[3])
{
    uint8_t date[4];
    if (tlv->len == 8 && bcd_pack((const char *)tlv->value, 8, 1, 0, date, sizeof date) != OK)
        return DOWNLOAD_BAD_OBJECT;
    if (tlv->len == 4)
        memcpy(date, tlv->value, sizeof date);
    else if (tlv->len != 8)
        return DOWNLOAD_BAD_OBJECT;
    uint64_t year;
    if (bcd_value(date, 2, &year) != OK || year < 1950 || !date[3] || !capk_date_key(date[1], date[2], date[3]))
        return DOWNLOAD_BAD_OBJECT;
    memcpy(out, year > 2049 ? (const uint8_t[]){0x49, 0x12, 0x31} : date + 1, 3);
    return OK;
}

/* OK or DOWNLOAD_ALGORITHM. */
static int read_algorithm(uint8_t key, uint8_t hash, enum emv_pk *out)
{
    *out = (enum emv_pk)key;
    bool rsa = key == EMV_PK_RSA && hash == SHA_1, sm2 = key == EMV_PK_SM2 && hash == SM3;
    return rsa || sm2 ? OK : DOWNLOAD_ALGORITHM;
}

int object_key(const struct parameter *object, struct emv_capk *out)
{
    struct tlv found[FIELDS];
    memset(out, 0, sizeof *out);
    int r = object_read(object, fields, FIELDS, found);
    if (r == OK)
        r = read_expiry(&found[EXPIRY], out->expiry);
    if (r == OK)
        r = read_algorithm(found[ALGORITHM].value[0], found[HASH].value[0], &out->key.algorithm);
    if (r)
        return r;
    memcpy(out->rid, found[RID].value, sizeof out->rid);
    out->index = found[INDEX].value[0];
    memcpy(out->key.bytes, found[MODULUS].value, found[MODULUS].len);
    out->key.len = (uint8_t)found[MODULUS].len;
    if (out->key.algorithm == EMV_PK_RSA) {
        if (!found[EXPONENT].tag || found[CHECKSUM].len != CHECKSUM_LEN)
            return DOWNLOAD_BAD_OBJECT;
        for (size_t i = 0; i < found[EXPONENT].len; i++)
            out->key.exponent = out->key.exponent << 8 | found[EXPONENT].value[i];
        memcpy(out->checksum, found[CHECKSUM].value, sizeof out->checksum);
    }
    r = capk_check(out);
    return r == E_VERIFY ? DOWNLOAD_CHECKSUM : r == E_FORMAT ? DOWNLOAD_BAD_OBJECT : r;
}
