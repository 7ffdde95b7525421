/* The tray of cards: chosen by a click, dragged onto a slot, or put in, pulled and swiped by the buttons below it. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

enum { CARD = 32, GAP = 2, NARROW = 270 };

const cJSON *tray_find(const struct window *w, const char *name)
{
    const cJSON *card;
    cJSON_ArrayForEach(card, w->tray.cards)
    {
        if (strcmp(report_string(card, "name"), name) == 0)
            return card;
    }
    return NULL;
}

static bool is_word_of(const char *list, const char *word, size_t len)
{
    for (size_t n; *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (n == len && strncmp(list, word, n) == 0)
            return true;
    }
    return false;
}

bool tray_keep(struct window *w, const char *names, char *why, size_t why_cap)
{
    for (int i = cJSON_GetArraySize(w->tray.cards) - 1; i >= 0; i--) {
        const char *name = report_string(cJSON_GetArrayItem(w->tray.cards, i), "name");
        if (!is_word_of(names, name, strlen(name)))
            cJSON_DeleteItemFromArray(w->tray.cards, i);
    }
    for (size_t n; *names; names += n + (names[n] == ',')) {
        char name[64];
        n = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, names);
        if (!tray_find(w, name)) {
            snprintf(why, why_cap, "--cards: there is no card '%s'; ./posbench card list names them", name);
            return false;
        }
    }
    return true;
}

static const char *chosen_name(const struct window *w)
{
    const cJSON *card = cJSON_GetArrayItem(w->tray.cards, (int)w->tray.chosen - 1);
    return w->tray.chosen && card ? report_string(card, "name") : NULL;
}

/* With a real reader the card is the one that lies in it. */
void tray_insert(struct window *w, const char *name)
{
    bool real = w->session.reader[0] != '\0';
    if (!name && !real)
        name = chosen_name(w);
    timeline_now(w);
    if (!name && !real)
        session_say(&w->session, true, "choose a card in the tray first");
    else
        session_do(&w->session, "insert", name ? "card" : NULL, name);
}

void tray_swipe(struct window *w, const char *name)
{
    if (!name)
        name = chosen_name(w);
    timeline_now(w);
    if (name)
        session_do(&w->session, "swipe", "card", name);
    else
        session_say(&w->session, true, "choose a card in the tray first");
}

/* ---- pages ---- */

static void draw_pages(struct window *w, struct ui_rect at, size_t fit, size_t count)
{
    size_t pages = (count + fit - 1) / fit, page = w->tray.first / fit;
    char text[32];
    snprintf(text, sizeof text, "%zu of %zu", page + 1, pages ? pages : 1);
    struct ui_rect next = rect_take_right(&at, 28), label = rect_take_right(&at, 56), back = rect_take_right(&at, 28);
    const struct ui_item items[] = {
        {.id = "tray.back",
         .role = "button",
         .label = "\xE2\x97\x80",
         .value = "cards before",
         .at = back,
         .shortcut = "[",
         .disabled = page == 0,
         .tone = UI_PANEL},
        {.id = "tray.next",
         .role = "button",
         .label = "\xE2\x96\xB6",
         .value = "more cards",
         .at = next,
         .shortcut = "]",
         .disabled = page + 1 >= pages,
         .tone = UI_PANEL},
    };
    ui_label(w->ui, &(struct ui_item){.id = "tray.page", .role = "label", .label = text, .at = label}, UI_SMALL,
             UI_CENTRE, UI_QUIET);
    if (ui_press(w->ui, &items[0]))
        w->tray.first -= fit;
    if (ui_press(w->ui, &items[1]))
        w->tray.first += fit;
}

