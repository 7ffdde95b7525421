/* The card's transaction log (EMV Book 3 annex D, DOMAIN 2.12). Called by core/app/card_log.c. */
#ifndef POSBENCH_CORE_EMV_CARD_LOG_H
#define POSBENCH_CORE_EMV_CARD_LOG_H

#include "core/emv/emv.h"

#define EMV_LOG_MAX 30

struct emv_log_entry {
    char date[7], time[7]; /* YYMMDD, HHMMSS; "" when the card does not keep it */
    char merchant[21];     /* 9F4E, what of it is printable ASCII */
    bool has_amount;
    uint64_t amount_cents; /* 9F02 */
    uint8_t type;          /* 9C */
    uint16_t atc;          /* 9F36 */
};
struct emv_log {
    size_t count;
    struct emv_log_entry entry[EMV_LOG_MAX]; /* newest first */
};

/* After emv_select. OK, also for an empty log; E_NOTFOUND: the application keeps none; EMV_CARD_ERROR, EMV_REMOVED. */
int emv_read_log(struct emv *e, struct emv_log *out);
/* The same of the loads of its electronic cash; amounts are what was added. */
int emv_read_load_log(struct emv *e, struct emv_log *out);

#endif
