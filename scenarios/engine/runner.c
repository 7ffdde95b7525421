/*
 * Running cases over worker processes: hands out one case at a time, watches for crashes and hangs, keeps results in
 * the order of the list whatever the number of jobs.
 */
#include "scenarios/engine/discover.h"

#include "reports/output.h"
#include "scenarios/engine/fault_id.h"

#include "reports/shell.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS_MAX 64

struct lane {
    struct worker worker;
    struct worker_patience patience;
    int at; /* case index, -1 free */
};
struct runner {
    const struct engine_options *o;
    const cJSON *cases;
    const struct engine_progress *progress;
    cJSON **result;
    size_t total, next, finished;
    struct lane lane[JOBS_MAX];
    unsigned lanes;
    uint32_t asking;
    char *why;
    size_t why_cap;
    int status;
};

/* -- one case -- */

/* "records/chip_sale_3.jsonl" from "scenarios/chip/sale#3". */
static void record_name(const cJSON *one, char *out, size_t cap)
{
    const char *id = report_string(one, "id");
    if (strncmp(id, "scenarios/", 10) == 0)
        id += 10;
    snprintf(out, cap, "%s.jsonl", id);
    for (char *p = out; *p; p++)
        if (*p == '/' || *p == '#' || *p == ' ')
            *p = '_';
}

static bool hand_out(struct runner *r, struct lane *lane)
{
    const cJSON *one = cJSON_GetArrayItem(r->cases, (int)r->next);
    char seed[24], name[512], path[1024];
    if (!lane->worker.pid && worker_start(&lane->worker, r->o) != 0)
        return false;
    cJSON *request = cJSON_CreateObject();
    snprintf(seed, sizeof seed, "%" PRIu64, r->o->seed);
    cJSON_AddStringToObject(request, "op", "run");
    cJSON_AddStringToObject(request, "file", report_string(one, "path"));
    cJSON_AddNumberToObject(request, "index", cJSON_GetNumberValue(cJSON_GetObjectItem(one, "index")));
    cJSON_AddStringToObject(request, "seed", seed);
    if (r->o->fault)
        cJSON_AddStringToObject(request, "fault", r->o->fault);
    if (r->o->reader)
        cJSON_AddStringToObject(request, "reader", r->o->reader);
    if (r->o->records) {
        record_name(one, name, sizeof name);
        snprintf(path, sizeof path, "%s/%s", r->o->records, name);
        cJSON_AddStringToObject(request, "record", path);
    }
    lane->at = (int)r->next++;
    worker_patience_begin(&lane->patience);
    bool ok = worker_send(&lane->worker, request) == 0;
    cJSON_Delete(request);
    return ok;
}

/* Copies what the list knows of the case into its result, and the command that repeats it. */
static void complete(const struct runner *r, cJSON *result, const cJSON *one, double real)
{
    static const char *const keys[] = {"id", "file", "line", "name", "tags", "covers", NULL};
    char seed[24], file[1100], id[1100], fault[FAULT_ID_MAX + 8], command[4096], name[512], relative[600];
    for (size_t i = 0; keys[i]; i++)
        cJSON_AddItemToObject(result, keys[i], cJSON_Duplicate(cJSON_GetObjectItem(one, keys[i]), true));
    snprintf(seed, sizeof seed, "%" PRIu64, r->o->seed);
    cJSON_AddStringToObject(result, "seed", seed);
    cJSON_AddNumberToObject(result, "real_us", real * 1e6);
    shell_quote(report_string(one, "file"), file, sizeof file);
    shell_quote(report_string(one, "id"), id, sizeof id);
    shell_quote(r->o->fault ? r->o->fault : "", fault, sizeof fault);
    snprintf(command, sizeof command, "./posbench run %s --filter %s --seed %s%s%s%s", file, id, seed,
             r->o->fault ? " --fault " : "", r->o->fault ? fault : "", r->o->command_tail ? r->o->command_tail : "");
    cJSON_AddStringToObject(result, "command", command);
    if (r->o->records) {
        record_name(one, name, sizeof name);
        snprintf(relative, sizeof relative, "records/%s", name);
        cJSON_AddStringToObject(result, "record", relative);
    }
}

