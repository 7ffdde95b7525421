/* Two decoded trees (report.h: name, value, note, children) side by side: the leaves that differ. Called by
 * diff_event.c and diff_trace.c. */
#include "reports/diff.h"

#include "reports/decode.h"
#include "reports/output.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 24
#define PATH_CAP 400

void diff_field(cJSON *fields, const char *name, const char *a, const char *b)
{
    if (cJSON_GetArraySize(fields) >= DIFF_FIELDS)
        return;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", name);
    cJSON_AddStringToObject(row, "a", a);
    cJSON_AddStringToObject(row, "b", b);
    cJSON_AddItemToArray(fields, row);
}

static void words(const cJSON *node, char *out, size_t cap)
{
    const char *value = decode_get(node, "value"), *note = decode_get(node, "note");
    snprintf(out, cap, "%s%s%s%s", value, *value && *note ? "  (" : "", note, *value && *note ? ")" : "");
}

static void leaf(cJSON *fields, const char *path, const cJSON *a, const cJSON *b)
{
    char text_a[1200] = "", text_b[1200] = "";
    if (a)
        words(a, text_a, sizeof text_a);
    if (b)
        words(b, text_b, sizeof text_b);
    if ((a && b && strcmp(text_a, text_b) != 0) || !a != !b)
        diff_field(fields, path, a && !*text_a ? "present" : text_a, b && !*text_b ? "present" : text_b);
}

/* The child with the name of `like` that stands as often behind its namesakes as `like` does. */
static const cJSON *partner(const cJSON *like, const cJSON *own, const cJSON *others)
{
    const char *name = decode_get(like, "name");
    const cJSON *c;
    unsigned before = 0;
    for (c = own ? own->child : NULL; c && c != like; c = c->next)
        before += strcmp(decode_get(c, "name"), name) == 0;
    cJSON_ArrayForEach(c, others)
    {
        if (strcmp(decode_get(c, "name"), name) == 0 && before-- == 0)
            return c;
    }
    return NULL;
}

static void walk(const cJSON *a, const cJSON *b, const char *path, unsigned depth, cJSON *fields)
{
    const cJSON *in_a = report_item(a, "children"), *in_b = report_item(b, "children"), *c;
    int before = cJSON_GetArraySize(fields);
    char below[PATH_CAP];
    if (depth < DEPTH_MAX && cJSON_GetArraySize(in_a) && cJSON_GetArraySize(in_b)) {
        cJSON_ArrayForEach(c, in_a)
        {
            const cJSON *other = partner(c, in_a, in_b);
            snprintf(below, sizeof below, "%s%s%s", path, *path ? " > " : "", decode_get(c, "name"));
            if (other)
                walk(c, other, below, depth + 1, fields);
            else
                leaf(fields, below, c, NULL);
        }
        cJSON_ArrayForEach(c, in_b)
        {
            snprintf(below, sizeof below, "%s%s%s", path, *path ? " > " : "", decode_get(c, "name"));
            if (!partner(c, in_b, in_a))
                leaf(fields, below, NULL, c);
        }
    }
    if (cJSON_GetArraySize(fields) == before)
        leaf(fields, *path ? path : decode_get(a, "name"), a, b);
}

void diff_trees(const cJSON *a, const cJSON *b, cJSON *fields)
{
    if (a && b)
        walk(a, b, "", 0, fields);
}

/* Names of leaves that hold random numbers or what is computed from them, or the time of day. */
static bool is_drawn(const char *name)
{
    static const char *const drawn[] = {"9F37 ", "9F26 ", "9F4B ", "9F4C ", "91 ",      "ARPC",
                                        "DE64 ", "DE52 ", "DE12 ", "9F21 ", "challenge"};
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (strncmp(name, drawn[i], strlen(drawn[i])) == 0)
            return true;
    return false;
}

void diff_tree_drop_drawn(cJSON *tree)
{
    cJSON *child, *children = cJSON_GetObjectItem(tree, "children");
    const char *name = decode_get(tree, "name"), *value = decode_get(tree, "value");
    bool drawn = is_drawn(name);
    if (strncmp(name, "80 ", 3) == 0 && !children && strlen(value) >= 22) { /* CID, ATC, cryptogram, issuer data */
        char text[600];
        snprintf(text, sizeof text, "%.6s#%s", value, value + 22);
        decode_value(tree, text);
    }
    if (drawn || cJSON_GetArraySize(children))
        cJSON_DeleteItemFromObject(tree, "value"); /* a parent's is its children's once more */
    if (drawn) {
        cJSON_DeleteItemFromObject(tree, "note");
        cJSON_DeleteItemFromObject(tree, "children");
    } else
        cJSON_ArrayForEach(child, children) diff_tree_drop_drawn(child);
}
