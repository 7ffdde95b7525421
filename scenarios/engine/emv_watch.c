/*
 * From record lines to contact sessions: which line belongs to what, T=0 TPDUs joined to commands, and when a session
 * ends. What the commands mean is emv_session.c. See emv_watch.h.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/apdu.h"
#include "core/codec/atr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void watch_say(struct emv_watch *w, const char *format, ...)
{
    va_list args;
    if (w->finding[0])
        return; /* the first one is the one to read */
    va_start(args, format);
    vsnprintf(w->finding, sizeof w->finding, format, args);
    va_end(args);
}

/* -- T=0: 61xx and 6Cxx (EMV Book 1 9.3.1) -- */

static bool follows(const struct watch_session *s, const uint8_t *command, size_t len)
{
    if (s->pending_sw >> 8 == 0x61)
        return command[1] == 0xC0;
    return len >= 5 && memcmp(command, s->last, 4) == 0 && command[4] == (s->pending_sw & 0xFF);
}

static void on_tpdu(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
    struct watch_session *s = &w->session;
    uint16_t sw = rapdu_sw(answer, answer_len);
    bool more = s->t0 && (sw >> 8 == 0x61 || sw >> 8 == 0x6C);
    if (s->pending_len && !follows(s, command, len)) {
        watch_say(w, "status %04X is not followed as T=0 demands: %02X%02X came instead", s->pending_sw, command[0],
                  command[1]);
        s->pending_len = 0;
    }
    if (!s->pending_len) {
        if (s->t0 && command[1] == 0xC0)
            return; /* GET RESPONSE after a warning: what it belongs to has been looked at */
        memcpy(s->pending, command, len);
        s->pending_len = len;
        s->answer_len = 0;
    }
    if (answer_len - 2 <= sizeof s->answer - s->answer_len) {
        memcpy(s->answer + s->answer_len, answer, answer_len - 2);
        s->answer_len += answer_len - 2;
    }
    memcpy(s->last, command, len < sizeof s->last ? len : sizeof s->last);
    s->pending_sw = sw;
    if (more)
        return;
    size_t command_len = s->pending_len;
    s->pending_len = 0;
    watch_command(w, s->pending, command_len, s->answer, s->answer_len, sw);
}

/* -- lines -- */

static enum firmware_role role_now(const struct emv_watch *w)
{
    struct terminal_screen now;
    terminal_screen(w->terminal->terminal, &now);
    return now.role;
}

static void end_session(struct emv_watch *w, bool excused)
{
    struct watch_session *s = &w->session;
    if (s->live && s->arqc >= 0)
        w->arqc[s->arqc].excused = excused || s->failed;
    memset(s, 0, sizeof *s);
    s->arqc = -1;
}

/* Masked nibbles count as zero: nothing that is compared here is ever masked. */
static size_t bytes_of(const cJSON *line, const char *key, uint8_t *out, size_t cap)
{
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(line, key));
    char text[2 * APDU_MAX + 1];
    size_t len = hex ? strlen(hex) : 0, got = 0;
    if (!len || len >= sizeof text)
        return 0;
    for (size_t i = 0; i <= len; i++)
        text[i] = hex[i] == '*' ? '0' : hex[i];
    return hex_decode(text, len, out, cap, &got) == OK ? got : 0;
}

static void line_atr(struct emv_watch *w, const cJSON *line)
{
    uint8_t bytes[33];
    struct atr atr;
    const char *why;
    size_t len = bytes_of(line, "hex", bytes, sizeof bytes);
    end_session(w, false);
    if (!len)
        return;
    w->session.live = true;
    w->session.t0 = atr_parse(bytes, len, &atr, &why) == OK && atr.protocol == 0;
    watch_forget(&w->session);
}

static void line_apdu(struct emv_watch *w, const cJSON *line)
{
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
    size_t len = bytes_of(line, "c", command, sizeof command), got = bytes_of(line, "r", answer, sizeof answer);
    if (cJSON_GetObjectItem(line, "if")) { /* the air has rules of its own */
        if (len >= 4 && got >= 2)
            watch_tap(w, command, len, answer, got);
        return;
    }
    if (!w->session.live || len < 4)
        return;
    if (got < 2)
        w->session.failed = true;
    else
        on_tpdu(w, command, len, answer, got);
}

static void line_card(struct emv_watch *w, const cJSON *line)
{
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(line, "what"));
    if (what && strcmp(what, "remove") == 0)
        end_session(w, role_now(w) == FIRMWARE_BUSY);
}

static void line_power(struct emv_watch *w, const cJSON *line)
{
    (void)line;
    w->idle = false;
    end_session(w, true);
}

static void line_screen(struct emv_watch *w, const cJSON *line)
{
    const char *role = cJSON_GetStringValue(cJSON_GetObjectItem(line, "role"));
    w->idle = role && strcmp(role, "idle") == 0;
}

static void line_key(struct emv_watch *w, const cJSON *line)
{
    const char *key = cJSON_GetStringValue(cJSON_GetObjectItem(line, "key"));
    if (w->idle && key && strcmp(key, "*") == 0)
        snprintf(w->keypad, sizeof w->keypad, "a digit was hidden at the idle screen: the keypad is still in PIN mode");
}

#define FRAME_HEAD 13 /* LEN, TPDU, header */

