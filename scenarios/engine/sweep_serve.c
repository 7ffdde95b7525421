/* The worker's side of a sweep: requests to an explorer. See sweep_serve.h. */
#include "scenarios/engine/sweep_serve.h"

#include "reports/output.h"

#include "scenarios/engine/rerun.h"
#include "scenarios/engine/sweep_shrink.h"
#include "scenarios/engine/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sweep_session {
    struct explorer explorer;
    char *file; /* of the request that opened it */
};

/* ---- texts ---- */

void sweep_find_print(const struct find *f, char out[SWEEP_FIND_MAX])
{
    char hex[2 * EXPLORE_KEY + 1];
    hex_encode(f->key, EXPLORE_KEY, hex, sizeof hex);
    snprintf(out, SWEEP_FIND_MAX, "%s %" PRIu64 " %u %u %" PRIx64, hex, f->cut.number, (unsigned)f->cut.when,
             (unsigned)f->cut.mode, f->cut.seed);
}

static bool parse_key(const char *hex, uint8_t key[EXPLORE_KEY])
{
    size_t len = 0;
    return hex && strlen(hex) == 2 * EXPLORE_KEY && hex_decode(hex, strlen(hex), key, EXPLORE_KEY, &len) == OK &&
           len == EXPLORE_KEY;
}

bool sweep_find_parse(const char *text, struct find *out)
{
    char hex[2 * EXPLORE_KEY + 1];
    unsigned when, mode;
    int used = 0;
    memset(out, 0, sizeof *out);
    if (!text ||
        sscanf(text, "%32[0-9A-Fa-f] %" SCNu64 " %u %u %" SCNx64 "%n", hex, &out->cut.number, &when, &mode,
               &out->cut.seed, &used) != 5 ||
        text[used] || strchr(text, '-'))
        return false;
    out->cut.when = (enum cut_when)when;
    out->cut.mode = (enum cut_mode)mode;
    return parse_key(hex, out->key) && when <= CUT_AFTER && mode < CUT_MODES;
}

static cJSON *finds_json(const struct finds *f)
{
    char text[SWEEP_FIND_MAX];
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < f->count; i++) {
        sweep_find_print(&f->list[i], text);
        cJSON_AddItemToArray(list, cJSON_CreateString(text));
    }
    return list;
}

static void add_counts(cJSON *answer, const struct finds *f)
{
    cJSON_AddNumberToObject(answer, "cuts", (double)f->cuts);
    cJSON_AddNumberToObject(answer, "unsynced", (double)f->unsynced);
    cJSON_AddBoolToObject(answer, "sampled", f->sampled);
}

static void add_finding(cJSON *row, const struct finding *f)
{
    if (!f->oracle[0])
        return;
    cJSON *finding = cJSON_AddObjectToObject(row, "finding");
    cJSON_AddStringToObject(finding, "oracle", f->oracle);
    cJSON_AddStringToObject(finding, "expected", f->expected);
    cJSON_AddStringToObject(finding, "found", f->found);
    cJSON_AddStringToObject(finding, "screen", f->screen);
    cJSON_AddBoolToObject(finding, "hung", f->hung);
}

static cJSON *fails(const char *key, const char *why)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, key, why);
    return answer;
}

/* ---- open ---- */

static struct explore_options options_of(const cJSON *message)
{
    struct explore_options o = {.subsets = cJSON_IsTrue(cJSON_GetObjectItem(message, "subsets"))};
    const cJSON *name;
    enum cut_mode mode;
    cJSON_ArrayForEach(name, cJSON_GetObjectItem(message, "modes"))
    {
        if (cut_mode_by_name(cJSON_GetStringValue(name), &mode) == OK)
            o.mode[mode] = true;
    }
    return o;
}

