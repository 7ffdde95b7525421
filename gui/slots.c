/* The two card slots of the terminal: a card is dropped on one, and the one in the chip slot is pulled by a click. */
#include "gui/window.h"

#include <string.h>

#define SWIPE_SHOWN_US 2000000u

/* "tray.NAME" -> NAME; NULL: something else was dropped. */
static const char *card_of(const char *id)
{
    return id && strncmp(id, "tray.", 5) == 0 ? id + 5 : NULL;
}

static void draw_inserted(struct window *w, struct ui_rect at)
{
    const char *name = w->seen->card;
    if (!*name)
        return;
    struct ui_item item = {.id = "card.inserted",
                           .role = "card",
                           .label = name,
                           .value = "in the chip slot",
                           .at = at,
                           .disabled = !session_open(&w->session),
                           .tone = UI_PANEL};
    if (ui_press(w->ui, &item)) {
        timeline_now(w);
        session_do(&w->session, "pull", NULL, NULL);
    }
    const cJSON *card = tray_find(w, name);
    if (card)
        card_draw(w, rect_inset(at, 2), card, "a click or P pulls it", false);
}

static void draw_chip(struct window *w, const struct face_places *at)
{
    struct ui_rect hot = {at->chip.x - 20, at->chip.y - 10, at->chip.w + 40, at->card.y + at->card.h - at->chip.y + 10};
    const char *card = w->seen->card;
    bool over = card_of(ui_hovers(w->ui, hot)) != NULL;
    draw_inserted(w, at->card);
    ui_round(w->ui, at->chip, 5, over ? UI_ACCENT : UI_INK);
    ui_note(
        w->ui,
        &(struct ui_item){
            .id = "slot.chip", .role = "slot", .label = "chip slot", .value = *card ? card : "empty", .at = at->chip});
    if (!*card) {
        struct ui_rect hint = {at->card.x, at->card.y + 6, at->card.w, 18};
        char text[100] = "chip: drop a card here, or I";
        if (w->seen->swiped[0] && w->seen->time_us < w->seen->swiped_us + SWIPE_SHOWN_US)
            snprintf(text, sizeof text, "swiped: %.80s", w->seen->swiped);
        ui_text(w->ui, hint, UI_SMALL, UI_CENTRE, UI_QUIET, text);
    }
    const char *name = card_of(ui_dropped(w->ui, hot));
    if (name)
        tray_insert(w, name);
}

static void draw_stripe(struct window *w, const struct face_places *at)
{
    struct ui_rect groove = {at->stripe.x + 11, at->stripe.y + 12, 6, at->stripe.h - 24};
    bool over = card_of(ui_hovers(w->ui, at->stripe)) != NULL;
    ui_round(w->ui, at->stripe, 10, UI_DARK);
    ui_round(w->ui, groove, 3, over ? UI_ACCENT : UI_INK);
    ui_note(
        w->ui,
        &(struct ui_item){
            .id = "slot.stripe", .role = "slot", .label = "stripe slot", .value = w->seen->swiped, .at = at->stripe});
    const char *name = card_of(ui_dropped(w->ui, at->stripe));
    if (name)
        tray_swipe(w, name);
}

void slots_draw(struct window *w, const struct face_places *at)
{
    draw_chip(w, at);
    draw_stripe(w, at);
}
