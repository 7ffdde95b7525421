/* The table of subcommands, and the help made from it. A command without a function is planned and says so; it never
 * pretends. */
#include "cli/cli.h"

#include <string.h>

static const char *const run_options[][2] = {
    {"--filter TEXT", "cases whose name or id contains the text, in any case of letters"},
    {"--tag TAG", "cases with this tag"},
    {"--shard I/N", "every N-th case, beginning with the I-th"},
    {"--seed N", "where all randomness comes from (1)"},
    {"--jobs N", "worker processes, at most 64 (one per processor)"},
    {"--wall S", "seconds of real time after which a case is ended (60)"},
    {"--fault ID", "play this fault in the one case that is selected; ./posbench help sweep says what an id is"},
    {"--core IMAGE.so", "the core under test, instead of the shipped one"},
    {"--boot IMAGE.so", "the boot ROM"},
    {"--out DIR", "where reports and records go (out); an earlier run's are removed"},
    {"--html F", "the page; - is standard output"},
    {"--junit F", "the same for CI, JUnit XML"},
    {"--json F", "the same for programs, JSON"},
    {"--verbose", "a line for every case as it ends"},
    {NULL, NULL},
};
static const char *const list_options[][2] = {
    {"--filter TEXT", "cases whose name or id contains the text, in any case of letters"},
    {"--tag TAG", "cases with this tag"},
    {"--covers", "what each case covers, instead of its tags"},
    {"--json", "for programs"},
    {NULL, NULL},
};
static const char *const replay_options[][2] = {
    {"--session N", "only the N-th session of the file"},
    {"--core IMAGE.so", "the core under test, instead of the shipped one"},
    {"--boot IMAGE.so", "the boot ROM"},
    {"--strict", "any difference fails, also an explained one"},
    {"--semantic", "only contradictions fail; this is how it is without --strict"},
    {"--verbose", "with the bytes of every command and answer, and every line of a T=0 exchange"},
    {"--json", "for programs"},
    {NULL, NULL},
};
static const char *const decode_options[][2] = {{"--json", "for programs"}, {NULL, NULL}};
static const char *const api_options[][2] = {
    {"--markdown", "the reference of docs/scenarios.md"},
    {"--luals", "definitions for editors with the Lua language server (docs/posbench.lua)"},
    {"--json", "for programs"},
    {NULL, NULL},
};
static const char *const sweep_options[][2] = {
    {"--fault LIST", "which faults, with commas: power (without the option), net, card, storage"},
    {"--depth N", "power is cut again at every operation of the recovery, up to N cuts after each other (1)"},
    {"--closure", "the same until no new state appears"},
    {"--subsets", "also every subset of the unsynced operations, at the first cut"},
    {"--modes LIST", "which survival modes, with commas (all): what outlives a cut of what was not synced"},
    {"--budget N", "at most N states, and N re-runs of each kind, chosen by the seed (all)"},
    {"--business N", "states from which the next sale is played as well (100)"},
    {"--filter TEXT", "cases whose name or id contains the text, in any case of letters"},
    {"--tag TAG", "cases with this tag"},
    {"--seed N", "where all randomness comes from (1)"},
    {"--jobs N", "worker processes, at most 64 (one per processor)"},
    {"--core IMAGE.so", "the core under test, instead of the shipped one"},
    {"--boot IMAGE.so", "the boot ROM"},
    {"--out DIR", "where sweep.html and sweep.json go (out); an earlier sweep's are removed"},
    {"--html F", "the page; - is standard output; of several cases the second is F with -2, and so on"},
    {"--json F", "the same for programs, JSON; an array when there are several cases"},
    {"--docs F", "a page of documentation, Markdown"},
    {NULL, NULL},
};
static const char sweep_more[] =
    "Power: every storage operation of the scenario's run is cut before, inside and after, with every survival\n"
    "mode; each different state that is left is booted, recovered, and judged by all oracles. Net, card, storage:\n"
    "the run is played again with one fault at every byte of the line, command of the card, storage operation.\n"
    "\n"
    "A failure has an id, and a run takes it:\n"
    "  ./posbench sweep scenarios/power/sale.lua --closure\n"
    "  ./posbench run scenarios/power/sale.lua --fault storage#57:torn\n"
    "      power is cut inside storage operation 57, its last write is torn\n"
    "  ./posbench run scenarios/power/sale.lua --fault storage#57:random~3+storage#3:after:all\n"
    "      a random part survives (seed 3); then a second cut after operation 3 of the recovery\n"
    "Others: storage#57:error, storage#57:full, card#7:remove, card#7:mute, card#7:garble, net#out:123, net#in:45.\n";
