/* posbench card: what its parts in several files know of each other. */
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

/* A profile of the tree by its name, or any file. false with a line. cmd_card.c. */
bool card_find(const char *name, char path[2 * PATH_MAX]);
/* card_check.c. enum engine_exit: EXIT_FAILED when there are errors. */
int card_check_named(char *const *names, int count);
int card_check_all(void);

#endif
