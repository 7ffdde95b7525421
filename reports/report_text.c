/* What a person at a terminal needs: the failures with screen and replay command, and one closing summary. */
#include "reports/output.h"
#include "reports/report.h"

#include <string.h>

struct page {
    FILE *out;
    bool colour;
};

static const char *const colours[VERDICTS] = {
    [VERDICT_PASS] = "\033[32m",         [VERDICT_FAIL] = "\033[31m",          [VERDICT_ERROR] = "\033[35m",
    [VERDICT_INCONCLUSIVE] = "\033[33m", [VERDICT_NOT_APPLICABLE] = "\033[2m", [VERDICT_SKIPPED] = "\033[33m",
};

static void put_coloured(const struct page *p, const char *colour, const char *text)
{
    if (p->colour)
        fputs(colour, p->out);
    report_put_plain(p->out, text);
    if (p->colour && *colour)
        fputs("\033[0m", p->out);
}

/* ---- one case ---- */

static bool is_bad(const cJSON *one)
{
    enum report_verdict verdict = report_verdict(one);
    return verdict == VERDICT_FAIL || verdict == VERDICT_ERROR;
}

static void put_labelled(const struct page *p, const char *indent, const char *label, const char *text)
{
    if (!*text)
        return;
    fprintf(p->out, "%s%-9s ", indent, label);
    report_put_plain(p->out, text);
    fputc('\n', p->out);
}

static void put_line(const struct page *p, const char *label, const char *text) /* of a failure */
{
    put_labelled(p, "    ", label, text);
}

static void put_hint(const struct page *p, const char *label, const char *text) /* of the case */
{
    put_labelled(p, "  ", label, text);
}

static void put_edge(const struct page *p, const char *left, unsigned columns, const char *right)
{
    fprintf(p->out, "              %s", left);
    for (unsigned i = 0; i < columns + 2; i++)
        fputs("─", p->out);
    fprintf(p->out, "%s\n", right);
}

static void put_screen(const struct page *p, const cJSON *rows)
{
    const cJSON *row;
    unsigned widest = 16;
    if (cJSON_GetArraySize(rows) == 0)
        return;
    cJSON_ArrayForEach(row, rows)
    {
        unsigned columns = cJSON_IsString(row) ? report_columns(row->valuestring) : 0;
        widest = columns > widest ? columns : widest;
    }
    put_edge(p, "┌", widest, "┐");
    cJSON_ArrayForEach(row, rows)
    {
        const char *text = cJSON_IsString(row) ? row->valuestring : "";
        fputs("              │ ", p->out);
        report_put_plain(p->out, text);
        fprintf(p->out, "%*s │\n", (int)(widest - report_columns(text)), "");
    }
    put_edge(p, "└", widest, "┘");
}

static void put_failure(const struct page *p, const cJSON *failure)
{
    fputs("  ", p->out);
    report_put_plain(p->out, report_string(failure, "what"));
    if (report_item(failure, "t"))
        fprintf(p->out, " at %.3f s", report_number(failure, "t") / 1e6);
    fputc('\n', p->out);
    put_line(p, "expected", report_string(failure, "expected"));
    put_line(p, "found", report_string(failure, "found"));
    put_screen(p, report_item(failure, "screen"));
    put_line(p, "where", report_string(failure, "where"));
}

static void put_head(const struct page *p, const cJSON *one)
{
    enum report_verdict verdict = report_verdict(one);
    put_coloured(p, colours[verdict], report_verdict_name(verdict));
    fprintf(p->out, "%*s ", (int)(14 - strlen(report_verdict_name(verdict))), "");
    report_put_plain(p->out, report_string(one, "file"));
    fprintf(p->out, ":%.0f  ", report_number(one, "line"));
    report_put_plain(p->out, report_string(one, "name"));
    fputc('\n', p->out);
}

