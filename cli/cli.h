/* The posbench command: one table of subcommands, one file each. */
#ifndef POSBENCH_CLI_CLI_H
#define POSBENCH_CLI_CLI_H

#include "scenarios/engine/engine.h"

#include <stdio.h>

struct cli_command {
    const char *name, *args, *summary;
    int (*run)(int argc,
               char **argv); /* argv[0] is the command's name; returns enum engine_exit. NULL: not built yet */
};
const struct cli_command *cli_commands(void);

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_card(int argc, char **argv);
int cmd_api(int argc, char **argv);

/* -- options: --name value, --name=value, --flag; the rest are operands -- */
enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER };
struct cli_option {
    const char *name;
    enum cli_kind kind;
    void *target;
}; /* bool *, const char **, uint64_t * */
/* Takes options out of argv; operands stay, *argc is their count. false: one line was written to standard error. */
bool cli_parse(const char *command, const struct cli_option *options, int *argc, char **argv);

/* The name nearest to `word` among `names` (NULL-terminated), or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *names);

bool cli_colour(FILE *out); /* a terminal, and NO_COLOR not set */
int cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* prints, returns EXIT_USAGE */

/* Options of everything that runs cases, with the defaults filled in: folders found beside the program. */
void cli_defaults(struct engine_options *o);
/* Creates a folder and its parents; false with a line on standard error. */
bool cli_folder(const char *path);

#endif
