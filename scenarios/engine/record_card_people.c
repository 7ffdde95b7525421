/*
 * The people of a recording: somebody keys the amount, puts the card in, types the PIN when asked, and takes the card
 * when the terminal is done with it. Called by record_card_play.c.
 */
#include "scenarios/engine/record_card_player.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BOOT_LIMIT_S 900u
#define RUN_LIMIT_S 300u
#define KEY_US 150000u
#define WAIT_S 60u

static void note(struct player *p, const char *text)
{
    if (!p->tape->note[0])
        snprintf(p->tape->note, sizeof p->tape->note, "%s", text);
}

static void ask(struct player *p, const char *text)
{
    if (p->said->ask)
        p->said->ask(p->said->ctx, text);
}

static void pause_for(struct player *p, uint64_t us)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(p->bench.world) + us};
    case_run_until(&p->bench, &w);
}

static void press(struct player *p, enum hal_key key)
{
    terminal_key(p->t->terminal, key);
    pause_for(p, KEY_US);
}

static void type(struct player *p, const char *digits)
{
    for (; *digits; digits++)
        press(p, (enum hal_key) * digits);
    press(p, HAL_KEY_ENTER);
}

/* Reality waits for nobody, so the world keeps pace with it only while a real card is in play. */
static void pace(struct player *p, enum realtime_speed speed)
{
    if (p->bench.realtime)
        realtime_set(p->bench.realtime, speed);
}

static bool wait_for_card(struct player *p)
{
    unsigned seconds = p->options->wait_s ? p->options->wait_s : WAIT_S;
    struct wait w = {.kind = WAIT_CARD, .until_us = world_now(p->bench.world) + seconds * SECOND_US};
    char text[200];
    if (!p->bench.reader)
        return true;
    snprintf(p->tape->reader, sizeof p->tape->reader, "%s", real_reader_name(p->bench.reader));
    if (real_reader_present(p->bench.reader))
        return true;
    snprintf(text, sizeof text, "put the card into %s (%u seconds)", p->tape->reader, seconds);
    ask(p, text);
    pace(p, REALTIME_1X);
    if (case_run_until(&p->bench, &w))
        return true;
    return player_fail(p, EXIT_USAGE, "no card was put into %s within %u seconds; --timeout S waits longer",
                       p->tape->reader, seconds);
}

/* A real card has dates that count, and its trace may say when it was made. */
static void set_clock(struct player *p)
{
    time_t now = time(NULL);
    struct tm local, utc;
    if (!p->bench.reader || !localtime_r(&now, &local) || !gmtime_r(&now, &utc))
        return;
    const struct hal_datetime when = {
        (uint16_t)(local.tm_year + 1900), (uint8_t)(local.tm_mon + 1), (uint8_t)local.tm_mday,
        (uint8_t)local.tm_hour,           (uint8_t)local.tm_min,       (uint8_t)local.tm_sec};
    terminal_clock_set(p->t->terminal, &when);
    strftime(p->tape->recorded_at, sizeof p->tape->recorded_at, "%Y-%m-%d %H:%M:%S UTC", &utc);
}

static void keep_screen(struct player *p, const struct terminal_screen *s)
{
    char *text = p->tape->text;
    const size_t cap = sizeof p->tape->text;
    snprintf(p->tape->screen, sizeof p->tape->screen, "%s", s->name);
    *text = '\0';
    for (size_t i = 0; i < HAL_DISPLAY_ROWS; i++)
        if (s->rows[i][0] && strlen(text) + strlen(s->rows[i]) + 4 < cap)
            snprintf(text + strlen(text), cap - strlen(text), "%s%s", *text ? " | " : "", s->rows[i]);
}

static void take_card(struct player *p)
{
    if (terminal_remove(p->t->terminal) == OK)
        tape_gone(p->tape, true);
    pace(p, REALTIME_FAST); /* what the terminal still prints and shows needs no card */
    if (p->bench.reader)
        ask(p, "the card can be taken out");
}

static void enter_pin(struct player *p)
{
    p->tape->pin_asked = true;
    p->tape->pin_typed = p->pin[0];
    if (!p->pin[0])
        note(p,
             "a PIN was asked for and left out: this terminal may have the card check it, and a wrong one would cost "
             "the card a try; --pin-file F gives the right one");
    type(p, p->pin);
}

