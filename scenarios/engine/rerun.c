/*
 * Re-runs: the table of faults that a sweep puts at every command, byte and storage operation of `run`, and the play
 * with one of them (contract in rerun.h). A new kind of fault is a new row here and in fault_id.c.
 *
 * Method. A play without a fault counts the points. Each re-run enters the same durable scene, arms its fault, and
 * plays `run` as far as it goes; the record is on, because triggers of the script hang on it and two oracles read it.
 * Then the fault is lifted, what is left is delivered, and the terminal is judged like one at the end of its day. After
 * a fault of the storage it is switched off and on first: that is how one is repaired, and a core may rightly have
 * stopped.
 */
#include "scenarios/engine/rerun.h"

#include "scenarios/engine/emv_watch.h"

#include <stdio.h>
#include <string.h>

static struct terminal *swept(const struct explorer *e)
{
    return e->bench.terminal[0].terminal;
}

/* ---- cards: reader_fault by exchange, over all cards ---- */

static uint64_t card_points(const struct explorer *e, uint64_t before)
{
    (void)before; /* entering a scene sets it to 0 */
    return terminal_reader_exchanges(swept(e));
}

static bool card_arm(struct explorer *e, int kind, uint64_t at)
{
    struct reader_fault fault = {.at = READER_AT_COMMAND};
    fault.kind = kind;
    return terminal_plan_reader_fault(swept(e), at, &fault) == OK;
}

static void card_lift(struct explorer *e)
{
    terminal_plan_reader_fault(swept(e), 0, NULL);
}

/* ---- taps: the same by exchange through the air; a card there has no reset ---- */

enum { TAP_REMOVE, TAP_TORN, TAP_MUTE, TAP_GARBLE, TAP_STATUS };

static uint64_t tap_points(const struct explorer *e, uint64_t before)
{
    (void)before;
    return terminal_contactless_exchanges(swept(e));
}

static bool tap_arm(struct explorer *e, int kind, uint64_t at)
{
    static const struct reader_fault faults[] = {
        [TAP_REMOVE] = {.at = READER_AT_COMMAND, .kind = READER_FAULT_REMOVE},
        [TAP_TORN] = {.at = READER_AT_COMMAND, .kind = READER_FAULT_REMOVE, .after = true},
        [TAP_MUTE] = {.at = READER_AT_COMMAND, .kind = READER_FAULT_MUTE},
        [TAP_GARBLE] = {.at = READER_AT_COMMAND, .kind = READER_FAULT_GARBLE},
        [TAP_STATUS] = {.at = READER_AT_COMMAND, .kind = READER_FAULT_SW, .sw = 0x6F00},
    };
    return terminal_plan_contactless_fault(swept(e), at, &faults[kind]) == OK;
}

static void tap_lift(struct explorer *e)
{
    terminal_plan_contactless_fault(swept(e), 0, NULL);
}

/* ---- line: it goes down and stays down until the epilogue ---- */

static uint64_t out_points(const struct explorer *e, uint64_t before)
{
    (void)before;
    return network_passed(e->bench.network, TO_HOST);
}

static uint64_t in_points(const struct explorer *e, uint64_t before)
{
    (void)before;
    return network_passed(e->bench.network, TO_TERMINAL);
}

static bool line_arm(struct explorer *e, int direction, uint64_t at)
{
    const struct network_fault drop = {NET_FAULT_DROP, at};
    network_fault_arm(e->bench.network, (enum network_direction)direction, &drop);
    return true;
}

static void line_lift(struct explorer *e)
{
    const struct network_fault none = {.kind = NET_FAULT_NONE};
    network_fault_arm(e->bench.network, TO_HOST, &none);
    network_fault_arm(e->bench.network, TO_TERMINAL, &none);
}

/* ---- storage ---- */

static uint64_t storage_points(const struct explorer *e, uint64_t before)
{
    return storage_ops(terminal_storage(swept(e))) - before;
}

static bool storage_arm(struct explorer *e, int kind, uint64_t at)
{
    struct storage *s = terminal_storage(swept(e));
    const struct storage_fault_plan plan = {.kind = (enum storage_fault_kind)kind, .number = storage_ops(s) + at};
    record_begin(e->bench.record, 1, "fault"); /* the storage itself knows no record */
    record_text(e->bench.record, "what", "storage");
    record_text(e->bench.record, "kind", storage_fault_info(plan.kind)->name);
    record_number(e->bench.record, "at", (int64_t)plan.number);
    record_end(e->bench.record);
    return storage_fault_add(s, &plan) == OK;
}

static void storage_lift(struct explorer *e)
{
    storage_faults_clear(terminal_storage(swept(e)));
    if (terminal_has_card(swept(e))) /* its owner goes before the technician comes */
        terminal_remove(swept(e));
    if (terminal_state(swept(e)) != TERMINAL_OFF)
        terminal_power_cut(swept(e), CUT_ALL, 0);
}

/* ---- the table ---- */

