/*
 * One contact session held against EMV Book 3: the card's objects are gathered, and each command is judged by its order
 * and contents when it has its answer. Called by emv_watch.c, which reads the record; see emv_watch.h.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/apdu.h"
#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <string.h>

/* -- objects -- */

const uint8_t *watch_get(const struct watch_session *s, uint32_t tag, size_t *len)
{
    for (size_t i = 0; i < s->objects; i++) {
        if (s->object[i].tag == tag) {
            *len = s->object[i].len;
            return s->bytes + s->object[i].at;
        }
    }
    *len = 0;
    return NULL;
}

const uint8_t *watch_fixed(const struct watch_session *s, uint32_t tag, size_t len)
{
    size_t got;
    const uint8_t *value = watch_get(s, tag, &got);
    return value && got == len ? value : NULL;
}

static void keep(struct watch_session *s, uint32_t tag, const uint8_t *value, size_t len)
{
    size_t old;
    if (watch_get(s, tag, &old) || s->objects == WATCH_OBJECTS || len > sizeof s->bytes - s->bytes_used)
        return;
    s->object[s->objects++] = (struct watch_object){tag, s->bytes_used, len};
    if (len)
        memcpy(s->bytes + s->bytes_used, value, len);
    s->bytes_used += len;
}

static void keep_all(struct watch_session *s, const uint8_t *bytes, size_t len)
{
    struct tlv object;
    size_t at = 0;
    while (tlv_next(bytes, len, &at, &object) == OK) {
        if (tlv_is_template(object.tag))
            keep_all(s, object.value, object.len);
        else
            keep(s, object.tag, object.value, object.len);
    }
}

void watch_forget(struct watch_session *s)
{
    s->selected = s->processing = false;
    s->objects = s->bytes_used = s->afl_len = s->unread = 0;
    s->last_online = s->atc = -1;
    s->pin_blocked = s->no_tries = false;
}

/* -- one command as the card and the terminal had it -- */

struct exchanged {
    const uint8_t *command, *data; /* data field of the command */
    size_t data_len;
    const uint8_t *answer;
    size_t answer_len;
    uint16_t sw;
};

static void on_select(struct emv_watch *w, const struct exchanged *x)
{
    struct watch_session *s = &w->session;
    struct tlv fci, name;
    watch_forget(s);
    s->cryptograms = 0;
    if (x->sw != 0x9000 || tlv_find(x->answer, x->answer_len, 0x6F, &fci) != OK ||
        tlv_find(fci.value, fci.len, 0x84, &name) != OK || name.len < 5 || name.len > sizeof s->aid)
        return;
    if (name.len >= 14 && memcmp(name.value + 1, "PAY.SYS.DDF01", 13) == 0)
        return; /* a directory */
    memcpy(s->aid, name.value, name.len);
    s->aid_len = (uint8_t)name.len;
    s->selected = true;
    keep_all(s, fci.value, fci.len);
}

static void on_options(struct emv_watch *w, const struct exchanged *x)
{
    struct watch_session *s = &w->session;
    struct tlv options;
    size_t len = 0;
    if (!s->selected) {
        watch_say(w, "GET PROCESSING OPTIONS although no application is selected");
        return;
    }
    s->processing = false;
    bool has_data = x->data && tlv_find(x->data, x->data_len, 0x83, &options) == OK;
    purse_offered(w, has_data ? options.value : NULL, has_data ? options.len : 0);
    if (x->sw != 0x9000)
        return;
    if (tlv_find(x->answer, x->answer_len, 0x80, &options) == OK && options.len >= 6) {
        keep(s, 0x82, options.value, 2);
        keep(s, 0x94, options.value + 2, options.len - 2);
    } else {
        keep_all(s, x->answer, x->answer_len);
    }
    const uint8_t *afl = watch_get(s, 0x94, &len);
    if (!afl || len > sizeof s->afl || !watch_fixed(s, 0x82, 2))
        return;
    memcpy(s->afl, afl, s->afl_len = len);
    for (size_t at = 0; at + 4 <= len; at += 4)
        if (afl[at + 2] >= afl[at + 1])
            s->unread += (size_t)(afl[at + 2] - afl[at + 1]) + 1;
    s->processing = true;
}

static void on_record(struct emv_watch *w, const struct exchanged *x)
{
    struct watch_session *s = &w->session;
    uint8_t record = x->command[2], file = x->command[3] & 0xF8;
    if (!s->processing || x->sw != 0x9000)
        return; /* a directory, or a record that stays unread */
    for (size_t at = 0; at + 4 <= s->afl_len; at += 4) {
        if (s->afl[at] != file || record < s->afl[at + 1] || record > s->afl[at + 2])
            continue;
        s->unread -= s->unread > 0;
        keep_all(s, x->answer, x->answer_len);
        return;
    }
}

static void on_get_data(struct emv_watch *w, const struct exchanged *x)
{
    struct tlv object;
    unsigned tag = (unsigned)x->command[2] << 8 | x->command[3];
    bool told = x->sw == 0x9000 && tlv_find(x->answer, x->answer_len, tag, &object) == OK;
    purse_told(w, tag, told ? object.value : NULL, told ? object.len : 0);
    if (!told)
        return;
    if (tag == 0x9F17)
        w->session.no_tries = object.len == 1 && object.value[0] == 0;
    if (object.len != 2)
        return;
    int value = object.value[0] << 8 | object.value[1];
    if (tag == 0x9F13)
        w->session.last_online = value;
    if (tag == 0x9F36)
        w->session.atc = value;
}

/* -- GENERATE AC -- */

