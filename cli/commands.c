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
    {"--reader R", "the card in a real chip reader: pcsc:NAME, usb[:VID:PID]; in real time, not repeatable (sim)"},
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
    {"--capk FILE", "CA keys, as JSON, YAML or a table: the recording's signatures are verified; may be given again"},
    {"--issuer-key FILE", "the issuer's keys, as JSON (imk_ac or mk_ac): cryptograms are verified by value"},
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
    "Others: storage#57:error, storage#57:full, card#7:remove, card#7:mute, card#7:garble, net#out:123, net#in:45;\n"
    "through the air: card#7:tap-remove, tap-torn, tap-mute, tap-garble, tap-status.\n";
static const char *const bench_options[][2] = {
    {"--json", "for programs"},
    {"--force", "also in a build whose figures say nothing (sanitizers, no optimisation)"},
    {NULL, NULL},
};

static const char *const keys_options[][2] = {
    {"--seed N", "from 1; the same seed and options make the same keys, on every machine"},
    {"--rsa BITS", "of the authority's key, 1024 to 1984 in steps of 8 (1408)"},
    {"--issuer BITS", "of the issuer's key (128 less than the authority's, at least 1024)"},
    {"--icc BITS", "of the card's key and of its PIN key (128 less than the issuer's, 1024 to 1152)"},
    {"--exponent E", "3 or 65537 (3)"},
    {"--sm2", "SM2 instead of RSA"},
    {"--rid HEX", "of the authority (A000000333)"},
    {"--index HH", "of its key (F1 for exponent 3, F2 for 65537, F3 for SM2)"},
    {"--out DIR", "writes DIR/NAME.json, and the public key into the list DIR/ca.json; otherwise printed"},
    {"--name NAME", "of the file (chain-HH, after the index)"},
    {"--force", "replace a file that holds other keys"},
    {NULL, NULL},
};
static const char keys_more[] =
    "Everything is test material, private keys included. Cards take a chain by its name in cards/keys.\n";

static const char *const doctor_options[][2] = {{"--json", "for programs"}, {NULL, NULL}};

static const char *const card_options[][2] = {
    {"--all", "check: every profile; those that are wrong on purpose (broken-..., select-..., line-...) do not count"},
    {"--vpcd H:P", "serve: where the virtual reader of pcscd listens (127.0.0.1:35963; its second slot has 35964)"},
    {"--vscard S", "serve: the socket of QEMU's ccid-card-passthru, a path or HOST:PORT, instead of --vpcd"},
    {"--fault SPEC", "serve: a fault between card and reader; up to 8 times"},
    {"--back S", "serve: seconds after which a card that was removed by a fault is put back (1)"},
    {"--paced", "serve: answers take as long as the card's own time; otherwise they come at once"},
    {"--session N", "serve: which session of a recording (1)"},
    {"--seconds N", "serve: ends by itself after so long, with exit 0"},
    {"--verbose", "serve: a line for every exchange, masked as in a run's record"},
    {NULL, NULL},
};
static const char card_more[] =
    "check looks at a profile as a personalisation validator would: records, mandatory objects, lists, dates, lengths,\n"
    "certificates. A line for each finding; exit 1 when there is an error.\n"
    "\n"
    "CARD is a name of the list, a profile (.json), or a recorded session (.trace; any other ending is one, too).\n"
    "  ./posbench card serve unionpay-credit        and then, elsewhere:  opensc-tool -r 0 -a\n"
    "It serves until Ctrl-C (exit 130), SIGTERM or --seconds (exit 0), or until the reader is gone (exit 3).\n"
    "\n"
    "SPEC is a list of key=value: kind=mute, remove, sw, corrupt, truncate, extend, delay, broken, garble; at=reset,\n"
    "command, or a command by name (select, gpo, read_record, generate_ac, ...); ins=AE instead of a name; nth=N, 0\n"
    "for every one (the first; every reset); sw=6F00; byte=N to invert, or N bytes kept or added; ms=N late; after:\n"
    "when the card has done its work. What the card says: kind=mutate_tag, mutate_value, wrong_length, duplicate_tag,\n"
    "drop_tag with tag=5A (nth counts answers that have it) and to=HEX; atc_jump with to=FF00; wrong_cryptogram;\n"
    "wrong_certificate. A profile has faults of its own under \"faults\".\n"
    "  --fault at=generate_ac,kind=mute     --fault ins=B2,nth=3,kind=sw,sw=6A83     --fault at=reset,kind=garble\n"
    "pcscd resets a card when it is put in, when it wakes it from rest, and when a program asks; QEMU never tells.\n"
    "\n"
    "mute      no answer for a second (12 ms to a reset), then one of no bytes, for which vpcd drops the card: it is\n"
    "          back when vpcd looks again, 0.4 s at most, and was never away. In QEMU the command fails.\n"
    "broken    the same without waiting\n"
    "remove    the card is away for --back seconds, and comes back without its session\n";

