#include "sim/devices/card_call.h"

#include <string.h>

/* The answer goes here first: a card may answer more than any answer may be. */
#define ANSWER_CAP (2 * HAL_RPDU_MAX)

struct move_watch {
    const uint64_t *moves;
    uint64_t before;
};

static bool has_moved(const void *watch)
{
    const struct move_watch *w = watch;
    return *w->moves != w->before;
}

int card_call_block(const struct card_call *call, uint64_t until_us)
{
    struct move_watch watch = {call->moves, *call->moves};
    int rc = call->port->block(call->port->machine, until_us, has_moved, &watch);
    if (rc != OK && rc != HAL_E_TIMEOUT)
        return rc;
    return has_moved(&watch) ? HAL_E_REMOVED : OK;
}

int card_call_time(const struct card_call *call, uint64_t us)
{
    uint64_t spent = us < call->patience_us ? us : call->patience_us;
    int rc = card_call_block(call, world_now(call->port->world) + spent);
    return rc == OK && us > call->patience_us ? HAL_E_MUTE : rc;
}

int card_call_exchange(const struct card_call *call, const struct slot_card *card, int protocol, const uint8_t *command,
                       size_t len, uint8_t *answer, size_t cap, size_t *answer_len)
{
    uint8_t heard[ANSWER_CAP];
    size_t heard_len = 0;
    uint64_t us = 0;
    int rc = HAL_E_MUTE;
    if (card)
        rc = card->ops->exchange(card->ctx, protocol, command, len, heard, sizeof heard, &heard_len, &us);
    if (rc == HAL_E_MUTE && us == 0)
        us = call->mute_us;
    int time_rc = card_call_time(call, us);
    if (time_rc != OK)
        rc = time_rc;
    else if (rc == OK && (heard_len > HAL_RPDU_MAX || heard_len > cap))
        rc = E_LIMIT;
    if (rc == OK) {
        memcpy(answer, heard, heard_len);
        *answer_len = heard_len;
    }
    explicit_bzero(heard, sizeof heard);
    return rc;
}
