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

static void put_event(const struct html *h, const cJSON *event, struct sessions *s)
{
    struct html_kind kind = html_kind(event);
    cJSON *tree = html_decode(event, session_of(s, event));
    const char *mark = html_mark(event);
    if (tree) {
        fputs("<details class=\"e\"><summary>", h->out);
        put_cells(h, event, tree, kind.lane);
        fputs("</summary>", h->out);
        html_tree(h, tree);
        fputs("</details>\n", h->out);
    } else {
        fprintf(h->out, "<div class=\"e %s\">", kind.fold == FOLD_NEVER || kind.fold == FOLD_PRINT ? mark : "dim");
        put_cells(h, event, NULL, kind.lane);
        fputs("</div>\n", h->out);
    }
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

static const cJSON *put_fold(const struct html *h, const cJSON *first, size_t len, struct sessions *s)
{
    const cJSON *event = first;
    fputs("<details class=\"e g dim\"><summary><i>", h->out);
    html_time(h, report_number(first, "t"));
    fprintf(h->out, "</i><u>%s</u><span>", html_kind(first).lane);
    put_fold_title(h, first, len);
    fputs("</span></summary><div>\n", h->out);
    for (size_t i = 0; i < len; i++, event = event->next)
        if (i < HTML_FOLD_ROWS)
            put_event(h, event, s);
    if (len > HTML_FOLD_ROWS)
        fprintf(h->out, "<p class=\"note\">and %zu more, in the record</p>", len - HTML_FOLD_ROWS);
    fputs("</div></details>\n", h->out);
    return event;
}

void html_timeline(const struct html *h, const cJSON *events)
{
    struct sessions sessions = {0};
    fputs("<h2>Timeline</h2>\n", h->out);
    for (const cJSON *event = events->child; event;) {
        size_t len = fold_length(event);
        if (len > 1) {
            event = put_fold(h, event, len, &sessions);
            continue;
        }
        put_event(h, event, &sessions);
        event = event->next;
    }
}
