/* posbench bench: the table of benchmarks, and the table of figures that they make. A goal that is missed is no failed
 * test: exit 0. */
#include "cli/bench.h"
#include "reports/output.h"

#include <string.h>
#include <unistd.h>

static const struct bench_row {
    const char *name, *what;
    bench_measure *measure;
} benches[] = {
    {"sweep", "power cuts, closure, re-runs of the line, memory, workers", bench_sweep},
    {"sale", "chip sales, online with PIN", bench_sale},
};
#define BENCHES (sizeof benches / sizeof *benches)

/* Why this build's figures say nothing; NULL: they do. */
static const char *unfit(void)
{
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define BENCH_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined BENCH_SANITIZED
    return "with AddressSanitizer";
#elif !defined __OPTIMIZE__
    return "without optimisation";
#else
    return NULL;
#endif
}

void bench_add(cJSON *rows, const struct bench_figure *f)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", f->name);
    if (f->value < 0)
        cJSON_AddNullToObject(row, "figure");
    else
        cJSON_AddNumberToObject(row, "figure", f->value);
    cJSON_AddStringToObject(row, "unit", f->unit);
    if (f->is != BENCH_NONE) {
        bool least = f->is == BENCH_AT_LEAST;
        cJSON_AddNumberToObject(row, "goal", f->goal);
        cJSON_AddStringToObject(row, "goal_is", least ? "at least" : "at most");
        cJSON_AddBoolToObject(row, "met", f->value >= 0 && (least ? f->value >= f->goal : f->value <= f->goal));
    }
    cJSON_AddStringToObject(row, "note", f->note);
    cJSON_AddItemToArray(rows, row);
}

int bench_scenario(const struct engine_options *o, const char *file, const char *filter, cJSON **cases, char *why,
                   size_t cap)
{
    char path[PATH_MAX];
    struct engine_options one = *o;
    const char *const paths[] = {path, NULL};
    snprintf(path, sizeof path, "%s/%s", o->root, file);
    one.filter = filter;
    int status = engine_list(&one, paths, cases, why, cap);
    if (status != EXIT_PASS || cJSON_GetArraySize(*cases) == 1)
        return status;
    snprintf(why, cap, "%s: one scenario expected, found %d", file, cJSON_GetArraySize(*cases));
    cJSON_Delete(*cases);
    *cases = NULL;
    return EXIT_BENCH;
}

/* -- the table of figures -- */

/* "3120", "0.94": as many digits as say something. */
static void put_figure(double value)
{
    printf(" %9.*f", value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

static void print_row(const cJSON *row)
{
    const cJSON *figure = report_item(row, "figure");
    printf("%-34s", report_string(row, "name"));
    if (cJSON_IsNumber(figure))
        put_figure(figure->valuedouble);
    else
        printf(" %9s", "-");
    printf(" %-16s", report_string(row, "unit"));
    if (report_item(row, "goal")) {
        printf(" %-8s", report_string(row, "goal_is"));
        put_figure(report_number(row, "goal"));
        printf("  %s", cJSON_IsTrue(report_item(row, "met")) ? "met" : cJSON_IsNumber(figure) ? "MISSED" : "?");
    }
    printf("\n");
    if (*report_string(row, "note"))
        printf("    %s\n", report_string(row, "note"));
}

static void print_all(const cJSON *all)
{
    const cJSON *bench, *row;
    cJSON_ArrayForEach(bench, report_item(all, "benchmarks"))
    {
        if (!cJSON_GetArraySize(report_item(bench, "rows")))
            continue;
        printf("%s: %s; best of %u\n", report_string(bench, "name"), report_string(bench, "what"), BENCH_ROUNDS);
        cJSON_ArrayForEach(row, report_item(bench, "rows")) print_row(row);
    }
}

/* -- the command -- */

static int measure(const struct bench_row *bench, cJSON *list)
{
    struct engine_options o;
    char why[1024] = "";
    cJSON *one = cJSON_CreateObject();
    cli_defaults(&o);
    cJSON_AddStringToObject(one, "name", bench->name);
    cJSON_AddStringToObject(one, "what", bench->what);
    int status = bench->measure(&o, cJSON_AddArrayToObject(one, "rows"), why, sizeof why);
    cli_progress_end();
    if (status != EXIT_PASS)
        cli_usage("bench", "%s: %s", bench->name, why);
    cJSON_AddItemToArray(list, one); /* what was measured until then is true all the same */
    return status;
}

static int check_name(const char *name)
{
    const char *names[BENCHES + 1] = {NULL}, *near;
    for (size_t i = 0; i < BENCHES; i++)
        if (strcmp(names[i] = benches[i].name, name) == 0)
            return EXIT_PASS;
    near = cli_nearest(name, names);
    return near ? cli_usage("bench", "there is no benchmark '%s'; did you mean '%s'?", name, near)
                : cli_usage("bench", "there is no benchmark '%s'; there are: sweep, sale", name);
}

int cmd_bench(int argc, char **argv)
{
    bool json = false, force = false;
    const struct cli_option options[] = {
        {"json", CLI_FLAG, &json}, {"force", CLI_FLAG, &force}, {NULL, CLI_FLAG, NULL}};
    if (!cli_parse("bench", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 2)
        return cli_usage("bench", "one benchmark, or none for all; found '%s' as well", argv[2]);
    if (argc == 2 && check_name(argv[1]) != EXIT_PASS)
        return EXIT_USAGE;
    if (unfit() && !force)
        return cli_usage("bench",
                         "this program is built %s; ./posbench bench builds and takes the release build, "
                         "--force measures all the same",
                         unfit());
    cJSON *all = cJSON_CreateObject();
    cJSON_AddStringToObject(all, "posbench", POSBENCH_VERSION);
    cJSON_AddStringToObject(all, "build", unfit() ? unfit() : "release");
    cJSON_AddNumberToObject(all, "processors", (double)sysconf(_SC_NPROCESSORS_ONLN));
    cJSON *list = cJSON_AddArrayToObject(all, "benchmarks");
    int status = EXIT_PASS;
    for (size_t i = 0; i < BENCHES && status == EXIT_PASS; i++)
        if (argc < 2 || strcmp(benches[i].name, argv[1]) == 0)
            status = measure(&benches[i], list);
    if (json)
        cli_print_json(all);
    else
        print_all(all);
    cJSON_Delete(all);
    return status;
}
