/* A machine for device tests: no core, no second stack. Blocking steps the world where it stands; the record is kept as
 * text. */
#ifndef POSBENCH_TESTS_SIM_FAKE_PORT_H
#define POSBENCH_TESTS_SIM_FAKE_PORT_H

#include "sim/port.h"
#include "sim/slot.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

struct fake {
    struct world *world;
    struct record *record;
    struct sim_port port;
    unsigned wakes, enters, leaves;
    bool lost; /* power */
    char lines[65536];
    size_t len;
};

static inline void fake_wake(void *machine)
{
    ((struct fake *)machine)->wakes++;
}

static inline int fake_block(void *machine, uint64_t until_us, bool (*done)(const void *device), const void *device)
{
    struct fake *f = machine;
    for (;;) {
        if (f->lost)
            return HAL_E_POWER;
        if (done && done(device))
            return OK;
        if (world_next(f->world) <= until_us && world_next(f->world) != WORLD_NEVER) {
            world_step(f->world);
        } else if (world_now(f->world) < until_us) {
            assert_true(until_us != WORLD_NEVER); /* nothing will ever happen */
            world_advance(f->world, until_us);
        } else {
            return HAL_E_TIMEOUT;
        }
    }
}

static inline int fake_enter(void *machine)
{
    struct fake *f = machine;
    if (f->lost)
        return HAL_E_POWER;
    f->enters++;
    world_spend(f->world, 1);
    return OK;
}

static inline void fake_leave(void *machine)
{
    ((struct fake *)machine)->leaves++;
}

static inline void fake_line(void *ctx, const char *text, size_t len)
{
    struct fake *f = ctx;
    assert_true(f->len + len < sizeof f->lines);
    memcpy(f->lines + f->len, text, len);
    f->len += len;
    f->lines[f->len] = '\0';
}

static inline uint64_t fake_clock(void *ctx)
{
    return world_now(ctx);
}

static inline void fake_init(struct fake *f)
{
    memset(f, 0, sizeof *f);
    f->world = world_create(7);
    f->record = record_create(7);
    assert_non_null(f->world);
    assert_non_null(f->record);
    record_clock(f->record, fake_clock, f->world);
    assert_int_equal(record_sink(f->record, fake_line, f), OK);
    f->port = (struct sim_port){
        .world = f->world,
        .record = f->record,
        .terminal = 1,
        .machine = f,
        .wake = fake_wake,
        .block = fake_block,
        .enter = fake_enter,
        .leave = fake_leave,
    };
}

static inline void fake_clear(struct fake *f)
{
    record_destroy(f->record);
    world_destroy(f->world);
}

/* Takes the power away at a time, as an event. */
static inline void fake_lose(void *ctx, uint64_t arg)
{
    (void)arg;
    ((struct fake *)ctx)->lost = true;
}

static inline void fake_run(struct fake *f)
{
    while (world_step(f->world))
        ;
}

/* How many recorded lines hold this text. */
static inline unsigned fake_count(const struct fake *f, const char *text)
{
    unsigned n = 0;
    for (const char *at = f->lines; (at = strstr(at, text)); at += strlen(text))
        n++;
    return n;
}

/* A card of one answer, which counts what is done to it. */
struct fake_card {
    struct slot_card slot;
    uint8_t answer[300];
    size_t answer_len;
    uint64_t time_us;
    int rc;
    unsigned resets, warm_resets, offs, commands;
    int protocol;
    uint8_t command[HAL_TPDU_MAX];
    size_t command_len;
    const char *track2;
};

static inline int fake_card_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us)
{
    struct fake_card *c = ctx;
    c->resets++;
    c->warm_resets += warm;
    memcpy(atr, "\x3B\x00", 2);
    *atr_len = 2;
    *time_us = c->time_us;
    return c->rc;
}

static inline void fake_card_off(void *ctx)
{
    ((struct fake_card *)ctx)->offs++;
}

static inline int fake_card_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                                     size_t cap, size_t *answer_len, uint64_t *time_us)
{
    struct fake_card *c = ctx;
    c->commands++;
    c->protocol = protocol;
    memcpy(c->command, command, len);
    c->command_len = len;
    assert_true(cap >= c->answer_len);
    memcpy(answer, c->answer, c->answer_len);
    *answer_len = c->answer_len;
    *time_us = c->time_us;
    return c->rc;
}

static inline int fake_card_swipe(void *ctx, struct hal_swipe *out)
{
    struct fake_card *c = ctx;
    if (!c->track2)
        return HAL_E_UNSUPPORTED;
    *out = (struct hal_swipe){.ok = {false, true, false}};
    strcpy(out->track[1], c->track2);
    return OK;
}

static inline void fake_card_init(struct fake_card *c)
{
    static const struct slot_card_ops OPS = {fake_card_reset, fake_card_off, fake_card_exchange, fake_card_swipe, NULL};
    *c = (struct fake_card){.slot = {&OPS, c, "test-card"}, .answer = {0x90, 0x00}, .answer_len = 2, .time_us = 1000};
}

#endif
