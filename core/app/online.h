/*
 * Going online (DOMAIN 5.2, 5.3): readiness, which is online_ready.c, and one authorised sale with its journal steps,
 * online.c. Callers: sale*.c, offline.c, inquiry.c, main.c, triggers.c.
 */
#ifndef POSBENCH_CORE_APP_ONLINE_H
#define POSBENCH_CORE_APP_ONLINE_H

#include "core/app/app.h"

#define ONLINE_RETRY_US UINT64_C(60000000) /* what failed without a customer is tried again after this (DOMAIN 5.1) */

/* A sign-in is due: never signed in, keys out of step, another day, or no clock to go by. OK or negative. */
int online_sign_in_due(struct app *app, bool *due);
/* The clock is lost, or shows less than the newest entry of the journal (DOMAIN 5.2, 5.6). OK or negative. */
int online_clock_wrong(struct app *app, bool *wrong);
/* Something is to be done when nobody is at the counter: a sign-in, a reversal, a download. OK or negative. */
int online_work_due(struct app *app, bool *due);

/* Does it. OK: *ready, or *why = SALE_NO_LINE, SALE_NOT_SIGNED_IN, SALE_REVERSAL_BLOCKED. Negative: power or storage.
 * Plans the next try in app->retry_at_us. */
int online_prepare(struct app *app, bool *ready, enum sale_result *why);

/* DE60 of a sale at this terminal. `condition` is DE60.5, `out` holds 18. */
void online_de60(const struct app *app, uint32_t batch, const char *condition, char *out);

/* Authorises app->sale: entry complete but for batch, trace and DE60; `condition` is DE60.5. On SALE_APPROVED the
 * answer is journalled and the reversal still due: the caller ends with journal_approve or keeps it. On declines the
 * entry is final. app->answer holds the host's answer. Negative: power or storage. */
int online_sale(struct app *app, const char *condition, enum sale_result *result);

/* What the host said, from app->answer into app->sale.entry; how a decline ends: screen text and *result. For online.c
 * and inquiry.c. */
void online_take_answer(struct app *app);
void online_refuse(struct app *app, const struct iso_response *response, enum sale_result *result);

#endif
