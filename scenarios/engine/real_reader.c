#include "scenarios/engine/real_reader.h"

#include "hw/helper.h"

#include <stdlib.h>
#include <string.h>

#define SHORTEST_US                                                                                                    \
    1 /* a call that took no time at all reads as "as long as a mute card is waited for" (sim/devices) */

struct real_reader {
    struct hw_helper *helper;
    struct realtime *rt;
    struct terminal *terminal; /* into whose slot the card went last; NULL: nobody's */
    bool present;
    struct real_reader_tap tap; /* reset NULL: nobody listens */
    void (*changed)(void *ctx, bool present);
    void *changed_ctx;
};

/* -- the card, as the slot sees it -- */

/* What passed on the wall during a call passes in the world when the call is over. */
static uint64_t passed(const struct real_reader *r, uint64_t from_us)
{
    uint64_t now_us = realtime_wall(r->rt);
    return now_us > from_us ? now_us - from_us : SHORTEST_US;
}

static int card_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us)
{
    struct real_reader *r = ctx;
    uint64_t from_us = realtime_wall(r->rt);
    int status = hw_helper_power_on(r->helper, warm, atr, atr_len);
    *time_us = passed(r, from_us);
    if (r->tap.reset)
        r->tap.reset(r->tap.ctx, warm, status, atr, *atr_len, *time_us);
    return status;
}

static void card_power_off(void *ctx)
{
    struct real_reader *r = ctx;
    hw_helper_power_off(r->helper);
}

static int card_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    struct real_reader *r = ctx;
    uint64_t from_us = realtime_wall(r->rt);
    int status = hw_helper_exchange(r->helper, protocol, command, len, answer, cap, answer_len);
    *time_us = passed(r, from_us);
    if (r->tap.exchange)
        r->tap.exchange(r->tap.ctx, protocol, command, len, status, answer, *answer_len, *time_us);
    return status;
}

static const struct slot_card_ops CARD_OPS = {
    .reset = card_reset, .power_off = card_power_off, .exchange = card_exchange};

/* -- presence -- */

/* It may have left that slot for other reasons since. */
static bool held(const struct real_reader *r)
{
    return r->terminal && terminal_holds(r->terminal, r);
}

static int presence_fd(void *ctx)
{
    const struct real_reader *r = ctx;
    return hw_helper_fd(r->helper);
}

static void presence_told(void *ctx)
{
    struct real_reader *r = ctx;
    bool present = false;
    if (hw_helper_presence(r->helper, &present) != OK)
        present = false;
    if (present == r->present)
        return;
    r->present = present;
    if (!present && held(r))
        terminal_pull(r->terminal);
    if (r->changed)
        r->changed(r->changed_ctx, present);
}

/* -- life -- */

int real_reader_start(const char *spec, struct realtime *rt, struct real_reader **out, char *why, size_t why_cap)
{
    struct real_reader *r = calloc(1, sizeof *r);
    if (!r)
        return E_NOMEM;
    r->rt = rt;
    int status = hw_helper_start(spec, &r->helper, why, why_cap);
    if (status == OK)
        status = realtime_watch(rt, presence_fd, presence_told, r);
    if (status != OK) {
        real_reader_stop(r);
        return status;
    }
    presence_told(r); /* a card that lies in it already */
    *out = r;
    return OK;
}

void real_reader_stop(struct real_reader *r)
{
    if (!r)
        return;
    realtime_unwatch(r->rt, r);
    hw_helper_stop(r->helper);
    free(r);
}

const char *real_reader_name(const struct real_reader *r)
{
    return hw_helper_name(r->helper);
}

bool real_reader_present(const struct real_reader *r)
{
    return r->present;
}

const char *real_reader_trouble(const struct real_reader *r)
{
    return hw_helper_trouble(r->helper);
}

int real_reader_insert(struct real_reader *r, struct terminal *t)
{
    const struct slot_card card = {&CARD_OPS, r, hw_helper_name(r->helper)};
    if (!r->present)
        return HAL_E_ABSENT;
    if (held(r))
        return E_STATE;
    int status = terminal_insert(t, &card);
    if (status == OK)
        r->terminal = t;
    return status;
}

void real_reader_tap(struct real_reader *r, const struct real_reader_tap *tap)
{
    r->tap = tap ? *tap : (struct real_reader_tap){0};
}

void real_reader_on_change(struct real_reader *r, void (*fn)(void *ctx, bool present), void *ctx)
{
    r->changed = fn;
    r->changed_ctx = ctx;
}
