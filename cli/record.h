/* The parts of "posbench record" beside cmd_record.c: the PIN that is read, and the file that is written. */
#ifndef POSBENCH_CLI_RECORD_H
#define POSBENCH_CLI_RECORD_H

#include "cli/cli.h"

#define PIN_LINE 64

/* From a file, or typed ("-"): never on the command line, which every user of the machine can read. EXIT_PASS,
 * EXIT_USAGE with a line, EXIT_INTERRUPTED. */
int record_read_pin(const char *name, char line[PIN_LINE]);

/* Written beside its place, and moved there whole. */
struct record_target {
    const char *name; /* "-": standard output */
    char temporary[PATH_MAX];
    bool force;
    int fd;
};
/* Before the card is asked for: a recording should not be lost for want of a place. false with a line. */
bool record_target_open(struct record_target *t);
/* Whole or not at all; without `force` a file that somebody made meanwhile stays. false with a line. */
bool record_target_write(struct record_target *t, const char *text, size_t len);
void record_target_drop(struct record_target *t); /* what was not written leaves nothing */

#endif
