/*
 * The maps of a sweep: operations from left to right, one row a cut mode, one row a kind of re-run. They are drawings
 * in units of cells, stretched to any width, with equal neighbours joined into one run, so that thousands of operations
 * stay small; a verdict is told by its height as well as its colour. The script finds the cell under pointer or cursor
 * in the data of sweep_data.c. Without a script the drawing, its bands and the marks that lead to failures are still
 * there.
 */
#include "reports/sweep_view.h"

#include <string.h>

#define ROW_PX 15u
#define FULL_PX 1080u /* a map that fits gets this width */
#define CELL_MAX_PX 48u
#define CELL_MIN_PX 3u
#define LINES_MAX 120u /* columns that lines part */

unsigned sweep_cell_px(size_t count)
{
    unsigned px = count ? (unsigned)(FULL_PX / count) : CELL_MAX_PX;
    return px > CELL_MAX_PX ? CELL_MAX_PX : px < CELL_MIN_PX ? CELL_MIN_PX : px;
}

/* ---- runs of cells ---- */

/* Where a verdict stands in its row: from, height, and a second bar. */
static const struct shape {
    char letter;
    const char *cls;
    double from, height, second;
} shapes[] = {
    {'p', "cp", .12, .76, 0},
    {'f', "cf", 0, 1, 0},
    {'h', "ch", 0, .38, .62},
    {'s', "cs", .42, .16, 0},
};

void sweep_put_bar(FILE *out, size_t at, size_t len, double y, double height)
{
    fprintf(out, "M%zu %gh%zuv%gh-%zuz", at, y, len, height, len);
}

static void put_runs(FILE *out, const char *cells, size_t columns, size_t row, const struct shape *shape)
{
    size_t len = strlen(cells);
    for (size_t at = 0, end; at < columns; at = end) {
        char letter = sweep_letter(cells, len, at);
        for (end = at + 1; end < columns && sweep_letter(cells, len, end) == letter;)
            end++;
        if (letter != shape->letter)
            continue;
        sweep_put_bar(out, at, end - at, (double)row + shape->from, shape->height);
        if (shape->second > 0)
            sweep_put_bar(out, at, end - at, (double)row + shape->second, shape->height);
    }
}

/* `first` and `rows` of the strings in `cells`; one path a verdict. */
static void put_cells(const struct html *h, const cJSON *first, size_t rows, size_t columns, unsigned width,
                      const char *attributes)
{
    fprintf(h->out,
            "<svg class=\"cells\" %s width=\"%u\" height=\"%zu\" viewBox=\"0 0 %zu %zu\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\">",
            attributes, width, rows * ROW_PX, columns, rows);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const cJSON *cells = first;
        fprintf(h->out, "<path class=\"%s\" d=\"", shapes[s].cls);
        for (size_t row = 0; row < rows && cells; row++, cells = cells->next)
            put_runs(h->out, cJSON_IsString(cells) ? cells->valuestring : "", columns, row, &shapes[s]);
        fputs("\"/>", h->out);
    }
    for (size_t at = 1; columns <= LINES_MAX && at < columns; at++)
        fprintf(h->out, "%sM%zu 0v%zu", at == 1 ? "<path class=\"lines\" d=\"" : "", at, rows);
    fputs(columns > 1 && columns <= LINES_MAX ? "\"/>" : "", h->out);
    fputs("<rect class=\"cur\" width=\"1\" height=\"1\" visibility=\"hidden\"/></svg>\n", h->out);
}

static void put_legend(const struct html *h)
{
    fputs("<p class=\"legend\">", h->out);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        fprintf(h->out,
                "<span><svg width=\"16\" height=\"14\" viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><path class=\"%s\" d=\"",
                shapes[s].cls);
        sweep_put_bar(h->out, 0, 1, shapes[s].from, shapes[s].height);
        if (shapes[s].second > 0)
            sweep_put_bar(h->out, 0, 1, shapes[s].second, shapes[s].height);
        fprintf(h->out, "\"/></svg>%s</span>", sweep_letter_name(shapes[s].letter));
    }
    fprintf(h->out, "<span>empty: %s</span></p>\n", sweep_letter_name('-'));
}

