/* posbench replay: recorded card sessions against the real core; every exchange accounted for. */
#include "cli/cli.h"
#include "reports/output.h"
#include "scenarios/engine/replay_issuer.h"

#include <string.h>

struct view {
    bool colour, verbose;
};

static int number(const cJSON *json, const char *key)
{
    const cJSON *item = cJSON_GetObjectItem(json, key);
    return cJSON_IsNumber(item) ? (int)item->valuedouble : 0;
}

static void print_list(const char *title, const cJSON *list)
{
    const cJSON *one;
    if (cJSON_GetArraySize(list))
        printf("  %s\n", title);
    cJSON_ArrayForEach(one, list)
    {
        printf("    %s\n", one->valuestring);
    }
}

static void print_rows(const char *title, const cJSON *list)
{
    const cJSON *one;
    if (cJSON_GetArraySize(list))
        printf("  %s\n", title);
    cJSON_ArrayForEach(one, list)
    {
        printf("    line %d: %s%s\n", number(one, "line"),
               strcmp(report_string(one, "kind"), "remark") == 0 ? "remark: " : "", report_string(one, "text"));
    }
}

static const char *colour_of(const char *verdict)
{
    static const struct {
        const char *verdict, *colour;
    } table[] = {
        {"equal", "\x1b[32m"}, {"equivalent", "\x1b[32m"}, {"different", "\x1b[33m"},
        {"stale", "\x1b[2m"},  {"not sent", "\x1b[36m"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].verdict, verdict) == 0)
            return table[i].colour;
    return "";
}

/* How T=0 carried the exchange: "[6: 612E, 8: GET RESPONSE 46]", each with the line of its command. */
static void print_folding(const cJSON *row)
{
    const cJSON *raw;
    if (number(row, "raw") < 2)
        return;
    printf(" (%d raw)", number(row, "raw"));
    const char *before = " [";
    cJSON_ArrayForEach(raw, cJSON_GetObjectItem(row, "raw_lines"))
    {
        const char *name = report_string(raw, "name");
        bool fetch = strncmp(name, "GET RESPONSE", 12) == 0;
        printf("%sline %d: %s%s%s", before, number(raw, "line"), fetch ? name : "", fetch ? " -> " : "",
               report_string(raw, "sw"));
        before = ", ";
    }
    printf("]");
}

static void print_bytes(const cJSON *row)
{
    const cJSON *raw;
    printf("              recorded %s\n", report_string(row, "command"));
    if (report_string(row, "core")[0])
        printf("              core     %s\n", report_string(row, "core"));
    if (report_string(row, "answer")[0])
        printf("              answer   %s\n", report_string(row, "answer"));
    if (number(row, "raw") < 2)
        return;
    cJSON_ArrayForEach(raw, cJSON_GetObjectItem(row, "raw_lines"))
    {
        printf("              raw      line %d %s -> ", number(raw, "line"), report_string(raw, "name"));
        if (number(raw, "data"))
            printf("%d bytes, ", number(raw, "data"));
        printf("%s (line %d)\n", report_string(raw, "sw"), number(raw, "answer_line"));
    }
}

static void print_exchange(const cJSON *row, const struct view *v)
{
    const char *verdict = report_string(row, "verdict"), *reason = report_string(row, "reason");
    printf("    line %-4d %s%-10s%s %s -> %s", number(row, "line"), v->colour ? colour_of(verdict) : "", verdict,
           v->colour ? "\x1b[0m" : "", report_string(row, "name"), report_string(row, "sw"));
    print_folding(row);
    printf("%s%s\n", reason[0] ? ": " : "", reason);
    if (v->verbose)
        print_bytes(row);
}

static void print_own(const cJSON *session, const struct view *v)
{
    const cJSON *one;
    int lost = number(session, "own_not_listed");
    if (cJSON_GetArraySize(cJSON_GetObjectItem(session, "own")))
        printf("  sent by the core only\n");
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(session, "own"))
    {
        printf("    the core's own %s -> %s: %s", report_string(one, "name"), report_string(one, "sw"),
               report_string(one, "reason"));
        if (number(one, "after_line"))
            printf(" (after line %d)", number(one, "after_line"));
        printf("\n");
        if (v->verbose)
            printf("              core     %s\n", report_string(one, "command"));
    }
    if (lost)
        printf("    %d more commands of the core are not listed\n", lost);
}

