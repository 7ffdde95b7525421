/* What cmd_sweep.c, which takes the options and sweeps, and sweep_write.c, which writes what came of it, share. */
#ifndef POSBENCH_CLI_SWEEP_H
#define POSBENCH_CLI_SWEEP_H

#include "cli/cli.h"

#define SWEEP_BUSINESS 100 /* states whose next sale is played, unless an option says otherwise */

struct sweep_flags {
    struct sweep_options what;
    uint64_t depth, jobs;
    const char *out, *html, *json, *docs;
    struct cli_images images;
};

/* Into a result: the command that makes this sweep of the case `one` again; `chosen`: from several in its file. */
void cli_sweep_command(const struct sweep_flags *f, const struct engine_options *o, const cJSON *one, bool chosen,
                       cJSON *result);
/* The reports of all results; their names go to `talk`. JSON is one object for one scenario, an array for several.
 * false with a line. */
bool cli_sweep_write(const struct sweep_flags *f, const cJSON *results, FILE *talk);
/* One line over several scenarios. */
void cli_sweep_total(const cJSON *results, int selected, FILE *talk);

#endif
