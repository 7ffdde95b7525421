/*
 * Part of the money oracle: the electronic cash in a card is what was personalised, and what the host's books have
 * moved into it and out of it since. What the terminal still has to settle may stand between the two: an upload that
 * waits or was refused, a sale whose end is not known, a load that was reversed although the card had taken it. Cards
 * are judged where one terminal alone was used, for the other's journal is not at hand. Called by oracle_money.c.
 */
#include "scenarios/engine/judge.h"

#include "core/codec/track.h"

#include <string.h>

/* How far the purse may be away from the books, in cents either way. */
struct margin {
    uint64_t less, more;
};

static bool is_alone(const struct evidence *e)
{
    for (unsigned i = 0; i < e->bench->terminals; i++)
        if (&e->bench->terminal[i] != e->terminal && terminal_boots(e->bench->terminal[i].terminal))
            return false;
    return true;
}

static struct margin margin_of(const struct journal *j, const char *masked_pan)
{
    struct margin m = {0, 0};
    for (size_t i = 0; i < j->records; i++) {
        const struct firmware_record *r = &j->record[i];
        bool load = r->kind == FIRMWARE_OTHER, open = r->outcome == FIRMWARE_OPEN;
        if (r->masked_pan[0] && strcmp(r->masked_pan, masked_pan) != 0)
            continue; /* the intent of a tap names no card yet */
        bool waits = journal_upload(j, r->batch, r->trace);
        if (waits || r->outcome == FIRMWARE_INTENT || r->outcome == FIRMWARE_DISCLOSED || (load && open))
            m.less += r->amount_cents;
        if (load && (open || r->outcome == FIRMWARE_REVERSED))
            m.more += r->amount_cents;
    }
    return m;
}

/* What was in the purse when the card was made. */
static bool personalised(const struct bench_card *card, uint64_t *cents)
{
    struct card_counters counters = {.has_purse = false};
    struct card *fresh = card_create(card->profile);
    if (fresh)
        card_counters(fresh, &counters);
    card_destroy(fresh);
    *cents = counters.purse_cents;
    return counters.has_purse;
}

static void check_card(const struct evidence *e, const struct bench_card *card, struct verdict *v)
{
    struct card_counters now;
    char masked[24];
    uint64_t start;
    int64_t moved;
    card_counters(card->card, &now);
    if (!now.has_purse || !personalised(card, &start) || host_purse(e->bench->host, card->facts.pan, &moved) != OK)
        return;
    pan_mask(card->facts.pan, masked, sizeof masked);
    struct margin m = margin_of(e->journal, masked);
    int64_t off = (int64_t)now.purse_cents - (int64_t)start - moved;
    if (off < -(int64_t)m.less || off > (int64_t)m.more)
        judge_say(v, "fail", "%s has %llu cents in its purse, by the books it is %lld", card->name,
                  (unsigned long long)now.purse_cents, (long long)start + (long long)moved);
}

void judge_purse(const struct evidence *e, struct verdict *v)
{
    if (!e->journal || !is_alone(e))
        return;
    for (unsigned i = 0; i < e->bench->cards; i++)
        check_card(e, e->bench->card[i], v);
}
