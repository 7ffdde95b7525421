/* See line.h: the queue of characters, faults and when they are due, the reset. */
#include "cards/line_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define TS_WRONG 0x3A
#define FIRST_ETU 54 /* from RST: 20,000 of 400 to 40,000 clocks */
#define ATR_LONGEST 40

void card_line_init(struct card_line *l, const struct card_line_ops *ops, void *ctx)
{
    memset(l, 0, sizeof *l);
    l->ops = ops;
    l->ctx = ctx;
}

/* ---- faults ---- */

int card_line_fault(struct card_line *l, const struct card_line_fault *fault)
{
    if (fault->kind <= CARD_LINE_NONE || fault->kind >= CARD_LINE_KINDS)
        return E_INVAL;
    if (l->fault_count == CARD_LINE_FAULTS)
        return E_LIMIT;
    l->faults[l->fault_count] = *fault;
    l->matches[l->fault_count++] = 0;
    return OK;
}

void card_line_heal(struct card_line *l)
{
    l->fault_count = 0;
    l->active = (struct card_line_fault){0};
}

/* Every fault that fits has seen one more match; the first that is due acts, alone. */
static void find_due(struct card_line *l, bool at_reset, uint8_t ins)
{
    l->active = (struct card_line_fault){0};
    for (size_t i = 0; i < l->fault_count; i++) {
        const struct card_line_fault *f = &l->faults[i];
        if (f->at_reset != at_reset || (!at_reset && f->ins && f->ins != ins))
            continue;
        l->matches[i]++;
        if (!l->active.kind && (f->nth == 0 || f->nth == l->matches[i]))
            l->active = *f;
    }
    l->left = l->active.times;
    l->pushed = 0;
}

void card_line_command(struct card_line *l, uint8_t ins)
{
    find_due(l, false, ins);
}

bool card_line_is(const struct card_line *l, enum card_line_kind kind)
{
    return l->active.kind == kind;
}

bool card_line_once_more(struct card_line *l, enum card_line_kind kind)
{
    if (l->active.kind != kind)
        return false;
    if (l->active.times == 0)
        return true;
    if (l->left == 0)
        return false;
    l->left--;
    return true;
}

/* ---- characters ---- */

static void append(struct card_line *l, const struct card_line_char *c)
{
    if (l->count == CARD_LINE_QUEUE)
        return;
    l->queue[(l->head + l->count) % CARD_LINE_QUEUE] = *c;
    l->count++;
}

void card_line_push(struct card_line *l, uint8_t value, uint32_t etu)
{
    struct card_line_char c = {.value = value, .etu = etu};
    unsigned at = l->pushed++;
    if (card_line_is(l, CARD_LINE_SILENT) && at >= l->active.byte)
        return;
    if (card_line_is(l, CARD_LINE_SLOW) && at == l->active.byte)
        c.etu = l->active.etu;
    if (card_line_is(l, CARD_LINE_PARITY) && at == l->active.byte)
        c.bad_parity = (uint8_t)(l->active.times < UINT8_MAX ? l->active.times : UINT8_MAX);
    append(l, &c);
}

bool card_line_next(struct card_line *l, bool take, struct card_line_char *out)
{
    /* a storm of NULLs is no longer than it has to be: one stands in the queue at a time */
    if (l->count == 0 && card_line_is(l, CARD_LINE_NULLS) && l->active.times == 0 && l->t0.have)
        append(l, &(struct card_line_char){.value = 0x60, .etu = l->active.etu ? l->active.etu : LINE_CHARACTER});
    if (l->count == 0)
        return false;
    *out = l->queue[l->head];
    if (take) {
        l->head = (l->head + 1) % CARD_LINE_QUEUE;
        l->count--;
    }
    return true;
}

void card_line_take(struct card_line *l, const uint8_t *bytes, size_t len, uint32_t etu)
{
    l->count = 0;
    if (l->protocol == 1)
        card_line_t1_take(l, bytes, len, etu);
    for (size_t i = 0; l->protocol == 0 && i < len; i++)
        card_line_t0_take(l, bytes[i]);
}

/* ---- reset ---- */

/* The ATR as it is sent. */
static size_t spoil_atr(const struct card_line *l, uint8_t out[ATR_LONGEST], size_t len)
{
    if (card_line_is(l, CARD_LINE_BAD_TS) && len)
        out[0] = TS_WRONG;
    if (card_line_is(l, CARD_LINE_BAD_TCK) && len)
        out[len - 1] ^= 0xFF;
    if (!card_line_is(l, CARD_LINE_ENDLESS))
        return len;
    for (size_t i = 1; i < ATR_LONGEST; i++) /* each TDi announces four more characters */
        out[i] = i == 1 ? 0xF0 : i % 4 == 1 ? 0xF1 : 0x00;
    return ATR_LONGEST;
}

void card_line_reset(struct card_line *l, bool warm, const uint8_t *atr, size_t atr_len, int protocol)
{
    uint8_t out[ATR_LONGEST] = {0};
    size_t len = atr_len < ATR_LONGEST ? atr_len : ATR_LONGEST;
    if (!warm)
        memset(l->matches, 0, sizeof l->matches);
    l->head = l->count = 0;
    l->protocol = protocol;
    OPENSSL_cleanse(&l->t0, sizeof l->t0);
    card_line_t1_reset(l);
    find_due(l, true, 0);
    memcpy(out, atr, len);
    len = spoil_atr(l, out, len);
    for (size_t i = 0; i < len; i++)
        card_line_push(l, out[i], i ? LINE_CHARACTER : FIRST_ETU);
}
