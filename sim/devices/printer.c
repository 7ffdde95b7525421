#include "sim/devices/printer.h"

#include "sim/devices/cells.h"

#include <stdlib.h>
#include <string.h>

#define ROLL_FIRST 4096u
#define HALF_LINE_END "\x18\n"
#define STYLES (HAL_PRINT_DOUBLE | HAL_PRINT_CENTRE)

static bool has_room(const struct sim_printer *d, size_t len)
{
    return len <= SIM_PRINTER_ROLL_MAX - d->len;
}

/* The caller has seen to has_room. */
static int roll_add(struct sim_printer *d, const char *text, size_t len)
{
    if (d->len + len + 1 > d->cap) {
        size_t cap = d->cap ? d->cap : ROLL_FIRST;
        while (cap < d->len + len + 1)
            cap *= 2;
        char *roll = realloc(d->roll, cap);
        if (!roll)
            return E_NOMEM;
        d->roll = roll;
        d->cap = cap;
    }
    memcpy(d->roll + d->len, text, len);
    d->len += len;
    d->roll[d->len] = '\0';
    return OK;
}

/* Bytes of the first half of the characters of a clean line. */
static size_t half_of(const char *line)
{
    size_t half = strlen(line) / 2;
    while (half > 0 && ((unsigned char)line[half] & 0xC0) == 0x80)
        half--;
    return half;
}

static int wait_us(const struct sim_printer *d, uint64_t us)
{
    int rc = d->port->block(d->port->machine, world_now(d->port->world) + us, NULL, NULL);
    return rc == HAL_E_TIMEOUT ? OK : rc;
}

static int printer_status(void *ctx, struct hal_printer_state *out)
{
    struct sim_printer *d = ctx;
    *out = (struct hal_printer_state){.paper = d->paper};
    d->changed = false;
    return OK;
}

static int printer_line(void *ctx, const char *text, unsigned style)
{
    struct sim_printer *d = ctx;
    char line[SIM_PRINTER_LINE_BYTES + sizeof HALF_LINE_END];
    if (!text || (style & ~(unsigned)STYLES))
        return E_INVAL;
    cells_copy(text, SIM_PRINTER_LINE_BYTES, line, SIM_PRINTER_LINE_BYTES);
    if (d->paper && !has_room(d, sizeof line))
        sim_printer_paper(d, false);
    if (!d->paper)
        return HAL_E_PAPER;
    int rc = wait_us(d, SIM_PRINTER_LINE_US);
    if (rc == HAL_E_POWER) {
        strcpy(line + half_of(line), HALF_LINE_END);
        (void)roll_add(d, line, strlen(line)); /* nobody is left to hear of a failure */
        return rc;
    }
    if (rc != OK)
        return rc;
    if (!d->paper) /* pulled out under the head */
        return HAL_E_PAPER;
    strcat(line, "\n");
    return roll_add(d, line, strlen(line));
}

static int printer_cut(void *ctx)
{
    struct sim_printer *d = ctx;
    if (!d->paper || !has_room(d, 1))
        return HAL_E_PAPER;
    int rc = wait_us(d, SIM_PRINTER_CUT_US);
    return rc == OK ? roll_add(d, "\f", 1) : rc;
}

static const struct hal_printer_ops PRINTER_OPS = {.status = printer_status, .line = printer_line, .cut = printer_cut};

static bool printer_ready(const void *device)
{
    const struct sim_printer *d = device;
    return d->changed;
}

static void printer_reset(void *device)
{
    struct sim_printer *d = device;
    d->changed = false;
}

const struct sim_device_class sim_printer_class = {
    .name = "printer",
    .source = HAL_SRC_PRINTER,
    .ready = printer_ready,
    .reset = printer_reset,
};

void sim_printer_init(struct sim_printer *d, const struct sim_port *port)
{
    *d = (struct sim_printer){.port = port, .paper = true};
}

void sim_printer_clear(struct sim_printer *d)
{
    free(d->roll);
    d->roll = NULL;
    d->len = d->cap = 0;
}

struct hal_printer sim_printer_hal(struct sim_printer *d)
{
    return (struct hal_printer){&PRINTER_OPS, d};
}

void sim_printer_paper(struct sim_printer *d, bool there)
{
    if (d->paper == there)
        return;
    d->paper = there;
    d->changed = true;
    record_begin(d->port->record, d->port->terminal, "paper");
    record_text(d->port->record, "what", there ? "in" : "out");
    record_end(d->port->record);
    d->port->wake(d->port->machine);
}

const char *sim_printer_roll(const struct sim_printer *d)
{
    return d->roll ? d->roll : "";
}

int sim_printer_restore(struct sim_printer *d, const char *roll, bool paper)
{
    size_t len = strlen(roll);
    if (len > SIM_PRINTER_ROLL_MAX)
        return E_LIMIT;
    struct sim_printer fresh = {.port = d->port, .paper = paper};
    int rc = roll_add(&fresh, roll, len);
    if (rc != OK)
        return rc;
    sim_printer_clear(d);
    *d = fresh;
    return OK;
}
