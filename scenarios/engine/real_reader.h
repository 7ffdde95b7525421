/*
 * A real card in the slot of a simulated terminal: what lies in the reader `spec` names, behind the tap and the faults
 * as any other card (sim/slot.h). Here hw/ and sim/ meet. Its time is real: what a call took passes in the world, which
 * is paced (realtime.h). A card that is pulled out of the real reader leaves the terminal's slot too.
 *
 * Callers: the cases of `run --reader`, live sessions, `record`. One terminal at a time.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REAL_READER_H
#define POSBENCH_SCENARIOS_ENGINE_REAL_READER_H

#include "scenarios/engine/realtime.h"
#include "sim/terminal.h"

struct real_reader;

/* As hw_reader_open: OK or negative with one line in `why`. `rt` watches the reader from now on and outlives it. */
int real_reader_start(const char *spec, struct realtime *rt, struct real_reader **out, char *why, size_t why_cap);
void real_reader_stop(struct real_reader *r); /* NULL is nothing. The terminal is gone, or its slot empty */

const char *real_reader_name(const struct real_reader *r);
bool real_reader_present(const struct real_reader *r);        /* as far as was told */
const char *real_reader_trouble(const struct real_reader *r); /* the last thing that went wrong, "" when nothing did */

/* Its card into the terminal's slot. HAL_E_ABSENT: there is none in the reader; E_STATE: the terminal has one, or
 * another terminal has this one. */
int real_reader_insert(struct real_reader *r, struct terminal *t);
/* Told of each reset and exchange as it went over the reader, inside the call. NULL: nobody. */
struct real_reader_tap {
    void *ctx;
    void (*reset)(void *ctx, bool warm, int status, const uint8_t *atr, size_t atr_len, uint64_t time_us);
    void (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, int status, const uint8_t *answer,
                     size_t answer_len, uint64_t time_us);
};
void real_reader_tap(struct real_reader *r, const struct real_reader_tap *tap);
/* Told on the main stack of every card that comes or goes; when it goes it has left the terminal's slot already. NULL:
 * nobody. */
void real_reader_on_change(struct real_reader *r, void (*fn)(void *ctx, bool present), void *ctx);

#endif
