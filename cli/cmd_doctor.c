/* posbench doctor: what is installed and seen here, what is missing, and how to get it. */
#include "cli/cli.h"
#include "scenarios/engine/doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef POSBENCH_GUI
#include "gui/bench.h"
#endif

/* Programs that other parts of the work use; the bench runs without them. */
static const struct {
    const char *program, *place, *way;
} programs[] = {
    {"pcscd", "/usr/sbin", "the PC/SC service, for --reader pcsc: apt-get install pcscd"},
    {"vpcd", "/etc/reader.conf.d", "the virtual reader of card serve: apt-get install vsmartcard-vpcd"},
    {"opensc-tool", NULL, "another client for card readers: apt-get install opensc"},
    {"tshark", NULL, "reads the captures that the bench writes: apt-get install tshark"},
    {"luacheck", NULL, "finds misspelt names in scenarios: apt-get install lua-check"},
    {"xvfb-run", NULL, "a display for the window's tests: apt-get install xvfb xauth"},
    {"umockdev-run", NULL, "mock USB readers for the tests: apt-get install umockdev"},
};

struct talk {
    bool json, colour;
    cJSON *rows;
    char part[40];
    unsigned broken;
};

static const char *const state_names[] = {[DOCTOR_OK] = "ok", [DOCTOR_NONE] = "none", [DOCTOR_BROKEN] = "broken"};

static void on_row(void *ctx, const struct doctor_row *row)
{
    static const char *const colours[] = {
        [DOCTOR_OK] = "\033[32m", [DOCTOR_NONE] = "\033[33m", [DOCTOR_BROKEN] = "\033[31m"};
    struct talk *t = ctx;
    t->broken += row->state == DOCTOR_BROKEN;
    if (t->json) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "part", row->part);
        cJSON_AddStringToObject(one, "what", row->what);
        cJSON_AddStringToObject(one, "state", state_names[row->state]);
        cJSON_AddStringToObject(one, "found", row->found);
        cJSON_AddStringToObject(one, "way", row->way);
        cJSON_AddItemToArray(t->rows, one);
        return;
    }
    if (strcmp(t->part, row->part) != 0)
        printf("%s%s\n", t->part[0] ? "\n" : "", row->part);
    snprintf(t->part, sizeof t->part, "%s", row->part);
    printf("  %s%-6s%s  %-18s %s%s%s\n", t->colour ? colours[row->state] : "", state_names[row->state],
           t->colour ? "\033[0m" : "", row->what, row->found, *row->found && *row->way ? "; " : "", row->way);
}

static bool find_program(const char *name, const char *place, char path[PATH_MAX])
{
    char *list = strdup(getenv("PATH") ? getenv("PATH") : "");
    bool found = false;
    for (char *dir = list ? strtok(list, ":") : NULL; dir && !found; dir = strtok(NULL, ":")) {
        snprintf(path, PATH_MAX, "%s/%s", dir, name);
        found = access(path, X_OK) == 0;
    }
    free(list);
    if (!found && place) { /* not on everybody's PATH */
        snprintf(path, PATH_MAX, "%s/%s", place, name);
        found = access(path, F_OK) == 0;
    }
    return found;
}

static void look_for_programs(const struct doctor *d)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char path[PATH_MAX];
        bool found = find_program(programs[i].program, programs[i].place, path);
        d->row(d->ctx, &(struct doctor_row){"programs", programs[i].program, found ? DOCTOR_OK : DOCTOR_NONE,
                                            found ? path : "", found ? "" : programs[i].way});
    }
}

static void look_at_window(const struct doctor *d)
{
#ifdef POSBENCH_GUI
    gui_doctor(d);
#else
    d->row(d->ctx, &(struct doctor_row){"window", "gui", DOCTOR_NONE, "",
                                        "this build has none: configure with -DPOSBENCH_GUI=ON"});
#endif
}

int cmd_doctor(int argc, char **argv)
{
    struct engine_options o;
    struct talk t = {.colour = cli_colour(stdout)};
    const struct cli_option options[] = {{"json", CLI_FLAG, &t.json}, {NULL, CLI_FLAG, NULL}};
    const struct doctor d = {&t, on_row};
    if (!cli_parse("doctor", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 1)
        return cli_usage("doctor", "takes no operand, found '%s'", argv[1]);
    cli_defaults(&o);
    t.rows = t.json ? cJSON_CreateArray() : NULL;
    engine_doctor(&o, &d);
    look_at_window(&d);
    look_for_programs(&d);
    if (t.json)
        cli_print_json(t.rows);
    cJSON_Delete(t.rows);
    return t.broken ? EXIT_FAILED : EXIT_PASS;
}
