/*
 * Test keys for offline data authentication: certification authority, issuer, card, PIN key. A chain is one file,
 * keys/NAME.json; keymaker.c makes it from a seed, chain.c reads and writes it, certify.c signs with it.
 */
#ifndef POSBENCH_CARDS_CHAIN_H
#define POSBENCH_CARDS_CHAIN_H

#include "cards/bytes.h"

#define CHAIN_RSA_MIN 1024    /* bits */
#define CHAIN_RSA_MAX 1984    /* 248 bytes (EMV Book 2 annex D) */
#define CHAIN_ISSUER_MAX 1976 /* its signature, the certificate of the card, must fit into one record */
#define CHAIN_ICC_MAX 1640    /* its signature must fit into one answer beside a cryptogram */
#define CHAIN_RSA_STEP 8
#define CHAIN_KEYS_DIR "keys"

enum chain_algorithm { CHAIN_RSA, CHAIN_SM2 };

struct chain_key {
    struct card_bytes modulus;  /* SM2: the point X || Y */
    struct card_bytes exponent; /* SM2: empty */
    struct card_bytes secret;   /* d */
};

struct chain {
    char note[128], seed[21];
    int algorithm; /* enum chain_algorithm */
    uint8_t rid[5], index[1], expiry[3];
    struct chain_key ca, issuer, icc, pin; /* pin: SM2 has none */
};

struct chain_wish {
    uint64_t seed;
    enum chain_algorithm algorithm;
    unsigned ca_bits, issuer_bits, icc_bits; /* RSA: multiples of CHAIN_RSA_STEP */
    unsigned exponent;                       /* 3 or 65537 */
    uint8_t rid[5], index;
};

/* keymaker.c. The same wish makes the same bytes, on every machine. OK, E_CRYPTO. */
int chain_make(const struct chain_wish *wish, struct chain *out);

/* chain.c. From memory; `name` for messages. OK, E_FORMAT with `why`. */
int chain_parse(const char *json, size_t len, const char *name, struct chain *out, char *why, size_t why_cap);
/* Of the file that a profile at `profile` means by `name`: keys/NAME.json beside its folder, NAME.json in it, or
 * cards/keys/NAME.json under the root of the tree. OK, E_FORMAT, HAL_E_NOENT, with `why`. */
int chain_load(const char *profile, const char *name, struct chain *out, char *why, size_t why_cap);
/* The file's text; to be freed with cJSON_free. NULL: out of memory. */
char *chain_text(const struct chain *c);
/* ca.json with this authority's public key in it: `old` is the list so far, NULL when there is none. Text as above;
 * NULL when `old` is no such list. */
char *chain_public_text(const struct chain *c, const char *old);
/* The list has another key under this RID and index. */
bool chain_public_differs(const struct chain *c, const char *old);

/* SHA-1 over RID, index, modulus, exponent (EMV Book 2 11.2.2). */
void chain_checksum(const struct chain *c, uint8_t out[20]);

#endif
