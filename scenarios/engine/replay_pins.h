/* Pinning a replay: see replay_pins.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_PINS_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_PINS_H

#include "scenarios/engine/replay.h"

#include <stdarg.h>

void pins_say(cJSON *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each notes in out.pinned and out.assumptions what it did. */
bool pins_configure(const struct replay_facts *f, struct profile *p, cJSON *out);
bool pins_clock(const struct replay_facts *f, struct hal_datetime *when, cJSON *out); /* false: no date */
uint64_t pins_amount(const struct replay_facts *f, cJSON *out);
void pins_numbers(const struct replay_facts *f, struct terminal *t, cJSON *out);

#endif
