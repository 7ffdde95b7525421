/* posbench run: scenarios, headless, with reports in out/. */
#include "cli/cli.h"
#include "reports/report.h"
#include "reports/shell.h"
#include "scenarios/engine/fault_id.h"

#include <string.h>
#include <unistd.h>

struct run_flags {
    bool verbose;
    const char *out, *junit, *html, *json, *shard, *reader;
    uint64_t jobs, wall;
    struct cli_images images;
};

/* -- progress -- */

struct progress {
    bool verbose, colour;
    unsigned failed;
    FILE *talk;
};

static void on_done(void *ctx, const cJSON *result, size_t finished, size_t total)
{
    struct progress *p = ctx;
    const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItem(result, "verdict"));
    p->failed += strcmp(verdict, "fail") == 0 || strcmp(verdict, "error") == 0;
    if (p->verbose) {
        report_case_text(result, p->colour, p->talk);
        fflush(p->talk);
    }
    cli_progress("%zu/%zu, %u failed  %s", finished, total, p->failed,
                 cJSON_GetStringValue(cJSON_GetObjectItem(result, "name")));
}

static void on_asked(void *ctx, const char *text)
{
    (void)ctx;
    if (text) {
        cli_progress_end();
        fprintf(stderr, "posbench run: %s\n", text);
    }
}

/* -- options -- */

static bool parse_shard(const char *text, struct engine_options *o)
{
    char rest;
    return !text ||
           (text[0] >= '0' && text[0] <= '9' && strlen(text) < 20 &&
            sscanf(text, "%u/%u%c", &o->shard, &o->shards, &rest) == 2 && o->shard >= 1 && o->shard <= o->shards);
}

static bool check(const struct run_flags *f, struct engine_options *o)
{
    const struct cli_name names[] = {
        {"out", f->out, false},  {"html", f->html, true},         {"junit", f->junit, true},
        {"json", f->json, true}, {"core", f->images.core, false}, {"boot", f->images.boot, false},
    };
    struct fault_id id;
    char why[600];
    if (!cli_names("run", names, sizeof names / sizeof *names))
        return false;
    if (!parse_shard(f->shard, o)) {
        cli_usage("run", "--shard: I/N with 1 <= I <= N expected, found '%s'", f->shard);
        return false;
    }
    if (o->fault && fault_id_parse(o->fault, &id, why, sizeof why) != 0) {
        cli_usage("run", "--fault: %s", why);
        return false;
    }
    if (f->reader && o->fault) {
        cli_usage("run", "--reader and --fault: a fault id counts in a run that can be repeated, a real card's cannot");
        return false;
    }
    o->reader = f->reader && strcmp(f->reader, "sim") != 0 ? f->reader : NULL;
    o->jobs = (unsigned)f->jobs;
    o->wall_seconds = (unsigned)f->wall;
    return cli_within("run", "jobs", f->jobs, 0, 64) && cli_within("run", "wall", f->wall, 0, 86400);
}

/* A fault's numbers count within one scenario. */
static int choose(const struct engine_options *o, const cJSON *cases, char *why, size_t cap)
{
    int count = cJSON_GetArraySize(cases);
    if (!count) {
        snprintf(why, cap, "no scenario matches; ./posbench list shows what there is");
        return EXIT_NOTHING;
    }
    if (o->fault && count != 1) {
        snprintf(why, cap, "--fault belongs to one scenario, %d are selected; --filter chooses by name or id", count);
        return EXIT_USAGE;
    }
    return EXIT_PASS;
}

static void add_reader(struct cli_images *images, const char *reader)
{
    char quoted[600];
    size_t len = strlen(images->tail);
    shell_quote(reader, quoted, sizeof quoted);
    snprintf(images->tail + len, sizeof images->tail - len, " --reader %s", quoted);
}

/* -- reports -- */

static bool say(int status, const char *why)
{
    if (status != 0)
        cli_usage("run", "%s", why);
    return status == 0;
}

