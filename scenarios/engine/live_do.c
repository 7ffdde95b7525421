/*
 * What a person does in a live session: one function a command, in one table. Each says why when it cannot be done, and
 * then has changed nothing. Commands are for the first terminal; a person may interfere with a scenario that plays.
 */
#include "scenarios/engine/card_fault.h"
#include "scenarios/engine/live_serve_internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MAX 1000 /* that may be asked for ahead */

struct doing {
    struct live_session *s;
    struct bench_case *bench;
    struct bench_terminal *t;
    const cJSON *command;
    char *why;
    size_t cap;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct doing *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(d->why, d->cap, format, args);
    va_end(args);
    return false;
}

static bool flag_of(const struct doing *d, const char *key, bool *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(d->command, key);
    *out = cJSON_IsTrue(item);
    return cJSON_IsBool(item) || refuse(d, "\"%s\" must be true or false", key);
}

/* A text of at most 63 bytes; NULL is refused with what is expected. */
static const char *text_of(const struct doing *d, const char *key, const char *expected)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(d->command, key));
    if (text && strlen(text) < 64)
        return text;
    refuse(d, "\"%s\" must be %s", key, expected);
    return NULL;
}

/* ---- power ---- */

static bool switch_on(const struct doing *d)
{
    if (terminal_state(d->t->terminal) == TERMINAL_IGNORED)
        return refuse(d, "its core ignored the loss of power and runs on: start a new session");
    if (terminal_browning(d->t->terminal))
        return refuse(d, "the supply flickers: wait until that is over");
    if (terminal_state(d->t->terminal) != TERMINAL_OFF)
        return refuse(d, "the terminal is on already");
    return terminal_power_on(d->t->terminal) == OK || refuse(d, "the terminal does not start");
}

static bool cut_mode_of(const struct doing *d, enum cut_mode *mode)
{
    *mode = CUT_ALL;
    if (!cJSON_GetObjectItemCaseSensitive(d->command, "mode"))
        return true;
    const char *name = text_of(d, "mode", "the name of a survival mode");
    if (!name || cut_mode_by_name(name, mode) == OK)
        return name != NULL;
    refuse(d, "there is no survival mode '%s'; there are", name);
    for (unsigned i = 0; i < CUT_MODES; i++) {
        size_t len = strlen(d->why);
        snprintf(d->why + len, d->cap - len, "%s %s", i ? "," : "", cut_mode_info(i)->name);
    }
    return false;
}

static bool do_power(const struct doing *d)
{
    bool on;
    enum cut_mode mode;
    if (!flag_of(d, "on", &on))
        return false;
    if (on)
        return switch_on(d);
    if (!cut_mode_of(d, &mode))
        return false;
    return terminal_power_cut(d->t->terminal, mode, 1) == OK || refuse(d, "the terminal is off already");
}

/* ---- keys ---- */

static const struct {
    const char *name;
    enum hal_key key;
} key_names[] = {
    {"enter", HAL_KEY_ENTER}, {"cancel", HAL_KEY_CANCEL}, {"clear", HAL_KEY_CLEAR}, {"up", HAL_KEY_UP},
    {"down", HAL_KEY_DOWN},   {"menu", HAL_KEY_MENU},     {"func", HAL_KEY_FUNC},
};

static bool key_by_name(const char *name, enum hal_key *out)
{
    if (name[0] >= '0' && name[0] <= '9' && !name[1])
        return *out = (enum hal_key)name[0], true;
    for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
        if (strcmp(key_names[i].name, name) == 0)
            return *out = key_names[i].key, true;
    return false;
}

static bool runs(const struct doing *d)
{
    enum terminal_state state = terminal_state(d->t->terminal);
    return state == TERMINAL_RUNNING ||
           refuse(d, state == TERMINAL_OFF ? "the terminal is off" : "the terminal's core does not run any more");
}

static bool do_key(const struct doing *d)
{
    static const char expected[] = "a digit, enter, cancel, clear, up, down, menu or func";
    enum hal_key key;
    const char *name = text_of(d, "key", expected);
    if (!name || !runs(d))
        return false;
    if (!key_by_name(name, &key))
        return refuse(d, "there is no such key; \"key\" must be %s", expected);
    return terminal_key(d->t->terminal, key) == OK || refuse(d, "the terminal has not taken the keys before yet");
}

/* ---- cards ---- */

/* A person has one card of each name, and keeps it: its counters go on. */
static struct bench_card *card_of(const struct doing *d)
{
    const char *name = text_of(d, "card", "the name of a card");
    if (!name || !live_card_known(d->bench->request->paths.root, name, d->why, d->cap))
        return NULL;
    for (unsigned i = 0; i < d->bench->cards; i++)
        if (strcmp(d->bench->card[i]->name, name) == 0)
            return d->bench->card[i];
    return case_load_card(d->bench, name, d->why, d->cap);
}

