/*
 * The card's side of T=1 (ISO 7816-3, 11), written from the standard alone: what a terminal's side is tested against
 * must not share its errors. LRC only. The host's chain is put together, the card's answer is cut to the host's IFSD.
 */
#include "mock.h"

#include <string.h>

enum { I_BLOCK_MORE = 0x20, I_BLOCK_SEQUENCE = 0x40, R_BLOCK = 0x80, R_SEQUENCE = 0x10, S_BLOCK = 0xC0 };
enum { S_RESYNCH = 0xC0, S_IFS = 0xC1, S_ABORT = 0xC2, S_WTX = 0xC3, S_ANSWER = 0x20 };

void mock_t1_reset(struct mock_t1 *t, struct card *card, uint8_t ifsc)
{
    memset(t, 0, sizeof *t);
    t->card = card;
    t->ifsd = 32; /* until the host says otherwise */
    t->ifsc = ifsc;
}

static size_t block(struct mock_t1 *t, uint8_t pcb, const uint8_t *inf, size_t len, uint8_t *out)
{
    uint8_t check = 0;
    out[0] = 0;
    out[1] = pcb;
    out[2] = (uint8_t)len;
    if (len > 0)
        memcpy(out + 3, inf, len);
    for (size_t i = 0; i < 3 + len; i++)
        check ^= out[i];
    out[3 + len] = check;
    memcpy(t->last, out, len + 4);
    t->last_len = len + 4;
    return len + 4;
}

static size_t again(struct mock_t1 *t, uint8_t *out)
{
    memcpy(out, t->last, t->last_len);
    return t->last_len;
}

static size_t refuse(struct mock_t1 *t, unsigned error, uint8_t *out)
{
    uint8_t pcb = (uint8_t)(R_BLOCK | (t->want_sequence ? R_SEQUENCE : 0) | error);
    size_t kept_len = t->last_len;
    uint8_t kept[260];
    memcpy(kept, t->last, kept_len);
    size_t len = block(t, pcb, NULL, 0, out);
    memcpy(t->last, kept, kept_len); /* a refusal is not what the host asks for again */
    t->last_len = kept_len;
    return len;
}

static size_t next_piece(struct mock_t1 *t, uint8_t *out)
{
    if (t->waits > 0) {
        t->waits--;
        return block(t, S_WTX, (const uint8_t[]){2}, 1, out);
    }
    size_t left = t->answer_len - t->answer_at, n = left < t->ifsd ? left : t->ifsd;
    uint8_t pcb = (uint8_t)((t->send_sequence ? I_BLOCK_SEQUENCE : 0) | (n < left ? I_BLOCK_MORE : 0));
    size_t len = block(t, pcb, t->answer + t->answer_at, n, out);
    t->answer_at += n;
    t->send_sequence ^= 1;
    return len;
}

static size_t take_command(struct mock_t1 *t, uint8_t pcb, const uint8_t *inf, size_t len, uint8_t *out)
{
    if (len > t->ifsc || t->command_len + len > sizeof t->command)
        return refuse(t, 2, out);
    memcpy(t->command + t->command_len, inf, len);
    t->command_len += len;
    t->want_sequence ^= 1;
    if (pcb & I_BLOCK_MORE)
        return block(t, (uint8_t)(R_BLOCK | (t->want_sequence ? R_SEQUENCE : 0)), NULL, 0, out);
    card_apdu(t->card, t->command, t->command_len, t->answer, &t->answer_len);
    t->command_len = 0;
    t->answer_at = 0;
    return next_piece(t, out);
}

static size_t supervise(struct mock_t1 *t, uint8_t pcb, const uint8_t *inf, size_t len, uint8_t *out)
{
    switch (pcb) {
    case S_IFS:
        if (len == 1 && inf[0] >= 1 && inf[0] <= 254)
            t->ifsd = inf[0];
        return block(t, S_IFS | S_ANSWER, inf, len, out);
    case S_RESYNCH:
        t->send_sequence = t->want_sequence = 0;
        t->command_len = 0;
        return block(t, S_RESYNCH | S_ANSWER, NULL, 0, out);
    case S_WTX | S_ANSWER:
        return next_piece(t, out);
    default:
        return refuse(t, 2, out);
    }
}

static size_t respond(struct mock_t1 *t, const uint8_t *in, size_t len, uint8_t *out)
{
    uint8_t check = 0;
    for (size_t i = 0; i < len; i++)
        check ^= in[i];
    if (len < 4 || len != 4u + in[2] || check != 0)
        return refuse(t, check != 0 ? 1 : 2, out);
    uint8_t pcb = in[1];
    if (in[0] != 0)
        return refuse(t, 2, out);
    if (!(pcb & R_BLOCK)) {
        bool sequence = pcb & I_BLOCK_SEQUENCE;
        return sequence == t->want_sequence ? take_command(t, pcb, in + 3, in[2], out) : refuse(t, 2, out);
    }
    if ((pcb & S_BLOCK) == S_BLOCK)
        return supervise(t, pcb, in + 3, in[2], out);
    bool wanted = pcb & R_SEQUENCE;
    if (wanted == t->send_sequence && t->answer_at < t->answer_len && (pcb & 0x0F) == 0)
        return next_piece(t, out);
    return t->last_len > 0 ? again(t, out) : refuse(t, 0, out);
}

size_t mock_t1_block(struct mock_t1 *t, const uint8_t *in, size_t len, uint8_t out[260])
{
    size_t n = respond(t, in, len, out);
    if (t->garbled > 0 && n > 0) { /* on the line: what the card would send again is not spoilt */
        t->garbled--;
        out[n - 1] ^= 0x55;
    }
    return n;
}