static const char *const bench_options[][2] = {
    {"--json", "for programs"},
    {"--force", "also in a build whose figures say nothing (sanitizers, no optimisation)"},
    {NULL, NULL},
};

const struct cli_command cli_commands[] = {
    {"run", "[PATH...]", "scenarios, headless; reports in out/", run_options, cmd_run, NULL},
    {"sweep", "SCENARIO...", "every fault point: power cut, line down, card gone; reports in out/", sweep_options,
     cmd_sweep, sweep_more},
    {"list", "[PATH...]", "what would run, with tags and what it covers", list_options, cmd_list, NULL},
    {"replay", "TRACE...", "recorded card sessions: every exchange accounted for", replay_options, cmd_replay, NULL},
    {"decode", "[HEX|FILE...]", "ATR, APDU, TLV, ISO 8583, tracks: says what it is and shows it", decode_options,
     cmd_decode, NULL},
    {"report", "verify RUN.json | show RUN.json | docs SWEEP.json...",
     "re-execute a run and compare its records; print it; a page (Markdown) over sweeps", NULL, cmd_report, NULL},
    {"card", "list | show NAME", "the card profiles", NULL, cmd_card, NULL},
    {"api", "", "the Lua functions of a scenario", api_options, cmd_api, NULL},
    {"test", "[STEP...]", "build and run every test (the wrapper ./posbench does it)", NULL, cmd_test, NULL},
    {"bench", "[NAME]", "benchmarks: sweep, sale; all without a name", bench_options, cmd_bench, NULL},
    {"doctor", "", "what is installed, what is missing, and how to get it", NULL, NULL, NULL},
    {"record", "--reader ... -o FILE", "a session with a real card, to a trace", NULL, NULL, NULL},
    {"diff", "A B", "two runs, traces or cores: where and why they part", NULL, NULL, NULL},
    {"host", "--listen A:P", "the acquirer as a real server", NULL, NULL, NULL},
    {"terminal", "", "the core as a working terminal on real parts", NULL, NULL, NULL},
    {"pack", "", "build and sign an upgrade package", NULL, NULL, NULL},
    {"keys", "", "make test keys", NULL, NULL, NULL},
    {"gui", "[SCENARIO|RECORD]", "the bench in a window", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct cli_command *cli_command(const char *name)
{
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int cmd_test(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return cli_usage("test", "the wrapper does it: ./posbench test, at the root of the tree");
}

static int help_one(const struct cli_command *c)
{
    printf("posbench %s%s%s%s\n  %s%s\n", c->name, c->options ? " [OPTION...]" : "", *c->operands ? " " : "",
           c->operands, c->summary, c->run ? "" : " (not supported yet)");
    for (size_t i = 0; c->options && c->options[i][0]; i++)
        printf("%s  %-16s %s\n", i ? "" : "\n", c->options[i][0], c->options[i][1]);
    if (c->more)
        printf("\n%s", c->more);
    return EXIT_PASS;
}

static void overview(void)
{
    printf("posbench: simulator and test bench for payment terminals\n\n");
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (c->run)
            printf("  %-9s %s\n", c->name, c->summary);
    printf("\nNot supported yet:");
    for (const struct cli_command *c = cli_commands; c->name; c++)
        if (!c->run)
            printf(" %s", c->name);
    printf("\n\n./posbench help COMMAND shows its options.\n"
           "Exit: 0 pass, 1 a test failed, 2 usage or bad input, 3 the bench itself failed,\n"
           "      4 nothing selected, 130 interrupted.\n");
}

int cli_help(const char *name)
{
    const struct cli_command *c = name ? cli_command(name) : NULL;
    if (c)
        return help_one(c);
    if (name)
        return cli_usage("help", "there is no command '%s'; ./posbench help lists them", name);
    overview();
    return EXIT_PASS;
}
