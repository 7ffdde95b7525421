/*
 * PIN entry (ISO 9564; DOMAIN 8.1). The digits go from the keypad into the secure element; this file sees only that a
 * key was pressed and how many digits there are.
 */
#include "core/app/ui.h"

#include <stdio.h>

#define PIN_MIN 4
#define PIN_MAX 12

/* What the screen says around the stars. */
struct prompt {
    enum screen screen;
    const char *amount, *tries; /* tries: NULL on screens without */
};

static int show_stars(const struct app *app, const struct prompt *prompt)
{
    static const char stars[] = "************";
    uint8_t len = 0;
    int r = HAL_CALL(app->hal, se, pin_len, &len);
    if (r)
        return r;
    const char *typed = stars + PIN_MAX - (len < PIN_MAX ? len : PIN_MAX);
    const char *args[] = {prompt->amount, prompt->tries ? prompt->tries : typed, typed};
    r = screen_show(app->hal, app->config.language, prompt->screen, args, sizeof args / sizeof *args);
    return r == HAL_E_UNSUPPORTED ? OK : r; /* a terminal without a display still sells */
}

/* What ENTER means now. A positive value: not enough digits, go on. */
static int entered(const struct app *app)
{
    uint8_t len = 0;
    int r = HAL_CALL(app->hal, se, pin_len, &len);
    if (r)
        return r;
    if (len == 0)
        return EMV_PIN_BYPASSED;
    if (len >= PIN_MIN)
        return EMV_PIN_ENTERED;
    ui_beep(app);
    return HAL_E_EMPTY;
}

static int collect(const struct app *app, const struct prompt *prompt, bool watch_card)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.pin_timeout_us;
    for (;;) {
        enum hal_key key;
        int r = show_stars(app, prompt);
        if (r == OK)
            r = ui_key_or_removal(app, watch_card, deadline_us, &key);
        if (r == OK && key == HAL_KEY_CANCEL)
            return EMV_PIN_CANCELLED;
        if (r == OK && key == HAL_KEY_ENTER)
            r = entered(app);
        else if (r == OK)
            continue;
        if (r == HAL_E_TIMEOUT)
            return EMV_PIN_CANCELLED;
        if (r != HAL_E_EMPTY)
            return r;
    }
}

static int ask(const struct app *app, const struct prompt *prompt, bool watch_card)
{
    int r = HAL_CALL0(app->hal, keypad, flush);
    if (r == HAL_E_POWER)
        return r;
    r = HAL_CALL(app->hal, keypad, pin_mode, true, PIN_MAX);
    if (r == HAL_E_POWER)
        return r;
    if (r)
        return EMV_PIN_NO_PAD;
    r = collect(app, prompt, watch_card);
    if (r == HAL_E_POWER)
        return r;
    int off = HAL_CALL(app->hal, keypad, pin_mode, false, PIN_MAX);
    if (off == HAL_E_POWER || (off == OK && r == EMV_PIN_ENTERED))
        return off ? off : r;
    int wiped = HAL_CALL0(app->hal, se, pin_wipe);
    return off ? off : wiped ? wiped : r;
}

int ui_pin(const struct app *app, enum screen screen, const char *amount, bool watch_card)
{
    return ask(app, &(struct prompt){screen, amount, NULL}, watch_card);
}

int ui_card_pin(const struct app *app, const char *amount, int tries, bool again)
{
    char number[12];
    struct prompt prompt = {again ? SCREEN_card_pin_again : SCREEN_card_pin, amount, number};
    snprintf(number, sizeof number, "%d", tries);
    if (tries == 1)
        prompt = (struct prompt){SCREEN_card_pin_last, amount, NULL};
    else if (tries == EMV_TRIES_UNKNOWN)
        prompt = (struct prompt){again ? SCREEN_pin_again : SCREEN_enter_pin, amount, NULL};
    return ask(app, &prompt, true);
}
