/* The terminal: paper, display, lamps, and what stands below. Keys and slots have files of their own. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

/* ---- display ---- */

static void screen_text(const struct model_state *s, char *out, size_t cap)
{
    size_t len = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < s->row_count && len < cap; i++)
        if (s->rows[i][strspn(s->rows[i], " ")])
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len ? " | " : "", s->rows[i]);
}

/* Big cells as long as no screen since switching on needed more than 20 x 4 of them. */
static void draw_rows(struct ui *ui, struct ui_rect at, const struct model_state *s)
{
    int zoom = s->columns_seen > 20 || s->rows_seen > 4 ? 1 : 2;
    for (unsigned i = 0; i < s->row_count; i++) {
        struct ui_rect row = {at.x, at.y + (int)i * 16 * zoom, at.w, 16 * zoom};
        ui_pixel_text(ui, row, zoom, UI_LCD_INK, s->rows[i]);
    }
}

static void draw_glass(struct window *w, struct ui_rect at)
{
    const struct model_state *s = w->seen;
    char text[MODEL_ROWS * (MODEL_ROW_BYTES + 3)];
    screen_text(s, text, sizeof text);
    ui_round(w->ui, at, UI_RADIUS, s->powered ? UI_LCD_BACK : UI_QUIET);
    if (s->powered)
        draw_rows(w->ui, rect_inset(at, 8), s);
    ui_note(w->ui, &(struct ui_item){.id = "lcd", .role = "display", .label = s->screen, .value = text, .at = at});
    struct ui_rect name = {at.x, at.y, 1, 1};
    ui_note(w->ui,
            &(struct ui_item){.id = "lcd.role", .role = "display", .label = s->screen, .value = s->role, .at = name});
}

/* ---- lamps ---- */

static void draw_lamps(struct window *w, struct ui_rect at)
{
    static const struct {
        const char *id, *label;
        enum ui_tone lit;
    } lamps[] = {{"lamp.blue", "blue", UI_BLUE},
                 {"lamp.yellow", "yellow", UI_YELLOW},
                 {"lamp.green", "green", UI_GREEN},
                 {"lamp.red", "red", UI_RED}};
    int x = at.x + at.w / 2 - 4 * 34 / 2;
    for (unsigned i = 0; i < sizeof lamps / sizeof *lamps; i++) {
        bool on = w->seen->leds >> i & 1;
        ui_lamp(w->ui,
                &(struct ui_item){.id = lamps[i].id,
                                  .role = "lamp",
                                  .label = lamps[i].label,
                                  .value = on ? "on" : "off",
                                  .chosen = on,
                                  .at = {x + (int)i * 34 + 9, at.y + at.h / 2 - 8, 16, 16}},
                lamps[i].lit);
    }
}

/* ---- paper ---- */

/* The last lines that fit whole, above a little more to tear; nothing printed: only that. */
static void draw_paper(struct window *w, struct ui_rect at)
{
    uint64_t count = w->seen->paper, first = count;
    char value[32];
    int height = 20;
    snprintf(value, sizeof value, "%llu lines", (unsigned long long)count);
    ui_note(w->ui,
            &(struct ui_item){.id = "paper", .role = "display", .label = "printer paper", .value = value, .at = at});
    if (!w->seen->has_paper && !count)
        return;
    while (first > model_paper_first(w->model)) {
        int more = (int)paper_line_rows(model_paper(w->model, first - 1)) * PAPER_ROW;
        if (height + more > at.h)
            break;
        height += more;
        first--;
    }
    struct ui_rect strip = {at.x, at.y + at.h - height, at.w, height};
    ui_fill(w->ui, strip, UI_WHITE);
    ui_frame(w->ui, strip, UI_LINE);
    for (struct ui_rect row = {at.x + (at.w - PAPER_WIDTH) / 2, strip.y + 4, PAPER_WIDTH, PAPER_ROW}; first < count;
         first++) {
        const struct paper_line *line = model_paper(w->model, first);
        paper_line_draw(w->ui, row, line, 0);
        row.y += (int)paper_line_rows(line) * PAPER_ROW;
    }
}

/* ---- switches ---- */

