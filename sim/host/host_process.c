/*
 * One frame through the host: read it, find its row in the table of transactions (DOMAIN 4.3), let the row's handler
 * decide, build the answer, and send it the way the scripted rule wants. A new kind of request is a new row.
 */
#include "sim/host/state.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct transaction {
    const char *mti, *processing, *network; /* MTI, DE3, DE60.3; NULL: any */
    const char *type;                       /* DE60.1, likewise */
    host_step *handle;
};
static const struct transaction transactions[] = {
    {"0200", "000000", NULL, "36", authorise_upload},  /* electronic cash, uploaded */
    {"0220", "000000", NULL, "30", authorise_upload},  /* offline sale, uploaded */
    {"0200", "000000", NULL, NULL, authorise_sale},    /* sale */
    {"0200", "600000", NULL, "45", authorise_load},    /* electronic cash loaded from its account, */
    {"0200", "630000", NULL, "46", authorise_load},    /* with cash */
    {"0200", "310000", NULL, NULL, authorise_inquiry}, /* balance inquiry */
    {"0400", NULL, NULL, NULL, reverse_original},      /* reversal */
    {"0800", NULL, "001", NULL, signin_keys},          /* sign-in, single DES */
    {"0800", NULL, "003", NULL, signin_keys},          /* sign-in, double DES */
    {"0800", NULL, "301", NULL, signin_echo},          /* echo */
    {"0820", NULL, "301", NULL, signin_echo},          /* echo */
    {"0820", NULL, "002", NULL, signin_off},           /* sign-off */
    {"0820", NULL, "372", NULL, keys_list},            /* keys of certification authorities: list, */
    {"0800", NULL, "370", NULL, keys_object},          /* one of them, */
    {"0820", NULL, "371", NULL, keys_end},             /* end */
    {"0820", NULL, "382", NULL, keys_list},            /* applications: list, */
    {"0800", NULL, "380", NULL, keys_object},          /* one of them, */
    {"0820", NULL, "381", NULL, keys_end},             /* end */
};

static const struct transaction *find_transaction(const struct exchange *x)
{
    for (size_t i = 0; i < sizeof transactions / sizeof *transactions; i++) {
        const struct transaction *t = &transactions[i];
        if (strcmp(t->mti, x->request->mti) == 0 && (!t->processing || strcmp(t->processing, x->processing) == 0) &&
            (!t->network || strcmp(t->network, x->de60.network) == 0) &&
            (!t->type || strcmp(t->type, x->de60.type) == 0))
            return t;
    }
    return NULL;
}

const char *refuse(struct exchange *x, const char *code, const char *reason)
{
    x->reason = reason;
    return code;
}

const char *steps_run(host_step *const *steps, struct exchange *x)
{
    const char *code = NULL;
    for (size_t i = 0; steps[i] && !code; i++)
        code = steps[i](x);
    return code;
}

bool host_is_approval(const char *code)
{
    return iso_response(code)->kind == ISO_APPROVE;
}

static uint64_t number_of(const struct iso_message *m, uint8_t de)
{
    char digits[20];
    return iso_text(m, de, digits, sizeof digits) == OK ? strtoull(digits, NULL, 10) : 0;
}

/* ans fields are filled up with spaces on the wire. */
static void trimmed(const struct iso_message *m, uint8_t de, char *out, size_t cap)
{
    iso_text(m, de, out, cap);
    for (size_t n = strlen(out); n && out[n - 1] == ' '; n--)
        out[n - 1] = '\0';
}

/* What every handler looks at. Fields that are missing or malformed stay empty here; check_fields names them. */
static void open_exchange(struct exchange *x)
{
    char digits[40];
    const struct iso_message *m = x->request;
    trimmed(m, 41, x->terminal_id, sizeof x->terminal_id);
    iso_text(m, 3, x->processing, sizeof x->processing);
    iso_text(m, 60, digits, sizeof digits);
    if (iso_de60_parse(digits, &x->de60))
        memset(&x->de60, 0, sizeof x->de60);
    iso_text(m, 35, digits, sizeof digits);
    track2_parse(digits, &x->track);
    x->batch = (uint32_t)strtoul(x->de60.batch, NULL, 10);
    x->trace = (uint32_t)number_of(m, 11);
    x->amount_cents = number_of(m, 4);
    x->terminal = host_find_terminal(x->h, x->terminal_id);
    OPENSSL_cleanse(digits, sizeof digits);
}

static void say(struct exchange *x, const char *text)
{
    snprintf(x->h->what, sizeof x->h->what, "%s", text);
}

