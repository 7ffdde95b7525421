/*
 * One tap held against qPBOC (DOMAIN 3.9): the payment environment is selected before an application, an application
 * before its processing options, the list that the card gave is filled to its length, no unpredictable number is used
 * twice, an online cryptogram is required above every floor limit of the terminal, records are read after an offline
 * approval only and as its AFL has them, and nothing of a contact session is said through the air. A cryptogram is
 * noted as complete: there is no second one. Called by emv_watch.c.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/apdu.h"
#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <string.h>

#define CVR_AT 3 /* in 9F10 */

static void on_select(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
    struct watch_tap *s = &w->tap;
    struct tlv fci, proprietary, pdol;
    bool good = rapdu_sw(answer, answer_len) == 0x9000;
    s->selected = false;
    s->pdol_len = s->afl_len = 0;
    if (len >= 19 && memcmp(command + 5, "2PAY.SYS.DDF01", 14) == 0) {
        s->listed = good;
        return;
    }
    if (!s->listed)
        watch_say(w, "an application is selected through the air without the payment environment");
    if (!good || tlv_find(answer, answer_len - 2, 0x6F, &fci) != OK ||
        tlv_find(fci.value, fci.len, 0xA5, &proprietary) != OK)
        return;
    s->selected = true;
    if (tlv_find(proprietary.value, proprietary.len, 0x9F38, &pdol) == OK && pdol.len <= sizeof s->pdol) {
        memcpy(s->pdol, pdol.value, pdol.len);
        s->pdol_len = pdol.len;
    }
}

/* The value for `tag` in what the terminal sent, NULL: the card did not ask for it. */
static const uint8_t *sent(const struct watch_tap *s, const struct tlv *data, uint32_t tag, size_t len)
{
    size_t offset, value_len;
    if (dol_locate(s->pdol, s->pdol_len, tag, &offset, &value_len) != OK || value_len != len ||
        offset + len > data->len)
        return NULL;
    return data->value + offset;
}

/* 9F66: where every application of the terminal has a floor limit below the amount, byte 2 bit 8 must be set. */
static void check_qualifiers(struct emv_watch *w, const struct tlv *data)
{
    const uint8_t *ttq = sent(&w->tap, data, 0x9F66, 4), *amount = sent(&w->tap, data, 0x9F02, 6);
    uint64_t cents, highest = 0, limit;
    const cJSON *row;
    if (!ttq || !amount || rules_handed_out(w) || bcd_value(amount, 6, &cents) != OK)
        return;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(w->config, "aids"))
    {
        if (rules_money(row, "contactless_floor_limit", &limit) && limit > highest)
            highest = limit;
    }
    if (cents > highest && !(ttq[1] & 0x80))
        watch_say(w, "an amount above the floor limit, and 9F66 %02X%02X%02X%02X requires no online cryptogram", ttq[0],
                  ttq[1], ttq[2], ttq[3]);
}

/* The records of an offline approval, in their order. */
static void on_record(struct emv_watch *w, const uint8_t *command)
{
    struct watch_tap *s = &w->tap;
    uint8_t *entry = s->afl;
    if (s->afl_len < 4 || command[3] >> 3 != entry[0] >> 3 || command[2] != entry[1]) {
        watch_say(w, "record %u.%u is read through the air, and no AFL has it here", command[3] >> 3, command[2]);
        return;
    }
    if (entry[1]++ < entry[2])
        return;
    s->afl_len -= 4;
    memmove(entry, entry + 4, s->afl_len);
}

static void note_locator(struct watch_tap *s, const struct tlv *body)
{
    struct tlv afl;
    if (tlv_find(body->value, body->len, 0x94, &afl) != OK || afl.len > sizeof s->afl)
        return;
    memcpy(s->afl, afl.value, afl.len);
    s->afl_len = afl.len;
}

static void note_cryptogram(struct emv_watch *w, const struct tlv *data, const uint8_t *answer, size_t answer_len)
{
    struct tlv body, ac, issuer, track;
    const uint8_t *tvr = sent(&w->tap, data, 0x95, 5);
    if (w->arqcs == WATCH_ARQCS || tlv_find(answer, answer_len, 0x77, &body) != OK ||
        tlv_find(body.value, body.len, 0x9F26, &ac) != OK || ac.len != 8 ||
        tlv_find(body.value, body.len, 0x9F10, &issuer) != OK || issuer.len < CVR_AT + 2 ||
        (issuer.value[CVR_AT + 1] & 0x30) == 0x00)
        return; /* declined; an offline approval may yet be sent to the host */
    if ((issuer.value[CVR_AT + 1] & 0x30) == 0x10)
        note_locator(&w->tap, &body);
    struct watch_arqc *a = &w->arqc[w->arqcs++];
    memset(a, 0, sizeof *a);
    memcpy(a->ac, ac.value, sizeof a->ac);
    a->completed = true;
    a->approval = (issuer.value[CVR_AT + 1] & 0x30) == 0x10;
    if (tlv_find(body.value, body.len, 0x57, &track) == OK)
        memcpy(a->pan, track.value, a->pan_len = track.len < sizeof a->pan ? track.len : sizeof a->pan);
    a->tvr_known = tvr != NULL;
    if (tvr)
        memcpy(a->tvr, tvr, sizeof a->tvr);
}

static void on_options(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer,
                       size_t answer_len)
{
    struct tlv data;
    struct dol_entry entry;
    size_t at = 0, sum = 0;
    if (!w->tap.selected)
        watch_say(w, "GET PROCESSING OPTIONS through the air although no application is selected");
    if (len < 6 || tlv_find(command + 5, command[4] <= len - 5 ? command[4] : len - 5, 0x83, &data) != OK) {
        watch_say(w, "GET PROCESSING OPTIONS through the air without 83");
        return;
    }
    while (dol_next(w->tap.pdol, w->tap.pdol_len, &at, &entry) == OK)
        sum += entry.len;
    if (w->tap.selected && sum != data.len)
        watch_say(w, "GET PROCESSING OPTIONS carries %zu bytes, the card's list asks for %zu", data.len, sum);
    watch_number(w, sent(&w->tap, &data, 0x9F37, 4));
    check_qualifiers(w, &data);
    if (rapdu_sw(answer, answer_len) == 0x9000)
        note_cryptogram(w, &data, answer, answer_len - 2);
}

void watch_tap(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
    if (command[1] == 0xA4)
        on_select(w, command, len, answer, answer_len);
    else if (command[1] == 0xA8)
        on_options(w, command, len, answer, answer_len);
    else if (command[1] == 0xB2)
        on_record(w, command);
    else if (command[1] == 0xAE || command[1] == 0x82 || command[1] == 0x20 || command[1] == 0x88)
        watch_say(w, "command %02X%02X does not belong into a tap", command[0], command[1]);
}
