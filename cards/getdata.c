/*
 * GET DATA (EMV Book 3 6.5.7): the counters the engine keeps, and the objects under "data" of the profile, which PUT
 * DATA may have changed.
 */
#include "cards/card_internal.h"

#include <string.h>

uint8_t *card_data_find(struct card_lasting_application *state, uint32_t tag, size_t *len)
{
    struct tlv object;
    if (tlv_find(state->data, state->data_len, tag, &object))
        return NULL;
    *len = object.len;
    return state->data + (object.value - state->data);
}

static const struct counter_row {
    uint32_t tag;
    size_t at, len;
} counters[] = {
    {0x9F36, offsetof(struct card_lasting_application, atc), 2},
    {0x9F13, offsetof(struct card_lasting_application, last_online_atc), 2},
    {0x9F17, offsetof(struct card_lasting_application, pin_tries), 1},
};

static const uint8_t *find_object(struct card *c, uint32_t tag, size_t *len)
{
    struct card_lasting_application *state = card_state(c);
    if (tag == 0x9F17 && (!*card_application(c)->offline_pin || card_application(c)->pin_tries_hidden))
        return NULL;
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        if (counters[i].tag == tag) {
            *len = counters[i].len;
            return (const uint8_t *)state + counters[i].at;
        }
    }
    return card_data_find(state, tag, len);
}

uint16_t card_get_data(struct card *c, const struct capdu *command, struct card_answer *out)
{
    uint8_t bytes[256];
    struct tlv_out tlv;
    size_t len;
    if (command->lc)
        return 0x6700;
    if (!card_application(c))
        return 0x6985;
    uint32_t tag = command->p1 ? (uint32_t)command->p1 << 8 | command->p2 : command->p2;
    const uint8_t *value = find_object(c, tag, &len);
    if (!value)
        return 0x6A88;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    tlv_put(&tlv, tag, value, len);
    card_answer_out(out, &tlv);
    return 0x9000;
}
