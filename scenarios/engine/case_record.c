/* The record of a case: where it goes, and its first line. Called by case.c and fault_play.c. */
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/emv_watch.h"
#include "scenarios/engine/worker.h"

#include <inttypes.h>
#include <stdio.h>

static void file_sink(void *ctx, const char *text, size_t len)
{
    fwrite(text, 1, len, ctx);
}

static void tail_sink(void *ctx, const char *text, size_t len)
{
    worker_tail(ctx, text, len);
}

void case_watch_sink(void *ctx, const char *text, size_t len)
{
    triggers_line(ctx, text, len);
    watch_line(ctx, text, len);
}

void case_record_watch(struct bench_case *b)
{
    if (!b->watched)
        record_sink(b->record, case_watch_sink, b);
    b->watched = true;
}

bool case_record_open(struct bench_case *b, FILE **file, char *why, size_t cap)
{
    const struct case_request *request = b->request;
    *file = request->record ? fopen(request->record, "wb") : NULL;
    if (request->record && !*file)
        return snprintf(why, cap, "%s: the record cannot be written", request->record), false;
    if (*file) {
        setvbuf(*file, NULL, _IOLBF, 1 << 16); /* a crash must not take the last lines along */
        record_sink(b->record, file_sink, *file);
    }
    if (request->shared)
        record_sink(b->record, tail_sink, request->shared);
    case_record_watch(b);
    return true;
}

bool case_record_close(struct bench_case *b, FILE *file, char *why, size_t cap)
{
    if (!file)
        return true;
    bool ok = fflush(file) == 0 && !ferror(file); /* a full disk: the record is not the run */
    if (!ok)
        snprintf(why, cap, "%s: the record cannot be written to its end", b->request->record);
    record_pause(b->record, true); /* what the end of the case still does is not for the file */
    fclose(file);
    return ok;
}

void case_record_meta(struct bench_case *b)
{
    const cJSON *one = cJSON_GetArrayItem(b->scenarios, (int)b->request->index - 1);
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, b->request->seed);
    record_begin(b->record, 0, "meta");
    record_text(b->record, "version", "1");
    record_text(b->record, "seed", seed);
    record_text(b->record, "scenario", cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")));
    record_text(b->record, "file", case_relative(b->request));
    record_number(b->record, "index", b->request->index);
    record_text(b->record, "fault", b->request->fault);
    if (b->reader) {
        record_text(b->record, "reader", real_reader_name(b->reader));
        record_flag(b->record, "repeatable", false); /* a real card has a counter, a reader its own speed */
    }
    record_end(b->record);
}