static void finish(struct runner *r, struct lane *lane, cJSON *result)
{
    const cJSON *one = cJSON_GetArrayItem(r->cases, lane->at);
    complete(r, result, one, worker_seconds() - lane->patience.started);
    r->result[lane->at] = result;
    lane->at = -1;
    r->finished++;
    if (r->progress && r->progress->done)
        r->progress->done(r->progress->ctx, result, r->finished, r->total);
}

/* The worker is gone: the case fails with its last events, or the bench itself is at fault. */
static void bury(struct runner *r, struct lane *lane, const char *killed_for)
{
    char text[300];
    bool bench_fault;
    cJSON *result = cJSON_CreateObject(), *failures, *failure = cJSON_CreateObject();
    worker_autopsy(&lane->worker, killed_for, text, sizeof text, &bench_fault);
    cJSON_AddStringToObject(result, "verdict", bench_fault ? "error" : "fail");
    cJSON_AddNumberToObject(result, "virtual_us", 0);
    failures = cJSON_AddArrayToObject(result, "failures");
    cJSON_AddStringToObject(failure, "what", bench_fault ? "bench" : "core");
    cJSON_AddStringToObject(failure, "expected", "the case to end");
    cJSON_AddStringToObject(failure, "found", text);
    cJSON_AddStringToObject(failure, "where", "");
    cJSON_AddItemToArray(failures, failure);
    cJSON_AddArrayToObject(result, "oracles");
    cJSON_AddItemToObject(result, "events", worker_last_events(&lane->worker, 12));
    worker_stop(&lane->worker);
    finish(r, lane, result);
}

static void read_answer(struct runner *r, struct lane *lane)
{
    cJSON *answer = worker_receive(&lane->worker), *usage;
    if (!answer) {
        bury(r, lane, NULL);
        return;
    }
    if ((usage = cJSON_GetObjectItem(answer, "usage"))) {
        snprintf(r->why, r->why_cap, "%s", usage->valuestring);
        r->status = EXIT_USAGE;
        cJSON_Delete(answer);
        lane->at = -1;
        return;
    }
    bool retire = cJSON_IsTrue(cJSON_GetObjectItem(answer, "retire"));
    cJSON_DeleteItemFromObject(answer, "retire");
    finish(r, lane, answer);
    if (retire || r->o->fresh_workers)
        worker_stop(&lane->worker); /* a core was abandoned on its stack in there */
}

#define REAL_WALL_S 3600u

/* Beside real time a case takes its time. */
static unsigned wall_seconds(const struct engine_options *o)
{
    return o->reader && !o->wall_seconds ? REAL_WALL_S : o->wall_seconds;
}

/* What a person is asked for, once. */
static void pass_on_question(struct runner *r, const struct lane *lane)
{
    const struct worker_shared *shared = lane->worker.shared;
    uint32_t asking = shared ? shared->asking : 0;
    if (asking == r->asking || !r->progress || !r->progress->asked)
        return;
    r->asking = asking;
    r->progress->asked(r->progress->ctx, asking ? shared->asked : NULL);
}

static void turn(struct runner *r)
{
    struct pollfd fds[JOBS_MAX];
    for (unsigned i = 0; i < r->lanes; i++)
        fds[i] = (struct pollfd){r->lane[i].at >= 0 ? r->lane[i].worker.socket : -1, POLLIN, 0};
    poll(fds, r->lanes, 100);
    for (unsigned i = 0; i < r->lanes; i++) {
        struct lane *lane = &r->lane[i];
        const char *why;
        if (lane->at < 0)
            continue;
        pass_on_question(r, lane);
        if (fds[i].revents)
            read_answer(r, lane);
        else if ((why = worker_misbehaves(&lane->worker, &lane->patience, wall_seconds(r->o))))
            bury(r, lane, why);
    }
}

static bool any_busy(const struct runner *r)
{
    for (unsigned i = 0; i < r->lanes; i++)
        if (r->lane[i].at >= 0)
            return true;
    return false;
}

/* -- the whole run -- */

