/*
 * The order of calls here is the durability order of DOMAIN 5.2: trace number, line, journal entry with its reversal,
 * first byte, answer. Rules 7a to 7d decide what becomes of the reversal; only an authenticated answer, or a decline
 * that the profile believes without a MAC, ends it.
 */
#include "core/app/online.h"

#include "core/app/download.h"
#include "core/app/inquiry.h"
#include "core/app/sale.h"
#include "core/app/ui.h"
#include "core/codec/pinblock.h"
#include "core/net/messages.h"

#include <stdio.h>

#define DE60_CAPABILITY 11 /* its place: behind 60.1 to 60.3 */

/* ---- readiness ------------------------------------------------------------------------------------------ */

/* *now is what the clock says, if it can be believed. */
static int read_clock(struct app *app, struct hal_datetime *now, bool *wrong)
{
    int64_t last = 0;
    *wrong = true;
    int r = HAL_CALL(app->hal, clock, get, now);
    if (r)
        return r == HAL_E_CLOCK ? OK : r;
    r = setting_get(app->store, STORE_LAST_ENTRY, 0, &last);
    *wrong = r == OK && (int64_t)sale_time(now) < last;
    return r;
}

int online_clock_wrong(struct app *app, bool *wrong)
{
    struct hal_datetime now;
    return read_clock(app, &now, wrong);
}

int online_sign_in_due(struct app *app, bool *due)
{
    int64_t signed_in = 0, date = 0;
    struct hal_datetime now;
    *due = true;
    int r = setting_get(app->store, "signed_in", 0, &signed_in);
    if (r || !signed_in)
        return r;
    r = setting_get(app->store, "sign_in_date", 0, &date);
    if (r == OK)
        r = read_clock(app, &now, due);
    if (r == OK && !*due)
        *due = date != now.year * 10000 + now.month * 100 + now.day;
    return r;
}

static int reversal_due(struct app *app, struct journal_reversal *reversal, bool *due)
{
    int r = reversal_pending(app->store, reversal);
    *due = r == OK;
    return r == E_NOTFOUND ? OK : r;
}

int online_work_due(struct app *app, bool *due)
{
    struct journal_reversal reversal;
    int r = online_sign_in_due(app, due);
    if (r == OK && !*due)
        r = reversal_due(app, &reversal, due);
    return r || *due ? r : download_is_due(app, due);
}

/* What the host asked for in its last answer, acted on once the transaction is over (DOMAIN 4.1, 5.5). */
static int apply_requirements(struct app *app)
{
    enum { REQUIRE_SIGN_IN = 3 };
    bool download = false;
    if (app->net.requirement == REQUIRE_SIGN_IN)
        app->net.resign = true;
    int r = download_note(app, app->net.requirement, &download);
    if (r)
        return r;
    if (app->net.requirement && app->net.requirement != REQUIRE_SIGN_IN && !download)
        app_log(app, HAL_LOG_WARN, "host", "asks for something that this core cannot do");
    app->net.requirement = 0;
    if (!app->net.resign)
        return OK;
    app->net.resign = false;
    return setting_set(app->store, "signed_in", 0);
}

static const char *response_text(const struct app *app, const struct iso_response *response)
{
    return app->config.language == LANGUAGE_ZH ? response->text_zh : response->text_en;
}

static int sign_in(struct app *app, bool *ready, enum sale_result *why)
{
    char response[3];
    int r = ui_show(app, SCREEN_signing_in, NULL, NULL);
    if (r == OK)
        r = net_sign_in(&app->net, response);
    *ready = r == OK;
    *why = r == NET_NO_LINE ? SALE_NO_LINE : SALE_NOT_SIGNED_IN;
    app->net.requirement = 0; /* "sign in" has just been done */
    if (r == NET_REFUSED)
        app->sale.text = response_text(app, iso_response(response));
    if (r > 0)
        app_log(app, HAL_LOG_WARN, "sign-in", r == NET_REFUSED ? response : "no answer");
    return r < 0 ? r : OK;
}