/* "approved", "declined 51", "declined 45: fallback is closed". */
static void say_decision(struct exchange *x)
{
    char text[48];
    if (host_is_approval(x->code))
        snprintf(text, sizeof text, "approved%s%s", strcmp(x->code, "00") ? " " : "",
                 strcmp(x->code, "00") ? x->code : "");
    else
        snprintf(text, sizeof text, "declined %s%s%s", x->code, x->reason ? ": " : "", x->reason ? x->reason : "");
    say(x, text);
}

static void be_silent(struct exchange *x, struct host_result *out)
{
    say(x, "silent after booking");
    out->answers = 0;
}

static void be_late(struct exchange *x, struct host_result *out)
{
    say(x, "late answer");
    for (size_t i = 0; i < out->answers; i++)
        out->answer[i].delay_us = x->rule->delay_us;
}

static void answer_twice(struct exchange *x, struct host_result *out)
{
    say(x, "answered twice");
    if (out->answers != 1)
        return;
    out->answer[1] = out->answer[0];
    out->answer[1].delay_us += x->rule->delay_us;
    out->answers = 2;
}

static void hang_up(struct exchange *x, struct host_result *out)
{
    say(x, "hung up");
    out->answers = 0;
    out->hang_up = true;
}

/* A frame of the right length and no message in it: neither the MTI nor the bitmap can be read. */
static void answer_garbage(struct exchange *x, struct host_result *out)
{
    say(x, "garbage");
    for (size_t i = 2; out->answers && i < out->answer[0].len; i++)
        out->answer[0].bytes[i] = (uint8_t)(0xA5 + 7 * i);
}

/* What rules do around an answer; changes inside it are rules.c. */
static void (*const around[])(struct exchange *x, struct host_result *out) = {
    [HOST_SILENT_AFTER] = be_silent, [HOST_LATE] = be_late,           [HOST_DUPLICATE] = answer_twice,
    [HOST_HANG_UP] = hang_up,        [HOST_GARBAGE] = answer_garbage,
};

static const char *decide(struct exchange *x)
{
    const struct transaction *t = find_transaction(x);
    if (t)
        return t->handle(x);
    return rules_is_code(x) ? refuse(x, x->rule->code, "scripted") : refuse(x, "40", "unsupported function");
}

static void process_message(struct exchange *x, struct host_result *out)
{
    open_exchange(x);
    x->rule = rules_match(x->h, x->request->mti);
    if (x->rule)
        snprintf(x->h->applied, sizeof x->h->applied, "%s", rules_name(x->rule->action));
    if (x->rule && x->rule->action == HOST_SILENT_BEFORE) {
        say(x, "silent before booking");
        return;
    }
    x->h->rrn++;
    memcpy(x->code, decide(x), 2);
    say_decision(x);
    if (answer_build(x, out)) {
        say(x, "answer too long");
        return;
    }
    if (x->rule && (size_t)x->rule->action < sizeof around / sizeof *around && around[x->rule->action])
        around[x->rule->action](x, out);
}

/* A message that breaks the field table is answered with 30 as long as it can be told what was asked (DOMAIN 4.2). */
static void process_malformed(struct exchange *x, uint8_t bad_de, struct host_result *out)
{
    char text[32];
    open_exchange(x);
    x->h->rrn++;
    memcpy(x->code, "30", 3);
    answer_build(x, out);
    snprintf(text, sizeof text, "declined 30: field %u", bad_de);
    say(x, bad_de ? text : "declined 30: bytes left over");
}

/* x0x0, x0x2... ask, x1 answers (ISO 8583 message function). */
static bool is_request(const struct iso_message *m)
{
    return m->mti[0] == '0' && (m->mti[2] == '0' || m->mti[2] == '2') && m->mti[3] == '0';
}

static void note_change(struct exchange *x, const uint8_t *frame, size_t len)
{
    host_changed(x->h, &x->now_us, sizeof x->now_us);
    host_changed(x->h, frame, len);
}

void host_process(struct host *h, uint64_t now_us, const uint8_t *frame, size_t len, struct host_result *out)
{
    struct iso_frame parts;
    struct iso_message request;
    struct exchange x = {.h = h, .now_us = now_us, .frame = &parts, .request = &request};
    uint8_t bad_de;
    out->answers = 0;
    out->hang_up = false;
    out->what = h->what;
    *h->applied = '\0';
    if (iso_frame_unpack(frame, len, &parts)) {
        say(&x, "unreadable frame");
        return;
    }
    int status = iso_unpack(parts.body, parts.body_len, &request, &bad_de);
    if (status && bad_de == 1) {
        say(&x, "unreadable message");
    } else if (!is_request(&request)) {
        say(&x, "not a request");
    } else if (status) {
        note_change(&x, frame, len);
        process_malformed(&x, bad_de, out);
    } else {
        note_change(&x, frame, len);
        host_keep_request(h, &request);
        process_message(&x, out);
    }
    OPENSSL_cleanse(&x, sizeof x);
    OPENSSL_cleanse(&request, sizeof request);
}
