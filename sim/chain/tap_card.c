/* The tap on cards: chip reader, stripe, contactless, scanner. */
#include "sim/chain/tap_ops.h"

#include <string.h>

static void record_since(struct tap *tap, uint64_t start_us)
{
    record_number(tap->port->record, "us", (int64_t)(world_now(tap->port->world) - start_us));
}

static void record_apdu(struct tap *tap, const char *interface, const uint8_t *command, size_t len,
                        const uint8_t *answer, const size_t *answer_len, int rc, uint64_t start_us)
{
    if (!tap_begin(tap, "apdu"))
        return;
    record_text(tap->port->record, "if", interface);
    record_bytes(tap->port->record, "c", command, len, RECORD_COMMAND);
    if (rc == OK)
        record_bytes(tap->port->record, "r", answer, *answer_len, RECORD_ANSWER);
    record_since(tap, start_us);
    tap_end(tap, rc);
}

/* ---- chip reader ---- */

static int reader_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, reader, power_on, warm, atr, atr_len);
    if (tap_begin(tap, "atr")) {
        if (rc == OK)
            record_bytes(tap->port->record, "hex", atr, *atr_len, RECORD_PLAIN);
        record_flag(tap->port->record, "warm", warm);
        tap_end(tap, rc);
    }
    tap_l1_reset(tap, atr, rc == OK ? *atr_len : 0);
    return tap_leave(tap, rc);
}

static int reader_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                           size_t *answer_len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    uint64_t start_us = world_now(tap->port->world);
    rc = HAL_CALL(&tap->under, reader, exchange, protocol, command, len, answer, cap, answer_len);
    record_apdu(tap, NULL, command, len, answer, answer_len, rc, start_us);
    return tap_leave(tap, rc);
}

TAP_THROUGH(reader, status, (void *ctx, struct hal_reader_status *out), out)
TAP_THROUGH(reader, level, (void *ctx, enum hal_reader_level *out), out)

static int reader_power_off(void *ctx)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    tap_l1_reset(tap, NULL, 0);
    return tap_leave(tap, HAL_CALL0(&tap->under, reader, power_off));
}

static int reader_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    uint64_t start_us = world_now(tap->port->world);
    rc = HAL_CALL(&tap->under, reader, send, bytes, len);
    tap_l1_sent(tap, bytes, len, rc, start_us);
    return tap_leave(tap, rc);
}

static int reader_receive(void *ctx, uint64_t deadline_us, uint8_t *byte)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, reader, receive, deadline_us, byte);
    tap_l1_got(tap, rc == OK ? *byte : 0, rc);
    return tap_leave(tap, rc);
}

const struct hal_reader_ops tap_reader_ops = {
    .status = reader_status,
    .level = reader_level,
    .power_on = reader_power_on,
    .power_off = reader_power_off,
    .exchange = reader_exchange,
    .send = reader_send,
    .receive = reader_receive,
};

/* ---- stripe ---- */

/* A track as it may be shown: separators, the first 6 and last 4 digits of the PAN, and stars for all else. The PAN is
 * the first run of digits, if it has the length of one (ISO 7812: at most 19, and track 3 has two more before it). */
static void mask_track(const char *track, char out[HAL_TRACK_MAX + 1])
{
    size_t len = strnlen(track, HAL_TRACK_MAX);
    size_t start = strcspn(track, "0123456789"), digits = strspn(track + start, "0123456789");
    for (size_t i = 0; i < len; i++) {
        bool head = i >= start && i < start + 6, tail = i + 4 >= start + digits && i < start + digits;
        bool shown = strchr("=^", track[i]) || (digits >= 12 && digits <= 21 && (head || tail));
        out[i] = shown ? track[i] : '*';
    }
    out[len] = '\0';
}

static int magstripe_read(void *ctx, struct hal_swipe *out)
{
    static const char *const KEYS[3] = {"t1", "t2", "t3"};
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, magstripe, read, out);
    if (rc == OK && tap_begin(tap, "swipe")) {
        int64_t ok = 0;
        for (size_t i = 0; i < 3; i++) {
            char shown[HAL_TRACK_MAX + 1];
            mask_track(out->track[i], shown);
            record_text(tap->port->record, KEYS[i], shown[0] ? shown : NULL);
            ok |= out->ok[i] ? 1 << i : 0;
        }
        record_number(tap->port->record, "ok", ok); /* bit 0: track 1 */
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

TAP_THROUGH(magstripe, enable, (void *ctx, bool on), on)

const struct hal_magstripe_ops tap_magstripe_ops = {.enable = magstripe_enable, .read = magstripe_read};

/* ---- contactless and scanner ---- */

static int contactless_exchange(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                                size_t *answer_len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    uint64_t start_us = world_now(tap->port->world);
    rc = HAL_CALL(&tap->under, contactless, exchange, command, len, answer, cap, answer_len);
    record_apdu(tap, "cl", command, len, answer, answer_len, rc, start_us);
    return tap_leave(tap, rc);
}

TAP_THROUGH(contactless, status, (void *ctx, struct hal_contactless_status *out), out)
TAP_THROUGH(contactless, field, (void *ctx, bool on), on)

const struct hal_contactless_ops tap_contactless_ops = {
    .status = contactless_status,
    .field = contactless_field,
    .exchange = contactless_exchange,
};

TAP_THROUGH(scanner, enable, (void *ctx, bool on), on)
TAP_THROUGH(scanner, read, (void *ctx, char *text, size_t cap), text, cap)

const struct hal_scanner_ops tap_scanner_ops = {.enable = scanner_enable, .read = scanner_read};
