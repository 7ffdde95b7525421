/* posbench run: scenarios, headless, with reports in out/. */
#include "cli/cli.h"
#include "reports/output.h"
#include "reports/report.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct run_flags {
    bool verbose;
    const char *out, *junit, *html, *json, *shard, *core, *boot;
    uint64_t jobs, wall;
};

/* -- progress: one line that is rewritten, on a terminal only -- */

struct progress {
    bool on, verbose, colour;
    unsigned failed;
    FILE *talk;
};

static void put_columns(const char *text, unsigned columns)
{
    for (uint32_t code; (code = report_utf8(&text));) {
        unsigned wide = code < 0x300 ? 1 : 2;
        if (wide > columns)
            return;
        columns -= wide;
        report_put_code(stderr, report_is_plain(code) ? code : '?');
    }
}

static void on_done(void *ctx, const cJSON *result, size_t finished, size_t total)
{
    struct progress *p = ctx;
    struct winsize ws;
    char line[400];
    const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItem(result, "verdict"));
    p->failed += strcmp(verdict, "fail") == 0 || strcmp(verdict, "error") == 0;
    if (p->verbose) {
        report_case_text(result, p->colour, p->talk);
        fflush(p->talk);
    }
    if (!p->on)
        return;
    unsigned columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col ? ws.ws_col : 80;
    snprintf(line, sizeof line, "%zu/%zu, %u failed  %s", finished, total, p->failed,
             cJSON_GetStringValue(cJSON_GetObjectItem(result, "name")));
    fputs("\r", stderr);
    put_columns(line, columns - 1);
    fputs("\x1b[K", stderr);
}

/* -- options -- */

static bool parse_shard(const char *text, struct engine_options *o)
{
    char rest;
    return !text ||
           (text[0] >= '0' && text[0] <= '9' && strlen(text) < 20 &&
            sscanf(text, "%u/%u%c", &o->shard, &o->shards, &rest) == 2 && o->shard >= 1 && o->shard <= o->shards);
}

static bool is_dash(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static bool check(const struct run_flags *f, struct engine_options *o)
{
    const struct {
        const char *name, *value;
    } texts[] = {{"out", f->out},   {"html", f->html}, {"junit", f->junit},
                 {"json", f->json}, {"core", f->core}, {"boot", f->boot}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].value && (!*texts[i].value || strlen(texts[i].value) > PATH_MAX - 64)) {
            cli_usage("run", "--%s: %s", texts[i].name, *texts[i].value ? "the name is too long" : "a name expected");
            return false;
        }
    if (!parse_shard(f->shard, o)) {
        cli_usage("run", "--shard: I/N with 1 <= I <= N expected, found '%s'", f->shard);
        return false;
    }
    if (is_dash(f->html) + is_dash(f->junit) + is_dash(f->json) > 1) {
        cli_usage("run", "only one of --html, --junit and --json can go to standard output");
        return false;
    }
    o->jobs = (unsigned)f->jobs;
    o->wall_seconds = (unsigned)f->wall;
    return cli_within("run", "jobs", f->jobs, 0, 64) && cli_within("run", "wall", f->wall, 0, 86400);
}

/* The engine gets an image's canonical name; what is kept in the run and in its commands is seen from the root. */
static const char *image(const char *given, const char *fallback, char path[PATH_MAX])
{
    if (!given)
        return fallback;
    if (!cli_path(given, path))
        snprintf(path, PATH_MAX, "%s", given); /* the engine says what is wrong with it */
    return path;
}

static void add_tail(char *tail, size_t cap, const char *option, const char *value)
{
    char quoted[PATH_MAX + 64];
    size_t len = strlen(tail);
    cli_quote(value, quoted, sizeof quoted);
    snprintf(tail + len, cap - len, " %s %s", option, quoted);
}

/* -- reports -- */

/* Where a report goes, and what is said about it. */
static const char *place(const char *given, const char *folder, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s%s%s", given ? given : folder, given ? "" : "/", given ? "" : name);
    return path;
}

