/* What can be wrong with a card's offline data authentication, one fault at a time: the words of "oda": {"break": ..}.
 */
#include "cards/oda.h"

#include <string.h>

#define RSA_ONLY .rsa_only = true

const struct oda_fault oda_faults[] = {
    {"issuer-length", ODA_ISSUER, ODA_LENGTH, .check = "90 is not as long as the authority's key"},
    {"issuer-trailer", ODA_ISSUER, ODA_TRAILER, RSA_ONLY, .check = "trailer of the issuer certificate"},
    {"issuer-header", ODA_ISSUER, ODA_HEADER, RSA_ONLY, .check = "header of the issuer certificate"},
    {"issuer-format", ODA_ISSUER, ODA_FORMAT, .check = "format of the issuer certificate"},
    {"issuer-hash", ODA_ISSUER, ODA_HASH, .check = "hash of the issuer certificate"},
    {"issuer-id", ODA_ISSUER, ODA_HOLDER, .check = "issuer identifier against the PAN"},
    {"issuer-expired", ODA_ISSUER, ODA_EXPIRED, .check = "expiry of the issuer certificate (12/19)"},
    {"issuer-revoked", ODA_ISSUER, ODA_REVOKED, .check = "serial BAD001 on the terminal's revocation list"},
    {"issuer-hash-algorithm", ODA_ISSUER, ODA_HASH_ALGORITHM, RSA_ONLY,
     .check = "hash algorithm of the issuer certificate"},
    {"issuer-algorithm", ODA_ISSUER, ODA_PK_ALGORITHM, .check = "algorithm of the issuer's key"},
    {"ssad-length", ODA_SSAD, ODA_LENGTH, .check = "93 is not as long as the issuer's key"},
    {"ssad-trailer", ODA_SSAD, ODA_TRAILER, RSA_ONLY, .check = "trailer of the signed static data"},
    {"ssad-header", ODA_SSAD, ODA_HEADER, RSA_ONLY, .check = "header of the signed static data"},
    {"ssad-format", ODA_SSAD, ODA_FORMAT, .check = "format of the signed static data"},
    {"ssad-hash", ODA_SSAD, ODA_HASH, .check = "hash of the signed static data"},
    {"ssad-hash-algorithm", ODA_SSAD, ODA_HASH_ALGORITHM, RSA_ONLY,
     .check = "hash algorithm of the signed static data"},
    {"ssad-static", ODA_SSAD, ODA_STATIC_DATA, .check = "a signed record was changed after signing (SDA)"},
    {"icc-length", ODA_ICC, ODA_LENGTH, .check = "9F46 is not as long as the issuer's key"},
    {"icc-trailer", ODA_ICC, ODA_TRAILER, RSA_ONLY, .check = "trailer of the ICC certificate"},
    {"icc-header", ODA_ICC, ODA_HEADER, RSA_ONLY, .check = "header of the ICC certificate"},
    {"icc-format", ODA_ICC, ODA_FORMAT, .check = "format of the ICC certificate"},
    {"icc-hash", ODA_ICC, ODA_HASH, .check = "hash of the ICC certificate"},
    {"icc-pan", ODA_ICC, ODA_HOLDER, .check = "PAN of the ICC certificate against 5A"},
    {"icc-expired", ODA_ICC, ODA_EXPIRED, .check = "expiry of the ICC certificate (12/19)"},
    {"icc-hash-algorithm", ODA_ICC, ODA_HASH_ALGORITHM, RSA_ONLY, .check = "hash algorithm of the ICC certificate"},
    {"icc-algorithm", ODA_ICC, ODA_PK_ALGORITHM, .check = "algorithm of the ICC key"},
    {"icc-static", ODA_ICC, ODA_STATIC_DATA, .check = "a signed record was changed after signing (DDA, CDA)"},
    {"pin-trailer", ODA_PIN, ODA_TRAILER, RSA_ONLY, .check = "trailer of the PIN key's certificate"},
    {"pin-hash", ODA_PIN, ODA_HASH, RSA_ONLY, .check = "hash of the PIN key's certificate"},
    {"pin-expired", ODA_PIN, ODA_EXPIRED, RSA_ONLY, .check = "expiry of the PIN key's certificate (12/19)"},
    {"sdad-length", ODA_SDAD, ODA_LENGTH, .check = "9F4B is not as long as the ICC key"},
    {"sdad-trailer", ODA_SDAD, ODA_TRAILER, RSA_ONLY, .check = "trailer of the signed dynamic data"},
    {"sdad-header", ODA_SDAD, ODA_HEADER, RSA_ONLY, .check = "header of the signed dynamic data"},
    {"sdad-format", ODA_SDAD, ODA_FORMAT, .check = "format of the signed dynamic data"},
    {"sdad-hash", ODA_SDAD, ODA_HASH, .check = "hash of the signed dynamic data (DDA and CDA)"},
    {"sdad-hash-algorithm", ODA_SDAD, ODA_HASH_ALGORITHM, RSA_ONLY,
     .check = "hash algorithm of the signed dynamic data"},
    {"sdad-ldd", ODA_SDAD, ODA_LDD, .check = "length of the dynamic data, beyond the signed block"},
    {"dda-refused", ODA_SDAD, ODA_LEFT_OUT, .check = "INTERNAL AUTHENTICATE is answered with 6985"},
    {"cda-hash", ODA_CDA, ODA_TRANSACTION, .check = "hash of the transaction's data inside the signature"},
    {"cda-cid", ODA_CDA, ODA_CID, .check = "CID inside the signature against 9F27"},
    {"cda-missing", ODA_CDA, ODA_LEFT_OUT, .check = "CDA was asked for, the answer has 9F26 and no 9F4B"},
    {"unknown-index", ODA_DATA, ODA_REPLACED, 0x8F, "99", .check = "no authority's key under the index"},
    {"missing-index", ODA_DATA, ODA_LEFT_OUT, 0x8F, .check = "8F is missing"},
    {"missing-certificate", ODA_DATA, ODA_LEFT_OUT, 0x90, .check = "90 is missing"},
    {"missing-exponent", ODA_DATA, ODA_LEFT_OUT, 0x9F32, RSA_ONLY, .check = "9F32 is missing"},
    {"missing-remainder", ODA_DATA, ODA_LEFT_OUT, 0x92, RSA_ONLY, .check = "92 is missing, the key is longer"},
    {"missing-ssad", ODA_DATA, ODA_LEFT_OUT, 0x93, .check = "93 is missing"},
    {"missing-icc-certificate", ODA_DATA, ODA_LEFT_OUT, 0x9F46, .check = "9F46 is missing"},
    {"missing-icc-exponent", ODA_DATA, ODA_LEFT_OUT, 0x9F47, RSA_ONLY, .check = "9F47 is missing"},
    {"missing-icc-remainder", ODA_DATA, ODA_LEFT_OUT, 0x9F48, RSA_ONLY, .check = "9F48 is missing, the key is longer"},
    {"missing-ddol", ODA_DATA, ODA_LEFT_OUT, 0x9F49,
     .check = "no 9F49: the terminal's default DDOL counts (no failure)"},
    {"ddol-without-un", ODA_DATA, ODA_REPLACED, 0x9F49, "9F0206", .check = "9F49 does not ask for 9F37"},
    {"9F4A-other", ODA_DATA, ODA_REPLACED, 0x9F4A, "825A", .check = "9F4A names more than the AIP"},
    {NULL, ODA_DATA, ODA_AS_IT_SHOULD_BE, .check = NULL},
};

const struct oda_fault *oda_fault_find(const char *name)
{
    for (const struct oda_fault *f = oda_faults; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

enum oda_change oda_change(const struct card_oda *oda, enum oda_part part)
{
    return oda->fault && oda->fault->part == part ? oda->fault->change : ODA_AS_IT_SHOULD_BE;
}
