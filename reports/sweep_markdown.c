/* docs/sweeps.md: what several sweeps covered and found, as tables. Without the measured table it is the same on every
 * machine, so that a test can make it again and compare. */
#include "reports/sweep_view.h"

#include <stdlib.h>
#include <string.h>

struct doc {
    const cJSON *const *sweeps;
    size_t count;
    FILE *out;
};

/* ---- text for Markdown ---- */

/* Punctuation that could begin markup or end a cell is escaped; a line stays a line. */
static void put_text(FILE *out, const char *text)
{
    for (uint32_t code; (code = report_utf8(&text));) {
        if (code == '\n' || code == '\t')
            code = ' ';
        if (code < 0x80 && code && strchr("\\`*_{}[]<>|#~&!", (int)code))
            fputc('\\', out);
        report_put_code(out, report_is_plain(code) ? code : 0xFFFD);
    }
}

static void put_cell(const struct doc *d, const char *text)
{
    fputc(' ', d->out);
    put_text(d->out, text);
    fputs(" |", d->out);
}

static void put_number(const struct doc *d, double value)
{
    char text[32];
    put_cell(d, sweep_number(value, text));
}

static void put_keys(const struct doc *d, const cJSON *object, const char *const *keys)
{
    for (; *keys; keys++)
        put_number(d, report_number(object, *keys));
}

/* ':' before a head: its column holds numbers. */
static void put_heads(const struct doc *d, const char *title, const char *const *heads)
{
    fprintf(d->out, "\n## %s\n\n|", title);
    for (size_t i = 0; heads[i]; i++)
        fprintf(d->out, " %s |", heads[i] + (heads[i][0] == ':'));
    fputs("\n|", d->out);
    for (size_t i = 0; heads[i]; i++)
        fputs(heads[i][0] == ':' ? "---:|" : "---|", d->out);
    fputc('\n', d->out);
}

static bool is_setting(const cJSON *sweep)
{
    return *report_string(sweep, "setting") != '\0';
}

/* A list of a sweep that stands for itself: settings have one table of their own. */
static const cJSON *counted(const cJSON *sweep, const char *list)
{
    return is_setting(sweep) ? NULL : report_item(sweep, list);
}

/* A row begins with the number of its sweep, which is that of the command on top. */
static void put_name(const struct doc *d, size_t i)
{
    const cJSON *sweep = d->sweeps[i];
    fprintf(d->out, "| %zu | ", i + 1);
    put_text(d->out, report_string(sweep, is_setting(sweep) ? "setting" : "name"));
    fputs(" |", d->out);
}

/* ---- tables ---- */

static void put_commands(const struct doc *d)
{
    char command[SWEEP_COMMAND_MAX];
    fputs("# Sweeps\n\nMade by the commands below; not edited by hand. Each cuts the power before, inside and after "
          "storage "
          "operations of a\nscenario's `run`, lets the storage keep what a survival mode says, boots, recovers to idle "
          "and "
          "judges the state with\nevery oracle. Equal states are judged once. Counts and digests depend on scenario, "
          "core, "
          "seed and options only.\n\n```\n",
          d->out);
    for (size_t i = 0; i < d->count; i++) {
        sweep_command(d->sweeps[i], command);
        fprintf(d->out, "# %zu\n", i + 1);
        report_put_plain(d->out, command);
        fputc('\n', d->out);
    }
    fputs("```\n", d->out);
}

static void put_counts(const struct doc *d)
{
    static const char *const heads[] = {":no.",        "scenario", "faults", ":operations", ":most unsynced",
                                        ":cuts",       ":states",  ":depth", ":judged",     ":violations",
                                        ":unexplored", "covered",  NULL};
    static const char *const keys[] = {"operations", "largest_unsynced", "cuts",       "states", "depth",
                                       "judged",     "violations",       "unexplored", NULL};
    char text[400], share[20];
    bool shown = false;
    for (size_t i = 0; i < d->count; i++) {
        const cJSON *sweep = d->sweeps[i], *options = report_item(sweep, "options");
        if (is_setting(sweep) || !sweep_has_cuts(sweep))
            continue;
        if (!shown)
            put_heads(d, "Power cuts", heads);
        shown = true;
        put_name(d, i);
        sweep_joined(report_item(options, "faults"), text, sizeof text);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                 cJSON_IsTrue(report_item(options, "closure")) ? ", closure" : "",
                 cJSON_IsTrue(report_item(options, "subsets")) ? ", subsets" : "");
        put_cell(d, text);
        put_keys(d, report_item(sweep, "counts"), keys);
        sweep_share(sweep, share, sizeof share);
        fprintf(d->out, " %s, %s", share, report_string(sweep, "reach"));
        fputs(*report_string(sweep, "sampled") ? ": " : "", d->out);
        put_text(d->out, report_string(sweep, "sampled"));
        fputs(" |\n", d->out);
    }
}

static bool any(const struct doc *d, const char *list)
{
    for (size_t i = 0; i < d->count; i++)
        if (cJSON_GetArraySize(counted(d->sweeps[i], list)))
            return true;
    return false;
}

static void put_levels(const struct doc *d)
{
    static const char *const heads[] = {":no.",        "scenario", ":depth",      ":cuts",
                                        ":new states", ":judged",  ":violations", NULL};
    static const char *const keys[] = {"depth", "cuts", "states", "judged", "violations", NULL};
    const cJSON *level;
    if (!any(d, "levels"))
        return;
    put_heads(d, "By level: cuts after each other", heads);
    for (size_t i = 0; i < d->count; i++) {
        cJSON_ArrayForEach(level, counted(d->sweeps[i], "levels"))
        {
            put_name(d, i);
            put_keys(d, level, keys);
            fputc('\n', d->out);
        }
    }
}

