/*
 * The stripe path: is this swipe allowed (core/mag/fallback), PIN by service code, DE22 and DE60.5, online always
 * (DOMAIN 1.1 to 1.4). Caller: sale.c.
 */
#include "core/app/sale.h"

#include "core/app/online.h"
#include "core/app/ui.h"

#include <openssl/crypto.h>

#define TRACK2 1
#define TRACK3 2

/* Refused swipes: what is shown and what comes next. */
static int refused(struct app *app, enum swipe_verdict verdict, enum sale_step *next)
{
    struct sale *s = &app->sale;
    switch (verdict) {
    case SWIPE_USE_CHIP:
        s->stripe_closed = true;
        *next = SALE_STEP_CARD;
        return ui_message(app, SCREEN_use_chip, s->amount, NULL, HAL_SRC_READER);
    case SWIPE_NOT_CHIP: /* start over as a normal swipe */
        memset(&s->fallback, 0, sizeof s->fallback);
        *next = SALE_STEP_CARD;
        return ui_message(app, SCREEN_not_chip_card, NULL, NULL, HAL_SRC_READER);
    default: /* same step again */
        return ui_message(app, SCREEN_swipe_error, NULL, NULL, HAL_SRC_READER);
    }
}

/* Track 3 goes out as DE36 text: 'D' in the place of '='. */
static void take_track3(struct sale *s)
{
    if (!s->swipe.ok[TRACK3])
        return;
    memcpy(s->track3, s->swipe.track[TRACK3], sizeof s->track3);
    s->track3[sizeof s->track3 - 1] = '\0';
    for (char *c = s->track3; *c; c++)
        if (*c == '=')
            *c = 'D';
}

static int authorise(struct app *app, const struct track2 *track, bool fallback, bool pin, enum sale_result *result)
{
    struct sale *s = &app->sale;
    memset(&s->entry, 0, sizeof s->entry);
    memcpy(s->entry.pan, track->pan, sizeof s->entry.pan);
    memcpy(s->entry.expiry, track->expiry, sizeof s->entry.expiry);
    sale_prepare_entry(app, false, pin);
    s->entry.signature = true;
    s->field55_len = 0;
    int r = online_sale(app, fallback ? "2" : "1", result);
    if (r == OK && *result == SALE_APPROVED)
        r = journal_approve(app->store, &s->entry);
    if (r == HAL_E_FULL) { /* approved, but not to be kept: the reversal that is there undoes it */
        *result = SALE_CONTACT_ISSUER;
        r = OK;
    }
    if (r != HAL_E_POWER) /* entered, and not used after all */
        (void)HAL_CALL0(app->hal, se, pin_wipe);
    return r;
}

/* The PIN if the service code wants one, and again after a wrong one, each time with a trace number of its own. */
static int pay(struct app *app, const struct track2 *track, bool fallback)
{
    struct sale *s = &app->sale;
    enum sale_result result = SALE_CANCELLED;
    bool wants_pin = !track->service_code[0] || track2_wants_pin(track);
    for (s->pin_round = 0; s->pin_round < app->config.pin_tries; s->pin_round++) {
        int pin = wants_pin ? ui_pin(app, s->pin_round ? SCREEN_pin_again : SCREEN_enter_pin, s->amount, false)
                            : EMV_PIN_BYPASSED;
        if (pin < 0)
            return pin;
        if (pin == EMV_PIN_CANCELLED) {
            result = SALE_CANCELLED;
            break;
        }
        int r = authorise(app, track, fallback, pin == EMV_PIN_ENTERED, &result);
        if (r)
            return r;
        if (result != SALE_WRONG_PIN)
            break;
    }
    return sale_conclude(app, result);
}

int sale_stripe(struct app *app, enum sale_step *next)
{
    struct sale *s = &app->sale;
    struct track2 track = {0};
    bool readable = s->swipe.ok[TRACK2] && track2_parse(s->swipe.track[TRACK2], &track) == OK;
    enum swipe_verdict verdict =
        fallback_judge_swipe(&app->config.fallback, &s->fallback, &track, readable, s->amount_cents, hal_now(app->hal));
    int r = OK;
    if (readable && (verdict == SWIPE_NORMAL || verdict == SWIPE_FALLBACK)) {
        *next = SALE_STEP_END;
        r = track2_format(&track, s->track2, sizeof s->track2);
        take_track3(s);
        r = r ? refused(app, SWIPE_BAD, next) : pay(app, &track, verdict == SWIPE_FALLBACK);
    } else {
        r = refused(app, verdict, next);
    }
    OPENSSL_cleanse(&track, sizeof track);
    OPENSSL_cleanse(&s->swipe, sizeof s->swipe);
    return r;
}
