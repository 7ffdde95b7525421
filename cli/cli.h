/* The posbench command: one table of subcommands, one file each. */
#ifndef POSBENCH_CLI_CLI_H
#define POSBENCH_CLI_CLI_H

#include "scenarios/engine/engine.h"

#include <limits.h>
#include <stdio.h>

struct cli_command {
    const char *name, *operands, *summary;
    const char *const (*options)[2]; /* {"--seed N", "what it does"} .. {NULL, NULL}; NULL: it has none */
    int (*run)(int argc,
               char **argv); /* argv[0] is the command's name; returns enum engine_exit. NULL: not built yet */
};
extern const struct cli_command cli_commands[]; /* commands.c; ends with a NULL name */
const struct cli_command *cli_command(const char *name);
/* The overview, or one command's options. */
int cli_help(const char *name);

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_card(int argc, char **argv);
int cmd_api(int argc, char **argv);
int cmd_test(int argc, char **argv);

/* -- options: --name value, --name=value, --flag; the rest are operands -- */
enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER };
struct cli_option {
    const char *name;
    enum cli_kind kind;
    void *target;
}; /* bool *, const char **, uint64_t * */
/* Takes options out of argv; operands stay, *argc is their count. false: one line was written to standard error. */
bool cli_parse(const char *command, const struct cli_option *options, int *argc, char **argv);
/* A number that an option gave lies within bounds; false with a line. */
bool cli_within(const char *command, const char *option, uint64_t value, uint64_t least, uint64_t most);

/* The name nearest to `word` among `names` (NULL-terminated), or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *names);

bool cli_colour(FILE *out); /* a terminal, and NO_COLOR not set */
int cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* prints, returns EXIT_USAGE */
void cli_print_json(const cJSON *json);

/* -- places.c: the program's own files -- */
/* Finds them; false with a line. main calls it first: it keeps them in the environment (POSBENCH_ROOT, POSBENCH_CORE,
 * POSBENCH_BOOT). */
bool cli_places(void);
const char *cli_root(void);
/* Options of everything that runs cases, with the defaults filled in. */
void cli_defaults(struct engine_options *o);

/* -- paths.c: files that a person names -- */
/* As seen from where he stands, or else from the root; canonical. false: no such file (nothing is printed). */
bool cli_path(const char *given, char out[PATH_MAX]);
/* The name as seen from the root, when it lies inside: the same for everybody who has the tree. */
const char *cli_from_root(const char *path);
/* Scenario operands made canonical and free of repetitions, for engine_list: *paths is NULL-terminated, to be freed
 * with cli_free_paths. false with a line. */
bool cli_scenarios(const char *command, char *const *operands, char ***paths);
void cli_free_paths(char **paths);
/* For a command that a shell is to read: quoted where needed. */
void cli_quote(const char *text, char *out, size_t cap);

/* -- out.c: the folder that a run writes -- */
/* Makes it and its records/, waits for another run that writes it, removes that run's files. >= 0: a descriptor that
 * holds the lock, to be closed at the end; -1 with a line. */
int cli_out_open(const char *folder);

#endif
