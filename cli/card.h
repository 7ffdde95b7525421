/* posbench card serve: its options, which cmd_card.c reads for all its operands, and the command itself. */
#ifndef POSBENCH_CLI_CARD_H
#define POSBENCH_CLI_CARD_H

#include "cli/cli.h"
#include "scenarios/engine/card_serve.h"

struct card_serve_args {
    struct card_serve_options o;
    uint64_t session, seconds, back;
    bool verbose, given; /* given: there was an option at all */
};

/* Takes the options out of argv, as cli_parse. false: one line was written. */
bool card_serve_parse(struct card_serve_args *args, int *argc, char **argv);
/* Serves the card that `file` holds. enum engine_exit. */
int card_serve_run(struct card_serve_args *args, const char *file);

#endif
