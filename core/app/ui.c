/* Screens, keys and the card slot as people use them. The PIN and the choice of application have files of their own:
 * ui_pin.c, ui_choose.c. */
#include "core/app/ui.h"

const char *ui_text(const struct app *app, const char *english, const char *chinese)
{
    return app->config.language == LANGUAGE_ZH ? chinese : english;
}

int ui_show(const struct app *app, enum screen screen, const char *a, const char *b)
{
    const char *args[] = {a ? a : "", b ? b : ""};
    int r = screen_show(app->hal, app->config.language, screen, args, 2);
    return r == HAL_E_UNSUPPORTED ? OK : r; /* a terminal without a display still sells */
}

int ui_message(const struct app *app, enum screen screen, const char *a, const char *b, uint32_t until)
{
    uint32_t ready;
    bool present;
    int r = HAL_CALL0(app->hal, keypad, flush); /* keys from before cannot be an answer to this */
    if (r != HAL_E_POWER && until & HAL_SRC_READER)
        r = ui_card_present(app, &present); /* a change from before must not end it either */
    if (r == HAL_E_POWER)
        return r;
    r = ui_show(app, screen, a, b);
    if (r == OK)
        r = hal_wait(app->hal, HAL_SRC_KEYPAD | until, hal_now(app->hal) + app->config.message_us, 0, &ready);
    return r == HAL_E_TIMEOUT ? OK : r;
}

int ui_key(const struct app *app, uint64_t deadline_us, enum hal_key *key)
{
    uint32_t ready;
    int r;
    do {
        r = hal_wait(app->hal, HAL_SRC_KEYPAD, deadline_us, 0, &ready);
        if (r == OK)
            r = HAL_CALL(app->hal, keypad, read, key);
    } while (r == HAL_E_EMPTY);
    return r;
}

void ui_beep(const struct app *app)
{
    (void)HAL_CALL(app->hal, buzzer, beep, 1000, 80);
}

static bool is_digit(int key)
{
    return key >= HAL_KEY_0 && key <= HAL_KEY_9;
}

static uint64_t shift_in(const struct app *app, uint64_t cents, int digit)
{
    uint64_t limit = 1;
    for (int i = 0; i < UI_AMOUNT_DIGITS; i++)
        limit *= 10;
    uint64_t next = cents * 10 + (uint64_t)(digit - HAL_KEY_0);
    if (next < limit)
        return next;
    ui_beep(app);
    return cents;
}

int ui_amount(const struct app *app, int first, uint64_t *cents)
{
    uint64_t value = is_digit(first) ? shift_in(app, 0, first) : 0;
    for (;;) {
        char text[MONEY_TEXT];
        enum hal_key key;
        money_format(value, text);
        int r = ui_show(app, SCREEN_enter_amount, text, NULL);
        if (r == OK)
            r = ui_key(app, hal_now(app->hal) + app->config.card_timeout_us, &key);
        if (r)
            return r;
        if (is_digit(key)) {
            value = shift_in(app, value, key);
        } else if (key == HAL_KEY_CLEAR) {
            value = 0;
        } else if (key == HAL_KEY_CANCEL) {
            return HAL_E_CANCELLED;
        } else if (key == HAL_KEY_ENTER && value) {
            *cents = value;
            return OK;
        } else {
            ui_beep(app);
        }
    }
}

int ui_card_present(const struct app *app, bool *present)
{
    struct hal_reader_status status = {false};
    int r = HAL_CALL(app->hal, reader, status, &status);
    *present = r == OK && status.present;
    return r == HAL_E_UNSUPPORTED || r == HAL_E_IO ? OK : r;
}

int ui_key_or_removal(const struct app *app, bool watch_card, uint64_t deadline_us, enum hal_key *key)
{
    uint32_t ready = 0;
    int r = hal_wait(app->hal, HAL_SRC_KEYPAD | (watch_card ? HAL_SRC_READER : 0), deadline_us, 0, &ready);
    if (r)
        return r;
    if (ready & HAL_SRC_READER) {
        bool present;
        r = ui_card_present(app, &present);
        if (r == OK && !present)
            r = HAL_E_REMOVED;
        if (r)
            return r;
    }
    return ready & HAL_SRC_KEYPAD ? HAL_CALL(app->hal, keypad, read, key) : HAL_E_EMPTY;
}

int ui_wait_removed(const struct app *app)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    for (;;) {
        bool present;
        uint32_t ready;
        int r = ui_card_present(app, &present);
        if (r || !present)
            return r;
        r = hal_wait(app->hal, HAL_SRC_READER, deadline_us, 0, &ready);
        if (r)
            return r;
    }
}
