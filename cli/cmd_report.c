/* posbench report: show a finished run or sweep, re-execute a run and compare every record's digest, make a page of
 * documentation from sweeps. */
#include "cli/cli.h"
#include "reports/output.h"
#include "reports/report.h"
#include "reports/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX ((size_t)1 << 28)

/* The whole file and a NUL; NULL with errno, 0 when it is too large. */
static char *read_all(FILE *f)
{
    size_t len = 0, cap = 1 << 16;
    char *text = malloc(cap);
    errno = 0;
    while (text && (len += fread(text + len, 1, cap - len - 1, f)) == cap - 1) {
        char *more = cap < REPORT_MAX ? realloc(text, cap *= 2) : NULL;
        if (!more)
            free(text);
        text = more;
    }
    if (text && ferror(f)) {
        free(text);
        return NULL;
    }
    if (text)
        text[len] = '\0';
    return text;
}

static cJSON *load(const char *path, char *why, size_t cap)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? read_all(f) : NULL;
    cJSON *json = text ? cJSON_Parse(text) : NULL;
    if (!text)
        snprintf(why, cap, "%s: %s", path, f && !errno ? "larger than 256 MB" : strerror(errno));
    else if (!json)
        snprintf(why, cap, "%s: no JSON; a report.json or sweep.json expected", path);
    if (f)
        fclose(f);
    free(text);
    return json;
}

/* A run has cases; sweep.json holds one sweep, or an array of them. */
static bool is_run(const cJSON *json)
{
    return cJSON_IsArray(cJSON_GetObjectItem(json, "cases"));
}

static bool is_sweep(const cJSON *json)
{
    if (!cJSON_IsArray(json))
        return cJSON_IsArray(cJSON_GetObjectItem(json, "levels"));
    const cJSON *one;
    cJSON_ArrayForEach(one, json)
    {
        if (!cJSON_IsArray(cJSON_GetObjectItem(one, "levels")))
            return false;
    }
    return cJSON_GetArraySize(json) > 0;
}

