/* posbench sweep: every fault point of a scenario; the summary on the terminal, the map in out/sweep.html. */
#include "cli/sweep.h"
#include "reports/output.h"
#include "reports/sweep.h"
#include "scenarios/engine/fault_id.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* -- options -- */

static const char *const fault_names[] = {"power", "net", "card", "storage", NULL};

static bool check_words(const struct sweep_options *s)
{
    const char *modes[CUT_MODES + 1] = {NULL};
    size_t n = 0;
    for (unsigned i = 0; i < CUT_MODES; i++)
        if (i != CUT_SUBSET) /* that is --subsets */
            modes[n++] = cut_mode_info(i)->name;
    return cli_words("sweep", "fault", s->faults, fault_names) && cli_words("sweep", "modes", s->modes, modes);
}

/* What cannot be meant together. */
static bool check_together(const struct sweep_flags *f)
{
    const struct sweep_options *s = &f->what;
    const struct {
        const char *option;
        bool given;
    } of_power[] = {{"depth", f->depth}, {"closure", s->closure}, {"subsets", s->subsets}, {"modes", s->modes}};
    if (f->depth && s->closure) {
        cli_usage("sweep", "--depth and --closure: one of them; --closure goes on until no new state appears");
        return false;
    }
    for (size_t i = 0; i < sizeof of_power / sizeof *of_power; i++)
        if (of_power[i].given && s->faults && !cli_has_word(s->faults, "power")) {
            cli_usage("sweep", "--%s is about power cuts, and --fault %s has none", of_power[i].option, s->faults);
            return false;
        }
    return true;
}

static bool check(struct sweep_flags *f, struct engine_options *o, int argc)
{
    const struct cli_name names[] = {
        {"out", f->out, false},  {"html", f->html, true},         {"json", f->json, true},
        {"docs", f->docs, true}, {"core", f->images.core, false}, {"boot", f->images.boot, false},
    };
    if (argc < 2) {
        cli_usage("sweep", "a scenario file expected; ./posbench help sweep shows examples");
        return false;
    }
    if (!cli_names("sweep", names, sizeof names / sizeof *names) || !check_words(&f->what) || !check_together(f) ||
        !cli_within("sweep", "jobs", f->jobs, 0, 64) ||
        (f->depth && !cli_within("sweep", "depth", f->depth, 1, FAULT_CUTS)))
        return false;
    f->what.depth = (unsigned)f->depth;
    o->jobs = (unsigned)f->jobs;
    return true;
}

/* -- progress -- */

struct progress {
    const char *name; /* of the scenario, when there are several */
    char stage[64];
    uint64_t begun_at; /* of the stage: what was done when it began */
    double begun, shown;
};

/* ", 900/s, 12 s left" as far as it can be told. */
static void say_pace(const struct progress *p, const struct sweep_moved *m, char *text, size_t cap)
{
    char time[40];
    double spent = m->seconds - p->begun, rate = spent > 0 ? (double)(m->done - p->begun_at) / spent : 0;
    text[0] = '\0';
    if (rate <= 0)
        return;
    int len = snprintf(text, cap, ", %.0f/s", rate);
    if (m->known <= m->done)
        return;
    double left = (double)(m->known - m->done) / rate;
    if (left < 60)
        snprintf(time, sizeof time, "%.0f s", left + 0.5);
    else
        report_duration(left * 1e6, time, sizeof time);
    snprintf(text + len, cap - (size_t)len, ", %s left", time);
}

static void on_moved(void *ctx, const struct sweep_moved *m)
{
    struct progress *p = ctx;
    char pace[80], of[24] = "";
    if (strcmp(p->stage, m->stage) != 0) {
        snprintf(p->stage, sizeof p->stage, "%s", m->stage);
        p->begun_at = m->done;
        p->begun = m->seconds;
    } else if (m->seconds - p->shown < 0.1 && m->done < m->known) {
        return; /* a terminal is slower than a sweep */
    }
    p->shown = m->seconds;
    say_pace(p, m, pace, sizeof pace);
    if (m->known)
        snprintf(of, sizeof of, "/%" PRIu64, m->known);
    cli_progress("%s%s%s: %" PRIu64 "%s%s, %" PRIu64 " violation%s", p->name ? p->name : "", p->name ? ": " : "",
                 p->stage, m->done, of, pace, m->violations, m->violations == 1 ? "" : "s");
}

/* -- one scenario -- */

static int sweep_one(const struct sweep_flags *f, const struct engine_options *o, const cJSON *one, bool several,
                     cJSON *results, char *why, size_t cap)
{
    cJSON *result = NULL;
    struct progress p = {.name = several ? report_string(one, "name") : NULL};
    const struct sweep_progress progress = {&p, on_moved};
    int status = engine_sweep(o, &f->what, one, &progress, &result, why, cap);
    cli_progress_end();
    if (!result || status == EXIT_USAGE) {
        cJSON_Delete(result);
        return status;
    }
    cli_images_keep(&f->images, result);
    cli_sweep_command(f, o, one, several || o->filter || o->tag, result);
    cJSON_AddItemToArray(results, result);
    return status;
}

