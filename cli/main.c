/* posbench: finds the subcommand in the table and runs it. */
#include "cli/cli.h"

#include <locale.h>
#include <string.h>

/* A command without a function is planned and says so; it never pretends. */
static const struct cli_command commands[] = {
    {"run",
     "[PATH...] [--seed N] [--jobs N] [--filter TEXT] [--tag TAG] [--shard I/N] [--out DIR] [--junit F] [--html F] "
     "[--json F] "
     "[--core IMAGE.so] [--boot IMAGE.so] [--wall S] [--verbose]",
     "scenarios, headless", cmd_run},
    {"list", "[PATH...] [--filter TEXT] [--tag TAG] [--covers] [--json]",
     "what would run, with tags and what it covers", cmd_list},
    {"replay", "TRACE... [--session N] [--core IMAGE.so] [--json] [--verbose]",
     "recorded card sessions: every exchange accounted for", cmd_replay},
    {"decode", "[HEX|FILE] [--json]", "ATR, APDU, TLV, ISO 8583, tracks: says what it is and shows it", cmd_decode},
    {"report", "verify RUN.json | show RUN.json", "re-execute a run and compare its records; print it", cmd_report},
    {"card", "list | show NAME", "the card profiles", cmd_card},
    {"api", "[--json]", "the Lua functions of a scenario", cmd_api},
    {"doctor", "", "what is installed, what is missing, and how to get it", NULL},
    {"sweep", "SCENARIO", "every fault point", NULL},
    {"record", "--reader ... -o FILE", "a session with a real card, to a trace", NULL},
    {"diff", "A B", "two runs, traces or cores: where and why they part", NULL},
    {"host", "--listen A:P", "the acquirer as a real server", NULL},
    {"terminal", "", "the core as a working terminal on real parts", NULL},
    {"pack", "", "build and sign an upgrade package", NULL},
    {"keys", "", "make test keys", NULL},
    {"gui", "[SCENARIO|RECORD]", "the bench in a window", NULL},
    {"bench", "[NAME]", "benchmarks", NULL},
    {NULL, NULL, NULL, NULL},
};

const struct cli_command *cli_commands(void)
{
    return commands;
}

static int help(const char *name)
{
    for (const struct cli_command *c = commands; c->name; c++)
        if (name && strcmp(c->name, name) == 0) {
            printf("posbench %s %s\n  %s%s\n", c->name, c->args, c->summary, c->run ? "" : " (not supported yet)");
            return EXIT_PASS;
        }
    printf("posbench: simulator and test bench for payment terminals\n\n");
    for (const struct cli_command *c = commands; c->name; c++)
        if (c->run)
            printf("  %-9s %s\n", c->name, c->summary);
    printf("  %-9s %s\n\nNot supported yet:", "test", "build and run every test (the wrapper ./posbench does it)");
    for (const struct cli_command *c = commands; c->name; c++)
        if (!c->run)
            printf(" %s", c->name);
    printf("\n\n./posbench help COMMAND shows its options.\n"
           "Exit: 0 pass, 1 a test failed, 2 usage or bad input, 3 the bench itself failed, 4 nothing selected, 130 "
           "interrupted.\n");
    return EXIT_PASS;
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C");
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(argv[1], "--version") == 0)
        return printf("posbench " POSBENCH_VERSION "\n"), EXIT_PASS;
    const char *names[32];
    size_t n = 0;
    for (const struct cli_command *c = commands; c->name; c++) {
        names[n++] = c->name;
        if (strcmp(c->name, argv[1]) != 0)
            continue;
        if (!c->run)
            return cli_usage(argv[1], "not supported yet: %s", c->summary);
        for (int i = 2; i < argc; i++)
            if (strcmp(argv[i], "--help") == 0)
                return help(argv[1]);
        return c->run(argc - 1, argv + 1);
    }
    names[n] = NULL;
    const char *near = cli_nearest(argv[1], names);
    return near ? cli_usage("", "there is no command '%s'; did you mean '%s'?", argv[1], near)
                : cli_usage("", "there is no command '%s'; ./posbench help lists them", argv[1]);
}
