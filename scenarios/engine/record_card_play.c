/*
 * One sale with a card, recorded: a terminal is manufactured, with a host that approves any card, and the card gets a
 * way into its slot that is written to the tape. Called by record_card.c, in a process of its own, and by tests. The
 * people are record_card_people.c.
 *
 * A real card's issuer keys are unknown: the host books on an account that it opens for the card's number, approves,
 * and sends no issuer authentication data. A simulated card has its own account, with its keys.
 */
#include "scenarios/engine/record_card_player.h"
#include "sim/rng.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BENCH_PIN "1234"

bool player_fail(struct player *p, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->tape->why, sizeof p->tape->why, format, args);
    va_end(args);
    p->tape->status = status;
    return false;
}

/* -- what the record tells on the way -- */

static void show_screen(struct player *p, const cJSON *line)
{
    const cJSON *row;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(line, "name"));
    char text[4 * 64] = "";
    if (name && *name && strcmp(name, p->shown) == 0) /* a key more on it */
        return;
    snprintf(p->shown, sizeof p->shown, "%s", name ? name : "");
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(line, "rows"))
    {
        const char *words = cJSON_GetStringValue(row);
        if (words && *words && strlen(text) + strlen(words) + 4 < sizeof text)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " | " : "", words);
    }
    if (p->said->screen && *text)
        p->said->screen(p->said->ctx, text);
}

/* The code of the host's answer to the sale: 8A may be in no list of the card. */
static void note_host(struct player *p, const cJSON *line)
{
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(line, "what"));
    const char *mti = cJSON_GetStringValue(cJSON_GetObjectItem(line, "mti"));
    const char *code = cJSON_GetStringValue(cJSON_GetObjectItem(line, "code"));
    if (!what || !mti)
        return;
    if (strcmp(what, "request") == 0 && strcmp(mti, "0200") == 0)
        p->tape->host_asked = true;
    if (strcmp(what, "answer") == 0 && strcmp(mti, "0210") == 0 && code && strlen(code) == 2)
        snprintf(p->tape->host_code, sizeof p->tape->host_code, "%s", code);
}

static void record_line(void *ctx, const char *text, size_t len)
{
    bool screen = memmem(text, len, "\"ev\":\"screen\"", 13), host = memmem(text, len, "\"ev\":\"host\"", 11);
    cJSON *line = screen || host ? cJSON_ParseWithLength(text, len) : NULL;
    if (line && screen)
        show_screen(ctx, line);
    else if (line)
        note_host(ctx, line);
    cJSON_Delete(line);
}

/* -- the host and a card it has never heard of -- */

/* Looks at what the card has said since; before a cryptogram goes out its number must have an account. */
static void open_account(struct player *p)
{
    struct host_account a;
    for (; p->stranger && p->looked_at < p->tape->count; p->looked_at++) {
        const struct tape_event *e = &p->tape->event[p->looked_at];
        if (e->kind == TAPE_EXCHANGE && e->status == OK)
            record_card_learn(&p->learned, e->answer, e->answer_len);
    }
    if (!p->stranger || !p->learned.pans || (p->account && strcmp(p->known_psn, p->learned.psn) == 0))
        return;
    snprintf(p->known_psn, sizeof p->known_psn, "%s", p->learned.psn);
    memset(&a, 0, sizeof a);
    snprintf(a.pan, sizeof a.pan, "%s", p->learned.pan[0]);
    snprintf(a.psn, sizeof a.psn, "%s", p->learned.psn);
    snprintf(a.status, sizeof a.status, "00");
    a.balance_cents = 100000000000;
    a.has_chip = true;
    p->account = host_add_account(p->bench.host, &a) == OK;
    record_secret_digits(p->bench.record, a.pan);
    OPENSSL_cleanse(&a, sizeof a);
}

static bool prepare_host(struct player *p)
{
    const struct host_rule approve = {.mti = "0200", .action = HOST_ANSWER_CODE, .code = "00"};
    return !p->stranger || host_add_rule(p->bench.host, &approve) == OK;
}

/* -- what goes over the reader -- */

static void on_reset(void *ctx, bool warm, int status, const uint8_t *atr, size_t atr_len, uint64_t time_us)
{
    struct player *p = ctx;
    tape_reset(p->tape, warm, status, atr, atr_len, time_us);
}

static void on_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, int status, const uint8_t *answer,
                        size_t answer_len, uint64_t time_us)
{
    struct player *p = ctx;
    tape_exchange(p->tape, protocol, command, len, status, answer, answer_len, time_us);
    open_account(p);
}

/* The card went by itself, or somebody's hand took it. */
static void on_removed(void *ctx)
{
    struct player *p = ctx;
    tape_gone(p->tape, false);
}

/* -- a simulated slot: a layer over the card that writes to the tape -- */

static int slot_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, uint64_t *time_us)
{
    struct player *p = ctx;
    int status = p->card.ops->reset(p->card.ctx, warm, atr, atr_len, time_us);
    on_reset(p, warm, status, atr, *atr_len, *time_us);
    return status;
}

static void slot_off(void *ctx)
{
    struct player *p = ctx;
    if (p->card.ops->power_off)
        p->card.ops->power_off(p->card.ctx);
}

static int slot_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    struct player *p = ctx;
    int status = p->card.ops->exchange(p->card.ctx, protocol, command, len, answer, cap, answer_len, time_us);
    on_exchange(p, protocol, command, len, status, answer, *answer_len, *time_us);
    return status;
}

static const struct slot_card_ops slot_ops = {slot_reset, slot_off, slot_exchange, NULL, NULL};

/* -- making the terminal -- */

static bool is_name(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text) && strlen(text) < 48;
}

