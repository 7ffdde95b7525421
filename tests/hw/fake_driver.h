/*
 * A reader driver for the tests of hw/helper: it runs in the helper's process and is told what to do, and tells what it
 * saw, over a page that both share.
 */
#ifndef POSBENCH_TESTS_HW_FAKE_DRIVER_H
#define POSBENCH_TESTS_HW_FAKE_DRIVER_H

#include "hw/helper_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <cmocka.h>

enum fake_mood { FAKE_WELL, FAKE_HANGS, FAKE_CRASHES, FAKE_FAILS, FAKE_LIES };

struct fake {
    /* told */
    atomic_int mood_open, mood_wait, mood_call, mood_off;
    atomic_bool present;
    /* seen */
    atomic_int opened, looked, off, closed, pid;
    atomic_uint waited_ms; /* the longest time-out of wait */
    atomic_int protocol, warm, left_over;
};

static struct fake *fake;           /* the page; made once for a test program */
static const uint8_t *fake_command; /* in the helper: where the last command lay */
static size_t fake_command_len;

static inline int fake_mood(int mood)
{
    if (mood == FAKE_HANGS)
        for (;;)
            pause();
    if (mood == FAKE_CRASHES)
        abort();
    return mood == FAKE_FAILS ? HAL_E_MUTE : OK;
}

static inline int fake_wait(void *ctx, bool present, unsigned timeout_ms, bool *now)
{
    (void)ctx, (void)present;
    for (size_t i = 0; i < fake_command_len; i++) /* the frame that the command came in must be empty by now */
        fake->left_over += fake_command[i] != 0;
    if (timeout_ms > fake->waited_ms)
        fake->waited_ms = timeout_ms;
    *now = fake->present;
    int code = fake_mood(fake->mood_wait);
    fake->looked++;
    return code == OK ? OK : HAL_E_IO;
}

static inline int fake_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    (void)ctx;
    fake->warm = warm;
    memset(atr, 0x3B, HAL_ATR_MAX);
    *atr_len = fake->mood_call == FAKE_LIES ? 200 : HAL_ATR_MAX;
    return fake_mood(fake->mood_call);
}

static inline int fake_power_off(void *ctx)
{
    (void)ctx;
    fake->off++;
    return fake_mood(fake->mood_off);
}

/* Answers the command's own bytes, as many as an answer may have. */
static inline int fake_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                                size_t cap, size_t *answer_len)
{
    (void)ctx;
    fake->protocol = protocol;
    fake_command = command;
    fake_command_len = len;
    *answer_len = len < cap ? len : cap;
    memcpy(answer, command, *answer_len);
    if (fake->mood_call == FAKE_LIES)
        *answer_len = 5000;
    return fake_mood(fake->mood_call);
}

static inline void fake_close(void *ctx)
{
    (void)ctx;
    fake->closed++;
}

static inline const char *fake_trouble(void *ctx)
{
    (void)ctx;
    return "reader Fake 1 is out of sorts";
}

static const struct hw_reader_ops fake_ops = {fake_wait,     fake_power_on, fake_power_off,
                                              fake_exchange, fake_close,    fake_trouble};

static inline int fake_open(const char *spec, struct hw_reader *out, char *why, size_t why_cap)
{
    (void)spec;
    fake->pid = getpid();
    fake->opened++;
    int code = fake_mood(fake->mood_open);
    snprintf(why, why_cap, "%s", code != OK ? "there is no Fake 1; plug it in" : "");
    *out = (struct hw_reader){.ops = &fake_ops, .name = "Fake 1"};
    return code;
}

/* A cmocka setup: a fresh page, all well, no card. */
static inline int fake_setup(void **state)
{
    (void)state;
    if (!fake)
        fake = mmap(NULL, sizeof *fake, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(fake, 0, sizeof *fake);
    return 0;
}

static inline struct hw_helper *fake_start(unsigned limit_ms)
{
    struct hw_helper *h;
    char why[200];
    assert_int_equal(hw_helper_start_with(fake_open, "fake", limit_ms, &h, why, sizeof why), OK);
    assert_string_equal(why, "");
    return h;
}

/* Until the condition holds, ten seconds at most. */
#define WAIT_FOR(condition)                                                                                            \
    do {                                                                                                               \
        uint64_t until_ = helper_now_ms() + 10000;                                                                     \
        while (!(condition) && helper_now_ms() < until_)                                                               \
            usleep(1000);                                                                                              \
        assert_true(condition);                                                                                        \
    } while (0)

#endif
