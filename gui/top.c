/* Above and below: what is open, its time and pace; the last message and where to find the keys. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

static const struct {
    const char *id, *label, *shortcut, *speed; /* speed NULL: one step */
} paces[] = {
    {"speed.pause", "Pause", "F6", "pause"},
    {"speed.step", "Step", "F7", NULL},
    {"speed.1x", "1x", "F8", "1x"},
    {"speed.fast", "Fast", "F9", "fast"},
};

static void draw_pace(struct window *w, struct ui_rect at)
{
    bool open = session_open(&w->session);
    const char *speed = w->session.speed;
    for (size_t i = 0; i < sizeof paces / sizeof *paces; i++) {
        bool is_step = !paces[i].speed;
        struct ui_item item = {.id = paces[i].id,
                               .role = "button",
                               .label = paces[i].label,
                               .at = rect_take_left(&at, 100),
                               .shortcut = paces[i].shortcut,
                               .disabled = !open || (is_step && strcmp(speed, "pause") != 0),
                               .chosen = open && !is_step && strcmp(speed, paces[i].speed) == 0,
                               .tone = UI_PANEL};
        if (ui_press(w->ui, &item)) {
            timeline_now(w);
            session_do(&w->session, is_step ? "step" : "speed", is_step ? NULL : "value", paces[i].speed);
        }
        rect_take_left(&at, 4);
    }
}

/* Virtual, of the last thing that is known: between two of them it is not worth waking up for. */
static void draw_clock(struct window *w, struct ui_rect at)
{
    uint64_t us = w->seen->time_us;
    if (!w->is_past && session_open(&w->session) && w->session.virtual_us > us)
        us = w->session.virtual_us;
    char text[48];
    snprintf(text, sizeof text, "%llu:%02llu:%02llu.%03llu", (unsigned long long)(us / 3600000000u),
             (unsigned long long)(us / 60000000u % 60), (unsigned long long)(us / 1000000u % 60),
             (unsigned long long)(us / 1000u % 1000));
    ui_label(w->ui, &(struct ui_item){.id = "clock", .role = "label", .label = text, .value = text, .at = at}, UI_MONO,
             UI_RIGHT, UI_INK);
}

static enum ui_tone status_tone(const struct session *s)
{
    if (s->stage == SESSION_DIED)
        return UI_BAD;
    if (s->verdict)
        return report_verdict(s->verdict) == VERDICT_PASS ? UI_GOOD : UI_BAD;
    return UI_ACCENT;
}

void top_draw(struct window *w)
{
    struct ui_rect at = w->at.top;
    ui_fill(w->ui, at, UI_PANEL);
    ui_fill(w->ui, (struct ui_rect){at.x, at.y + at.h - 1, at.w, 1}, UI_LINE);
    at = (struct ui_rect){at.x + 16, at.y + 8, at.w - 28, 32};
    draw_pace(w, rect_take_right(&at, 4 * 100 + 3 * 4));
    rect_take_right(&at, UI_GAP * 2);
    draw_clock(w, rect_take_right(&at, 104));
    rect_take_right(&at, UI_GAP * 2);
    ui_text(w->ui, rect_take_left(&at, 106), UI_TITLE, UI_LEFT, UI_INK, "posbench");
    const char *status = session_status(&w->session);
    struct ui_rect mark = rect_take_left(&at, ui_text_width(w->ui, UI_BOLD, status) + 16);
    ui_label(
        w->ui,
        &(struct ui_item){.id = "session", .role = "label", .label = status, .value = w->session.running, .at = mark},
        UI_BOLD, UI_LEFT, status_tone(&w->session));
    ui_label(w->ui, &(struct ui_item){.id = "title", .role = "label", .label = w->session.title, .at = at}, UI_TEXT,
             UI_LEFT, UI_QUIET);
}

void status_draw(struct window *w)
{
    struct ui_rect at = w->at.status;
    ui_fill(w->ui, at, UI_PANEL);
    ui_fill(w->ui, (struct ui_rect){at.x, at.y, at.w, 1}, UI_LINE);
    at = (struct ui_rect){at.x + 16, at.y + 3, at.w - 28, at.h - 5};
    struct ui_item help = {.id = "help",
                           .role = "button",
                           .label = "Keys",
                           .at = rect_take_right(&at, 84),
                           .shortcut = "?",
                           .tone = UI_PANEL};
    struct ui_item quit = {.id = "quit", .role = "button", .label = "Close", .shortcut = "Ctrl+Q", .tone = UI_PANEL};
    rect_take_right(&at, 4);
    quit.at = rect_take_right(&at, 120);
    rect_take_right(&at, UI_GAP);
    if (ui_press(w->ui, &help))
        w->tab = w->tab == TAB_KEYS ? TAB_RECORD : TAB_KEYS;
    if (ui_press(w->ui, &quit))
        w->quit = true;
    const struct session *s = &w->session;
    bool asks = s->asks[0] && session_open(s);
    const char *text = asks ? s->asks : s->message[0] ? s->message : "Ready.";
    ui_label(w->ui, &(struct ui_item){.id = "message", .role = "label", .label = text, .at = at}, UI_TEXT, UI_LEFT,
             asks        ? UI_ACCENT
             : s->is_bad ? UI_BAD
                         : UI_QUIET);
}
