/*
 * The signatures of a recording, verified over the recorded bytes (EMV Book 2 sections 5 and 6; DOMAIN 2.6): issuer
 * certificate, signed static data, ICC certificate, PIN certificate, DDA, CDA, and the fast DDA of contactless cards.
 * RSA with SHA-1, or SM2 with SM3 (JR/T 0025.17; DOMAIN 3.10); the authority's key says which. Own code over OpenSSL:
 * nothing of core/emv takes part, so that the two can be held against each other.
 *
 *   replay_sign.c          the object for replay.c: rows, verdict, reason
 *   replay_sign_data.c     objects and static data as they were recorded, with their lines and masked digits
 *   replay_sign_block.c    what all signatures share: opening a block of RSA, its hash
 *   replay_sign_sm2.c      the same for SM2
 *   replay_sign_chain.c    issuer certificate, static data, ICC certificates
 *   replay_sign_pan.c      the PAN in them against the recorded one
 *   replay_sign_dynamic.c  DDA, CDA, fast DDA
 *   replay_sign_ac.c       cryptograms, ARPC and script MACs by value, with the issuer's keys of replay_issuer.c
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_SIGN_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_SIGN_H

#include "scenarios/engine/replay.h"
#include "scenarios/engine/replay_keys.h"

/* {"verdict", "reason", "verified" (something, where it is pass), "checks": [{check, verdict, line, text}]}; pass,
 * fail, inconclusive, not applicable. `keys` may be NULL: what needs one is inconclusive by name. NULL: out of memory.
 */
cJSON *replay_sign(const struct replay_facts *f, const struct replay_keys *keys);

/* The key that the recorded issuer certificate asks for; NULL: it is not among them. */
const struct replay_key *replay_ca_key(const struct replay_facts *f, const struct replay_keys *keys);

/* -- between the files -- */

#define SIGN_BLOCK_MAX 256
#define SIGN_STATIC_MAX 65536u /* bytes; a card has at most 30 files of 255 records, and none is near that */
#define SIGN_HASH 20           /* SHA-1, the only hash for RSA (Book 2 annex B3.1) */
#define SIGN_SM3 32

enum sign_verdict { SIGN_PASS, SIGN_FAIL, SIGN_OPEN /* inconclusive */, SIGN_NONE /* not applicable */ };

struct sign_bytes {
    const uint8_t *bytes, *mask; /* mask: F in every masked nibble; NULL: none */
    size_t len;
    unsigned line; /* where they stand; 0: they are not recorded */
};
struct sign_key {
    uint8_t modulus[SIGN_BLOCK_MAX], exponent[SIGN_BLOCK_MAX];
    size_t len, exponent_len; /* len 0: not known */
    bool sm2;                 /* modulus: the point X || Y */
};
/* A recovered one, header first. SM2 recovers nothing: its data in clear stand behind one byte of no meaning, so that
 * the format is at 1 in both. */
struct sign_block {
    uint8_t bytes[SIGN_BLOCK_MAX];
    size_t len;
};

/* What kind of object is signed. The format of SM2 is the first one with 10 added. */
struct sign_kind {
    const char *formats;
    size_t least, algorithm_at; /* RSA: bytes of a block besides what varies; where it names the hash */
    size_t sm2_least;           /* SM2: bytes before the signature */
};

struct sign {
    const struct replay_facts *f;
    const struct replay_keys *keys;
    cJSON *checks;
    bool complete;             /* every record of the AFL is recorded */
    struct sign_bytes records; /* static data: the records, AIP included; line: of the first one */
    bool records_masked;
    char records_gap[120];   /* why they are not whole; "": they are */
    char records_fault[120]; /* why no terminal could use them; "": it can */
    struct sign_key issuer, icc;
    uint8_t signed_ac[2][8]; /* cryptograms found inside CDA signatures, of the first and second GENERATE AC */
    bool has_signed_ac[2];
};

/* replay_sign.c: adds one row, "GROUP: WHAT". */
void sign_row(struct sign *s, const char *group, const char *what, enum sign_verdict verdict, unsigned line,
              const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Adds pass without a text, or fail (inconclusive, when digits in line `masked` are masked; 0: none) with it. */
bool sign_test(struct sign *s, const char *group, const char *what, bool ok, unsigned masked, unsigned line,
               const char *format, ...) __attribute__((format(printf, 7, 8)));

/* replay_sign_data.c */
int sign_collect(struct sign *s); /* records and flags; E_NOMEM */
void sign_release(struct sign *s);
/* Object of the application's records, or of the answer to GET PROCESSING OPTIONS. */
bool sign_object(const struct sign *s, uint32_t tag, struct sign_bytes *out);
/* Object in the answer of exchange i. */
bool sign_answer_object(const struct sign *s, size_t i, uint32_t tag, struct sign_bytes *out);
/* Data of the command of exchange i. */
bool sign_command_data(const struct sign *s, size_t i, struct sign_bytes *out);
/* Value of a tag in DOL data, with its mask. */
bool sign_dol_value(const struct sign *s, const struct replay_dol *d, uint32_t tag, struct sign_bytes *out);
/* Line of the first part with a masked digit; 0: none. */
unsigned sign_masked(const struct sign_bytes *parts, size_t count);
/* The recorded transaction's date, YYMMDD. */
bool sign_date(const struct sign *s, uint8_t date[3]);
/* All of `tags` (0-terminated) are there; a row "objects" tells which is not. */
bool sign_objects(struct sign *s, const char *group, const uint32_t *tags);

/* replay_sign_block.c */
/* Rows of the frame, then "hash" or, with SM2, "signature": over the object and the parts behind it. `gap`: why the
 * parts are not whole, "": they are. out->len 0: there is nothing in it that could be looked at. */
bool sign_verify(struct sign *s, const char *group, const struct sign_kind *kind, const struct sign_bytes *signature,
                 const struct sign_key *key, const struct sign_bytes *parts, size_t count, const char *gap,
                 struct sign_block *out);
/* Without rows. */
bool sign_verifies(const struct sign_key *key, const struct sign_bytes *signature, const struct sign_bytes *parts,
                   size_t count);
/* SHA-1, or SM3 with a key of SM2; its length, 0 without memory. */
size_t sign_digest(const struct sign_key *key, const struct sign_bytes *parts, size_t count, uint8_t *out);

/* replay_sign_sm2.c: the same for a key of SM2 */
bool sign_sm2_verify(struct sign *s, const char *group, const struct sign_kind *kind,
                     const struct sign_bytes *signature, const struct sign_key *key, const struct sign_bytes *parts,
                     size_t count, const char *gap, struct sign_block *out);
bool sign_sm2_verifies(const struct sign_key *key, const struct sign_bytes *signature, const struct sign_bytes *parts,
                       size_t count);

/* replay_sign_pan.c. Row `what`: the certificate's holder is the recorded PAN, or as a prefix begins it. */
void sign_check_pan(struct sign *s, const char *group, const char *what, const uint8_t *certified, size_t nibbles,
                    bool prefix);

void sign_chain(struct sign *s);       /* replay_sign_chain.c: also finds the keys */
void sign_dynamic(struct sign *s);     /* replay_sign_dynamic.c: also finds the cryptograms inside signatures */
void sign_cryptograms(struct sign *s); /* replay_sign_ac.c: after both */

#endif
