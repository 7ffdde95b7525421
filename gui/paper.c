/* Paper: how a line of it is drawn, and the roll as a view of its own, every slip since the record's beginning. */
#include "gui/window.h"

#include "reports/output.h"

#include <string.h>

enum { WIDE = 17 /* columns of double size: a little into the margin, as printers do */ };

unsigned paper_line_rows(const struct paper_line *line)
{
    return line && line->kind != PAPER_CUT && (line->style & PAPER_DOUBLE) && report_columns(line->text) <= WIDE ? 2
                                                                                                                 : 1;
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
    int zoom = (int)paper_line_rows(line), width = (int)report_columns(line->text) * 8 * zoom;
    int indent = line->style & PAPER_CENTRE || width > PAPER_WIDTH ? (PAPER_WIDTH - width) / 2 : 0;
    indent = indent < -8 ? 0 : indent;
    struct ui_rect text = {at.x + indent, at.y - (int)part * PAPER_ROW, PAPER_WIDTH + 8 - indent, 16 * zoom};
    ui_pixel_text(ui, text, zoom, UI_INK, line->text);
    if (zoom == 1 && line->style & PAPER_DOUBLE) { /* too long to be wide: struck twice */
        text.x++;
        ui_pixel_text(ui, text, zoom, UI_INK, line->text);
    }
    if (line->kind == PAPER_HALF)
        ui_fill(ui, (struct ui_rect){at.x + indent + width + 4, at.y + 8, PAPER_WIDTH - indent - width - 4, 1}, UI_BAD);
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
    snprintf(text, text_cap, "paper.%llu%s", (unsigned long long)line + 1, part ? ".b" : "");
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
