/*
 * A bench card's contacts: cards/line.h behind the byte-level operations of a slot, for readers at character level.
 * Called by the reader through the slot; parts.c makes it.
 */
#include "scenarios/engine/case_internal.h"

static void tpdu(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    card_tpdu(((struct bench_card *)ctx)->card, command, len, answer, answer_len);
}

static void apdu(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    card_apdu(((struct bench_card *)ctx)->card, command, len, answer, answer_len);
}

void case_card_contacts(struct bench_card *c)
{
    static const struct card_line_ops ops = {.tpdu = tpdu, .apdu = apdu};
    card_line_init(&c->line, &ops, c);
}

static int line_reset(void *ctx, bool warm)
{
    struct bench_card *c = ctx;
    c->version = ++c->bench->card_changes;
    if (!c->facts.has_chip)
        return HAL_E_MUTE;
    card_reset(c->card);
    card_line_reset(&c->line, warm, c->facts.atr, c->facts.atr_len, c->facts.protocol);
    return OK;
}

static void line_take(void *ctx, const uint8_t *bytes, size_t len, uint32_t etu)
{
    struct bench_card *c = ctx;
    c->version = ++c->bench->card_changes;
    card_line_take(&c->line, bytes, len, etu);
}

static bool line_next(void *ctx, bool take, struct slot_char *out)
{
    struct bench_card *c = ctx;
    struct card_line_char next;
    if (!card_line_next(&c->line, take, &next))
        return false;
    *out = (struct slot_char){.value = next.value, .bad_parity = next.bad_parity, .etu = next.etu};
    return true;
}

const struct slot_line_ops case_contacts = {.reset = line_reset, .take = line_take, .next = line_next};
