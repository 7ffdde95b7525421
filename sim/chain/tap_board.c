/* The tap on the board: waiting, clock, random numbers, secure element, power, processor, sensors, log. */
#include "sim/chain/tap_ops.h"

TAP_THROUGH(wait, wait, (void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready), sources,
            deadline_us, flags, ready)

const struct hal_wait_ops tap_wait_ops = {.wait = wait_wait};

/* ---- clock ---- */

static uint64_t clock_now(void *ctx)
{
    struct tap *tap = ctx;
    if (tap_enter(tap) != OK)
        return HAL_FOREVER;
    uint64_t now = hal_now(&tap->under);
    tap_leave(tap, OK);
    return now;
}

static int clock_set(void *ctx, const struct hal_datetime *in)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, clock, set, in);
    if (tap_begin(tap, "clock")) {
        record_text(tap->port->record, "what", "set");
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

TAP_THROUGH(clock, get, (void *ctx, struct hal_datetime *out), out)

const struct hal_clock_ops tap_clock_ops = {.now = clock_now, .get = clock_get, .set = clock_set};

/* ---- random numbers ---- */

static int rng_bytes_op(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    static const char *const NAMES[HAL_RNG_PURPOSES] = {"unpredictable_number", "nonce", "risk", "store"};
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, rng, bytes, purpose, data, len);
    if (tap_begin(tap, "rng")) {
        record_text(tap->port->record, "purpose", (unsigned)purpose < HAL_RNG_PURPOSES ? NAMES[purpose] : "?");
        record_number(tap->port->record, "len", (int64_t)len);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

const struct hal_rng_ops tap_rng_ops = {.bytes = rng_bytes_op};

/* ---- secure element ---- */

#define NO_SLOT (-1)

static int se_done(struct tap *tap, const char *op, int slot, int rc)
{
    if (tap_begin(tap, "se")) {
        record_text(tap->port->record, "op", op);
        if (slot != NO_SLOT)
            record_number(tap->port->record, "slot", slot);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

/* An op of the secure element that leaves a line. */
#define SE_OP(op, slot_number, params, ...)                                                                            \
    static int se_##op params                                                                                          \
    {                                                                                                                  \
        struct tap *tap = ctx;                                                                                         \
        int rc = tap_enter(tap);                                                                                       \
        return rc != OK ? rc : se_done(tap, #op, slot_number, HAL_CALL(&tap->under, se, op, __VA_ARGS__));             \
    }

SE_OP(key_load, (int)slot,
      (void *ctx, unsigned slot, enum hal_key_use use, unsigned under, const uint8_t *wrapped, size_t len,
       const uint8_t kcv[4]),
      slot, use, under, wrapped, len, kcv)
SE_OP(mac, (int)slot, (void *ctx, unsigned slot, enum hal_mac kind, const uint8_t *data, size_t len, uint8_t mac[8]),
      slot, kind, data, len, mac)
SE_OP(pin_block, (int)slot,
      (void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13], uint8_t block[8]), slot, format,
      pan12, block)
SE_OP(pin_verify, NO_SLOT,
      (void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent, const uint8_t challenge[8],
       uint16_t *sw),
      p2, modulus, modulus_len, exponent, challenge, sw)
SE_OP(verify, NO_SLOT, (void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64]), data, len, signature)
SE_OP(seal, NO_SLOT, (void *ctx, const char *context, const uint8_t *data, size_t len, uint8_t *sealed), context, data,
      len, sealed)
SE_OP(unseal, NO_SLOT, (void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data), context,
      sealed, len, data)
SE_OP(floor_raise, NO_SLOT, (void *ctx, uint32_t version), version)

static int se_pin_wipe(void *ctx)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    return rc != OK ? rc : se_done(tap, "pin_wipe", NO_SLOT, HAL_CALL0(&tap->under, se, pin_wipe));
}

TAP_THROUGH(se, key_info, (void *ctx, unsigned slot, struct hal_key_info *out), slot, out)
TAP_THROUGH(se, pin_len, (void *ctx, uint8_t *len), len)
TAP_THROUGH(se, floor_get, (void *ctx, uint32_t *version), version)

const struct hal_se_ops tap_se_ops = {
    .key_info = se_key_info,
    .key_load = se_key_load,
    .mac = se_mac,
    .pin_len = se_pin_len,
    .pin_block = se_pin_block,
    .pin_wipe = se_pin_wipe,
    .pin_verify = se_pin_verify,
    .verify = se_verify,
    .seal = se_seal,
    .unseal = se_unseal,
    .floor_get = se_floor_get,
    .floor_raise = se_floor_raise,
};

/* ---- power, processor, sensors ---- */

TAP_THROUGH(power, status, (void *ctx, struct hal_power_state *out), out)
TAP_THROUGH0(power, reset)
TAP_THROUGH0(power, off)

const struct hal_power_ops tap_power_ops = {.status = power_status, .reset = power_reset, .off = power_off};

/* The image runs inside this call: it is in the core for all of it, and its own calls come and go through the tap. */
static int cpu_start(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    tap_leave(tap, OK);
    int started = HAL_CALL(&tap->under, cpu, start, area, offset, len, result);
    rc = tap_enter(tap);
    return rc != OK ? rc : tap_leave(tap, started);
}

const struct hal_cpu_ops tap_cpu_ops = {.start = cpu_start};

TAP_THROUGH(temperature, read, (void *ctx, int16_t *tenths_celsius), tenths_celsius)
const struct hal_temperature_ops tap_temperature_ops = {.read = temperature_read};

TAP_THROUGH(tamper, status, (void *ctx, bool *tampered), tampered)
const struct hal_tamper_ops tap_tamper_ops = {.status = tamper_status};

/* ---- log ---- */

static int log_write(void *ctx, enum hal_log_level level, const char *text)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, log, write, level, text);
    if (tap_begin(tap, "log")) {
        record_text(tap->port->record, "level", (unsigned)level < sizeof NAMES / sizeof *NAMES ? NAMES[level] : "?");
        record_text(tap->port->record, "text", text);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

const struct hal_log_ops tap_log_ops = {.write = log_write};