/* -- the sweep -- */

/* One of several that no sweep can be made of: two terminals, nothing to cut, a run that fails by itself. One line, and
 * the others are swept; what it is for them: nothing to add, or a failure. */
static int pass_over(const cJSON *one, int status, char *why, FILE *talk)
{
    if (status != EXIT_USAGE && status != EXIT_NOTHING && status != EXIT_FAILED)
        return status;
    fprintf(talk, "not swept     %s: %s\n", report_string(one, "id"), why);
    why[0] = '\0';
    return status == EXIT_FAILED ? EXIT_FAILED : EXIT_PASS;
}

static int sweep_cases(const struct sweep_flags *f, const struct engine_options *o, const cJSON *cases, char *why,
                       size_t cap)
{
    static const char *const reports[] = {"sweep.html", "sweep-[0-9]*.html", "sweep.json", NULL};
    FILE *talk = cli_is_dash(f->html) || cli_is_dash(f->json) || cli_is_dash(f->docs) ? stderr : stdout;
    const int selected = cJSON_GetArraySize(cases);
    const cJSON *one;
    int status = EXIT_PASS;
    if (cli_is_dash(f->html) && selected > 1) {
        snprintf(why, cap, "--html -: one page, and %d scenarios are selected; --filter chooses", selected);
        return EXIT_USAGE;
    }
    int out = cli_out_open(&(struct cli_output){"sweep", f->out, reports, false});
    if (out < 0)
        return EXIT_USAGE;
    cJSON *results = cJSON_CreateArray();
    cJSON_ArrayForEach(one, cases)
    {
        int before = cJSON_GetArraySize(results), this = sweep_one(f, o, one, selected > 1, results, why, cap);
        if (cJSON_GetArraySize(results) > before)
            sweep_text(cJSON_GetArrayItem(results, before), cli_colour(talk), cli_width(talk), talk);
        else if (selected > 1)
            this = pass_over(one, this, why, talk);
        fflush(talk);
        status = this > status ? this : status;
        if (this != EXIT_PASS && this != EXIT_FAILED)
            break;
    }
    if (status == EXIT_PASS && !cJSON_GetArraySize(results))
        status = EXIT_NOTHING;
    if (selected > 1)
        cli_sweep_total(results, selected, talk);
    if (cJSON_GetArraySize(results) && !cli_sweep_write(f, results, talk))
        status = EXIT_BENCH;
    if (status == EXIT_INTERRUPTED)
        snprintf(why, cap, "interrupted: what was judged until then is above and in the reports");
    cJSON_Delete(results);
    close(out);
    return status;
}

int cmd_sweep(int argc, char **argv)
{
    struct engine_options o;
    struct sweep_flags f = {.out = "out", .what = {.business = SWEEP_BUSINESS}};
    char why[1024] = "";
    char **paths = NULL;
    cJSON *cases = NULL;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"fault", CLI_TEXT, &f.what.faults},
        {"depth", CLI_COUNT, &f.depth},
        {"closure", CLI_FLAG, &f.what.closure},
        {"subsets", CLI_FLAG, &f.what.subsets},
        {"modes", CLI_TEXT, &f.what.modes},
        {"budget", CLI_NUMBER, &f.what.budget},
        {"business", CLI_NUMBER, &f.what.business},
        {"filter", CLI_TEXT, &o.filter},
        {"tag", CLI_TEXT, &o.tag},
        {"seed", CLI_NUMBER, &o.seed},
        {"jobs", CLI_NUMBER, &f.jobs},
        {"core", CLI_TEXT, &f.images.core},
        {"boot", CLI_TEXT, &f.images.boot},
        {"out", CLI_TEXT, &f.out},
        {"html", CLI_TEXT, &f.html},
        {"json", CLI_TEXT, &f.json},
        {"docs", CLI_TEXT, &f.docs},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("sweep", options, &argc, argv) || !check(&f, &o, argc) || !cli_scenarios("sweep", argv + 1, &paths))
        return EXIT_USAGE;
    cli_images_apply(&f.images, &o);
    int status = engine_list(&o, (const char *const *)paths, &cases, why, sizeof why);
    cli_free_paths(paths);
    if (status == EXIT_PASS && !cJSON_GetArraySize(cases)) {
        snprintf(why, sizeof why, "no scenario matches; ./posbench list shows what there is");
        status = EXIT_NOTHING;
    }
    if (status == EXIT_PASS)
        status = sweep_cases(&f, &o, cases, why, sizeof why);
    if (why[0])
        cli_usage("sweep", "%s", why);
    cJSON_Delete(cases);
    return status;
}
