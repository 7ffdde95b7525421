/* A sweep for a person at a terminal: what was swept, how much of it, then every failure with what replays it. */
#include "reports/sweep_view.h"

#include <stdlib.h>
#include <string.h>

#define INDENT 14u /* columns before the text of a line: two spaces, label, space */

struct page {
    FILE *out;
    unsigned width; /* 0: lines are not broken */
    bool colour;
};

static const char RED[] = "\033[31m", GREEN[] = "\033[32m", YELLOW[] = "\033[33m";

static void put_coloured(const struct page *p, const char *colour, const char *text)
{
    if (p->colour)
        fputs(colour, p->out);
    report_put_plain(p->out, text);
    if (p->colour)
        fputs("\033[0m", p->out);
}

/* ---- lines of a width ---- */

struct line {
    const struct page *p;
    unsigned at;        /* columns used */
    const char *before; /* what ends a line that is broken */
    bool quoted;        /* inside '..' of a command */
};

/* Copies one character, as it will be put, and tells its columns. */
static unsigned next_char(const char **at, char one[8])
{
    const char *start = *at;
    report_utf8(at);
    snprintf(one, 8, "%.*s", (int)(*at - start), start);
    return report_columns(one);
}

static void break_line(struct line *l)
{
    fprintf(l->p->out, "%s\n%*s", l->before, (int)INDENT, "");
    l->at = INDENT;
}

/* Bytes up to a space outside quotes; line feeds and tabs count as spaces. */
static size_t word_length(struct line *l, const char *text)
{
    size_t n = 0;
    for (; text[n] && (l->quoted || !strchr(" \n\t", text[n])); n++)
        if (*l->before && text[n] == '\'')
            l->quoted = !l->quoted;
    return n;
}

static void put_word(struct line *l, const char *word)
{
    const struct page *p = l->p;
    char one[8];
    unsigned room = p->width - (unsigned)strlen(l->before), len = report_columns(word);
    bool first = l->at == INDENT;
    if (p->width && !first && l->at + 1 + len > room)
        break_line(l);
    else if (!first) {
        fputc(' ', p->out);
        l->at++;
    }
    while (*word) {
        unsigned columns = next_char(&word, one);
        if (p->width && l->at + columns > p->width && !*l->before)
            break_line(l);
        report_put_plain(p->out, one);
        l->at += columns;
    }
}

/* `more` ends a broken line: a command stays one to the shell. */
static void put_wrapped(const struct page *p, const char *label, const char *text, const char *more)
{
    struct line l = {.p = p, .at = INDENT, .before = more};
    if (!*text)
        return;
    fprintf(p->out, "  %-11s ", label);
    while (*text) {
        size_t len = word_length(&l, text);
        char *word = strndup(text, len);
        if (word && len)
            put_word(&l, word);
        free(word);
        text += len;
        text += *text != '\0';
    }
    fputc('\n', p->out);
}

static void put_line(const struct page *p, const char *label, const char *text)
{
    put_wrapped(p, label, text, "");
}

static void put_command(const struct page *p, const char *label, const char *text)
{
    put_wrapped(p, label, text, " \\");
}

/* ---- the summary ---- */

static void put_scenario(const struct page *p, const cJSON *sweep)
{
    char text[1200];
    put_line(p, "scenario", report_string(sweep, "name"));
    snprintf(text, sizeof text, "%s:%.0f (%s)", report_string(sweep, "file"), report_number(sweep, "line"),
             report_string(sweep, "id"));
    put_line(p, "file", text);
    put_line(p, "core", report_string(sweep, "core"));
    put_line(p, "image", report_string(sweep, "core_path"));
    sweep_options_text(sweep, text, sizeof text);
    put_line(p, "faults", text);
}

