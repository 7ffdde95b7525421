/* The commands that a sweep's reports name: the sweep itself, and one fault of it played again. */
#include "reports/shell.h"
#include "reports/sweep_view.h"

#include <string.h>

struct command {
    char *out;
    size_t len;
};

static void add(struct command *c, const char *text)
{
    size_t room = SWEEP_COMMAND_MAX - c->len;
    int len = snprintf(c->out + c->len, room, "%s", text);
    c->len += len >= 0 && (size_t)len < room ? (size_t)len : room - 1;
}

static void add_quoted(struct command *c, const char *text)
{
    char word[SWEEP_COMMAND_MAX];
    shell_quote(text, word, sizeof word);
    add(c, word);
}

static void add_option(struct command *c, const char *name, const char *value)
{
    if (!*value)
        return;
    add(c, " --");
    add(c, name);
    add(c, " ");
    add_quoted(c, value);
}

static void add_case(struct command *c, const cJSON *sweep)
{
    add_quoted(c, report_string(sweep, "file"));
    add_option(c, "filter", report_string(sweep, "id"));
}

static void add_images(struct command *c, const cJSON *sweep)
{
    add_option(c, "seed", report_string(sweep, "seed"));
    add_option(c, "core", report_string(sweep, "core_path"));
    add_option(c, "boot", report_string(sweep, "boot_path"));
}

static void add_number(struct command *c, const cJSON *options, const char *name)
{
    char text[32];
    snprintf(text, sizeof text, "%.0f", report_number(options, name));
    add_option(c, name, report_item(options, name) ? text : "");
}

/* The engine takes names with commas between. */
static void add_list(struct command *c, const char *name, const cJSON *list)
{
    char text[600] = "";
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s", len ? "," : "", cJSON_IsString(item) ? item->valuestring : "");
    }
    add_option(c, name, text);
}

void sweep_command(const cJSON *sweep, char out[SWEEP_COMMAND_MAX])
{
    struct command c = {.out = out};
    const cJSON *o = report_item(sweep, "options");
    if (*report_string(sweep, "command")) {
        add(&c, report_string(sweep, "command"));
        return;
    }
    add(&c, "./posbench sweep ");
    add_case(&c, sweep);
    add_list(&c, "fault", report_item(o, "faults"));
    add_number(&c, o, "depth");
    add(&c, cJSON_IsTrue(report_item(o, "closure")) ? " --closure" : "");
    add(&c, cJSON_IsTrue(report_item(o, "subsets")) ? " --subsets" : "");
    add_list(&c, "modes", report_item(o, "modes"));
    if (report_number(o, "budget") > 0)
        add_number(&c, o, "budget");
    add_images(&c, sweep);
}

void sweep_replay(const cJSON *sweep, char before[SWEEP_COMMAND_MAX], char after[SWEEP_COMMAND_MAX])
{
    struct command first = {.out = before}, last = {.out = after};
    add(&first, "./posbench run ");
    add_case(&first, sweep);
    add(&first, " --fault ");
    after[0] = '\0';
    add_images(&last, sweep);
}
