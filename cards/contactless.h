/*
 * The card through the air (PBOC 3.0 part 12; DOMAIN 3.9): the same applications and counters as on the contacts, with
 * a directory of their own (2PAY.SYS.DDF01), a PDOL of their own, and the cryptogram in the answer to GET PROCESSING
 * OPTIONS; records follow an offline approval only. Only applications whose profile has "contactless" are there.
 * Internal to cards/.
 */
#ifndef POSBENCH_CARDS_CONTACTLESS_H
#define POSBENCH_CARDS_CONTACTLESS_H

#include "cards/card_internal.h"

/* The name of the proximity payment environment. */
bool card_is_ppse(const struct capdu *command);
uint16_t card_select_ppse(struct card *c, struct card_answer *out);
/* The answer to GET PROCESSING OPTIONS of the application selected, whose PDOL data were taken (gpo.c): the last of the
 * session, but for records. */
uint16_t card_contactless_answer(struct card *c, struct card_answer *out);

/* tap.c. The card itself wants the cardholder verified (9F6B). */
bool card_tap_wants_cvm(struct card *c);
/* The card's own decision with these qualifiers of its own. */
enum card_ac card_tap_decides(struct card *c, const uint8_t ctq[2]);
/* The records of an offline approval: the profile's AFL, completed. */
void card_tap_locator(const struct card_application *a, struct card_bytes *afl);
/* What an offline approval adds to the answer: AFL, and signature and balance unless a record has them. */
int card_tap_approve(struct card *c, const uint8_t ctq[2], struct tlv_out *tlv);
/* A record that is made for this approval. False: it is none. */
bool card_tap_record(struct card *c, uint8_t sfi, uint8_t number, struct card_answer *out);
/* This record was sent; with the last one the purse pays. */
void card_tap_read(struct card *c, uint8_t sfi, uint8_t number);

#endif
