/* posbench list: what would run; posbench api: what a scenario may call. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static void join(const cJSON *texts, char *out, size_t cap)
{
    const cJSON *t;
    out[0] = '\0';
    cJSON_ArrayForEach(t, texts)
    {
        size_t len = strlen(out);
        snprintf(out + len, cap - len, "%s%s", len ? ", " : "", cJSON_IsString(t) ? t->valuestring : "?");
    }
}

static void print_json(const cJSON *json)
{
    char *text = cJSON_Print(json);
    puts(text ? text : "null");
    free(text);
}

int cmd_list(int argc, char **argv)
{
    struct engine_options o;
    bool json = false, covers = false;
    char why[700] = "", text[600];
    cJSON *cases = NULL;
    const cJSON *c;
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"filter", CLI_TEXT, &o.filter}, {"tag", CLI_TEXT, &o.tag}, {"json", CLI_FLAG, &json},
        {"covers", CLI_FLAG, &covers},   {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("list", options, &argc, argv))
        return EXIT_USAGE;
    int status = engine_list(&o, (const char *const *)argv + 1, &cases, why, sizeof why);
    if (status != EXIT_PASS)
        return cli_usage("list", "%s", why), status;
    if (json)
        print_json(cases);
    cJSON_ArrayForEach(c, cases)
    {
        if (json)
            break;
        join(cJSON_GetObjectItem(c, covers ? "covers" : "tags"), text, sizeof text);
        printf("%-34s %s%s%s%s\n", cJSON_GetStringValue(cJSON_GetObjectItem(c, "id")),
               cJSON_GetStringValue(cJSON_GetObjectItem(c, "name")), text[0] ? "  [" : "", text, text[0] ? "]" : "");
    }
    status = cJSON_GetArraySize(cases) ? EXIT_PASS : EXIT_NOTHING;
    cJSON_Delete(cases);
    return status;
}

int cmd_api(int argc, char **argv)
{
    bool json = false;
    const struct cli_option options[] = {{"json", CLI_FLAG, &json}, {NULL, CLI_FLAG, NULL}};
    if (!cli_parse("api", options, &argc, argv))
        return EXIT_USAGE;
    cJSON *api = engine_api();
    const cJSON *row;
    if (json)
        print_json(api);
    cJSON_ArrayForEach(row, api)
    {
        const char *module = cJSON_GetStringValue(cJSON_GetObjectItem(row, "module"));
        bool method = strcmp(module, "terminal") == 0 || strcmp(module, "card") == 0;
        if (!json)
            printf("%s%s%s(%s)\n    %s\n", module, method ? ":" : ".",
                   cJSON_GetStringValue(cJSON_GetObjectItem(row, "name")),
                   cJSON_GetStringValue(cJSON_GetObjectItem(row, "args")),
                   cJSON_GetStringValue(cJSON_GetObjectItem(row, "doc")));
    }
    cJSON_Delete(api);
    return EXIT_PASS;
}
