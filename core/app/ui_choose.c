/*
 * The cardholder and the card's applications (EMV Book 1 12.4, DOMAIN 2.3): the choice among several names, one at a
 * time on the display, and the confirmation of a single one that its issuer asks for. UP and DOWN go round, a digit
 * goes to that name, ENTER takes it; CANCEL and the card time end it. Called by transaction.c, for the kernel; the
 * operator's menu (menu.c) is a choice of the same kind.
 */
#include "core/app/ui.h"

/* Where a key leads among `count` names. */
static size_t moved(enum hal_key key, size_t at, size_t count)
{
    if (key == HAL_KEY_DOWN)
        return (at + 1) % count;
    if (key == HAL_KEY_UP)
        return (at + count - 1) % count;
    if (key > HAL_KEY_0 && key <= HAL_KEY_9 && (size_t)(key - HAL_KEY_0) <= count)
        return (size_t)(key - HAL_KEY_0) - 1;
    return at;
}

int ui_pick(const struct app *app, enum screen screen, const char *const *names, size_t count, bool watch_card,
            size_t *index)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    size_t at = 0;
    for (;;) {
        enum hal_key key;
        int r = ui_show(app, screen, names[at], NULL);
        while (r == OK && (r = ui_key_or_removal(app, watch_card, deadline_us, &key)) == HAL_E_EMPTY)
            r = OK;
        if (r == HAL_E_TIMEOUT || (r == OK && key == HAL_KEY_CANCEL))
            return HAL_E_CANCELLED;
        if (r)
            return r;
        if (key == HAL_KEY_ENTER) {
            *index = at;
            return OK;
        }
        at = moved(key, at, count);
    }
}

int ui_choose(const struct app *app, const char *const *names, size_t count, size_t *index)
{
    return count ? ui_pick(app, SCREEN_choose_application, names, count, true, index) : E_INVAL;
}

int ui_confirm(const struct app *app, const char *name)
{
    size_t index;
    int r = HAL_CALL0(app->hal, keypad, flush); /* a key from before confirms nothing */
    if (r != HAL_E_POWER)
        r = ui_pick(app, SCREEN_confirm_application, &name, 1, true, &index);
    return r == OK ? ui_show(app, SCREEN_reading_card, NULL, NULL) : r;
}
