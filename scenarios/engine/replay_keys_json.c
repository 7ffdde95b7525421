/* CA keys written as JSON: one object or a list of them. Called by replay_keys.c. */
#include "scenarios/engine/replay_keys_reader.h"

#include "core/status.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

static unsigned line_at(const struct keys_reader *r, const char *at)
{
    unsigned line = 1;
    for (const char *p = r->text; p < at && p < r->text + r->len; p++)
        line += *p == '\n';
    return line;
}

/* Where the n-th object begins: cJSON keeps no places. The text is known to be JSON. */
static unsigned line_of(const struct keys_reader *r, bool list, size_t n)
{
    unsigned depth = 0, line = 1;
    bool quoted = false;
    for (const char *p = r->text; p < r->text + r->len; p++) {
        line += *p == '\n';
        if (quoted && *p == '\\')
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && (*p == '{' || *p == '[')) {
            if (depth++ == (list ? 1u : 0u) && n-- == 0)
                return line;
        } else if (!quoted && (*p == '}' || *p == ']') && depth)
            depth--;
    }
    return line;
}

static int read_one(struct keys_reader *r, const cJSON *object, unsigned line)
{
    struct key_text t = {.line = line};
    const cJSON *item;
    char number[FIELD_COUNT][24];
    if (!cJSON_IsObject(object))
        return keys_refuse(r, line, "an object with rid, index, modulus and exponent expected");
    cJSON_ArrayForEach(item, object)
    {
        enum key_field field = keys_field(item->string, strlen(item->string));
        if (field == FIELD_COUNT)
            continue; /* a note, a name */
        if (cJSON_IsNull(item))
            continue;
        if (t.field[field].text)
            return keys_refuse(r, line, "%s stands there a second time", item->string);
        if (cJSON_IsString(item))
            t.field[field].text = item->valuestring;
        else if (cJSON_IsNumber(item) && (field == FIELD_EXPONENT || field == FIELD_BITS || field == FIELD_ALGORITHM) &&
                 item->valuedouble >= 0 && item->valuedouble <= 0xFFFFFF) {
            snprintf(number[field], sizeof number[field], field == FIELD_EXPONENT ? "%06X" : "%u",
                     (unsigned)item->valuedouble);
            t.field[field].text = number[field];
        } else
            return keys_refuse(r, line, "%s: text of hex digits expected", item->string);
        t.field[field].len = strlen(t.field[field].text);
    }
    return keys_add(r, &t);
}

int keys_read_json(struct keys_reader *r)
{
    const char *end = r->text;
    cJSON *json = cJSON_ParseWithLengthOpts(r->text, r->len, &end, false);
    int status = OK;
    size_t n = 0;
    const cJSON *one;
    if (!json)
        return keys_refuse(r, line_at(r, end), "this is no JSON");
    while (end < r->text + r->len && strchr(" \t\r\n", *end))
        end++;
    if (end < r->text + r->len)
        status = keys_refuse(r, line_at(r, end),
                             "something stands behind the JSON; several keys are a list: [{..}, "
                             "{..}]");
    else if (!cJSON_IsArray(json))
        status = read_one(r, json, line_of(r, false, 0));
    else if (!cJSON_GetArraySize(json))
        status = keys_refuse(r, 1, "there is no CA key in it");
    else
        cJSON_ArrayForEach(one, json)
        {
            if (status == OK)
                status = read_one(r, one, line_of(r, true, n));
            n++;
        }
    cJSON_Delete(json);
    return status;
}
