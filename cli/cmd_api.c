/*
 * posbench api: the Lua functions of a scenario, from the very rows that install them. As text, as JSON, as the
 * reference part of docs/scenarios.md (--markdown), and as definitions for editors (--luals: docs/posbench.lua).
 */
#include "cli/cli.h"

#include <string.h>

static const struct {
    const char *module, *title;
    bool method;
} modules[] = {
    {"bench", "The bench: terminals, time", false},
    {"terminal", "A terminal, as `bench.terminal` returns it", true},
    {"cards", "Cards", false},
    {"card", "A card, as `cards.load` returns it", true},
    {"host", "The acquirer's host", false},
    {"net", "The line between terminal and host", false},
    {"expect", "Expectations", false},
};

struct row {
    const char *module, *name, *args, *doc;
};

static struct row row_of(const cJSON *json)
{
    return (struct row){cJSON_GetStringValue(cJSON_GetObjectItem(json, "module")),
                        cJSON_GetStringValue(cJSON_GetObjectItem(json, "name")),
                        cJSON_GetStringValue(cJSON_GetObjectItem(json, "args")),
                        cJSON_GetStringValue(cJSON_GetObjectItem(json, "doc"))};
}

static const char *title_of(const char *module)
{
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(modules[i].module, module) == 0)
            return modules[i].title;
    return module;
}

static bool is_method(const char *module)
{
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(modules[i].module, module) == 0)
            return modules[i].method;
    return false;
}

/* "t:sale(amount)", "net.speed { latency_ms, bytes_per_s }": one table needs no parentheses in Lua. */
static void put_call(const struct row *r)
{
    const char *object = strcmp(r->module, "terminal") == 0 ? "t" : r->module;
    bool table = r->args[0] == '{' && strchr(r->args, '}') && !strchr(r->args, '}')[1];
    printf("%s%s%s%s%s%s", object, is_method(r->module) ? ":" : ".", r->name, table ? " " : "(", r->args,
           table ? "" : ")");
}

static void put_text(const cJSON *api)
{
    const cJSON *json;
    cJSON_ArrayForEach(json, api)
    {
        struct row r = row_of(json);
        put_call(&r);
        printf("\n    %s\n", r.doc);
    }
}

/* In a table cell "|" would end the cell. */
static void put_cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' ? "\\%c" : "%c", *text);
}

static void put_markdown(const cJSON *api)
{
    const cJSON *json;
    const char *module = "";
    cJSON_ArrayForEach(json, api)
    {
        struct row r = row_of(json);
        if (strcmp(r.module, module) != 0)
            printf("%s### %s\n\n| call | what it does |\n|---|---|\n", *module ? "\n" : "", title_of(r.module));
        module = r.module;
        fputs("| `", stdout);
        put_call(&r);
        fputs("` | ", stdout);
        put_cell(r.doc);
        fputs(" |\n", stdout);
    }
}

/* ---- LuaLS ---- */

/* The next parameter of "terminal, name [, seconds]": its name, whether it may be left out, whether it is a table. The
 * names inside a table of options are its comment. */
struct parameter {
    char name[32];
    bool optional, table;
};

static bool next_parameter(const char **at, bool *optional, struct parameter *p)
{
    size_t n = 0;
    for (; **at && strchr("[], ", **at); ++*at)
        *optional |= **at == '[';
    memset(p, 0, sizeof *p);
    p->optional = *optional;
    if (**at == '{') {
        p->table = true;
        snprintf(p->name, sizeof p->name, "options");
        *at += strcspn(*at, "}") + (strchr(*at, '}') != NULL);
        return true;
    }
    for (; **at && !strchr("[], ", **at) && n + 1 < sizeof p->name; ++*at)
        p->name[n++] = **at;
    p->optional |= strncmp(*at, " or nil", 7) == 0;
    if (p->optional && strncmp(*at, " or nil", 7) == 0)
        *at += 7;
    if (strcmp(p->name, "function") == 0) /* a word of the language */
        snprintf(p->name, sizeof p->name, "body");
    return n > 0;
}

