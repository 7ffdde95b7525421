/* Lines of a record, the states between them, and the paper. See model.h. */
#include "gui/model.h"

#include "core/status.h"
#include "reports/output.h"
#include "scenarios/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#define DROP (MODEL_LINES / 8 / MODEL_STRIDE * MODEL_STRIDE) /* at once, so that dropping is seldom */

struct model {
    struct model_line *lines;
    size_t count, cap;
    uint64_t dropped;
    struct model_state *marks; /* marks[i]: before line i * MODEL_STRIDE of those kept */
    size_t mark_count, mark_cap;
    struct paper_line *paper;
    size_t paper_count, paper_cap;
    uint64_t paper_first;
    bool is_cut;
    struct model_state now, then; /* then: what model_at gave */
};

struct model *model_create(void)
{
    struct model *m = calloc(1, sizeof *m);
    if (m)
        fold_start(&m->now);
    return m;
}

static void free_lines(struct model_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(lines[i].json);
        free(lines[i].text);
    }
}

void model_clear(struct model *m)
{
    free_lines(m->lines, m->count);
    m->count = m->mark_count = m->paper_count = 0;
    m->dropped = m->paper_first = 0;
    m->is_cut = false;
    fold_start(&m->now);
}

void model_destroy(struct model *m)
{
    if (!m)
        return;
    model_clear(m);
    free(m->lines);
    free(m->marks);
    free(m->paper);
    free(m);
}

/* ---- growing, within bounds ---- */

/* Room for one more of `size` bytes each. */
static bool room(void **items, size_t *cap, size_t count, size_t size)
{
    if (count < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 256;
    void *grown = realloc(*items, more * size);
    if (!grown)
        return false;
    *items = grown;
    *cap = more;
    return true;
}

static void drop_oldest(struct model *m)
{
    size_t marks = DROP / MODEL_STRIDE;
    free_lines(m->lines, DROP);
    m->count -= DROP;
    memmove(m->lines, m->lines + DROP, m->count * sizeof *m->lines);
    m->mark_count -= marks;
    memmove(m->marks, m->marks + marks, m->mark_count * sizeof *m->marks);
    m->dropped += DROP;
}

static bool add_paper(struct model *m, const struct paper_line *line)
{
    if (m->paper_count == MODEL_PAPER) {
        m->paper_count -= MODEL_PAPER / 2;
        m->paper_first += MODEL_PAPER / 2;
        memmove(m->paper, m->paper + MODEL_PAPER / 2, m->paper_count * sizeof *m->paper);
    }
    if (!room((void **)&m->paper, &m->paper_cap, m->paper_count, sizeof *m->paper))
        return false;
    m->paper[m->paper_count++] = *line;
    return true;
}

static bool add_mark(struct model *m)
{
    if (m->count % MODEL_STRIDE != 0)
        return true;
    if (!room((void **)&m->marks, &m->mark_cap, m->mark_count, sizeof *m->marks))
        return false;
    m->marks[m->mark_count++] = m->now;
    return true;
}

/* ---- lines ---- */

/* The words are found once, while the card's session is at this line: a DOL names the values of a later command. */
static bool describe(struct model_line *line, const cJSON *event, struct decode_state *state)
{
    char text[EVENT_TEXT];
    cJSON *tree = event_decode(event, state);
    event_text(event, tree, text);
    cJSON_Delete(tree);
    line->group = event_group(event);
    line->mark = event_mark(event);
    line->is_noise = event_is_noise(event);
    snprintf(line->kind, sizeof line->kind, "%.11s", report_string(event, "ev"));
    line->text = strdup(text);
    line->json = cJSON_PrintUnformatted(event);
    return line->text && line->json;
}

int model_add(struct model *m, const cJSON *event)
{
    struct model_line line = {0};
    struct paper_line paper;
    if (!cJSON_IsObject(event) || !*report_string(event, "ev"))
        return E_FORMAT;
    if (m->count == MODEL_LINES)
        drop_oldest(m);
    if (!room((void **)&m->lines, &m->cap, m->count, sizeof *m->lines) || !add_mark(m))
        return E_NOMEM;
    bool printed = fold_event(&m->now, event, &paper);
    bool ok = (!printed || add_paper(m, &paper)) && describe(&line, event, &m->now.decode);
    line.number = m->now.number;
    line.time_us = m->now.time_us;
    if (ok)
        m->lines[m->count++] = line;
    else
        free_lines(&line, 1);
    return ok ? OK : E_NOMEM;
}

int model_load(struct model *m, const char *path, char *why, size_t why_cap)
{
    int rc = OK;
    cJSON *events = record_load(path, MODEL_LINES + 1, why, why_cap), *event;
    if (!events)
        return EXIT_USAGE;
    const char *first = report_string(events->child, "ev");
    if (!cJSON_GetArraySize(events) || strcmp(first, "meta") != 0) {
        snprintf(why, why_cap, "%s:1: a run record begins with {\"ev\":\"meta\"...}; ./posbench run writes such files",
                 path);
        cJSON_Delete(events);
        return EXIT_USAGE;
    }
    model_clear(m);
    cJSON_ArrayForEach(event, events)
    {
        m->is_cut = m->count == MODEL_LINES;
        rc = m->is_cut ? OK : model_add(m, event);
        if (rc != OK)
            break;
    }
    cJSON_Delete(events);
    if (rc != OK)
        snprintf(why, why_cap, "%s: %s", path, rc == E_NOMEM ? "out of memory" : "not a run record");
    return rc == OK ? EXIT_PASS : EXIT_USAGE;
}

bool model_is_cut(const struct model *m)
{
    return m->is_cut;
}

size_t model_count(const struct model *m)
{
    return m->count;
}

uint64_t model_dropped(const struct model *m)
{
    return m->dropped;
}

const struct model_line *model_line(const struct model *m, size_t index)
{
    return index < m->count ? &m->lines[index] : NULL;
}

/* ---- states ---- */

const struct model_state *model_now(const struct model *m)
{
    return &m->now;
}

static void replay(struct model_state *s, const struct model_line *line)
{
    struct paper_line paper;
    cJSON *event = cJSON_Parse(line->json);
    fold_event(s, event, &paper);
    cJSON_Delete(event_decode(event, &s->decode));
    cJSON_Delete(event);
}

const struct model_state *model_at(struct model *m, size_t index)
{
    if (index + 1 >= m->count)
        return &m->now;
    m->then = m->marks[index / MODEL_STRIDE];
    for (size_t i = index / MODEL_STRIDE * MODEL_STRIDE; i <= index; i++)
        replay(&m->then, &m->lines[i]);
    return &m->then;
}

const struct paper_line *model_paper(const struct model *m, uint64_t index)
{
    return index >= m->paper_first && index - m->paper_first < m->paper_count ? &m->paper[index - m->paper_first]
                                                                              : NULL;
}

uint64_t model_paper_first(const struct model *m)
{
    return m->paper_first;
}

cJSON *model_decode(struct model *m, size_t index)
{
    struct decode_state before = {0};
    if (index >= m->count)
        return NULL;
    if (index)
        before = model_at(m, index - 1)->decode;
    else if (m->mark_count)
        before = m->marks[0].decode;
    cJSON *event = cJSON_Parse(m->lines[index].json), *tree = event_decode(event, &before);
    cJSON_Delete(event);
    return tree;
}
