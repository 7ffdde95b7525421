/*
 * Why a recorded command was not sent. What is said is what can be seen: the core's own commands, the recording, and
 * the rules of EMV Book 3. One function a kind of command; what none of them knows depends on where the core ended.
 */
#include "scenarios/engine/replay_account.h"

#include <stdio.h>
#include <string.h>

static const struct trace_exchange *at(const struct account *a, size_t i)
{
    return &a->f->session->exchanges[i];
}

static bool core_sent(const struct account *a, uint8_t ins)
{
    for (size_t k = 0; k < a->logged; k++)
        if (a->log[k].len > 1 && a->log[k].command[1] == ins)
            return true;
    return false;
}

/* The same command, recorded elsewhere in the session and sent there. */
static size_t sent_elsewhere(const struct account *a, size_t i)
{
    struct capdu c, other;
    if (capdu_parse(at(a, i)->command, at(a, i)->len, &c) != OK)
        return REPLAY_NONE;
    for (size_t k = 0; k < a->f->session->count; k++)
        if (k != i && capdu_parse(at(a, k)->command, at(a, k)->len, &other) == OK && c.cla == other.cla &&
            c.ins == other.ins && c.p1 == other.p1 && c.p2 == other.p2 && c.lc == other.lc &&
            (c.lc == 0 || memcmp(c.data, other.data, c.lc) == 0) && a->sent[k])
            return k;
    return REPLAY_NONE;
}

static bool in_afl(const struct replay_facts *f, uint8_t sfi, uint8_t record)
{
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4)
        if (f->afl[i] >> 3 == sfi && record >= f->afl[i + 1] && record <= f->afl[i + 2])
            return true;
    return false;
}

/* -- by kind; false: nothing to say -- */

static bool select_(const struct account *a, size_t i, char *out, size_t cap)
{
    struct capdu c;
    if (capdu_parse(at(a, i)->command, at(a, i)->len, &c) != OK)
        return false;
    if (c.p1 != 0x04 || c.lc < 5)
        snprintf(out, cap, "no SELECT of an application by its name");
    else if (c.p2 & 0x02)
        snprintf(out, cap, "the core looked for no further application of this name");
    else if (a->f->select != REPLAY_NONE && i < a->f->select &&
             (c.lc > a->f->aid.len || memcmp(c.data, a->f->aid.bytes, c.lc) != 0))
        snprintf(out, cap, "another application than the one the session used (line %u)",
                 replay_line(a->f, a->f->select));
    else
        return false;
    return true;
}

static bool ppse(const struct account *a, size_t i, char *out, size_t cap)
{
    (void)i;
    if (replay_in_field(a->f))
        return false;
    snprintf(out, cap, "the contactless entry point; %s",
             a->f->tap == REPLAY_TAP_AS_CHIP
                 ? "no contactless kernel of this scheme in the core, so the bench puts the card into the contact slot"
                 : "this session went on by the contacts");
    return true;
}

static bool read_(const struct account *a, size_t i, char *out, size_t cap)
{
    const uint8_t *c = at(a, i)->command;
    if (c[3] >> 3 > 10)
        snprintf(out, cap, "a file of the issuer's own (SFI over 10), which a payment does not need");
    else if (a->f->step[i] == STEP_READ && a->f->afl && !in_afl(a->f, c[3] >> 3, c[2]))
        snprintf(out, cap, "not in the AFL of line %u", replay_answer_line(at(a, a->f->gpo)));
    else if (a->f->step[i] == STEP_READ_DIRECTORY && a->reached != REPLAY_NONE && a->reached > i)
        snprintf(out, cap, "the core needed no further record here");
    else
        return false;
    return true;
}

static bool get_data(const struct account *a, size_t i, char *out, size_t cap)
{
    (void)a, (void)i;
    snprintf(out, cap, "the core did not ask for it: EMV leaves use and order of GET DATA to the terminal");
    return true;
}

static bool internal(const struct account *a, size_t i, char *out, size_t cap)
{
    (void)i;
    if (core_sent(a, 0x88))
        return false;
    snprintf(out, cap, "the core performed no dynamic data authentication");
    return true;
}

/* The PIN is enciphered, or is asked to be: GET CHALLENGE has no other use in a payment. */
static bool is_enciphered(const struct account *a, size_t i)
{
    return a->f->step[i] == STEP_GET_CHALLENGE || at(a, i)->command[3] == 0x88;
}

static bool pin(const struct account *a, size_t i, char *out, size_t cap)
{
    if (is_enciphered(a, i) && !a->pins->pin_key) {
        snprintf(out, cap, "the core has no key to encipher a PIN with: the card's is not recovered (--capk FILE)");
        return true;
    }
    if (core_sent(a, 0x20) && core_sent(a, 0x84) != is_enciphered(a, i)) {
        snprintf(out, cap,
                 "the core had the card verify the PIN the other way: the card's CVM list comes to that first");
        return true;
    }
    if (core_sent(a, 0x20))
        return false;
    snprintf(out, cap,
             a->f->step[i] == STEP_GET_CHALLENGE
                 ? "only needed for an enciphered PIN, and the core had the card verify none"
                 : "the core had the card verify no PIN (its CVM is its own result)");
    return true;
}