static void put_cuts(const struct page *p, const cJSON *sweep)
{
    char text[400], a[64], b[64], c[64];
    snprintf(text, sizeof text, "%s, %s, depth %s", sweep_plural(sweep_count(sweep, "cuts"), "cut", a),
             sweep_plural(sweep_count(sweep, "states"), "different state", b),
             sweep_number(sweep_count(sweep, "depth"), c));
    put_line(p, "cuts", text);
    snprintf(text, sizeof text, "at most %s at once",
             sweep_plural(sweep_count(sweep, "largest_unsynced"), "operation", a));
    put_line(p, "unsynced", text);
    snprintf(text, sizeof text, "%s, %s", sweep_plural(sweep_count(sweep, "judged"), "state", a),
             sweep_plural(sweep_count(sweep, "violations"), "violation", b));
    put_line(p, "judged", text);
}

static void put_reach(const struct page *p, const cJSON *sweep)
{
    char text[500], left[120], share[20];
    const char *reach = report_string(sweep, "reach"), *sampled = report_string(sweep, "sampled");
    sweep_left(sweep, left, sizeof left);
    sweep_share(sweep, share, sizeof share);
    snprintf(text, sizeof text, "%s; %s covered, %s%s%s", left, share, reach, *sampled ? ": " : "", sampled);
    put_line(p, "left", text);
}

static void put_counts(const struct page *p, const cJSON *sweep)
{
    char text[80], number[32];
    snprintf(text, sizeof text, "%s of the run", sweep_number(sweep_count(sweep, "operations"), number));
    put_line(p, "operations", text);
    if (sweep_has_cuts(sweep))
        put_cuts(p, sweep);
    put_reach(p, sweep);
}

static void put_levels(const struct page *p, const cJSON *levels)
{
    char text[300], a[64], b[64], c[64], d[64];
    const cJSON *level;
    if (cJSON_GetArraySize(levels) < 2)
        return;
    cJSON_ArrayForEach(level, levels)
    {
        snprintf(text, sizeof text, "%.0f: %s, %s, %s judged, %s", report_number(level, "depth"),
                 sweep_plural(report_number(level, "cuts"), "cut", a),
                 sweep_plural(report_number(level, "states"), "new state", b),
                 sweep_number(report_number(level, "judged"), c),
                 sweep_plural(report_number(level, "violations"), "violation", d));
        put_line(p, level == levels->child ? "depth" : "", text);
    }
}

static void put_stages(const struct page *p, const cJSON *sweep)
{
    char text[400], a[64], b[64], c[64];
    const cJSON *rerun, *reruns = report_item(sweep, "reruns");
    if (sweep_count(sweep, "business") > 0) {
        snprintf(text, sizeof text, "%s played on, %s", sweep_plural(sweep_count(sweep, "business"), "state", a),
                 sweep_plural(sweep_count(sweep, "business_violations"), "violation", b));
        put_line(p, "business", text);
    }
    cJSON_ArrayForEach(rerun, reruns)
    {
        snprintf(text, sizeof text, "%s %s: %s of %s judged, %s", report_string(rerun, "fault"),
                 report_string(rerun, "kind"), sweep_number(report_number(rerun, "judged"), a),
                 sweep_plural(report_number(rerun, "points"), "point", b),
                 sweep_plural(report_number(rerun, "violations"), "violation", c));
        put_line(p, rerun == reruns->child ? "re-runs" : "", text);
    }
    if (report_string(reruns ? reruns->child : NULL, "stops")[0]) { /* the same play counted all of them */
        snprintf(text, sizeof text, "up to where `run` stops when it begins at the first idle screen: %s",
                 report_string(reruns->child, "stops"));
        put_line(p, "", text);
    }
}

static void put_speed(const struct page *p, const cJSON *sweep)
{
    char text[200], time[40], a[64], b[64];
    report_duration(report_number(sweep, "real_us"), time, sizeof time);
    snprintf(text, sizeof text, "%s a second and worker, %s, %s",
             sweep_plural(report_number(sweep, "rate"), sweep_has_cuts(sweep) ? "cut" : "re-run", a),
             sweep_plural(report_number(sweep, "jobs"), "worker", b), time);
    if (report_item(sweep, "rate"))
        put_line(p, "rate", text);
    snprintf(text, sizeof text, "%s", report_string(sweep, "seed"));
    put_line(p, "seed", text);
    put_line(p, "digest", report_string(sweep, "digest"));
}

/* ---- failures ---- */

