/*
 * The tap on a chip reader at character level. The record gets the same "apdu" lines as at TPDU level, one a TPDU or
 * APDU, and "wire" for what the protocol did: a T=0 command with its procedure bytes, each block of T=1. Of a block the
 * prologue is shown, not what it carries: a PAN cut in two by a block's end could not be starred out.
 */
#include "sim/chain/tap_ops.h"

#include <string.h>

#define PROLOGUE 3

static void record_us(struct tap *tap)
{
    record_number(tap->port->record, "us", (int64_t)(world_now(tap->port->world) - tap->l1_start_us));
}

/* A block of either side, or what came of one. */
static void record_block(struct tap *tap, const char *way, const uint8_t *block, size_t len, bool whole, int rc)
{
    if (!tap_begin(tap, "wire"))
        return;
    record_text(tap->port->record, "way", way);
    record_bytes(tap->port->record, "block", block, len < PROLOGUE ? len : PROLOGUE, RECORD_PLAIN);
    if (!whole)
        record_flag(tap->port->record, "ok", false);
    tap_end(tap, rc);
}

/* What T=0 needed besides the plain procedure byte. */
static void record_procedure(struct tap *tap)
{
    const struct l1_watch *w = &tap->l1;
    if ((w->nulls == 0 && w->singles == 0) || !tap_begin(tap, "wire"))
        return;
    record_bytes(tap->port->record, "header", w->command, w->command_len < 5 ? w->command_len : 5, RECORD_PLAIN);
    record_number(tap->port->record, "nulls", w->nulls);
    record_number(tap->port->record, "singles", w->singles);
    tap_end(tap, OK);
}

static void tap_l1_end(struct tap *tap)
{
    struct l1_watch *w = &tap->l1;
    if (!w->open)
        return;
    if (w->protocol == 0)
        record_procedure(tap);
    bool whole = tap->l1_rc == OK;
    if (tap_begin(tap, "apdu")) {
        record_bytes(tap->port->record, "c", w->command, w->command_len, RECORD_COMMAND);
        if (whole)
            record_bytes(tap->port->record, "r", w->answer, w->answer_len, RECORD_ANSWER);
        record_us(tap);
        tap_end(tap, tap->l1_rc);
    }
    l1_watch_close(w);
}

/* The command before this one was never answered. */
static void abandon(struct tap *tap)
{
    if (tap->l1_rc == OK)
        tap->l1_rc = HAL_E_PROTOCOL;
    tap_l1_end(tap);
}

void tap_l1_reset(struct tap *tap, const uint8_t *atr, size_t len)
{
    abandon(tap);
    l1_watch_reset(&tap->l1, atr, len);
}

void tap_l1_sent(struct tap *tap, const uint8_t *bytes, size_t len, int rc, uint64_t start_us)
{
    struct l1_watch ahead = tap->l1;
    if (tap->l1.open && l1_watch_sent(&ahead, bytes, len) & L1_BEGUN)
        abandon(tap);
    explicit_bzero(&ahead, sizeof ahead);
    if (tap->l1.protocol == 1)
        record_block(tap, "out", bytes, len, true, rc);
    if (l1_watch_sent(&tap->l1, bytes, len) & L1_BEGUN)
        tap->l1_start_us = start_us;
    tap->l1_rc = rc;
}

void tap_l1_got(struct tap *tap, uint8_t byte, int rc)
{
    struct l1_watch *w = &tap->l1;
    tap->l1_rc = rc;
    if (rc != OK) {
        if (w->protocol == 1 && w->block_len < sizeof w->block)
            record_block(tap, "in", w->block, w->block_len, false, rc);
        return;
    }
    unsigned events = l1_watch_got(w, byte);
    if (events & L1_BLOCK)
        record_block(tap, "in", w->block, w->block_len, w->block_ok, OK);
    if (events & L1_WHOLE)
        tap_l1_end(tap);
}
