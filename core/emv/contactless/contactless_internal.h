/* What the steps of the contactless kernel share; included by core/emv/contactless and its unit tests only. */
#ifndef POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_INTERNAL_H
#define POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_INTERNAL_H

#include "core/emv/contactless/contactless.h"
#include "core/emv/emv_internal.h"

/* command.c. Silence or noise on the air is EMV_REMOVED: the card is to be presented again. Any SW is OK here. */
int contactless_command(struct contactless *c, const struct capdu *command, struct emv_answer *answer);
/* SELECT by name; OK or what contactless_command says. */
int contactless_select(struct contactless *c, const uint8_t *name, size_t len, struct emv_answer *answer);
/* The parts of an FCI: 84 and A5. E_FORMAT. */
int contactless_fci(const struct emv_answer *answer, struct tlv *name, struct tlv *proprietary);

/* preprocess.c. The application may be tapped for this amount. */
bool contactless_allowed(const struct contactless_config *config, size_t aid, uint64_t amount_cents);
void contactless_qualifiers(const struct contactless_config *config, size_t aid, uint64_t amount_cents, uint8_t ttq[4]);

/* ppse.c. Fills e->candidate with what card and terminal have in common. EMV_NOT_ACCEPTED. */
int contactless_list(struct contactless *c);
/* The best that is left into e->current; false: none. */
bool contactless_best(struct contactless *c);

/* initiate.c. Both for e->candidate[e->current]. E_NOTFOUND or EMV_RESELECT: this one is out, take the next. */
int contactless_choose(struct contactless *c);
int contactless_initiate(struct contactless *c);

/* options.c. The answer to GET PROCESSING OPTIONS, its data without status word, into e's objects. */
int contactless_options(struct contactless *c, const uint8_t *answer, size_t len);

/* decide.c. Cryptogram's type and the cardholder's part. */
int contactless_decide(struct contactless *c);

#endif
