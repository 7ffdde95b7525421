/* The life of a live session: made, played by hand or by its scenario, until its client is gone. Called by worker.c. */
#include "scenarios/engine/live_serve.h"
#include "scenarios/engine/live_serve_internal.h"
#include "sim/rng.h"

#include <fcntl.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STUCK_STEPS 256u /* events without a jump of time, until the client is looked after */

/* ---- by hand ---- */

/* A real reader is the slot: what is put into it is in the terminal. */
static void reader_changed(void *ctx, bool present)
{
    struct live_session *s = ctx;
    if (present && s->phase == LIVE_BY_HAND && !terminal_has_card(s->bench.terminal[0].terminal))
        real_reader_insert(s->bench.reader, s->bench.terminal[0].terminal);
    live_tell_state(s);
    live_flush(s);
}

static _Noreturn void play_by_hand(struct live_session *s)
{
    struct world *w = s->bench.world;
    for (unsigned steps = 1;; steps++) {
        bool due = world_next(w) <= world_now(w);
        if (due && live_speed_now(s) == REALTIME_PAUSED)
            live_wait(s); /* what a key has woken waits, too */
        else if (world_next(w) == WORLD_NEVER)
            world_advance(w, WORLD_NEVER);
        else
            world_step(w);
        if (steps % STUCK_STEPS == 0) { /* a core may keep the instant from passing */
            live_before_jump(s);
            realtime_look(s->bench.realtime);
        }
    }
}

static void meta_by_hand(struct bench_case *b)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, b->request->seed);
    record_begin(b->record, 0, "meta");
    record_text(b->record, "version", "1");
    record_text(b->record, "seed", seed);
    record_text(b->record, "profile", b->terminal[0].profile.name);
    if (b->reader)
        record_text(b->record, "reader", real_reader_name(b->reader));
    record_flag(b->record, "repeatable", false); /* people have a speed of their own */
    record_end(b->record);
}

/* ---- a scenario ---- */

static _Noreturn void play_scenario(struct live_session *s)
{
    struct bench_case *b = &s->bench;
    if (!b->skipped[0]) {
        script_play(b, "run");
        case_epilogue(b);
        case_judge(b, true);
    }
    s->phase = LIVE_ENDED;
    s->stepping = false;
    s->steps = 0;
    live_release(s);
    live_tell_end(s);
    for (;;)
        live_wait(s);
}

/* ---- beginning ---- */

static bool open_bench(struct live_session *s, const struct case_request *request, const char *profile, char *why,
                       size_t cap)
{
    struct bench_case *b = &s->bench;
    FILE *no_file;
    if (!case_open(b, request, why, cap) || !case_load_images(b, why, cap))
        return false;
    if (!b->realtime && !(b->realtime = realtime_create(b->world)))
        return snprintf(why, cap, "out of memory"), false;
    if (!case_record_open(b, &no_file, why, cap))
        return false;
    record_sink(b->record, live_line, s);
    if (!request->file && b->reader)
        live_cards_at_host(b);
    if (!request->file)
        return case_add_terminal(b, profile ? profile : "unionpay-intl", why, cap) != NULL;
    if (!script_load(b, why, cap))
        return false;
    if (b->scenario_ref == LUA_NOREF)
        return snprintf(why, cap, "%s: has no scenario number %u", request->file, request->index), false;
    s->phase = LIVE_PLAYING;
    return true;
}

/* Of its parent it keeps the socket alone, not what a window or other workers talk through. */
static void own_descriptors(int fd)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0)
        dup2(nothing, STDIN_FILENO);
    close_range(3, (unsigned)fd - 1, 0);
    close_range((unsigned)fd + 1, ~0u, 0);
}

static void answer(int fd, const char *key, const char *why)
{
    struct live_frames out = {0};
    cJSON *message = cJSON_CreateObject();
    if (why)
        cJSON_AddStringToObject(message, key, why);
    else
        cJSON_AddTrueToObject(message, key);
    if (!live_frames_put_json(&out, message) || !live_frames_send(&out, fd)) /* the first bytes: there is room */
        live_client_gone();
    cJSON_Delete(message);
    live_frames_free(&out);
}

static const char *text_of(const cJSON *message, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(message, key));
}

_Noreturn void live_serve(const struct case_request *request, const cJSON *message, int fd)
{
    struct live_session *s = calloc(1, sizeof *s);
    char why[600] = "";
    const char *speed = text_of(message, "speed");
    own_descriptors(fd);
    if (!s)
        _exit(70);
    s->fd = fd;
    s->speed = REALTIME_1X;
    rng_own_openssl();
    if (speed && !live_speed_by_name(speed, &s->speed)) {
        snprintf(why, sizeof why, "speed '%.40s': pause, 1x or fast expected", speed);
        answer(fd, "usage", why);
    } else if (!open_bench(s, request, text_of(message, "profile"), why, sizeof why)) {
        answer(fd, "usage", why);
    } else if (live_begin_time(s) != OK) {
        answer(fd, "usage", "out of memory");
    } else {
        answer(fd, "open", NULL);
        if (s->bench.reader)
            real_reader_on_change(s->bench.reader, reader_changed, s);
        if (s->phase == LIVE_PLAYING) {
            case_record_meta(&s->bench);
            play_scenario(s);
        }
        meta_by_hand(&s->bench);
        if (s->bench.reader) /* what lies in it already */
            reader_changed(s, real_reader_present(s->bench.reader));
        play_by_hand(s);
    }
    case_close(&s->bench); /* what could not be opened: the helper of a reader, too */
    _exit(0);
}
