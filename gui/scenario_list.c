/* The panel of the scenarios: topic, list, what became of the chosen one, and the two ways to begin. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

static const struct {
    const char *word, *mark;
    enum ui_tone tone;
} outcomes[] = {
    [OUTCOME_NONE] = {"not run", "", UI_QUIET},         [OUTCOME_RUNNING] = {"running", "\xE2\x96\xB6", UI_ACCENT},
    [OUTCOME_PASS] = {"pass", "\xE2\x9C\x93", UI_GOOD}, [OUTCOME_FAIL] = {"fail", "\xE2\x9C\x97", UI_BAD},
    [OUTCOME_OTHER] = {"inconclusive", "?", UI_WARN},
};

/* Place among all cases, from 0. */
static size_t place_of(const struct scenarios *s, const cJSON *one)
{
    size_t place = 0;
    for (const cJSON *c = s->cases->child; c && c != one; c = c->next)
        place++;
    return place;
}

static void fill_row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    struct scenarios *s = &((struct window *)ctx)->scenarios;
    const char *id = report_string(s->rows[index], "id");
    snprintf(text, text_cap, "scenario.%s", strncmp(id, "scenarios/", 10) == 0 ? id + 10 : id);
    item->id = text;
    item->label = report_string(s->rows[index], "name");
    item->value = outcomes[s->outcomes[place_of(s, s->rows[index])]].word;
}

static void draw_row(void *ctx, struct ui *ui, size_t index, struct ui_rect at, bool chosen)
{
    struct scenarios *s = &((struct window *)ctx)->scenarios;
    enum outcome outcome = s->outcomes[place_of(s, s->rows[index])];
    (void)chosen;
    ui_text(ui, rect_take_left(&at, 18), UI_BOLD, UI_CENTRE, outcomes[outcome].tone, outcomes[outcome].mark);
    rect_take_left(&at, 4);
    rect_take_right(&at, 6);
    text_lines(ui, at, UI_SMALL, UI_INK, report_string(s->rows[index], "name"));
}

static void draw_topics(struct window *w, struct ui_rect at)
{
    struct scenarios *s = &w->scenarios;
    struct ui_rect next = rect_take_right(&at, 28), label = rect_take_right(&at, 64), back = rect_take_right(&at, 28);
    const struct ui_item items[] = {
        {.id = "topic.back",
         .role = "button",
         .label = "\xE2\x97\x80",
         .value = "topic before",
         .at = back,
         .shortcut = ",",
         .tone = UI_PANEL},
        {.id = "topic.next",
         .role = "button",
         .label = "\xE2\x96\xB6",
         .value = "next topic",
         .at = next,
         .shortcut = ".",
         .tone = UI_PANEL},
    };
    ui_label(w->ui,
             &(struct ui_item){
                 .id = "topic", .role = "label", .label = s->topic ? s->topics[s->topic - 1] : "all", .at = label},
             UI_SMALL, UI_CENTRE, UI_QUIET);
    if (ui_press(w->ui, &items[0]))
        scenarios_topic(w, s->topic ? s->topic - 1 : s->topic_count); /* round */
    if (ui_press(w->ui, &items[1]))
        scenarios_topic(w, s->topic < s->topic_count ? s->topic + 1 : 0);
}

static const cJSON *chosen(const struct scenarios *s)
{
    return s->list.chosen && s->list.chosen <= s->count ? s->rows[s->list.chosen - 1] : NULL;
}

static void draw_result(struct window *w, struct ui_rect at)
{
    struct scenarios *s = &w->scenarios;
    const cJSON *one = chosen(s);
    char text[2000] = "Choose a scenario; F5 runs it, also a double click.";
    if (one) {
        size_t place = place_of(s, one);
        snprintf(text, sizeof text, "%s: %s\n%s", outcomes[s->outcomes[place]].word, report_string(one, "id"),
                 s->reasons[place] && *s->reasons[place] ? s->reasons[place] : report_string(one, "name"));
    }
    ui_text_box(w->ui,
                &(struct ui_item){.id = "scenario.result", .role = "panel", .label = "result", .value = text, .at = at},
                UI_SMALL, &s->result_first);
}

static void draw_buttons(struct window *w, struct ui_rect at, bool opened)
{
    struct scenarios *s = &w->scenarios;
    const cJSON *one = chosen(s);
    char why[600] = "";
    int width = (at.w - UI_GAP) / 2;
    struct ui_item run = {.id = "scenario.run",
                          .role = "button",
                          .label = "Run",
                          .at = {at.x, at.y, width, at.h},
                          .shortcut = "F5",
                          .disabled = !one,
                          .tone = UI_PANEL};
    struct ui_item hand = {.id = "hand",
                           .role = "button",
                           .label = "By hand",
                           .at = {at.x + width + UI_GAP, at.y, at.w - width - UI_GAP, at.h},
                           .shortcut = w->session.stage == SESSION_DIED ? NULL : "F10",
                           .tone = UI_PANEL};
    if ((ui_press(w->ui, &run) || opened) && one &&
        scenarios_start(w, place_of(s, one) + 1, why, sizeof why) != EXIT_PASS)
        session_say(&w->session, true, "%s", why);
    if (ui_press(w->ui, &hand) && window_hand(w, why, sizeof why) != EXIT_PASS)
        session_say(&w->session, true, "%s", why);
}

void scenarios_draw(struct window *w)
{
    struct scenarios *s = &w->scenarios;
    struct ui_rect at = w->at.scenarios;
    bool opened = false;
    ui_panel(w->ui, &(struct ui_item){.id = "scenarios", .role = "panel", .label = "Scenarios", .at = at});
    struct ui_rect head = rect_take_top(&at, UI_HEAD);
    at.x += UI_PAD;
    at.w -= 2 * UI_PAD;
    rect_take_bottom(&at, UI_PAD);
    struct ui_rect buttons = rect_take_bottom(&at, UI_TALL);
    rect_take_bottom(&at, UI_GAP);
    struct ui_rect result = rect_take_bottom(&at, 62);
    rect_take_bottom(&at, UI_GAP);
    draw_topics(w, (struct ui_rect){at.x, head.y + 5, at.w, 26});
    struct ui_list list = {.id = "scenario.list",
                           .label = "scenarios",
                           .at = at,
                           .count = s->count,
                           .row_height = 38,
                           .row = fill_row,
                           .draw = draw_row,
                           .ctx = w};
    if (ui_list(w->ui, &list, &s->list, &opened))
        s->result_first = 0;
    draw_result(w, result);
    draw_buttons(w, buttons, opened);
}
