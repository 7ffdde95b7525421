/* The scenarios: by topic, run on a key, with what became of each in this window. */
#include "gui/window.h"

#include "reports/output.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- the cases and their topics ---- */

/* "scenarios/power/sale#1" -> "power". */
static void topic_of(const cJSON *one, char out[48])
{
    const char *id = report_string(one, "id"), *start = strncmp(id, "scenarios/", 10) == 0 ? id + 10 : id;
    size_t len = strcspn(start, "/");
    bool inside = start != id && start[len] == '/';
    snprintf(out, 48, "%.*s", inside ? (int)(len < 47 ? len : 47) : 5, inside ? start : "other");
}

static bool is_of_topic(const struct scenarios *s, const cJSON *one)
{
    char topic[48];
    topic_of(one, topic);
    return s->topic == 0 || strcmp(topic, s->topics[s->topic - 1]) == 0;
}

static void fill_rows(struct scenarios *s)
{
    const cJSON *one;
    s->count = 0;
    cJSON_ArrayForEach(one, s->cases)
    {
        if (is_of_topic(s, one))
            s->rows[s->count++] = one;
    }
    s->list = (struct ui_list_state){0};
}

void scenarios_topic(struct window *w, size_t topic)
{
    w->scenarios.topic = topic;
    fill_rows(&w->scenarios);
}

static bool fill_topics(struct scenarios *s)
{
    const cJSON *one;
    char topic[48];
    cJSON_ArrayForEach(one, s->cases)
    {
        size_t i = 0;
        topic_of(one, topic);
        while (i < s->topic_count && strcmp(s->topics[i], topic) != 0)
            i++;
        if (i < s->topic_count)
            continue;
        s->topics[i] = strdup(topic);
        if (!s->topics[i])
            return false;
        s->topic_count++;
    }
    return true;
}

/* Those of the tree, and those of a file from elsewhere. */
static int find_cases(struct window *w, cJSON **cases, char *why, size_t why_cap)
{
    char file[PATH_MAX];
    const char *given = w->o->scenario;
    struct engine_options plain = *w->o->engine;
    cJSON *more = NULL, *one;
    plain.filter = plain.tag = NULL;
    int rc = engine_list(&plain, NULL, cases, why, why_cap);
    if (rc != EXIT_PASS || !given)
        return rc;
    w->scenarios.cases = *cases;
    if (scenarios_find(w, given))
        return rc;
    snprintf(file, sizeof file, "%.*s", (int)(strrchr(given, '#') ? strrchr(given, '#') - given : (long)strlen(given)),
             given);
    rc = engine_list(&plain, (const char *[]){file, NULL}, &more, why, why_cap);
    while (rc == EXIT_PASS && (one = cJSON_DetachItemFromArray(more, 0)))
        cJSON_AddItemToArray(*cases, one);
    cJSON_Delete(more);
    return rc;
}

bool scenarios_load(struct window *w, char *why, size_t why_cap)
{
    struct scenarios *s = &w->scenarios;
    int rc = find_cases(w, &s->cases, why, why_cap);
    s->total = (size_t)cJSON_GetArraySize(s->cases);
    s->rows = calloc(s->total + 1, sizeof *s->rows);
    s->outcomes = calloc(s->total + 1, sizeof *s->outcomes);
    s->reasons = calloc(s->total + 1, sizeof *s->reasons);
    s->topics = calloc(s->total + 1, sizeof *s->topics);
    if (!s->rows || !s->outcomes || !s->reasons || !s->topics || !fill_topics(s)) {
        snprintf(why, why_cap, "out of memory");
        return false;
    }
    fill_rows(s);
    return rc == EXIT_PASS;
}

void scenarios_free(struct window *w)
{
    struct scenarios *s = &w->scenarios;
    for (size_t i = 0; i < s->topic_count; i++)
        free(s->topics[i]);
    for (size_t i = 0; s->reasons && i < s->total; i++)
        free(s->reasons[i]);
    free(s->topics);
    free(s->reasons);
    free(s->outcomes);
    free(s->rows);
    cJSON_Delete(s->cases);
}

/* Names of files may be given from anywhere; those of the list are canonical or seen from the root. */
static bool is_file(const struct window *w, const cJSON *one, const char *name, size_t len)
{
    char path[PATH_MAX];
    const char *file = report_string(one, "file");
    if (*file != '/')
        snprintf(path, sizeof path, "%s/%s", w->o->engine->root, file);
    else
        snprintf(path, sizeof path, "%s", file);
    return strlen(path) == len && strncmp(path, name, len) == 0;
}

size_t scenarios_find(const struct window *w, const char *name)
{
    const char *hash = strrchr(name, '#');
    size_t len = hash ? (size_t)(hash - name) : strlen(name), place = 0;
    unsigned long index = hash ? strtoul(hash + 1, NULL, 10) : 1;
    const cJSON *one;
    cJSON_ArrayForEach(one, w->scenarios.cases)
    {
        place++;
        if (is_file(w, one, name, len) && (unsigned long)report_number(one, "index") == index)
            return place;
    }
    return 0;
}

/* ---- running ---- */

int scenarios_start(struct window *w, size_t place, char *why, size_t why_cap)
{
    struct scenarios *s = &w->scenarios;
    const cJSON *one = cJSON_GetArrayItem(s->cases, (int)place - 1);
    if (!place || !one) {
        snprintf(why, why_cap, "choose a scenario in the list first");
        return EXIT_USAGE;
    }
    if (s->running)
        s->outcomes[s->running - 1] = OUTCOME_NONE;
    s->running = 0;
    int rc = session_scenario(&w->session, one, why, why_cap);
    timeline_reset(w);
    if (rc != EXIT_PASS)
        return rc;
    s->running = s->last = place;
    s->outcomes[place - 1] = OUTCOME_RUNNING;
    return rc;
}

static void put_case(const cJSON *result, FILE *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(result, "failures"))
    {
        fprintf(out, "%s: expected %s, found %s", report_string(item, "what"), report_string(item, "expected"),
                report_string(item, "found"));
        if (*report_string(item, "where"))
            fprintf(out, " (%s)", report_string(item, "where"));
        fputc('\n', out);
    }
    cJSON_ArrayForEach(item, report_item(result, "oracles"))
    {
        if (strcmp(report_string(item, "verdict"), "fail") == 0)
            fprintf(out, "%s: %s\n", report_string(item, "name"), report_string(item, "text"));
    }
}

void scenarios_note(struct window *w)
{
    struct scenarios *s = &w->scenarios;
    const struct session *now = &w->session;
    if (!s->running || now->kind != SESSION_SCENARIO || (now->stage != SESSION_ENDED && now->stage != SESSION_DIED))
        return;
    size_t at = s->running - 1, len;
    s->running = 0;
    free(s->reasons[at]);
    s->reasons[at] = NULL;
    s->outcomes[at] = OUTCOME_FAIL;
    FILE *out = open_memstream(&s->reasons[at], &len);
    if (now->stage == SESSION_DIED && out)
        fprintf(out, "%s\n", report_string(now->died, "text"));
    else if (out)
        put_case(now->verdict, out);
    if (out)
        fclose(out);
    if (now->stage == SESSION_ENDED) {
        enum report_verdict v = report_verdict(now->verdict);
        s->outcomes[at] = v == VERDICT_PASS ? OUTCOME_PASS : v == VERDICT_FAIL ? OUTCOME_FAIL : OUTCOME_OTHER;
    }
}
