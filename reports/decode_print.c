/* A decoded tree as indented text, for the terminal. */
#include "reports/decode.h"
#include "reports/output.h"

#define DEPTH_MAX 24

static void print_node(const cJSON *node, unsigned depth, FILE *out)
{
    const cJSON *child;
    const char *value = decode_get(node, "value"), *note = decode_get(node, "note");
    fprintf(out, "%*s", (int)(2 * depth), "");
    report_put_plain(out, decode_get(node, "name"));
    if (*value) {
        fputs(": ", out);
        report_put_plain(out, value);
    }
    if (*note) {
        fputs(*value ? "  (" : ": ", out);
        report_put_plain(out, note);
        if (*value)
            fputc(')', out);
    }
    fputc('\n', out);
    if (depth < DEPTH_MAX)
        cJSON_ArrayForEach(child, report_item(node, "children")) print_node(child, depth + 1, out);
}

void decode_print(const cJSON *tree, FILE *out)
{
    if (tree)
        print_node(tree, 0, out);
}