static const struct rerun_row {
    enum fault_kind kind;
    uint64_t first;                                                    /* point; the last is counted: */
    uint64_t (*points)(const struct explorer *e, uint64_t ops_before); /* after a play without a fault */
    bool (*arm)(struct explorer *e, int argument, uint64_t at);        /* before `run` */
    int argument;
    void (*lift)(struct explorer *e); /* after it */
    const char *meaning;
} rows[] = {
    {FAULT_CARD_REMOVE, 1, card_points, card_arm, READER_FAULT_REMOVE, card_lift,
     "the card is pulled out before it hears exchange N"},
    {FAULT_CARD_MUTE, 1, card_points, card_arm, READER_FAULT_MUTE, card_lift, "the card does not answer exchange N"},
    {FAULT_CARD_GARBLE, 1, card_points, card_arm, READER_FAULT_GARBLE, card_lift,
     "every byte of the card's answer to exchange N is inverted"},
    {FAULT_TAP_REMOVE, 1, tap_points, tap_arm, TAP_REMOVE, tap_lift,
     "the card leaves the field before it hears exchange N through the air"},
    {FAULT_TAP_TORN, 1, tap_points, tap_arm, TAP_TORN, tap_lift,
     "the card does its work at exchange N through the air, and leaves before its answer is heard"},
    {FAULT_TAP_MUTE, 1, tap_points, tap_arm, TAP_MUTE, tap_lift, "the card does not answer exchange N through the air"},
    {FAULT_TAP_GARBLE, 1, tap_points, tap_arm, TAP_GARBLE, tap_lift,
     "every byte of the card's answer to exchange N through the air is inverted"},
    {FAULT_TAP_STATUS, 1, tap_points, tap_arm, TAP_STATUS, tap_lift,
     "exchange N through the air is answered with status word 6F00"},
    {FAULT_NET_OUT, 0, out_points, line_arm, TO_HOST, line_lift,
     "the line goes down when N bytes have gone to the host"},
    {FAULT_NET_IN, 0, in_points, line_arm, TO_TERMINAL, line_lift,
     "the line goes down when N bytes have come from the host"},
    {FAULT_STORAGE_ERROR, 1, storage_points, storage_arm, STORAGE_FAULT_ERROR, storage_lift,
     "storage operation N fails and does nothing"},
    {FAULT_STORAGE_FULL, 1, storage_points, storage_arm, STORAGE_FAULT_FULL, storage_lift,
     "from storage operation N on there is no space"},
};
#define ROWS (sizeof rows / sizeof *rows)

static const struct rerun_row *find_row(enum fault_kind kind)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].kind == kind)
            return &rows[i];
    return NULL;
}

/* ---- one play ---- */

/* The scene, a script that knows nothing, and a watch that has seen nothing; from here on the record is on. */
static bool begin(struct explorer *e)
{
    struct bench_case *b = &e->bench;
    bool ok = scene_enter(&e->maker, e->idle) && script_again(b);
    watch_destroy(b->watch); /* with what it saw of the life before and of its end */
    b->watch = NULL;
    record_pause(b->record, false);
    e->failed = e->failed || !ok;
    return ok;
}

/* What `run` expected in vain is the fault's doing. */
static void forgive(struct bench_case *b)
{
    while (cJSON_GetArraySize(b->failures) > 0)
        cJSON_DeleteItemFromArray(b->failures, 0);
    b->usage[0] = '\0';
}

void rerun_play(struct explorer *e, const struct fault_id *id, struct finding *finding)
{
    const struct rerun_row *row = find_row(id->kind);
    bool paused = !record_on(e->bench.record);
    memset(finding, 0, sizeof *finding);
    if (!row || !e->idle)
        return;
    if (begin(e) && row->arm(e, row->argument, id->at)) {
        script_play(&e->bench, "run");
        row->lift(e);
        forgive(&e->bench);
        explorer_conclude(e, finding);
    } else {
        e->failed = true;
    }
    record_pause(e->bench.record, paused);
}

/* ---- where faults can be put ---- */

static void add_points(const struct explorer *e, uint64_t ops_before, const char *stops, cJSON *list)
{
    for (size_t i = 0; i < ROWS; i++) {
        cJSON *point = cJSON_CreateObject();
        cJSON_AddNumberToObject(point, "kind", rows[i].kind);
        cJSON_AddStringToObject(point, "fault", fault_family(rows[i].kind));
        cJSON_AddStringToObject(point, "name", fault_name(rows[i].kind));
        cJSON_AddStringToObject(point, "meaning", rows[i].meaning);
        cJSON_AddNumberToObject(point, "from", (double)rows[i].first);
        cJSON_AddNumberToObject(point, "to", (double)rows[i].points(e, ops_before));
        if (stops[0])
            cJSON_AddStringToObject(point, "stops", stops);
        cJSON_AddItemToArray(list, point);
    }
}

static void first_failure(const struct bench_case *b, char *out, size_t cap)
{
    const cJSON *f = cJSON_GetArrayItem(b->failures, 0);
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(f, "what"));
    const char *where = cJSON_GetStringValue(cJSON_GetObjectItem(f, "where"));
    snprintf(out, cap, "%s%s%s", what ? what : "", where && *where ? ", " : "", where ? where : "");
}

cJSON *rerun_points(struct explorer *e)
{
    cJSON *list = cJSON_CreateArray();
    bool paused = !record_on(e->bench.record);
    char stops[300];
    if (!e->idle)
        return list;
    if (begin(e)) {
        uint64_t ops_before = storage_ops(terminal_storage(swept(e)));
        script_play(&e->bench, "run");
        first_failure(&e->bench, stops, sizeof stops);
        add_points(e, ops_before, stops, list);
        forgive(&e->bench);
    }
    record_pause(e->bench.record, paused);
    return list;
}
