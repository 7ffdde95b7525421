#include "scenarios/engine/card_serve_internal.h"

#include "core/codec/apdu.h"
#include "scenarios/engine/card_fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 1400 /* two payloads in hex and the names */

int serving_end(struct serving *s, int exit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->why->text, sizeof s->why->text, format, args);
    va_end(args);
    return exit;
}

/* -- what is told: lines of a run record, which masks them, put into words -- */

static void tell(struct serving *s, enum card_serve_tell what, const char *line)
{
    s->listener->tell(s->listener->ctx, what, line);
}

static const char *text(const cJSON *line, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(line, key));
    return value ? value : "";
}

static void tell_apdu(struct serving *s, const cJSON *line)
{
    char out[LINE], *end;
    const char *command = text(line, "c"), *answer = text(line, "r"), *err = text(line, "err");
    char cla_ins[5] = "";
    snprintf(cla_ins, sizeof cla_ins, "%.4s", command);
    unsigned long code = strtoul(cla_ins, &end, 16);
    const char *name = strlen(cla_ins) == 4 && !*end ? apdu_name((uint8_t)(code >> 8), (uint8_t)code) : NULL;
    snprintf(out, sizeof out, "%s%s%s -> %s", name ? name : "", name ? " " : "", command, *err ? err : answer);
    tell(s, CARD_SERVE_EXCHANGE, out);
}

static void tell_fault(struct serving *s, const cJSON *line)
{
    char out[100];
    double ins = cJSON_GetNumberValue(cJSON_GetObjectItem(line, "ins"));
    int len = snprintf(out, sizeof out, "fault: %.30s at %.30s", text(line, "kind"), text(line, "at"));
    if (ins >= 0 && ins < 256)
        snprintf(out + len, sizeof out - (size_t)len, " %02X", (unsigned)ins);
    tell(s, CARD_SERVE_EXCHANGE, out);
}

static void tell_atr(struct serving *s, const cJSON *line)
{
    char out[200];
    snprintf(out, sizeof out, "%s reset -> %.120s", cJSON_IsTrue(cJSON_GetObjectItem(line, "warm")) ? "warm" : "cold",
             *text(line, "err") ? text(line, "err") : text(line, "hex"));
    tell(s, CARD_SERVE_EXCHANGE, out);
}

static void tell_note(struct serving *s, const cJSON *line)
{
    tell(s, CARD_SERVE_EXCHANGE, text(line, "text"));
}

static void on_line(void *ctx, const char *line, size_t len)
{
    static const struct {
        const char *kind;
        void (*tell)(struct serving *s, const cJSON *line);
    } rows[] = {{"apdu", tell_apdu}, {"fault", tell_fault}, {"atr", tell_atr}, {"step", tell_note}};
    cJSON *json = cJSON_ParseWithLength(line, len);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(text(json, "ev"), rows[i].kind) == 0)
            rows[i].tell(ctx, json);
    cJSON_Delete(json);
}

void serving_note(struct serving *s, const char *what)
{
    record_begin(s->record, 0, "step");
    record_text(s->record, "text", what);
    record_end(s->record);
}

void serving_ready(struct serving *s, const char *where)
{
    char out[PEER_ADDRESS_MAX + 100];
    snprintf(out, sizeof out, "serving %s on %s (T=%d)", s->card.name, where, s->card.protocol);
    tell(s, CARD_SERVE_READY, out);
}

/* -- the card behind its faults -- */

int serving_reset(struct serving *s, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    *atr_len = 0;
    int rc = s->reader.ops->power_on(s->reader.ctx, warm, atr, atr_len);
    record_begin(s->record, 0, "atr");
    if (rc == OK)
        record_bytes(s->record, "hex", atr, *atr_len, RECORD_PLAIN);
    else
        record_text(s->record, "err", status_text(rc));
    record_flag(s->record, "warm", warm);
    record_end(s->record);
    return rc;
}

int serving_exchange(struct serving *s, const uint8_t *command, size_t len, uint8_t answer[HAL_RPDU_MAX],
                     size_t *answer_len)
{
    static const uint8_t wrong_length[] = {0x67, 0x00};
    int rc = OK;
    *answer_len = 0;
    if (len > HAL_TPDU_MAX) {
        memcpy(answer, wrong_length, sizeof wrong_length);
        *answer_len = sizeof wrong_length;
        serving_note(s, "a command that is longer than any short one -> 6700");
        return OK;
    }
    rc = s->reader.ops->exchange(s->reader.ctx, s->card.protocol, command, len, answer, HAL_RPDU_MAX, answer_len);
    record_begin(s->record, 0, "apdu");
    record_bytes(s->record, "c", command, len, RECORD_COMMAND);
    if (rc == OK)
        record_bytes(s->record, "r", answer, *answer_len, RECORD_ANSWER);
    else
        record_text(s->record, "err", status_text(rc));
    record_end(s->record);
    return rc;
}

