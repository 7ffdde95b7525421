/* What of the chip's data goes into request, journal and slip. Callers: sale_entry.c, sale_chip_end.c, offline.c. */
#ifndef POSBENCH_CORE_APP_CHIP_DATA_H
#define POSBENCH_CORE_APP_CHIP_DATA_H

#include "core/app/app.h"

/* After the first GENERATE AC: PAN, track 2, DE55 of the request and of a reversal before and after an answer. E_LIMIT.
 */
int chip_data_request(const struct emv *e, struct sale *sale);
/* After the second: final cryptogram, TVR and TSI for the slip, script results for a reversal. */
void chip_data_final(struct emv *e, struct sale *sale);
/* The card's wish for an advice, into the entry. */
void chip_data_advice(const struct emv *e, struct journal_entry *entry);

#endif
