/* See l1_watch.h: T=0 by its procedure bytes, T=1 by its blocks (ISO 7816-3 clauses 10 and 11). */
#include "sim/chain/l1_watch.h"

#include "core/codec/atr.h"

#include <string.h>

#define PROLOGUE 3
#define EPILOGUE 1
#define NULL_BYTE 0x60
#define I_SEQUENCE 0x40
#define I_MORE 0x20
#define S_RESYNCH_RESPONSE 0xE0

void l1_watch_reset(struct l1_watch *w, const uint8_t *bytes, size_t len)
{
    struct atr atr;
    const char *why;
    explicit_bzero(w, sizeof *w);
    atr_parse(bytes, len, &atr, &why);
    w->protocol = atr.protocol == 1;
}

void l1_watch_close(struct l1_watch *w)
{
    explicit_bzero(w->command, sizeof w->command);
    explicit_bzero(w->answer, sizeof w->answer);
    w->command_len = w->answer_len = 0;
    w->open = false;
    w->state = L1_IDLE;
    w->nulls = w->singles = 0;
}

static void append(uint8_t *to, size_t cap, size_t *at, const uint8_t *bytes, size_t len)
{
    if (len > cap - *at)
        len = cap - *at;
    memcpy(to + *at, bytes, len);
    *at += len;
}

static unsigned begin(struct l1_watch *w)
{
    l1_watch_close(w);
    w->open = true;
    return L1_BEGUN;
}

/* ---- T=0 ---- */

static unsigned t0_sent(struct l1_watch *w, const uint8_t *bytes, size_t len)
{
    unsigned event = w->state == L1_DATA ? L1_NOTHING : begin(w);
    append(w->command, sizeof w->command, &w->command_len, bytes, len);
    w->state = L1_PROCEDURE;
    return event;
}

static size_t asked(const struct l1_watch *w)
{
    return w->command[4] ? w->command[4] : 256;
}

static unsigned t0_got(struct l1_watch *w, uint8_t byte)
{
    uint8_t ins = w->command[1], one = (uint8_t)~ins;
    if (!w->open)
        return L1_NOTHING;
    if (w->state == L1_DATA) {
        append(w->answer, sizeof w->answer, &w->answer_len, &byte, 1);
        if (w->one || w->answer_len >= asked(w))
            w->state = L1_PROCEDURE;
        return L1_NOTHING;
    }
    if (w->state == L1_SW2) {
        append(w->answer, sizeof w->answer, &w->answer_len, &byte, 1);
        w->state = L1_IDLE;
        return L1_WHOLE | L1_SW;
    }
    if (byte == NULL_BYTE) {
        w->nulls++;
    } else if (byte == ins || byte == one) {
        w->one = byte == one;
        w->singles += w->one;
        w->state = L1_DATA;
    } else if ((byte & 0xF0) == 0x60 || (byte & 0xF0) == 0x90) {
        append(w->answer, sizeof w->answer, &w->answer_len, &byte, 1);
        w->state = L1_SW2;
        return L1_SW;
    }
    return L1_NOTHING;
}

/* ---- T=1 ---- */

static unsigned t1_sent(struct l1_watch *w, const uint8_t *bytes, size_t len)
{
    unsigned event = L1_NOTHING;
    w->block_len = 0;
    if (len < PROLOGUE + EPILOGUE || bytes[1] & 0x80)
        return event;
    uint8_t sequence = !!(bytes[1] & I_SEQUENCE);
    if (sequence != w->sent_sequence)
        return event; /* once more */
    if (!w->chained)
        event = begin(w);
    w->sent_sequence ^= 1;
    w->chained = bytes[1] & I_MORE;
    append(w->command, sizeof w->command, &w->command_len, bytes + PROLOGUE, len - PROLOGUE - EPILOGUE);
    return event;
}

static unsigned t1_got(struct l1_watch *w, uint8_t byte)
{
    uint8_t sum = 0;
    if (w->block_len == sizeof w->block)
        return L1_NOTHING;
    w->block[w->block_len++] = byte;
    if (w->block_len < PROLOGUE || w->block_len != PROLOGUE + (size_t)w->block[2] + EPILOGUE)
        return L1_NOTHING;
    for (size_t i = 0; i < w->block_len; i++)
        sum ^= w->block[i];
    w->block_ok = sum == 0;
    if (!w->block_ok)
        return L1_BLOCK;
    if (w->block[1] == S_RESYNCH_RESPONSE)
        w->sent_sequence = w->got_sequence = 0;
    if (w->block[1] & 0x80 || !!(w->block[1] & I_SEQUENCE) != w->got_sequence || !w->open)
        return L1_BLOCK;
    w->got_sequence ^= 1;
    append(w->answer, sizeof w->answer, &w->answer_len, w->block + PROLOGUE, w->block[2]);
    return w->block[1] & I_MORE ? L1_BLOCK : L1_BLOCK | L1_WHOLE;
}

unsigned l1_watch_sent(struct l1_watch *w, const uint8_t *bytes, size_t len)
{
    return w->protocol == 1 ? t1_sent(w, bytes, len) : t0_sent(w, bytes, len);
}

unsigned l1_watch_got(struct l1_watch *w, uint8_t byte)
{
    return w->protocol == 1 ? t1_got(w, byte) : t0_got(w, byte);
}
