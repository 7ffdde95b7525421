#include "sim/chain/tap.h"

#include "sim/chain/tap_ops.h"

#include <string.h>

int tap_enter(struct tap *tap)
{
    return tap->port->enter(tap->port->machine);
}

int tap_leave(struct tap *tap, int rc)
{
    tap->port->leave(tap->port->machine);
    return rc;
}

bool tap_begin(struct tap *tap, const char *kind)
{
    if (!record_on(tap->port->record))
        return false;
    record_begin(tap->port->record, tap->port->terminal, kind);
    return true;
}

void tap_end(struct tap *tap, int rc)
{
    record_text(tap->port->record, "err", rc == OK ? NULL : status_name(rc));
    record_end(tap->port->record);
}

void tap_init(struct tap *tap, const struct sim_port *port, const struct hal *under, struct hal *out)
{
    *tap = (struct tap){.port = port, .under = *under, .fs_ops = tap_fs_ops};
    tap->fs_ops.sector_size = under->fs.ops ? under->fs.ops->sector_size : 0;
#define TAP_DEVICE(name) out->name = (struct hal_##name){&tap_##name##_ops, tap};
    HAL_DEVICES(TAP_DEVICE)
#undef TAP_DEVICE
    out->fs.ops = &tap->fs_ops;
}

void tap_reset(struct tap *tap)
{
    memset(tap->files, 0, sizeof tap->files);
    l1_watch_close(&tap->l1);
    tap->open = false;
}

void tap_catalogue(struct tap *tap, const struct firmware_screen *screens)
{
    tap->screens = screens;
}

void tap_storage_ops(struct tap *tap, uint64_t (*count)(const void *ctx), const void *ctx)
{
    tap->storage_ops = count;
    tap->storage_ctx = ctx;
}
