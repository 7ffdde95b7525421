/*
 * Public keys of certification authorities for verifying a recording: posbench replay --capk FILE. Read by cli/ before
 * anything runs, used by replay_sign*.c. Three spellings, told apart by how the file begins:
 *
 *   JSON   {"rid", "index", "algorithm", "modulus", "exponent", "checksum", "expiry"}, one or a list of them
 *   YAML   "RID:", below it "INDEX:" (quoted or not), below that "modulus:", "exponent:", "checksum:", "expiry:"
 *   table  one key a line: NAME EXPONENT INDEX RID MODULUS [BITS [CHECKSUM]], tabs or spaces between
 *
 * A key of SM2 has "algorithm: SM2" in the first two, its point X || Y (64 bytes) as modulus and no exponent; in a
 * table SM2 stands instead of the exponent. A checksum of such a key is not looked at.
 * A checksum is SHA-1 over RID, index, modulus, exponent (Book 2 table 31). A key whose exponent is neither 3 nor 65537
 * (Book 2 annex B2.1) verifies nothing: it is kept, so that it can be named, and its checksum is not looked at.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_KEYS_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_KEYS 1000                 /* in all files together */
#define REPLAY_KEYS_TEXT (1024u * 1024u) /* bytes of one file */
#define REPLAY_MODULUS_MIN 40u           /* bytes; below it no certificate fits */
#define REPLAY_MODULUS_MAX 256u          /* one that is longer than 248 belongs to no EMV certificate */

enum replay_key_kind { KEY_RSA, KEY_SM2, KEY_UNUSABLE /* exponent */ };

struct replay_key {
    enum replay_key_kind kind;
    uint8_t rid[5], index;
    uint8_t modulus[REPLAY_MODULUS_MAX], exponent[3]; /* SM2: the point X || Y, no exponent */
    size_t len, exponent_len;
    uint8_t expiry[3]; /* YYMMDD; zeros: none */
};
/* Symmetric keys of the issuer, replay_issuer.h; `given` false: none. */
struct replay_issuer {
    bool given, own;              /* own: the card's keys, not the issuer's they are derived from */
    bool has_scripts, has_scheme; /* smi, scheme are there */
    uint8_t ac[16], smi[16];      /* cryptograms; script MACs */
    int scheme;                   /* enum ac_scheme */
};

struct replay_keys {
    struct replay_key *key;
    size_t count;
    struct replay_issuer issuer;
};

/* Adds a file's keys. OK; E_FORMAT, E_LIMIT, E_NOMEM, HAL_E_NOENT with one line in `why`: "FILE:LINE: what is wrong and
 * the way out". What was added before an error stays. */
int replay_keys_load(struct replay_keys *keys, const char *path, char *why, size_t why_cap);
int replay_keys_parse(struct replay_keys *keys, const char *text, size_t len, const char *name, char *why,
                      size_t why_cap);
void replay_keys_free(struct replay_keys *keys);

#endif
