#include "sim/devices/log.h"

static int log_write(void *ctx, enum hal_log_level level, const char *text)
{
    struct sim_log *d = ctx;
    if (!text || level < HAL_LOG_DEBUG || level > HAL_LOG_ERROR)
        return E_INVAL;
    d->lines++;
    return OK;
}

static const struct hal_log_ops LOG_OPS = {.write = log_write};

static void log_reset(void *device)
{
    struct sim_log *d = device;
    d->lines = 0;
}

const struct sim_device_class sim_log_class = {.name = "log", .reset = log_reset};

void sim_log_init(struct sim_log *d, const struct sim_port *port)
{
    *d = (struct sim_log){.port = port};
}

struct hal_log sim_log_hal(struct sim_log *d)
{
    return (struct hal_log){&LOG_OPS, d};
}
