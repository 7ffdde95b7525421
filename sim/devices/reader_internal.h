/* What reader.c and reader_line.c share; nobody else includes it. */
#ifndef POSBENCH_SIM_DEVICES_READER_INTERNAL_H
#define POSBENCH_SIM_DEVICES_READER_INTERNAL_H

#include "sim/devices/card_call.h"
#include "sim/devices/reader.h"

/* Time passes with the card in the slot: OK, HAL_E_REMOVED, HAL_E_POWER. */
int reader_block(const struct sim_reader *d, uint64_t until_us);

int reader_line_power_on(struct sim_reader *d, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
int reader_line_send(void *ctx, const uint8_t *bytes, size_t len);
int reader_line_receive(void *ctx, uint64_t deadline_us, uint8_t *byte);

#endif
