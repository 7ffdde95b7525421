/*
 * Application cryptograms, ARPC and issuer script MACs (EMV Book 2 section 8 and Annex A1; JR/T 0025.7 and .17; DOMAIN
 * 3.6-3.8). One table of schemes in cryptogram.c says how each works.
 *
 * AC_PBOC_SM4 is AC_PBOC on blocks of 16 bytes under SM4. No published vector of it is known; these are choices by
 * analogy, the values of the tests are recomputed with `openssl enc -sm4-ecb`:
 *   card key     SM4(IMK)[Y || ~Y], Y as for option A; no parity; no option B (a long PAN gives its last digits)
 *   session key  SM4(MK)[00 x 6 || ATC || 00 x 6 || ~ATC], for cryptograms and for scripts
 *   cryptogram   first 8 bytes of CBC over the same data, padded 80 00 .. to 16 bytes, chaining value 0
 *   ARPC         first 8 bytes of SM4(SK)[(AC ^ ARC || 00 x 6) || 00 x 8]
 *   script MAC   as the cryptogram; what is confidential goes in ECB
 */
#ifndef POSBENCH_CORE_CODEC_CRYPTOGRAM_H
#define POSBENCH_CORE_CODEC_CRYPTOGRAM_H

#include "core/codec/mac.h"

enum ac_scheme {
    AC_PBOC,
    AC_CVN10,
    AC_CVN18,
    AC_PBOC_SM4,
    AC_PBOC_EITHER, /* of a card that has AC_PBOC and AC_PBOC_SM4: no call takes it, ask ac_scheme_of */
};

/* What goes into the cryptogram, as bytes of the named tags. */
struct ac_input {
    uint8_t amount[6], other[6], country[2], tvr[5], currency[2], date[3], type, un[4], aip[2], atc[2];
    const uint8_t *iad; /* whole 9F10 */
    size_t iad_len;
};

/* Its objects that come from the terminal: where each lies in the struct. Ends with tag 0. */
struct ac_object {
    uint32_t tag;
    uint8_t at, len;
};
extern const struct ac_object ac_objects[];

/* All calls with a scheme: E_INVAL for one that is none. */

/* Option A (EMV Book 2 A1.4.1; option B for a PAN over 16 digits when `option_b`): ICC master key, odd parity. `psn` as
 * two digits, "00" if absent. */
int ac_master_key(enum ac_scheme scheme, const uint8_t imk[16], const char *pan, const char *psn, int option_b,
                  uint8_t mk[16]);
/* Session key for AC/ARPC by scheme; AC_CVN10 copies the master key. */
int ac_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16]);
/* The 8-byte cryptogram. E_FORMAT when the IAD is too short for its scheme. */
int ac_compute(enum ac_scheme scheme, const uint8_t sk[16], const struct ac_input *in, uint8_t ac[8]);
/* Issuer authentication data (91). Method 1 (PBOC, CVN10): ARPC 8 + ARC 2 -> 10 bytes. Method 2 (CVN18): ARPC 4 +
 * CSU 4. */
int arpc_method1(enum ac_scheme scheme, const uint8_t sk[16], const uint8_t ac[8], const uint8_t arc[2],
                 uint8_t arpc[8]);
int arpc_method2(const uint8_t sk[16], const uint8_t ac[8], const uint8_t csu[4], uint8_t arpc[4]);
/* Script session key from the ICC SMI (or SMC) master key: 3DES halves xor ATC and ~ATC (Visa, PBOC). */
int script_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16]);
/* MAC over header[4] Lc ATC AC data, leftmost `mac_len` of 4..8 bytes; `lc` includes the MAC. */
int script_mac(enum ac_scheme scheme, const uint8_t sk[16], const uint8_t header[4], uint8_t lc, const uint8_t atc[2],
               const uint8_t ac[8], const uint8_t *data, size_t len, uint8_t *mac, size_t mac_len);
/* Confidential data of a script, in ECB; `len` a multiple of 16. */
int script_cipher(enum ac_scheme scheme, const uint8_t sk[16], int encrypt, const uint8_t *in, size_t len,
                  uint8_t *out);

/* CVN in the IAD (byte 3 of the PBOC/VSDC form) to scheme: 01 PBOC, with 04 as algorithm (byte 8) SM4; or 10 = 0A
 * CVN10, 18 = 12h CVN18. E_NOTFOUND. */
int ac_scheme_of(const uint8_t *iad, size_t iad_len, int pboc, enum ac_scheme *scheme);

#endif
