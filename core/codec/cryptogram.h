/* Application cryptograms, ARPC and issuer script MACs (EMV Book 2 section 8 and Annex A1; JR/T 0025; DOMAIN 3.6-3.8).
 */
#ifndef POSBENCH_CORE_CODEC_CRYPTOGRAM_H
#define POSBENCH_CORE_CODEC_CRYPTOGRAM_H

#include "core/codec/mac.h"

enum ac_scheme { AC_PBOC, AC_CVN10, AC_CVN18 };

/* What goes into the cryptogram, as bytes of the named tags. */
struct ac_input {
    uint8_t amount[6], other[6], country[2], tvr[5], currency[2], date[3], type, un[4], aip[2], atc[2];
    const uint8_t *iad; /* whole 9F10 */
    size_t iad_len;
};

/* Option A (EMV Book 2 A1.4.1; option B for a PAN over 16 digits when `option_b`): ICC master key, odd parity. `psn` as
 * two digits, "00" if absent. */
int ac_master_key(const uint8_t imk[16], const char *pan, const char *psn, int option_b, uint8_t mk[16]);
/* Session key for AC/ARPC by scheme; AC_CVN10 copies the master key. */
int ac_session_key(enum ac_scheme scheme, const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16]);
/* The 8-byte cryptogram. E_FORMAT when the IAD is too short for its scheme. */
int ac_compute(enum ac_scheme scheme, const uint8_t sk[16], const struct ac_input *in, uint8_t ac[8]);
/* Issuer authentication data (91). Method 1 (PBOC, CVN10): ARPC 8 + ARC 2 -> 10 bytes. Method 2 (CVN18): ARPC 4 +
 * CSU 4. */
int arpc_method1(const uint8_t sk[16], const uint8_t ac[8], const uint8_t arc[2], uint8_t arpc[8]);
int arpc_method2(const uint8_t sk[16], const uint8_t ac[8], const uint8_t csu[4], uint8_t arpc[4]);
/* Script MAC session key from the ICC SMI (or SMC) master key: halves xor ATC and ~ATC (Visa, PBOC). */
int script_session_key(const uint8_t mk[16], const uint8_t atc[2], uint8_t sk[16]);
/* MAC over header[4] Lc ATC AC data, leftmost `mac_len` of 4..8 bytes; `lc` includes the MAC. */
int script_mac(const uint8_t sk[16], const uint8_t header[4], uint8_t lc, const uint8_t atc[2], const uint8_t ac[8],
               const uint8_t *data, size_t len, uint8_t *mac, size_t mac_len);

/* CVN in the IAD (byte 3 of the PBOC/VSDC form) to scheme: 01 PBOC or 10 = 0A CVN10, 18 = 12h CVN18. E_NOTFOUND. */
int ac_scheme_of(const uint8_t *iad, size_t iad_len, int pboc, enum ac_scheme *scheme);

#endif
