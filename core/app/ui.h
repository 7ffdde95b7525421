/*
 * Talking to people: screens, keys, PIN, card presence. Every wait has a deadline; HAL_E_POWER and other device
 * failures come back as they are. Callers: all of core/app.
 */
#ifndef POSBENCH_CORE_APP_UI_H
#define POSBENCH_CORE_APP_UI_H

#include "core/app/app.h"

#define UI_AMOUNT_DIGITS 9 /* 9,999,999.99 */

/* The one in the terminal's language. */
const char *ui_text(const struct app *app, const char *english, const char *chinese);
int ui_show(const struct app *app, enum screen screen, const char *a, const char *b);
/* Shows a screen for the configured time. Ends early at a key (left in the queue) or when one of `until` is ready. */
int ui_message(const struct app *app, enum screen screen, const char *a, const char *b, uint32_t until);
/* Next key; HAL_E_TIMEOUT. */
int ui_key(const struct app *app, uint64_t deadline_us, enum hal_key *key);
/* The same, which the card's removal ends where `watch_card`: HAL_E_REMOVED. HAL_E_EMPTY: look again. */
int ui_key_or_removal(const struct app *app, bool watch_card, uint64_t deadline_us, enum hal_key *key);
void ui_beep(const struct app *app);

/* Amount entry: digits shift in as cents. `first` is a digit typed already, or 0. HAL_E_CANCELLED, HAL_E_TIMEOUT. */
int ui_amount(const struct app *app, int first, uint64_t *cents);
/* PIN into the secure element. enum emv_pin_result, or negative; HAL_E_REMOVED when `watch_card` and the card is
 * pulled. */
int ui_pin(const struct app *app, enum screen screen, const char *amount, bool watch_card);
/* The same for the PIN that the card checks: `tries` left, or EMV_TRIES_UNKNOWN; `again`: the one before was wrong. */
int ui_card_pin(const struct app *app, const char *amount, int tries, bool again);
/* The operator looks at a document. OK: it is right; HAL_E_CANCELLED: it is not, or nobody looked. */
int ui_identity(const struct app *app, const char *kind, const char *number);
/* Choice among names on a screen with one of them; HAL_E_CANCELLED, also when the card time ran out; HAL_E_REMOVED with
 * `watch_card`. */
int ui_pick(const struct app *app, enum screen screen, const char *const *names, size_t count, bool watch_card,
            size_t *index);
/* Choice among applications; HAL_E_CANCELLED, HAL_E_REMOVED. */
int ui_choose(const struct app *app, const char *const *names, size_t count, size_t *index);
/* Whether the cardholder agrees to this one application: OK, HAL_E_CANCELLED, HAL_E_REMOVED. */
int ui_confirm(const struct app *app, const char *name);

int ui_card_present(const struct app *app, bool *present);
/* Waits until no card is in the reader, at most the card time. OK, HAL_E_TIMEOUT, negative. */
int ui_wait_removed(const struct app *app);

#endif
