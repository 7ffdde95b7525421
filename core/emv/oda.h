/*
 * Offline data authentication inside (EMV Book 2 sections 5, 6 and 7.1; DOMAIN 2.6, 3.10): what oda.c (methods),
 * oda_cda.c (signed cryptograms), oda_keys.c (certificates), oda_signed.c (signed data), oda_rsa.c and oda_sm2.c
 * (signatures) and capk.c (authority keys) share. Included by them, generate.c and their unit tests only.
 *
 * Calls return OK, a positive enum oda_check (the card's data failed that check) or a negative status of ours.
 */
#ifndef POSBENCH_CORE_EMV_ODA_H
#define POSBENCH_CORE_EMV_ODA_H

#include "core/emv/capk.h"
#include "core/emv/emv_internal.h"

/* X(name, text in the log), in the order in which they are made. */
#define ODA_CHECKS(X)                                                                                                  \
    X(ODA_MISSING, "data missing")                                                                                     \
    X(ODA_RECORD, "a record is no template 70")                                                                        \
    X(ODA_TAG_LIST, "tag list")                                                                                        \
    X(ODA_NO_CA_KEY, "authority key unknown")                                                                          \
    X(ODA_CA_KEY_EXPIRED, "authority key expired")                                                                     \
    X(ODA_LENGTH, "length")                                                                                            \
    X(ODA_KEY, "key not usable")                                                                                       \
    X(ODA_TRAILER, "trailer")                                                                                          \
    X(ODA_HEADER, "header")                                                                                            \
    X(ODA_FORMAT, "format")                                                                                            \
    X(ODA_HASH_ALGORITHM, "hash algorithm")                                                                            \
    X(ODA_HASH, "hash")                                                                                                \
    X(ODA_SIGNATURE, "signature") /* SM2, in place of trailer, header and hash */                                      \
    X(ODA_ISSUER_ID, "issuer identifier")                                                                              \
    X(ODA_PAN, "account number")                                                                                       \
    X(ODA_EXPIRY, "expiry")                                                                                            \
    X(ODA_REVOKED, "revoked")                                                                                          \
    X(ODA_ALGORITHM, "key algorithm")                                                                                  \
    X(ODA_KEY_LENGTH, "key length")                                                                                    \
    X(ODA_EXPONENT, "exponent")                                                                                        \
    X(ODA_DDOL, "DDOL without unpredictable number")                                                                   \
    X(ODA_DYNAMIC_DATA, "dynamic data")                                                                                \
    X(ODA_CID, "cryptogram information")                                                                               \
    X(ODA_TRANSACTION_HASH, "transaction data hash")

#define ODA_CHECK_NAME(name, text) name,
enum oda_check { ODA_PASSED, ODA_CHECKS(ODA_CHECK_NAME) ODA_CHECK_COUNT };
#undef ODA_CHECK_NAME

/* Static text; "?" for a number that is no check. */
const char *oda_check_name(int check);
/* "issuer certificate: hash" into the developer's log; returns `check`. */
int oda_fail(const struct emv *e, const char *object, enum oda_check check);

#define ODA_HASH_MAX 32
#define ODA_SM2_SIGNATURE 64

/* Bytes that are signed but not in the signed object itself. */
struct oda_span {
    const uint8_t *bytes;
    size_t len;
};

/* A signed object whose signature is good: format byte and what follows, up to hash or signature. */
struct oda_block {
    uint8_t bytes[EMV_KEY_MAX];
    size_t len;
};

enum { ODA_ISSUER_CERT = 2, ODA_SSAD = 3, ODA_ICC_CERT = 4, ODA_SDAD = 5 }; /* SM2: with 1 in the high nibble */

/* Opens a signed object with the key that verifies it, by the key's algorithm. The signed bytes are the object's body
 * and then `behind` in order. */
int oda_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
             const struct oda_span *behind, size_t count, struct oda_block *out);
int oda_rsa_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
                 const struct oda_span *behind, size_t count, struct oda_block *out);
int oda_sm2_open(const struct emv_key *key, uint8_t format, const uint8_t *object, size_t len,
                 const struct oda_span *behind, size_t count, struct oda_block *out);
/* SHA-1, or SM3 with an SM2 key. */
int oda_digest(enum emv_pk algorithm, const struct oda_span *spans, size_t count, uint8_t out[ODA_HASH_MAX],
               size_t *len);

/* ---- oda_keys.c ---- */

/* Recover e->issuer_key from tag 90, and e->icc_key from 9F46 (which needs the first). */
int oda_issuer_key(struct emv *e);
int oda_icc_key(struct emv *e);
/* Static data to be signed: the records, and the AIP if the card's tag list names it. ODA_RECORD, ODA_TAG_LIST. */
int oda_static_data(const struct emv *e, struct oda_span span[2]);

/* ---- oda_signed.c ---- */

/* Signed static application data (93): the data authentication code goes to 9F45. */
int oda_verify_static(struct emv *e);
/* What a card signs afresh. All pointers lead into `block`. */
struct oda_dynamic {
    struct oda_block block;
    struct oda_span number; /* ICC dynamic number */
    uint8_t cid;            /* CDA: the rest is set too */
    const uint8_t *ac, *hash;
};
/* Signed dynamic application data over `terminal_data` (DDOL data, or the unpredictable number of CDA). `out->number`
 * is for the caller to put into 9F4C once its own checks are good. `combined`: with cryptogram and transaction data hash. */
int oda_verify_dynamic(struct emv *e, bool combined, const struct tlv *signed_data, struct oda_span terminal_data,
                       struct oda_dynamic *out);

/* ---- oda_cda.c ---- */

/* A signed cryptogram is to be asked for. */
bool oda_cda_active(const struct emv *e);
/* Checks the answer `body` (value of template 77) to a GENERATE AC whose CDOL data were `cdol` (the second: CDOL2), and
 * hands out the cryptogram. Any failed check sets TVR "CDA failed". */
int oda_cda_verify(struct emv *e, const struct tlv *body, bool second, struct oda_span cdol, uint8_t ac[8]);

#endif