static int clear_reversal(struct app *app, bool *ready, enum sale_result *why)
{
    struct journal_reversal reversal;
    bool due;
    int r = reversal_due(app, &reversal, &due);
    *ready = !due;
    if (r || !due)
        return r;
    r = ui_show(app, SCREEN_reversing, NULL, NULL);
    if (r == OK)
        r = net_clear_reversal(&app->net);
    *ready = r == OK;
    if (r < 0)
        return r;
    app_log(app, HAL_LOG_INFO, "reversal", *ready ? "confirmed" : "still due");
    if (!*ready) {
        const char *label = app->config.language == LANGUAGE_ZH ? "凭证号" : "Trace";
        *why = SALE_REVERSAL_BLOCKED;
        snprintf(app->sale.note, sizeof app->sale.note, "%s %06u", label, reversal.entry.trace % 1000000u);
        app->sale.text = app->sale.note;
    }
    return OK;
}

static int prepare(struct app *app, bool *ready, enum sale_result *why)
{
    /* A second round, because the answer to a reversal may ask for new keys, and those for the reversal again. */
    for (unsigned round = 0; round < 2; round++) {
        bool due;
        *ready = true;
        int r = apply_requirements(app);
        if (r == OK)
            r = online_sign_in_due(app, &due);
        if (r == OK && due)
            r = sign_in(app, ready, why);
        if (r == OK && *ready)
            r = clear_reversal(app, ready, why);
        if (r)
            return r;
        if (!app->net.resign && app->net.requirement == 0)
            break;
    }
    return apply_requirements(app);
}

int online_prepare(struct app *app, bool *ready, enum sale_result *why)
{
    int r = prepare(app, ready, why);
    bool again = r == OK && !*ready;
    app->retry_at_us = again ? hal_now(app->hal) + ONLINE_RETRY_US : HAL_FOREVER;
    return r;
}

/* ---- one sale ------------------------------------------------------------------------------------------- */

void online_de60(const struct app *app, uint32_t batch, const char *condition, char *out)
{
    message_de60(batch, kind_row(app->sale.kind)->type, condition, out);
    if (app->config.contactless.ttq[0])
        out[DE60_CAPABILITY] = '6'; /* contact and contactless chip */
}

static int begin_entry(struct app *app, const char *condition)
{
    struct journal_entry *entry = &app->sale.entry;
    int64_t batch;
    int r = setting_get(app->store, "batch", STORE_FIRST_BATCH, &batch);
    if (r == OK)
        r = trace_next(app->store, &entry->trace);
    if (r)
        return r;
    entry->batch = (uint32_t)batch;
    online_de60(app, entry->batch, condition, entry->de60);
    return OK;
}

/* The request with all of its secrets; the PIN block is made under the key that is valid now. */
static int build(struct app *app)
{
    struct sale *s = &app->sale;
    uint8_t block[8];
    char pan12[13];
    struct message_sale message = {.entry = &s->entry,
                                   .track2 = s->track2,
                                   .track3 = s->track3,
                                   .field55 = s->field55,
                                   .field55_len = s->field55_len};
    int r = OK;
    if (s->entry.pin) {
        pinblock_pan12(s->entry.pan, pan12);
        r = HAL_CALL(app->hal, se, pin_block, NET_SLOT_PIK, HAL_PIN_ISO0, pan12, block);
        message.pin_block = block;
    }
    if (r == OK)
        r = message_sale(&app->config.net, &message, &app->request);
    explicit_bzero(block, sizeof block);
    explicit_bzero(pan12, sizeof pan12);
    return r;
}

/* What the host said, into the entry: journal, receipt and a later reversal read it from there. */
void online_take_answer(struct app *app)
{
    struct sale *s = &app->sale;
    struct journal_entry *entry = &s->entry;
    iso_text(&app->answer, 39, entry->response, sizeof entry->response);
    iso_text(&app->answer, 37, entry->rrn, sizeof entry->rrn);
    iso_text(&app->answer, 38, entry->auth, sizeof entry->auth);
    if (iso_has(&app->answer, 12))
        iso_text(&app->answer, 12, entry->time, sizeof entry->time);
    if (iso_has(&app->answer, 13))
        iso_text(&app->answer, 13, entry->date, sizeof entry->date);
    if (s->chip) {
        memcpy(entry->field55, s->answered55, s->answered55_len);
        entry->field55_len = (uint16_t)s->answered55_len;
    }
}

void online_refuse(struct app *app, const struct iso_response *response, enum sale_result *result)
{
    struct sale *s = &app->sale;
    app->net.resign |= response->kind == ISO_RESIGN;
    s->text = response_text(app, response);
    *result = SALE_DECLINED;
    if (strcmp(s->entry.response, "55") == 0 && s->entry.pin)
        *result = SALE_WRONG_PIN;
    else if (strcmp(s->entry.response, "45") == 0)
        *result = SALE_USE_CHIP;
}

