/* posbench list: what would run. */
#include "cli/cli.h"
#include "reports/output.h"

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
    char **paths;
    if (!cli_scenarios("list", argv + 1, &paths))
        return EXIT_USAGE;
    int status = engine_list(&o, (const char *const *)paths, &cases, why, sizeof why);
    cli_free_paths(paths);
    if (status != EXIT_PASS)
        return cli_usage("list", "%s", why), status;
    if (json)
        cli_print_json(cases);
    cJSON_ArrayForEach(c, cases)
    {
        if (json)
            break;
        join(cJSON_GetObjectItem(c, covers ? "covers" : "tags"), text, sizeof text);
        printf("%-34s ", cJSON_GetStringValue(cJSON_GetObjectItem(c, "id")));
        report_put_plain(stdout, cJSON_GetStringValue(cJSON_GetObjectItem(c, "name")));
        fputs(text[0] ? "  [" : "", stdout);
        report_put_plain(stdout, text);
        fputs(text[0] ? "]\n" : "\n", stdout);
    }
    if (!cJSON_GetArraySize(cases)) {
        cli_usage("list", "no scenario matches");
        status = EXIT_NOTHING;
    }
    cJSON_Delete(cases);
    return status;
}
