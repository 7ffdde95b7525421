/* The tape of a recording. Filled by record_card_play.c. */
#include "scenarios/engine/record_card_tape.h"

#include <string.h>

/* The next free event, cleared by whoever made the tape; NULL: it is full. */
static struct tape_event *next(struct card_tape *t)
{
    if (t->count < TAPE_EVENTS)
        return &t->event[t->count];
    t->lost++;
    return NULL;
}

static void keep_answer(struct tape_event *e, int status, const uint8_t *answer, size_t len, uint64_t time_us)
{
    e->status = status == OK && len > sizeof e->answer ? E_LIMIT : status; /* no card may answer that much */
    e->time_us = time_us;
    e->answer_len = e->status == OK ? len : 0;
    if (e->answer_len)
        memcpy(e->answer, answer, e->answer_len);
}

void tape_reset(struct card_tape *t, bool warm, int status, const uint8_t *atr, size_t atr_len, uint64_t time_us)
{
    struct tape_event *e = next(t);
    if (!e)
        return;
    e->kind = TAPE_RESET;
    e->warm = warm;
    keep_answer(e, status, atr, atr_len, time_us);
    t->count++;
}

void tape_exchange(struct card_tape *t, int protocol, const uint8_t *command, size_t len, int status,
                   const uint8_t *answer, size_t answer_len, uint64_t time_us)
{
    struct tape_event *e = next(t);
    if (!e)
        return;
    e->kind = TAPE_EXCHANGE;
    e->protocol = protocol;
    e->len = len < sizeof e->command ? len : sizeof e->command;
    memcpy(e->command, command, e->len);
    keep_answer(e, status, answer, answer_len, time_us);
    t->count++;
}

void tape_gone(struct card_tape *t, bool taken)
{
    const struct tape_event *last = t->count ? &t->event[t->count - 1] : NULL;
    struct tape_event *e = next(t);
    bool told = last && (last->kind == TAPE_REMOVED || last->kind == TAPE_TAKEN ||
                         (last->kind == TAPE_EXCHANGE && last->status == HAL_E_REMOVED));
    if (!e || told)
        return;
    e->kind = taken ? TAPE_TAKEN : TAPE_REMOVED;
    t->count++;
}
