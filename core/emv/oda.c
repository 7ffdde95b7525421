/*
 * Offline data authentication (EMV Book 3 10.3, Book 2). This kernel performs none: whatever the card supports, the
 * step records "offline data authentication was not performed", which the action codes then judge. A terminal that runs
 * it claims no ODA in 9F33 byte 3.
 */
#include "core/emv/emv_internal.h"

int emv_authenticate(struct emv *e)
{
    tvr_set(e->tvr, TVR_ODA_NOT_PERFORMED);
    return OK;
}