static bool external(const struct account *a, size_t i, char *out, size_t cap)
{
    struct capdu c;
    if (replay_unable_online(a->f))
        snprintf(out, cap, "the recorded 8A (%s) says that the host was not reached: no issuer to authenticate",
                 a->f->arc);
    else if (a->f->has_aip && !(a->f->aip[0] & 0x04))
        snprintf(out, cap, "AIP %02X%02X of line %u does not ask for it; the core sends 91 with CDOL2, if at all",
                 a->f->aip[0], a->f->aip[1], replay_answer_line(at(a, a->f->gpo)));
    else if (capdu_parse(at(a, i)->command, at(a, i)->len, &c) == OK && (c.lc < 8 || c.lc > 16))
        snprintf(out, cap, "its %u bytes of data are not the 8 to 16 that 91 has", c.lc);
    else
        return false;
    return true;
}

static bool script(const struct account *a, size_t i, char *out, size_t cap)
{
    if (!a->f->no_room_line || at(a, i)->line < a->f->no_room_line)
        return false;
    snprintf(out, cap, "the host's DE55 has no room for it");
    return true;
}

static bool round_(const struct account *a, size_t i, char *out, size_t cap)
{
    if (i == a->f->gpo || a->f->first_ac == REPLAY_NONE || i < a->f->first_ac)
        return false;
    snprintf(out, cap, "a further round of the application, and the core ran one");
    return true;
}

static bool other(const struct account *a, size_t i, char *out, size_t cap)
{
    if (at(a, i)->command[1] == 0xAE)
        return round_(a, i, out, cap);
    snprintf(out, cap, "no command of an EMV payment");
    return true;
}

static bool get_response(const struct account *a, size_t i, char *out, size_t cap)
{
    (void)a, (void)i;
    snprintf(out, cap, "it fetches nothing: the answer before it announces no data");
    return true;
}

/* What belongs to no tap, or to one that the core cannot do. */
static bool tapped(const struct account *a, size_t i, char *out, size_t cap)
{
    enum replay_step step = a->f->step[i];
    uint8_t type = replay_tap_type(a->f);
    if (!replay_in_field(a->f) || step == STEP_SELECT_PPSE || step == STEP_SELECT)
        return false;
    if (a->f->tap == REPLAY_TAP_OTHER)
        snprintf(out, cap, "no contactless kernel of this scheme in the core: its PDOL asks for no 9F66");
    else if (step == STEP_SELECT_PSE)
        snprintf(out, cap, "the entry point of the contacts; the card is held into the field");
    else if (step == STEP_READ && type != 0x40)
        snprintf(out, cap, "the card gave %s: records of a tap are read after an offline approval",
                 replay_ac_name(type));
    else
        return false;
    return true;
}

static const struct reason_row {
    enum replay_step step;
    bool (*say)(const struct account *a, size_t i, char *out, size_t cap);
} rows[] = {
    {STEP_SELECT, select_},       {STEP_SELECT_PPSE, ppse},  {STEP_READ, read_},
    {STEP_READ_DIRECTORY, read_}, {STEP_GET_DATA, get_data}, {STEP_INTERNAL_AUTHENTICATE, internal},
    {STEP_GET_CHALLENGE, pin},    {STEP_VERIFY, pin},        {STEP_EXTERNAL_AUTHENTICATE, external},
    {STEP_SCRIPT, script},        {STEP_GPO, round_},        {STEP_GET_RESPONSE, get_response},
    {STEP_OTHER, other},
};

/* -- by place -- */

static void say_ended(const struct account *a, char *out, size_t cap)
{
    size_t n = 0;
    if (a->mute != REPLAY_NONE)
        n = (size_t)snprintf(out, cap, "the recording has no answer in line %u, so the core had to end there",
                             at(a, a->mute)->line);
    else if (a->reached != REPLAY_NONE)
        n = (size_t)snprintf(out, cap, "the core had ended after line %u", at(a, a->reached)->line);
    else
        n = (size_t)snprintf(out, cap, "the core had ended before it reached anything recorded");
    if (n < cap)
        snprintf(out + n, cap - n, ", screen \"%s\"", a->screen);
}

bool account_not_sent(const struct account *a, size_t i, char *out, size_t cap)
{
    size_t twin = sent_elsewhere(a, i);
    *out = '\0';
    if (replay_is_foreign(a->f)) {
        snprintf(out, cap, "no command of a payment: the session selects no application");
        return false;
    }
    if (tapped(a, i, out, cap))
        return false;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        if (rows[k].step == a->f->step[i] && rows[k].say(a, i, out, cap))
            return false;
    if (twin != REPLAY_NONE) {
        snprintf(out, cap, "the core sends this command once less; the one of line %u is it", at(a, twin)->line);
        return false;
    }
    if (a->reached == REPLAY_NONE || i > a->reached) {
        say_ended(a, out, cap);
        return true;
    }
    snprintf(out, cap, "the core went on to line %u without it", at(a, a->reached)->line);
    return false;
}
