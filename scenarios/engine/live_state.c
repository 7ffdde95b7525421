/* What a live session tells of itself: its state after each change, and the end of a scenario. */
#include "scenarios/engine/live_serve_internal.h"
#include "scenarios/engine/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct bench_terminal *live_terminal(struct live_session *s)
{
    return s->bench.terminals ? &s->bench.terminal[0] : NULL;
}

static const char *running_name(const struct terminal *t)
{
    static const char *const names[] = {[TERMINAL_OFF] = "off",
                                        [TERMINAL_RUNNING] = "running",
                                        [TERMINAL_RETURNED] = "returned",
                                        [TERMINAL_IGNORED] = "ignored",
                                        [TERMINAL_BUSY] = "busy"};
    return t ? names[terminal_state(t)] : "off";
}

/* A core that ignored the loss of its supply has none. */
static bool powered(const struct terminal *t)
{
    return t && terminal_state(t) != TERMINAL_OFF && terminal_state(t) != TERMINAL_IGNORED;
}

static const char *card_name(struct live_session *s, const struct bench_terminal *t)
{
    if (!t || !terminal_has_card(t->terminal))
        return "";
    if (s->bench.reader && terminal_holds(t->terminal, s->bench.reader))
        return real_reader_name(s->bench.reader);
    return t->card ? t->card->name : "card";
}

static cJSON *state_of(struct live_session *s)
{
    struct bench_case *b = &s->bench;
    const struct bench_terminal *t = live_terminal(s);
    const struct terminal *terminal = t ? t->terminal : NULL;
    const struct worker_shared *shared = b->request->shared;
    cJSON *state = cJSON_CreateObject();
    cJSON_AddBoolToObject(state, "powered", powered(terminal));
    cJSON_AddStringToObject(state, "running", running_name(terminal));
    cJSON_AddBoolToObject(state, "idle", terminal && terminal_idle(terminal));
    cJSON_AddStringToObject(state, "card", card_name(s, t));
    cJSON_AddBoolToObject(state, "network", network_is_up(b->network));
    cJSON_AddBoolToObject(state, "paper", terminal && terminal_has_paper(terminal));
    cJSON_AddStringToObject(state, "speed", live_speed_name(s->speed));
    cJSON_AddStringToObject(state, "reader", b->reader ? real_reader_name(b->reader) : "");
    cJSON_AddBoolToObject(state, "reader_card", b->reader && real_reader_present(b->reader));
    cJSON_AddStringToObject(state, "trouble", b->reader ? real_reader_trouble(b->reader) : "");
    cJSON_AddStringToObject(state, "asks", shared && shared->asking ? shared->asked : "");
    cJSON_AddBoolToObject(state, "ended", s->phase == LIVE_ENDED);
    return state;
}

void live_tell_state(struct live_session *s)
{
    cJSON *state = state_of(s), *message;
    char *text = cJSON_PrintUnformatted(state);
    if (!text || (s->told && strcmp(text, s->told) == 0)) {
        free(text);
        cJSON_Delete(state);
        return;
    }
    free(s->told);
    s->told = text;
    cJSON_AddNumberToObject(state, "virtual_us", (double)world_now(s->bench.world));
    message = cJSON_CreateObject();
    cJSON_AddItemToObject(message, "state", state);
    live_tell(s, message);
}

/* What engine_list knows of the case, and the command that plays it again. */
static void name_case(const struct bench_case *b, cJSON *result)
{
    static const char *const keys[] = {"name", "line", "tags", "covers", NULL};
    const struct case_request *request = b->request;
    const cJSON *one = cJSON_GetArrayItem(b->scenarios, (int)request->index - 1);
    const char *file = case_relative(request);
    size_t len = strlen(file);
    char seed[24], id[600];
    for (size_t i = 0; keys[i]; i++)
        cJSON_AddItemToObject(result, keys[i], cJSON_Duplicate(cJSON_GetObjectItem(one, keys[i]), true));
    snprintf(id, sizeof id, "%.*s#%u", (int)(len > 4 ? len - 4 : len), file, request->index);
    snprintf(seed, sizeof seed, "%" PRIu64, request->seed);
    cJSON_AddStringToObject(result, "id", id);
    cJSON_AddStringToObject(result, "file", file);
    cJSON_AddStringToObject(result, "seed", seed);
}

/* Bad input met on the way (a card profile) is no verdict on the core. */
static cJSON *bad_input(struct bench_case *b)
{
    cJSON *result = cJSON_CreateObject(), *failure = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "verdict", "error");
    cJSON_AddStringToObject(failure, "what", "input");
    cJSON_AddStringToObject(failure, "expected", "");
    cJSON_AddStringToObject(failure, "found", b->usage);
    cJSON_AddStringToObject(failure, "where", "");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(result, "failures"), failure);
    cJSON_AddArrayToObject(result, "oracles");
    return result;
}

void live_tell_end(struct live_session *s)
{
    struct bench_case *b = &s->bench;
    cJSON *message = cJSON_CreateObject(), *result = b->usage[0] ? bad_input(b) : case_result(b);
    cJSON_DeleteItemFromObject(result, "retire");
    name_case(b, result);
    cJSON_AddItemToObject(message, "end", result);
    live_tell(s, message);
}