static const char *shade(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 ? "\x1b[32m" : strcmp(verdict, "fail") == 0 ? "\x1b[31m" : "\x1b[33m";
}

static void print_signatures(const cJSON *checks, const struct view *v)
{
    const cJSON *one;
    if (cJSON_GetArraySize(checks))
        printf("  signatures\n");
    cJSON_ArrayForEach(one, checks)
    {
        const char *verdict = report_string(one, "verdict"), *text = report_string(one, "text");
        if (number(one, "line"))
            printf("    line %-4d ", number(one, "line"));
        else
            printf("    %-9s ", "");
        printf("%s%-14s%s %s%s%s\n", v->colour ? shade(verdict) : "", verdict, v->colour ? "\x1b[0m" : "",
               report_string(one, "check"), *text ? ": " : "", text);
    }
}

static void print_recording(const cJSON *s, const struct view *v)
{
    const char *verdict = report_string(s, "recording_verdict");
    printf("  the recording: %s, %s%s%s: %s\n", report_string(s, "recording"), v->colour ? shade(verdict) : "", verdict,
           v->colour ? "\x1b[0m" : "", report_string(s, "recording_reason"));
}

static void print_session(const cJSON *s, int sessions, const struct view *v)
{
    const cJSON *one;
    const char *phase = "";
    printf("session %d of %d, lines %d to %d, %s: %d recorded exchanges", number(s, "session"), sessions,
           number(s, "line"), number(s, "last_line"), report_string(s, "interface"), number(s, "raw"));
    int whole = cJSON_GetArraySize(cJSON_GetObjectItem(s, "exchanges"));
    if (whole != number(s, "raw"))
        printf(", T=0 folded into %d commands", whole);
    printf("\n");
    print_rows("the card", cJSON_GetObjectItem(s, "card"));
    print_list("pinned", cJSON_GetObjectItem(s, "pinned"));
    print_list("assumed", cJSON_GetObjectItem(s, "assumptions"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "exchanges"))
    {
        const char *now = report_string(one, "phase");
        if (*now && strcmp(now, phase) != 0)
            printf("  %s\n", phase = now);
        else if (!*phase)
            printf("  %s\n", phase = "exchanges");
        print_exchange(one, v);
    }
    print_own(s, v);
    print_signatures(cJSON_GetObjectItem(cJSON_GetObjectItem(s, "signatures"), "checks"), v);
    print_recording(s, v);
    print_rows("findings", cJSON_GetObjectItem(s, "findings"));
    printf("  the core: %s, screen \"%s\"", report_string(s, "core"), report_string(s, "screen"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "counts"))
    {
        printf(", %d %s", (int)one->valuedouble, one->string);
    }
    printf("\n");
}

/* A recording that contradicts itself or holds a wrong signature, or a core that breaks off where the recording goes
 * on, fails. --strict: any difference does. */
static bool session_fails(const cJSON *s, bool strict)
{
    const char *core = report_string(s, "core");
    return strcmp(report_string(s, "recording_verdict"), "fail") == 0 || strcmp(core, "broke off") == 0 ||
           (strict && strcmp(core, "accounted for, equal") != 0);
}

/* One file, session by session: a core that crashes in one of them takes only that one along. */
static int replay_file(struct engine_options *o, const char *path, uint64_t only, bool strict, const struct view *v,
                       cJSON *all)
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
        sessions = number(report, "session_count");
        if (!list) {
            cJSON_AddStringToObject(file, "file", path);
            cJSON_AddNumberToObject(file, "session_count", sessions);
            list = cJSON_AddArrayToObject(file, "sessions");
            if (v)
                printf("%s\n", path);
        }
        if (v)
            print_session(s, sessions, v);
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
    const struct view v = {cli_colour(stdout), verbose};
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
