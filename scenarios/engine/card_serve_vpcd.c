/*
 * A card in vpcd's virtual reader. vpcd asks for the ATR every 0.4 seconds to see whether the card is there, so that
 * request is no reset: what the last reset brought is repeated. An answer of no bytes is the one thing by which vpcd
 * lets go of a command that stays unanswered; it drops the connection for it. The next one stands before that, so that
 * vpcd finds it when it looks again and the card was never away.
 */
#include "scenarios/engine/card_serve_internal.h"

#include "hw/vpcd.h"

#include <stdio.h>
#include <string.h>

#define FIRST_MS 5000 /* vpcd speaks 0.4 s after it took a connection */

enum next { GO_ON, ANSWER_NOTHING, GO_AWAY };

struct slot {
    struct serving *s;
    uint8_t atr[HAL_ATR_MAX]; /* what a request for it is answered with; len 0: the reset found the card mute */
    size_t atr_len;
};

static int connect_to(struct serving *s, struct peer *p, bool again)
{
    char text[PEER_ADDRESS_MAX + 200];
    const char *address = s->o->vpcd;
    int rc = peer_connect(p, address, false, &s->stop, text, sizeof text);
    if (rc == OK || rc == HAL_E_CANCELLED)
        return rc == OK ? EXIT_PASS : EXIT_INTERRUPTED;
    if (rc != HAL_E_DOWN)
        return serving_end(s, EXIT_USAGE, "--vpcd: %s", text);
    if (again)
        return serving_end(s, EXIT_BENCH, "pcscd has ended: nobody listens on %s any more", address);
    return serving_end(s, EXIT_USAGE,
                       "nobody listens on %s: is pcscd running with vpcd? apt-get install pcscd vsmartcard-vpcd; "
                       "systemctl start pcscd",
                       address);
}

/* In its place while it has no power: vpcd takes a card without ATR for none. */
static void atr_at_rest(struct slot *slot)
{
    memcpy(slot->atr, slot->s->card.atr, slot->s->card.atr_len);
    slot->atr_len = slot->s->card.atr_len;
}

static enum next next_of(int rc)
{
    return rc == HAL_E_REMOVED || rc == HAL_E_ABSENT ? GO_AWAY : rc == OK ? GO_ON : ANSWER_NOTHING;
}

static enum next reset(struct slot *slot, bool warm)
{
    int rc = serving_reset(slot->s, warm, slot->atr, &slot->atr_len);
    if (rc != OK)
        slot->atr_len = 0;
    return next_of(rc) == GO_AWAY ? GO_AWAY : GO_ON; /* a mute one shows when the ATR is asked for */
}

static enum next answer(struct slot *slot, const struct vpcd_message *m, uint8_t out[HAL_RPDU_MAX], size_t *len)
{
    int rc = serving_exchange(slot->s, m->bytes, m->len, out, len);
    return next_of(rc) == GO_ON && *len == 0 ? ANSWER_NOTHING : next_of(rc);
}

/* One message, answered if it wants to be. A status of the connection; *next says how it goes on. */
static int serve_one(struct slot *slot, enum next *next)
{
    struct vpcd_message m;
    uint8_t out[HAL_RPDU_MAX];
    size_t len = 0;
    int rc = vpcd_receive(&slot->s->peer, &m);
    *next = GO_ON;
    if (rc != OK)
        return rc;
    switch (m.kind) {
    case VPCD_OFF:
        slot->s->reader.ops->power_off(slot->s->reader.ctx);
        atr_at_rest(slot);
        return OK;
    case VPCD_ON:
    case VPCD_RESET:
        *next = reset(slot, m.kind == VPCD_RESET);
        return OK;
    case VPCD_ATR:
        if (!slot->atr_len)
            *next = ANSWER_NOTHING;
        return slot->atr_len ? vpcd_send(&slot->s->peer, slot->atr, slot->atr_len) : OK;
    case VPCD_COMMAND:
        break;
    }
    *next = answer(slot, &m, out, &len);
    explicit_bzero(&m, sizeof m);
    rc = *next == GO_ON ? vpcd_send(&slot->s->peer, out, len) : OK;
    explicit_bzero(out, len);
    return rc;
}

/* vpcd hears that nothing comes, and finds the card as it was. */
static int answer_nothing(struct slot *slot)
{
    struct serving *s = slot->s;
    struct peer renewed;
    int status = connect_to(s, &renewed, true);
    if (status != EXIT_PASS)
        return status;
    vpcd_send(&s->peer, NULL, 0);
    peer_close(&s->peer);
    s->peer = renewed;
    atr_at_rest(slot);
    return EXIT_PASS;
}

/* Out of the reader, and put back. */
static int go_away(struct slot *slot)
{
    struct serving *s = slot->s;
    peer_close(&s->peer);
    serving_note(s, "card removed");
    if (peer_sleep(&s->stop, s->o->back_ms) != OK)
        return EXIT_INTERRUPTED;
    serving_note(s, "card put back");
    s->reader.ops->power_off(s->reader.ctx);
    atr_at_rest(slot);
    return connect_to(s, &s->peer, true);
}

static int serve(struct slot *slot)
{
    for (;;) {
        enum next next;
        int status = EXIT_PASS, rc = serve_one(slot, &next);
        if (rc == HAL_E_CANCELLED)
            return EXIT_INTERRUPTED;
        if (rc == HAL_E_PROTOCOL)
            return serving_end(slot->s, EXIT_BENCH,
                               "%s does not speak the protocol of vpcd: a message without bytes, or "
                               "without its end",
                               slot->s->o->vpcd);
        if (rc != OK)
            return serving_end(slot->s, EXIT_BENCH, "%s closed the connection: pcscd has ended", slot->s->o->vpcd);
        if (next == ANSWER_NOTHING)
            status = answer_nothing(slot);
        else if (next == GO_AWAY)
            status = go_away(slot);
        if (status != EXIT_PASS)
            return status;
    }
}

int card_serve_vpcd(struct serving *s)
{
    struct slot slot = {.s = s};
    atr_at_rest(&slot);
    int status = connect_to(s, &s->peer, false);
    int rc = status == EXIT_PASS ? peer_wait(&s->peer, FIRST_MS) : OK;
    if (rc == HAL_E_TIMEOUT || rc == HAL_E_CLOSED)
        status = serving_end(s, EXIT_USAGE,
                             "%s took the connection and %s: another card is in that reader, or it is no vpcd",
                             s->o->vpcd, rc == HAL_E_TIMEOUT ? "says nothing" : "closed it");
    else if (rc == HAL_E_CANCELLED)
        status = EXIT_INTERRUPTED;
    if (status == EXIT_PASS) {
        serving_ready(s, s->o->vpcd);
        status = serve(&slot);
    }
    return status == EXIT_INTERRUPTED ? EXIT_PASS : status; /* that is how it ends when all is well */
}