static void draw_switches(struct window *w, struct ui_rect at)
{
    const struct model_state *s = w->seen;
    bool open = session_open(&w->session);
    const struct {
        const char *id, *label, *on, *off, *shortcut, *what, *key;
        bool is_on;
        int width;
    } rows[] = {
        {"switch.power", "Power", "on", "off", "O", "power", "on", s->powered, 128},
        {"switch.network", "Network", "up", "down", "N", "network", "up", s->network, 146},
        {"switch.paper", "Paper", "in", "out", "A", "paper", "there", s->has_paper, 126},
    };
    int x = at.x;
    for (int i = 0; i < 3; i++) {
        struct ui_item item = {.id = rows[i].id,
                               .role = "switch",
                               .label = rows[i].label,
                               .value = rows[i].is_on ? rows[i].on : rows[i].off,
                               .at = {x, at.y, rows[i].width, at.h},
                               .shortcut = rows[i].shortcut,
                               .disabled = !open,
                               .chosen = rows[i].is_on,
                               .tone = UI_PAPER};
        x += rows[i].width;
        if (ui_press(w->ui, &item)) {
            timeline_now(w);
            session_switch(&w->session, rows[i].what, rows[i].key, !rows[i].is_on);
        }
    }
}

/* ---- the whole ---- */

/* In place of the small words: what is not as it seems. false: nothing. */
static bool draw_trouble(struct window *w, struct ui_rect at)
{
    char text[160] = "";
    if (w->is_past)
        snprintf(text, sizeof text, "As it was at line %llu. End: back to now", (unsigned long long)w->seen->number);
    else if (w->session.stage == SESSION_DIED)
        snprintf(text, sizeof text, "%s", session_status(&w->session));
    else if (w->seen->trouble[0])
        snprintf(text, sizeof text, "the core: %s", w->seen->trouble);
    else
        return false;
    at.h -= 2;
    ui_round(w->ui, at, UI_RADIUS, w->is_past ? UI_ACCENT : UI_BAD);
    ui_label(w->ui, &(struct ui_item){.id = "face.note", .role = "label", .label = text, .at = at}, UI_SMALL, UI_CENTRE,
             UI_WHITE);
    return true;
}

/* What a terminal would not say in words: whose core it is, a tone, and the line to the host. */
static void draw_info(struct window *w, struct ui_rect at)
{
    static const char *const links[] = {
        [LINK_CLOSED] = "no connection", [LINK_CONNECTING] = "connecting", [LINK_CONNECTED] = "connected"};
    const struct model_state *s = w->seen;
    const char *link = !s->network ? "line down" : s->powered ? links[s->link] : "";
    char beep[40] = "";
    if (s->beep_us && s->time_us < s->beep_us + 1000u * s->beep_ms)
        snprintf(beep, sizeof beep, "beep %u Hz", s->beep_hz);
    at = (struct ui_rect){at.x, at.y + 11, at.w, at.h - 11};
    if (draw_trouble(w, at))
        return;
    at = (struct ui_rect){at.x + 2, at.y, at.w - 4, at.h - 2};
    const struct {
        const char *id, *text;
        enum ui_align align;
    } words[] = {{"face.core", s->image, UI_LEFT}, {"face.beep", beep, UI_CENTRE}, {"face.link", link, UI_RIGHT}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ui_label(w->ui, &(struct ui_item){.id = words[i].id, .role = "label", .label = words[i].text, .at = at},
                 UI_SMALL, words[i].align, UI_LINE);
}

void face_draw(struct window *w)
{
    struct face_places at;
    layout_face(w->at.face, &at);
    ui_note(w->ui, &(struct ui_item){
                       .id = "face", .role = "panel", .label = "terminal", .value = w->seen->image, .at = w->at.face});
    draw_paper(w, at.paper);
    ui_round(w->ui, at.body, 16, UI_DARK);
    ui_fill(w->ui, (struct ui_rect){at.paper.x - 8, at.body.y + 6, at.paper.w + 16, 4}, UI_INK);
    draw_info(w, at.info);
    draw_glass(w, at.glass);
    draw_lamps(w, at.lamps);
    keypad_draw(w, &at);
    slots_draw(w, &at);
    draw_switches(w, at.switches);
}
