/* The balance of the account, asked of the host. Caller: online.c. */
#ifndef POSBENCH_CORE_APP_INQUIRY_H
#define POSBENCH_CORE_APP_INQUIRY_H

#include "core/app/app.h"

/* Sends app->request on the open line. OK: *result, and on SALE_APPROVED the balance as app->sale.text. Negative: power
 * or storage. */
int inquiry_exchange(struct app *app, enum sale_result *result);

#endif
