/* posbench decode: says what a piece of hex is, and shows it. From the argument, a file, or standard input, a line at a
 * time. */
#include "cli/cli.h"
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_ 65536

static int show(const char *text, bool json, const char *place)
{
    cJSON *tree = decode_any(text);
    if (!tree)
        return cli_usage("decode", "%s: neither hex of an ATR, APDU, TLV or ISO 8583 message, nor track data", place);
    if (json)
        cli_print_json(tree);
    else
        decode_print(tree, stdout);
    cJSON_Delete(tree);
    return EXIT_PASS;
}

static int lines(FILE *f, bool json, const char *name)
{
    char *line = malloc(LINE_MAX_);
    int status = EXIT_NOTHING;
    for (unsigned n = 1; line && fgets(line, LINE_MAX_, f); n++) {
        char place[600];
        line[strcspn(line, "\r\n")] = '\0';
        if (!line[strspn(line, " \t")] || line[0] == '#')
            continue;
        snprintf(place, sizeof place, "%s:%u", name, n);
        int one = show(line, json, place);
        status = status == EXIT_USAGE ? status : one;
    }
    free(line);
    return status == EXIT_NOTHING ? cli_usage("decode", "%s: holds no line to decode", name), status : status;
}

/* A file, "-" for standard input, or the hex itself. */
static int operand(const char *text, bool json)
{
    struct stat st;
    if (strcmp(text, "-") == 0)
        return lines(stdin, json, "standard input");
    if (stat(text, &st) != 0)
        return show(text, json, text);
    FILE *f = S_ISDIR(st.st_mode) ? NULL : fopen(text, "rb");
    if (!f)
        return cli_usage("decode", "%s: %s", text, strerror(S_ISDIR(st.st_mode) ? EISDIR : errno));
    int status = lines(f, json, text);
    fclose(f);
    return status;
}

int cmd_decode(int argc, char **argv)
{
    bool json = false;
    const struct cli_option options[] = {{"json", CLI_FLAG, &json}, {NULL, CLI_FLAG, NULL}};
    if (!cli_parse("decode", options, &argc, argv))
        return EXIT_USAGE;
    if (argc < 2) {
        if (isatty(STDIN_FILENO))
            fprintf(stderr, "posbench decode: reading hex from the keyboard, a line each; Ctrl-D ends\n");
        return lines(stdin, json, "standard input");
    }
    int status = EXIT_PASS;
    for (int i = 1; i < argc && status == EXIT_PASS; i++)
        status = operand(argv[i], json);
    return status;
}
