/* One trace file: every session of it checked, replayed and accounted for. Called by worker.c; the JSON goes to cli/ as
 * it is. */
#include "scenarios/engine/replay_sign.h"
#include "sim/rng.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *recording_verdict(const cJSON *findings)
{
    const cJSON *f;
    const char *verdict = "consistent";
    cJSON_ArrayForEach(f, findings)
    {
        const char *kind = cJSON_GetStringValue(cJSON_GetObjectItem(f, "kind"));
        if (strcmp(kind, "inconsistent") == 0)
            return "inconsistent";
        if (strcmp(kind, "incomplete") == 0)
            verdict = "incomplete";
    }
    return verdict;
}

static const char *interface_of(const struct replay_facts *f)
{
    return f->tap != REPLAY_NO_TAP ? "contactless" : replay_is_foreign(f) ? "no payment" : "contact";
}

/* The verdict on the recording: its consistency and its signatures together, with the first reason. What a recording
 * lacks makes it inconclusive only where nothing in it could be verified. */
static void judge_recording(const char *consistency, const cJSON *findings, const cJSON *signatures, cJSON *out)
{
    const char *verdict = cJSON_GetStringValue(cJSON_GetObjectItem(signatures, "verdict")), *kind = NULL;
    bool verified = cJSON_IsTrue(cJSON_GetObjectItem(signatures, "verified"));
    char reason[460];
    const cJSON *f;
    if (strcmp(consistency, "inconsistent") == 0)
        kind = strcmp(verdict, "fail") == 0 ? NULL : "inconsistent"; /* a broken signature says more */
    else if (strcmp(consistency, "incomplete") == 0 && strcmp(verdict, "pass") == 0 && !verified)
        kind = "incomplete";
    snprintf(reason, sizeof reason, "%s", cJSON_GetStringValue(cJSON_GetObjectItem(signatures, "reason")));
    cJSON_ArrayForEach(f, findings)
    {
        if (!kind || strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(f, "kind")), kind) != 0)
            continue;
        snprintf(reason, sizeof reason, "line %d: %s", (int)cJSON_GetNumberValue(cJSON_GetObjectItem(f, "line")),
                 cJSON_GetStringValue(cJSON_GetObjectItem(f, "text")));
        verdict = strcmp(kind, "inconsistent") == 0 ? "fail" : "inconclusive";
        break;
    }
    cJSON_AddStringToObject(out, "recording_verdict", verdict);
    cJSON_AddStringToObject(out, "recording_reason", reason);
}

static int describe(const struct replay_facts *f, const struct replay_keys *keys, unsigned number, cJSON *out)
{
    const struct trace_session *s = f->session;
    unsigned last = s->line;
    for (size_t i = 0; i < s->raw_count; i++)
        last = replay_answer_line(&s->raw[i]) > last ? replay_answer_line(&s->raw[i]) : last;
    cJSON *findings = replay_check(f), *signatures = replay_sign(f, keys);
    const char *consistency = recording_verdict(findings);
    cJSON_AddNumberToObject(out, "session", number);
    cJSON_AddNumberToObject(out, "line", s->line);
    cJSON_AddNumberToObject(out, "last_line", last);
    cJSON_AddNumberToObject(out, "raw", (double)s->raw_count);
    cJSON_AddStringToObject(out, "interface", interface_of(f));
    cJSON_AddStringToObject(out, "recording", consistency);
    cJSON_AddItemToObject(out, "findings", findings);
    if (signatures) {
        judge_recording(consistency, findings, signatures, out);
        cJSON_AddItemToObject(out, "signatures", signatures);
    }
    cJSON_AddItemToObject(out, "card", replay_card(f));
    cJSON_AddArrayToObject(out, "pinned");
    cJSON_AddArrayToObject(out, "assumptions");
    return signatures ? OK : E_NOMEM;
}

static cJSON *session(const struct case_request *request, const struct trace_session *s, unsigned number, char *why,
                      size_t cap)
{
    struct replay_facts *f = calloc(1, sizeof *f);
    struct trace_card *card = trace_card_create(s);
    struct replay_pins pins = {.count = 0};
    cJSON *out = cJSON_CreateObject();
    int status = f && card && out ? OK : E_NOMEM;
    if (status == OK) {
        replay_facts_read(s, f);
        status = describe(f, request->capk, number, out);
    }
    if (status == OK)
        status = replay_run(request, f, card, &pins, out, why, cap);
    if (status == OK)
        replay_account(f, card, &pins, out);
    else if (!why[0])
        snprintf(why, cap, "%s: out of memory", request->file);
    if (card)
        trace_card_destroy(card);
    if (f)
        OPENSSL_cleanse(f, sizeof *f);
    free(f);
    if (status == OK)
        return out;
    cJSON_Delete(out);
    return NULL;
}

static cJSON *sessions(const struct case_request *request, const struct trace *trace, char *why, size_t cap)
{
    unsigned only = request->index;
    if (only > trace->session_count) {
        snprintf(why, cap, "%s: there is no session %u, it holds %zu", request->file, only, trace->session_count);
        return NULL;
    }
    cJSON *list = cJSON_CreateArray();
    for (size_t i = only ? only - 1 : 0; i < (only ? only : trace->session_count); i++) {
        cJSON *one = session(request, &trace->sessions[i], (unsigned)i + 1, why, cap);
        if (!one) {
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, one);
    }
    return list;
}

cJSON *replay_file(const struct case_request *request, char *why, size_t cap)
{
    struct trace *trace;
    why[0] = '\0';
    (void)rng_own_openssl(); /* SM2 signatures are verified before there is a terminal: nobody may draw before this */
    if (trace_load(request->file, &trace, why, cap) != OK)
        return NULL;
    cJSON *list = sessions(request, trace, why, cap), *out = NULL;
    if (list) {
        out = cJSON_CreateObject();
        cJSON_AddStringToObject(out, "file", request->file);
        cJSON_AddNumberToObject(out, "session_count", (double)trace->session_count);
        cJSON_AddItemToObject(out, "sessions", list);
    }
    trace_destroy(trace);
    return out;
}
