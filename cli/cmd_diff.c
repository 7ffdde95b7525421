/* posbench diff: two records, reports, traces or cores: where and why they part. What a file is, its content says. Two
 * cores run the same scenarios, and what is compared are those two runs. */
#include "cli/cli.h"
#include "reports/diff.h"
#include "reports/output.h"
#include "scenarios/engine/trace_text.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { KIND_RECORD, KIND_REPORT, KIND_TRACE, KIND_CORE, KINDS };
static const char *const kind_names[KINDS] = {"a run's record", "a run's report", "a recorded card session",
                                              "a core image"};

struct side {
    enum kind kind;
    char path[PATH_MAX], folder[PATH_MAX]; /* the file that is read; where its records lie */
    struct diff_lines lines;               /* of a record */
    cJSON *json;                           /* of a report, of a trace */
};

static void close_side(struct side *s)
{
    diff_lines_free(&s->lines);
    cJSON_Delete(s->json);
}

/* ---- what a file is ---- */

static bool is_object_line(const char *text, size_t len, const char *key)
{
    const char *end = memchr(text, '\n', len);
    char *line = strndup(text, end ? (size_t)(end - text) : len);
    cJSON *json = line ? cJSON_ParseWithOpts(line, NULL, 1) : NULL;
    bool is = json && cJSON_GetObjectItemCaseSensitive(json, key);
    cJSON_Delete(json);
    free(line);
    return is;
}

/* The text of a file that holds JSON: a record line by line, or one report. `text` is taken over. */
static bool take_json(struct side *s, char *text, size_t len, char *why, size_t cap)
{
    bool named = strlen(s->path) > 6 && strcmp(s->path + strlen(s->path) - 6, ".jsonl") == 0;
    if (named || is_object_line(text, len, "ev")) {
        s->kind = KIND_RECORD;
        return diff_lines_take(&s->lines, s->path, text, len, why, cap) == 0;
    }
    s->kind = KIND_REPORT;
    s->json = cJSON_Parse(text);
    free(text);
    bool is_run = cJSON_IsArray(cJSON_GetObjectItem(s->json, "cases"));
    if (!s->json)
        snprintf(why, cap, "%s:1: not JSON; a line of a record, or a report.json, expected", s->path);
    else if (!is_run)
        snprintf(why, cap, "%s: neither a run's record (\"ev\") nor a report.json of posbench run (\"cases\")",
                 s->path);
    return is_run;
}

/* A folder stands for the report.json in it. */
static void find_place(struct side *s, const char *given)
{
    struct stat st;
    snprintf(s->path, sizeof s->path, "%s", given);
    if (stat(given, &st) == 0 && S_ISDIR(st.st_mode))
        snprintf(s->path, sizeof s->path, "%.*s/report.json", PATH_MAX - 20, given);
    snprintf(s->folder, sizeof s->folder, "%s", s->path);
    char *slash = strrchr(s->folder, '/');
    snprintf(slash ? slash : s->folder, 2, "%s", slash == s->folder ? "/" : slash ? "" : ".");
}

static bool open_side(struct side *s, const char *given, char *why, size_t cap)
{
    size_t len = 0;
    find_place(s, given);
    char *text = diff_read(s->path, &len, why, cap);
    if (!text)
        return false;
    size_t at = strspn(text, " \t\r\n");
    if (at == len) {
        snprintf(why, cap, "%s: empty", s->path);
        free(text);
        return false;
    }
    bool named = strlen(s->path) > 6 && strcmp(s->path + strlen(s->path) - 6, ".jsonl") == 0;
    if (text[at] == '{' || named)
        return take_json(s, text, len, why, cap);
    s->kind = len > 4 && memcmp(text,
                                "\x7F"
                                "ELF",
                                4) == 0
                  ? KIND_CORE
                  : KIND_TRACE;
    free(text);
    return s->kind == KIND_CORE || engine_trace(s->path, &s->json, why, cap) == EXIT_PASS;
}

/* ---- two cores ---- */

struct progress {
    const char *which;
};

static void on_done(void *ctx, const cJSON *result, size_t finished, size_t total)
{
    const struct progress *p = ctx;
    cli_progress("%s core: %zu/%zu  %s", p->which, finished, total, report_string(result, "name"));
}

