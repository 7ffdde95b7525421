/* Paper: how a line of it is drawn, and the roll as a view of its own, every slip since the record's beginning. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

enum {
    WIDE = 17,            /* columns of double size: a little into the margin, as printers do */
    FULL = 2 * WIDE,      /* of ordinary size, likewise */
    ROW = PAPER_WIDTH / 8 /* of each row, when the line goes on in the next one */
};

static bool is_wide(const struct paper_line *line)
{
    return line->style & PAPER_DOUBLE && report_columns(line->text) <= WIDE;
}

/* Bytes of the text that go into one row: broken behind a blank, where there is one. */
static size_t row_bytes(const char *text)
{
    char head[sizeof((struct paper_line *)0)->text];
    size_t blank = 0, at = 0, next;
    if (report_columns(text) <= FULL)
        return strlen(text);
    for (; text[at]; at = next) {
        for (next = at + 1; ((unsigned char)text[next] & 0xC0) == 0x80;)
            next++;
        snprintf(head, sizeof head, "%.*s", (int)next, text);
        if (at && report_columns(head) > ROW + (text[at] == ' '))
            return blank ? blank : at;
        blank = text[at] == ' ' ? next : blank;
    }
    return at;
}

unsigned paper_line_rows(const struct paper_line *line)
{
    unsigned rows = 1;
    if (!line || line->kind == PAPER_CUT)
        return rows;
    if (is_wide(line))
        return 2;
    for (const char *text = line->text + row_bytes(line->text); *text; text += row_bytes(text))
        rows++;
    return rows;
}

/* One row's text; `zoom` 2: in double size. Where it ends, in pixels from `at`. */
static int draw_text(struct ui *ui, struct ui_rect at, const struct paper_line *line, const char *words, int zoom)
{
    int width = (int)report_columns(words) * 8 * zoom;
    int indent = line->style & PAPER_CENTRE || width > PAPER_WIDTH ? (PAPER_WIDTH - width) / 2 : 0;
    indent = indent < -8 ? 0 : indent;
    struct ui_rect text = {at.x + indent, at.y, PAPER_WIDTH + 8 - indent, 16 * zoom};
    ui_pixel_text(ui, text, zoom, UI_INK, words);
    if (zoom == 1 && line->style & PAPER_DOUBLE) { /* too long to be wide: struck twice */
        text.x++;
        ui_pixel_text(ui, text, zoom, UI_INK, words);
    }
    return indent + width;
}

static void draw_cut(struct ui *ui, struct ui_rect at)
{
    for (int x = at.x - 8; x < at.x + PAPER_WIDTH + 8; x += 10)
        ui_fill(ui, (struct ui_rect){x, at.y + at.h / 2, 6, 1}, UI_QUIET);
}

void paper_line_draw(struct ui *ui, struct ui_rect at, const struct paper_line *line, unsigned part)
{
    if (!line)
        return;
    if (line->kind == PAPER_CUT) {
        draw_cut(ui, at);
        return;
    }
    char words[sizeof line->text];
    const char *rest = line->text;
    int end = 0;
    at.y -= (int)part * PAPER_ROW;
    for (size_t len = row_bytes(rest); *rest; len = row_bytes(rest)) {
        bool goes_on = rest[len] != '\0' && rest[len - 1] == ' '; /* the blank at the break is not drawn */
        snprintf(words, sizeof words, "%.*s", (int)(len - goes_on), rest);
        end = draw_text(ui, at, line, words, is_wide(line) ? 2 : 1);
        rest += len;
        at.y += *rest ? PAPER_ROW : 0;
    }
    if (line->kind == PAPER_HALF)
        ui_fill(ui, (struct ui_rect){at.x + end + 4, at.y + 8, PAPER_WIDTH - end - 4, 1}, UI_BAD);
}

/* ---- the roll ---- */

/* Rows of the list -> line of paper and its half. Counted anew each frame it is seen: a roll is some hundred lines. */
struct roll {
    struct window *w;
    size_t rows;
};

static const struct paper_line *find(const struct window *w, size_t row, uint64_t *index, unsigned *part)
{
    size_t at = 0;
    for (uint64_t i = model_paper_first(w->model); i < w->seen->paper; i++) {
        const struct paper_line *line = model_paper(w->model, i);
        unsigned rows = paper_line_rows(line);
        if (row < at + rows) {
            *index = i;
            *part = (unsigned)(row - at);
            return line;
        }
        at += rows;
    }
    return NULL;
}

static size_t count_rows(const struct window *w)
{
    size_t rows = 0;
    for (uint64_t i = model_paper_first(w->model); i < w->seen->paper; i++)
        rows += paper_line_rows(model_paper(w->model, i));
    return rows;
}

static void fill_row(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap)
{
    struct roll *r = ctx;
    uint64_t line = 0;
    unsigned part = 0;
    const struct paper_line *paper = find(r->w, index, &line, &part);
    const char suffix[] = {'.', (char)('a' + part), '\0'};
    snprintf(text, text_cap, "paper.%llu%s", (unsigned long long)line + 1, part ? suffix : "");
    item->id = text;
    item->label = !paper ? "" : paper->kind == PAPER_CUT ? "(cut)" : part ? "" : paper->text;
}

static void draw_row(void *ctx, struct ui *ui, size_t index, struct ui_rect at, bool chosen)
{
    struct roll *r = ctx;
    uint64_t line = 0;
    unsigned part = 0;
    const struct paper_line *paper = find(r->w, index, &line, &part);
    (void)chosen;
    ui_fill(ui, at, UI_WHITE);
    at.x += (at.w - UI_BAR - PAPER_WIDTH) / 2;
    paper_line_draw(ui, at, paper, part);
}

void paper_view(struct window *w, struct ui_rect at)
{
    struct roll roll = {w, count_rows(w)};
    bool opened;
    int width = PAPER_WIDTH + 48 + UI_BAR;
    if (!roll.rows) {
        ui_label(w->ui,
                 &(struct ui_item){.id = "roll.empty",
                                   .role = "label",
                                   .label = "Nothing was printed yet.",
                                   .at = {at.x, at.y + 40, at.w, 24}},
                 UI_TEXT, UI_CENTRE, UI_QUIET);
        return;
    }
    if (w->roll_of != w->seen->paper) { /* more paper: its end is what one wants to see */
        w->roll.follow = true;
        w->roll_of = w->seen->paper;
    }
    struct ui_rect list = {at.x + (at.w - width) / 2, at.y, width, at.h};
    ui_fill(w->ui, at, UI_RAISED);
    ui_list(w->ui,
            &(struct ui_list){.id = "roll",
                              .label = "paper",
                              .at = list,
                              .count = roll.rows,
                              .row_height = PAPER_ROW,
                              .row = fill_row,
                              .draw = draw_row,
                              .ctx = &roll},
            &w->roll, &opened);
}
