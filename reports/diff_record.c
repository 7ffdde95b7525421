/* Two run records: what ran, where they part, which fields differ there. Lines agree when everything but their number,
 * their times and the names of images agrees. Keyed digests of masked bytes count between runs of one seed. */
#include "reports/diff.h"

#include "reports/output.h"
#include "reports/report.h"

#include <stdlib.h>
#include <string.h>

struct pair {
    const struct diff_lines *a, *b;
    bool macs;
    size_t times, drawn;
};

static bool equal(const void *ctx, size_t i, size_t j)
{
    const struct pair *p = ctx;
    const struct diff_line *a = &p->a->lines[i], *b = &p->b->lines[j];
    return a->content == b->content && a->meta == b->meta && a->cut == b->cut && (!p->macs || a->mac == b->mac);
}

static void paired(void *ctx, size_t i, size_t j)
{
    struct pair *p = ctx;
    const struct diff_line *a = &p->a->lines[i], *b = &p->b->lines[j];
    p->times += !a->meta && !a->cut && a->times != b->times;
    p->drawn += !a->meta && !a->cut && a->exact != b->exact;
}

/* ---- what ran ---- */

static cJSON *event_of(const struct diff_lines *l, const char *kind, const char *area)
{
    for (size_t i = 0; i < l->count && i < 2000; i++) {
        cJSON *event = diff_lines_event(l, i);
        if (event && strcmp(report_string(event, "ev"), kind) == 0 && strstr(report_string(event, "area"), area))
            return event;
        cJSON_Delete(event);
    }
    return NULL;
}

static bool ran(const struct pair *p, const char *kind, const char *area, const char *title, cJSON *rows)
{
    cJSON *a = event_of(p->a, kind, area), *b = event_of(p->b, kind, area);
    cJSON *fields = cJSON_CreateArray();
    const cJSON *field;
    if (a && b)
        diff_events(a, b, NULL, NULL, false, fields);
    cJSON_ArrayForEach(field, fields)
    {
        char name[80];
        snprintf(name, sizeof name, "%s%s", title, report_string(field, "name"));
        diff_field(rows, name, report_string(field, "a"), report_string(field, "b"));
    }
    bool differ = cJSON_GetArraySize(fields) > 0;
    cJSON_Delete(fields);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return differ;
}

static bool seeds_agree(const struct pair *p)
{
    cJSON *a = event_of(p->a, "meta", ""), *b = event_of(p->b, "meta", "");
    bool agree = a && b && cJSON_Compare(report_item(a, "seed"), report_item(b, "seed"), 1);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return agree;
}

/* ---- the first difference ---- */

/* An exchange, decoded with what the ones before it told. */
static cJSON *exchange(const struct diff_lines *l, size_t index)
{
    struct decode_state state;
    cJSON *tree = NULL, *last = diff_lines_event(l, index);
    double term = report_number(last, "term");
    cJSON_Delete(last);
    memset(&state, 0, sizeof state);
    size_t from = index < 3000 ? 0 : index - 3000;
    for (size_t i = from; i <= index && i < l->count; i++) {
        if (i != index && !strstr(l->text + l->lines[i].at, "\"ev\":\"apdu\"") &&
            !strstr(l->text + l->lines[i].at, "\"ev\":\"atr\""))
            continue;
        cJSON *event = diff_lines_event(l, i);
        cJSON_Delete(tree);
        tree = NULL;
        if (report_number(event, "term") != term) {
            cJSON_Delete(event);
            continue;
        }
        if (strcmp(report_string(event, "ev"), "atr") == 0)
            memset(&state, 0, sizeof state);
        if (strcmp(report_string(event, "ev"), "apdu") == 0)
            tree = decode_apdu(report_string(event, "c"), report_item(event, "r") ? report_string(event, "r") : NULL,
                               &state);
        cJSON_Delete(event);
    }
    return tree;
}

static void add_text(cJSON *object, const char *key, const struct diff_lines *l, size_t index)
{
    cJSON *event = diff_lines_event(l, index), *apdu = exchange(l, index);
    char *text = diff_event_text(event, apdu);
    if (text && cJSON_IsArray(object))
        cJSON_AddItemToArray(object, cJSON_CreateString(text));
    else if (text)
        cJSON_AddStringToObject(object, key, text);
    free(text);
    cJSON_Delete(apdu);
    cJSON_Delete(event);
}

