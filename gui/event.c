/* Words for one event, taken from the page of reports/. See event.h. */
#include "gui/event.h"

#include "reports/html.h"

#include <stdlib.h>
#include <string.h>

#define LONG_VALUE 24u /* characters */
#define DEPTH_MAX 24u

/* ---- markup of the page back to text ---- */

static const struct {
    const char *markup, *text;
} references[] = {
    {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&#10;", " "}, {"&#9;", " "},
};

/* One reference at `in`; returns its length, 0 when it is none. */
static size_t reference(const char *in, char *out)
{
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) {
        size_t len = strlen(references[i].markup);
        if (strncmp(in, references[i].markup, len) == 0) {
            *out = *references[i].text;
            return len;
        }
    }
    return 0;
}

/* In place: tags go, references become characters. Foreign text was escaped before, so every '<' is a tag of ours. */
static void strip(char *text)
{
    char *out = text;
    for (const char *in = text; *in;) {
        size_t len = *in == '&' ? reference(in, out) : 0;
        if (*in == '<') {
            in += strcspn(in, ">");
            in += *in == '>';
        } else if (len) {
            in += len;
            out++;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
}

/* The first bytes that fit, at a character's border. */
static void copy(const char *text, char out[EVENT_TEXT])
{
    size_t len = strlen(text);
    if (len >= EVENT_TEXT) {
        len = EVENT_TEXT - 4;
        while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
            len--;
        memcpy(out, text, len);
        memcpy(out + len, "...", 4);
    } else {
        memcpy(out, text, len + 1);
    }
}

void event_text(const cJSON *event, const cJSON *tree, char out[EVENT_TEXT])
{
    char *text = NULL;
    size_t len;
    out[0] = '\0';
    const struct html page = {.out = open_memstream(&text, &len)};
    if (!page.out)
        return;
    html_summary(&page, event, tree);
    fclose(page.out);
    if (text) {
        strip(text);
        copy(text + strspn(text, " ,"), out);
    }
    free(text);
}

cJSON *event_decode(const cJSON *event, struct decode_state *state)
{
    return html_decode(event, state);
}

/* ---- kinds ---- */

enum event_group event_group(const cJSON *event)
{
    static const struct {
        const char *lane;
        enum event_group group;
    } lanes[] = {
        {"person", EVENT_PERSON},   {"screen", EVENT_SCREEN}, {"paper", EVENT_PAPER},
        {"card", EVENT_CARD},       {"line", EVENT_LINE},     {"host", EVENT_HOST},
        {"storage", EVENT_STORAGE}, {"board", EVENT_BOARD},   {"bench", EVENT_BENCH},
    };
    const char *lane = html_kind(event).lane;
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++)
        if (strcmp(lane, lanes[i].lane) == 0)
            return lanes[i].group;
    return EVENT_BENCH;
}

enum event_mark event_mark(const cJSON *event)
{
    const char *mark = html_mark(event);
    return strcmp(mark, "bad") == 0 ? EVENT_BAD : strcmp(mark, "fault") == 0 ? EVENT_FAULT : EVENT_PLAIN;
}

bool event_is_noise(const cJSON *event)
{
    enum html_fold fold = html_kind(event).fold;
    return fold == FOLD_STORAGE || fold == FOLD_RANDOM || fold == FOLD_LOG ||
           strcmp(report_string(event, "ev"), "se") == 0;
}

/* ---- details ---- */

static void put_fields(const cJSON *event, FILE *out)
{
    const cJSON *field;
    cJSON_ArrayForEach(field, event)
    {
        char *value = cJSON_IsString(field) ? NULL : cJSON_PrintUnformatted(field);
        report_put_plain(out, field->string ? field->string : "");
        fputs(": ", out);
        report_put_plain(out, cJSON_IsString(field) ? field->valuestring : value ? value : "");
        fputc('\n', out);
        cJSON_free(value);
    }
}

/* A node that opens to others shows its bytes in them; the whole stands in the record's line. */
static void put_node(const cJSON *node, unsigned depth, FILE *out)
{
    const cJSON *child, *children = report_item(node, "children");
    const char *value = report_string(node, "value"), *note = report_string(node, "note");
    bool is_long = children && children->child && strlen(value) > LONG_VALUE;
    fprintf(out, "%*s", (int)(2 * depth), "");
    report_put_plain(out, report_string(node, "name"));
    if (is_long)
        fprintf(out, ": %zu bytes", strlen(value) / 2);
    else if (*value) {
        fputs(": ", out);
        report_put_plain(out, value);
    }
    if (*note) {
        fputs(*value ? "  (" : ": ", out);
        report_put_plain(out, note);
        fputs(*value ? ")" : "", out);
    }
    fputc('\n', out);
    if (depth < DEPTH_MAX)
        cJSON_ArrayForEach(child, children) put_node(child, depth + 1, out);
}

char *event_details(const cJSON *event, const cJSON *tree)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    if (tree)
        put_node(tree, 0, out);
    else
        put_fields(event, out);
    fclose(out);
    return text;
}
