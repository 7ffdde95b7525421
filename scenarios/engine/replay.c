/* One trace file: every session of it checked, replayed and accounted for. Called by worker.c; the JSON goes to cli/ as
 * it is. */
#include "scenarios/engine/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *recording_verdict(const cJSON *findings)
{
    const cJSON *f;
    const char *verdict = "consistent";
    cJSON_ArrayForEach(f, findings)
    {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(f, "kind")), "inconsistent") == 0)
            return "inconsistent";
        verdict = "incomplete";
    }
    return verdict;
}

static cJSON *session(const struct case_request *request, const struct trace_session *s, unsigned number, char *why,
                      size_t cap)
{
    struct replay_facts *f = calloc(1, sizeof *f);
    struct trace_card *card = trace_card_create(s);
    cJSON *out = cJSON_CreateObject(), *findings = NULL;
    int status = f && card ? OK : E_NOMEM;
    if (status == OK) {
        replay_facts_read(s, f);
        cJSON_AddNumberToObject(out, "session", number);
        cJSON_AddNumberToObject(out, "line", s->line);
        cJSON_AddNumberToObject(out, "raw", (double)s->raw_count);
        cJSON_AddStringToObject(out, "interface", f->contactless ? "contactless" : "contact");
        findings = replay_check(f);
        cJSON_AddStringToObject(out, "recording", recording_verdict(findings));
        cJSON_AddItemToObject(out, "findings", findings);
        cJSON_AddArrayToObject(out, "pinned");
        cJSON_AddArrayToObject(out, "assumptions");
        status = replay_run(request, f, card, out, why, cap);
    }
    if (status == OK)
        replay_account(f, card, out);
    else if (!why[0])
        snprintf(why, cap, "%s: out of memory", request->file);
    if (card)
        trace_card_destroy(card);
    free(f);
    if (status == OK)
        return out;
    cJSON_Delete(out);
    return NULL;
}

cJSON *replay_file(const struct case_request *request, char *why, size_t cap)
{
    struct trace *trace;
    why[0] = '\0';
    if (trace_load(request->file, &trace, why, cap) != OK)
        return NULL;
    cJSON *out = cJSON_CreateObject(), *sessions = cJSON_AddArrayToObject(out, "sessions");
    cJSON_AddStringToObject(out, "file", request->file);
    for (size_t i = 0; i < trace->session_count; i++) {
        cJSON *one = session(request, &trace->sessions[i], (unsigned)i + 1, why, cap);
        if (!one) {
            cJSON_Delete(out);
            out = NULL;
            break;
        }
        cJSON_AddItemToArray(sessions, one);
    }
    trace_destroy(trace);
    return out;
}