static int answered(struct app *app, enum sale_result *result)
{
    struct journal_entry *entry = &app->sale.entry;
    online_take_answer(app);
    const struct iso_response *response = iso_response(entry->response);
    if (response->kind != ISO_APPROVE) {
        online_refuse(app, response, result);
        return journal_refuse(app->store, entry);
    }
    /* A part of the amount is not what was asked for: it is undone like any approval we cannot use. */
    *result = strcmp(entry->response, "10") == 0 ? SALE_CONTACT_ISSUER : SALE_APPROVED;
    int r = journal_answered(app->store, entry, "06");
    if (r == HAL_E_FULL) {
        *result = SALE_CONTACT_ISSUER;
        return OK; /* the reversal is there, with the reason it was opened with */
    }
    return r;
}

/* Step 4 to 7: from the journal entry to the end that the host's answer, or its absence, leaves. */
static int exchange(struct app *app, enum sale_result *result)
{
    struct journal_entry *entry = &app->sale.entry;
    bool sent = false;
    int r = ui_show(app, SCREEN_sending, NULL, NULL);
    if (r == OK)
        r = journal_open(app->store, entry);
    if (r == E_LIMIT || r == HAL_E_FULL || r == E_STATE) { /* E_STATE: the trace numbers have come round again */
        *result = SALE_JOURNAL_FULL;
        return OK;
    }
    if (r)
        return r;
    r = ui_show(app, SCREEN_waiting_host, NULL, NULL);
    if (r == OK)
        r = net_exchange(&app->net, &app->request, &app->answer, &sent);
    if (r == HAL_E_POWER)
        return r;
    if (!sent) {
        *result = SALE_NO_LINE;
        return journal_not_sent(app->store, entry->batch, entry->trace);
    }
    if (r == OK)
        return answered(app, result);
    *result = r == NET_BAD_MAC ? SALE_BAD_ANSWER : SALE_NO_ANSWER;
    if (r == NET_BAD_MAC)
        r = journal_keep_reversal(app->store, entry->batch, entry->trace, "A0");
    else
        r = OK;
    return r == HAL_E_FULL ? OK : r;
}

/* Steps 2 and 3, and the last look at the card before anything leaves. */
static int open_line(struct app *app, const char *condition, bool *go_on, enum sale_result *result)
{
    bool present = true;
    *go_on = false;
    int r = online_prepare(app, go_on, result);
    if (r || !*go_on)
        return r;
    *go_on = false;
    r = begin_entry(app, condition);
    if (r == OK)
        r = ui_show(app, SCREEN_connecting, NULL, NULL);
    if (r == OK)
        r = net_connect(&app->net);
    if (r == NET_NO_LINE) {
        *result = SALE_NO_LINE;
        return OK;
    }
    if (r == OK && app->sale.chip && !app->sale.contactless) /* a tapped card has said all it has to say */
        r = ui_card_present(app, &present);
    if (r == OK && !present) {
        *result = SALE_CARD_REMOVED;
        return OK;
    }
    *go_on = r == OK;
    return r;
}

/* Reasons why no request can be made, none of which stops the terminal. */
static int not_built(struct app *app, int status, enum sale_result *result)
{
    if (status == HAL_E_POWER)
        return status;
    bool no_key = status == HAL_E_NOENT || status == HAL_E_DENIED;
    app->net.resign |= no_key;
    *result = no_key ? SALE_NOT_SIGNED_IN : SALE_CARD_ERROR;
    return OK;
}

static int authorise(struct app *app, const char *condition, enum sale_result *result)
{
    bool go_on;
    int r = open_line(app, condition, &go_on, result);
    if (r || !go_on)
        return r;
    r = build(app);
    if (r)
        return not_built(app, r, result);
    return kind_row(app->sale.kind)->inquiry ? inquiry_exchange(app, result) : exchange(app, result);
}

int online_sale(struct app *app, const char *condition, enum sale_result *result)
{
    int r = authorise(app, condition, result);
    explicit_bzero(&app->request, sizeof app->request);
    if (r == HAL_E_POWER)
        return r;
    net_disconnect(&app->net);
    app_log(app, HAL_LOG_INFO, "online", r ? status_name(r) : *result == SALE_APPROVED ? "approved" : "not approved");
    return r;
}
