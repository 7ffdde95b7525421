/* The tables at the end of the page: levels, re-runs, modes and what was asked for. */
#include "reports/sweep_view.h"

static void put_number(const struct html *h, double value)
{
    char text[32];
    html_element(h, "td", "n", sweep_number(value, text));
}

/* ':' before a head: its column holds numbers. */
static void put_heads(const struct html *h, const char *title, const char *const *heads)
{
    fprintf(h->out, "<h2>%s</h2><div class=\"scroll\"><table><tr>", title);
    for (; *heads; heads++)
        fprintf(h->out, **heads == ':' ? "<th class=\"n\">%s</th>" : "<th>%s</th>", *heads + (**heads == ':'));
    fputs("</tr>\n", h->out);
}

static void put_row(const struct html *h, const cJSON *item, const char *const *keys)
{
    for (; *keys; keys++)
        put_number(h, report_number(item, *keys));
}

static void put_levels(const struct html *h, const cJSON *levels)
{
    static const char *const heads[] = {":depth", ":cuts", ":new states", ":judged", ":violations", NULL};
    static const char *const keys[] = {"depth", "cuts", "states", "judged", "violations", NULL};
    const cJSON *level;
    if (cJSON_GetArraySize(levels) == 0)
        return;
    put_heads(h, "Levels", heads);
    cJSON_ArrayForEach(level, levels)
    {
        fputs("<tr>", h->out);
        put_row(h, level, keys);
        fputs("</tr>\n", h->out);
    }
    fputs("</table></div>\n", h->out);
}

static void put_reruns(const struct html *h, const cJSON *reruns)
{
    static const char *const heads[] = {"fault", "kind", "meaning", ":points", ":judged", ":violations", NULL};
    static const char *const keys[] = {"points", "judged", "violations", NULL};
    const cJSON *rerun;
    if (cJSON_GetArraySize(reruns) == 0)
        return;
    put_heads(h, "Re-runs by fault", heads);
    cJSON_ArrayForEach(rerun, reruns)
    {
        fputs("<tr>", h->out);
        html_element(h, "td", NULL, report_string(rerun, "fault"));
        html_element(h, "td", NULL, report_string(rerun, "kind"));
        html_element(h, "td", NULL, report_string(rerun, "meaning"));
        put_row(h, rerun, keys);
        fputs("</tr>\n", h->out);
    }
    fputs("</table></div>\n", h->out);
}

static void put_modes(const struct html *h, const cJSON *modes)
{
    static const char *const heads[] = {"mode", "what survives", "medium it stands for", NULL};
    const cJSON *mode;
    if (cJSON_GetArraySize(modes) == 0)
        return;
    put_heads(h, "Modes", heads);
    cJSON_ArrayForEach(mode, modes)
    {
        fputs("<tr>", h->out);
        html_element(h, "td", NULL, report_string(mode, "name"));
        html_element(h, "td", NULL, report_string(mode, "meaning"));
        html_element(h, "td", "note", report_string(mode, "medium"));
        fputs("</tr>\n", h->out);
    }
    fputs("</table></div>\n", h->out);
}

static void put_code(const struct html *h, const char *name, const char *cls, const char *value)
{
    if (!*value)
        return;
    html_element(h, "dt", NULL, name);
    fputs("<dd>", h->out);
    html_element(h, "code", cls, value);
    fputs("</dd>", h->out);
}

static void put_asked(const struct html *h, const cJSON *sweep)
{
    char text[1200], command[SWEEP_COMMAND_MAX];
    fputs("<h2>What was asked for</h2><dl class=\"meta\">", h->out);
    sweep_options_text(sweep, text, sizeof text);
    html_element(h, "dt", NULL, "faults");
    html_element(h, "dd", NULL, text);
    snprintf(text, sizeof text, "%s:%.0f", report_string(sweep, "file"), report_number(sweep, "line"));
    put_code(h, "file", NULL, text);
    put_code(h, "scenario", NULL, report_string(sweep, "id"));
    put_code(h, "image", NULL, report_string(sweep, "core_path"));
    sweep_command(sweep, command);
    put_code(h, "command", "cmd", command);
    put_code(h, "digest", NULL, report_string(sweep, "digest"));
    fputs("</dl>\n", h->out);
}

void sweep_html_tables(const struct html *h, const cJSON *sweep)
{
    put_levels(h, report_item(sweep, "levels"));
    put_reruns(h, report_item(sweep, "reruns"));
    put_modes(h, report_item(sweep, "modes"));
    put_asked(h, sweep);
}
