/* --core and --boot: which images run, and how a repeated command and a kept result name them. Callers: cmd_run.c,
 * cmd_sweep.c. */
#include "cli/cli.h"
#include "reports/shell.h"

#include <string.h>

/* The engine gets an image's canonical name. */
static const char *canonical(const char *given, const char *fallback, char path[PATH_MAX])
{
    if (!given)
        return fallback;
    if (!cli_path(given, path))
        snprintf(path, PATH_MAX, "%s", given); /* the engine says what is wrong with it */
    return path;
}

static void add_tail(struct cli_images *images, const char *option, const char *value)
{
    char quoted[PATH_MAX + 64];
    size_t len = strlen(images->tail);
    shell_quote(value, quoted, sizeof quoted);
    snprintf(images->tail + len, sizeof images->tail - len, " --%s %s", option, quoted);
}

void cli_images_apply(struct cli_images *images, struct engine_options *o)
{
    o->core = canonical(images->core, o->core, images->core_path);
    o->boot = canonical(images->boot, o->boot, images->boot_path);
    if (images->core)
        add_tail(images, "core", cli_from_root(o->core));
    if (images->boot)
        add_tail(images, "boot", cli_from_root(o->boot));
    o->command_tail = images->tail;
}

static void keep(cJSON *result, const char *key, const char *given, const char *path)
{
    if (given && !cJSON_GetObjectItem(result, key))
        cJSON_AddStringToObject(result, key, cli_from_root(path));
}

void cli_images_keep(const struct cli_images *images, cJSON *result)
{
    keep(result, "core_path", images->core, images->core_path);
    keep(result, "boot_path", images->boot, images->boot_path);
}
