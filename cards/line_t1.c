/*
 * The card's side of T=1 (ISO 7816-3 11, EMV Book 1 9.2.4): blocks with sequence numbers, chaining both ways, and what
 * it may ask of the terminal. It repeats its last block as often as it is asked to: ending that is the terminal's.
 */
#include "cards/line_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define PROLOGUE 3
#define EPILOGUE 1
#define IFSD_DEFAULT 32
#define BLOCK_GUARD 22 /* etu: a block that comes sooner is not heard */
#define ERROR_EDC 1
#define ERROR_OTHER 2

enum pcb {
    I_SEQUENCE = 0x40,
    I_MORE = 0x20,
    R_BLOCK = 0x80,
    R_SEQUENCE = 0x10,
    S_RESYNCH = 0xC0,
    S_IFS = 0xC1,
    S_ABORT = 0xC2,
    S_WTX = 0xC3,
    S_RESPONSE = 0x20
};

void card_line_t1_reset(struct card_line *l)
{
    OPENSSL_cleanse(&l->t1, sizeof l->t1);
    l->t1.ifsd = IFSD_DEFAULT;
}

static uint8_t sum(const uint8_t *bytes, size_t len)
{
    uint8_t out = 0;
    for (size_t i = 0; i < len; i++)
        out ^= bytes[i];
    return out;
}

/* ---- out ---- */

/* The block in `sent`, with what a fault does to it on its way. */
static void transmit(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    bool i_block = !(t->sent[1] & 0x80);
    bool swap = i_block && card_line_once_more(l, CARD_LINE_BAD_SEQUENCE);
    bool spoil = card_line_once_more(l, CARD_LINE_BAD_LRC);
    uint32_t first = i_block && card_line_is(l, CARD_LINE_WTX) && l->active.etu ? l->active.etu : LINE_THINK;
    for (size_t i = 0; i < t->sent_len; i++) {
        uint8_t byte = t->sent[i];
        if (swap && (i == 1 || i + 1 == t->sent_len))
            byte ^= I_SEQUENCE; /* in the LRC as well: the block itself is sound */
        if (spoil && i + 1 == t->sent_len)
            byte ^= 0xFF;
        card_line_push(l, byte, i ? LINE_CHARACTER : first);
    }
}

static void send(struct card_line *l, unsigned pcb, const uint8_t *inf, size_t len)
{
    struct card_line_t1 *t = &l->t1;
    t->sent[0] = 0;
    t->sent[1] = (uint8_t)pcb;
    t->sent[2] = (uint8_t)len;
    if (len)
        memcpy(t->sent + PROLOGUE, inf, len);
    t->sent[PROLOGUE + len] = sum(t->sent, PROLOGUE + len);
    t->sent_len = PROLOGUE + len + EPILOGUE;
    transmit(l);
}

static void send_r(struct card_line *l, unsigned error)
{
    send(l, R_BLOCK | (l->t1.nr ? R_SEQUENCE : 0u) | error, NULL, 0);
}

static void send_s(struct card_line *l, unsigned pcb, unsigned value)
{
    uint8_t inf = (uint8_t)value;
    send(l, pcb, &inf, (pcb & ~(unsigned)S_RESPONSE) >= S_IFS && (pcb & ~(unsigned)S_RESPONSE) != S_ABORT);
}

static void send_answer(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    size_t left = t->answer_len - t->answer_at, len = left < t->ifsd ? left : t->ifsd;
    const uint8_t *from = t->answer + t->answer_at;
    unsigned sequence = t->ns ? I_SEQUENCE : 0;
    t->chaining = len < left;
    t->ns ^= 1;
    t->answer_at += len;
    send(l, sequence | (t->chaining ? I_MORE : 0u), from, len);
}

/* ---- in ---- */

/* The command is whole: the card works, then may have something to ask before it answers. */
static void execute(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    l->ops->apdu(l->ctx, t->command, t->command_len, t->answer, &t->answer_len);
    OPENSSL_cleanse(t->command, sizeof t->command);
    t->command_len = t->answer_at = 0;
    t->begun = false;
    if (card_line_once_more(l, CARD_LINE_WTX)) {
        t->waits_for = CARD_T1_WTX;
        send_s(l, S_WTX, l->active.value);
    } else if (card_line_is(l, CARD_LINE_IFS)) {
        t->waits_for = CARD_T1_IFS;
        send_s(l, S_IFS, l->active.value);
    } else if (card_line_is(l, CARD_LINE_ABORT)) {
        send_s(l, S_ABORT, 0);
    } else {
        send_answer(l);
    }
}

static void take_i(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    size_t len = t->in[2];
    if (!!(t->in[1] & I_SEQUENCE) != t->nr) {
        send_r(l, ERROR_OTHER);
        return;
    }
    if (!t->begun) {
        t->begun = true;
        card_line_command(l, len > 1 ? t->in[PROLOGUE + 1] : 0);
    }
    if (card_line_once_more(l, CARD_LINE_RESEND) || len > sizeof t->command - t->command_len) {
        send_r(l, ERROR_EDC);
        return;
    }
    memcpy(t->command + t->command_len, t->in + PROLOGUE, len);
    t->command_len += len;
    t->nr ^= 1;
    t->chaining = false;
    if (t->in[1] & I_MORE)
        send_r(l, 0);
    else
        execute(l);
}

/* N(R) is what the terminal wants: the next of a chain, or the last block again. */
static void take_r(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    if (t->chaining && !!(t->in[1] & R_SEQUENCE) == t->ns)
        send_answer(l);
    else
        transmit(l);
}

static void take_s(struct card_line *l)
{
    struct card_line_t1 *t = &l->t1;
    uint8_t pcb = t->in[1], value = t->in[2] ? t->in[PROLOGUE] : 0;
    if (pcb == S_IFS) {
        t->ifsd = value;
        send_s(l, S_IFS | S_RESPONSE, value);
    } else if (pcb == S_RESYNCH || pcb == S_ABORT) {
        if (pcb == S_RESYNCH)
            card_line_t1_reset(l);
        send_s(l, pcb | S_RESPONSE, 0);
    } else if (pcb == (S_WTX | S_RESPONSE) && t->waits_for == CARD_T1_WTX) {
        if (card_line_once_more(l, CARD_LINE_WTX)) {
            send_s(l, S_WTX, l->active.value);
            return;
        }
        t->waits_for = CARD_T1_READY;
        send_answer(l);
    } else if (pcb == (S_IFS | S_RESPONSE) && t->waits_for == CARD_T1_IFS) {
        t->waits_for = CARD_T1_READY;
        send_answer(l);
    } else {
        send_r(l, ERROR_OTHER);
    }
}

static void take_block(struct card_line *l)
{
    const uint8_t *in = l->t1.in;
    if (sum(in, l->t1.in_len))
        send_r(l, ERROR_EDC);
    else if (in[0])
        send_r(l, ERROR_OTHER);
    else if (!(in[1] & 0x80))
        take_i(l);
    else if (!(in[1] & 0x40))
        take_r(l);
    else
        take_s(l);
}

void card_line_t1_take(struct card_line *l, const uint8_t *bytes, size_t len, uint32_t etu)
{
    struct card_line_t1 *t = &l->t1;
    if (etu < BLOCK_GUARD)
        return;
    t->in_len = 0;
    for (size_t i = 0; i < len; i++) {
        if (t->in_len == sizeof t->in)
            return;
        t->in[t->in_len++] = bytes[i];
        if (t->in_len < PROLOGUE || t->in_len < PROLOGUE + (size_t)t->in[2] + EPILOGUE)
            continue;
        take_block(l);
        t->in_len = 0;
    }
}
