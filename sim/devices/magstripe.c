#include "sim/devices/magstripe.h"

#include <string.h>

static void forget(struct sim_magstripe *d)
{
    explicit_bzero(&d->last, sizeof d->last);
    d->there = false;
}

static int magstripe_enable(void *ctx, bool on)
{
    struct sim_magstripe *d = ctx;
    d->enabled = on;
    if (!on)
        forget(d);
    return OK;
}

static int magstripe_read(void *ctx, struct hal_swipe *out)
{
    struct sim_magstripe *d = ctx;
    if (!d->there)
        return HAL_E_EMPTY;
    *out = d->last;
    forget(d);
    return OK;
}

static const struct hal_magstripe_ops MAGSTRIPE_OPS = {.enable = magstripe_enable, .read = magstripe_read};

static bool magstripe_ready(const void *device)
{
    const struct sim_magstripe *d = device;
    return d->there;
}

static void magstripe_reset(void *device)
{
    struct sim_magstripe *d = device;
    d->enabled = false;
    forget(d);
}

const struct sim_device_class sim_magstripe_class = {
    .name = "magstripe",
    .source = HAL_SRC_MAGSTRIPE,
    .ready = magstripe_ready,
    .reset = magstripe_reset,
};

void sim_magstripe_init(struct sim_magstripe *d, const struct sim_port *port)
{
    *d = (struct sim_magstripe){.port = port};
}

struct hal_magstripe sim_magstripe_hal(struct sim_magstripe *d)
{
    return (struct hal_magstripe){&MAGSTRIPE_OPS, d};
}

int sim_magstripe_swipe(struct sim_magstripe *d, const struct slot_card *card)
{
    struct hal_swipe swipe = {0};
    int rc = card->ops && card->ops->swipe ? card->ops->swipe(card->ctx, &swipe) : HAL_E_UNSUPPORTED;
    if (rc != OK)
        goto cleanup;
    record_begin(d->port->record, d->port->terminal, "card");
    record_text(d->port->record, "what", "swipe");
    record_text(d->port->record, "name", card->name);
    record_end(d->port->record);
    if (!d->enabled)
        goto cleanup;
    for (size_t i = 0; i < 3; i++)
        swipe.track[i][HAL_TRACK_MAX] = '\0';
    d->last = swipe;
    d->there = true;
    d->port->wake(d->port->machine);

cleanup:
    explicit_bzero(&swipe, sizeof swipe);
    return rc;
}
