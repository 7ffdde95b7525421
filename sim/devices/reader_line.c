/*
 * The reader at character level (ISO 7816-3 clauses 7 to 10): what its hardware does with each character. It collects
 * the ATR within the times of EMV Book 1 8.1, takes speed and guard time from it, sends, receives, and has a character
 * repeated whose parity was wrong, at most three times. Protocols are core/icc's.
 *
 * The card has no clock: it says how many etu after the last leading edge its next character comes. A character that
 * nobody has waited for yet is still to come; what the terminal sends meanwhile takes it away.
 */
#include "sim/devices/reader_internal.h"

#include "core/codec/atr.h"

#include <string.h>

#define ETU_CLOCKS 372u
#define US_A_SECOND 1000000u
#define CHARACTER_ETU 12u /* start bit, 8 bits, parity, guard time of two */
#define REPEATED_ETU 14u  /* a character and the error signal before it is sent again */
#define REPEATS_MAX 3u
#define FIRST_ETU 112u   /* 42,000 clocks from RST to the ATR, in whole etu */
#define GAP_ETU 10080u   /* between two characters of an ATR */
#define WHOLE_ETU 20160u /* of the whole ATR */

static uint64_t etu_us(uint64_t etu, unsigned rate)
{
    uint64_t divisor = (uint64_t)HAL_READER_CLOCK_HZ * rate;
    return (etu * ETU_CLOCKS * US_A_SECOND + divisor - 1) / divisor;
}

static const struct slot_line_ops *line_of(const struct sim_reader *d)
{
    return d->card.ops->line;
}

/* The whole etu since the last leading edge, from now. */
static uint32_t since_edge(const struct sim_reader *d)
{
    uint64_t us = world_now(d->port->world) - d->line.edge_us;
    uint64_t etu = us * HAL_READER_CLOCK_HZ / US_A_SECOND * d->line.rate / ETU_CLOCKS;
    return etu < UINT32_MAX ? (uint32_t)etu : UINT32_MAX;
}

/* ---- activation ---- */

/* One character of the ATR, at most `limit` etu after the last: OK, HAL_E_MUTE, HAL_E_REMOVED, HAL_E_POWER. */
static int atr_character(struct sim_reader *d, uint32_t limit, uint8_t *byte, uint32_t *etu)
{
    struct slot_char c = {0};
    bool comes = line_of(d)->next(d->card.ctx, true, &c) && c.etu <= limit;
    uint64_t edge = d->line.edge_us + etu_us(comes ? c.etu : limit, 1);
    int rc = reader_block(d, comes ? edge + etu_us(CHARACTER_ETU, 1) : edge);
    if (rc != OK)
        return rc;
    d->line.edge_us = edge;
    *etu = comes ? c.etu : limit;
    *byte = c.value;
    return comes ? OK : HAL_E_MUTE;
}

static int collect_atr(struct sim_reader *d, uint8_t atr[HAL_ATR_MAX], size_t *len)
{
    uint32_t whole = 0, etu;
    *len = 0;
    d->line.edge_us = world_now(d->port->world);
    while (atr_missing(atr, *len)) {
        if (*len == HAL_ATR_MAX)
            return HAL_E_PROTOCOL;
        uint32_t left = WHOLE_ETU - whole, limit = *len == 0 ? FIRST_ETU : left < GAP_ETU ? left : GAP_ETU;
        int rc = atr_character(d, limit, &atr[*len], &etu);
        if (rc != OK)
            return rc;
        whole += *len ? etu : 0;
        ++*len;
    }
    return OK;
}

int reader_line_power_on(struct sim_reader *d, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    uint8_t heard[HAL_ATR_MAX] = {0};
    size_t len = 0;
    struct atr parsed;
    const char *why;
    if (!line_of(d))
        return HAL_E_IO; /* a card that can only answer whole commands has no contacts for this reader */
    int rc = line_of(d)->reset(d->card.ctx, warm);
    d->powered = true;
    if (rc == OK)
        rc = collect_atr(d, heard, &len);
    else if (rc == HAL_E_MUTE)
        rc = reader_block(d, world_now(d->port->world) + SIM_READER_MUTE_RESET_US) == HAL_E_POWER ? HAL_E_POWER : rc;
    if (rc == HAL_E_REMOVED)
        return HAL_E_ABSENT;
    d->powered = rc == OK;
    if (rc != OK)
        return rc;
    atr_parse(heard, len, &parsed, &why); /* whatever it is worth: the core judges it */
    d->line.rate = atr_rate(&parsed);
    d->line.guard = (uint32_t)((int)CHARACTER_ETU + atr_extra_guard(&parsed));
    d->line.t0 = parsed.protocol == 0;
    memcpy(atr, heard, len);
    *atr_len = len;
    return OK;
}

/* ---- exchange ---- */

int reader_line_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct sim_reader *d = ctx;
    if (!d->character)
        return HAL_E_UNSUPPORTED;
    if (!sim_reader_has_card(d))
        return HAL_E_REMOVED;
    if (!d->powered)
        return E_STATE;
    if (len == 0)
        return E_INVAL;
    uint32_t after = since_edge(d);
    uint64_t edge = world_now(d->port->world) + etu_us((len - 1) * d->line.guard, d->line.rate);
    int rc = reader_block(d, edge + etu_us(CHARACTER_ETU, d->line.rate));
    if (rc != OK)
        return rc;
    d->line.edge_us = edge;
    line_of(d)->take(d->card.ctx, bytes, len, after);
    return OK;
}

int reader_line_receive(void *ctx, uint64_t deadline_us, uint8_t *byte)
{
    struct sim_reader *d = ctx;
    struct slot_char c = {0};
    if (!d->character)
        return HAL_E_UNSUPPORTED;
    if (!sim_reader_has_card(d))
        return HAL_E_REMOVED;
    if (!d->powered)
        return E_STATE;
    bool comes = line_of(d)->next(d->card.ctx, false, &c);
    uint64_t edge = !comes ? 0 : d->line.edge_us + etu_us(c.etu, d->line.rate);
    uint8_t repeats = !comes || c.bad_parity < REPEATS_MAX + 1 ? c.bad_parity : REPEATS_MAX + 1;
    if (comes && d->line.t0)
        edge += etu_us(repeats * REPEATED_ETU, d->line.rate);
    uint64_t over = edge + etu_us(CHARACTER_ETU, d->line.rate);
    uint64_t until_us = d->clock ? sim_clock_world_us(d->clock, deadline_us) : deadline_us;
    if (!comes || over > until_us) {
        int rc = reader_block(d, until_us);
        return rc == OK ? HAL_E_TIMEOUT : rc;
    }
    int rc = reader_block(d, over);
    if (rc != OK)
        return rc;
    line_of(d)->next(d->card.ctx, true, &c);
    d->line.edge_us = edge;
    if (d->line.t0 && c.bad_parity > REPEATS_MAX)
        return HAL_E_PROTOCOL;
    *byte = c.value ^ (c.bad_parity && !d->line.t0 ? 0x01 : 0x00); /* T=1 repeats blocks, not characters */
    return OK;
}