static void put_screen(const struct page *p, const cJSON *screen)
{
    const cJSON *row;
    if (cJSON_IsString(screen))
        put_line(p, "screen", screen->valuestring);
    cJSON_ArrayForEach(row, screen)
    {
        if (cJSON_IsString(row))
            put_line(p, row == screen->child ? "screen" : "", row->valuestring);
    }
}

/* One line each: what does not fit is cut off, it stands in the page and in the record. */
static void put_event(const struct page *p, const cJSON *event, struct decode_state *state)
{
    char *line = sweep_event_line(event, state), one[8];
    unsigned at = 4 + 10 + 1 + 8 + 1;
    fprintf(p->out, "    %10.3f %-8s ", report_number(event, "t") / 1e6, html_kind(event).lane);
    for (const char *text = line ? line : ""; *text;) {
        const char *before = text;
        unsigned columns = next_char(&text, one);
        if (p->width && at + columns > p->width - 3 && report_columns(before) > p->width - at) {
            fputs("...", p->out);
            break;
        }
        report_put_plain(p->out, one);
        at += columns;
    }
    fputc('\n', p->out);
    free(line);
}

static void put_events(const struct page *p, const cJSON *failure)
{
    cJSON *events = html_last_events(failure);
    const cJSON *event;
    struct decode_state state = {0};
    if (cJSON_GetArraySize(events))
        fputs("  last events\n", p->out);
    cJSON_ArrayForEach(event, events) put_event(p, event, &state);
    cJSON_Delete(events);
}

static void put_failure(const struct page *p, const cJSON *failure)
{
    char text[200];
    fputc('\n', p->out);
    put_coloured(p, RED, "fail");
    fputs("          ", p->out);
    struct line l = {.p = p, .at = INDENT, .before = ""};
    put_word(&l, report_string(failure, "id"));
    fputc('\n', p->out);
    put_line(p, "oracle", report_string(failure, "oracle"));
    put_line(p, "expected", report_string(failure, "expected"));
    put_line(p, "found", report_string(failure, "found"));
    snprintf(text, sizeof text, "%s, depth %.0f", report_string(failure, "stage"), report_number(failure, "depth"));
    put_line(p, "stage", text);
    put_line(p, "phase", report_string(failure, "phase"));
    put_screen(p, report_item(failure, "screen"));
    put_line(p, "seed", report_string(failure, "seed"));
    put_line(p, "shrunk from", report_string(failure, "shrunk_from"));
    put_events(p, failure);
    put_command(p, "replay", report_string(failure, "command"));
}

static void put_failures(const struct page *p, const cJSON *sweep)
{
    const cJSON *failure;
    char text[200], a[64];
    cJSON_ArrayForEach(failure, report_item(sweep, "failures")) put_failure(p, failure);
    if (report_number(sweep, "failures_more") > 0) {
        snprintf(text, sizeof text, "\nand %s, not listed\n",
                 sweep_plural(report_number(sweep, "failures_more"), "more failure", a));
        fputs(text, p->out);
    }
}

static void put_verdict(const struct page *p, const cJSON *sweep)
{
    char text[200], left[120];
    double violations = sweep_violations(sweep);
    fputc('\n', p->out);
    put_coloured(p, violations > 0 ? RED : GREEN, sweep_plural(violations, "violation", text));
    fputs(", ", p->out);
    sweep_left(sweep, left, sizeof left);
    snprintf(text, sizeof text, "%s, %s", left, report_string(sweep, "reach"));
    put_coloured(p, sweep_is_whole(sweep) ? GREEN : YELLOW, text);
    fputc('\n', p->out);
}

void sweep_text(const cJSON *sweep, bool colour, unsigned width, FILE *out)
{
    const struct page p = {
        .out = out, .colour = colour, .width = width && width < SWEEP_WIDTH_MIN ? SWEEP_WIDTH_MIN : width};
    put_scenario(&p, sweep);
    put_counts(&p, sweep);
    put_levels(&p, report_item(sweep, "levels"));
    put_stages(&p, sweep);
    put_speed(&p, sweep);
    put_failures(&p, sweep);
    put_verdict(&p, sweep);
}
