/*
 * The card through the air (PBOC 3.0 part 12; DOMAIN 3.9): the same applications and counters as on the contacts, with
 * a directory of their own (2PAY.SYS.DDF01), a PDOL of their own, and the cryptogram in the answer to GET PROCESSING
 * OPTIONS. Only applications whose profile has "contactless" are there. Internal to cards/.
 */
#ifndef POSBENCH_CARDS_CONTACTLESS_H
#define POSBENCH_CARDS_CONTACTLESS_H

#include "cards/card_internal.h"

/* The name of the proximity payment environment. */
bool card_is_ppse(const struct capdu *command);
uint16_t card_select_ppse(struct card *c, struct card_answer *out);
/* The answer to GET PROCESSING OPTIONS of the application selected, whose PDOL data were taken (gpo.c): the last of the
 * session. */
uint16_t card_contactless_answer(struct card *c, struct card_answer *out);

#endif
