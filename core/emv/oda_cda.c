/*
 * Combined DDA and application cryptogram generation: the signed answer to GENERATE AC (EMV Book 2 6.6; DOMAIN 2.6).
 * Called by generate.c, at the first and at the second GENERATE AC.
 */
#include "core/emv/oda.h"

#include <openssl/crypto.h>
#include <string.h>

#define SPANS_MAX 32 /* objects of an answer, and the command data before them */

bool oda_cda_active(const struct emv *e)
{
    return e->oda == EMV_ODA_CDA && e->icc_key.len > 0 && !tvr_is_set(e->tvr, TVR_CDA_FAILED);
}

/* PDOL, CDOL1, at the second GENERATE AC also CDOL2, and the answer's objects but the signature, as received. */
static int transaction_hash(const struct emv *e, const struct tlv *body, bool second, struct oda_span cdol,
                            uint8_t hash[ODA_HASH_MAX], size_t *hash_len)
{
    struct oda_span spans[SPANS_MAX];
    struct tlv object;
    size_t count = 0, at = 0;
    spans[count++] = (struct oda_span){e->pdol_sent.bytes, e->pdol_sent.len};
    spans[count++] = (struct oda_span){e->cdol1_sent.bytes, e->cdol1_sent.len};
    if (second)
        spans[count++] = cdol;
    for (;;) {
        size_t from = at;
        if (tlv_next(body->value, body->len, &at, &object) != OK)
            break;
        if (object.tag == 0x9F4B)
            continue;
        if (count == SPANS_MAX)
            return ODA_TRANSACTION_HASH;
        spans[count++] = (struct oda_span){body->value + from, at - from};
    }
    return oda_digest(e->icc_key.algorithm, spans, count, hash, hash_len);
}

static int verify(struct emv *e, const struct tlv *body, bool second, struct oda_span cdol, struct oda_dynamic *dynamic)
{
    struct tlv signature, cid;
    uint8_t hash[ODA_HASH_MAX];
    size_t hash_len = 0;
    const uint8_t *number = emv_fixed(e, 0x9F37, 4);
    if (!number || tlv_find(body->value, body->len, 0x9F4B, &signature) != OK ||
        tlv_find(body->value, body->len, 0x9F27, &cid) != OK || cid.len != 1)
        return oda_fail(e, "signed cryptogram", ODA_MISSING);
    int rc = oda_verify_dynamic(e, true, &signature, (struct oda_span){number, 4}, dynamic);
    if (rc != OK)
        return rc;
    if (dynamic->cid != cid.value[0])
        return oda_fail(e, "signed cryptogram", ODA_CID);
    rc = transaction_hash(e, body, second, cdol, hash, &hash_len);
    if (rc == OK && memcmp(hash, dynamic->hash, hash_len) != 0)
        rc = ODA_TRANSACTION_HASH;
    return rc > 0 ? oda_fail(e, "signed cryptogram", (enum oda_check)rc) : rc;
}

int oda_cda_verify(struct emv *e, const struct tlv *body, bool second, struct oda_span cdol, uint8_t ac[8])
{
    struct oda_dynamic dynamic;
    tsi_set(e->tsi, TSI_ODA_PERFORMED);
    int rc = verify(e, body, second, cdol, &dynamic);
    if (rc == OK)
        rc = emv_set(e, 0x9F4C, dynamic.number.bytes, dynamic.number.len);
    if (rc == OK)
        memcpy(ac, dynamic.ac, 8);
    if (rc > 0)
        tvr_set(e->tvr, TVR_CDA_FAILED);
    OPENSSL_cleanse(&dynamic, sizeof dynamic);
    return rc;
}
