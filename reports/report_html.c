/*
 * The page: head, totals, filter, one expandable row a case. Self-contained: no address of any kind stands in it, and
 * its content security policy admits only the style and the script of html_assets.c, by digest.
 */
#include "reports/html.h"

#include <string.h>

void html_text(const struct html *h, const char *text)
{
    report_put_escaped(h->out, text);
}

void html_element(const struct html *h, const char *tag, const char *cls, const char *text)
{
    if (cls && *cls)
        fprintf(h->out, "<%s class=\"%s\">", tag, cls);
    else
        fprintf(h->out, "<%s>", tag);
    html_text(h, text);
    fprintf(h->out, "</%s>", tag);
}

void html_time(const struct html *h, double us)
{
    fprintf(h->out, "%.3f", us / 1e6);
}

const char *html_verdict_class(enum report_verdict verdict)
{
    return verdict == VERDICT_NOT_APPLICABLE ? "na" : report_verdict_name(verdict);
}

/* ---- totals ---- */

/* The run names its core by an image path, or by {name, version, digest}. */
static void put_core(const struct html *h, const cJSON *run)
{
    const cJSON *core = report_item(run, "core");
    char text[300];
    snprintf(text, sizeof text, "%s %s %.12s", report_string(core, "name"), report_string(core, "version"),
             report_string(core, "digest"));
    html_fact(h, "core", cJSON_IsString(core) ? core->valuestring : cJSON_IsObject(core) ? text : "");
}

static void put_reader(const struct html *h, const cJSON *run)
{
    if (report_string(run, "reader")[0])
        html_fact(h, "card reader (not repeatable)", report_string(run, "reader"));
}

static void put_times(const struct html *h, const cJSON *run)
{
    char text[60];
    double virtual_us = report_number(run, "virtual_us"), real_us = report_number(run, "real_us");
    report_duration(virtual_us, text, sizeof text);
    html_fact(h, "virtual time", text);
    report_duration(real_us, text, sizeof text);
    html_fact(h, "real time", text);
    snprintf(text, sizeof text, "%.*f to 1", virtual_us / real_us < 10 ? 1 : 0, virtual_us / real_us);
    html_fact(h, "virtual to real", real_us > 0 && virtual_us > 0 ? text : "");
}

static void put_totals(const struct html *h, const cJSON *run, const size_t n[VERDICTS], size_t total)
{
    char text[60];
    size_t bad = n[VERDICT_FAIL] + n[VERDICT_ERROR];
    fputs("<header><h1>posbench run: ", h->out);
    if (bad)
        snprintf(text, sizeof text, "%zu of %zu case%s failed", bad, total, total == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "no failure in %zu case%s", total, total == 1 ? "" : "s");
    html_element(h, "span", bad ? "fail" : "pass", text);
    if (report_item(run, "interrupted_of")) {
        snprintf(text, sizeof text, " interrupted, %.0f were to run", report_number(run, "interrupted_of"));
        html_element(h, "span", "inconclusive", text);
    }
    fputs("</h1>\n<dl class=\"facts\">", h->out);
    put_times(h, run);
    html_fact(h, "seed", report_string(run, "seed"));
    put_core(h, run);
    put_reader(h, run);
    snprintf(text, sizeof text, "%.0f", report_number(run, "jobs"));
    html_fact(h, "workers", report_item(run, "jobs") ? text : "");
    html_fact(h, "posbench", report_string(run, "posbench"));
    fputs("</dl></header>\n", h->out);
}

static void put_bar(const struct html *h, const size_t n[VERDICTS])
{
    fputs("<div class=\"bar\"><input id=\"q\" type=\"search\" placeholder=\"Filter by name, file or tag ( / )\" "
          "aria-label=\"Filter cases\">",
          h->out);
    for (size_t i = 0; i < VERDICTS; i++)
        if (n[i]) {
            const char *cls = html_verdict_class((enum report_verdict)i);
            fprintf(
                h->out,
                "<button type=\"button\" data-v=\"%s\" aria-pressed=\"true\"><span class=\"%s\">%s</span> %zu</button>",
                cls, cls, report_verdict_name((enum report_verdict)i), n[i]);
        }
    fputs("<span id=\"shown\" role=\"status\"></span></div>\n", h->out);
}

/* What failed stands first; the first of it lies open. */
static void put_cases(const struct html *h, const cJSON *run)
{
    bool open = true;
    const cJSON *one;
    for (int failed = 1; failed >= 0; failed--) {
        cJSON_ArrayForEach(one, report_item(run, "cases"))
        {
            enum report_verdict verdict = report_verdict(one);
            if ((verdict == VERDICT_FAIL || verdict == VERDICT_ERROR) != failed)
                continue;
            html_case(h, one, failed && open);
            open = false;
        }
    }
}

static void put_page(const struct html *h, const cJSON *run)
{
    static const char *const *const styles[] = {html_style, NULL};
    size_t n[VERDICTS], total = report_count(run, n);
    html_head(h, "posbench run", styles, html_script);
    put_totals(h, run, n, total);
    put_bar(h, n);
    fputs("<main>\n<div class=\"row heads\"><span>verdict</span><span>scenario</span><span class=\"f\">file</span>"
          "<span class=\"n\">virtual</span><span class=\"n r\">real</span></div>\n",
          h->out);
    put_cases(h, run);
    fputs("</main>\n", h->out);
    html_payloads_put(h);
    html_end(h, html_script);
}

int report_html(const cJSON *run, const char *folder, const char *path, char *why, size_t why_cap)
{
    struct html h = {.folder = folder ? folder : ".", .payloads = html_payloads_create()};
    int status = -1;
    if (!h.payloads)
        snprintf(why, why_cap, "%s: out of memory", path);
    else if ((h.out = report_open(path, why, why_cap))) {
        put_page(&h, run);
        status = report_close(h.out, path, why, why_cap);
    }
    html_payloads_destroy(h.payloads);
    return status;
}
