/*
 * One tap held against qPBOC (DOMAIN 3.9): the payment environment is selected before an application, an application
 * before its processing options, the list that the card gave is filled to its length, no unpredictable number is used
 * twice, and nothing of a contact session is said through the air. A cryptogram is noted as complete: there is no
 * second one. Called by emv_watch.c.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/apdu.h"
#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <string.h>

#define CVR_AT 3 /* in 9F10 */

static void on_select(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
    struct watch_tap *s = &w->tap;
    struct tlv fci, proprietary, pdol;
    bool good = rapdu_sw(answer, answer_len) == 0x9000;
    s->selected = false;
    s->pdol_len = 0;
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

static void check_number(struct emv_watch *w, const uint8_t *number)
{
    for (size_t i = 0; number && i < w->numbers; i++)
        if (memcmp(w->number[i], number, 4) == 0)
            watch_say(w, "unpredictable number %02X%02X%02X%02X was sent before", number[0], number[1], number[2],
                      number[3]);
    if (number && w->numbers < WATCH_NUMBERS)
        memcpy(w->number[w->numbers++], number, 4);
}

static void note_cryptogram(struct emv_watch *w, const struct tlv *data, const uint8_t *answer, size_t answer_len)
{
    struct tlv body, ac, issuer;
    const uint8_t *tvr = sent(&w->tap, data, 0x95, 5);
    if (w->arqcs == WATCH_ARQCS || tlv_find(answer, answer_len, 0x77, &body) != OK ||
        tlv_find(body.value, body.len, 0x9F26, &ac) != OK || ac.len != 8 ||
        tlv_find(body.value, body.len, 0x9F10, &issuer) != OK || issuer.len < CVR_AT + 2 ||
        (issuer.value[CVR_AT + 1] & 0x30) != 0x20)
        return;
    struct watch_arqc *a = &w->arqc[w->arqcs++];
    memset(a, 0, sizeof *a);
    memcpy(a->ac, ac.value, sizeof a->ac);
    a->completed = true;
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
    check_number(w, sent(&w->tap, &data, 0x9F37, 4));
    if (rapdu_sw(answer, answer_len) == 0x9000)
        note_cryptogram(w, &data, answer, answer_len - 2);
}

void watch_tap(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len)
{
    if (command[1] == 0xA4)
        on_select(w, command, len, answer, answer_len);
    else if (command[1] == 0xA8)
        on_options(w, command, len, answer, answer_len);
    else if (command[1] == 0xAE || command[1] == 0x82 || command[1] == 0x20)
        watch_say(w, "command %02X%02X does not belong into a tap", command[0], command[1]);
}
