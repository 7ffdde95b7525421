/* posbench card serve: a simulated card on a virtual reader, for other programs, until a signal or the clock ends it.
 */
#include "cli/card.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define DEFAULT_VPCD "127.0.0.1:35963"
#define SECONDS_MAX 31536000u /* a year */

/* --fault may stand there several times, which cli_parse does not know. */
static bool take_faults(struct card_serve_args *args, int *argc, char **argv)
{
    int kept = 1, i = 1;
    for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        bool alone = strcmp(argv[i], "--fault") == 0;
        if ((!alone && strncmp(argv[i], "--fault=", 8) != 0) || (alone && i + 1 == *argc)) {
            argv[kept++] = argv[i];
            continue;
        }
        if (args->o.fault_count == CARD_SERVE_FAULTS)
            return cli_usage("card", "--fault: at most %d on one card", CARD_SERVE_FAULTS), false;
        args->o.faults[args->o.fault_count++] = alone ? argv[++i] : argv[i] + 8;
    }
    while (i < *argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

bool card_serve_parse(struct card_serve_args *args, int *argc, char **argv)
{
    const char *no_value = NULL;
    memset(args, 0, sizeof *args);
    args->back = 1;
    const struct cli_option options[] = {{"vpcd", CLI_TEXT, &args->o.vpcd},
                                         {"vscard", CLI_TEXT, &args->o.vscard},
                                         {"fault", CLI_TEXT, &no_value},
                                         {"session", CLI_COUNT, &args->session},
                                         {"paced", CLI_FLAG, &args->o.paced},
                                         {"back", CLI_NUMBER, &args->back},
                                         {"seconds", CLI_COUNT, &args->seconds},
                                         {"verbose", CLI_FLAG, &args->verbose},
                                         {NULL, CLI_FLAG, NULL}};
    int before = *argc;
    if (!take_faults(args, argc, argv) || !cli_parse("card", options, argc, argv))
        return false;
    args->given = *argc != before;
    return cli_within("card", "session", args->session, 0, UINT32_MAX) &&
           cli_within("card", "seconds", args->seconds, 0, SECONDS_MAX) &&
           cli_within("card", "back", args->back, 0, SECONDS_MAX);
}

/* Each line at once: whoever waits for it may sit behind a pipe. */
static void tell(void *ctx, enum card_serve_tell what, const char *line)
{
    (void)ctx;
    (void)what;
    puts(line);
    fflush(stdout);
}

static int wrong(const struct card_serve_args *args, const struct card_serve_why *why, int status)
{
    char all[400] = "";
    const char *fault = why->fault ? args->o.faults[why->fault - 1] : "";
    const char *near = why->names ? cli_nearest(why->word, why->names) : NULL;
    for (const char *const *name = why->names; name && *name; name++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? ", " : "", *name);
    if (near)
        cli_usage("card", "--fault '%s': %s; did you mean '%s'? There are: %s", fault, why->text, near, all);
    else if (why->names)
        cli_usage("card", "--fault '%s': %s; there are: %s", fault, why->text, all);
    else if (why->fault)
        cli_usage("card", "--fault '%s': %s", fault, why->text);
    else
        cli_usage("card", "%s", why->text);
    return status;
}

int card_serve_run(struct card_serve_args *args, const char *file)
{
    struct card_serve_listener listener = {.tell = tell, .exchanges = args->verbose};
    struct card_serve_why why;
    struct signalfd_siginfo end = {0};
    sigset_t ends;
    if (args->o.vpcd && args->o.vscard)
        return cli_usage("card", "only one of --vpcd and --vscard: a card is in one reader");
    if (!args->o.vpcd && !args->o.vscard)
        args->o.vpcd = DEFAULT_VPCD;
    args->o.card = file;
    args->o.session = (unsigned)args->session;
    args->o.back_ms = args->back * 1000;
    args->o.seconds = args->seconds;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    args->o.stop_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    int status = card_serve(&args->o, &listener, &why);
    if (args->o.stop_fd >= 0 && read(args->o.stop_fd, &end, sizeof end) != (ssize_t)sizeof end)
        end.ssi_signo = 0;
    if (args->o.stop_fd >= 0)
        close(args->o.stop_fd);
    if (status != EXIT_PASS)
        return wrong(args, &why, status);
    return end.ssi_signo == SIGINT ? EXIT_INTERRUPTED : EXIT_PASS;
}