static bool insert_real(const struct doing *d)
{
    struct real_reader *real = d->bench->reader;
    int status = real_reader_insert(real, d->t->terminal);
    if (status == HAL_E_ABSENT)
        return refuse(d, "there is no card in %s", real_reader_name(real));
    return status == OK || refuse(d, "the card in %s cannot be taken", real_reader_name(real));
}

static bool do_insert(const struct doing *d)
{
    if (terminal_has_card(d->t->terminal))
        return refuse(d, "there is a card in the slot: pull it first");
    if (d->bench->reader && !cJSON_GetObjectItemCaseSensitive(d->command, "card"))
        return insert_real(d);
    struct bench_card *card = card_of(d);
    if (!card)
        return false;
    card_faults_insert(d->t, card);
    if (terminal_insert(d->t->terminal, &card->slot) != OK)
        return refuse(d, "the card cannot be inserted");
    d->t->card = card;
    return true;
}

static bool do_pull(const struct doing *d)
{
    if (terminal_remove(d->t->terminal) != OK)
        return refuse(d, "there is no card in the slot");
    d->t->card = NULL;
    return true;
}

static bool do_swipe(const struct doing *d)
{
    struct bench_card *card = card_of(d);
    if (!card)
        return false;
    if (!card->facts.has_stripe)
        return refuse(d, "%s has no stripe", card->name);
    return runs(d) &&
           (terminal_swipe(d->t->terminal, &card->slot) == OK || refuse(d, "the terminal has no reader for a stripe"));
}

/* ---- paper and line ---- */

static bool do_paper(const struct doing *d)
{
    bool there;
    if (!flag_of(d, "there", &there))
        return false;
    terminal_paper(d->t->terminal, there);
    return true;
}

static bool do_network(const struct doing *d)
{
    bool up;
    if (!flag_of(d, "up", &up))
        return false;
    network_up(d->bench->network, up);
    return true;
}

/* ---- time ---- */

static const char *const speed_names[] = {[REALTIME_PAUSED] = "pause", [REALTIME_1X] = "1x", [REALTIME_FAST] = "fast"};

const char *live_speed_name(enum realtime_speed speed)
{
    return speed_names[speed];
}

bool live_speed_by_name(const char *name, enum realtime_speed *out)
{
    for (size_t i = 0; i < sizeof speed_names / sizeof *speed_names; i++)
        if (strcmp(speed_names[i], name) == 0)
            return *out = (enum realtime_speed)i, true;
    return false;
}

static bool do_speed(const struct doing *d)
{
    struct live_session *s = d->s;
    const char *name = text_of(d, "value", "pause, 1x or fast");
    enum realtime_speed speed;
    if (!name)
        return false;
    if (!live_speed_by_name(name, &speed))
        return refuse(d, "\"value\" must be pause, 1x or fast");
    s->speed = speed;
    if (speed == REALTIME_PAUSED)
        return true;
    s->stepping = false;
    s->steps = 0;
    live_release(s);
    return true;
}

static bool do_step(const struct doing *d)
{
    struct live_session *s = d->s;
    if (s->speed != REALTIME_PAUSED)
        return refuse(d, "time must be paused for a step");
    if (s->steps == STEPS_MAX)
        return refuse(d, "%d steps are waiting already", STEPS_MAX);
    s->steps++;
    return true;
}

/* ---- all of them ---- */

struct command {
    const char *name;
    bool (*fn)(const struct doing *d);
    bool of_time; /* not a person's at the terminal */
};
static const struct command commands[] = {
    {"power", do_power, false}, {"key", do_key, false},     {"insert", do_insert, false},
    {"pull", do_pull, false},   {"swipe", do_swipe, false}, {"paper", do_paper, false},
    {"speed", do_speed, true},  {"step", do_step, true},    {"network", do_network, false},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

void live_refuse(struct live_session *s, const char *name, const char *why)
{
    cJSON *message = cJSON_CreateObject();
    cJSON_AddStringToObject(message, "refused", why);
    cJSON_AddStringToObject(message, "do", name);
    live_tell(s, message);
}

/* One line, whatever name came with the command. */
static void one_line(char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            *text = '?';
}

void live_do(struct live_session *s, const cJSON *json)
{
    char why[400] = "", name[32];
    const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "do"));
    const struct command *c = given ? find(given) : NULL;
    const struct doing d = {s, &s->bench, live_terminal(s), json, why, sizeof why};
    snprintf(name, sizeof name, "%s", given ? given : "");
    if (c && !c->of_time)
        live_release(s); /* in order: what has happened comes first */
    if (!given)
        snprintf(why, sizeof why, "a command is an object with \"do\"");
    else if (!c)
        snprintf(why, sizeof why,
                 "there is no such command; there are power, key, insert, pull, swipe, paper, "
                 "network, speed, step");
    else if (s->phase == LIVE_ENDED && c->fn != do_speed)
        snprintf(why, sizeof why, "the scenario has ended");
    else if (!d.t && !c->of_time)
        snprintf(why, sizeof why, "the scenario has no terminal");
    else if (c->fn(&d))
        return;
    one_line(why);
    live_refuse(s, name, why);
}
