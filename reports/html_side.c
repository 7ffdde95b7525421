/* What the terminal showed and printed and what the host booked, beside the timeline; and decoded trees as lists. */
#include "reports/html.h"

#include <string.h>

#define SCREENS_MAX 300
#define SLIP_LINES_MAX 2000
#define TREE_DEPTH_MAX 24

static bool is_kind(const cJSON *event, const char *kind)
{
    return strcmp(report_string(event, "ev"), kind) == 0;
}

void html_screen(const struct html *h, const cJSON *rows)
{
    const cJSON *row;
    fputs("<pre class=\"lcd\">", h->out);
    cJSON_ArrayForEach(row, rows)
    {
        html_text(h, cJSON_IsString(row) ? row->valuestring : "");
        fputc('\n', h->out);
    }
    fputs("</pre>", h->out);
}

/* The role names a class of the style, so only a known one is passed on. */
static const char *role_class(const cJSON *event)
{
    static const char *const roles[] = {"approved", "declined", "failed", "unknown", "halt"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(report_string(event, "role"), roles[i]) == 0)
            return roles[i];
    return "plain";
}

static void put_screens(const struct html *h, const cJSON *events)
{
    const cJSON *event;
    unsigned shown = 0;
    cJSON_ArrayForEach(event, events)
    {
        if (!is_kind(event, "screen") || shown == SCREENS_MAX)
            continue;
        if (!shown++)
            fputs("<h2>Screens</h2><div class=\"lcds\" tabindex=\"0\">", h->out);
        fprintf(h->out, "<figure class=\"%s\">", role_class(event));
        html_screen(h, report_item(event, "rows"));
        fputs("<figcaption><time>", h->out);
        html_time(h, report_number(event, "t"));
        fputs("</time> ", h->out);
        html_text(h, report_string(event, "name"));
        fputs("</figcaption></figure>\n", h->out);
    }
    if (shown == SCREENS_MAX)
        fprintf(h->out, "<p class=\"note\">Only the first %u are shown.</p>", SCREENS_MAX);
    if (shown)
        fputs("</div>\n", h->out);
}

/* ---- paper ---- */

static void put_line(const struct html *h, const cJSON *event)
{
    unsigned style = (unsigned)report_number(event, "style");
    fprintf(h->out, "<span class=\"%s%s\">", style & 1 ? "d " : "", style & 2 ? "c" : "");
    html_text(h, report_string(event, "text"));
    fputs("</span>", h->out);
}

static void put_slips(const struct html *h, const cJSON *events)
{
    const cJSON *event;
    unsigned lines = 0;
    bool open = false;
    cJSON_ArrayForEach(event, events)
    {
        bool printed = is_kind(event, "print") && !report_item(event, "err");
        if (open && is_kind(event, "cut")) {
            fputs("</pre>\n", h->out);
            open = false;
        }
        if (!printed || lines == SLIP_LINES_MAX)
            continue;
        if (!lines++)
            fputs("<h2>Receipts</h2>\n", h->out);
        if (!open)
            fputs("<pre class=\"slip\">", h->out);
        open = true;
        put_line(h, event);
    }
    if (open)
        fputs("</pre>\n", h->out);
    if (lines == SLIP_LINES_MAX)
        fprintf(h->out, "<p class=\"note\">Only the first %u lines are shown.</p>", SLIP_LINES_MAX);
}

/* ---- ledger ---- */

static bool is_booking(const cJSON *event)
{
    static const char *const kinds[] = {"book", "reverse", "tombstone"};
    for (size_t i = 0; is_kind(event, "host") && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(report_string(event, "what"), kinds[i]) == 0)
            return true;
    return false;
}

static void put_number(const struct html *h, const cJSON *event, const char *key, double unit)
{
    if (report_item(event, key))
        fprintf(h->out, "<td class=\"n\">%.*f</td>", unit > 1 ? 2 : 0, report_number(event, key) / unit);
    else
        fputs("<td></td>", h->out);
}

static void put_booking(const struct html *h, const cJSON *event)
{
    fputs("<tr>", h->out);
    put_number(h, event, "number", 1);
    html_element(h, "td", NULL, report_string(event, "what"));
    put_number(h, event, "trace", 1);
    put_number(h, event, "amount", 100);
    fputs("<td>", h->out);
    html_text(h, report_string(event, "debit"));
    fputs(*report_string(event, "debit") || *report_string(event, "credit") ? " \xE2\x86\x92 " : "", h->out);
    html_text(h, report_string(event, "credit"));
    fputs("</td>", h->out);
    put_number(h, event, "of", 1);
    fputs("</tr>\n", h->out);
}

void html_ledger(const struct html *h, const cJSON *events)
{
    const cJSON *event;
    bool open = false;
    cJSON_ArrayForEach(event, events)
    {
        if (!is_booking(event))
            continue;
        if (!open)
            fputs("<h2>Host ledger</h2><div class=\"scroll\"><table><tr><th class=\"n\">no.</th><th>entry</th><th "
                  "class=\"n\">trace</th>"
                  "<th class=\"n\">amount</th><th>accounts</th><th class=\"n\">of</th></tr>\n",
                  h->out);
        open = true;
        put_booking(h, event);
    }
    if (open)
        fputs("</table></div>\n", h->out);
}

void html_side(const struct html *h, const cJSON *events)
{
    fputs("<aside>", h->out);
    put_screens(h, events);
    put_slips(h, events);
    fputs("</aside>", h->out);
}

/* ---- trees ---- */

static void put_node(const struct html *h, const cJSON *node, unsigned depth)
{
    const cJSON *child, *children = report_item(node, "children");
    fputs("<li>", h->out);
    html_text(h, report_string(node, "name"));
    if (*report_string(node, "value")) {
        fputc(' ', h->out);
        html_element(h, "code", NULL, report_string(node, "value"));
    }
    if (*report_string(node, "note")) {
        fputc(' ', h->out);
        html_element(h, "em", NULL, report_string(node, "note"));
    }
    if (cJSON_GetArraySize(children) && depth < TREE_DEPTH_MAX) {
        fputs("<ul>", h->out);
        cJSON_ArrayForEach(child, children) put_node(h, child, depth + 1);
        fputs("</ul>", h->out);
    }
}

void html_tree(const struct html *h, const cJSON *tree)
{
    const cJSON *child;
    fputs("<ul class=\"t\">", h->out);
    cJSON_ArrayForEach(child, report_item(tree, "children")) put_node(h, child, 0);
    fputs("</ul>", h->out);
}