static cJSON *operations_json(const struct explorer *e)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < e->logged; i++) {
        const struct logged *l = &e->log[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddNumberToObject(row, "n", (double)(i + 1));
        cJSON_AddStringToObject(row, "op", storage_op_name(l->op.kind));
        cJSON_AddStringToObject(row, "name", l->op.name);
        cJSON_AddNumberToObject(row, "len", (double)l->op.len);
        cJSON_AddStringToObject(row, "phase", l->phase);
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

static void close_session(struct sweep_session *s)
{
    if (!s)
        return;
    explorer_close(&s->explorer);
    free(s->file);
    free(s);
}

static cJSON *open_session(struct sweep_session **session, const struct case_request *request, const cJSON *message)
{
    char why[600];
    struct explore_options options = options_of(message);
    struct sweep_session *s = calloc(1, sizeof *s);
    close_session(*session);
    *session = NULL;
    if (!s || !(s->file = strdup(request->file))) {
        free(s);
        return fails("fails", "out of memory");
    }
    struct case_request own = *request;
    own.file = s->file;
    own.record = NULL;
    *session = s;
    int status = explorer_open(&s->explorer, &own, &options, why, sizeof why);
    if (status != OK) {
        close_session(s);
        *session = NULL;
        return fails(status == E_INVAL ? "usage" : "fails", why);
    }
    cJSON *answer = cJSON_CreateObject();
    case_name_core(&s->explorer.bench, answer);
    cJSON_AddItemToObject(answer, "operations", operations_json(&s->explorer));
    cJSON_AddItemToObject(answer, "reruns", rerun_points(&s->explorer));
    return answer;
}

/* ---- states ---- */

static cJSON *expand(struct explorer *e, const cJSON *message)
{
    struct finds finds = {0};
    cJSON *answer = cJSON_CreateObject();
    explorer_expand(e, (uint64_t)report_number(message, "from"), (uint64_t)report_number(message, "to"), &finds);
    add_counts(answer, &finds);
    cJSON_AddItemToObject(answer, "finds", finds_json(&finds));
    finds_clear(&finds);
    return answer;
}

static bool enter(struct explorer *e, const cJSON *state)
{
    struct fault_id path;
    uint8_t key[EXPLORE_KEY];
    char why[400];
    bool known = parse_key(cJSON_GetStringValue(cJSON_GetObjectItem(state, "key")), key);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(state, "path"));
    return text && fault_id_parse(text, &path, why, sizeof why) == OK && path.kind == FAULT_CUT &&
           explorer_enter(e, &path, known ? key : NULL);
}

static void judge_one(struct explorer *e, const char *stage, bool expanding, cJSON *row, struct finds *total,
                      struct finding *finding)
{
    struct finds finds = {0};
    if (strcmp(stage, "business") == 0)
        explorer_business(e, finding);
    else
        explorer_judge(e, expanding ? &finds : NULL, finding);
    if (expanding)
        cJSON_AddItemToObject(row, "finds", finds_json(&finds));
    total->cuts += finds.cuts;
    total->sampled = total->sampled || finds.sampled;
    total->unsynced = total->unsynced > finds.unsynced ? total->unsynced : finds.unsynced;
    finds_clear(&finds);
}

static cJSON *judge(struct explorer *e, const char *stage, const cJSON *message)
{
    bool expanding = cJSON_IsTrue(cJSON_GetObjectItem(message, "expand")), hung = false;
    cJSON *answer = cJSON_CreateObject(), *judged = cJSON_AddArrayToObject(answer, "judged");
    const cJSON *state;
    struct finds total = {0};
    explorer_at_depth(e, (unsigned)report_number(message, "depth"));
    cJSON_ArrayForEach(state, cJSON_GetObjectItem(message, "states"))
    {
        struct finding finding = {0};
        const cJSON *number = cJSON_GetObjectItem(state, "i");
        if (e->request.shared)
            e->request.shared->at = (uint64_t)number->valuedouble + 1;
        if (hung || e->failed)
            break; /* the others are for a fresh process */
        cJSON *row = cJSON_CreateObject();
        e->from = (uint32_t)number->valuedouble;
        cJSON_AddNumberToObject(row, "i", number->valuedouble);
        if (!enter(e, state))
            cJSON_AddBoolToObject(row, "unreached", true);
        else
            judge_one(e, stage, expanding, row, &total, &finding);
        add_finding(row, &finding);
        cJSON_AddItemToArray(judged, row);
        hung = finding.hung;
    }
    add_counts(answer, &total);
    cJSON_AddBoolToObject(answer, "retire", hung);
    return answer;
}

static cJSON *rerun(struct explorer *e, const cJSON *message)
{
    cJSON *answer = cJSON_CreateObject(), *judged = cJSON_AddArrayToObject(answer, "judged");
    uint64_t from = (uint64_t)report_number(message, "from");
    uint64_t to = (uint64_t)report_number(message, "to");
    struct fault_id id = {.kind = (enum fault_kind)report_number(message, "kind")};
    bool hung = false;
    for (id.at = from; id.at <= to && !hung; id.at++) {
        struct finding finding = {0};
        if (e->request.shared)
            e->request.shared->at = id.at + 1;
        rerun_play(e, &id, &finding);
        cJSON *row = cJSON_CreateObject();
        cJSON_AddNumberToObject(row, "i", (double)id.at);
        add_finding(row, &finding);
        cJSON_AddItemToArray(judged, row);
        hung = finding.hung;
    }
    cJSON_AddBoolToObject(answer, "retire", hung);
    return answer;
}

static cJSON *shrink(struct explorer *e, const cJSON *message)
{
    struct fault_id path;
    struct finding finding = {0};
    char why[400], text[FAULT_ID_MAX];
    const char *stage = cJSON_GetStringValue(cJSON_GetObjectItem(message, "stage"));
    const char *given = cJSON_GetStringValue(cJSON_GetObjectItem(message, "path"));
    if (!stage || !given || fault_id_parse(given, &path, why, sizeof why) != OK)
        return fails("fails", "bad path");
    sweep_shrink(e, strcmp(stage, "business") == 0, &path, &finding);
    fault_id_print(&path, text);
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "path", text);
    add_finding(answer, &finding);
    cJSON_AddBoolToObject(answer, "retire", finding.hung);
    return answer;
}

static void add_profile(cJSON *answer, const struct explore_profile *p)
{
    cJSON *profile = cJSON_AddObjectToObject(answer, "profile");
    cJSON_AddNumberToObject(profile, "enter_us", (double)p->enter_us);
    cJSON_AddNumberToObject(profile, "recover_us", (double)p->recover_us);
    cJSON_AddNumberToObject(profile, "judge_us", (double)p->judge_us);
    cJSON_AddNumberToObject(profile, "expand_us", (double)p->expand_us);
}

cJSON *sweep_serve(struct sweep_session **session, const struct case_request *request, const cJSON *message)
{
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(message, "do"));
    if (strcmp(what, "open") == 0)
        return open_session(session, request, message);
    if (!*session)
        return fails("fails", "not opened");
    struct explorer *e = &(*session)->explorer;
    e->request.shared = request->shared;
    cJSON *answer = strcmp(what, "expand") == 0   ? expand(e, message)
                    : strcmp(what, "rerun") == 0  ? rerun(e, message)
                    : strcmp(what, "shrink") == 0 ? shrink(e, message)
                                                  : judge(e, what, message);
    add_profile(answer, &e->profile);
    if (e->failed)
        cJSON_ReplaceItemInObject(answer, "retire", cJSON_CreateTrue());
    return answer;
}
