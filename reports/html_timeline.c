/* The timeline: a row an event, in the order of the record. Runs of storage, random and log events, and of printed
 * lines, fold into one row. */
#include "reports/html.h"

#include <string.h>

#define TERMINALS_MAX 8 /* in one world, whose card sessions are told apart */

/* What each terminal's card told, so that later commands are named by it. */
struct sessions {
    struct decode_state of[TERMINALS_MAX];
};

static struct decode_state *session_of(struct sessions *s, const cJSON *event)
{
    double term = report_number(event, "term");
    return term >= 0 && term < TERMINALS_MAX ? &s->of[(size_t)term] : NULL;
}

static void put_cells(const struct html *h, const cJSON *event, const cJSON *tree, const char *lane)
{
    fputs("<i>", h->out);
    if (report_item(event, "t"))
        html_time(h, report_number(event, "t"));
    fprintf(h->out, "</i><u>%s</u><span>", lane);
    if (report_number(event, "term") > 1)
        fprintf(h->out, "terminal %.0f: ", report_number(event, "term"));
    html_summary(h, event, tree);
    fputs("</span>", h->out);
}

/* A row that opens to details which were kept under `number`; 0: it does not open. */
static void put_row_start(const struct html *h, size_t number, const char *mark)
{
    if (number)
        fprintf(h->out, "<details class=\"e%s%s\" data-p=\"%zu\"><summary>", *mark ? " " : "", mark, number);
    else
        fprintf(h->out, *mark ? "<p class=\"%s\">" : "<p>", mark);
}

static void put_row_end(const struct html *h, size_t number)
{
    if (number)
        fprintf(h->out, "</summary><small>number %zu below</small></details>", number);
    fputc('\n', h->out);
}

static size_t keep_tree(const struct html *h, const cJSON *tree)
{
    char *text = NULL;
    size_t len;
    if (!tree)
        return 0;
    const struct html inner = {open_memstream(&text, &len), h->folder, h->payloads};
    if (!inner.out)
        return 0;
    html_tree(&inner, tree);
    fclose(inner.out);
    return html_payload_keep(h, text);
}

static void put_event(const struct html *h, const cJSON *event, struct sessions *s)
{
    struct html_kind kind = html_kind(event);
    cJSON *tree = html_decode(event, session_of(s, event));
    size_t number = keep_tree(h, tree);
    put_row_start(h, number, kind.fold == FOLD_NEVER || kind.fold == FOLD_PRINT ? html_mark(event) : "dim");
    put_cells(h, event, tree, kind.lane);
    put_row_end(h, number);
    cJSON_Delete(tree);
}

/* ---- folding ---- */

static bool folds_together(enum html_fold a, enum html_fold b)
{
    return a != FOLD_NEVER && b != FOLD_NEVER && (a == FOLD_PRINT) == (b == FOLD_PRINT);
}

/* Events from `first` on that fold into one row. */
static size_t fold_length(const cJSON *first)
{
    size_t n = 0;
    enum html_fold fold = html_kind(first).fold;
    for (const cJSON *e = first; e && folds_together(fold, html_kind(e).fold); e = e->next)
        n++;
    return n;
}

static void put_fold_title(const struct html *h, const cJSON *first, size_t len)
{
    static const char *const words[][2] = {
        [FOLD_STORAGE] = {"storage operation", "storage operations"},
        [FOLD_RANDOM] = {"random number", "random numbers"},
        [FOLD_LOG] = {"log line", "log lines"},
        [FOLD_PRINT] = {"line printed", "lines printed"},
    };
    size_t n[FOLD_PRINT + 1] = {0};
    bool more = false;
    for (size_t i = 0; i < len; i++, first = first->next)
        n[html_kind(first).fold] += strcmp(report_string(first, "ev"), "cut") != 0;
    for (size_t i = FOLD_STORAGE; i <= FOLD_PRINT; i++) {
        if (n[i])
            fprintf(h->out, "%s%zu %s", more ? ", " : "", n[i], words[i][n[i] != 1]);
        more |= n[i] > 0;
    }
}

/* The lines of a folded row; no event with a payload folds. The row has the time; a line only when it is another. */
static size_t keep_fold(const struct html *h, const cJSON *first, size_t len)
{
    char *text = NULL, time[2][32] = {"", ""};
    size_t size;
    const struct html inner = {open_memstream(&text, &size), h->folder, h->payloads};
    if (!inner.out)
        return 0;
    fputs("<pre class=\"t\">", inner.out);
    snprintf(time[0], sizeof time[0], "%.3f", report_number(first, "t") / 1e6);
    for (size_t i = 0; i < len && i < HTML_FOLD_ROWS; i++, first = first->next) {
        snprintf(time[1], sizeof time[1], "%.3f", report_number(first, "t") / 1e6);
        if (strcmp(time[0], time[1]) != 0)
            fprintf(inner.out, "at %s\n", time[1]);
        memcpy(time[0], time[1], sizeof time[0]);
        html_summary(&inner, first, NULL);
        fputc('\n', inner.out);
    }
    if (len > HTML_FOLD_ROWS)
        fprintf(inner.out, "and %zu more, in the record\n", len - HTML_FOLD_ROWS);
    fputs("</pre>", inner.out);
    fclose(inner.out);
    return html_payload_keep(h, text);
}

static const cJSON *put_fold(const struct html *h, const cJSON *first, size_t len)
{
    size_t number = keep_fold(h, first, len);
    put_row_start(h, number, "dim");
    fputs("<i>", h->out);
    html_time(h, report_number(first, "t"));
    fprintf(h->out, "</i><u>%s</u><span>", html_kind(first).lane);
    put_fold_title(h, first, len);
    fputs("</span>", h->out);
    put_row_end(h, number);
    while (len--)
        first = first->next;
    return first;
}

void html_timeline(const struct html *h, const cJSON *events)
{
    struct sessions sessions = {0};
    fputs("<h2>Timeline</h2>\n", h->out);
    for (const cJSON *event = events->child; event;) {
        size_t len = fold_length(event);
        if (len > 1) {
            event = put_fold(h, event, len);
            continue;
        }
        put_event(h, event, &sessions);
        event = event->next;
    }
}
