/* posbench run: scenarios, headless, with reports in out/. */
#include "cli/cli.h"
#include "reports/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct run_flags {
    bool verbose;
    const char *out, *junit, *html, *json, *shard;
    uint64_t seed, jobs, wall;
};

/* -- progress: one line that is rewritten, on a terminal only -- */

struct progress {
    bool on, verbose, colour;
    unsigned failed;
};

static void on_done(void *ctx, const cJSON *result, size_t finished, size_t total)
{
    struct progress *p = ctx;
    struct winsize ws;
    char line[300];
    const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItem(result, "verdict"));
    p->failed += strcmp(verdict, "fail") == 0 || strcmp(verdict, "error") == 0;
    if (p->verbose)
        report_case_text(result, p->colour, stdout);
    if (!p->on)
        return;
    unsigned columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 10 ? ws.ws_col : 80;
    snprintf(line, sizeof line, "%zu/%zu, %u failed  %s", finished, total, p->failed,
             cJSON_GetStringValue(cJSON_GetObjectItem(result, "name")));
    fprintf(stderr, "\r%-.*s\x1b[K", (int)(columns < sizeof line ? columns - 1 : sizeof line - 1), line);
    if (finished == total)
        fprintf(stderr, "\r\x1b[K");
}

/* -- reports -- */

static bool path_in(char *out, size_t cap, const char *given, const char *folder, const char *name)
{
    return snprintf(out, cap, "%s%s%s", given ? given : folder, given ? "" : "/", given ? "" : name) < (int)cap;
}

static bool write_reports(const cJSON *run, const struct run_flags *f)
{
    char json[1024], junit[1024], html[1024], why[300];
    path_in(json, sizeof json, f->json, f->out, "report.json");
    path_in(junit, sizeof junit, f->junit, f->out, "junit.xml");
    path_in(html, sizeof html, f->html, f->out, "report.html");
    if (report_json(run, json, why, sizeof why) != 0 || report_junit(run, junit, why, sizeof why) != 0 ||
        report_html(run, f->out, html, why, sizeof why) != 0) {
        fprintf(stderr, "posbench run: %s\n", why);
        return false;
    }
    printf("%s  %s  %s\n", html, junit, json);
    return true;
}

static bool parse_shard(const char *text, struct engine_options *o)
{
    char rest;
    return !text ||
           (sscanf(text, "%u/%u%c", &o->shard, &o->shards, &rest) == 2 && o->shard >= 1 && o->shard <= o->shards);
}

int cmd_run(int argc, char **argv)
{
    struct engine_options o;
    struct run_flags f = {.out = "out", .seed = 1};
    const char *core = NULL, *boot = NULL;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"seed", CLI_NUMBER, &f.seed},     {"jobs", CLI_NUMBER, &f.jobs}, {"wall", CLI_NUMBER, &f.wall},
        {"filter", CLI_TEXT, &o.filter},   {"tag", CLI_TEXT, &o.tag},     {"shard", CLI_TEXT, &f.shard},
        {"out", CLI_TEXT, &f.out},         {"junit", CLI_TEXT, &f.junit}, {"html", CLI_TEXT, &f.html},
        {"json", CLI_TEXT, &f.json},       {"core", CLI_TEXT, &core},     {"boot", CLI_TEXT, &boot},
        {"verbose", CLI_FLAG, &f.verbose}, {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("run", options, &argc, argv))
        return EXIT_USAGE;
    if (!parse_shard(f.shard, &o))
        return cli_usage("run", "--shard: I/N with 1 <= I <= N expected, found '%s'", f.shard);
    char tail[1200];
    snprintf(tail, sizeof tail, "%s%s%s%s", core ? " --core " : "", core ? core : "", boot ? " --boot " : "",
             boot ? boot : "");
    o.command_tail = tail;
    o.core = core ? core : o.core;
    o.boot = boot ? boot : o.boot;
    o.seed = f.seed;
    o.jobs = (unsigned)f.jobs;
    o.wall_seconds = (unsigned)f.wall;
    char records[1024], why[700] = "";
    snprintf(records, sizeof records, "%s/records", f.out);
    o.records = records;
    cJSON *cases = NULL, *run = NULL;
    int status = engine_list(&o, (const char *const *)argv + 1, &cases, why, sizeof why);
    if (status == EXIT_PASS && !cJSON_GetArraySize(cases)) {
        snprintf(why, sizeof why, "no scenario matches; ./posbench list shows what there is");
        status = EXIT_NOTHING;
    }
    if (status == EXIT_PASS && !cli_folder(records))
        status = EXIT_BENCH;
    if (status == EXIT_PASS) {
        struct progress p = {.on = isatty(STDERR_FILENO), .verbose = f.verbose, .colour = cli_colour(stdout)};
        const struct engine_progress progress = {&p, on_done};
        status = engine_run(&o, cases, &progress, &run, why, sizeof why);
    }
    if (run && status != EXIT_USAGE) {
        if (core) /* so that report verify runs the same one */
            cJSON_AddStringToObject(run, "core_path", core);
        if (boot)
            cJSON_AddStringToObject(run, "boot_path", boot);
        report_text(run, cli_colour(stdout), false, stdout);
        if (!write_reports(run, &f))
            status = EXIT_BENCH;
    }
    if (why[0])
        fprintf(stderr, "posbench run: %s\n", why);
    cJSON_Delete(run);
    cJSON_Delete(cases);
    return status;
}
