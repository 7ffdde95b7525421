/*
 * One event of the record into the state that is seen: a table by kind (sim/record.h). What a power loss takes away
 * (display, lamps, the line) goes here too, as it does in the terminal. Callers: gui/model.c.
 */
#include "gui/model.h"

#include "reports/output.h"

#include <string.h>

static bool is(const cJSON *event, const char *key, const char *value)
{
    return strcmp(report_string(event, key), value) == 0;
}

/* Clean, and cut at a character's border. */
static void take(char *out, size_t cap, const char *text)
{
    size_t len = 0;
    for (uint32_t code; (code = report_utf8(&text));) {
        char one[5];
        size_t n = 0;
        if (!report_is_plain(code))
            code = 0xFFFD;
        if (code < 0x80) {
            one[n++] = (char)code;
        } else if (code < 0x800) {
            one[n++] = (char)(0xC0 | code >> 6);
        } else if (code < 0x10000) {
            one[n++] = (char)(0xE0 | code >> 12);
            one[n++] = (char)(0x80 | (code >> 6 & 63));
        } else {
            one[n++] = (char)(0xF0 | code >> 18);
            one[n++] = (char)(0x80 | (code >> 12 & 63));
            one[n++] = (char)(0x80 | (code >> 6 & 63));
        }
        if (code >= 0x80)
            one[n++] = (char)(0x80 | (code & 63));
        if (len + n >= cap)
            break;
        memcpy(out + len, one, n);
        len += n;
    }
    out[len] = '\0';
}

static void go_dark(struct model_state *s)
{
    memset(s->rows, 0, sizeof s->rows);
    s->row_count = s->columns_seen = s->rows_seen = s->leds = 0;
    s->screen[0] = s->role[0] = '\0';
    s->link = LINK_CLOSED;
}

/* ---- kinds ---- */

static bool fold_power(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    static const char *const left[] = {"hung", "returned", "ignored"};
    (void)paper;
    if (is(e, "what", "on") || is(e, "what", "cut") || is(e, "what", "off") || is(e, "what", "reset")) {
        s->powered = is(e, "what", "on");
        s->trouble[0] = '\0';
        go_dark(s);
    }
    if (!s->powered)
        s->image[0] = '\0';
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (is(e, "what", left[i]))
            take(s->trouble, sizeof s->trouble, left[i]);
    return false;
}

static bool fold_boot(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    char text[200];
    (void)paper;
    snprintf(text, sizeof text, "%.90s %.90s", report_string(e, "name"), report_string(e, "version"));
    take(s->image, sizeof s->image, text);
    if (*report_string(e, "err")) {
        snprintf(text, sizeof text, "does not boot: %.90s", report_string(e, "err"));
        take(s->trouble, sizeof s->trouble, text);
    }
    return false;
}

static bool fold_screen(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    const cJSON *row;
    unsigned n = 0;
    (void)paper;
    if (*report_string(e, "err"))
        return false;
    memset(s->rows, 0, sizeof s->rows);
    cJSON_ArrayForEach(row, report_item(e, "rows"))
    {
        if (n == MODEL_ROWS)
            break;
        take(s->rows[n], MODEL_ROW_BYTES, cJSON_IsString(row) ? row->valuestring : "");
        unsigned columns = report_columns(s->rows[n]);
        s->columns_seen = columns > s->columns_seen ? columns : s->columns_seen;
        n++;
    }
    s->row_count = n;
    s->rows_seen = n > s->rows_seen ? n : s->rows_seen;
    take(s->screen, sizeof s->screen, report_string(e, "name"));
    take(s->role, sizeof s->role, report_string(e, "role"));
    return false;
}

static bool fold_key(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    (void)paper;
    take(s->key, sizeof s->key, report_string(e, "key"));
    return false;
}

static bool fold_led(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    (void)paper;
    s->leds = (unsigned)report_number(e, "mask") & 15;
    return false;
}

static bool fold_beep(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    (void)paper;
    s->beep_hz = (unsigned)report_number(e, "hz") & 0xFFFF;
    s->beep_ms = (unsigned)report_number(e, "ms") & 0xFFFF;
    s->beep_us = s->time_us;
    return false;
}

/* What the loss interrupted: the first half of the characters' bytes (sim/devices/printer.c). */
static void half(char *text)
{
    size_t len = strlen(text) / 2;
    while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    text[len] = '\0';
}

static bool fold_print(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    bool torn = is(e, "err", "HAL_E_POWER");
    if (*report_string(e, "err") && !torn)
        return false;
    *paper =
        (struct paper_line){.kind = torn ? PAPER_HALF : PAPER_LINE, .style = (unsigned)report_number(e, "style") & 3};
    take(paper->text, sizeof paper->text, report_string(e, "text"));
    if (torn)
        half(paper->text);
    s->paper++;
    return true;
}

static bool fold_cut(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    if (*report_string(e, "err"))
        return false;
    *paper = (struct paper_line){.kind = PAPER_CUT};
    s->paper++;
    return true;
}

static bool fold_paper(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    (void)paper;
    s->has_paper = !is(e, "what", "out");
    return false;
}

static bool fold_card(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    (void)paper;
    if (is(e, "what", "insert")) {
        take(s->card, sizeof s->card, *report_string(e, "name") ? report_string(e, "name") : "a card");
    } else if (is(e, "what", "remove")) {
        s->card[0] = '\0';
    } else if (is(e, "what", "swipe")) {
        take(s->swiped, sizeof s->swiped, report_string(e, "name"));
        s->swiped_us = s->time_us;
    }
    return false;
}

static bool fold_line(struct model_state *s, const cJSON *e, struct paper_line *paper)
{
    static const struct {
        const char *what;
        enum model_link link;
    } links[] = {{"connect", LINK_CONNECTING}, {"connected", LINK_CONNECTED}, {"failed", LINK_CLOSED},
                 {"closed", LINK_CLOSED},      {"down", LINK_CLOSED},         {"drop", LINK_CLOSED}};
    (void)paper;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (is(e, "what", links[i].what))
            s->link = *report_string(e, "err") ? LINK_CLOSED : links[i].link;
    if (is(e, "what", "up") || is(e, "what", "down"))
        s->network = is(e, "what", "up");
    return false;
}

static const struct {
    const char *kind;
    bool (*fold)(struct model_state *s, const cJSON *event, struct paper_line *paper);
} kinds[] = {
    {"key", fold_key},     {"power", fold_power}, {"boot", fold_boot},   {"screen", fold_screen},
    {"led", fold_led},     {"beep", fold_beep},   {"print", fold_print}, {"cut", fold_cut},
    {"paper", fold_paper}, {"card", fold_card},   {"line", fold_line},
};

void fold_start(struct model_state *s)
{
    memset(s, 0, sizeof *s);
    s->network = s->has_paper = true;
}

bool fold_event(struct model_state *s, const cJSON *event, struct paper_line *paper)
{
    double time = report_number(event, "t"), number = report_number(event, "n"), term = report_number(event, "term");
    if (time > 0 && time < 9e15)
        s->time_us = (uint64_t)time;
    s->number = number > 0 && number < 9e15 ? (uint64_t)number : s->number + 1;
    unsigned terminal = term >= 1 && term < 1000 ? (unsigned)term : 0;
    if (terminal && !s->terminal)
        s->terminal = terminal; /* the first that does anything */
    if (terminal && terminal != s->terminal)
        return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is(event, "ev", kinds[i].kind))
            return kinds[i].fold(s, event, paper);
    return false;
}
