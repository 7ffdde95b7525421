/*
 * The order of calls here is the durability order of DOMAIN 5.2: trace number, line, journal entry with its reversal,
 * first byte, answer. Rules 7a to 7d decide what becomes of the reversal; only an authenticated answer, or a decline
 * that the profile believes without a MAC, ends it.
 */
#include "core/app/online.h"

#include "core/app/inquiry.h"
#include "core/app/sale.h"
#include "core/app/ui.h"
#include "core/codec/pinblock.h"
#include "core/net/messages.h"

#define DE60_CAPABILITY 11 /* its place: behind 60.1 to 60.3 */

void online_de60(const struct app *app, uint32_t batch, const char *condition, char *out)
{
    message_de60(batch, kind_row(app->sale.kind)->type, condition, out);
    if (app->config.contactless.ttq[0])
        out[DE60_CAPABILITY] = '6'; /* contact and contactless chip */
}

static int begin_entry(struct app *app, const char *condition)
{
    struct journal_entry *entry = &app->sale.entry;
    int r = sale_number_entry(app);
    if (r)
        return r;
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
    s->text = ui_text(app, response->text_en, response->text_zh);
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
