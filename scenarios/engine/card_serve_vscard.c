/*
 * A card in the usb-ccid reader of a QEMU guest. QEMU never tells of a reset, so the card is reset when it is put in. A
 * card that is mute at that moment cannot be put in; it is tried again as one that was removed.
 */
#include "scenarios/engine/card_serve_internal.h"

#include "hw/vscard.h"

#include <stdio.h>
#include <string.h>

#define FIRST_MS 30000   /* QEMU connects before it has made its machine */
#define GENERAL_ERROR 1u /* of libcacard's vscard_common.h */

static int end_of(struct serving *s, int rc)
{
    if (rc == HAL_E_CANCELLED || rc == HAL_E_POWER)
        return EXIT_INTERRUPTED;
    if (rc == HAL_E_PROTOCOL)
        return serving_end(s, EXIT_BENCH,
                           "%s does not speak VSCARD: an Init without its word, a length over %u, or a "
                           "message without its end",
                           s->o->vscard, VSCARD_LENGTH_MAX);
    return serving_end(s, EXIT_BENCH, "%s closed the connection: QEMU has ended", s->o->vscard);
}

static int connect_to(struct serving *s)
{
    char text[PEER_ADDRESS_MAX + 200];
    int rc = peer_connect(&s->peer, s->o->vscard, true, &s->stop, text, sizeof text);
    if (rc == OK || rc == HAL_E_CANCELLED)
        return rc == OK ? EXIT_PASS : EXIT_INTERRUPTED;
    if (rc != HAL_E_DOWN)
        return serving_end(s, EXIT_USAGE, "--vscard: %s", text);
    return serving_end(
        s, EXIT_USAGE,
        "nobody listens there (%s): start QEMU first, with -chardev socket,id=c,path=...,server=on,wait=on "
        "-device usb-ccid -device ccid-card-passthru,chardev=c",
        text);
}

/* Reset, and the ATR to QEMU; again until the card answers. A status of the connection. */
static int put_in(struct serving *s)
{
    uint8_t atr[HAL_ATR_MAX];
    size_t len;
    for (;;) {
        int rc = serving_reset(s, false, atr, &len);
        if (rc == HAL_E_POWER)
            return rc;
        if (rc == OK && len)
            return vscard_send(&s->peer, VSCARD_ATR, VSCARD_READER, atr, len);
        rc = peer_sleep(&s->stop, s->o->back_ms ? s->o->back_ms : 100);
        if (rc != OK)
            return rc;
    }
}

static int go_away(struct serving *s, uint32_t reader)
{
    int rc = vscard_send(&s->peer, VSCARD_CARD_REMOVE, reader, NULL, 0);
    serving_note(s, "card removed");
    if (rc == OK)
        rc = peer_sleep(&s->stop, s->o->back_ms);
    if (rc == OK) {
        serving_note(s, "card put back");
        rc = put_in(s);
    }
    return rc;
}

static int answer(struct serving *s, const struct vscard_message *m)
{
    uint8_t out[HAL_RPDU_MAX];
    size_t len = 0;
    int rc = serving_exchange(s, m->bytes, m->len, out, &len);
    if (rc == HAL_E_POWER)
        return rc;
    if (rc == HAL_E_REMOVED || rc == HAL_E_ABSENT)
        return go_away(s, m->reader);
    if (rc != OK || !len)
        return vscard_send_error(&s->peer, m->reader, GENERAL_ERROR);
    rc = vscard_send(&s->peer, VSCARD_APDU, m->reader, out, len);
    explicit_bzero(out, len);
    return rc;
}

static int serve_one(struct serving *s)
{
    struct vscard_message m;
    int rc = vscard_receive(&s->peer, &m);
    if (rc == OK && m.type == VSCARD_APDU)
        rc = answer(s, &m);
    else if (rc == OK && m.type == VSCARD_ERROR && m.error)
        serving_note(s, "QEMU refused what it was sent");
    explicit_bzero(&m, sizeof m);
    return rc;
}

/* Both sides say Init. */
static int greet(struct serving *s)
{
    struct vscard_message m = {0};
    int rc = vscard_send_init(&s->peer);
    if (rc == OK)
        rc = peer_wait(&s->peer, FIRST_MS);
    if (rc == OK)
        rc = vscard_receive(&s->peer, &m);
    return rc == OK && m.type != VSCARD_INIT ? HAL_E_PROTOCOL : rc;
}

int card_serve_vscard(struct serving *s)
{
    int status = connect_to(s);
    int rc = status == EXIT_PASS ? greet(s) : OK;
    if (rc == HAL_E_TIMEOUT)
        status = serving_end(s, EXIT_USAGE, "%s took the connection and says nothing: is it QEMU's ccid-card-passthru?",
                             s->o->vscard);
    else if (rc != OK)
        status = end_of(s, rc);
    if (status == EXIT_PASS) {
        serving_ready(s, s->o->vscard);
        for (rc = put_in(s); rc == OK;)
            rc = serve_one(s);
        if (rc == HAL_E_CANCELLED || rc == HAL_E_POWER) /* QEMU keeps a card whose connection ends */
            vscard_send(&s->peer, VSCARD_CARD_REMOVE, VSCARD_READER, NULL, 0);
        status = end_of(s, rc);
    }
    return status == EXIT_INTERRUPTED ? EXIT_PASS : status;
}