/* The last events before a crash: lines of the record, or events already parsed. */
static void put_events(const struct page *p, const cJSON *events)
{
    const cJSON *event;
    if (cJSON_GetArraySize(events) == 0)
        return;
    fputs("  last events\n", p->out);
    cJSON_ArrayForEach(event, events)
    {
        char *text = cJSON_IsString(event) ? NULL : cJSON_PrintUnformatted(event);
        fputs("    ", p->out);
        report_put_plain(p->out, cJSON_IsString(event) ? event->valuestring : text ? text : "");
        fputc('\n', p->out);
        cJSON_free(text);
    }
}

void report_case_text(const cJSON *result, bool colour, FILE *out)
{
    const struct page p = {.out = out, .colour = colour};
    const cJSON *item;
    put_head(&p, result);
    cJSON_ArrayForEach(item, report_item(result, "failures")) put_failure(&p, item);
    cJSON_ArrayForEach(item, report_item(result, "oracles"))
    {
        if (strcmp(report_string(item, "verdict"), "fail") != 0)
            continue;
        fputs("  oracle ", out);
        report_put_plain(out, report_string(item, "name"));
        fputc('\n', out);
        put_line(&p, "found", report_string(item, "text"));
    }
    put_hint(&p, "reason", report_string(result, "reason"));
    if (!is_bad(result))
        return;
    put_hint(&p, "reader", report_string(report_item(result, "reader"), "trouble"));
    put_events(&p, report_item(result, "events"));
    put_hint(&p, "record", report_string(result, "record"));
    put_hint(&p, "replay", report_string(result, "command"));
}

/* ---- the run ---- */

static void put_counts(const struct page *p, const cJSON *run)
{
    static const char *const words[VERDICTS] = {
        [VERDICT_PASS] = "passed",
        [VERDICT_FAIL] = "failed",
        [VERDICT_ERROR] = "in error",
        [VERDICT_INCONCLUSIVE] = "inconclusive",
        [VERDICT_NOT_APPLICABLE] = "not applicable",
        [VERDICT_SKIPPED] = "skipped",
    };
    size_t n[VERDICTS], total = report_count(run, n);
    for (size_t i = 0; i < VERDICTS; i++) {
        char text[64];
        if (!n[i] && i != VERDICT_PASS && i != VERDICT_FAIL)
            continue;
        snprintf(text, sizeof text, "%zu %s", n[i], words[i]);
        fputs(i ? ", " : "", p->out);
        put_coloured(p, n[i] ? colours[i] : "", text);
    }
    fprintf(p->out, " of %zu case%s\n", total, total == 1 ? "" : "s");
}

static void put_times(const struct page *p, const cJSON *run)
{
    char virtual_time[40], real_time[40];
    double virtual_us = report_number(run, "virtual_us"), real_us = report_number(run, "real_us");
    report_duration(virtual_us, virtual_time, sizeof virtual_time);
    report_duration(real_us, real_time, sizeof real_time);
    fprintf(p->out, "virtual time %s, real time %s", virtual_time, real_time);
    if (real_us > 0 && virtual_us > 0)
        fprintf(p->out, ": %.*f to 1", virtual_us / real_us < 10 ? 1 : 0, virtual_us / real_us);
    if (*report_string(run, "seed")) {
        fputs("; seed ", p->out);
        report_put_plain(p->out, report_string(run, "seed"));
    }
    fputc('\n', p->out);
    if (*report_string(run, "reader")) {
        fputs("with the card in ", p->out);
        report_put_plain(p->out, report_string(run, "reader"));
        fputs(", in real time: not repeatable\n", p->out);
    }
}

void report_text(const cJSON *run, bool colour, bool verbose, FILE *out)
{
    const struct page p = {.out = out, .colour = colour};
    const cJSON *one;
    cJSON_ArrayForEach(one, report_item(run, "cases"))
    {
        if (is_bad(one)) {
            report_case_text(one, colour, out);
            fputc('\n', out);
        } else if (verbose) {
            put_head(&p, one);
        }
    }
    put_counts(&p, run);
    put_times(&p, run);
}
