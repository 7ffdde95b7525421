/*
 * Any reader behind the PC/SC service (pcscd), over libpcsclite. Contract: hw/reader.h. Caller: hw/reader.c.
 *
 * The card is held exclusively from power_on to power_off: another program would change its state between two commands.
 * A program that holds it for a moment (desktop agents do, when a card comes) is waited for, PCSC_BUSY_MS; after that
 * the reader is busy. The contract's `wait` may be called at any time, also while the card is held.
 */
#ifndef POSBENCH_HW_PCSC_PCSC_H
#define POSBENCH_HW_PCSC_PCSC_H

#include "hw/reader.h"

#define PCSC_BUSY_MS 2000u

/* `name`: the whole name, or a part of it that only one reader has; NULL: the only one there is. Codes as
 * hw_reader_open. */
int pcsc_reader_open(const char *name, struct hw_reader *out, char *why, size_t why_cap);
size_t pcsc_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                        char *why, size_t why_cap);

#endif