static void put_tools(const struct html *h)
{
    fputs("<p class=\"tools\" hidden><button type=\"button\" data-zoom=\"0\">Fit</button><button type=\"button\" "
          "data-zoom=\"-1\" "
          "aria-label=\"Narrower cells\">\xE2\x88\x92</button><button type=\"button\" data-zoom=\"1\" "
          "aria-label=\"Wider cells\">+</button><button type=\"button\" data-next=\"1\">Next failure</button> <span "
          "class=\"note\">Arrow keys move, n and p step through failures, Enter opens one.</span></p>\n",
          h->out);
}

/* Filled by the script; without one it stays away, as the tools do. */
static void put_panel(const struct html *h)
{
    fputs("<div class=\"at\" hidden><p class=\"what\" role=\"status\"></p><p><code class=\"cmd\"></code></p>"
          "<p class=\"links\"></p></div>\n",
          h->out);
}

/* ---- the map of cuts ---- */

static size_t rows_of(const cJSON *sweep)
{
    size_t rows = (size_t)cJSON_GetArraySize(report_item(sweep, "rows")),
           cells = (size_t)cJSON_GetArraySize(report_item(sweep, "cells"));
    rows = rows < cells ? rows : cells;
    return rows < SWEEP_ROWS ? rows : SWEEP_ROWS;
}

/* Rows from `row` on with the same `when`. */
static size_t group_length(const cJSON *row, size_t rows)
{
    const char *when = report_string(row, "when");
    size_t n = 0;
    for (; row && n < rows && strcmp(report_string(row, "when"), when) == 0; row = row->next)
        n++;
    return n;
}

static void put_labels(const struct html *h, const cJSON *sweep, size_t rows)
{
    const cJSON *row = report_item(sweep, "rows")->child;
    fputs("<div class=\"labels\" aria-hidden=\"true\"><span class=\"l18\">screen</span><span class=\"l9\">kind</span>"
          "<span class=\"l12\"></span>",
          h->out);
    for (size_t at = 0, len; at < rows && row; at += len) {
        len = group_length(row, rows - at);
        fputs("<div><b>", h->out);
        html_text(h, report_string(row, "when"));
        fputs("</b><div>", h->out);
        for (size_t i = 0; i < len; i++, row = row->next)
            html_element(h, "span", NULL, report_string(row, "mode"));
        fputs("</div></div>", h->out);
    }
    fputs("<span class=\"l16\">operation</span></div>\n", h->out);
}

static void put_groups(const struct html *h, const cJSON *sweep, size_t rows, size_t columns, unsigned width)
{
    const cJSON *row = report_item(sweep, "rows")->child, *cells = report_item(sweep, "cells")->child;
    char attributes[60];
    for (size_t at = 0, len; at < rows && row; at += len) {
        len = group_length(row, rows - at);
        snprintf(attributes, sizeof attributes, "data-row=\"%zu\" data-rows=\"%zu\"", at, len);
        put_cells(h, cells, len, columns, width, attributes);
        for (size_t i = 0; i < len; i++, row = row->next, cells = cells->next)
            ;
    }
}

