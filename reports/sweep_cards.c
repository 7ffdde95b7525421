/* What failed: a card a failure, and a table of the operations at which any cut failed. */
#include "reports/sweep_view.h"

#include <string.h>

#define FAILING_OPERATIONS 200u /* rows of the table */
#define FAILING_CUTS 12u        /* cuts named in one row */

static void put_pair(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    html_element(h, "dt", NULL, name);
    html_element(h, "dd", NULL, value);
}

static void put_command(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    html_element(h, "dt", NULL, name);
    fputs("<dd>", h->out);
    html_element(h, "code", "cmd", value);
    fputs("</dd>", h->out);
}

static void put_facts(const struct html *h, const cJSON *failure)
{
    char depth[40];
    snprintf(depth, sizeof depth, "%.0f", report_number(failure, "depth"));
    fputs("<dl class=\"meta\">", h->out);
    put_pair(h, "expected", report_string(failure, "expected"));
    put_pair(h, "found", report_string(failure, "found"));
    put_pair(h, "stage", report_string(failure, "stage"));
    put_pair(h, "depth", depth);
    put_pair(h, "phase", report_string(failure, "phase"));
    put_pair(h, "screen", report_string(failure, "screen"));
    put_pair(h, "seed", report_string(failure, "seed"));
    put_pair(h, "shrunk from", report_string(failure, "shrunk_from"));
    put_command(h, "replay", report_string(failure, "command"));
    fputs("</dl>", h->out);
}

static void put_events(const struct html *h, const cJSON *failure)
{
    cJSON *events = html_last_events(failure);
    if (cJSON_GetArraySize(events)) {
        fputs("<div class=\"log\">", h->out);
        html_timeline(h, events);
        fputs("</div>", h->out);
    }
    cJSON_Delete(events);
}

static void put_card(const struct html *h, const cJSON *failure, size_t number)
{
    fprintf(h->out,
            "<article class=\"case\" id=\"f%zu\" tabindex=\"-1\"><div class=\"body\"><div class=\"failure\"><div>",
            number);
    fprintf(h->out, "<h3>%zu <code>", number);
    html_text(h, report_string(failure, "id"));
    fputs("</code> ", h->out);
    html_element(h, "span", "v fail", report_string(failure, "oracle"));
    fputs("</h3>", h->out);
    put_facts(h, failure);
    fputs("</div>", h->out);
    if (cJSON_GetArraySize(report_item(failure, "screen")))
        html_screen(h, report_item(failure, "screen"));
    fputs("</div>\n", h->out);
    put_events(h, failure);
    fputs("</div></article>\n", h->out);
}

void sweep_html_failures(const struct html *h, const cJSON *sweep)
{
    const cJSON *failure;
    char text[64];
    size_t number = 0, listed = (size_t)cJSON_GetArraySize(report_item(sweep, "failures"));
    double more = report_number(sweep, "failures_more");
    if (!listed)
        return;
    more += listed > SWEEP_CARDS ? (double)(listed - SWEEP_CARDS) : 0;
    fputs("<h2>Failures</h2>\n", h->out);
    cJSON_ArrayForEach(failure, report_item(sweep, "failures"))
    {
        if (++number <= SWEEP_CARDS)
            put_card(h, failure, number);
    }
    if (more > 0)
        fprintf(h->out, "<p class=\"note\">And %s that have no card here.</p>\n", sweep_plural(more, "failure", text));
}

/* ---- operations at which a cut failed ---- */

struct failing {
    const cJSON *row, *cells; /* first ones */
    size_t at;
};

static bool fails(const cJSON *cells, size_t at)
{
    const char *text = cJSON_IsString(cells) ? cells->valuestring : "";
    char letter = strnlen(text, at + 1) > at ? sweep_letter(text, at + 1, at) : '-';
    return letter == 'f' || letter == 'h';
}

static size_t count_failing(const struct failing *f)
{
    size_t n = 0;
    for (const cJSON *cells = f->cells; cells; cells = cells->next)
        n += fails(cells, f->at);
    return n;
}

static void put_cuts(const struct html *h, const struct failing *f, size_t count)
{
    size_t n = 0;
    for (const cJSON *row = f->row, *cells = f->cells; row && cells; row = row->next, cells = cells->next) {
        if (!fails(cells, f->at) || n++ >= FAILING_CUTS)
            continue;
        fputs(n > 1 ? ", " : "", h->out);
        html_text(h, report_string(row, "when"));
        fputc(' ', h->out);
        html_text(h, report_string(row, "mode"));
    }
    if (count > FAILING_CUTS)
        fprintf(h->out, " and %zu more", count - FAILING_CUTS);
}

static void put_operation(const struct html *h, const cJSON *op, const struct failing *f, size_t count)
{
    fprintf(h->out, "<tr><td class=\"n\">%zu</td>", f->at + 1);
    html_element(h, "td", NULL, report_string(op, "op"));
    html_element(h, "td", NULL, report_string(op, "name"));
    html_element(h, "td", NULL, report_string(op, "phase"));
    fputs("<td>", h->out);
    put_cuts(h, f, count);
    fputs("</td></tr>\n", h->out);
}

/* For whoever does not see the map: the same failing cells in words. */
void sweep_html_failing(const struct html *h, const cJSON *sweep)
{
    const cJSON *op, *rows = report_item(sweep, "rows"), *all = report_item(sweep, "cells");
    struct failing f = {.row = rows ? rows->child : NULL, .cells = all ? all->child : NULL};
    size_t shown = 0;
    cJSON_ArrayForEach(op, report_item(sweep, "operations"))
    {
        size_t count = count_failing(&f);
        if (count && !shown)
            fputs("<h2>Operations at which a cut fails</h2>\n<div class=\"scroll\"><table><tr><th "
                  "class=\"n\">no.</th><th>kind</th>"
                  "<th>file</th><th>screen</th><th>cuts</th></tr>\n",
                  h->out);
        if (count && ++shown <= FAILING_OPERATIONS)
            put_operation(h, op, &f, count);
        f.at++;
    }
    if (shown)
        fputs("</table></div>\n", h->out);
    if (shown > FAILING_OPERATIONS)
        fprintf(h->out, "<p class=\"note\">And %zu more operations.</p>\n", shown - FAILING_OPERATIONS);
}
