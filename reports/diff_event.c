/* Two events of run records, member by member, with APDUs and messages decoded; and one event as a line. Called by
 * diff_record.c. */
#include "reports/diff.h"

#include "reports/output.h"
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

static char *as_text(const cJSON *item)
{
    if (!item)
        return strdup("");
    return cJSON_IsString(item) ? strdup(item->valuestring) : cJSON_PrintUnformatted(item);
}

static bool same(const cJSON *a, const cJSON *b)
{
    return a && b ? cJSON_Compare(a, b, 1) : a == b;
}

/* Frames of the line and ATRs: decoded when both are known, the bytes otherwise. */
static bool decoded(const char *kind, const cJSON *a, const cJSON *b, cJSON *fields)
{
    bool atr = strcmp(kind, "atr") == 0, frame = strcmp(kind, "send") == 0 || strcmp(kind, "recv") == 0;
    if ((!atr && !frame) || !cJSON_IsString(a) || !cJSON_IsString(b))
        return false;
    cJSON *tree_a = (atr ? decode_atr : decode_message)(a->valuestring);
    cJSON *tree_b = (atr ? decode_atr : decode_message)(b->valuestring);
    int before = cJSON_GetArraySize(fields);
    diff_trees(tree_a, tree_b, fields);
    cJSON_Delete(tree_a);
    cJSON_Delete(tree_b);
    return cJSON_GetArraySize(fields) > before;
}

static void member(const char *kind, const char *key, const cJSON *a, const cJSON *b, cJSON *fields)
{
    if (same(a, b) || (strcmp(key, "hex") == 0 && decoded(kind, a, b, fields)))
        return;
    char *text_a = as_text(a), *text_b = as_text(b);
    if (text_a && text_b)
        diff_field(fields, key, text_a, text_b);
    free(text_a);
    free(text_b);
}

static bool counts(const char *key, bool macs, bool apdu)
{
    if (strcmp(key, "n") == 0 || strcmp(key, "t") == 0 || strcmp(key, "us") == 0)
        return false;
    if (apdu && (strcmp(key, "c") == 0 || strcmp(key, "r") == 0))
        return false;
    return macs || strcmp(key, "mac") != 0;
}

void diff_events(const cJSON *a, const cJSON *b, const cJSON *apdu_a, const cJSON *apdu_b, bool macs, cJSON *fields)
{
    const char *kind = report_string(a, "ev");
    const cJSON *item;
    bool apdu = apdu_a && apdu_b;
    if (apdu)
        diff_trees(report_item(apdu_a, "children") ? apdu_a : NULL, apdu_b, fields);
    cJSON_ArrayForEach(item, a)
    {
        if (counts(item->string, macs, apdu))
            member(kind, item->string, item, report_item(b, item->string), fields);
    }
    cJSON_ArrayForEach(item, b)
    {
        if (counts(item->string, macs, apdu) && !report_item(a, item->string))
            member(kind, item->string, NULL, item, fields);
    }
}

/* "screen idle", "apdu GENERATE AC: ARQC (9000)", "fs write 12 data.db". */
char *diff_event_text(const cJSON *event, const cJSON *apdu)
{
    char *text = NULL;
    size_t len;
    const cJSON *item;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    if (!event)
        fputs("the last line is cut off", out);
    else {
        fprintf(out, "%.6f s  %s", report_number(event, "t") / 1e6, report_string(event, "ev"));
        if (apdu)
            fprintf(out, " %s -> %s", report_string(apdu, "value"), report_string(apdu, "note"));
        cJSON_ArrayForEach(item, event)
        {
            char *value =
                counts(item->string, false, apdu != NULL) && strcmp(item->string, "ev") != 0 ? as_text(item) : NULL;
            if (value)
                fprintf(out, " %s=%.200s", item->string, value);
            free(value);
        }
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
