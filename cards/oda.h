/*
 * Offline data authentication of a card (EMV Book 2 sections 5 to 7; JR/T 0025.17; DOMAIN 2.6, 3.10): what a profile
 * says under "oda", and the faults it can ask for. certify.c makes the signatures, personalise.c the records at load
 * time, dynamic.c answers INTERNAL AUTHENTICATE and deciphers PINs. Internal to cards/.
 */
#ifndef POSBENCH_CARDS_ODA_H
#define POSBENCH_CARDS_ODA_H

#include "cards/chain.h"

#define ODA_STATIC_MAX 4096 /* signed records of one application */
#define ODA_TAIL_MAX (ODA_STATIC_MAX + 512)
#define ODA_IDN 8 /* bytes of the ICC dynamic number */

enum oda_part { ODA_ISSUER, ODA_SSAD, ODA_ICC, ODA_PIN, ODA_SDAD, ODA_CDA, ODA_DATA };
enum oda_change {
    ODA_AS_IT_SHOULD_BE,
    ODA_LENGTH,
    ODA_TRAILER,
    ODA_HEADER,
    ODA_FORMAT,
    ODA_HASH,
    ODA_HASH_ALGORITHM,
    ODA_PK_ALGORITHM,
    ODA_HOLDER, /* issuer identifier, PAN */
    ODA_EXPIRED,
    ODA_REVOKED,     /* serial number BAD001: for terminals that have it on their list */
    ODA_STATIC_DATA, /* other static data are signed than the card holds */
    ODA_CID,
    ODA_TRANSACTION, /* hash of the transaction's data */
    ODA_LEFT_OUT,
    ODA_REPLACED,
    ODA_LDD, /* length of the dynamic data beyond the block */
};

/* One row for each check of DOMAIN 2.6 (oda_faults.c). With a fault, every other check of the same object holds. */
struct oda_fault {
    const char *name;
    enum oda_part part;
    enum oda_change change;
    uint32_t tag;            /* of ODA_DATA */
    const char *replacement; /* hex; of ODA_REPLACED */
    bool rsa_only;           /* SM2 has no such thing */
    const char *check;       /* what a terminal must notice */
};
extern const struct oda_fault oda_faults[]; /* ends with a NULL name */
const struct oda_fault *oda_fault_find(const char *name);

enum oda_pin { ODA_PIN_NONE, ODA_PIN_ICC, ODA_PIN_OWN }; /* which key enciphers offline PINs */

struct card_oda {
    bool present, sda, dda, cda, no_tag_list;
    char keys[64], fault_name[32];
    int pin;        /* enum oda_pin */
    int dda_format; /* enum card_format */
    uint8_t sfi;    /* where its records lie */
    struct card_bytes ddol;
    const struct oda_fault *fault; /* NULL: none */
    struct chain chain;
};

/* The change that the profile asks for in this part. */
enum oda_change oda_change(const struct card_oda *oda, enum oda_part part);

/* -- certify.c -- */

/* What a signature is made over: `body` begins with the format byte and lies in the signature, `tail` is only hashed.
 */
struct oda_seal {
    int algorithm; /* enum chain_algorithm */
    const struct chain_key *signer;
    const uint8_t *body, *tail;
    size_t body_len, tail_len;
    enum oda_change change;
};
/* OK; E_LIMIT when the body does not fit; E_CRYPTO. */
int oda_seal(const struct oda_seal *seal, struct card_bytes *out);

/* A certificate over `key`: the leftmost part is in it, the rest is the remainder. `holder`: issuer identifier (4
 * bytes) or PAN (10 bytes). */
struct oda_certificate {
    const struct chain *chain;
    const struct chain_key *signer, *key;
    uint8_t format, holder[10], expiry[2], serial[3];
    size_t holder_len;
    const uint8_t *static_data;
    size_t static_len;
    enum oda_change change;
};
int oda_certify(const struct oda_certificate *want, struct card_bytes *certificate, struct card_bytes *remainder);

/* -- personalise.c: certificates and records of one application, from its own records -- */
struct card_profile;
struct card_application;
/* OK; E_FORMAT with `why`, which lacks the profile's name. */
int oda_personalise(const struct card_profile *p, struct card_application *a, const char *path, char *why,
                    size_t why_cap);
/* The records that the AFL counts as signed, and the AIP when the tag list asks for it. OK, E_LIMIT, E_FORMAT. */
int oda_static_input(const struct card_application *a, bool with_aip, uint8_t *out, size_t cap, size_t *len);

#endif
