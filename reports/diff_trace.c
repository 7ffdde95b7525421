/* Two recorded card sessions: exchanges side by side, and where they part, which command or answer and which of its
 * tags differ. Masked digits ('*') agree with any. */
#include "reports/diff.h"

#include "reports/output.h"
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 200000u

/* A session's beginning, an exchange, a session's end. */
struct step {
    enum { STEP_BEGIN, STEP_EXCHANGE, STEP_END } kind;
    const cJSON *session, *exchange;
};
struct steps {
    const char *name;
    struct step *all;
    size_t count;
};
struct pair {
    struct steps a, b;
    size_t times;
};

static void flatten(const cJSON *trace, const char *name, struct steps *out)
{
    const cJSON *session, *exchange;
    size_t count = 0;
    *out = (struct steps){.name = name};
    cJSON_ArrayForEach(session, report_item(trace, "sessions")) count +=
        2 + (size_t)cJSON_GetArraySize(report_item(session, "exchanges"));
    out->all = count <= STEPS_MAX ? calloc(count + 1, sizeof *out->all) : NULL;
    if (!out->all)
        return;
    cJSON_ArrayForEach(session, report_item(trace, "sessions"))
    {
        out->all[out->count++] = (struct step){STEP_BEGIN, session, NULL};
        cJSON_ArrayForEach(exchange, report_item(session, "exchanges")) out->all[out->count++] =
            (struct step){STEP_EXCHANGE, session, exchange};
        out->all[out->count++] = (struct step){STEP_END, session, NULL};
    }
}

static bool same_hex(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && *a != '*' && *b != '*')
            return false;
    return *a == *b;
}

static bool same_member(const cJSON *a, const cJSON *b, const char *key)
{
    return same_hex(report_string(a, key), report_string(b, key));
}

static bool same_inputs(const cJSON *a, const cJSON *b)
{
    const cJSON *in_a = report_item(a, "inputs"), *in_b = report_item(b, "inputs");
    return in_a && in_b ? cJSON_Compare(in_a, in_b, 1) : in_a == in_b;
}

static bool equal(const void *ctx, size_t i, size_t j)
{
    const struct pair *p = ctx;
    const struct step *a = &p->a.all[i], *b = &p->b.all[j];
    if (a->kind != b->kind)
        return false;
    if (a->kind == STEP_EXCHANGE)
        return same_member(a->exchange, b->exchange, "c") && same_member(a->exchange, b->exchange, "r") &&
               same_member(a->exchange, b->exchange, "loss");
    if (a->kind == STEP_END)
        return same_member(a->session, b->session, "end");
    return same_member(a->session, b->session, "atr") && same_member(a->session, b->session, "protocol") &&
           same_inputs(a->session, b->session);
}

static void paired(void *ctx, size_t i, size_t j)
{
    struct pair *p = ctx;
    const cJSON *a = p->a.all[i].exchange, *b = p->b.all[j].exchange;
    p->times += a && b && report_number(a, "us") != report_number(b, "us"); /* 0 is "not recorded" */
}

/* ---- the first difference ---- */

/* With what the session told before. */
static cJSON *decoded(const struct steps *s, size_t index)
{
    struct decode_state state;
    cJSON *tree = NULL;
    size_t i = index;
    memset(&state, 0, sizeof state);
    while (i && s->all[i].kind != STEP_BEGIN)
        i--;
    for (; i <= index; i++) {
        const char *answer = report_string(s->all[i].exchange, "r");
        cJSON_Delete(tree);
        tree = s->all[i].exchange ? decode_apdu(report_string(s->all[i].exchange, "c"), *answer ? answer : NULL, &state)
                                  : NULL;
    }
    return tree;
}

static double line_of(const struct step *s)
{
    return s->kind == STEP_EXCHANGE ? report_number(s->exchange, "line")
                                    : report_number(s->session, s->kind == STEP_END ? "end_line" : "line");
}

static void text_of(const struct steps *s, size_t index, char *out, size_t cap)
{
    const struct step *step = &s->all[index];
    cJSON *tree = step->kind == STEP_EXCHANGE ? decoded(s, index) : NULL;
    const char *note = report_string(tree, "note"), *loss = report_string(step->exchange, "loss");
    if (tree)
        snprintf(out, cap, "line %.0f  %s -> %s", line_of(step), report_string(tree, "value"),
                 *note   ? note
                 : *loss ? loss
                         : "no answer recorded");
    else if (step->kind == STEP_BEGIN)
        snprintf(out, cap, "line %.0f  session %.0f begins", line_of(step), report_number(step->session, "session"));
    else
        snprintf(out, cap, "session %.0f ends%s%s", report_number(step->session, "session"),
                 *report_string(step->session, "end") ? ": " : "", report_string(step->session, "end"));
    cJSON_Delete(tree);
}

