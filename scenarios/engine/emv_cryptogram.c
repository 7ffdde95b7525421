/*
 * The two GENERATE ACs of a session (EMV Book 3 6.5.5, 10.7 to 10.11): what they carry and ask for, held against what
 * the card's data, the configuration and the host's answers demand. Called by emv_session.c; see emv_watch.h.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <string.h>

/* The value that the command's data hold for `tag`. */
static const uint8_t *sent(const struct emv_watch *w, uint32_t dol_tag, const struct watch_exchange *x, uint32_t tag,
                           size_t len)
{
    size_t dol_len, offset, value_len;
    const uint8_t *dol = watch_get(&w->session, dol_tag, &dol_len);
    if (!dol || dol_locate(dol, dol_len, tag, &offset, &value_len) != OK || value_len != len ||
        offset + len > x->data_len)
        return NULL;
    return x->data + offset;
}

static void check_length(struct emv_watch *w, uint32_t dol_tag, const struct watch_exchange *x)
{
    struct dol_entry entry;
    size_t len, at = 0, sum = 0;
    const uint8_t *dol = watch_get(&w->session, dol_tag, &len);
    if (!dol)
        return;
    while (dol_next(dol, len, &at, &entry) == OK)
        sum += entry.len;
    if (sum != x->data_len)
        watch_say(w, "GENERATE AC carries %zu bytes, the card's list asks for %zu", x->data_len, sum);
}

void watch_number(struct emv_watch *w, const uint8_t *number)
{
    if (!number)
        return;
    for (size_t i = 0; i < w->numbers; i++)
        if (memcmp(w->number[i], number, 4) == 0)
            watch_say(w, "unpredictable number %02X%02X%02X%02X was sent before", number[0], number[1], number[2],
                      number[3]);
    if (w->numbers < WATCH_NUMBERS)
        memcpy(w->number[w->numbers++], number, 4);
}

static void say_tvr(struct emv_watch *w, const char *what, const uint8_t seen[5], unsigned byte, uint8_t bits)
{
    char hex[11];
    hex_encode(seen, 5, hex, sizeof hex);
    watch_say(w, "TVR %s: byte %u, bits %02X %s by the card's data and the configuration", hex, byte, bits, what);
}

static void check_tvr(struct emv_watch *w, const uint8_t seen[5], const struct tvr_demand *d)
{
    for (unsigned i = 0; i < 5; i++) {
        uint8_t missing = (uint8_t)(d->must[i] & ~seen[i]), extra = (uint8_t)(seen[i] & ~(d->must[i] | d->may[i]));
        if (missing)
            say_tvr(w, "must be set", seen, i + 1, missing);
        if (extra)
            say_tvr(w, "must not be set", seen, i + 1, extra);
    }
}

/* Cryptogram type of the answer, -1: none. `ac`: 8 bytes, zeros when *sealed in a signature that was asked for. */
static int read_cryptogram(const struct watch_exchange *x, uint8_t ac[8], bool *sealed)
{
    struct tlv body, cid, value;
    memset(ac, 0, 8);
    *sealed = false;
    if (x->sw != 0x9000)
        return -1;
    if (tlv_find(x->answer, x->answer_len, 0x80, &body) == OK && body.len >= 11) {
        memcpy(ac, body.value + 3, 8);
        return body.value[0] & 0xC0;
    }
    if (tlv_find(x->answer, x->answer_len, 0x77, &body) != OK || tlv_find(body.value, body.len, 0x9F27, &cid) != OK ||
        cid.len != 1)
        return -1;
    if (x->command[2] & 0x10 && tlv_find(body.value, body.len, 0x9F4B, &value) == OK) {
        *sealed = true;
        return cid.value[0] & 0xC0;
    }
    if (tlv_find(body.value, body.len, 0x9F26, &value) != OK || value.len != 8)
        return -1;
    memcpy(ac, value.value, 8);
    return cid.value[0] & 0xC0;
}

