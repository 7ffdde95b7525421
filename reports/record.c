/* Reading a run record back: one JSON object a line (sim/record.h). A record may come from anywhere, so every line is
 * bounded. */
#include "reports/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CAP (1u << 20)

/* A worker that died left its last line half written: the record says so in one event of its own. */
static cJSON *lost_tail(void)
{
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "ev", "lost");
    cJSON_AddStringToObject(event, "text", "the last line is cut off");
    return event;
}

static const char *check_event(const cJSON *event)
{
    if (!event)
        return "not JSON";
    if (!cJSON_IsObject(event))
        return "not a JSON object";
    return cJSON_IsString(cJSON_GetObjectItemCaseSensitive(event, "ev")) ? NULL : "has no \"ev\"";
}

/* NULL: taken (or the end of a record that breaks off). */
static const char *take_line(cJSON *events, const char *line, bool ended)
{
    cJSON *event = cJSON_ParseWithOpts(line, NULL, 1);
    const char *wrong = check_event(event);
    if (wrong && !ended) {
        cJSON_Delete(event);
        event = lost_tail();
        wrong = NULL;
    }
    if (wrong)
        cJSON_Delete(event);
    else
        cJSON_AddItemToArray(events, event);
    return wrong;
}

static const char *load(FILE *file, char *line, size_t max, cJSON *events, size_t *number)
{
    for (size_t count = 0; count < max && fgets(line, LINE_CAP, file); count++) {
        size_t len = strlen(line);
        bool ended = len && line[len - 1] == '\n';
        ++*number;
        if (!ended && len == LINE_CAP - 1)
            return "longer than 1048575 bytes";
        if (!ended && !feof(file))
            return "holds a NUL byte";
        const char *wrong = take_line(events, line, ended);
        if (wrong)
            return wrong;
    }
    return NULL;
}

cJSON *record_load(const char *path, size_t max, char *why, size_t why_cap)
{
    size_t number = 0;
    const char *wrong = NULL;
    FILE *file = fopen(path, "rb");
    char *line = malloc(LINE_CAP);
    cJSON *events = cJSON_CreateArray();
    if (!file)
        snprintf(why, why_cap, "%s: %s", path, strerror(errno));
    else if (!line || !events)
        snprintf(why, why_cap, "%s: out of memory", path);
    else if ((wrong = load(file, line, max, events, &number)))
        snprintf(why, why_cap, "%s:%zu: %s", path, number, wrong);
    else if (ferror(file))
        snprintf(why, why_cap, "%s:%zu: cannot be read", path, number + 1);
    if (!file || !line || !events || wrong || ferror(file)) {
        cJSON_Delete(events);
        events = NULL;
    }
    if (file)
        fclose(file);
    free(line);
    return events;
}
