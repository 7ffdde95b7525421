#include "sim/devices/clock.h"

#define US_PER_SECOND UINT64_C(1000000)
#define FIRST_YEAR 2000u
#define LAST_YEAR 2099u

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static bool is_date(const struct hal_datetime *t)
{
    return t->year >= FIRST_YEAR && t->year <= LAST_YEAR && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= days_of_month(t->year, t->month) && t->hour < 24 && t->minute < 60 && t->second < 60;
}

static uint64_t to_seconds(const struct hal_datetime *t)
{
    uint64_t days = t->day - 1u;
    for (unsigned year = FIRST_YEAR; year < t->year; year++)
        days += is_leap(year) ? 366 : 365;
    for (unsigned month = 1; month < t->month; month++)
        days += days_of_month(t->year, month);
    return ((days * 24 + t->hour) * 60 + t->minute) * 60 + t->second;
}

/* false: past the last year, where the chip's calendar ends. */
static bool from_seconds(uint64_t seconds, struct hal_datetime *out)
{
    uint64_t days = seconds / 86400;
    unsigned rest = (unsigned)(seconds % 86400), year = FIRST_YEAR, month = 1;
    for (; year <= LAST_YEAR && days >= (is_leap(year) ? 366u : 365u); year++)
        days -= is_leap(year) ? 366u : 365u;
    if (year > LAST_YEAR)
        return false;
    for (; days >= days_of_month(year, month); month++)
        days -= days_of_month(year, month);
    *out = (struct hal_datetime){
        .year = (uint16_t)year,
        .month = (uint8_t)month,
        .day = (uint8_t)(days + 1),
        .hour = (uint8_t)(rest / 3600),
        .minute = (uint8_t)(rest / 60 % 60),
        .second = (uint8_t)(rest % 60),
    };
    return true;
}

static uint64_t clock_now(void *ctx)
{
    const struct sim_clock *d = ctx;
    return world_now(d->port->world) - d->boot_us;
}

static int clock_get(void *ctx, struct hal_datetime *out)
{
    return sim_clock_date(ctx, out);
}

struct clock_change {
    struct sim_clock *clock;
    const struct hal_datetime *to;
};

static int store_date(void *ctx)
{
    const struct clock_change *c = ctx;
    return sim_clock_adjust(c->clock, c->to);
}

static int clock_set(void *ctx, const struct hal_datetime *in)
{
    struct sim_clock *d = ctx;
    if (!in || !is_date(in))
        return E_INVAL; /* and not an operation */
    return sim_port_change(d->port, OP_CLOCK, "clock", store_date, &(struct clock_change){d, in});
}

static const struct hal_clock_ops CLOCK_OPS = {.now = clock_now, .get = clock_get, .set = clock_set};

static void clock_hash(const void *device, void (*feed)(void *ctx, const void *bytes, size_t len), void *ctx)
{
    const struct sim_clock *d = device;
    uint8_t set = d->set;
    feed(ctx, &set, sizeof set);
}

const struct sim_device_class sim_clock_class = {.name = "clock", .hash = clock_hash};

void sim_clock_init(struct sim_clock *d, const struct sim_port *port)
{
    *d = (struct sim_clock){.port = port, .boot_us = world_now(port->world)};
}

struct hal_clock sim_clock_hal(struct sim_clock *d)
{
    return (struct hal_clock){&CLOCK_OPS, d};
}

void sim_clock_boot(struct sim_clock *d)
{
    d->boot_us = world_now(d->port->world);
}

int sim_clock_adjust(struct sim_clock *d, const struct hal_datetime *when)
{
    if (when && !is_date(when))
        return E_INVAL;
    d->set = when != NULL;
    d->date_us = when ? to_seconds(when) * US_PER_SECOND : 0;
    d->date_at_us = when ? world_now(d->port->world) : 0;
    return OK;
}

bool sim_clock_keep(const struct sim_clock *d, uint64_t *date_us)
{
    *date_us = d->set ? d->date_us + (world_now(d->port->world) - d->date_at_us) : 0;
    return d->set;
}

void sim_clock_bring_back(struct sim_clock *d, const uint64_t *date_us)
{
    sim_clock_init(d, d->port);
    d->set = date_us != NULL;
    d->date_us = date_us ? *date_us : 0;
    d->date_at_us = d->boot_us;
}

int sim_clock_date(const struct sim_clock *d, struct hal_datetime *out)
{
    if (!d->set)
        return HAL_E_CLOCK;
    uint64_t us = d->date_us + (world_now(d->port->world) - d->date_at_us);
    return from_seconds(us / US_PER_SECOND, out) ? OK : HAL_E_CLOCK;
}

uint64_t sim_clock_world_us(const struct sim_clock *d, uint64_t hal_us)
{
    return hal_us > WORLD_NEVER - d->boot_us ? WORLD_NEVER : hal_us + d->boot_us;
}
