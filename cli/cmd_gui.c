/* posbench gui: the bench in a window, on a terminal by hand, a scenario, or the record of a run that has ended. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#ifdef POSBENCH_GUI
#include "gui/bench.h"

#include <sys/stat.h>

struct gui_flags {
    struct gui_options o;
    const char *scale;
    struct cli_images images;
    char operand[PATH_MAX + 32];
};

/* ---- what it opens on ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);
    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* "FILE", "FILE#2", or an id as posbench list prints it: "scenarios/power/sale#1". */
static bool find_scenario(const char *given, char out[PATH_MAX + 32])
{
    char file[PATH_MAX], path[PATH_MAX];
    const char *hash = strrchr(given, '#');
    size_t len = hash ? (size_t)(hash - given) : strlen(given);
    const char *index = hash ? hash + 1 : "1";
    if (len + 5 >= sizeof file || !*index || strspn(index, "0123456789") != strlen(index) || strlen(index) > 6)
        return false;
    snprintf(file, sizeof file, "%.*s", (int)len, given);
    if (!cli_path(file, path)) {
        memcpy(file + len, ".lua", 5);
        if (!cli_path(file, path))
            return false;
    }
    return ends_with(path, ".lua") && snprintf(out, PATH_MAX + 32, "%s#%s", path, index) < PATH_MAX + 32;
}

/* A scenario by its ending; everything else that is a file has to prove a record. */
static bool find(const char *given, struct gui_flags *f)
{
    struct stat info;
    char path[PATH_MAX];
    if (find_scenario(given, f->operand)) {
        f->o.scenario = f->operand;
        return true;
    }
    if (!cli_path(given, path) || stat(path, &info) != 0) {
        cli_usage("gui",
                  "%s: no such scenario or record; ./posbench list shows the scenarios, out/records/ holds the records "
                  "of a run",
                  given);
        return false;
    }
    if (!S_ISREG(info.st_mode)) {
        cli_usage("gui", "%s: a scenario (FILE.lua or an id of ./posbench list) or a record (FILE.jsonl) expected",
                  given);
        return false;
    }
    snprintf(f->operand, sizeof f->operand, "%s", path);
    f->o.record = f->operand;
    return true;
}

/* ---- options ---- */

static bool check_scale(struct gui_flags *f)
{
    char *end;
    if (!f->scale)
        return true;
    f->o.scale = strtod(f->scale, &end);
    if (*f->scale >= '0' && *f->scale <= '9' && !*end && f->o.scale >= 1 && f->o.scale <= 2)
        return true;
    cli_usage("gui", "--scale: a number from 1 to 2 expected, found '%s'", f->scale);
    return false;
}

static bool check(struct gui_flags *f)
{
    static const char *const speeds[] = {"pause", "1x", "fast", NULL};
    const struct cli_name names[] = {
        {"core", f->images.core, false}, {"boot", f->images.boot, false}, {"script", f->o.script, false},
        {"dump", f->o.dump, true},       {"shot", f->o.shot, false},      {"font", f->o.font, false},
    };
    if (!cli_names("gui", names, sizeof names / sizeof *names) || !check_scale(f))
        return false;
    if (f->o.speed &&
        !(strchr(f->o.speed, ',') == NULL && *f->o.speed && cli_words("gui", "speed", f->o.speed, speeds))) {
        if (strchr(f->o.speed, ',') || !*f->o.speed)
            cli_usage("gui", "--speed: one of pause, 1x, fast expected, found '%s'", f->o.speed);
        return false;
    }
    if (f->o.record && (f->o.profile || f->o.reader || f->o.speed || f->images.core || f->images.boot)) {
        cli_usage("gui", "%s has ended: --profile, --reader, --speed, --core and --boot go with what is still to run",
                  f->o.record);
        return false;
    }
    if (f->o.scenario && f->o.profile) {
        cli_usage("gui", "--profile goes with a terminal by hand; a scenario names its own");
        return false;
    }
    return true;
}

int cmd_gui(int argc, char **argv)
{
    struct engine_options engine;
    struct gui_flags f = {0};
    char why[PATH_MAX + 600] = "";
    cli_defaults(&engine);
    f.o.engine = &engine;
    const struct cli_option options[] = {
        {"profile", CLI_TEXT, &f.o.profile},
        {"reader", CLI_TEXT, &f.o.reader},
        {"core", CLI_TEXT, &f.images.core},
        {"boot", CLI_TEXT, &f.images.boot},
        {"speed", CLI_TEXT, &f.o.speed},
        {"scale", CLI_TEXT, &f.scale},
        {"font", CLI_TEXT, &f.o.font},
        {"script", CLI_TEXT, &f.o.script},
        {"dump", CLI_TEXT, &f.o.dump},
        {"shot", CLI_TEXT, &f.o.shot},
        {"seed", CLI_NUMBER, &engine.seed},
        {"cards", CLI_TEXT, &f.o.cards},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("gui", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 2)
        return cli_usage("gui", "one scenario or record at a time, found %d", argc - 1);
    if ((argc == 2 && !find(argv[1], &f)) || !check(&f))
        return EXIT_USAGE;
    cli_images_apply(&f.images, &engine);
    int status = gui_run(&f.o, why, sizeof why);
    if (why[0])
        cli_usage("gui", "%s", why);
    return status;
}

#else

int cmd_gui(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return cli_usage("gui", "this bench was built without the window; configure with -DPOSBENCH_GUI=ON (needs "
                            "libsdl2-dev, libsdl2-ttf-dev, libpng-dev)");
}

#endif
