/*
 * Data that issuer and card have signed: signed static application data (EMV Book 2 5.4) and signed dynamic application
 * data (6.5.2, 6.6.2; DOMAIN 2.6; SM2: 3.10). Called by oda.c and oda_cda.c.
 */
#include "core/emv/oda.h"

#include <openssl/crypto.h>
#include <string.h>

#define NUMBER_MIN 2 /* of the ICC dynamic number */
#define NUMBER_MAX 8
#define AC_LEN 8

int oda_verify_static(struct emv *e)
{
    struct oda_span data[2];
    struct oda_block block = {.len = 0};
    const uint8_t *signature;
    size_t len;
    int rc = oda_static_data(e, data);
    if (rc != OK)
        return rc;
    if (emv_get(e, 0x93, &signature, &len) != OK)
        return oda_fail(e, "signed static data", ODA_MISSING);
    rc = oda_open(&e->issuer_key, ODA_SSAD, signature, len, data, 2, &block);
    size_t code_at = e->issuer_key.algorithm == EMV_PK_SM2 ? 1 : 2; /* behind format, and RSA's hash algorithm */
    if (rc == OK && block.len < code_at + 2)
        rc = ODA_LENGTH;
    if (rc > 0)
        return oda_fail(e, "signed static data", (enum oda_check)rc);
    return rc == OK ? emv_set(e, 0x9F45, block.bytes + code_at, 2) : rc;
}

/* LDD and ICC dynamic data: length of the number, the number, and with CDA the signed cryptogram. */
static bool split_dynamic(enum emv_pk algorithm, bool combined, struct oda_dynamic *out)
{
    size_t ldd_at = algorithm == EMV_PK_SM2 ? 1 : 2, hash_len = algorithm == EMV_PK_SM2 ? 32 : 20;
    if (out->block.len < ldd_at + 2)
        return false;
    const uint8_t *data = out->block.bytes + ldd_at + 1;
    size_t ldd = out->block.bytes[ldd_at], room = out->block.len - ldd_at - 1;
    if (ldd < 1 || ldd > room || data[0] < NUMBER_MIN || data[0] > NUMBER_MAX || (size_t)data[0] + 1 > ldd)
        return false;
    out->number = (struct oda_span){data + 1, data[0]};
    if (!combined)
        return true;
    if (ldd < 1 + out->number.len + 1 + AC_LEN + hash_len)
        return false;
    out->cid = data[1 + out->number.len];
    out->ac = data + 2 + out->number.len;
    out->hash = out->ac + AC_LEN;
    return true;
}

int oda_verify_dynamic(struct emv *e, bool combined, const struct tlv *signed_data, struct oda_span terminal_data,
                       struct oda_dynamic *out)
{
    const char *name = combined ? "signed cryptogram" : "signed dynamic data";
    memset(out, 0, sizeof *out);
    int rc = oda_open(&e->icc_key, ODA_SDAD, signed_data->value, signed_data->len, &terminal_data, 1, &out->block);
    if (rc == OK && !split_dynamic(e->icc_key.algorithm, combined, out))
        rc = ODA_DYNAMIC_DATA;
    return rc > 0 ? oda_fail(e, name, (enum oda_check)rc) : rc;
}
