/* Options whose value is a list, "power,net": every word known, none twice. Callers: cmd_sweep.c. */
#include "cli/cli.h"

#include <string.h>

#define WORD_MAX 32

/* The next word of the list into `word`, cut to its size; false at the end. "a,,b" has an empty one. */
static bool next(const char **at, char word[WORD_MAX])
{
    if (!*at)
        return false;
    size_t len = strcspn(*at, ",");
    snprintf(word, WORD_MAX, "%.*s", (int)(len < WORD_MAX ? len : WORD_MAX - 1), *at);
    *at = (*at)[len] ? *at + len + 1 : NULL;
    return true;
}

bool cli_has_word(const char *list, const char *word)
{
    char one[WORD_MAX];
    while (next(&list, one))
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

static bool is_known(const char *word, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(*known, word) == 0)
            return true;
    return false;
}

static void say_unknown(const char *command, const char *option, const char *word, const char *const *known)
{
    char all[300] = "";
    const char *near = *word ? cli_nearest(word, known) : NULL;
    for (const char *const *one = known; *one; one++) {
        size_t len = strlen(all);
        snprintf(all + len, sizeof all - len, "%s%s", len ? ", " : "", *one);
    }
    if (near)
        cli_usage(command, "--%s: there is no '%s'; did you mean '%s'? There are: %s", option, word, near, all);
    else if (!*word)
        cli_usage(command, "--%s: an empty name; there are: %s", option, all);
    else
        cli_usage(command, "--%s: there is no '%s'; there are: %s", option, word, all);
}

bool cli_words(const char *command, const char *option, const char *list, const char *const *known)
{
    char word[WORD_MAX];
    for (const char *at = list; next(&at, word);) {
        if (!is_known(word, known)) {
            say_unknown(command, option, word, known);
            return false;
        }
        if (at && cli_has_word(at, word)) {
            cli_usage(command, "--%s: '%s' stands there twice", option, word);
            return false;
        }
    }
    return true;
}