/* A name of sim/profiles, or a file. */
static bool find_profile(struct player *p, const char *name, char path[PATH_MAX])
{
    if (strchr(name, '/') || strchr(name, '.'))
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX ||
               player_fail(p, EXIT_USAGE, "--profile: the file's name is too long");
    snprintf(path, PATH_MAX, "%s/sim/profiles/%s.json", p->bench.request->paths.root, name);
    if (!is_name(name) || access(path, R_OK) != 0)
        return player_fail(p, EXIT_USAGE, "there is no terminal profile '%.60s'; they are in sim/profiles", name);
    snprintf(p->tape->profile, sizeof p->tape->profile, "%s", name);
    return true;
}

static bool make_terminal(struct player *p)
{
    struct card_tape *tape = p->tape;
    char path[PATH_MAX];
    p->t = &p->bench.terminal[0];
    if (!find_profile(p, p->options->profile ? p->options->profile : "unionpay-intl", path))
        return false;
    tape->status = EXIT_USAGE;
    if (profile_load(path, &p->t->profile, tape->why, sizeof tape->why) != OK)
        return false;
    if (!case_manufacture(&p->bench, p->t, tape->why, sizeof tape->why))
        return false;
    tape->status = EXIT_BENCH;
    tape->why[0] = '\0'; /* a profile that was found in the end */
    if (strlen(p->t->profile.config) < sizeof tape->config)
        snprintf(tape->config, sizeof tape->config, "%s", p->t->profile.config);
    terminal_on_removed(p->t->terminal, on_removed, p);
    return true;
}

/* The terminal may have the chip check a PIN: byte 2 of 9F33. */
static bool has_chip_check(const struct player *p)
{
    uint8_t capabilities[3] = {0};
    size_t len;
    cJSON *config = cJSON_Parse(p->t->profile.config);
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(config, "capabilities"));
    bool ok = hex && hex_decode(hex, strlen(hex), capabilities, sizeof capabilities, &len) == OK && len == 3;
    cJSON_Delete(config);
    return ok && (capabilities[1] & 0x90);
}

/* Who types a PIN cannot see whether host or chip will check it. The host takes any; a chip counts a wrong one. */
static void choose_pin(struct player *p, const char *own)
{
    const char *pin = own && *own ? own : BENCH_PIN;
    if (p->stranger && has_chip_check(p))
        pin = "";
    snprintf(p->pin, sizeof p->pin, "%s", p->options->pin ? p->options->pin : pin);
}

/* A card of ours, with its account at the host: the one that is put in, or the one that lies in a real reader. */
static bool take_known(struct player *p, const char *name)
{
    struct card_tape *tape = p->tape;
    if (!is_name(name))
        return player_fail(p, EXIT_USAGE, "there is no card profile '%.60s'; ./posbench card list names them", name);
    struct bench_card *card = case_load_card(&p->bench, name, tape->why, sizeof tape->why);
    if (!card) {
        tape->status = EXIT_USAGE;
        return false;
    }
    if (!card->facts.has_chip)
        return player_fail(p, EXIT_USAGE, "%s has no chip: there is nothing to record", name);
    p->card = card->slot;
    if (tape->simulated)
        snprintf(tape->reader, sizeof tape->reader, "the simulated card %s", name);
    choose_pin(p, card->facts.pin);
    return true;
}

/* -- all of it -- */

bool player_insert(struct player *p)
{
    const struct real_reader_tap tap = {p, on_reset, on_exchange};
    const struct slot_card layer = {&slot_ops, p, "recorded"};
    if (!p->bench.reader)
        return terminal_insert(p->t->terminal, &layer) == OK;
    real_reader_tap(p->bench.reader, &tap);
    int status = real_reader_insert(p->bench.reader, p->t->terminal);
    if (status == OK)
        return true;
    return player_fail(p, EXIT_FAILED, "the card was taken out of %s before the sale began: nothing is recorded",
                       p->tape->reader);
}

void record_card_play(const struct case_request *request, const struct record_card_options *r,
                      const struct slot_card *given, const struct record_card_said *said, struct card_tape *tape)
{
    struct case_request own = *request;
    struct player *p = calloc(1, sizeof *p);
    bool simulated = given || strncmp(r->reader, "sim:", 4) == 0;
    if (!p) {
        tape->status = EXIT_BENCH;
        snprintf(tape->why, sizeof tape->why, "out of memory");
        return;
    }
    p->options = r;
    p->said = said;
    p->tape = tape;
    p->stranger = given || (!simulated && !r->issuer);
    tape->simulated = simulated;
    tape->seed = request->seed;
    tape->amount_cents = r->amount_cents;
    tape->status = EXIT_BENCH;
    own.reader = simulated ? NULL : r->reader;
    rng_own_openssl();
    if (!case_open(&p->bench, &own, tape->why, sizeof tape->why))
        tape->status = own.reader ? EXIT_USAGE : EXIT_BENCH;
    else if (!case_load_images(&p->bench, tape->why, sizeof tape->why))
        tape->status = EXIT_USAGE;
    else if (make_terminal(p) && (p->stranger || take_known(p, simulated ? r->reader + 4 : r->issuer))) {
        if (p->stranger)
            choose_pin(p, NULL);
        if (given) {
            p->card = *given;
            snprintf(tape->reader, sizeof tape->reader, "%s", given->name);
        }
        record_sink(p->bench.record, record_line, p);
        if (!prepare_host(p))
            player_fail(p, EXIT_BENCH, "out of memory");
        else
            player_sell(p);
    }
    tape->done = true;
    case_close(&p->bench);
    record_card_forget(&p->learned);
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}
