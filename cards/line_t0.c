/*
 * The card's side of T=0 (ISO 7816-3 10.3): it hears a header, asks for the data by procedure bytes, and sends its
 * answer behind one. Whether a command brings data is known by its INS, as in any T=0 card.
 */
#include "cards/line_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADER 5
#define NULL_BYTE 0x60
#define SW_BYTES 2

/* Commands with data to the card: ISO 7816-4, EMV Book 1 and 3, and the issuer's scripts. */
static bool brings_data(uint8_t ins)
{
    static const uint8_t with_data[] = {0x04, 0x0E, 0x16, 0x18, 0x1E, 0x20, 0x24, 0x82, 0x88, 0xA4,
                                        0xA8, 0xAE, 0xD0, 0xD2, 0xD6, 0xDA, 0xDC, 0xE2, 0x2A, 0x10};
    return memchr(with_data, ins, sizeof with_data) != NULL;
}

/* After the terminal's bytes the card thinks first. */
static uint32_t pause(const struct card_line *l)
{
    return l->count ? LINE_CHARACTER : LINE_THINK;
}

static void procedure(struct card_line *l, uint8_t byte)
{
    if (card_line_is(l, CARD_LINE_WRONG_PROCEDURE))
        byte = (uint8_t)l->active.value;
    card_line_push(l, byte, pause(l));
}

/* NULL bytes ask for more time. false: for ever. */
static bool nulls(struct card_line *l)
{
    uint32_t etu = l->active.etu ? l->active.etu : LINE_THINK;
    if (!card_line_is(l, CARD_LINE_NULLS))
        return true;
    if (l->active.times == 0)
        return false;
    while (card_line_once_more(l, CARD_LINE_NULLS))
        card_line_push(l, NULL_BYTE, etu);
    return true;
}

/* Asks for the rest of the command's data, or for one byte of it. */
static void ask(struct card_line *l)
{
    struct card_line_t0 *t = &l->t0;
    bool one = card_line_is(l, CARD_LINE_ONE_BY_ONE);
    t->asked = one ? 1 : HEADER + (size_t)t->tpdu[4] - t->have;
    procedure(l, one ? t->tpdu[1] ^ 0xFF : t->tpdu[1]);
}

static void answer(struct card_line *l)
{
    struct card_line_t0 *t = &l->t0;
    uint8_t bytes[RAPDU_MAX];
    size_t len = 0;
    l->ops->tpdu(l->ctx, t->tpdu, t->have, bytes, &len);
    size_t data = len > SW_BYTES ? len - SW_BYTES : 0;
    bool one = card_line_is(l, CARD_LINE_ONE_BY_ONE);
    if (data && !one)
        procedure(l, t->tpdu[1]);
    for (size_t i = 0; i < data; i++) {
        if (one)
            procedure(l, t->tpdu[1] ^ 0xFF);
        card_line_push(l, bytes[i], LINE_CHARACTER);
    }
    if (!data && card_line_is(l, CARD_LINE_WRONG_PROCEDURE))
        procedure(l, 0);
    for (size_t i = data; i < len; i++)
        card_line_push(l, bytes[i], pause(l));
    OPENSSL_cleanse(t, sizeof *t);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

void card_line_t0_take(struct card_line *l, uint8_t byte)
{
    struct card_line_t0 *t = &l->t0;
    if (card_line_is(l, CARD_LINE_NULLS) && l->active.times == 0 && t->have >= HEADER)
        t->have = 0; /* it never asked: this is a new header */
    if (t->have >= HEADER && t->asked == 0)
        t->have = 0;
    t->tpdu[t->have++] = byte;
    if (t->have < HEADER)
        return;
    if (t->have == HEADER) {
        t->asked = 0;
        card_line_command(l, t->tpdu[1]);
        if (!nulls(l))
            return;
        if (brings_data(t->tpdu[1]) && t->tpdu[4]) {
            ask(l);
            return;
        }
    } else if (--t->asked) {
        return;
    } else if (t->have < HEADER + (size_t)t->tpdu[4]) {
        ask(l);
        return;
    }
    answer(l);
}
