/* READ RECORD (EMV Book 3 6.5.11): the directory under the PSE, the application's records, changed ones first. */
#include "cards/contactless.h"

#include <string.h>

static const struct card_record *find(const struct card_record *records, size_t count, uint8_t sfi, uint8_t number)
{
    for (size_t i = 0; i < count; i++)
        if (records[i].sfi == sfi && records[i].number == number)
            return &records[i];
    return NULL;
}

const uint8_t *card_record_find(const struct card *c, uint8_t sfi, uint8_t number, size_t *len)
{
    const struct card_record *r;
    if (c->session.selected == CARD_PSE) {
        r = find(c->profile->chip.pse.directory, c->profile->chip.pse.directory_count, sfi, number);
    } else {
        const struct card_application *a = card_application(c);
        const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
        for (size_t i = 0; i < state->changes; i++) {
            if (state->change[i].sfi == sfi && state->change[i].number == number) {
                *len = state->change[i].len;
                return state->change[i].bytes;
            }
        }
        const uint8_t *logged = card_purse_record(c, sfi, number, len);
        if (logged)
            return logged;
        r = find(a->records, a->record_count, sfi, number);
    }
    *len = r ? r->content.len : 0;
    return r ? r->content.bytes : NULL;
}

uint16_t card_read_record(struct card *c, const struct capdu *command, struct card_answer *out)
{
    uint8_t sfi = command->p2 >> 3;
    if ((command->p2 & 0x07) != 0x04 || sfi == 0 || sfi == 31 || command->p1 == 0)
        return 0x6A86;
    if (command->lc)
        return 0x6700;
    if (c->session.selected == CARD_NO_APPLICATION)
        return 0x6985;
    size_t len;
    if (!c->contactless || c->session.selected < 0 || !card_tap_record(c, sfi, command->p1, out)) {
        const uint8_t *content = card_record_find(c, sfi, command->p1, &len);
        if (!content)
            return 0x6A83;
        memcpy(out->data, content, len);
        out->len = len;
    }
    card_tap_read(c, sfi, command->p1);
    return 0x9000;
}