/* An ARQC waits for the second GENERATE AC; a TC is the end. */
static void note_cryptogram(struct emv_watch *w, uint8_t given, const uint8_t ac[8], const uint8_t *number, bool sealed,
                            const struct tvr_demand *d)
{
    struct watch_session *s = &w->session;
    size_t len;
    const uint8_t *pan = watch_get(s, 0x5A, &len);
    if (w->arqcs == WATCH_ARQCS)
        return;
    struct watch_arqc *a = &w->arqc[w->arqcs++];
    memset(a, 0, sizeof *a);
    a->approval = a->completed = given == 0x40;
    if (pan && len <= sizeof a->pan)
        memcpy(a->pan, pan, a->pan_len = len);
    memcpy(a->ac, ac, sizeof a->ac);
    a->sealed = sealed && number;
    if (number)
        memcpy(a->number, number, sizeof a->number);
    memcpy(a->tvr, s->tvr, sizeof a->tvr);
    memcpy(a->cvm, d->cvm, sizeof a->cvm);
    a->tvr_known = s->tvr_known;
    a->cvm_known = d->cvm_known;
    if (!a->approval)
        s->arqc = (int)(a - w->arqc);
}

/* A TC is due, but a terminal that collects such approvals may have no room for one more, and asks for less. */
static bool no_room(const struct emv_watch *w, uint8_t due)
{
    return due == 0x40 && cJSON_GetObjectItem(w->config, "offline");
}

static void first_cryptogram(struct emv_watch *w, const struct watch_exchange *x)
{
    struct watch_session *s = &w->session;
    struct tvr_demand d = {.cvm_known = false};
    uint8_t ac[8];
    uint64_t amount = 0;
    bool known = false, sealed;
    const uint8_t *tvr = sent(w, 0x8C, x, 0x95, 5), *authorised = sent(w, 0x8C, x, 0x9F02, 6);
    const uint8_t *type = sent(w, 0x8C, x, 0x9C, 1);
    s->type = type ? *type : 0x00;
    if (!s->processing)
        watch_say(w, "GENERATE AC without processing options");
    else if (s->unread)
        watch_say(w, "GENERATE AC although %zu record%s of the AFL could not be read", s->unread,
                  s->unread > 1 ? "s" : "");
    check_length(w, 0x8C, x);
    watch_number(w, sent(w, 0x8C, x, 0x9F37, 4));
    s->tvr_known = tvr != NULL;
    s->answers_before = w->all->said_count;
    if (tvr)
        memcpy(s->tvr, tvr, sizeof s->tvr);
    if (tvr && authorised && bcd_value(authorised, 6, &amount) == OK)
        rules_tvr(w, amount, sent(w, 0x8C, x, 0x9A, 3), tvr, &d, &known);
    if (known) {
        check_tvr(w, tvr, &d);
        uint8_t due = rules_purse_action(w, amount, tvr, rules_action(w, tvr, false, &known));
        if (known && due != (x->command[2] & 0xC0) && !no_room(w, due))
            watch_say(w, "GENERATE AC asks for %02X, the action codes want %02X", x->command[2], due);
    }
    int given = read_cryptogram(x, ac, &sealed);
    s->given = given < 0 ? 0xFF : (uint8_t)given;
    if (given == 0x80 || given == 0x40)
        note_cryptogram(w, s->given, ac, sent(w, 0x8C, x, 0x9F37, 4), sealed, &d);
}

static bool host_said(const struct emv_watch *w, const char *code)
{
    size_t from = w->session.answers_before, count = w->all->said_count;
    if (count - from > WATCH_ANSWERS)
        return true; /* too long ago to know */
    for (size_t i = from; i < count; i++)
        if (strcmp(w->all->said[i % WATCH_ANSWERS].code, code) == 0)
            return true;
    return false;
}

/* The response code in CDOL2 is the host's, or Y3/Z3 when it could not be reached; the request follows from it. */
static void check_response_code(struct emv_watch *w, const struct watch_exchange *x)
{
    const uint8_t *value = sent(w, 0x8D, x, 0x8A, 2);
    uint8_t asked = x->command[2] & 0xC0, due;
    bool known = w->session.tvr_known;
    if (!value)
        return;
    char code[3] = {(char)value[0], (char)value[1], '\0'};
    if (strcmp(code, "Y3") == 0 || strcmp(code, "Z3") == 0) {
        due = known ? rules_action(w, w->session.tvr, true, &known) : 0;
        if (!known)
            due = code[0] == 'Y' ? 0x40 : 0x00;
    } else {
        if (!host_said(w, code))
            watch_say(w, "second GENERATE AC gives the card %s, the host never said so", code);
        due = iso_response(code)->kind == ISO_APPROVE ? 0x40 : 0x00;
    }
    bool part = strcmp(code, "10") == 0; /* a terminal without partial approval may refuse it */
    bool may_refuse = part || w->all->storage_faulty || no_room(w, code[0] == 'Z' ? due : 0);
    if (asked != due && !(may_refuse && asked == 0x00))
        watch_say(w, "second GENERATE AC asks for %02X after %s; due is %02X", asked, code, due);
}