/* The value that the command's data hold for `tag`. */
static const uint8_t *sent(const struct emv_watch *w, uint32_t dol_tag, const struct exchanged *x, uint32_t tag,
                           size_t len)
{
    size_t dol_len, offset, value_len;
    const uint8_t *dol = watch_get(&w->session, dol_tag, &dol_len);
    if (!dol || dol_locate(dol, dol_len, tag, &offset, &value_len) != OK || value_len != len ||
        offset + len > x->data_len)
        return NULL;
    return x->data + offset;
}

static void check_length(struct emv_watch *w, uint32_t dol_tag, const struct exchanged *x)
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

static void check_number(struct emv_watch *w, uint32_t dol_tag, const struct exchanged *x)
{
    const uint8_t *number = sent(w, dol_tag, x, 0x9F37, 4);
    for (size_t i = 0; number && i < w->numbers; i++)
        if (memcmp(w->number[i], number, 4) == 0)
            watch_say(w, "unpredictable number %02X%02X%02X%02X was sent before", number[0], number[1], number[2],
                      number[3]);
    if (number && w->numbers < WATCH_NUMBERS)
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
static int read_cryptogram(const struct exchanged *x, uint8_t ac[8], bool *sealed)
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

static void note_arqc(struct emv_watch *w, const uint8_t ac[8], const uint8_t *number, bool sealed,
                      const struct tvr_demand *d)
{
    struct watch_session *s = &w->session;
    if (w->arqcs == WATCH_ARQCS)
        return;
    struct watch_arqc *a = &w->arqc[w->arqcs];
    memset(a, 0, sizeof *a);
    memcpy(a->ac, ac, sizeof a->ac);
    a->sealed = sealed && number;
    if (number)
        memcpy(a->number, number, sizeof a->number);
    memcpy(a->tvr, s->tvr, sizeof a->tvr);
    memcpy(a->cvm, d->cvm, sizeof a->cvm);
    a->tvr_known = s->tvr_known;
    a->cvm_known = d->cvm_known;
    s->arqc = (int)w->arqcs++;
}

/* A TC is due, but a terminal that collects such approvals may have no room for one more, and asks for less. */
static bool no_room(const struct emv_watch *w, uint8_t due)
{
    return due == 0x40 && cJSON_GetObjectItem(w->config, "offline");
}

static void first_cryptogram(struct emv_watch *w, const struct exchanged *x)
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
    check_number(w, 0x8C, x);
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
    if (given == 0x80)
        note_arqc(w, ac, sent(w, 0x8C, x, 0x9F37, 4), sealed, &d);
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
static void check_response_code(struct emv_watch *w, const struct exchanged *x)
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
static bool signature_refused(struct emv_watch *w, const struct exchanged *x, const uint8_t *tvr)
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

static void second_cryptogram(struct emv_watch *w, const struct exchanged *x)
{
    struct watch_session *s = &w->session;
    const uint8_t *tvr = sent(w, 0x8D, x, 0x95, 5);
    if (s->given != 0x80) {
        watch_say(w, "second GENERATE AC although the first did not ask to go online");
        return;
    }
    if (s->arqc >= 0)
        w->arqc[s->arqc].completed = true;
    check_length(w, 0x8D, x);
    check_number(w, 0x8D, x);
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

static void on_cryptogram(struct emv_watch *w, const struct exchanged *x)
{
    unsigned number = ++w->session.cryptograms;
    if (number == 1)
        first_cryptogram(w, x);
    else if (number == 2)
        second_cryptogram(w, x);
    else
        watch_say(w, "a third GENERATE AC in one transaction");
}

static void on_authentication(struct emv_watch *w, const struct exchanged *x)
{
    struct watch_session *s = &w->session;
    const uint8_t *aip = watch_fixed(s, 0x82, 2);
    if (s->cryptograms != 1 || s->given != 0x80)
        watch_say(w, "EXTERNAL AUTHENTICATE outside of an online transaction");
    else if (aip && !(aip[0] & 0x04))
        watch_say(w, "EXTERNAL AUTHENTICATE to a card that does not know it (AIP)");
    else if (s->auth != AUTH_NOT_SENT)
        watch_say(w, "EXTERNAL AUTHENTICATE twice");
    s->auth = x->sw == 0x9000 ? AUTH_ACCEPTED : AUTH_REFUSED;
}

/* Anything else between the cryptograms is a command of an issuer script. */
static void on_other(struct emv_watch *w, const struct exchanged *x)
{
    unsigned sw1 = x->sw >> 8;
    if (w->session.cryptograms != 1 || w->session.given != 0x80)
        return;
    w->session.script_seen = true;
    w->session.script_failed |= sw1 != 0x90 && sw1 != 0x62 && sw1 != 0x63;
}

/* The card checks its PIN before the first cryptogram; after it, this is a command of a script. */
static void on_verify(struct emv_watch *w, const struct exchanged *x)
{
    if (w->session.cryptograms > 0)
        on_other(w, x);
    else
        w->session.pin_blocked = x->sw == 0x63C0 || x->sw == 0x6983 || x->sw == 0x6984;
}

static const struct {
    uint8_t ins;
    void (*look)(struct emv_watch *w, const struct exchanged *x);
} commands[] = {
    {0xA4, on_select},     {0xA8, on_options},        {0xB2, on_record}, {0xCA, on_get_data},
    {0xAE, on_cryptogram}, {0x82, on_authentication}, {0x20, on_verify},
};

void watch_command(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len,
                   uint16_t sw)
{
    struct exchanged x = {.command = command, .answer = answer, .answer_len = answer_len, .sw = sw};
    if (len > 5 && len >= 5u + command[4]) {
        x.data = command + 5;
        x.data_len = command[4];
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (commands[i].ins == command[1]) {
            commands[i].look(w, &x);
            return;
        }
    }
    on_other(w, &x);
}
