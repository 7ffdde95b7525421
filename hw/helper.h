/*
 * A real reader in a process of its own: its driver may block without limit, its caller does not.
 * The caller's side of every call is bounded; a helper that goes past the bound is killed and started again at the next
 * reset. Callers: scenarios/engine.
 *
 * The helper watches presence while nothing is asked of it, and its descriptor becomes readable on a change.
 */
#ifndef POSBENCH_HW_HELPER_H
#define POSBENCH_HW_HELPER_H

#include "hw/reader.h"

#include <sys/types.h>

#define HW_HELPER_LIMIT_MS 30000u /* one call; a card that asks for more time stays below it or is mute */

struct hw_helper;

/* Forks and opens the reader there. As hw_reader_open. */
int hw_helper_start(const char *spec, struct hw_helper **out, char *why, size_t why_cap);
void hw_helper_stop(struct hw_helper *h);              /* powers the card off; NULL is nothing */
const char *hw_helper_name(const struct hw_helper *h); /* of the reader */

int hw_helper_fd(const struct hw_helper *h); /* readable: presence may have changed. Another one after a restart */
/* Takes what was told, without blocking. OK, HAL_E_IO: the reader is gone (it counts as empty). */
int hw_helper_presence(struct hw_helper *h, bool *present);

/* As the ops of struct hw_reader_ops; no answer within HW_HELPER_LIMIT_MS: HAL_E_IO, and hw_helper_trouble says so. */
int hw_helper_power_on(struct hw_helper *h, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
int hw_helper_power_off(struct hw_helper *h);
int hw_helper_exchange(struct hw_helper *h, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                       size_t cap, size_t *answer_len);
/* The last thing that went wrong, in one line; "" when nothing did. */
const char *hw_helper_trouble(const struct hw_helper *h);

#endif