void sweep_html_map(const struct html *h, const cJSON *sweep)
{
    const cJSON *operations = report_item(sweep, "operations");
    size_t all = (size_t)cJSON_GetArraySize(operations), rows = rows_of(sweep),
           columns = all < SWEEP_OPERATIONS ? all : SWEEP_OPERATIONS;
    unsigned width = sweep_cell_px(columns) * (unsigned)columns;
    fputs("<h2>Power cuts of the run</h2>\n", h->out);
    if (!columns || !rows) {
        fputs("<p class=\"note\">No power cut was played.</p>\n", h->out);
        return;
    }
    fputs("<section class=\"map\" data-map=\"cuts\">\n", h->out);
    put_legend(h);
    put_tools(h);
    sweep_html_overview(h, report_item(sweep, "cells"), columns);
    fputs("<div class=\"grid\">", h->out);
    put_labels(h, sweep, rows);
    fprintf(h->out,
            "<div class=\"plot\" tabindex=\"0\" role=\"application\" aria-label=\"Map of %zu operations and %zu cut "
            "modes\" "
            "data-columns=\"%zu\">\n",
            columns, rows, columns);
    sweep_html_phases(h, operations, columns, width);
    sweep_html_kind_band(h, operations, columns, width);
    sweep_html_marks(h, sweep, columns, width);
    put_groups(h, sweep, rows, columns, width);
    sweep_html_axis(h, columns, width);
    fputs("</div></div>\n", h->out);
    put_panel(h);
    sweep_html_kind_legend(h);
    if (all > columns)
        fprintf(h->out, "<p class=\"note\">The first %zu of %zu operations are shown.</p>\n", columns, all);
    fputs("<p class=\"note\">Each cell is the first cut; cuts during the recovery after it are counted by level below, "
          "and "
          "the marks above the map lead to every failure by its first cut.</p>\n</section>\n",
          h->out);
}

/* ---- the map of re-runs ---- */

static size_t points_of(const cJSON *rerun)
{
    size_t len = strlen(report_string(rerun, "cells"));
    return len < SWEEP_OPERATIONS ? len : SWEEP_OPERATIONS;
}

static void put_rerun_label(const struct html *h, const cJSON *rerun)
{
    fputs("<span class=\"l15\">", h->out);
    html_text(h, report_string(rerun, "fault"));
    fputc(' ', h->out);
    html_text(h, report_string(rerun, "kind"));
    fprintf(h->out, " <i>%zu</i></span>", points_of(rerun));
}

void sweep_html_reruns(const struct html *h, const cJSON *sweep)
{
    const cJSON *rerun, *reruns = report_item(sweep, "reruns");
    char attributes[60];
    size_t most = 0, row = 0;
    if (cJSON_GetArraySize(reruns) == 0)
        return;
    cJSON_ArrayForEach(rerun, reruns) most = points_of(rerun) > most ? points_of(rerun) : most;
    fputs("<h2>Re-runs</h2>\n<section class=\"map fit\" data-map=\"reruns\">\n", h->out);
    put_legend(h);
    put_tools(h);
    fputs("<div class=\"grid\"><div class=\"labels\" aria-hidden=\"true\">", h->out);
    cJSON_ArrayForEach(rerun, reruns) put_rerun_label(h, rerun);
    fprintf(h->out,
            "</div>\n<div class=\"plot\" tabindex=\"0\" role=\"application\" aria-label=\"Map of re-runs, one row a "
            "kind of "
            "fault\" data-columns=\"%zu\">\n",
            most);
    for (rerun = reruns->child; rerun; rerun = rerun->next, row++) {
        size_t points = points_of(rerun);
        const cJSON one = {.type = cJSON_String,
                           .valuestring =
                               report_item(rerun, "cells") ? report_item(rerun, "cells")->valuestring : NULL};
        snprintf(attributes, sizeof attributes, "data-row=\"%zu\" data-rows=\"1\"", row);
        if (points)
            put_cells(h, &one, 1, points, sweep_cell_px(points) * (unsigned)points, attributes);
        else
            fputs("<p class=\"l15\"></p>", h->out);
    }
    fputs("</div></div>\n", h->out);
    put_panel(h);
    fputs("<p class=\"note\">From the first durable idle, the run is played again with one fault at each point: "
          "exchanges "
          "with the card, bytes on the line, storage operations.</p>\n</section>\n",
          h->out);
}
