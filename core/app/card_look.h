/* The operator's look into a card. Callers: card_log.c, purse.c. */
#ifndef POSBENCH_CORE_APP_CARD_LOOK_H
#define POSBENCH_CORE_APP_CARD_LOOK_H

#include "core/app/app.h"

struct card_look {
    enum screen ask, none;                   /* asks for the card; says that it keeps nothing of the kind */
    int (*read)(struct emv *e, void *found); /* OK, E_NOTFOUND, an outcome of the kernel, or negative */
    int (*show)(const struct app *app, const void *found); /* OK or negative; waits for a key */
};
/* OK whatever the card did; negative: power, memory. */
int card_look(struct app *app, const struct card_look *look, void *found);

#endif
