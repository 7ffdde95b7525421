/* Options, suggestions, messages: what the subcommands share. */
#include "cli/cli.h"
#include "reports/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line, whatever stands in the names and texts it quotes. */
static void put_line(const char *command, const char *format, va_list args)
{
    char text[4 * PATH_MAX];
    vsnprintf(text, sizeof text, format, args);
    fprintf(stderr, "posbench%s%s: ", command[0] ? " " : "", command);
    for (char *p = text; (p = strchr(p, '\n'));)
        *p = ' ';
    report_put_plain(stderr, text);
    fputc('\n', stderr);
}

int cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(command, format, args);
    va_end(args);
    return EXIT_USAGE;
}

bool cli_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR");
    return isatty(fileno(out)) && (!no || !*no);
}

/* Edits (insert, delete, replace) from one word to the other, with an early end at 3. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), row[64];
    if (n > 62 || m > 62)
        return 9;
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t replace = diagonal + (a[i - 1] != b[j - 1]),
                   best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = replace < best ? replace : best;
        }
    }
    return row[m];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t least = 4;
    for (; *names; names++) {
        size_t d = distance(word, *names);
        if (d < least && d < strlen(*names)) {
            least = d;
            best = *names;
        }
    }
    return best;
}

static const struct cli_option *find(const struct cli_option *options, const char *name, size_t len)
{
    for (; options->name; options++)
        if (strlen(options->name) == len && strncmp(options->name, name, len) == 0)
            return options;
    return NULL;
}

static bool unknown(const char *command, const struct cli_option *options, const char *arg)
{
    const char *names[64];
    size_t n = 0;
    for (; options[n].name && n < 63; n++)
        names[n] = options[n].name;
    names[n] = NULL;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg, "="), arg);
    const char *near = cli_nearest(word, names);
    if (near)
        cli_usage(command, "there is no option --%s; did you mean --%s?", word, near);
    else
        cli_usage(command, "there is no option --%s; ./posbench help %s lists them", word, command);
    return false;
}

static bool store(const char *command, const struct cli_option *o, const char *value)
{
    char *end;
    if (o->kind == CLI_TEXT) {
        *(const char **)o->target = value;
        return true;
    }
    errno = 0;
    uint64_t number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno == EINVAL) {
        cli_usage(command, "--%s: a whole number expected, found '%s'", o->name, value);
        return false;
    }
    if (errno) {
        cli_usage(command, "--%s: %s is too large; at most 18446744073709551615", o->name, value);
        return false;
    }
    if (o->kind == CLI_COUNT && !number) {
        cli_usage(command, "--%s: a number from 1 expected, found '%s'", o->name, value);
        return false;
    }
    *(uint64_t *)o->target = number;
    return true;
}

bool cli_parse(const char *command, const struct cli_option *options, int *argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        char *arg = argv[i];
        if (strcmp(arg, "--") == 0) {
            while (++i < *argc)
                argv[kept++] = argv[i];
            break;
        }
        if (arg[0] != '-' || !arg[1]) { /* "-" alone is standard input or output */
            argv[kept++] = arg;
            continue;
        }
        if (arg[1] != '-') {
            cli_usage(command, "there is no option %s; options are written --name, ./posbench help %s lists them", arg,
                      command);
            return false;
        }
        size_t len = strcspn(arg + 2, "=");
        const struct cli_option *o = find(options, arg + 2, len);
        if (!o)
            return unknown(command, options, arg + 2);
        const char *value = arg[2 + len] ? arg + 3 + len : NULL;
        if (o->kind == CLI_FLAG && value) {
            cli_usage(command, "--%s takes no value", o->name);
            return false;
        }
        if (o->kind == CLI_FLAG) {
            *(bool *)o->target = true;
            continue;
        }
        if (!value && ++i < *argc)
            value = argv[i];
        if (!value) {
            cli_usage(command, "--%s needs a value", o->name);
            return false;
        }
        if (!store(command, o, value))
            return false;
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}

bool cli_within(const char *command, const char *option, uint64_t value, uint64_t least, uint64_t most)
{
    if (value >= least && value <= most)
        return true;
    cli_usage(command, "--%s: %" PRIu64 " to %" PRIu64 " expected, found %" PRIu64, option, least, most, value);
    return false;
}

void cli_print_json(const cJSON *json)
{
    char *text = cJSON_Print(json);
    puts(text ? text : "null");
    free(text);
}
