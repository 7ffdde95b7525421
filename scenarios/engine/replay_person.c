/*
 * The people of a replay: somebody keys the amount, inserts or taps the card, takes the application that the recording
 * used, types the PIN when asked, and takes the card back. Called by replay_run.c.
 */
#include "core/codec/charset.h"
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <string.h>

#define RUN_LIMIT_S 900u
#define KEY_US 150000u
#define LOOKS_MAX 20

struct person {
    struct bench_terminal *t;
    const struct replay_facts *f;
    const char *pin;
    const struct slot_card *tapped; /* NULL: it goes into the slot */
    unsigned looks, choices;        /* at lists of applications */
    unsigned retries;               /* taps that the recording tries again */
};

static void pause_for(struct bench_case *b, uint64_t us)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(b->world) + us};
    case_run_until(b, &w);
}

static void press_key(const struct person *p, enum hal_key key)
{
    terminal_key(p->t->terminal, key);
    pause_for(p->t->bench, KEY_US);
}

static void type(const struct person *p, const char *digits)
{
    for (; *digits; digits++)
        press_key(p, (enum hal_key) * digits);
    press_key(p, HAL_KEY_ENTER);
}

static void squeeze(const char *text, size_t len, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < len && text[i] && n + 1 < cap; i++)
        if (text[i] != ' ')
            out[n++] = text[i];
    out[n] = '\0';
}

/* The screen has the words, whatever their spaces. */
static bool shows(const struct terminal_screen *screen, const char *name, size_t len)
{
    char words[64], row[64];
    squeeze(name, len, words, sizeof words);
    for (size_t i = 0; *words && i < HAL_DISPLAY_ROWS; i++) {
        squeeze(screen->rows[i], sizeof screen->rows[i], row, sizeof row);
        if (strstr(row, words))
            return true;
    }
    return false;
}

/* The application that the recording selected for its n-th GET PROCESSING OPTIONS: one may be refused with 6985, and
 * another taken. */
static const struct trace_exchange *chosen(const struct replay_facts *f, unsigned n)
{
    const struct trace_exchange *found = NULL;
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        if (f->step[i] == STEP_SELECT && replay_sw(x) == 0x9000)
            found = x;
        if (f->step[i] == STEP_GPO && n-- == 0)
            break;
    }
    return found;
}

/* The preferred name as a display has it, where it is text of its character set; that of a directory is not told. */
static bool shows_preferred(const struct trace_exchange *x, const struct terminal_screen *now)
{
    struct tlv name, set;
    char text[64];
    unsigned part = replay_find(x, 0x9F11, &set) && set.len == 1 ? set.value[0] : 1;
    return replay_find(x, 0x9F12, &name) && charset_to_utf8(part, name.value, name.len, text, sizeof text) == OK &&
           shows(now, text, sizeof text);
}

static bool shows_chosen(const struct person *p, const struct terminal_screen *now)
{
    const struct trace_exchange *x = chosen(p->f, p->choices);
    struct tlv name;
    char hex[17] = "";
    if (x &&
        (shows_preferred(x, now) || (replay_find(x, 0x50, &name) && shows(now, (const char *)name.value, name.len))))
        return true;
    if (x && replay_find(x, 0x84, &name)) /* an application without a name is called by its AID */
        hex_encode(name.value, name.len < 8 ? name.len : 8, hex, sizeof hex);
    return shows(now, hex, sizeof hex);
}

/* Goes down the list until the recorded application is shown; after one that never comes, takes the one that is. */
static void choose(struct person *p, const struct terminal_screen *now)
{
    bool take = shows_chosen(p, now) || p->looks++ == LOOKS_MAX;
    p->choices += take;
    press_key(p, take ? HAL_KEY_ENTER : HAL_KEY_DOWN);
}

/* A card whose issuer asks for a confirmation: yes for the application that was recorded. */
static void confirm(struct person *p, const struct terminal_screen *now)
{
    bool take = shows_chosen(p, now);
    p->choices += take;
    press_key(p, take ? HAL_KEY_ENTER : HAL_KEY_CANCEL);
}

/* The terminal wants a card once more: there is one when the recorded tap was tried again. */
static void answer_request(struct person *p)
{
    if (p->tapped && p->retries && p->retries--)
        terminal_tap(p->t->terminal, p->tapped);
    else
        press_key(p, HAL_KEY_CANCEL);
}