static void add_fields(cJSON *first, const struct pair *p, size_t i, size_t j)
{
    cJSON *a = diff_lines_event(p->a, i), *b = diff_lines_event(p->b, j);
    const char *kind = report_string(a, "ev");
    if (a && b && strcmp(kind, report_string(b, "ev")) == 0) {
        bool apdu = strcmp(kind, "apdu") == 0;
        cJSON *apdu_a = apdu ? exchange(p->a, i) : NULL, *apdu_b = apdu ? exchange(p->b, j) : NULL;
        cJSON *fields = cJSON_AddArrayToObject(first, "fields");
        diff_events(a, b, apdu_a, apdu_b, p->macs, fields);
        cJSON_DeleteItemFromObject(first, "what");
        cJSON_AddStringToObject(first, "what", kind);
        cJSON_Delete(apdu_a);
        cJSON_Delete(apdu_b);
    }
    cJSON_Delete(a);
    cJSON_Delete(b);
}

static cJSON *first_of(const struct pair *p, const struct diff_hunk *h)
{
    bool in_a = h->skip_a && h->i < p->a->count, in_b = h->skip_b && h->j < p->b->count;
    cJSON *first = cJSON_CreateObject(), *context = cJSON_CreateArray();
    cJSON_AddStringToObject(first, "what",
                            in_a && in_b ? "another event"
                            : in_a       ? (h->j < p->b->count ? "only in the first" : "the second ends before")
                                         : (h->i < p->a->count ? "only in the second" : "the first ends before"));
    if (in_a)
        diff_place(first, "a", p->a->name, (double)h->i + 1);
    if (in_b)
        diff_place(first, "b", p->b->name, (double)h->j + 1);
    for (size_t i = h->i < DIFF_CONTEXT ? 0 : h->i - DIFF_CONTEXT; i < h->i; i++)
        add_text(context, NULL, p->a, i);
    cJSON_AddItemToObject(first, "context", context);
    if (in_a)
        add_text(first, "event_a", p->a, h->i);
    if (in_b)
        add_text(first, "event_b", p->b, h->j);
    if (in_a && in_b)
        add_fields(first, p, h->i, h->j);
    return first;
}

cJSON *diff_records(struct diff_lines *a, struct diff_lines *b)
{
    struct pair p = {.a = a, .b = b};
    struct diff_walk walk;
    cJSON *out = diff_new("records", a->name, b->name), *rows = cJSON_AddArrayToObject(out, "ran");
    cJSON *notes = cJSON_AddArrayToObject(out, "notes");
    p.macs = seeds_agree(&p);
    bool other_run = ran(&p, "meta", "", "", rows);
    ran(&p, "boot", "rom", "boot ROM's ", rows);
    bool two_cores = ran(&p, "boot", "slot", "core's ", rows) && p.macs;
    if (!p.macs)
        cJSON_AddItemToArray(notes, cJSON_CreateString("the seeds differ: digests of masked bytes are not compared"));
    if (two_cores) {
        p.macs = false;
        diff_lines_drop_drawn(a);
        diff_lines_drop_drawn(b);
        cJSON_AddItemToArray(notes, cJSON_CreateString("two cores draw other random numbers: these, and cryptograms "
                                                       "and MACs made of them, are not compared"));
    }
    const struct diff_sides sides = {a->count, b->count, equal, &p};
    diff_walk(&sides, paired, &p, &walk);
    if (walk.differences)
        cJSON_AddItemToObject(out, "first", first_of(&p, &walk.first));
    cJSON_AddNumberToObject(out, "further", walk.differences ? (double)walk.differences - 1 : 0);
    cJSON_AddBoolToObject(out, "at_least", walk.at_least);
    cJSON_AddNumberToObject(out, "drawn", (double)p.drawn);
    diff_verdict(out, walk.differences || other_run, p.times);
    return out;
}

/* ---- shared ---- */

cJSON *diff_new(const char *kind, const char *a, const char *b)
{
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "kind", kind);
    cJSON_AddStringToObject(out, "a", a);
    cJSON_AddStringToObject(out, "b", b);
    return out;
}

void diff_place(cJSON *object, const char *key, const char *name, double line)
{
    char place[4200];
    snprintf(place, sizeof place, "%s:%.0f", name, line);
    cJSON_AddStringToObject(object, key, place);
}

void diff_verdict(cJSON *diff, bool different, size_t times)
{
    cJSON_AddNumberToObject(diff, "times", (double)times);
    cJSON_AddStringToObject(diff, "verdict", different ? "different" : times ? "only times differ" : "same");
}
