/*
 * T=0 on top of whole APDUs: what cannot go out in one TPDU is announced with 61xx and fetched by GET RESPONSE, a wrong
 * Le is answered 6Cxx (ISO 7816-3 clause 12.2, EMV Book 1 annex A; DOMAIN 3.2). Used by card_tpdu and trace_card_tpdu.
 */
#ifndef POSBENCH_CARDS_T0_H
#define POSBENCH_CARDS_T0_H

#include "core/codec/apdu.h"

struct card_t0 {
    uint8_t kept[RAPDU_MAX]; /* an answer whose data the terminal has not fetched yet */
    size_t kept_len;
    bool by_get_response; /* fetched by GET RESPONSE; else by repeating `header` with the right Le */
    uint8_t header[4];
};

/* One whole APDU, answered. *answer_len 0: the card stays silent (recorded cards only). */
typedef void card_t0_apdu(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len);

void card_t0_reset(struct card_t0 *t);
/* One TPDU: header with P3, and the data that goes with it. */
void card_t0_exchange(struct card_t0 *t, card_t0_apdu *apdu, void *ctx, const uint8_t *command, size_t len,
                      uint8_t answer[RAPDU_MAX], size_t *answer_len);

#endif
