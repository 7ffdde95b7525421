/*
 * How far two names are from each other, for "did you mean". Callers: ui_record.c, ui_script.c.
 */
#include "gui/ui/ui_private.h"

#include <string.h>

unsigned ui_near(const char *a, const char *b, unsigned limit)
{
    unsigned row[64];
    size_t na = strlen(a), nb = strlen(b);
    if (na >= 64 || nb >= 64)
        return limit;
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned swap = corner + (a[i - 1] != b[j - 1]);
            unsigned best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = swap < best ? swap : best;
        }
    }
    return row[nb] < limit ? row[nb] : limit;
}
