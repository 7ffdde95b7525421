/* What the steps of the contactless kernel share; included by core/emv/contactless and its unit tests only. */
#ifndef POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_INTERNAL_H
#define POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_INTERNAL_H

#include "core/emv/contactless/contactless.h"
#include "core/emv/emv_internal.h"

/* command.c. Silence or noise on the air is EMV_REMOVED: the card is to be presented again. Any SW is OK here. */
int contactless_command(struct contactless *c, const struct capdu *command, struct emv_answer *answer);
/* SELECT by name; OK or what contactless_command says. */
int contactless_select(struct contactless *c, const uint8_t *name, size_t len, struct emv_answer *answer);
/* Notes why and returns CONTACTLESS_OTHER_INTERFACE. */
int contactless_other(const struct contactless *c, const char *why);

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

/* records.c. After a TC: what the AFL names. CONTACTLESS_MAY_HAVE_PAID. */
int contactless_records(struct contactless *c);

/* decide.c. Type of the card's cryptogram, and 9F27 set from it. EMV_CARD_ERROR. */
int contactless_type(struct contactless *c, enum emv_ac *type);

/* What a check makes of an offline approval; the highest of all checks counts. */
enum contactless_verdict { CONTACTLESS_KEEP, CONTACTLESS_ONLINE, CONTACTLESS_SWITCH, CONTACTLESS_DECLINE };
/* The card's wish under 9F6C (byte 1) is granted if the terminal can. */
bool contactless_wishes(const struct contactless *c, uint8_t ctq1);
bool contactless_online_capable(const struct contactless *c);

/* restrict.c */
enum contactless_verdict contactless_restrict(struct contactless *c);
/* fdda.c. Negative: a failure of ours. */
int contactless_authenticate(struct contactless *c, enum contactless_verdict *verdict);

#endif