/* The signature around the first cryptogram did not hold (Book 2 6.6): an AAC at once, with Z1, and the bit in TVR. */
static bool signature_refused(struct emv_watch *w, const struct watch_exchange *x, const uint8_t *tvr)
{
    const struct watch_session *s = &w->session;
    const uint8_t *code = sent(w, 0x8D, x, 0x8A, 2);
    if (s->arqc < 0 || !w->arqc[s->arqc].sealed || !tvr || !s->tvr_known || !((tvr[0] & ~s->tvr[0]) & 0x04))
        return false;
    if (x->command[2] & 0xC0)
        watch_say(w, "second GENERATE AC asks for %02X after CDA failed", x->command[2]);
    if (code && memcmp(code, "Z1", 2) != 0)
        watch_say(w, "second GENERATE AC does not give the card Z1 after CDA failed");
    if (((tvr[0] ^ s->tvr[0]) & ~0x04) || memcmp(tvr + 1, s->tvr + 1, 4) != 0)
        say_tvr(w, "changed between the cryptograms", tvr, 1, tvr[0]);
    return true;
}

/* The TC at the end, over the TVR of its own list. */
static void note_approval(struct emv_watch *w, const struct watch_exchange *x, const uint8_t *tvr)
{
    struct watch_session *s = &w->session;
    const struct tvr_demand none = {.cvm_known = false};
    const uint8_t *number = sent(w, 0x8D, x, 0x9F37, 4);
    uint8_t ac[8];
    bool sealed;
    if (read_cryptogram(x, ac, &sealed) != 0x40 || w->arqcs == WATCH_ARQCS)
        return;
    if (!number && s->arqc >= 0)
        number = w->arqc[s->arqc].number;
    note_cryptogram(w, 0x40, ac, number, sealed, &none);
    struct watch_arqc *a = &w->arqc[w->arqcs - 1];
    a->tvr_known = tvr != NULL;
    if (tvr)
        memcpy(a->tvr, tvr, sizeof a->tvr);
}

static void second_cryptogram(struct emv_watch *w, const struct watch_exchange *x)
{
    struct watch_session *s = &w->session;
    const uint8_t *tvr = sent(w, 0x8D, x, 0x95, 5);
    if (s->given != 0x80) {
        watch_say(w, "second GENERATE AC although the first did not ask to go online");
        return;
    }
    if (s->arqc >= 0)
        w->arqc[s->arqc].completed = true;
    note_approval(w, x, tvr);
    check_length(w, 0x8D, x);
    watch_number(w, sent(w, 0x8D, x, 0x9F37, 4));
    if (signature_refused(w, x, tvr))
        return;
    check_response_code(w, x);
    if (!tvr || !s->tvr_known)
        return;
    uint8_t due = s->tvr[4];
    due |= s->auth == AUTH_REFUSED ? 0x40 : 0;
    due |= s->script_failed ? 0x20 : 0;
    uint8_t open = s->script_seen ? 0 : 0x20; /* a script that was not a command at all leaves no trace here */
    if (memcmp(tvr, s->tvr, 4) != 0)
        say_tvr(w, "changed between the cryptograms", tvr, 1, tvr[0]);
    if ((tvr[4] & ~open) != (due & ~open))
        say_tvr(w, "differ from what issuer authentication and scripts gave", tvr, 5, tvr[4] ^ due);
}

void watch_cryptogram(struct emv_watch *w, const struct watch_exchange *x)
{
    unsigned number = ++w->session.cryptograms;
    if (number == 1)
        first_cryptogram(w, x);
    else if (number == 2)
        second_cryptogram(w, x);
    else
        watch_say(w, "a third GENERATE AC in one transaction");
}
