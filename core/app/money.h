/* Amounts as people write them: "12.00". Pure functions. Callers: all of core/app. */
#ifndef POSBENCH_CORE_APP_MONEY_H
#define POSBENCH_CORE_APP_MONEY_H

#include "core/status.h"

#include <stdint.h>

#define MONEY_TEXT 24                      /* longest text with its NUL */
#define MONEY_MAX_CENTS UINT64_C(999999999999) /* DE4: 12 digits */

void money_format(uint64_t cents, char out[MONEY_TEXT]);
/* "5000.00": digits, point, exactly two digits. E_FORMAT, E_LIMIT. */
int money_parse(const char *text, uint64_t *cents);

#endif