/* The frame around a message (DOMAIN 4.1): its length, and the addresses and header of the configuration. */
static void line_send(struct emv_watch *w, const cJSON *line)
{
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(line, "hex"));
    const char *tpdu = cJSON_GetStringValue(cJSON_GetObjectItem(w->config, "tpdu"));
    const char *header = cJSON_GetStringValue(cJSON_GetObjectItem(w->config, "header"));
    uint8_t head[2];
    size_t got, len = hex ? strlen(hex) : 0;
    if (w->frame[0] || len < 2 * FRAME_HEAD || cJSON_GetObjectItem(line, "err") || !tpdu || strlen(tpdu) != 10 ||
        !header || strlen(header) != 12 || hex_decode(hex, 4, head, sizeof head, &got) != OK)
        return;
    if (len / 2 != 2u + (unsigned)(head[0] << 8 | head[1]))
        snprintf(w->frame, sizeof w->frame, "a frame of %zu bytes says that it has %u", len / 2 - 2,
                 (unsigned)(head[0] << 8 | head[1]));
    else if (strncmp(hex + 4, tpdu, 10) != 0)
        snprintf(w->frame, sizeof w->frame, "TPDU %.10s, the configuration's is %s", hex + 4, tpdu);
    else if (strncmp(hex + 14, header, 12) != 0)
        snprintf(w->frame, sizeof w->frame, "message header %.12s, the configuration's is %s", hex + 14, header);
}

static void line_host(struct case_watch *all, const cJSON *line)
{
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(line, "what"));
    const char *mti = cJSON_GetStringValue(cJSON_GetObjectItem(line, "mti"));
    const char *code = cJSON_GetStringValue(cJSON_GetObjectItem(line, "code"));
    const char *reason = cJSON_GetStringValue(cJSON_GetObjectItem(line, "reason"));
    if (!what || strcmp(what, "answer") != 0 || !mti || !code)
        return;
    struct host_said *said = &all->said[all->said_count++ % WATCH_ANSWERS];
    snprintf(said->mti, sizeof said->mti, "%s", mti);
    snprintf(said->code, sizeof said->code, "%s", code);
    snprintf(said->reason, sizeof said->reason, "%s", reason ? reason : "");
    said->trace = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(line, "trace"));
}

static void line_fault(struct case_watch *all, const cJSON *line)
{
    const char *what = cJSON_GetStringValue(cJSON_GetObjectItem(line, "what"));
    const char *way = cJSON_GetStringValue(cJSON_GetObjectItem(line, "direction"));
    all->storage_faulty |= what && strcmp(what, "storage") == 0;
    all->request_bent |= what && way && strcmp(what, "corrupt") == 0 && strcmp(way, "to-host") == 0;
}

static const struct {
    const char *kind;
    void (*of_terminal)(struct emv_watch *w, const cJSON *line);
    void (*of_world)(struct case_watch *all, const cJSON *line);
} kinds[] = {
    {"\"ev\":\"apdu\"", line_apdu, NULL},   {"\"ev\":\"atr\"", line_atr, NULL},
    {"\"ev\":\"card\"", line_card, NULL},   {"\"ev\":\"power\"", line_power, NULL},
    {"\"ev\":\"key\"", line_key, NULL},     {"\"ev\":\"host\"", NULL, line_host},
    {"\"ev\":\"send\"", line_send, NULL},   {"\"ev\":\"screen\"", line_screen, NULL},
    {"\"ev\":\"fault\"", NULL, line_fault},
};

/* The writer puts "ev" among the first members of a line: a long one need not be searched to its end. */
#define EV_WITHIN 64

static struct emv_watch *watch_of(struct bench_case *b, const cJSON *line)
{
    double number = cJSON_GetNumberValue(cJSON_GetObjectItem(line, "term"));
    if (!(number >= 1 && number <= b->terminals))
        return NULL;
    struct bench_terminal *t = &b->terminal[(unsigned)number - 1];
    struct emv_watch *w = &b->watch->emv[(unsigned)number - 1];
    if (!w->terminal) {
        w->terminal = t;
        w->all = b->watch;
        w->config = cJSON_Parse(t->profile.config);
        end_session(w, false);
    }
    return t->terminal && w->config ? w : NULL;
}

void watch_line(struct bench_case *b, const char *text, size_t len)
{
    size_t head = len < EV_WITHIN ? len : EV_WITHIN;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!memmem(text, head, kinds[i].kind, strlen(kinds[i].kind)))
            continue;
        if (!b->watch && !(b->watch = calloc(1, sizeof *b->watch)))
            return;
        cJSON *line = cJSON_ParseWithLength(text, len);
        struct emv_watch *w = kinds[i].of_terminal && line ? watch_of(b, line) : NULL;
        if (w)
            kinds[i].of_terminal(w, line);
        if (kinds[i].of_world && line)
            kinds[i].of_world(b->watch, line);
        cJSON_Delete(line);
        return;
    }
}

void watch_end(struct bench_case *b)
{
    for (size_t i = 0; b->watch && i < b->terminals; i++)
        if (b->watch->emv[i].terminal)
            end_session(&b->watch->emv[i], false);
}

void watch_destroy(struct case_watch *w)
{
    for (size_t i = 0; w && i < CASE_TERMINALS; i++)
        cJSON_Delete(w->emv[i].config);
    free(w);
}
