/* One case: its row, and inside it failures first, then oracles, facts, ledger, timeline, screens and slips. */
#include "reports/html.h"

#include <string.h>

/* ---- the row ---- */

static void put_row(const struct html *h, const cJSON *one)
{
    char text[40];
    enum report_verdict verdict = report_verdict(one);
    fprintf(h->out, "<summary class=\"row\"><span class=\"v %s\">%s</span>", html_verdict_class(verdict),
            report_verdict_name(verdict));
    html_element(h, "span", NULL, report_string(one, "name"));
    fputs("<span class=\"f\">", h->out);
    html_text(h, report_string(one, "file"));
    fprintf(h->out, ":%.0f</span>", report_number(one, "line"));
    report_duration(report_number(one, "virtual_us"), text, sizeof text);
    html_element(h, "span", "n", text);
    report_duration(report_number(one, "real_us"), text, sizeof text);
    html_element(h, "span", "n r", text);
    fputs("</summary>\n", h->out);
}

/* ---- failures and oracles ---- */

static void put_pair(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    html_element(h, "dt", NULL, name);
    html_element(h, "dd", NULL, value);
}

static void put_failure(const struct html *h, const cJSON *failure)
{
    fputs("<div class=\"failure\"><div>", h->out);
    html_element(h, "b", NULL, report_string(failure, "what"));
    if (report_item(failure, "t")) {
        fputs(" <span class=\"note\">at ", h->out);
        html_time(h, report_number(failure, "t"));
        fputs(" s</span>", h->out);
    }
    fputs("<dl class=\"meta\">", h->out);
    put_pair(h, "expected", report_string(failure, "expected"));
    put_pair(h, "found", report_string(failure, "found"));
    put_pair(h, "where", report_string(failure, "where"));
    fputs("</dl></div>", h->out);
    if (cJSON_GetArraySize(report_item(failure, "screen")))
        html_screen(h, report_item(failure, "screen"));
    fputs("</div>\n", h->out);
}

static void put_oracles(const struct html *h, const cJSON *oracles)
{
    const cJSON *oracle;
    if (cJSON_GetArraySize(oracles) == 0)
        return;
    fputs("<h2>Oracles</h2><div class=\"scroll\"><table>", h->out);
    cJSON_ArrayForEach(oracle, oracles)
    {
        enum report_verdict verdict = report_verdict(oracle);
        fprintf(h->out, "<tr><td class=\"%s\">%s</td>", html_verdict_class(verdict), report_verdict_name(verdict));
        html_element(h, "td", NULL, report_string(oracle, "name"));
        html_element(h, "td", verdict == VERDICT_FAIL ? "err" : "note", report_string(oracle, "text"));
        fputs("</tr>", h->out);
    }
    fputs("</table></div>\n", h->out);
}

/* ---- facts ---- */

static void put_tags(const struct html *h, const char *name, const cJSON *list)
{
    const cJSON *item;
    if (cJSON_GetArraySize(list) == 0)
        return;
    html_element(h, "dt", NULL, name);
    fputs("<dd class=\"tags\">", h->out);
    cJSON_ArrayForEach(item, list) html_element(h, "span", "tag", cJSON_IsString(item) ? item->valuestring : "?");
    fputs("</dd>", h->out);
}

static void put_code(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    html_element(h, "dt", NULL, name);
    fputs("<dd>", h->out);
    html_element(h, "code", NULL, value);
    fputs("</dd>", h->out);
}

static void put_facts(const struct html *h, const cJSON *one)
{
    char place[600];
    snprintf(place, sizeof place, "%s:%.0f", report_string(one, "file"), report_number(one, "line"));
    fputs("<h2>Case</h2><dl class=\"meta\">", h->out);
    put_code(h, "replay", report_string(one, "command"));
    put_code(h, "file", place);
    put_code(h, "record", report_string(one, "record"));
    put_code(h, "digest", report_string(one, "digest"));
    put_code(h, "seed", report_string(one, "seed"));
    put_tags(h, "tags", report_item(one, "tags"));
    put_tags(h, "covers", report_item(one, "covers"));
    put_pair(h, "reason", report_string(one, "reason"));
    fputs("</dl>\n", h->out);
}

/* ---- events ---- */

static void put_note(const struct html *h, const char *text)
{
    html_element(h, "p", "note", text);
    fputc('\n', h->out);
}

static void put_events(const struct html *h, cJSON *events)
{
    char note[120];
    bool more = cJSON_GetArraySize(events) > (int)HTML_CASE_EVENTS;
    if (more)
        cJSON_DeleteItemFromArray(events, (int)HTML_CASE_EVENTS);
    html_ledger(h, events);
    fputs("<div class=\"cols\"><div class=\"log\">", h->out);
    html_timeline(h, events);
    snprintf(note, sizeof note, "The first %u events are shown; the record has more.", HTML_CASE_EVENTS);
    if (more)
        put_note(h, note);
    fputs("</div>", h->out);
    html_side(h, events);
    fputs("</div>\n", h->out);
}

static bool is_page_full(const struct html *h, const cJSON *one)
{
    enum report_verdict verdict = report_verdict(one);
    long at = ftell(h->out) + (long)html_payloads_bytes(h->payloads);
    return at > (verdict == VERDICT_FAIL || verdict == VERDICT_ERROR ? HTML_PAGE_LIMIT : HTML_PAGE_BYTES);
}

static void put_record(const struct html *h, const cJSON *one)
{
    char path[1200], why[1400] = "this case wrote no record";
    const char *name = report_string(one, "record");
    cJSON *events = NULL;
    if (is_page_full(h, one)) {
        put_note(h, "The timeline is left out to keep this page readable; the record holds it.");
        return;
    }
    snprintf(path, sizeof path, "%s%s%s", *name == '/' ? "" : h->folder, *name == '/' ? "" : "/", name);
    if (*name)
        events = record_load(path, HTML_CASE_EVENTS + 1, why, sizeof why);
    if (!events) {
        events = html_last_events(one);
        put_note(h, why);
    }
    if (cJSON_GetArraySize(events))
        put_events(h, events);
    cJSON_Delete(events);
}

void html_case(const struct html *h, const cJSON *one, bool open)
{
    const cJSON *failure;
    fprintf(h->out, "<details class=\"case\" data-v=\"%s\"%s>", html_verdict_class(report_verdict(one)),
            open ? " open" : "");
    put_row(h, one);
    fputs("<div class=\"body\">\n", h->out);
    cJSON_ArrayForEach(failure, report_item(one, "failures")) put_failure(h, failure);
    put_oracles(h, report_item(one, "oracles"));
    put_facts(h, one);
    put_record(h, one);
    fputs("</div></details>\n", h->out);
}