static cJSON *sum_up(struct runner *r, double real)
{
    static const char *const verdicts[] = {"pass", "fail", "inconclusive", "not applicable", "skipped", "error"};
    double virtual_us = 0;
    char seed[24];
    cJSON *run = cJSON_CreateObject(), *counts, *cases;
    snprintf(seed, sizeof seed, "%" PRIu64, r->o->seed);
    cJSON_AddStringToObject(run, "posbench", POSBENCH_VERSION);
    cJSON_AddStringToObject(run, "seed", seed);
    cJSON_AddNumberToObject(run, "jobs", r->lanes);
    counts = cJSON_AddObjectToObject(run, "counts");
    cases = cJSON_AddArrayToObject(run, "cases");
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++) {
        unsigned n = 0;
        for (size_t i = 0; i < r->total; i++)
            n += r->result[i] && strcmp(report_string(r->result[i], "verdict"), verdicts[k]) == 0;
        cJSON_AddNumberToObject(counts, verdicts[k], n);
    }
    for (size_t i = 0; i < r->total; i++) {
        if (!r->result[i])
            continue;
        if (report_string(r->result[i], "core")[0] && !cJSON_GetObjectItem(run, "core"))
            cJSON_AddStringToObject(run, "core", report_string(r->result[i], "core"));
        const cJSON *reader = cJSON_GetObjectItem(r->result[i], "reader");
        if (reader && !cJSON_GetObjectItem(run, "reader"))
            cJSON_AddStringToObject(run, "reader", report_string(reader, "name"));
        virtual_us += cJSON_GetNumberValue(cJSON_GetObjectItem(r->result[i], "virtual_us"));
        cJSON_AddItemToArray(cases, r->result[i]);
    }
    cJSON_AddNumberToObject(run, "virtual_us", virtual_us);
    cJSON_AddNumberToObject(run, "real_us", real * 1e6);
    return run;
}

static int exit_code(const cJSON *run)
{
    const cJSON *counts = cJSON_GetObjectItem(run, "counts");
    if (cJSON_GetNumberValue(cJSON_GetObjectItem(counts, "error")) > 0)
        return EXIT_BENCH;
    if (cJSON_GetNumberValue(cJSON_GetObjectItem(counts, "fail")) > 0)
        return EXIT_FAILED;
    return EXIT_PASS;
}

int engine_run(const struct engine_options *o, const cJSON *cases, const struct engine_progress *progress, cJSON **run,
               char *why, size_t cap)
{
    struct runner *r = calloc(1, sizeof *r);
    double started = worker_seconds();
    *run = NULL;
    if (!r)
        return EXIT_BENCH;
    *r = (struct runner){.o = o, .cases = cases, .progress = progress, .why = why, .why_cap = cap, .status = EXIT_PASS};
    r->total = (size_t)cJSON_GetArraySize(cases);
    r->result = calloc(r->total + 1, sizeof *r->result);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    r->lanes = o->jobs ? o->jobs : (unsigned)(cores > 0 ? cores : 1);
    r->lanes = o->reader ? 1 : r->lanes > JOBS_MAX ? JOBS_MAX : r->lanes; /* there is one real reader */
    if (r->lanes > r->total)
        r->lanes = (unsigned)r->total;
    for (unsigned i = 0; i < r->lanes; i++)
        r->lane[i].at = -1;
    struct engine_interrupt interrupt;
    engine_interrupt_begin(&interrupt);
    while (r->status == EXIT_PASS && !engine_interrupted() && (r->next < r->total || any_busy(r))) {
        for (unsigned i = 0; i < r->lanes && r->next < r->total; i++)
            if (r->lane[i].at < 0 && !hand_out(r, &r->lane[i])) {
                snprintf(why, cap, "no worker process can be started");
                r->status = EXIT_BENCH;
            }
        turn(r);
    }
    bool interrupted = engine_interrupted();
    engine_interrupt_end(&interrupt);
    for (unsigned i = 0; i < r->lanes; i++)
        worker_stop(&r->lane[i].worker);
    *run = sum_up(r, worker_seconds() - started);
    int status = interrupted              ? EXIT_INTERRUPTED
                 : r->status != EXIT_PASS ? r->status
                 : r->total               ? exit_code(*run)
                                          : EXIT_NOTHING;
    free(r->result);
    free(r);
    return status;
}
