/* The bands of the map of cuts: an overview, the screens and kinds of operation above it, marks of failures, the axis
 * below. Called by sweep_map.c. */
#include "reports/sweep_view.h"

#include <stdlib.h>
#include <string.h>

#define LABEL_PX 70u   /* between two numbers of the axis */
#define LABELS_MAX 30u /* of them, or a map made to fit has too many */

static double percent(size_t at, size_t of)
{
    return of ? 100.0 * (double)at / (double)of : 0;
}

static void put_band_start(const struct html *h, const char *cls, unsigned width, unsigned height)
{
    fprintf(h->out, "<svg class=\"band %s\" width=\"%u\" height=\"%u\">", cls, width, height);
}

/* One span of operations over which a screen stood there. */
static void put_phase(const struct html *h, const char *name, size_t from, size_t to, size_t of, bool odd)
{
    fprintf(h->out, "<svg x=\"%.3f%%\" width=\"%.3f%%\" height=\"18\" data-n=\"%zu\" class=\"%s\"><title>",
            percent(from, of), percent(to - from, of), to - from, odd ? "odd" : "even");
    html_text(h, name);
    fprintf(h->out, ", operations %zu to %zu</title><rect width=\"100%%\" height=\"18\"/>", from + 1, to);
    if ((to - from) * sweep_cell_px(of) >= 18)
        fputs("<text x=\"3\" y=\"13\">", h->out);
    else
        fputs("<text class=\"thin\" x=\"3\" y=\"13\">", h->out);
    html_text(h, name);
    fputs("</text></svg>", h->out);
}

void sweep_html_phases(const struct html *h, const cJSON *operations, size_t columns, unsigned width)
{
    size_t from = 0, at = 0;
    const char *name = NULL;
    bool odd = false;
    put_band_start(h, "phases", width, 18);
    for (const cJSON *op = operations->child; op && at < columns; op = op->next, at++) {
        const char *phase = report_string(op, "phase");
        if (name && strcmp(name, phase) != 0) {
            put_phase(h, name, from, at, columns, odd);
            odd = !odd;
            from = at;
        }
        name = phase;
    }
    if (name)
        put_phase(h, name, from, at, columns, odd);
    fputs("</svg>\n", h->out);
}

/* Kinds of operation by what they do to the medium: data, durability, names, flash, what is durable beside it. */
static const struct kind {
    const char *cls, *words;
    const char *ops[5];
    double from, height;
} kinds[] = {
    {"kd", "data (write, truncate)", {"write", "truncate"}, .25, .75},
    {"ks", "sync (sync, sync_dir)", {"sync", "sync_dir"}, 0, 1},
    {"kn", "names (create, remove, rename)", {"create", "remove", "rename"}, .5, .5},
    {"kf", "flash (erase, program)", {"erase", "program"}, .25, .5},
    {"kk", "secure element and clock (key, clock)", {"key", "clock"}, .25, .75},
    {"ko", "other", {NULL}, .5, .5},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static size_t kind_of(const char *op)
{
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; i < 5 && kinds[k].ops[i]; i++)
            if (strcmp(kinds[k].ops[i], op) == 0)
                return k;
    return KINDS - 1;
}

void sweep_html_kind_band(const struct html *h, const cJSON *operations, size_t columns, unsigned width)
{
    fprintf(h->out,
            "<svg class=\"band kinds\" width=\"%u\" height=\"9\" viewBox=\"0 0 %zu 1\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\">",
            width, columns);
    for (size_t k = 0; k < KINDS; k++) {
        size_t at = 0, from = 0;
        fprintf(h->out, "<path class=\"%s\" d=\"", kinds[k].cls);
        for (const cJSON *op = operations->child; at <= columns; op = op ? op->next : NULL, at++) {
            if (op && at < columns && kind_of(report_string(op, "op")) == k)
                continue;
            if (at > from)
                sweep_put_bar(h->out, from, at - from, kinds[k].from, kinds[k].height);
            from = at + 1;
        }
        fputs("\"/>", h->out);
    }
    fputs("</svg>\n", h->out);
}

void sweep_html_kind_legend(const struct html *h)
{
    fputs("<p class=\"legend\">", h->out);
    for (size_t k = 0; k < KINDS; k++) {
        fprintf(h->out,
                "<span><svg width=\"16\" height=\"9\" viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><path class=\"%s\" d=\"",
                kinds[k].cls);
        sweep_put_bar(h->out, 0, 1, kinds[k].from, kinds[k].height);
        fprintf(h->out, "\"/></svg>%s</span>", kinds[k].words);
    }
    fputs("</p>\n", h->out);
}

/* A triangle a failure, that leads to it. */
static void put_mark(const struct html *h, const char *id, size_t card, unsigned long at, size_t columns)
{
    fprintf(h->out, "<svg x=\"%.3f%%\" class=\"mark\"><a href=\"#f%zu\"><title>", percent(2 * at - 1, 2 * columns),
            card);
    html_text(h, id);
    fputs("</title><path d=\"M-5 1h10l-5 9z\"/></a></svg>", h->out);
}

void sweep_html_marks(const struct html *h, const cJSON *sweep, size_t columns, unsigned width)
{
    struct sweep_place place;
    size_t card = 0;
    const cJSON *failure;
    put_band_start(h, "marks", width, 12);
    cJSON_ArrayForEach(failure, report_item(sweep, "failures"))
    {
        const char *id = report_string(failure, "id");
        if (++card <= SWEEP_CARDS && sweep_place(id, &place) && place.cut && place.at >= 1 && place.at <= columns)
            put_mark(h, id, card, place.at, columns);
    }
    fputs("</svg>\n", h->out);
}

void sweep_html_axis(const struct html *h, size_t columns, unsigned width)
{
    static const unsigned steps[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000};
    size_t i = 0;
    while (i + 1 < sizeof steps / sizeof *steps &&
           (steps[i] * sweep_cell_px(columns) < LABEL_PX || columns / steps[i] > LABELS_MAX))
        i++;
    put_band_start(h, "axis", width, 16);
    for (size_t at = steps[i]; at <= columns; at += steps[i])
        fprintf(h->out, "<text x=\"%.3f%%\" y=\"12\">%zu</text>", percent(2 * at - 1, 2 * columns), at);
    fputs("</svg>\n", h->out);
}

/* All operations in the width of the window, for a map that scrolls: where any cut fails, and where the window stands.
 */
void sweep_html_overview(const struct html *h, const cJSON *cells, size_t columns)
{
    char *bad = calloc(columns, 1);
    const cJSON *row;
    cJSON_ArrayForEach(row, cells)
    {
        const char *text = cJSON_IsString(row) ? row->valuestring : "";
        for (size_t at = 0, len = strlen(text); bad && at < columns && at < len; at++)
            bad[at] |= strchr("fh", sweep_letter(text, len, at)) != NULL;
    }
    fprintf(h->out,
            "<svg class=\"overview\" width=\"100%%\" height=\"12\" viewBox=\"0 0 %zu 1\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\"><rect class=\"window\" width=\"%zu\" height=\"1\"/><path class=\"cf\" d=\"",
            columns, columns);
    for (size_t at = 0; bad && at < columns; at++)
        if (bad[at])
            sweep_put_bar(h->out, at, 1, 0, 1);
    fputs("\"/></svg>\n", h->out);
    free(bad);
}
