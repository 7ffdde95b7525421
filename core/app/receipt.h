/* Slips: what they say (receipt.c) and their way onto paper (receipt_print.c); DOMAIN 1.6, 2.11, 5.2 step 8. Callers:
 * sale.c, offline.c, triggers.c, main.c, image.c. */
#ifndef POSBENCH_CORE_APP_RECEIPT_H
#define POSBENCH_CORE_APP_RECEIPT_H

#include "core/app/app.h"

#define RECEIPT_LINES 40
#define RECEIPT_LINE_MAX 96

struct receipt {
    size_t count;
    struct receipt_line {
        char text[RECEIPT_LINE_MAX];
        unsigned style;
    } line[RECEIPT_LINES];
};

/* How to read the slips: goes out through image.c. */
extern const struct firmware_slip receipt_slips[];

/* Lays a slip out; `reprint` marks it as one that may have been printed before. */
void receipt_format(const struct config *config, const struct journal_entry *entry, bool reprint, struct receipt *out);

/* One more line: what is left in the card's purse; "" adds none. */
void receipt_add_balance(const struct config *config, const char *balance, struct receipt *out);

/* Prints every slip that is due and clears its mark; asks for paper when there is none, and leaves the slip due when
 * nobody brings any. `reprint` as above. OK or negative (power, storage). */
int receipt_print_due(struct app *app, bool reprint);

#endif
