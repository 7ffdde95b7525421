/* posbench: finds the subcommand in the table and runs it. */
#include "cli/cli.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static const char *const help_words[] = {"--help", "-h", NULL};

static int unknown(const char *word)
{
    const char *names[64], *near;
    size_t n = 0;
    for (const struct cli_command *c = cli_commands; c->name && n < 63; c++)
        names[n++] = c->name;
    names[n] = NULL;
    near = cli_nearest(word, names);
    return near ? cli_usage("", "there is no command '%s'; did you mean '%s'?", word, near)
                : cli_usage("", "there is no command '%s'; ./posbench help lists them", word);
}

static int dispatch(int argc, char **argv)
{
    static const char *const version_words[] = {"--version", "-V", "version", NULL};
    if (argc < 2 || strcmp(argv[1], "help") == 0 || is_one_of(argv[1], help_words))
        return cli_help(argc > 2 ? argv[2] : NULL);
    if (is_one_of(argv[1], version_words))
        return printf("posbench " POSBENCH_VERSION "\n"), EXIT_PASS;
    const struct cli_command *c = cli_command(argv[1]);
    if (!c)
        return unknown(argv[1]);
    for (int i = 2; i < argc; i++)
        if (is_one_of(argv[i], help_words))
            return cli_help(argv[1]);
    if (!c->run)
        return cli_usage(argv[1], "not supported yet: %s", c->summary);
    return cli_places() ? c->run(argc - 1, argv + 1) : EXIT_BENCH;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    int status = dispatch(argc, argv);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "posbench: standard output: %s\n", strerror(errno ? errno : EIO));
    return EXIT_BENCH;
}