static int run_core(struct engine_options *o, const char *core, const char *which, const char *folder,
                    const cJSON *cases, cJSON **run, char *why, size_t cap)
{
    char records[PATH_MAX], path[PATH_MAX];
    struct progress p = {which};
    const struct engine_progress progress = {&p, on_done, NULL};
    if (!cli_path(core, path))
        snprintf(path, sizeof path, "%s", core);
    snprintf(records, sizeof records, "%.*s/records", PATH_MAX - 20, folder);
    if (mkdir(folder, 0700) != 0 || mkdir(records, 0700) != 0) {
        snprintf(why, cap, "%.400s: cannot be made", records);
        return EXIT_BENCH;
    }
    o->core = path;
    o->records = records;
    int status = engine_run(o, cases, &progress, run, why, cap);
    cli_progress_end();
    return status == EXIT_FAILED ? EXIT_PASS : status; /* the verdicts are compared, not judged */
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int run_both(struct engine_options *o, const char *a, const char *b, const cJSON *cases, cJSON **diff, char *why,
                    size_t cap)
{
    const char *place = getenv("TMPDIR");
    char folder[PATH_MAX - 64], folder_a[PATH_MAX], folder_b[PATH_MAX];
    cJSON *run_a = NULL, *run_b = NULL;
    snprintf(folder, sizeof folder, "%.*s/posbench-diff-XXXXXX", PATH_MAX - 200, place && *place ? place : "/tmp");
    if (!mkdtemp(folder)) {
        snprintf(why, cap, "no place for the records of two runs: %.200s", folder);
        return EXIT_BENCH;
    }
    snprintf(folder_a, sizeof folder_a, "%s/a", folder);
    snprintf(folder_b, sizeof folder_b, "%s/b", folder);
    int status = run_core(o, a, "first", folder_a, cases, &run_a, why, cap);
    if (status == EXIT_PASS)
        status = run_core(o, b, "second", folder_b, cases, &run_b, why, cap);
    if (status == EXIT_PASS) {
        *diff = diff_reports("cores", run_a, a, folder_a, run_b, b, folder_b);
    }
    cJSON_Delete(run_a);
    cJSON_Delete(run_b);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}

static int diff_cores(struct engine_options *o, const struct side *a, const struct side *b, char *const *scenarios,
                      cJSON **diff, char *why, size_t cap)
{
    char **paths = NULL;
    cJSON *cases = NULL;
    if (!cli_scenarios("diff", scenarios, &paths))
        return EXIT_USAGE;
    int status = engine_list(o, (const char *const *)paths, &cases, why, cap);
    cli_free_paths(paths);
    if (status == EXIT_PASS && !cJSON_GetArraySize(cases)) {
        snprintf(why, cap, "no scenario matches; ./posbench list shows what there is");
        status = EXIT_NOTHING;
    }
    if (status == EXIT_PASS)
        status = run_both(o, a->path, b->path, cases, diff, why, cap);
    cJSON_Delete(cases);
    return status;
}

/* ---- the command ---- */

static int compare(struct engine_options *o, struct side *a, struct side *b, char *const *scenarios, cJSON **diff,
                   char *why, size_t cap)
{
    if (a->kind != b->kind) {
        snprintf(why, cap, "%.4000s is %s, %.4000s is %s; two of a kind expected", a->path, kind_names[a->kind],
                 b->path, kind_names[b->kind]);
        return EXIT_USAGE;
    }
    if (a->kind == KIND_CORE)
        return diff_cores(o, a, b, scenarios, diff, why, cap);
    if (*scenarios) {
        snprintf(why, cap, "scenarios (%s) belong to two cores, not to %s", *scenarios, kind_names[a->kind]);
        return EXIT_USAGE;
    }
    *diff = a->kind == KIND_RECORD   ? diff_records(&a->lines, &b->lines)
            : a->kind == KIND_REPORT ? diff_reports("reports", a->json, a->path, a->folder, b->json, b->path, b->folder)
                                     : diff_traces(a->json, a->path, b->json, b->path);
    return EXIT_PASS;
}

int cmd_diff(int argc, char **argv)
{
    struct engine_options o;
    struct side a = {.json = NULL}, b = {.json = NULL};
    bool json = false;
    uint64_t jobs = 0;
    char why[2 * PATH_MAX + 500] = "";
    cJSON *diff = NULL;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"json", CLI_FLAG, &json},
        {"seed", CLI_NUMBER, &o.seed},
        {"jobs", CLI_NUMBER, &jobs},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("diff", options, &argc, argv) || !cli_within("diff", "jobs", jobs, 0, 64))
        return EXIT_USAGE;
    if (argc < 3)
        return cli_usage("diff",
                         "two of a kind expected: records (.jsonl), reports (report.json), traces, or cores (.so)");
    if (strlen(argv[1]) > PATH_MAX - 64 || strlen(argv[2]) > PATH_MAX - 64)
        return cli_usage("diff", "a name is too long");
    o.jobs = (unsigned)jobs;
    int status = EXIT_USAGE;
    if (open_side(&a, argv[1], why, sizeof why) && open_side(&b, argv[2], why, sizeof why))
        status = compare(&o, &a, &b, argv + 3, &diff, why, sizeof why);
    if (diff && json)
        cli_print_json(diff);
    else if (diff)
        diff_text(diff, cli_colour(stdout), cli_width(stdout), stdout);
    if (diff && status == EXIT_PASS)
        status = strcmp(report_string(diff, "verdict"), "same") == 0 ? EXIT_PASS : EXIT_FAILED;
    if (why[0])
        cli_usage("diff", "%s", why);
    cJSON_Delete(diff);
    close_side(&a);
    close_side(&b);
    return status;
}
