#include "sim/devices/contactless.h"
#include "sim/devices/card_call.h"

#include <string.h>

static void activate(const struct slot_card *card)
{
    uint8_t atr[HAL_ATR_MAX] = {0};
    size_t len = 0;
    uint64_t us = 0;
    (void)card->ops->reset(card->ctx, false, atr, &len, &us);
}

static void deactivate(const struct slot_card *card)
{
    if (card->ops->power_off)
        card->ops->power_off(card->ctx);
}

static void switch_field(struct sim_contactless *d, bool on)
{
    for (unsigned i = 0; d->on != on && i < d->cards; i++)
        (on ? activate : deactivate)(&d->card[i]);
    d->on = on;
    d->changed = on && d->cards > 0; /* a field that comes up finds what lies in it */
}

static int contactless_status(void *ctx, struct hal_contactless_status *out)
{
    struct sim_contactless *d = ctx;
    *out = (struct hal_contactless_status){.card = d->on && d->cards > 0, .collision = d->on && d->cards > 1};
    d->changed = false;
    return OK;
}

static int contactless_field(void *ctx, bool on)
{
    switch_field(ctx, on);
    return OK;
}

static int contactless_exchange(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                                size_t *answer_len)
{
    struct sim_contactless *d = ctx;
    const struct card_call call = {d->port, &d->moves, SIM_CONTACTLESS_MUTE_US, SIM_CONTACTLESS_PATIENCE_US};
    if (len < 4 || len > HAL_TPDU_MAX || cap < HAL_RPDU_MAX)
        return E_INVAL;
    if (!d->on || d->cards == 0)
        return HAL_E_REMOVED;
    if (d->cards > 1)
        return HAL_E_PROTOCOL;
    return card_call_exchange(&call, &d->card[0], SLOT_CONTACTLESS, command, len, answer, cap, answer_len);
}

static const struct hal_contactless_ops CONTACTLESS_OPS = {
    .status = contactless_status,
    .field = contactless_field,
    .exchange = contactless_exchange,
};

static bool contactless_ready(const void *device)
{
    const struct sim_contactless *d = device;
    return d->changed;
}

static bool contactless_there(const void *device)
{
    const struct sim_contactless *d = device;
    return d->fitted;
}

static void contactless_reset(void *device)
{
    switch_field(device, false);
}

const struct sim_device_class sim_contactless_class = {
    .name = "contactless",
    .source = HAL_SRC_CONTACTLESS,
    .ready = contactless_ready,
    .reset = contactless_reset,
    .there = contactless_there,
};

void sim_contactless_init(struct sim_contactless *d, const struct sim_port *port, bool fitted)
{
    *d = (struct sim_contactless){.port = port, .fitted = fitted};
}

struct hal_contactless sim_contactless_hal(struct sim_contactless *d)
{
    return d->fitted ? (struct hal_contactless){&CONTACTLESS_OPS, d} : (struct hal_contactless){NULL, NULL};
}

static void moved(struct sim_contactless *d, const char *what, const struct slot_card *card)
{
    record_begin(d->port->record, d->port->terminal, "card");
    record_text(d->port->record, "what", what);
    record_text(d->port->record, "name", card->name);
    record_end(d->port->record);
    d->moves++;
    d->changed = d->on;
    d->port->wake(d->port->machine);
}

int sim_contactless_tap(struct sim_contactless *d, const struct slot_card *card)
{
    if (!d->fitted)
        return HAL_E_UNSUPPORTED;
    if (!card->ops || !card->ops->reset || !card->ops->exchange)
        return E_INVAL;
    for (unsigned i = 0; i < d->cards; i++)
        if (d->card[i].ctx == card->ctx)
            return E_STATE;
    if (d->cards == SIM_CONTACTLESS_CARDS)
        return E_LIMIT;
    d->card[d->cards++] = *card;
    if (d->on)
        activate(card);
    moved(d, "tap", card);
    return OK;
}

int sim_contactless_leave(struct sim_contactless *d, const void *card_ctx)
{
    int rc = E_STATE;
    for (unsigned i = d->cards; i-- > 0;) {
        struct slot_card card = d->card[i];
        if (card_ctx && card.ctx != card_ctx)
            continue;
        memmove(&d->card[i], &d->card[i + 1], (--d->cards - i) * sizeof *d->card);
        if (d->on)
            deactivate(&card);
        moved(d, "leave", &card);
        rc = OK;
    }
    return rc;
}
