/* The report of a replayed session as text: what was found, exchange by exchange. Called by cmd_replay.c. */
#include "cli/replay.h"

#include "reports/output.h"

#include <string.h>

static int number(const cJSON *json, const char *key)
{
    return (int)report_number(json, key);
}

static void print_list(const char *title, const cJSON *list)
{
    const cJSON *one;
    if (cJSON_GetArraySize(list))
        printf("  %s\n", title);
    cJSON_ArrayForEach(one, list)
    {
        printf("    %s\n", one->valuestring);
    }
}

static void print_rows(const char *title, const cJSON *list)
{
    const cJSON *one;
    if (cJSON_GetArraySize(list))
        printf("  %s\n", title);
    cJSON_ArrayForEach(one, list)
    {
        printf("    line %d: %s%s\n", number(one, "line"),
               strcmp(report_string(one, "kind"), "remark") == 0 ? "remark: " : "", report_string(one, "text"));
    }
}

static const char *colour_of(const char *verdict)
{
    static const struct {
        const char *verdict, *colour;
    } table[] = {
        {"equal", "\x1b[32m"}, {"equivalent", "\x1b[32m"}, {"different", "\x1b[33m"},
        {"stale", "\x1b[2m"},  {"not sent", "\x1b[36m"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].verdict, verdict) == 0)
            return table[i].colour;
    return "";
}

/* How T=0 carried the exchange: "[6: 612E, 8: GET RESPONSE 46]", each with the line of its command. */
static void print_folding(const cJSON *row)
{
    const cJSON *raw;
    if (number(row, "raw") < 2)
        return;
    printf(" (%d raw)", number(row, "raw"));
    const char *before = " [";
    cJSON_ArrayForEach(raw, cJSON_GetObjectItem(row, "raw_lines"))
    {
        const char *name = report_string(raw, "name");
        bool fetch = strncmp(name, "GET RESPONSE", 12) == 0;
        printf("%sline %d: %s%s%s", before, number(raw, "line"), fetch ? name : "", fetch ? " -> " : "",
               report_string(raw, "sw"));
        before = ", ";
    }
    printf("]");
}

static void print_bytes(const cJSON *row)
{
    const cJSON *raw;
    printf("              recorded %s\n", report_string(row, "command"));
    if (report_string(row, "core")[0])
        printf("              core     %s\n", report_string(row, "core"));
    if (report_string(row, "answer")[0])
        printf("              answer   %s\n", report_string(row, "answer"));
    if (number(row, "raw") < 2)
        return;
    cJSON_ArrayForEach(raw, cJSON_GetObjectItem(row, "raw_lines"))
    {
        printf("              raw      line %d %s -> ", number(raw, "line"), report_string(raw, "name"));
        if (number(raw, "data"))
            printf("%d bytes, ", number(raw, "data"));
        printf("%s (line %d)\n", report_string(raw, "sw"), number(raw, "answer_line"));
    }
}

static void print_exchange(const cJSON *row, const struct replay_view *v)
{
    const char *verdict = report_string(row, "verdict"), *reason = report_string(row, "reason");
    printf("    line %-4d %s%-10s%s %s -> %s", number(row, "line"), v->colour ? colour_of(verdict) : "", verdict,
           v->colour ? "\x1b[0m" : "", report_string(row, "name"), report_string(row, "sw"));
    print_folding(row);
    printf("%s%s\n", reason[0] ? ": " : "", reason);
    if (v->verbose)
        print_bytes(row);
}

static void print_own(const cJSON *session, const struct replay_view *v)
{
    const cJSON *one;
    int lost = number(session, "own_not_listed");
    if (cJSON_GetArraySize(cJSON_GetObjectItem(session, "own")))
        printf("  sent by the core only\n");
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(session, "own"))
    {
        printf("    the core's own %s -> %s: %s", report_string(one, "name"), report_string(one, "sw"),
               report_string(one, "reason"));
        if (number(one, "after_line"))
            printf(" (after line %d)", number(one, "after_line"));
        printf("\n");
        if (v->verbose)
            printf("              core     %s\n", report_string(one, "command"));
    }
    if (lost)
        printf("    %d more commands of the core are not listed\n", lost);
}

static const char *shade(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 ? "\x1b[32m" : strcmp(verdict, "fail") == 0 ? "\x1b[31m" : "\x1b[33m";
}

static void print_signatures(const cJSON *checks, const struct replay_view *v)
{
    const cJSON *one;
    if (cJSON_GetArraySize(checks))
        printf("  signatures\n");
    cJSON_ArrayForEach(one, checks)
    {
        const char *verdict = report_string(one, "verdict"), *text = report_string(one, "text");
        if (number(one, "line"))
            printf("    line %-4d ", number(one, "line"));
        else
            printf("    %-9s ", "");
        printf("%s%-14s%s %s%s%s\n", v->colour ? shade(verdict) : "", verdict, v->colour ? "\x1b[0m" : "",
               report_string(one, "check"), *text ? ": " : "", text);
    }
}

static void print_recording(const cJSON *s, const struct replay_view *v)
{
    const char *verdict = report_string(s, "recording_verdict");
    printf("  the recording: %s, %s%s%s: %s\n", report_string(s, "recording"), v->colour ? shade(verdict) : "", verdict,
           v->colour ? "\x1b[0m" : "", report_string(s, "recording_reason"));
}

void replay_print_session(const cJSON *s, int sessions, const struct replay_view *v)
{
    const cJSON *one;
    const char *phase = "";
    printf("session %d of %d, lines %d to %d, %s: %d recorded exchanges", number(s, "session"), sessions,
           number(s, "line"), number(s, "last_line"), report_string(s, "interface"), number(s, "raw"));
    int whole = cJSON_GetArraySize(cJSON_GetObjectItem(s, "exchanges"));
    if (whole != number(s, "raw"))
        printf(", T=0 folded into %d commands", whole);
    printf("\n");
    print_rows("the card", cJSON_GetObjectItem(s, "card"));
    print_list("pinned", cJSON_GetObjectItem(s, "pinned"));
    print_list("assumed", cJSON_GetObjectItem(s, "assumptions"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "exchanges"))
    {
        const char *now = report_string(one, "phase");
        if (*now && strcmp(now, phase) != 0)
            printf("  %s\n", phase = now);
        else if (!*phase)
            printf("  %s\n", phase = "exchanges");
        print_exchange(one, v);
    }
    print_own(s, v);
    print_signatures(cJSON_GetObjectItem(cJSON_GetObjectItem(s, "signatures"), "checks"), v);
    print_recording(s, v);
    print_rows("findings", cJSON_GetObjectItem(s, "findings"));
    printf("  the core: %s, screen \"%s\"", report_string(s, "core"), report_string(s, "screen"));
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(s, "counts"))
    {
        printf(", %d %s", (int)one->valuedouble, one->string);
    }
    printf("\n");
}
