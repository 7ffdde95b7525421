/* The files of a sweep: sweep.json, a page for each scenario, a page of documentation when one is asked for. Caller:
 * cmd_sweep.c. */
#include "cli/sweep.h"
#include "reports/output.h"
#include "reports/shell.h"
#include "reports/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* -- the command that makes it again -- */

/* An option, its value, or both; NULL is left out. */
static void add(char *text, size_t cap, const char *option, const char *value)
{
    char quoted[PATH_MAX] = "";
    size_t len = strlen(text);
    if (value)
        shell_quote(value, quoted, sizeof quoted);
    snprintf(text + len, cap - len, "%s%s%s%s", option ? " " : "", option ? option : "", value ? " " : "", quoted);
}

static void add_number(char *text, size_t cap, const char *option, uint64_t value, uint64_t usual)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    if (value != usual)
        add(text, cap, option, digits);
}

void cli_sweep_command(const struct sweep_flags *f, const struct engine_options *o, const cJSON *one, bool chosen,
                       cJSON *result)
{
    char command[3 * PATH_MAX] = "./posbench sweep";
    const size_t cap = sizeof command;
    const struct sweep_options *s = &f->what;
    add(command, cap, NULL, report_string(one, "file"));
    if (chosen)
        add(command, cap, "--filter", report_string(one, "id"));
    if (s->faults)
        add(command, cap, "--fault", s->faults);
    add_number(command, cap, "--depth", f->depth, 0);
    if (s->closure)
        add(command, cap, "--closure", NULL);
    if (s->subsets)
        add(command, cap, "--subsets", NULL);
    if (s->modes)
        add(command, cap, "--modes", s->modes);
    add_number(command, cap, "--budget", s->budget, 0);
    add_number(command, cap, "--business", s->business, SWEEP_BUSINESS);
    add_number(command, cap, "--seed", o->seed, 1);
    cJSON_DeleteItemFromObject(result, "command");
    snprintf(command + strlen(command), cap - strlen(command), "%s", f->images.tail);
    cJSON_AddStringToObject(result, "command", command);
}

/* -- reports -- */

static bool say(int status, const char *why)
{
    if (status != 0)
        cli_usage("sweep", "%s", why);
    return status == 0;
}

/* Where the page goes: the name given, or sweep.html in the folder; of the second scenario sweep-2.html. */
static void page(const struct sweep_flags *f, int number, char path[PATH_MAX])
{
    char end[PATH_MAX] = "", *dot;
    cli_place(f->html, f->out, "sweep.html", path);
    if (number == 1)
        return;
    dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/'))
        dot = path + strlen(path);
    snprintf(end, sizeof end, "%s", dot);
    snprintf(dot, PATH_MAX - (size_t)(dot - path), "-%d%s", number, end);
}

int cli_sweep_docs(const cJSON *sweeps, const char *path, char *why, size_t cap)
{
    const cJSON **list = calloc((size_t)cJSON_GetArraySize(sweeps) + 1, sizeof *list), *one;
    FILE *out = list ? report_open(path, why, cap) : NULL;
    size_t n = 0;
    int status = -1;
    if (!out)
        goto cleanup;
    cJSON_ArrayForEach(one, sweeps)
    {
        list[n++] = one;
    }
    sweep_markdown(list, n, true, out); /* an error of it stays with the file: closing tells */
    status = report_close(out, path, why, cap);
cleanup:
    free(list);
    return status;
}

/* The files that were written, beside each other on one line. */
struct written {
    FILE *talk;
    unsigned count;
    bool ok;
};

static void note(struct written *w, int status, const char *path, const char *why)
{
    w->ok = say(status, why) && w->ok;
    if (status == 0 && !cli_is_dash(path))
        fprintf(w->talk, "%s%s", w->count++ ? "  " : "", path);
}

bool cli_sweep_write(const struct sweep_flags *f, const cJSON *results, FILE *talk)
{
    char path[PATH_MAX], why[PATH_MAX + 300] = "";
    const cJSON *one, *whole = cJSON_GetArraySize(results) == 1 ? results->child : results;
    struct written w = {talk, 0, true};
    int number = 0;
    cli_place(f->json, f->out, "sweep.json", path);
    note(&w, sweep_json(whole, path, why, sizeof why), path, why);
    cJSON_ArrayForEach(one, results)
    {
        page(f, ++number, path);
        note(&w, sweep_html(one, path, why, sizeof why), path, why);
    }
    if (f->docs)
        note(&w, cli_sweep_docs(results, f->docs, why, sizeof why), f->docs, why);
    if (w.count)
        fputc('\n', talk);
    return w.ok;
}

static double total(const cJSON *results, const char *key)
{
    const cJSON *one;
    double sum = 0;
    cJSON_ArrayForEach(one, results)
    {
        sum += report_number(report_item(one, "counts"), key);
    }
    return sum;
}

void cli_sweep_total(const cJSON *results, int selected, FILE *talk)
{
    fprintf(talk,
            "%d of %d scenarios swept: %.0f cuts, %.0f states, %.0f judged, %.0f unexplored, %.0f re-runs, "
            "%.0f violations\n",
            cJSON_GetArraySize(results), selected, total(results, "cuts"), total(results, "states"),
            total(results, "judged"), total(results, "unexplored"), total(results, "reruns"),
            total(results, "violations") + total(results, "business_violations") + total(results, "rerun_violations"));
}