static void put_business(const struct doc *d)
{
    static const char *const heads[] = {":no.", "scenario", ":states", ":violations", NULL};
    static const char *const keys[] = {"business", "business_violations", NULL};
    bool shown = false;
    for (size_t i = 0; i < d->count; i++) {
        if (sweep_count(d->sweeps[i], "business") <= 0 || is_setting(d->sweeps[i]))
            continue;
        if (!shown)
            put_heads(d, "Business after recovery", heads);
        shown = true;
        put_name(d, i);
        put_keys(d, report_item(d->sweeps[i], "counts"), keys);
        fputc('\n', d->out);
    }
}

static void put_reruns(const struct doc *d)
{
    static const char *const heads[] = {":no.", "scenario", "fault", ":points", ":judged", ":violations", NULL};
    static const char *const keys[] = {"points", "judged", "violations", NULL};
    char text[80];
    const cJSON *rerun;
    if (!any(d, "reruns"))
        return;
    put_heads(d, "Re-runs: one fault at every point", heads);
    for (size_t i = 0; i < d->count; i++) {
        cJSON_ArrayForEach(rerun, counted(d->sweeps[i], "reruns"))
        {
            put_name(d, i);
            snprintf(text, sizeof text, "%s %s", report_string(rerun, "fault"), report_string(rerun, "kind"));
            put_cell(d, text);
            put_keys(d, rerun, keys);
            fputc('\n', d->out);
        }
    }
}

/* ---- modes, each once ---- */

static bool is_named_before(const struct doc *d, size_t sweep, const cJSON *mode)
{
    const cJSON *other;
    for (size_t i = 0; i <= sweep; i++) {
        cJSON_ArrayForEach(other, report_item(d->sweeps[i], "modes"))
        {
            if (other == mode)
                return false;
            if (strcmp(report_string(other, "name"), report_string(mode, "name")) == 0)
                return true;
        }
    }
    return false;
}

static void put_modes(const struct doc *d)
{
    static const char *const heads[] = {"mode", "what survives of the unsynced", "medium it stands for", NULL};
    const cJSON *mode;
    put_heads(d, "Survival modes", heads);
    for (size_t i = 0; i < d->count; i++) {
        cJSON_ArrayForEach(mode, report_item(d->sweeps[i], "modes"))
        {
            if (is_named_before(d, i, mode))
                continue;
            fputc('|', d->out);
            put_cell(d, report_string(mode, "name"));
            put_cell(d, report_string(mode, "meaning"));
            put_cell(d, report_string(mode, "medium"));
            fputc('\n', d->out);
        }
    }
}

/* ---- settings compared ---- */

static void put_oracles(const struct doc *d, const cJSON *failures)
{
    const cJSON *one, *other;
    bool first = true;
    cJSON_ArrayForEach(one, failures)
    {
        for (other = failures->child; strcmp(report_string(other, "oracle"), report_string(one, "oracle")) != 0;)
            other = other->next;
        if (other != one)
            continue;
        fputs(first ? " " : ", ", d->out);
        put_text(d->out, report_string(one, "oracle"));
        first = false;
    }
    fputs(first ? " none |" : " |", d->out);
}

static void put_settings(const struct doc *d)
{
    static const char *const heads[] = {":no.",    "setting",     "known to be", ":cuts",
                                        ":states", ":violations", "found by",    NULL};
    static const char *const keys[] = {"cuts", "states", NULL};
    bool shown = false;
    for (size_t i = 0; i < d->count; i++) {
        const cJSON *sweep = d->sweeps[i];
        if (!is_setting(sweep))
            continue;
        if (!shown)
            put_heads(d, "Settings compared", heads);
        shown = true;
        put_name(d, i);
        put_cell(d, report_string(sweep, "known"));
        put_keys(d, report_item(sweep, "counts"), keys);
        put_number(d, sweep_violations(sweep));
        put_oracles(d, report_item(sweep, "failures"));
        fputc('\n', d->out);
    }
}

static void put_digests(const struct doc *d)
{
    static const char *const heads[] = {":no.", "sweep", "seed", "digest", NULL};
    put_heads(d, "Digests", heads);
    for (size_t i = 0; i < d->count; i++) {
        put_name(d, i);
        put_cell(d, report_string(d->sweeps[i], "seed"));
        put_cell(d, report_string(d->sweeps[i], "digest"));
        fputc('\n', d->out);
    }
}

static void put_measured(const struct doc *d)
{
    static const char *const heads[] = {":no.",           "sweep",        ":workers", ":seconds",
                                        ":rate a worker", ":MB a worker", NULL};
    put_heads(d, "Measured", heads);
    for (size_t i = 0; i < d->count; i++) {
        put_name(d, i);
        put_number(d, report_number(d->sweeps[i], "jobs"));
        fprintf(d->out, " %.2f |", report_number(d->sweeps[i], "real_us") / 1e6);
        put_number(d, report_number(d->sweeps[i], "rate"));
        fprintf(d->out, " %.1f |\n", report_number(d->sweeps[i], "memory_kb") / 1024);
    }
    fputs(
        "\nThis table alone was measured, on one machine at one time; all others are the same everywhere. The\nrate is "
        "of cuts judged a second and worker; of re-runs, where no power was cut.\n",
        d->out);
}

int sweep_markdown(const cJSON *const *sweeps, size_t count, bool measured, FILE *out)
{
    const struct doc d = {.sweeps = sweeps, .count = count, .out = out};
    put_commands(&d);
    put_counts(&d);
    put_levels(&d);
    put_business(&d);
    put_reruns(&d);
    put_modes(&d);
    put_settings(&d);
    put_digests(&d);
    if (measured)
        put_measured(&d);
    return ferror(out) ? -1 : 0;
}
