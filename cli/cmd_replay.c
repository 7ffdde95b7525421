/* posbench replay: recorded card sessions against the real core; every exchange accounted for. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));
    return text ? text : "";
}

static int number(const cJSON *json, const char *key)
{
    return (int)cJSON_GetNumberValue(cJSON_GetObjectItem(json, key));
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

static void print_session(const cJSON *s, bool colour, bool verbose)
{
    const cJSON *one;
    printf("session %d, line %d, %s: %d recorded exchanges\n", number(s, "session"), number(s, "line"),
           text_of(s, "interface"), number(s, "raw"));
    print_list("pinned", cJSON_GetObjectItem(s, "pinned"));
    print_list("assumed", cJSON_GetObjectItem(s, "assumptions"));
    printf("  exchanges\n");
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "exchanges"))
    {
        const char *verdict = text_of(one, "verdict"), *reason = text_of(one, "reason");
        char raw[24] = "";
        if (number(one, "raw") > 1)
            snprintf(raw, sizeof raw, " (%d raw)", number(one, "raw"));
        printf("    line %-4d %s%-10s%s %s -> %s%s%s%s\n", number(one, "line"), colour ? colour_of(verdict) : "",
               verdict, colour ? "\x1b[0m" : "", text_of(one, "name"), text_of(one, "sw"), raw, reason[0] ? ": " : "",
               reason);
        if (verbose)
            printf("              %s\n", text_of(one, "command"));
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "own"))
    {
        printf("    the core's own %s -> %s: %s\n", text_of(one, "name"), text_of(one, "sw"), text_of(one, "reason"));
    }
    printf("  the recording: %s\n", text_of(s, "recording"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "findings"))
    {
        printf("    line %d: %s\n", number(one, "line"), text_of(one, "text"));
    }
    printf("  the core: %s, screen \"%s\"", text_of(s, "core"), text_of(s, "screen"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "counts"))
    {
        printf(", %d %s", (int)one->valuedouble, one->string);
    }
    printf("\n");
}

/* A recording that contradicts itself, or a core that breaks off where the recording goes on, fails. --strict: any
 * difference does. */
static bool session_fails(const cJSON *s, bool strict)
{
    const char *core = text_of(s, "core");
    return strcmp(text_of(s, "recording"), "inconsistent") == 0 || strcmp(core, "broke off") == 0 ||
           (strict && strcmp(core, "accounted for, equal") != 0);
}

int cmd_replay(int argc, char **argv)
{
    struct engine_options o;
    bool json = false, verbose = false, strict = false, semantic = false;
    char why[700] = "";
    int status = EXIT_PASS;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"core", CLI_TEXT, &o.core},     {"boot", CLI_TEXT, &o.boot},   {"json", CLI_FLAG, &json},
        {"verbose", CLI_FLAG, &verbose}, {"strict", CLI_FLAG, &strict}, {"semantic", CLI_FLAG, &semantic},
        {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("replay", options, &argc, argv))
        return EXIT_USAGE;
    if (argc < 2)
        return cli_usage("replay", "one or more trace files expected");
    cJSON *all = cJSON_CreateArray();
    for (int i = 1; i < argc; i++) {
        cJSON *report = NULL;
        const cJSON *s;
        int one = engine_replay(&o, argv[i], &report, why, sizeof why);
        if (one != EXIT_PASS) {
            cli_usage("replay", "%s", why);
            status = one;
            break;
        }
        if (!json)
            printf("%s\n", argv[i]);
        cJSON_ArrayForEach(s, cJSON_GetObjectItem(report, "sessions"))
        {
            if (!json)
                print_session(s, cli_colour(stdout), verbose);
            status = session_fails(s, strict) ? EXIT_FAILED : status;
        }
        cJSON_AddItemToArray(all, report);
    }
    if (json) {
        char *text = cJSON_Print(all);
        puts(text ? text : "[]");
        free(text);
    }
    cJSON_Delete(all);
    return status;
}