/* -- the machine that the fault layer thinks it sits in: real time -- */

static int block(void *machine, uint64_t until_us, bool (*done)(const void *device), const void *device)
{
    struct serving *s = machine;
    (void)done;
    (void)device;
    uint64_t us = until_us - world_now(s->world);
    return peer_sleep(&s->stop, (us + 999) / 1000) == OK ? HAL_E_TIMEOUT : HAL_E_POWER;
}

static int arm(struct serving *s, const struct card_fault *fault)
{
    const struct reader_fault at_reader = card_fault_at_reader(fault);
    if (card_fault_of_reader(fault))
        return fault_reader_arm(&s->faults, &at_reader);
    return s->card.card ? card_fault_arm(s->card.card, fault) : E_INVAL;
}

/* What cannot be had here: a reader of programs speaks whole commands, a recording says what was recorded. */
static const char *out_of_place(const struct serving *s, const struct card_fault *fault)
{
    if (fault->kind == CARD_FAULT_LINE)
        return "is for a reader at character level; this one speaks whole commands";
    if (card_fault_of_answer(fault) && !s->card.card)
        return "changes what a card says, and a recording says what was recorded";
    return NULL;
}

static int arm_faults(struct serving *s)
{
    for (unsigned i = 0; i < s->o->fault_count; i++) {
        struct card_fault fault;
        struct card_fault_why why;
        int rc = card_fault_parse(s->o->faults[i], &fault, &why);
        const char *wrong = rc == OK ? out_of_place(s, &fault) : NULL;
        s->why->fault = i + 1;
        if (rc != OK) {
            snprintf(s->why->text, sizeof s->why->text, "%s", why.text);
            memcpy(s->why->word, why.word, sizeof s->why->word);
            s->why->names = why.names;
            return rc;
        }
        if (wrong)
            return snprintf(s->why->text, sizeof s->why->text, "kind=%s %s", card_fault_name(&fault), wrong), E_INVAL;
        if ((rc = arm(s, &fault)) != OK)
            return snprintf(s->why->text, sizeof s->why->text, "at most %d on one card", CARD_FAULTS), rc;
    }
    s->why->fault = 0;
    return OK;
}

/* Those of the profile, of which the card has its own already. */
static void arm_own(struct serving *s)
{
    const struct card_fault *fault;
    char out[120];
    for (size_t i = 0; s->card.profile && (fault = card_profile_fault(s->card.profile, i)); i++) {
        if (card_fault_of_reader(fault))
            (void)arm(s, fault); /* a profile has no more than there is room for */
        else if (out_of_place(s, fault)) {
            snprintf(out, sizeof out, "fault %s of the card's profile: not here, it is one of characters",
                     card_fault_name(fault));
            serving_note(s, out);
        }
    }
}

static int prepare(struct serving *s)
{
    s->world = world_create(1);
    s->record = record_create(1);
    if (!s->world || !s->record)
        return serving_end(s, EXIT_BENCH, "out of memory");
    if (s->listener->exchanges)
        record_sink(s->record, on_line, s);
    s->port = (struct sim_port){.world = s->world, .record = s->record, .machine = s, .block = block};
    struct hal_reader card = served_card_hal(&s->card);
    fault_reader_init(&s->faults, &s->port, &card, NULL, NULL);
    s->reader = fault_reader_hal(&s->faults);
    s->card.paced = s->o->paced;
    s->card.stop = &s->stop;
    int rc = served_card_load(&s->card, s->o->card, s->o->session, s->record, s->why->text, sizeof s->why->text);
    if (rc != OK)
        return rc == E_NOMEM ? EXIT_BENCH : EXIT_USAGE;
    arm_own(s);
    return arm_faults(s) == OK ? EXIT_PASS : EXIT_USAGE;
}

int card_serve(const struct card_serve_options *o, const struct card_serve_listener *listener,
               struct card_serve_why *why)
{
    struct serving *s = calloc(1, sizeof *s);
    memset(why, 0, sizeof *why);
    if (!s)
        return snprintf(why->text, sizeof why->text, "out of memory"), EXIT_BENCH;
    s->o = o;
    s->listener = listener;
    s->why = why;
    s->peer.fd = -1;
    s->stop.fd = o->stop_fd;
    s->stop.deadline_ms = o->seconds ? peer_now_ms() + o->seconds * 1000 : PEER_FOREVER;
    int status = prepare(s);
    if (status == EXIT_PASS)
        status = o->vscard ? card_serve_vscard(s) : card_serve_vpcd(s);
    peer_close(&s->peer);
    served_card_clear(&s->card);
    record_destroy(s->record);
    world_destroy(s->world);
    free(s);
    return status;
}
