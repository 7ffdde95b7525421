/*
 * posbench card check: profiles looked at as a personalisation validator would (cards/inspect.h), a line for every
 * finding. Profiles that are wrong on purpose, told by their names, fail only when they are named.
 */
#include "cards/inspect.h"
#include "cli/card.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    const char *name;
    unsigned errors, warnings;
};

static void print(void *ctx, enum card_severity severity, const char *place, const char *text)
{
    struct tally *t = ctx;
    printf("%s: %s: %s: %s\n", t->name, severity == CARD_ERROR ? "error" : "warning", place, text);
    if (severity == CARD_ERROR)
        t->errors++;
    else
        t->warnings++;
}

static bool is_profile(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && name[0] != '.' && strcmp(name + len - 5, ".json") == 0;
}

static bool is_wrong_on_purpose(const char *name)
{
    static const char *const beginnings[] = {"broken-", "select-", "line-"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return strcmp(name, "unionpay-double-data") == 0;
}

/* EXIT_PASS, EXIT_FAILED (errors found), EXIT_USAGE (no such profile, or it cannot be loaded). */
static int check(const char *path, struct tally *t)
{
    struct card_profile *profile;
    char why[400];
    if (card_profile_load(path, &profile, why, sizeof why) != OK)
        return cli_usage("card", "%s", why);
    card_profile_check(profile, print, t);
    card_profile_destroy(profile);
    return t->errors ? EXIT_FAILED : EXIT_PASS;
}

static int worse(int a, int b)
{
    return a == EXIT_USAGE || b == EXIT_USAGE ? EXIT_USAGE : a > b ? a : b;
}

int card_check_named(char *const *names, int count)
{
    int status = EXIT_PASS;
    unsigned errors = 0, warnings = 0;
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_MAX];
        struct tally t = {.name = names[i]};
        int one = card_find(names[i], path) ? check(path, &t) : EXIT_USAGE;
        status = worse(status, one);
        errors += t.errors;
        warnings += t.warnings;
    }
    if (status != EXIT_USAGE)
        printf("%d profile%s, %u errors, %u warnings\n", count, count == 1 ? "" : "s", errors, warnings);
    return status;
}

int card_check_all(void)
{
    struct dirent **found;
    char folder[PATH_MAX];
    unsigned errors = 0, warnings = 0, meant = 0, checked = 0;
    snprintf(folder, sizeof folder, "%s/cards/profiles", cli_root());
    int count = scandir(folder, &found, NULL, alphasort), status = EXIT_PASS;
    if (count < 0)
        return cli_usage("card", "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_MAX], name[256];
        struct tally t = {.name = name};
        snprintf(path, sizeof path, "%s/%s", folder, found[i]->d_name);
        snprintf(name, sizeof name, "%s", found[i]->d_name);
        bool profile = is_profile(name);
        free(found[i]);
        if (!profile)
            continue;
        name[strlen(name) - 5] = '\0';
        int one = check(path, &t);
        if (one == EXIT_PASS && strncmp(name, "broken-", 7) == 0) {
            print(&t, CARD_ERROR, "name", "it says broken, and nothing is wrong with it");
            one = EXIT_FAILED;
            errors++;
        } else if (one == EXIT_FAILED && is_wrong_on_purpose(name)) {
            meant += t.errors;
            one = EXIT_PASS;
        } else {
            errors += t.errors;
        }
        warnings += t.warnings;
        checked++;
        status = worse(status, one);
    }
    free(found);
    printf("%u profiles, %u errors, %u warnings; %u errors in profiles that are wrong on purpose\n", checked, errors,
           warnings, meant);
    return checked ? status : EXIT_NOTHING;
}
