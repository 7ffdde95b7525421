/*
 * One contact session held against EMV Book 3: the card's objects are gathered, and each command is judged by its order
 * and contents when it has its answer; GENERATE AC by emv_cryptogram.c. Called by emv_watch.c, which reads the record;
 * see emv_watch.h.
 */
#include "scenarios/engine/emv_watch.h"

#include "core/codec/apdu.h"
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

/* -- the commands -- */

static void on_select(struct emv_watch *w, const struct watch_exchange *x)
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

static void on_options(struct emv_watch *w, const struct watch_exchange *x)
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

static void on_record(struct emv_watch *w, const struct watch_exchange *x)
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

static void on_get_data(struct emv_watch *w, const struct watch_exchange *x)
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

static void on_authentication(struct emv_watch *w, const struct watch_exchange *x)
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
static void on_other(struct emv_watch *w, const struct watch_exchange *x)
{
    unsigned sw1 = x->sw >> 8;
    if (w->session.cryptograms != 1 || w->session.given != 0x80)
        return;
    w->session.script_seen = true;
    w->session.script_failed |= sw1 != 0x90 && sw1 != 0x62 && sw1 != 0x63;
}

/* The card checks its PIN before the first cryptogram; after it, this is a command of a script. */
static void on_verify(struct emv_watch *w, const struct watch_exchange *x)
{
    if (w->session.cryptograms > 0)
        on_other(w, x);
    else
        w->session.pin_blocked = x->sw == 0x63C0 || x->sw == 0x6983 || x->sw == 0x6984;
}

static const struct {
    uint8_t ins;
    void (*look)(struct emv_watch *w, const struct watch_exchange *x);
} commands[] = {
    {0xA4, on_select},        {0xA8, on_options},        {0xB2, on_record}, {0xCA, on_get_data},
    {0xAE, watch_cryptogram}, {0x82, on_authentication}, {0x20, on_verify},
};

void watch_command(struct emv_watch *w, const uint8_t *command, size_t len, const uint8_t *answer, size_t answer_len,
                   uint16_t sw)
{
    struct watch_exchange x = {.command = command, .answer = answer, .answer_len = answer_len, .sw = sw};
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
