/* Amounts as text and back (two decimals, as every currency of the profiles has). */
#include "core/app/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void money_format(uint64_t cents, char out[MONEY_TEXT])
{
    snprintf(out, MONEY_TEXT, "%" PRIu64 ".%02u", cents / 100, (unsigned)(cents % 100));
}

int money_parse(const char *text, uint64_t *cents)
{
    size_t len = strlen(text);
    if (len < 4 || text[len - 3] != '.')
        return E_FORMAT;
    if (len > 13)
        return E_LIMIT;
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (i == len - 3)
            continue;
        if (text[i] < '0' || text[i] > '9')
            return E_FORMAT;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *cents = value;
    return OK;
}