static void input_fields(const cJSON *a, const cJSON *b, cJSON *fields)
{
    const cJSON *in_a = report_item(a, "inputs"), *in_b = report_item(b, "inputs"), *one;
    cJSON_ArrayForEach(one, in_a)
    {
        if (strcmp(one->valuestring, report_string(in_b, one->string)) != 0)
            diff_field(fields, one->string, one->valuestring, report_string(in_b, one->string));
    }
    cJSON_ArrayForEach(one, in_b)
    {
        if (!report_item(in_a, one->string))
            diff_field(fields, one->string, "", one->valuestring);
    }
}

static const char *add_fields(const struct pair *p, size_t i, size_t j, cJSON *fields)
{
    const struct step *a = &p->a.all[i], *b = &p->b.all[j];
    if (a->kind != b->kind)
        return "one goes on, the other does not";
    if (a->kind == STEP_END) {
        diff_field(fields, "the session's end", report_string(a->session, "end"), report_string(b->session, "end"));
        return "how the session ends";
    }
    if (a->kind == STEP_BEGIN) {
        const char *atr_a = report_string(a->session, "atr"), *atr_b = report_string(b->session, "atr");
        cJSON *tree_a = *atr_a ? decode_atr(atr_a) : NULL, *tree_b = *atr_b ? decode_atr(atr_b) : NULL;
        if (tree_a && tree_b)
            diff_trees(tree_a, tree_b, fields);
        else if (strcmp(atr_a, atr_b) != 0)
            diff_field(fields, "ATR", atr_a, atr_b);
        cJSON_Delete(tree_a);
        cJSON_Delete(tree_b);
        if (!same_member(a->session, b->session, "protocol"))
            diff_field(fields, "protocol", report_string(a->session, "protocol"),
                       report_string(b->session, "protocol"));
        input_fields(a->session, b->session, fields);
        return "what the session begins with";
    }
    bool command = !same_member(a->exchange, b->exchange, "c"), answer = !same_member(a->exchange, b->exchange, "r");
    cJSON *tree_a = decoded(&p->a, i), *tree_b = decoded(&p->b, j);
    diff_trees(tree_a, tree_b, fields);
    cJSON_Delete(tree_a);
    cJSON_Delete(tree_b);
    if (!same_member(a->exchange, b->exchange, "loss"))
        diff_field(fields, "why there is no answer", report_string(a->exchange, "loss"),
                   report_string(b->exchange, "loss"));
    return command && answer ? "command and answer" : command ? "the command" : "the answer";
}

static void add_step(cJSON *first, const char *place, const char *event, const struct steps *s, size_t index)
{
    char text[900];
    diff_place(first, place, s->name, line_of(&s->all[index]));
    text_of(s, index, text, sizeof text);
    cJSON_AddStringToObject(first, event, text);
}

static cJSON *first_of(const struct pair *p, const struct diff_hunk *h)
{
    bool in_a = h->skip_a && h->i < p->a.count, in_b = h->skip_b && h->j < p->b.count;
    cJSON *first = cJSON_CreateObject(), *context = cJSON_AddArrayToObject(first, "context");
    const char *what = in_a ? "only in the first" : "only in the second";
    for (size_t i = h->i < DIFF_CONTEXT ? 0 : h->i - DIFF_CONTEXT; i < h->i; i++) {
        char text[900];
        text_of(&p->a, i, text, sizeof text);
        cJSON_AddItemToArray(context, cJSON_CreateString(text));
    }
    if (in_a)
        add_step(first, "a", "event_a", &p->a, h->i);
    if (in_b)
        add_step(first, "b", "event_b", &p->b, h->j);
    if (in_a && in_b)
        what = add_fields(p, h->i, h->j, cJSON_AddArrayToObject(first, "fields"));
    cJSON_AddStringToObject(first, "what", what);
    return first;
}

cJSON *diff_traces(const cJSON *a, const char *name_a, const cJSON *b, const char *name_b)
{
    struct pair p = {.times = 0};
    struct diff_walk walk;
    cJSON *out = diff_new("traces", name_a, name_b);
    flatten(a, name_a, &p.a);
    flatten(b, name_b, &p.b);
    const struct diff_sides sides = {p.a.count, p.b.count, equal, &p};
    diff_walk(&sides, paired, &p, &walk);
    if (walk.differences)
        cJSON_AddItemToObject(out, "first", first_of(&p, &walk.first));
    cJSON_AddNumberToObject(out, "further", walk.differences ? (double)walk.differences - 1 : 0);
    cJSON_AddBoolToObject(out, "at_least", walk.at_least);
    diff_verdict(out, walk.differences, p.times);
    free(p.a.all);
    free(p.b.all);
    return out;
}
