/* What diff.h tells, for a person: on a terminal no line is wider than it is, what is too long is folded (values) or
 * cut (lines of context). */
#include "reports/diff.h"

#include "reports/output.h"

#include <string.h>

struct page {
    FILE *out;
    bool colour;
    unsigned width; /* 0: no bound */
};

/* At most `columns` wide (0: no bound), cut with "...". */
static void put_cut(const struct page *p, const char *text, unsigned columns)
{
    bool whole = !columns || report_columns(text) <= columns;
    unsigned left = whole ? 0 : columns > 3 ? columns - 3 : columns;
    for (uint32_t code; (code = report_utf8(&text)) && (whole || left);) {
        unsigned wide = code < 0x300 ? 1 : 2;
        if (!whole && wide > left)
            break;
        left -= whole ? 0 : wide;
        report_put_code(p->out, report_is_plain(code) ? code : 0xFFFD);
    }
    if (!whole && columns > 3)
        fputs("...", p->out);
}

static unsigned room(const struct page *p, unsigned indent)
{
    return !p->width ? 0 : p->width > indent + 8 ? p->width - indent : 8;
}

/* A value after its indent, going on below itself. */
static void put_folded(const struct page *p, unsigned indent, const char *text)
{
    unsigned columns = room(p, indent), used = 0;
    if (!*text)
        fputs("-", p->out);
    for (uint32_t code; (code = report_utf8(&text));) {
        unsigned wide = code < 0x300 ? 1 : 2;
        if (columns && used + wide > columns) {
            fprintf(p->out, "\n%*s", (int)indent, "");
            used = 0;
        }
        used += wide;
        report_put_code(p->out, report_is_plain(code) ? code : 0xFFFD);
    }
    fputc('\n', p->out);
}

static void put_side(const struct page *p, unsigned indent, bool first, const char *text)
{
    fprintf(p->out, "%*s%s%s%s ", (int)indent, "", p->colour ? (first ? "\x1b[31m" : "\x1b[32m") : "",
            first ? "-" : "+", p->colour ? "\x1b[0m" : "");
    put_folded(p, indent + 2, text);
}

static void put_rows(const struct page *p, unsigned indent, const cJSON *rows)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        fprintf(p->out, "%*s", (int)indent, "");
        put_folded(p, indent, report_string(row, "name"));
        put_side(p, indent + 2, true, report_string(row, "a"));
        put_side(p, indent + 2, false, report_string(row, "b"));
    }
}

static void put_first(const struct page *p, unsigned indent, const cJSON *first)
{
    const cJSON *line;
    const char *a = report_string(first, "a"), *b = report_string(first, "b");
    cJSON_ArrayForEach(line, report_item(first, "context"))
    {
        fprintf(p->out, "%*s", (int)indent + 2, "");
        put_cut(p, line->valuestring, room(p, indent + 2));
        fputc('\n', p->out);
    }
    fprintf(p->out, "%*sthey part here: ", (int)indent, "");
    put_folded(p, indent + 16, report_string(first, "what"));
    if (*a) {
        fprintf(p->out, "%*s", (int)indent + 2, "");
        put_folded(p, indent + 2, a);
        put_side(p, indent + 2, true, report_string(first, "event_a"));
    }
    if (*b) {
        fprintf(p->out, "%*s", (int)indent + 2, "");
        put_folded(p, indent + 2, b);
        put_side(p, indent + 2, false, report_string(first, "event_b"));
    }
    if (cJSON_GetArraySize(report_item(first, "fields")))
        fprintf(p->out, "%*swhat differs\n", (int)indent, "");
    put_rows(p, indent + 2, report_item(first, "fields"));
}

static void put_further(const struct page *p, unsigned indent, const cJSON *diff)
{
    double further = report_number(diff, "further");
    bool at_least = cJSON_IsTrue(report_item(diff, "at_least"));
    if (further > 0 || at_least)
        fprintf(p->out, "%*s%s%.0f further difference%s\n", (int)indent, "", at_least ? "at least " : "", further,
                further == 1 ? "" : "s");
    else if (report_item(diff, "first"))
        fprintf(p->out, "%*sno further difference\n", (int)indent, "");
}

static void put_case(const struct page *p, const cJSON *row)
{
    const char *a = report_string(row, "verdict_a"), *b = report_string(row, "verdict_b");
    put_folded(p, 0, report_string(row, "id"));
    if (strcmp(a, b) == 0)
        fprintf(p->out, "  %s in both\n", a);
    else
        fprintf(p->out, "  %s in the first, %s in the second\n", a, b);
    if (*report_string(row, "note")) {
        fputs("  ", p->out);
        put_folded(p, 2, report_string(row, "note"));
    }
    if (!report_item(row, "first"))
        return;
    put_first(p, 2, report_item(row, "first"));
    put_further(p, 2, row);
}

void diff_text(const cJSON *diff, bool colour, unsigned width, FILE *out)
{
    const struct page p = {out, colour, width};
    const cJSON *one;
    put_side(&p, 0, true, report_string(diff, "a"));
    put_side(&p, 0, false, report_string(diff, "b"));
    if (cJSON_GetArraySize(report_item(diff, "ran")))
        fputs("what ran\n", out);
    put_rows(&p, 2, report_item(diff, "ran"));
    cJSON_ArrayForEach(one, report_item(diff, "notes")) put_folded(&p, 0, one->valuestring);
    if (report_item(diff, "first")) {
        put_first(&p, 0, report_item(diff, "first"));
        put_further(&p, 0, diff);
    }
    cJSON_ArrayForEach(one, report_item(diff, "cases")) put_case(&p, one);
    if (report_number(diff, "cases_more") > 0)
        fprintf(out, "%.0f more cases differ\n", report_number(diff, "cases_more"));
    if (report_number(diff, "times") > 0 && strcmp(report_string(diff, "verdict"), "different") == 0)
        fprintf(out, "beside that, %.0f differ in times alone\n", report_number(diff, "times"));
    if (report_item(diff, "paired"))
        fprintf(out, "%.0f cases compared: ", report_number(diff, "paired"));
    if (strcmp(report_string(diff, "verdict"), "only times differ") == 0)
        fprintf(out, "only times differ (in %.0f)\n", report_number(diff, "times"));
    else
        fprintf(out, "%s\n", report_string(diff, "verdict"));
}
