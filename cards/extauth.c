/*
 * EXTERNAL AUTHENTICATE (EMV Book 3 6.5.4) and the same data inside CDOL2: the issuer's answer to the first cryptogram,
 * by method 1 (PBOC, CVN10) or method 2 with a card status update (CVN18; EMV Book 2 8.2, DOMAIN 2.1 CSU, 3.7).
 */
#include "cards/card_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define AIP_ISSUER_AUTH 0x04
#define METHOD1_LEN 10 /* ARPC 8, ARC 2 */
#define METHOD2_LEN 8  /* ARPC 4, CSU 4; proprietary data are not built */

enum { CSU_APPROVES = 0x80, CSU_BLOCK_CARD = 0x40, CSU_BLOCK_APPLICATION = 0x20, CSU_UPDATE_TRIES = 0x10 }; /* byte 2 */

static bool verify(const struct card *c, const uint8_t *data, size_t len)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    enum ac_scheme scheme = card_scheme(c);
    uint8_t sk[16], arpc[8];
    size_t arpc_len = scheme == AC_CVN18 ? 4 : 8;
    if (len != (scheme == AC_CVN18 ? METHOD2_LEN : METHOD1_LEN) ||
        ac_session_key(scheme, card_keys(c)->ac, state->atc, sk))
        return false;
    int status = scheme == AC_CVN18 ? arpc_method2(sk, c->session.first_ac, data + arpc_len, arpc)
                                    : arpc_method1(scheme, sk, c->session.first_ac, data + arpc_len, arpc);
    OPENSSL_cleanse(sk, sizeof sk);
    return status == OK && CRYPTO_memcmp(arpc, data, arpc_len) == 0;
}

static void apply_csu(struct card *c, const uint8_t csu[4])
{
    struct card_lasting_application *state = card_state(c);
    c->session.csu_declined = !(csu[1] & CSU_APPROVES);
    if (csu[1] & CSU_BLOCK_CARD)
        c->lasting.blocked = 1;
    if (csu[1] & CSU_BLOCK_APPLICATION)
        state->blocked = 1;
    if (csu[1] & CSU_UPDATE_TRIES)
        state->pin_tries = csu[0] & 0x0F;
}

void card_issuer_authenticate(struct card *c, const uint8_t *data, size_t len)
{
    bool good = verify(c, data, len);
    c->session.auth = good ? CARD_AUTH_PASSED : CARD_AUTH_FAILED;
    if (good && c->profile->chip.scheme == AC_CVN18)
        apply_csu(c, data + 4);
}

uint16_t card_external_authenticate(struct card *c, const struct capdu *command, struct card_answer *out)
{
    (void)out;
    if (command->p1 || command->p2)
        return 0x6A86;
    if (command->lc < 8 || command->lc > 16)
        return 0x6700;
    if (c->session.phase != CARD_AWAITS_ISSUER || c->session.auth != CARD_AUTH_NONE ||
        !(card_application(c)->aip[0] & AIP_ISSUER_AUTH))
        return 0x6985;
    card_issuer_authenticate(c, command->data, command->lc);
    return c->session.auth == CARD_AUTH_PASSED ? 0x9000 : 0x6300;
}