static const char *const record_options[][2] = {
    {"--reader R", "sim:CARD, a simulated card; pcsc[:NAME], usb[:VID:PID], a card in a real reader"},
    {"-o FILE", "the trace; - is standard output"},
    {"--amount A", "what is keyed (12.00)"},
    {"--type T", "sale, which is what there is (sale)"},
    {"--profile P", "of the terminal: a name of sim/profiles, or a file (unionpay-intl)"},
    {"--pin-file F", "holds the PIN, one line; - is standard input, where it is typed without being shown"},
    {"--issuer CARD", "a card of the bench lies in the real reader: the host has its account and keys"},
    {"--timeout S", "seconds in which a card must be put into a real reader (60)"},
    {"--seed N", "where all randomness comes from (1)"},
    {"--core IMAGE.so", "the core that reads the card, instead of the shipped one"},
    {"--boot IMAGE.so", "the boot ROM"},
    {"--force", "replace FILE"},
    {"--json", "how it went, for programs"},
    {NULL, NULL},
};
static const char record_more[] =
    "The host approves any card. The trace holds what went over the reader, with times, and what the terminal was given;\n"
    "card number, tracks, name and PIN are masked in it. Without --pin-file a simulated card gets its own PIN; with a real\n"
    "one any goes to the host, and none where the card itself may check it: a wrong one would cost it a try.\n"
    "Exit: 0 written and decided, 1 no decision (what there is is written), 2 usage or reader.\n";

static const char *const diff_options[][2] = {
    {"--json", "for programs"},
    {"--seed N", "of two cores: where all randomness comes from (1)"},
    {"--jobs N", "of two cores: worker processes, at most 64 (one per processor)"},
    {NULL, NULL},
};
static const char diff_more[] =
    "A and B are two of a kind: records (out/records/*.jsonl), reports (report.json, or the folder it lies in), recorded\n"
    "card sessions, or cores (.so), which then run the scenarios, all when none is named. It shows the first place\n"
    "where they part, what came before, the fields that differ, decoded, and how many differences follow. A core's\n"
    "digest is no difference. A masked digit of a recording agrees with any. At most 100 MB a file.\n"
    "Exit: 0 the same, 1 different (also when only times differ, which is said), 2 usage.\n";

static const char *const gui_options[][2] = {
    {"--profile NAME", "terminal by hand: a profile of sim/profiles (unionpay-intl)"},
    {"--reader R", "the chip reader: sim, pcsc:NAME, usb or usb:VID:PID (sim)"},
    {"--speed V", "at first: pause, 1x, fast (1x)"},
    {"--seed N", "where all randomness comes from (1)"},
    {"--core IMAGE.so", "the core under test, instead of the shipped one"},
    {"--boot IMAGE.so", "the boot ROM"},
    {"--scale N", "from 1 to 2 (from the display)"},
    {"--font F", "a font file for its words (DejaVu Sans)"},
    {"--cards LIST", "which cards lie in the tray, with commas between (all)"},
    {"--script F", "does what a person would, then ends; gui/README.md says how"},
    {"--dump F", "the widgets of the last frame as JSON; without --script when the first screen stands"},
    {"--shot F", "the last frame as a picture (PNG), likewise"},
    {NULL, NULL},
};
static const char gui_more[] =
#ifndef POSBENCH_GUI
    "This posbench was built without the window; configure with -DPOSBENCH_GUI=ON.\n"
#endif
    "In the window F1 or ? shows the keys. A record is a file of out/records/ that posbench run wrote.\n";

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
    {"card", "list | show NAME | check NAME... | serve CARD",
     "the card profiles, their objects, their faults; one of them, or a recording, on a virtual reader", card_options,
     cmd_card, card_more},
    {"api", "", "the Lua functions of a scenario", api_options, cmd_api, NULL},
    {"test", "[STEP...]", "build and run every test (the wrapper ./posbench does it)", NULL, cmd_test, NULL},
    {"bench", "[NAME]", "benchmarks: sweep, sale; all without a name", bench_options, cmd_bench, NULL},
    {"doctor", "", "what is installed and seen, what is missing, and how to get it", doctor_options, cmd_doctor, NULL},
    {"record", "--reader ... -o FILE", "a session with a real card, to a trace", record_options, cmd_record,
     record_more},
    {"diff", "A B [SCENARIO...]", "two records, reports, traces or cores: where and why they part", diff_options,
     cmd_diff, diff_more},
    {"host", "--listen A:P", "the acquirer as a real server", NULL, NULL, NULL},
    {"terminal", "", "the core as a working terminal on real parts", NULL, NULL, NULL},
    {"pack", "", "build and sign an upgrade package", NULL, NULL, NULL},
    {"keys", "--seed N", "test keys for offline data authentication: authority, issuer and card, from a seed",
     keys_options, cmd_keys, keys_more},
    {"gui", "[SCENARIO|RECORD]", "the bench in a window: a terminal by hand, a scenario, or a finished run's record",
     gui_options, cmd_gui, gui_more},
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
