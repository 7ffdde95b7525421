/* Files that a person names on the command line, and names put back into commands. Callers: the cmd_*.c files. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

bool cli_path(const char *given, char out[PATH_MAX])
{
    char below_root[PATH_MAX];
    if (realpath(given, out))
        return true;
    return given[0] && given[0] != '/' &&
           snprintf(below_root, sizeof below_root, "%s/%s", cli_root(), given) < (int)sizeof below_root &&
           realpath(below_root, out) != NULL;
}

/* What lies behind `folder`/ in `path`, NULL when it lies elsewhere. */
static const char *inside(const char *folder, const char *path)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

const char *cli_from_root(const char *path)
{
    const char *rest = inside(cli_root(), path);
    return rest ? rest : path;
}

/* Named before, itself or by a folder above it. */
static bool is_covered(char *const *paths, size_t count, size_t i)
{
    for (size_t k = 0; k < count; k++)
        if (k != i && (inside(paths[k], paths[i]) || (k < i && strcmp(paths[k], paths[i]) == 0)))
            return true;
    return false;
}

static void drop_covered(char **paths, size_t count)
{
    size_t kept = 0;
    bool *covered = calloc(count + 1, sizeof *covered);
    for (size_t i = 0; covered && i < count; i++)
        covered[i] = is_covered(paths, count, i);
    for (size_t i = 0; covered && i < count; i++) {
        if (covered[i])
            free(paths[i]);
        else
            paths[kept++] = paths[i];
    }
    if (covered)
        paths[kept] = NULL;
    free(covered);
}

bool cli_scenarios(const char *command, char *const *operands, char ***paths)
{
    size_t count = 0;
    char path[PATH_MAX];
    while (operands[count])
        count++;
    *paths = calloc(count + 1, sizeof **paths);
    for (size_t i = 0; *paths && i < count; i++) {
        if (!cli_path(operands[i], path)) {
            cli_usage(command, "%s: no such scenario file or folder; %s", operands[i],
                      strchr(operands[i], '#') ? "a case is selected by --filter with its id"
                                               : "./posbench list shows what there is");
            cli_free_paths(*paths);
            *paths = NULL;
            return false;
        }
        (*paths)[i] = strdup(path);
    }
    if (*paths)
        drop_covered(*paths, count);
    return *paths != NULL;
}

void cli_free_paths(char **paths)
{
    for (size_t i = 0; paths && paths[i]; i++)
        free(paths[i]);
    free(paths);
}

bool cli_is_dash(const char *name)
{
    return name && strcmp(name, "-") == 0;
}

bool cli_names(const char *command, const struct cli_name *names, size_t count)
{
    const char *dash = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *value = names[i].value;
        if (value && (!*value || strlen(value) > PATH_MAX - 64)) {
            cli_usage(command, "--%s: %s", names[i].option, *value ? "the name is too long" : "a name expected");
            return false;
        }
        if (!names[i].report || !cli_is_dash(value))
            continue;
        if (dash) {
            cli_usage(command, "only one of --%s and --%s can go to standard output", dash, names[i].option);
            return false;
        }
        dash = names[i].option;
    }
    return true;
}

const char *cli_place(const char *given, const char *folder, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s%s%s", given ? given : folder, given ? "" : "/", given ? "" : name);
    return path;
}
