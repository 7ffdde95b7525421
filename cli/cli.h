/* The posbench command: one table of subcommands, one file each. */
#ifndef POSBENCH_CLI_CLI_H
#define POSBENCH_CLI_CLI_H

#include "scenarios/engine/engine.h"

#include <limits.h>
#include <stdio.h>

struct cli_command {
    const char *name, *operands, *summary;
    const char *const (*options)[2]; /* {"--seed N", "what it does"} .. {NULL, NULL}; NULL: it has none */
    /* argv[0] is the command's name; returns enum engine_exit. NULL: not built yet */
    int (*run)(int argc, char **argv);
    const char *more; /* what its help ends with; NULL: nothing */
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
int cmd_sweep(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_gui(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_keys(int argc, char **argv);

/* -- options: --name value, --name=value, --flag; the rest are operands -- */
enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_COUNT };
struct cli_option {
    const char *name;
    enum cli_kind kind;
    void *target; /* bool *, const char **, uint64_t *; of CLI_COUNT uint64_t * too: it is from 1, 0 says "not given" */
};
/* Takes options out of argv; operands stay, *argc is their count. false: one line was written to standard error. */
bool cli_parse(const char *command, const struct cli_option *options, int *argc, char **argv);
/* A number that an option gave lies within bounds; false with a line. */
bool cli_within(const char *command, const char *option, uint64_t value, uint64_t least, uint64_t most);
/* A list "a,b": every word is one of `known` (NULL-terminated), none stands there twice; false with a line that names
 * them all. A list that is NULL is empty. */
bool cli_words(const char *command, const char *option, const char *list, const char *const *known);
bool cli_has_word(const char *list, const char *word);

/* The name nearest to `word` among `names` (NULL-terminated), or NULL when none is near. */
const char *cli_nearest(const char *word, const char *const *names);

bool cli_colour(FILE *out); /* a terminal, and NO_COLOR not set */
int cli_usage(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* prints, returns EXIT_USAGE */
void cli_print_json(const cJSON *json);

/* -- progress.c: one line of standard error, rewritten; only where it is a terminal -- */
void cli_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_progress_end(void);
unsigned cli_width(FILE *out); /* columns of the terminal behind it; 0: it is none */

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
/* Names of files that options gave: none empty, none too long, at most one of `reports` standard output ("-"). NULL
 * values were not given. false with a line. */
struct cli_name {
    const char *option, *value;
    bool report;
};
bool cli_names(const char *command, const struct cli_name *names, size_t count);
bool cli_is_dash(const char *name); /* NULL is none */
/* Where a report goes: the name given, or else `name` in the folder. */
const char *cli_place(const char *given, const char *folder, const char *name, char path[PATH_MAX]);

/* -- images.c: --core and --boot -- */
struct cli_images {
    const char *core, *boot; /* as given; NULL: the shipped one */
    char core_path[PATH_MAX], boot_path[PATH_MAX];
    char tail[2 * PATH_MAX + 200]; /* what a repeated command needs beside scenario and seed; "" at first */
};
void cli_images_apply(struct cli_images *images, struct engine_options *o);
/* Into a result, so that whoever repeats it takes the same ones: core_path, boot_path, as seen from the root. */
void cli_images_keep(const struct cli_images *images, cJSON *result);

/* -- out.c: the folder that a command writes -- */
struct cli_output {
    const char *command, *folder;
    const char *const *reports; /* NULL-terminated patterns of file names */
    bool records;               /* also records/ with the records of a run */
};
/* Makes it, waits for another command that writes it, removes what the same command left there earlier. >= 0: a
 * descriptor that holds the lock, to be closed at the end; -1 with a line. */
int cli_out_open(const struct cli_output *out);

/* -- sweep_write.c -- */
/* The Markdown page over an array of sweeps; 0, or -1 with a reason. */
int cli_sweep_docs(const cJSON *sweeps, const char *path, char *why, size_t why_cap);

#endif
