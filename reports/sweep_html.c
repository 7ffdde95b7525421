/*
 * The page of a sweep: what was swept and what came of it, the maps, the failures, the tables. As self-contained as the
 * page of a run: its content security policy admits two styles and one script, by digest, and nothing from outside.
 */
#include "reports/sweep_view.h"

#include <string.h>

/* ---- summary ---- */

static void put_title(const struct html *h, const cJSON *sweep)
{
    char text[200], number[64], left[120];
    const char *sampled = report_string(sweep, "sampled");
    double violations = sweep_violations(sweep);
    fputs("<h1>posbench sweep: ", h->out);
    snprintf(text, sizeof text, "%s", violations > 0 ? sweep_plural(violations, "violation", number) : "no violation");
    html_element(h, "span", violations > 0 ? "fail" : "pass", text);
    fputs(", ", h->out);
    sweep_left(sweep, left, sizeof left);
    snprintf(text, sizeof text, "%s, %s", left, report_string(sweep, "reach"));
    html_element(h, "span", sweep_is_whole(sweep) ? "pass" : "warn", text);
    fputs("</h1>\n", h->out);
    html_element(h, "p", NULL, report_string(sweep, "name"));
    if (*sampled)
        html_element(h, "p", "note", sampled);
}

static void put_counts(const struct html *h, const cJSON *sweep)
{
    static const struct {
        const char *key, *name;
        enum { OF_ALL, OF_CUTS, IF_ANY } when;
    } facts[] = {
        {"operations", "operations", OF_ALL},
        {"cuts", "cuts", OF_CUTS},
        {"states", "different states", OF_CUTS},
        {"depth", "depth", OF_CUTS},
        {"judged", "judged", OF_CUTS},
        {"violations", "violations", OF_CUTS},
        {"unexplored", "unexplored", OF_CUTS},
        {"largest_unsynced", "most unsynced at once", OF_CUTS},
        {"business", "next business played", IF_ANY},
        {"business_violations", "its violations", IF_ANY},
        {"reruns", "re-runs", IF_ANY},
        {"rerun_violations", "their violations", IF_ANY},
    };
    char number[32];
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].when == OF_ALL || sweep_count(sweep, facts[i].key) > 0 ||
            (facts[i].when == OF_CUTS && sweep_has_cuts(sweep)))
            html_fact(h, facts[i].name, sweep_number(sweep_count(sweep, facts[i].key), number));
    char share[20];
    sweep_share(sweep, share, sizeof share);
    html_fact(h, "covered", share);
}

static void put_speed(const struct html *h, const cJSON *sweep)
{
    char text[80], number[32];
    report_duration(report_number(sweep, "real_us"), text, sizeof text);
    html_fact(h, "real time", report_item(sweep, "real_us") ? text : "");
    snprintf(text, sizeof text, "%s/s and worker", sweep_number(report_number(sweep, "rate"), number));
    html_fact(h, sweep_has_cuts(sweep) ? "cuts judged" : "re-runs", report_item(sweep, "rate") ? text : "");
    snprintf(text, sizeof text, "%.1f MB", report_number(sweep, "memory_kb") / 1024);
    html_fact(h, "memory of a worker", report_item(sweep, "memory_kb") ? text : "");
    snprintf(text, sizeof text, "%.0f", report_number(sweep, "jobs"));
    html_fact(h, "workers", report_item(sweep, "jobs") ? text : "");
    html_fact(h, "seed", report_string(sweep, "seed"));
    html_fact(h, "core", report_string(sweep, "core"));
    html_fact(h, "posbench", report_string(sweep, "posbench"));
}

static void put_page(const struct html *h, const cJSON *sweep)
{
    static const char *const *const styles[] = {html_style, sweep_style, NULL};
    html_head(h, "posbench sweep", styles, sweep_script);
    fputs("<header>", h->out);
    put_title(h, sweep);
    fputs("<dl class=\"facts\">", h->out);
    put_counts(h, sweep);
    put_speed(h, sweep);
    fputs("</dl></header>\n<main>\n", h->out);
    sweep_html_map(h, sweep);
    sweep_html_reruns(h, sweep);
    sweep_html_failures(h, sweep);
    sweep_html_failing(h, sweep);
    sweep_html_tables(h, sweep);
    fputs("</main>\n", h->out);
    html_payloads_put(h);
    sweep_html_data(h, sweep);
    html_end(h, sweep_script);
}

int sweep_html(const cJSON *sweep, const char *path, char *why, size_t why_cap)
{
    struct html h = {.folder = ".", .payloads = html_payloads_create()};
    int status = -1;
    if (!h.payloads)
        snprintf(why, why_cap, "%s: out of memory", path);
    else if ((h.out = report_open(path, why, why_cap))) {
        put_page(&h, sweep);
        status = report_close(h.out, path, why, why_cap);
    }
    html_payloads_destroy(h.payloads);
    return status;
}