/* Names whose type is known wherever they stand; the others may be anything. */
static const char *type_of(const struct parameter *p)
{
    static const char *const types[][2] = {
        {"terminal", "terminal"}, {"card", "card"},    {"name", "string"}, {"amount", "string"}, {"seconds", "number"},
        {"digits", "string"},     {"words", "string"}, {"kind", "string"}, {"mti", "string"},    {"count", "integer"},
        {"back", "integer"},      {"key", "string"},   {"body", "fun()"},  {"text", "string"},   {"what", "string"},
        {"there", "boolean"},     {"on", "boolean"},
    };
    for (size_t i = 0; !p->table && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i][0], p->name) == 0)
            return types[i][1];
    return p->table ? "table" : "any";
}

static const char *returns(const struct row *r)
{
    static const char *const known[][3] = {
        {"bench", "terminal", "terminal"}, {"cards", "load", "card"},
        {"card", "fault", "card"},         {"card", "heal", "card"},
        {"card", "twist", "card"},         {"card", "counters", "table"},
        {"card", "balance", "integer"},    {"card", "masked_pan", "string"},
        {"bench", "now", "number"},        {"host", "last", "table?"},
        {"host", "count", "integer"},      {"host", "ledger", "table[]"},
        {"terminal", "screen", "table"},   {"terminal", "receipt", "string"},
        {"terminal", "inspect", "table"},  {"terminal", "hash", "string"},
        {"terminal", "noted", "any"},      {"bench", "scenario", "fun(fields: table)"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], r->module) == 0 && strcmp(known[i][1], r->name) == 0)
            return known[i][2];
    return NULL;
}

static void put_definition(const struct row *r)
{
    struct parameter p;
    bool optional = false;
    printf("---%s\n", r->doc);
    if (*r->args)
        printf("---`%s`\n", r->args);
    for (const char *at = r->args; next_parameter(&at, &optional, &p);)
        printf("---@param %s%s %s\n", p.name, p.optional ? "?" : "", type_of(&p));
    if (returns(r))
        printf("---@return %s\n", returns(r));
    printf("function %s%s%s(", r->module, is_method(r->module) ? ":" : ".", r->name);
    optional = false;
    bool more = false;
    for (const char *at = r->args; next_parameter(&at, &optional, &p); more = true)
        printf("%s%s", more ? ", " : "", p.name);
    printf(") end\n\n");
}

static void put_luals(const cJSON *api)
{
    const cJSON *json;
    const char *module = "";
    printf("---@meta\n-- Made by: ./posbench api --luals\n\n");
    cJSON_ArrayForEach(json, api)
    {
        struct row r = row_of(json);
        if (strcmp(r.module, module) != 0)
            printf("---%s.\n---@class %s\n%s%s = {}\n\n", title_of(r.module), r.module,
                   is_method(r.module) ? "local " : "", r.module);
        module = r.module;
        put_definition(&r);
    }
    printf("scenario = bench.scenario\n");
}

int cmd_api(int argc, char **argv)
{
    bool json = false, markdown = false, luals = false;
    const struct cli_option options[] = {{"json", CLI_FLAG, &json},
                                         {"markdown", CLI_FLAG, &markdown},
                                         {"luals", CLI_FLAG, &luals},
                                         {NULL, CLI_FLAG, NULL}};
    if (!cli_parse("api", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 1)
        return cli_usage("api", "takes no operand, found '%s'", argv[1]);
    if (json + markdown + luals > 1)
        return cli_usage("api", "one of --json, --markdown and --luals");
    cJSON *api = engine_api();
    if (json)
        cli_print_json(api);
    else
        (markdown ? put_markdown : luals ? put_luals : put_text)(api);
    cJSON_Delete(api);
    return EXIT_PASS;
}