static void draw_card(struct window *w, struct ui_rect at, size_t index)
{
    const cJSON *card = cJSON_GetArrayItem(w->tray.cards, (int)index);
    char id[128];
    bool chosen = w->tray.chosen == index + 1;
    snprintf(id, sizeof id, "tray.%.100s", report_string(card, "name"));
    struct ui_item item = {.id = id,
                           .role = "card",
                           .label = report_string(card, "name"),
                           .value = report_string(card, "description"),
                           .at = at,
                           .chosen = chosen,
                           .tone = UI_PANEL};
    if (ui_drag(w->ui, &item))
        w->tray.chosen = index + 1;
    card_draw(w, rect_inset(at, 2), card, NULL, chosen);
}

/* ---- what can be done ---- */

static void draw_buttons(struct window *w, struct ui_rect at)
{
    bool open = session_open(&w->session), in = w->seen->card[0] != '\0';
    int width = (at.w - 2 * UI_GAP) / 3;
    struct ui_item item = {.role = "button", .at = {at.x, at.y, width, at.h}, .tone = UI_PANEL};
    item.id = "card.insert";
    item.label = "Insert";
    item.shortcut = "I";
    item.disabled = !open || in;
    if (ui_press(w->ui, &item))
        tray_insert(w, NULL);
    item.id = "card.pull";
    item.label = "Pull";
    item.shortcut = "P";
    item.disabled = !open || !in;
    item.at.x += width + UI_GAP;
    if (ui_press(w->ui, &item)) {
        timeline_now(w);
        session_do(&w->session, "pull", NULL, NULL);
    }
    item.id = "card.swipe";
    item.label = "Swipe";
    item.shortcut = "S";
    item.disabled = !open;
    item.at.x += width + UI_GAP;
    item.at.w = at.x + at.w - item.at.x;
    if (ui_press(w->ui, &item))
        tray_swipe(w, NULL);
}

/* What the chosen card says of itself. */
static void draw_about(struct window *w, struct ui_rect at)
{
    const cJSON *card = cJSON_GetArrayItem(w->tray.cards, (int)w->tray.chosen - 1);
    const char *text = w->tray.chosen && card ? report_string(card, "description") : "";
    ui_note(w->ui, &(struct ui_item){.id = "tray.about", .role = "label", .label = text, .at = at});
    text_lines(w->ui, at, UI_SMALL, UI_QUIET, text);
}

static void draw_reader(struct window *w, struct ui_rect at)
{
    char text[200];
    const char *how = w->session.trouble[0]    ? w->session.trouble
                      : w->session.reader_card ? "a card lies in it"
                                               : "no card in it";
    snprintf(text, sizeof text, "%.90s: %.100s", w->session.reader, how);
    ui_label(w->ui, &(struct ui_item){.id = "reader", .role = "label", .label = text, .at = at}, UI_SMALL, UI_LEFT,
             UI_ACCENT);
}

void tray_draw(struct window *w)
{
    size_t count = (size_t)cJSON_GetArraySize(w->tray.cards);
    struct ui_rect at = w->at.tray;
    ui_panel(w->ui, &(struct ui_item){.id = "tray", .role = "panel", .label = "Cards", .at = at});
    struct ui_rect head = rect_take_top(&at, UI_HEAD);
    at.x += UI_PAD;
    at.w -= 2 * UI_PAD;
    rect_take_bottom(&at, UI_PAD);
    draw_buttons(w, rect_take_bottom(&at, UI_TALL));
    rect_take_bottom(&at, UI_GAP);
    draw_about(w, rect_take_bottom(&at, (at.w < NARROW ? 3 : 2) * ui_line_height(w->ui, UI_SMALL)));
    rect_take_bottom(&at, UI_GAP);
    if (w->session.reader[0])
        draw_reader(w, rect_take_top(&at, 22));
    size_t fit = at.h >= CARD ? (size_t)(at.h + GAP) / (CARD + GAP) : 1;
    w->tray.first = w->tray.first / fit * fit;
    draw_pages(w, (struct ui_rect){at.x, head.y + 5, at.w, 26}, fit, count);
    for (size_t i = w->tray.first; i < count && i < w->tray.first + fit; i++) {
        draw_card(w, rect_take_top(&at, CARD), i);
        rect_take_top(&at, GAP);
    }
}