/* Reacts to one screen; true when the sale is over. */
static bool react(struct player *p, const struct terminal_screen *now)
{
    struct terminal *t = p->t->terminal;
    bool outcome = now->role == FIRMWARE_APPROVED || now->role == FIRMWARE_DECLINED || now->role == FIRMWARE_FAILED ||
                   now->role == FIRMWARE_UNKNOWN;
    if (now->role == FIRMWARE_IDLE || now->role == FIRMWARE_HALT)
        return true;
    if (strcmp(now->name, "enter_pin") == 0 || strcmp(now->name, "card_pin") == 0)
        enter_pin(p);
    else if (strcmp(now->name, "pin_again") == 0 || strcmp(now->name, "card_pin_again") == 0 ||
             strcmp(now->name, "card_pin_last") == 0 || strcmp(now->name, "check_identity") == 0)
        press(p, HAL_KEY_CANCEL); /* nobody's try is used up, and nobody has looked at a document */
    else if (strcmp(now->name, "choose_application") == 0 || strcmp(now->name, "confirm_application") == 0)
        press(p, HAL_KEY_ENTER);          /* the first of the list */
    else if (outcome && !p->tape->over) { /* the first one counts: what follows is about the card or the slip */
        p->tape->over = true;
        p->tape->decided = now->role == FIRMWARE_APPROVED || now->role == FIRMWARE_DECLINED;
        keep_screen(p, now);
    } else if (now->role == FIRMWARE_ASK && !terminal_has_card(t)) {
        press(p, HAL_KEY_CANCEL);
    }
    if (terminal_has_card(t) && (outcome || strcmp(now->name, "remove_card") == 0))
        take_card(p);
    return false;
}

static bool start(struct player *p)
{
    struct wait w = {.kind = WAIT_SETTLED, .terminal = p->t};
    struct terminal_screen now;
    char keys[24];
    pace(p, REALTIME_FAST);
    terminal_power_on(p->t->terminal);
    w.until_us = world_now(p->bench.world) + BOOT_LIMIT_S * SECOND_US;
    case_run_until(&p->bench, &w);
    terminal_screen(p->t->terminal, &now);
    const char *stopped = now.role == FIRMWARE_HALT ? case_core_stopped(p->t) : NULL;
    if (stopped)
        return player_fail(p, EXIT_USAGE, "the core stops with profile %.200s: %s",
                           p->options->profile ? p->options->profile : p->tape->profile, stopped);
    if (now.role != FIRMWARE_IDLE)
        return player_fail(p, EXIT_FAILED, "the terminal did not get ready for a sale: screen \"%s\"",
                           now.number ? now.name : "");
    snprintf(keys, sizeof keys, "%llu", (unsigned long long)p->options->amount_cents);
    type(p, keys);
    set_clock(p);
    if (terminal_clock(p->t->terminal, &p->tape->when) != OK)
        p->tape->when.year = 0;
    return true;
}

static void sell(struct player *p)
{
    struct terminal_screen now;
    terminal_screen(p->t->terminal, &now);
    pace(p, REALTIME_1X);
    if (!player_insert(p))
        return;
    uint64_t until = world_now(p->bench.world) + RUN_LIMIT_S * SECOND_US;
    do {
        struct wait w = {.kind = WAIT_TURN, .terminal = p->t, .number = now.number, .until_us = until};
        if (!case_run_until(&p->bench, &w))
            break;
        terminal_screen(p->t->terminal, &now);
        pause_for(p, KEY_US);
    } while (!react(p, &now) && terminal_state(p->t->terminal) == TERMINAL_RUNNING);
    if (!p->tape->over) /* it ended without saying how */
        keep_screen(p, &now);
    p->tape->status = p->tape->decided ? EXIT_PASS : EXIT_FAILED;
    if (p->bench.reader && *real_reader_trouble(p->bench.reader))
        note(p, real_reader_trouble(p->bench.reader));
}

void player_sell(struct player *p)
{
    if (wait_for_card(p) && start(p))
        sell(p);
}