/* The list that engine_run wants, from a finished run's cases. */
static cJSON *cases_of(const struct engine_options *o, const cJSON *run)
{
    cJSON *list = cJSON_CreateArray();
    const cJSON *c;
    cJSON_ArrayForEach(c, cJSON_GetObjectItem(run, "cases"))
    {
        char path[PATH_MAX];
        const char *hash = strrchr(report_string(c, "id"), '#'), *file = report_string(c, "file");
        cJSON *row = cJSON_Duplicate(c, true);
        snprintf(path, sizeof path, "%s%s%s", file[0] == '/' ? "" : o->root, file[0] == '/' ? "" : "/", file);
        cJSON_AddStringToObject(row, "path", path);
        cJSON_AddNumberToObject(row, "index", hash ? strtod(hash + 1, NULL) : 1);
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

/* Cases of both runs stand in the same order. Crashed cases have no digest and are compared by their verdict. */
static unsigned compare(const cJSON *first, const cJSON *second, const char *how)
{
    const cJSON *a = cJSON_GetArrayItem(cJSON_GetObjectItem(first, "cases"), 0);
    const cJSON *b = cJSON_GetArrayItem(cJSON_GetObjectItem(second, "cases"), 0);
    unsigned different = 0;
    for (; a && b; a = a->next, b = b->next) {
        if (strcmp(report_string(a, "digest"), report_string(b, "digest")) == 0 &&
            strcmp(report_string(a, "verdict"), report_string(b, "verdict")) == 0)
            continue;
        different++;
        printf("%s: another record %s\n  before %s %s\n  now    %s %s\n", report_string(a, "id"), how,
               report_string(a, "verdict"), report_string(a, "digest"), report_string(b, "verdict"),
               report_string(b, "digest"));
    }
    return different + (a != NULL || b != NULL);
}

/* Names in a run are as seen from the root. */
static const char *image_of(const cJSON *run, const char *key, const char *fallback, char path[PATH_MAX])
{
    const char *name = report_string(run, key);
    snprintf(path, PATH_MAX, "%s%s%s", name[0] == '/' ? "" : cli_root(), name[0] == '/' ? "" : "/", name);
    return name[0] ? path : fallback;
}

static int verify(const char *path)
{
    struct engine_options o;
    char why[700] = "";
    cJSON *run = load(path, why, sizeof why), *cases = NULL;
    unsigned different = 0;
    static const struct {
        bool fresh;
        unsigned jobs;
        const char *how;
    } passes[] = {{true, 0, "in fresh workers"}, {false, 1, "in one used worker"}};
    if (run && report_string(run, "reader")[0])
        snprintf(why, sizeof why, "%s: run with the card in %s: nothing of it is repeatable, so there is nothing to compare", path,
                 report_string(run, "reader"));
    if (run && !is_run(run))
        snprintf(why, sizeof why, "%s: not a report.json of posbench run (no \"cases\")", path);
    if (why[0]) {
        cJSON_Delete(run);
        return cli_usage("report", "%s", why);
    }
    char core[PATH_MAX], boot[PATH_MAX];
    cli_defaults(&o);
    o.core = image_of(run, "core_path", o.core, core);
    o.boot = image_of(run, "boot_path", o.boot, boot);
    o.seed = strtoull(report_string(run, "seed"), NULL, 10);
    o.fault = report_string(run, "fault")[0] ? report_string(run, "fault") : NULL;
    cases = cases_of(&o, run);
    int status = EXIT_PASS;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        cJSON *again = NULL;
        o.fresh_workers = passes[i].fresh;
        o.jobs = passes[i].jobs;
        status = engine_run(&o, cases, NULL, &again, why, sizeof why);
        if (status == EXIT_PASS || status == EXIT_FAILED)
            different += compare(run, again, passes[i].how);
        cJSON_Delete(again);
        if (status != EXIT_PASS && status != EXIT_FAILED)
            break;
    }
    if (status == EXIT_PASS || status == EXIT_FAILED) {
        printf("%d records re-executed in fresh workers and in a used one: %u differ\n", cJSON_GetArraySize(cases),
               different);
        status = different ? EXIT_FAILED : EXIT_PASS;
    } else
        cli_usage("report", "%s", why);
    cJSON_Delete(cases);
    cJSON_Delete(run);
    return status;
}

static void show_sweep(const cJSON *sweep)
{
    sweep_text(sweep, cli_colour(stdout), cli_width(stdout), stdout);
}

static int show(const char *path)
{
    char why[700];
    cJSON *json = load(path, why, sizeof why);
    const cJSON *one;
    int status = EXIT_PASS;
    if (!json)
        return cli_usage("report", "%s", why);
    if (is_run(json))
        report_text(json, cli_colour(stdout), true, stdout);
    else if (!is_sweep(json))
        status =
            cli_usage("report", "%s: neither a report.json of posbench run nor a sweep.json of posbench sweep", path);
    else if (!cJSON_IsArray(json))
        show_sweep(json);
    else
        cJSON_ArrayForEach(one, json) show_sweep(one);
    cJSON_Delete(json);
    return status;
}

/* The sweeps of one sweep.json, moved behind the others. */
static int gather(const char *path, cJSON *all)
{
    char why[700];
    cJSON *json = load(path, why, sizeof why), *one;
    if (!json)
        return cli_usage("report", "%s", why);
    if (!is_sweep(json)) {
        cJSON_Delete(json);
        return cli_usage("report", "%s: not a sweep.json of posbench sweep (no \"levels\")", path);
    }
    if (!cJSON_IsArray(json)) {
        cJSON_AddItemToArray(all, json);
        return EXIT_PASS;
    }
    while ((one = cJSON_DetachItemFromArray(json, 0)))
        cJSON_AddItemToArray(all, one);
    cJSON_Delete(json);
    return EXIT_PASS;
}

static int docs(char *const *paths)
{
    char why[700];
    cJSON *all = cJSON_CreateArray();
    int status = EXIT_PASS;
    for (; *paths && status == EXIT_PASS; paths++)
        status = gather(*paths, all);
    if (status == EXIT_PASS && cli_sweep_docs(all, "-", why, sizeof why) != 0) {
        cli_usage("report", "%s", why);
        status = EXIT_BENCH;
    }
    cJSON_Delete(all);
    return status;
}

int cmd_report(int argc, char **argv)
{
    static const struct cli_option none[] = {{NULL, CLI_FLAG, NULL}};
    if (!cli_parse("report", none, &argc, argv))
        return EXIT_USAGE;
    if (argc == 3 && strcmp(argv[1], "verify") == 0)
        return verify(argv[2]);
    if (argc == 3 && strcmp(argv[1], "show") == 0)
        return show(argv[2]);
    if (argc > 2 && strcmp(argv[1], "docs") == 0)
        return docs(argv + 2);
    if (argc > 1 && strcmp(argv[1], "merge") == 0)
        return cli_usage("report", "merge is not supported yet");
    return cli_usage("report", "expected: verify RUN.json, show RUN.json or SWEEP.json, or docs SWEEP.json...");
}