/* Reacts to one screen; true when the transaction is over. `last` keeps the screen that told the outcome. */
static bool react(struct person *p, const struct terminal_screen *now, struct terminal_screen *last)
{
    struct terminal *t = p->t->terminal;
    bool outcome = now->role == FIRMWARE_APPROVED || now->role == FIRMWARE_DECLINED || now->role == FIRMWARE_FAILED ||
                   now->role == FIRMWARE_UNKNOWN || (p->tapped && now->role == FIRMWARE_DISCLOSE);
    if (now->role == FIRMWARE_IDLE || now->role == FIRMWARE_HALT)
        return true;
    if (strcmp(now->name, "enter_pin") == 0 || strcmp(now->name, "card_pin") == 0 ||
        strcmp(now->name, "card_pin_last") == 0)
        type(p, p->pin);
    else if (strcmp(now->name, "pin_again") == 0 || strcmp(now->name, "card_pin_again") == 0 ||
             strcmp(now->name, "check_identity") == 0)
        press_key(p, HAL_KEY_CANCEL);
    else if (strcmp(now->name, "choose_application") == 0 || strcmp(now->name, "confirm_application") == 0)
        choose(p, now);
    else if (strcmp(now->name, "confirm_application") == 0)
        confirm(p, now);
    else if (outcome && !last->name) /* the first one counts: what follows is about the card or the slip */
        *last = *now;
    else if (now->role == FIRMWARE_ASK && !terminal_has_card(t) && !terminal_in_field(t))
        answer_request(p);
    if (outcome && p->tapped)
        (void)terminal_leave_field(t, NULL);
    if (terminal_has_card(t) && (outcome || strcmp(now->name, "remove_card") == 0))
        terminal_remove(t);
    return false;
}

static void sell(struct person *p, const char *keys, const struct slot_card *card, const struct hal_datetime *when,
                 struct terminal_screen *last)
{
    struct bench_case *b = p->t->bench;
    struct terminal_screen now;
    uint64_t until = world_now(b->world) + RUN_LIMIT_S * SECOND_US;
    type(p, keys);
    terminal_screen(p->t->terminal, &now);
    if (when) /* again, to the second: the keys took their time */
        terminal_clock_set(p->t->terminal, when);
    (p->tapped ? terminal_tap : terminal_insert)(p->t->terminal, card);
    do {
        struct wait w = {.kind = WAIT_TURN, .terminal = p->t, .number = now.number, .until_us = until};
        if (!case_run_until(b, &w))
            break;
        terminal_screen(p->t->terminal, &now);
        pause_for(b, KEY_US);
    } while (!react(p, &now, last) && terminal_state(p->t->terminal) == TERMINAL_RUNNING);
}

void person_pay(struct bench_case *b, const struct replay_facts *f, const struct slot_card *card, uint64_t cents,
                const struct hal_datetime *when, struct terminal_screen *last)
{
    struct person p = {.t = &b->terminal[0],
                       .f = f,
                       .pin = infer_pin_bypassed(f) ? ""
                              : f->pin[0]           ? f->pin
                                                    : "1234",
                       .tapped = replay_in_field(f) ? card : NULL,
                       .retries = replay_tap_retries(f)};
    char keys[24];
    snprintf(keys, sizeof keys, "%llu", (unsigned long long)cents);
    sell(&p, keys, card, when, last);
}

/* -- a card that says nothing -- */

static int mute_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len, uint64_t *time_us)
{
    (void)ctx, (void)warm, (void)atr;
    *len = 0;
    *time_us = 20000;
    return HAL_E_MUTE;
}

static void mute_off(void *ctx)
{
    (void)ctx;
}

static int mute_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    (void)ctx, (void)protocol, (void)command, (void)len, (void)answer, (void)cap;
    *answer_len = 0;
    *time_us = 20000;
    return HAL_E_MUTE;
}

void person_practise(struct bench_case *b, const struct replay_facts *f, unsigned times)
{
    static const struct slot_card_ops ops = {mute_reset, mute_off, mute_exchange, NULL, NULL};
    const struct slot_card mute = {&ops, NULL, "mute"};
    for (unsigned i = 0; i < times; i++) {
        struct person p = {.t = &b->terminal[0], .f = f, .pin = ""};
        struct terminal_screen last = {.number = 0};
        sell(&p, "1", &mute, NULL, &last);
    }
}
