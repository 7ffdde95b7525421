/*
 * Where the program's own files lie, whatever folder it is called from. A program that was built inside its tree
 * (build/PRESET/cli/posbench) finds the tree above itself, also after the tree was moved or copied; one that was built
 * elsewhere knows it from compile time. Called by main before anything else.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && access(path, F_OK) == 0;
}

static bool is_root(const char *folder)
{
    return has(folder, "scenarios") && has(folder, "cards/profiles") && has(folder, "sim/profiles");
}

/* Cuts the last name off; false when none is left. */
static bool up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash && slash != folder;
}

static void keep(const char *variable, const char *folder, const char *name)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s%s", folder, name);
    setenv(variable, path, 1);
}

bool cli_places(void)
{
    char at[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", at, sizeof at - 1);
    at[len > 0 ? len : 0] = '\0';
    bool inside = up(at) && up(at); /* cli/posbench off: the build folder */
    const char *build = inside && has(at, "images") ? at : POSBENCH_BUILD;
    keep("POSBENCH_CORE", build, "/images/core-image.so");
    keep("POSBENCH_BOOT", build, "/images/boot-image.so");
    while (inside && !is_root(at))
        inside = up(at);
    keep("POSBENCH_ROOT", inside ? at : POSBENCH_ROOT, "");
    if (!inside && !is_root(POSBENCH_ROOT))
        cli_usage("",
                  "the folders scenarios, cards/profiles and sim/profiles are neither above the program nor in "
                  "%s; build it in its source tree (./posbench does)",
                  POSBENCH_ROOT);
    return inside || is_root(POSBENCH_ROOT);
}

const char *cli_root(void)
{
    return getenv("POSBENCH_ROOT");
}

void cli_defaults(struct engine_options *o)
{
    memset(o, 0, sizeof *o);
    o->root = cli_root();
    o->core = getenv("POSBENCH_CORE");
    o->boot = getenv("POSBENCH_BOOT");
    o->seed = 1;
}