static bool write_reports(const cJSON *run, const struct run_flags *f, FILE *talk)
{
    char path[3][PATH_MAX], why[PATH_MAX + 300];
    bool ok = say(report_html(run, f->out, cli_place(f->html, f->out, "report.html", path[0]), why, sizeof why), why);
    ok &= say(report_junit(run, cli_place(f->junit, f->out, "junit.xml", path[1]), why, sizeof why), why);
    ok &= say(report_json(run, cli_place(f->json, f->out, "report.json", path[2]), why, sizeof why), why);
    report_text(run, cli_colour(talk), false, talk);
    for (size_t i = 0; ok && i < 3; i++)
        if (!cli_is_dash(path[i]))
            fprintf(talk, "%s%s", path[i], i < 2 ? "  " : "");
    if (ok)
        fputc('\n', talk);
    return ok;
}

/* -- the run -- */

static int run_cases(struct engine_options *o, const struct run_flags *f, const cJSON *cases, char *why, size_t cap)
{
    char records[PATH_MAX];
    cJSON *run = NULL;
    FILE *talk = cli_is_dash(f->html) || cli_is_dash(f->junit) || cli_is_dash(f->json) ? stderr : stdout;
    struct progress p = {.verbose = f->verbose, .colour = cli_colour(talk), .talk = talk};
    const struct engine_progress progress = {&p, on_done, on_asked};
    static const char *const reports[] = {"report.html", "report.json", "junit.xml", NULL};
    int out = cli_out_open(&(struct cli_output){"run", f->out, reports, true});
    if (out < 0)
        return EXIT_USAGE;
    snprintf(records, sizeof records, "%s/records", f->out);
    o->records = records;
    cli_progress("0/%d", cJSON_GetArraySize(cases));
    int status = engine_run(o, cases, &progress, &run, why, cap);
    cli_progress_end();
    if (run && status != EXIT_USAGE) {
        if (status == EXIT_INTERRUPTED) /* so that no report looks whole */
            cJSON_AddNumberToObject(run, "interrupted_of", cJSON_GetArraySize(cases));
        cli_images_keep(&f->images, run); /* so that report verify runs the same */
        if (o->fault)
            cJSON_AddStringToObject(run, "fault", o->fault);
        if (!write_reports(run, f, talk))
            status = EXIT_BENCH;
    }
    if (status == EXIT_INTERRUPTED)
        snprintf(why, cap, "interrupted: %d of %d cases had ended",
                 cJSON_GetArraySize(cJSON_GetObjectItem(run, "cases")), cJSON_GetArraySize(cases));
    cJSON_Delete(run);
    close(out);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct engine_options o;
    struct run_flags f = {.out = "out"};
    char why[1024] = "";
    char **paths = NULL;
    cJSON *cases = NULL;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"seed", CLI_NUMBER, &o.seed},   {"jobs", CLI_NUMBER, &f.jobs},      {"wall", CLI_NUMBER, &f.wall},
        {"filter", CLI_TEXT, &o.filter}, {"tag", CLI_TEXT, &o.tag},          {"shard", CLI_TEXT, &f.shard},
        {"fault", CLI_TEXT, &o.fault},   {"core", CLI_TEXT, &f.images.core}, {"boot", CLI_TEXT, &f.images.boot},
        {"out", CLI_TEXT, &f.out},       {"junit", CLI_TEXT, &f.junit},      {"html", CLI_TEXT, &f.html},
        {"json", CLI_TEXT, &f.json},     {"verbose", CLI_FLAG, &f.verbose},  {"reader", CLI_TEXT, &f.reader},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("run", options, &argc, argv) || !check(&f, &o) || !cli_scenarios("run", argv + 1, &paths))
        return EXIT_USAGE;
    cli_images_apply(&f.images, &o);
    if (o.reader)
        add_reader(&f.images, o.reader);
    int status = engine_list(&o, (const char *const *)paths, &cases, why, sizeof why);
    cli_free_paths(paths);
    if (status == EXIT_PASS)
        status = choose(&o, cases, why, sizeof why);
    if (status == EXIT_PASS)
        status = run_cases(&o, &f, cases, why, sizeof why);
    if (why[0])
        cli_usage("run", "%s", why);
    cJSON_Delete(cases);
    return status;
}
