/*
 * What a card answers in its own way: a row of "quirks" in the profile names the first bytes of a command and the whole
 * answer, status word last; with `unless`, the bytes that the command must begin with to be left alone. It stands
 * before the engine, which then sees nothing of the command. `in` narrows a row to the time after a SELECT of that
 * name, so that a file of its own (a directory below the PSE) can be made of rows. Called by card.c.
 */
#include "cards/card_internal.h"

#include <string.h>

static bool begins_with(const uint8_t *bytes, size_t len, const struct card_bytes *prefix)
{
    return len >= prefix->len && memcmp(bytes, prefix->bytes, prefix->len) == 0;
}

static const struct card_quirk *find(const struct card *c, const uint8_t *command, size_t len)
{
    const struct card_chip *chip = &c->profile->chip;
    for (size_t i = 0; i < chip->quirk_count; i++) {
        const struct card_quirk *q = &chip->quirks[i];
        bool here = q->in.len == 0 ||
                    (q->in.len == c->session.named_len && memcmp(q->in.bytes, c->session.named, q->in.len) == 0);
        bool left_alone = q->unless.len > 0 && begins_with(command, len, &q->unless);
        if (here && !left_alone && begins_with(command, len, &q->command))
            return q;
    }
    return NULL;
}

void card_quirk_note(struct card *c, const struct capdu *command)
{
    if (c->profile->chip.quirk_count == 0 || command->ins != 0xA4 || command->lc > sizeof c->session.named)
        return;
    c->session.named_len = command->lc;
    memcpy(c->session.named, command->data, command->lc);
}

bool card_quirk_answers(const struct card *c, const uint8_t *bytes, size_t len, uint16_t *sw, struct card_answer *out)
{
    const struct card_quirk *q = find(c, bytes, len);
    if (!q)
        return false;
    out->len = q->answer.len - 2u;
    memcpy(out->data, q->answer.bytes, out->len);
    *sw = SW(q->answer.bytes[out->len], q->answer.bytes[out->len + 1]);
    return true;
}
