/* posbench replay: recorded card sessions against the real core; every exchange accounted for. */
#include "cli/replay.h"
#include "reports/output.h"
#include "scenarios/engine/replay_issuer.h"

#include <string.h>

/* A recording that contradicts itself or holds a wrong signature, or a core that breaks off where the recording goes
 * on, fails. --strict: any difference does. */
static bool session_fails(const cJSON *s, bool strict)
{
    const char *core = report_string(s, "core");
    return strcmp(report_string(s, "recording_verdict"), "fail") == 0 || strcmp(core, "broke off") == 0 ||
           (strict && strcmp(core, "accounted for, equal") != 0);
}

/* One file, session by session: a core that crashes in one of them takes only that one along. */
static int replay_file(struct engine_options *o, const char *path, uint64_t only, bool strict,
                       const struct replay_view *v, cJSON *all)
{
    int status = EXIT_PASS, sessions = 1;
    cJSON *file = cJSON_CreateObject(), *list = NULL;
    for (o->session = only ? (unsigned)only : 1; only ? o->session == only : o->session <= (unsigned)sessions;
         o->session++) {
        char why[700] = "";
        cJSON *report = NULL;
        int one = engine_replay(o, path, &report, why, sizeof why);
        if (one != EXIT_PASS) {
            cli_usage("replay", "%s", why);
            status = one > status ? one : status;
            if (one != EXIT_FAILED)
                break;
            continue;
        }
        cJSON *s = cJSON_DetachItemFromArray(cJSON_GetObjectItem(report, "sessions"), 0);
        sessions = (int)report_number(report, "session_count");
        if (!list) {
            cJSON_AddStringToObject(file, "file", path);
            cJSON_AddNumberToObject(file, "session_count", sessions);
            list = cJSON_AddArrayToObject(file, "sessions");
            if (v)
                printf("%s\n", path);
        }
        if (v)
            replay_print_session(s, sessions, v);
        if (session_fails(s, strict))
            status = status > EXIT_FAILED ? status : EXIT_FAILED;
        cJSON_AddItemToArray(list, s);
        cJSON_Delete(report);
    }
    if (list)
        cJSON_AddItemToArray(all, file);
    else
        cJSON_Delete(file);
    return status;
}

/* Takes every --capk out of the arguments, for there may be several, and reads the files. */
static bool take_keys(int *argc, char **argv, struct replay_keys *keys)
{
    int kept = 1, i = 1;
    for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        const char *path = NULL;
        char why[700];
        if (strncmp(argv[i], "--capk=", 7) == 0)
            path = argv[i] + 7;
        else if (strcmp(argv[i], "--capk") == 0 && i + 1 < *argc)
            path = argv[++i];
        if (!path)
            argv[kept++] = argv[i];
        else if (!*path) {
            cli_usage("replay", "--capk needs the name of a file");
            return false;
        } else if (replay_keys_load(keys, path, why, sizeof why) != 0) {
            cli_usage("replay", "%s", why);
            return false;
        }
    }
    while (i < *argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

static int replay_all(int argc, char **argv, struct replay_keys *keys)
{
    struct engine_options o;
    bool json = false, verbose = false, strict = false, semantic = false;
    uint64_t only = 0;
    int status = EXIT_PASS;
    cli_defaults(&o);
    o.capk = keys;
    const char *issuer = NULL, *no_value; /* --capk as the last word: all others were taken out before */
    const struct cli_option options[] = {
        {"core", CLI_TEXT, &o.core},     {"boot", CLI_TEXT, &o.boot},   {"json", CLI_FLAG, &json},
        {"verbose", CLI_FLAG, &verbose}, {"strict", CLI_FLAG, &strict}, {"semantic", CLI_FLAG, &semantic},
        {"session", CLI_COUNT, &only},   {"capk", CLI_TEXT, &no_value}, {"issuer-key", CLI_TEXT, &issuer},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("replay", options, &argc, argv))
        return EXIT_USAGE;
    char why[700];
    if (issuer && replay_issuer_load(&keys->issuer, issuer, why, sizeof why) != 0) /* a file: keys are no arguments */
        return cli_usage("replay", "%s", why);
    if (argc < 2)
        return cli_usage("replay", "one or more trace files expected");
    if (only && !cli_within("replay", "session", only, 1, 100000))
        return EXIT_USAGE;
    const struct replay_view v = {cli_colour(stdout), verbose};
    cJSON *all = cJSON_CreateArray();
    for (int i = 1; i < argc && status <= EXIT_FAILED; i++) {
        int one = replay_file(&o, argv[i], only, strict, json ? NULL : &v, all);
        status = one > status ? one : status;
    }
    if (json && cJSON_GetArraySize(all))
        cli_print_json(all);
    cJSON_Delete(all);
    return status;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_keys keys = {.key = NULL};
    int status = take_keys(&argc, argv, &keys) ? replay_all(argc, argv, &keys) : EXIT_USAGE;
    replay_keys_free(&keys);
    return status;
}
