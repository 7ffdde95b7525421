/* The operator compares an identity document with what the card says (JR/T 0025, CVM 20; DOMAIN 2.8). Caller:
 * transaction.c, for the kernel. */
#include "core/app/ui.h"

int ui_identity(const struct app *app, const char *kind, const char *number)
{
    uint64_t deadline_us = hal_now(app->hal) + app->config.card_timeout_us;
    for (;;) {
        enum hal_key key;
        int r = ui_show(app, SCREEN_check_identity, kind, number);
        if (r == OK)
            r = ui_key(app, deadline_us, &key);
        if (r == HAL_E_TIMEOUT || (r == OK && key == HAL_KEY_CANCEL))
            return HAL_E_CANCELLED;
        if (r || key == HAL_KEY_ENTER)
            return r;
        ui_beep(app);
    }
}