static bool say(int status, const char *why)
{
    if (status != 0)
        cli_usage("run", "%s", why);
    return status == 0;
}

static bool write_reports(const cJSON *run, const struct run_flags *f, FILE *talk)
{
    char path[3][PATH_MAX], why[PATH_MAX + 300];
    bool ok = say(report_html(run, f->out, place(f->html, f->out, "report.html", path[0]), why, sizeof why), why);
    ok &= say(report_junit(run, place(f->junit, f->out, "junit.xml", path[1]), why, sizeof why), why);
    ok &= say(report_json(run, place(f->json, f->out, "report.json", path[2]), why, sizeof why), why);
    report_text(run, cli_colour(talk), false, talk);
    for (size_t i = 0; ok && i < 3; i++)
        if (!is_dash(path[i]))
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
    FILE *talk = is_dash(f->html) || is_dash(f->junit) || is_dash(f->json) ? stderr : stdout;
    struct progress p = {.on = isatty(STDERR_FILENO), .verbose = f->verbose, .colour = cli_colour(talk), .talk = talk};
    const struct engine_progress progress = {&p, on_done};
    int out = cli_out_open(f->out);
    if (out < 0)
        return EXIT_USAGE;
    snprintf(records, sizeof records, "%s/records", f->out);
    o->records = records;
    if (p.on)
        fprintf(stderr, "0/%d", cJSON_GetArraySize(cases));
    int status = engine_run(o, cases, &progress, &run, why, cap);
    if (p.on)
        fputs("\r\x1b[K", stderr);
    if (run && status != EXIT_USAGE) {
        if (status == EXIT_INTERRUPTED) /* so that no report looks whole */
            cJSON_AddNumberToObject(run, "interrupted_of", cJSON_GetArraySize(cases));
        if (f->core) /* so that report verify runs the same ones */
            cJSON_AddStringToObject(run, "core_path", cli_from_root(o->core));
        if (f->boot)
            cJSON_AddStringToObject(run, "boot_path", cli_from_root(o->boot));
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
    char core[PATH_MAX], boot[PATH_MAX], tail[2 * PATH_MAX + 200] = "", why[1024] = "";
    char **paths = NULL;
    cJSON *cases = NULL;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"seed", CLI_NUMBER, &o.seed},     {"jobs", CLI_NUMBER, &f.jobs}, {"wall", CLI_NUMBER, &f.wall},
        {"filter", CLI_TEXT, &o.filter},   {"tag", CLI_TEXT, &o.tag},     {"shard", CLI_TEXT, &f.shard},
        {"out", CLI_TEXT, &f.out},         {"junit", CLI_TEXT, &f.junit}, {"html", CLI_TEXT, &f.html},
        {"json", CLI_TEXT, &f.json},       {"core", CLI_TEXT, &f.core},   {"boot", CLI_TEXT, &f.boot},
        {"verbose", CLI_FLAG, &f.verbose}, {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("run", options, &argc, argv) || !check(&f, &o) || !cli_scenarios("run", argv + 1, &paths))
        return EXIT_USAGE;
    o.core = image(f.core, o.core, core);
    o.boot = image(f.boot, o.boot, boot);
    if (f.core)
        add_tail(tail, sizeof tail, "--core", cli_from_root(o.core));
    if (f.boot)
        add_tail(tail, sizeof tail, "--boot", cli_from_root(o.boot));
    o.command_tail = tail;
    int status = engine_list(&o, (const char *const *)paths, &cases, why, sizeof why);
    cli_free_paths(paths);
    if (status == EXIT_PASS && !cJSON_GetArraySize(cases)) {
        snprintf(why, sizeof why, "no scenario matches; ./posbench list shows what there is");
        status = EXIT_NOTHING;
    }
    if (status == EXIT_PASS)
        status = run_cases(&o, &f, cases, why, sizeof why);
    if (why[0])
        cli_usage("run", "%s", why);
    cJSON_Delete(cases);
    return status;
}
