/* What a recorded session tells: its steps, its application, its DOLs and the data sent for them. */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "core/codec/track.h"

#include <stdio.h>
#include <string.h>

static const char pse[] = "1PAY.SYS.DDF01", ppse[] = "2PAY.SYS.DDF01";

uint16_t replay_sw(const struct trace_exchange *x)
{
    return rapdu_sw(x->answer, x->answer_len);
}

unsigned replay_line(const struct replay_facts *f, size_t i)
{
    return i < f->session->count ? f->session->exchanges[i].line : 0;
}

unsigned replay_answer_line(const struct trace_exchange *x)
{
    return x->answer_line ? x->answer_line : x->line;
}

bool replay_find(const struct trace_exchange *x, uint32_t tag, struct tlv *out)
{
    return x->answer_len > 2 && tlv_find_deep(x->answer, x->answer_len - 2, tag, out) == OK;
}

static const struct trace_exchange *at(const struct replay_facts *f, size_t i)
{
    return &f->session->exchanges[i];
}

/* -- which step a command is -- */

static bool selects(const struct capdu *c, const char *name)
{
    return c->ins == 0xA4 && c->lc == strlen(name) && memcmp(c->data, name, c->lc) == 0;
}

/* The part that a command's bytes alone decide. */
static enum replay_step step_of(const struct capdu *c)
{
    static const struct {
        uint8_t cla, ins;
        enum replay_step step;
    } table[] = {
        {0x00, 0xA4, STEP_SELECT},
        {0x80, 0xA8, STEP_GPO},
        {0x00, 0xB2, STEP_READ},
        {0x80, 0xCA, STEP_GET_DATA},
        {0x00, 0x88, STEP_INTERNAL_AUTHENTICATE},
        {0x00, 0x84, STEP_GET_CHALLENGE},
        {0x00, 0x20, STEP_VERIFY},
        {0x80, 0xAE, STEP_GENERATE_AC_1},
        {0x00, 0x82, STEP_EXTERNAL_AUTHENTICATE},
        {0x00, 0xC0, STEP_GET_RESPONSE},
    };
    if (selects(c, pse))
        return STEP_SELECT_PSE;
    if (selects(c, ppse))
        return STEP_SELECT_PPSE;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (table[k].ins == c->ins && table[k].cla == c->cla)
            return table[k].step;
    return STEP_OTHER;
}

/* The GET PROCESSING OPTIONS that the session went on with: the last good one, else the last. */
static size_t find_options(const struct replay_facts *f)
{
    size_t found = REPLAY_NONE;
    bool good = false;
    for (size_t i = 0; i < f->session->count; i++) {
        bool ok = replay_sw(at(f, i)) == 0x9000;
        if (f->step[i] != STEP_GPO || (good && !ok))
            continue;
        if (f->first_ac == REPLAY_NONE || i < f->first_ac) { /* one behind the cryptogram is another round */
            found = i;
            good = ok;
        }
    }
    return found;
}

/* The part that depends on where the command stands. */
static void place_steps(struct replay_facts *f)
{
    bool directory = false;
    for (size_t i = 0; i < f->session->count; i++) {
        enum replay_step *step = &f->step[i];
        if (*step == STEP_SELECT_PSE || *step == STEP_SELECT_PPSE)
            directory = true;
        else if (*step == STEP_SELECT || *step == STEP_GPO)
            directory = false;
        if (*step == STEP_READ && (directory || (f->gpo != REPLAY_NONE && i < f->gpo)))
            *step = STEP_READ_DIRECTORY;
        if (*step == STEP_GENERATE_AC_1 && i != f->first_ac)
            *step = f->second_ac == REPLAY_NONE || f->second_ac == i ? STEP_GENERATE_AC_2 : STEP_OTHER;
        if (*step == STEP_GENERATE_AC_2)
            f->second_ac = i;
        /* An issuer's command carries a MAC: class x4 or xC (Book 3 6.3.2). Before the cryptogram it is no script. */
        if (*step == STEP_OTHER && f->first_ac != REPLAY_NONE && i > f->first_ac && (at(f, i)->command[0] & 0x04))
            *step = STEP_SCRIPT;
    }
}

static void find_steps(struct replay_facts *f)
{
    for (size_t i = 0; i < f->session->count; i++) {
        struct capdu c;
        f->step[i] = STEP_OTHER;
        if (capdu_parse(at(f, i)->command, at(f, i)->len, &c) == OK)
            f->step[i] = step_of(&c);
        if (f->step[i] == STEP_GENERATE_AC_1 && f->first_ac == REPLAY_NONE)
            f->first_ac = i;
    }
    f->gpo = find_options(f);
    place_steps(f);
}

/* -- the application -- */

static bool is_listed(const struct replay_facts *f, const uint8_t *name, size_t len)
{
    for (size_t i = 0; i < f->listed_count; i++)
        if (f->listed[i].len == len && memcmp(f->listed[i].bytes, name, len) == 0)
            return true;
    return false;
}

/* An application that answered to part of its name is in the list by that part. */
static bool answered_before(const struct replay_facts *f, size_t i, const struct capdu *c)
{
    struct tlv name;
    for (size_t k = 0; k < i; k++)
        if (f->step[k] == STEP_SELECT && replay_sw(at(f, k)) == 0x9000 && replay_find(at(f, k), 0x84, &name) &&
            name.len == c->lc && memcmp(name.value, c->data, name.len) == 0)
            return true;
    return false;
}

static void set_name(struct replay_name_of *name, const uint8_t *bytes, size_t len)
{
    memcpy(name->bytes, bytes, len);
    name->len = len;
}

/* The last one selected before GET PROCESSING OPTIONS is used. The list of names is what the recorded terminal tried.
 */
static void find_application(struct replay_facts *f)
{
    for (size_t i = 0; i < f->session->count && (f->gpo == REPLAY_NONE || i < f->gpo); i++) {
        const struct trace_exchange *x = at(f, i);
        struct capdu c;
        struct tlv name;
        if (f->step[i] != STEP_SELECT || capdu_parse(x->command, x->len, &c) != OK || c.p1 != 0x04 || c.lc < 5 ||
            c.lc > 16)
            continue;
        if (c.p2 == 0 && !is_listed(f, c.data, c.lc) && !answered_before(f, i, &c) && f->listed_count < REPLAY_AIDS)
            set_name(&f->listed[f->listed_count++], c.data, c.lc);
        if (replay_sw(x) != 0x9000)
            continue;
        f->select = i;
        set_name(&f->aid, c.data, c.lc);
        if (replay_find(x, 0x84, &name) && name.len >= 5 && name.len <= 16)
            set_name(&f->aid, name.value, name.len);
        f->label[0] = '\0';
        if (replay_find(x, 0x50, &name) && name.len < sizeof f->label)
            snprintf(f->label, sizeof f->label, "%.*s", (int)name.len, (const char *)name.value);
    }
}

/* -- what the answers bring -- */

static void read_options(struct replay_facts *f)
{
    const struct trace_exchange *x = at(f, f->gpo);
    struct tlv format1, aip, afl;
    if (x->answer_len > 2 && tlv_find(x->answer, x->answer_len - 2, 0x80, &format1) == OK && format1.len > 2) {
        memcpy(f->aip, format1.value, 2);
        f->has_aip = true;
        f->afl = format1.value + 2;
        f->afl_len = format1.len - 2;
        return;
    }
    if (replay_find(x, 0x82, &aip) && aip.len == 2) {
        memcpy(f->aip, aip.value, 2);
        f->has_aip = true;
    }
    if (replay_find(x, 0x94, &afl)) {
        f->afl = afl.value;
        f->afl_len = afl.len;
    }
}

static void read_fixed(const struct trace_exchange *x, uint32_t tag, uint8_t *out, size_t len)
{
    struct tlv t;
    if (replay_find(x, tag, &t) && t.len == len)
        memcpy(out, t.value, len);
}

static void read_list(const struct trace_exchange *x, uint32_t tag, struct replay_dol *dol, size_t i,
                      size_t *at_exchange)
{
    struct tlv t;
    if (dol->list || !replay_find(x, tag, &t))
        return;
    *dol = (struct replay_dol){t.value, t.len, NULL, 0, REPLAY_NONE};
    if (at_exchange)
        *at_exchange = i;
}

bool replay_pan(const struct tlv *object, char pan[20])
{
    *pan = '\0';
    if (!object->len || object->len > 10)
        return false;
    char digits[21];
    bcd_unpack(object->value, 0, 2 * object->len, digits);
    size_t n = strspn(digits, "0123456789"), filler = strspn(digits + n, "F");
    if (n < 8 || n > 19 || digits[n + filler])
        return false;
    snprintf(pan, 20, "%.19s", (digits[n] = '\0', digits));
    return true;
}

static void read_holder(struct replay_facts *f, const struct trace_exchange *x)
{
    struct tlv t;
    struct track2 track;
    if (replay_find(x, 0x5A, &t))
        replay_pan(&t, f->pan);
    if (!f->pan[0] && replay_find(x, 0x57, &t) && track2_from_tag57(t.value, t.len, &track) == OK)
        snprintf(f->pan, sizeof f->pan, "%s", track.pan);
    if (replay_find(x, 0x5F34, &t) && t.len == 1)
        bcd_unpack(t.value, 0, 2, f->psn);
}

static void read_card_data(struct replay_facts *f, size_t i)
{
    const struct trace_exchange *x = at(f, i);
    struct tlv t;
    if (i == f->select)
        read_list(x, 0x9F38, &f->pdol, i, NULL);
    if (f->step[i] != STEP_READ && i != f->gpo)
        return;
    read_list(x, 0x8C, &f->cdol1, i, &f->cdol1_at);
    read_list(x, 0x8D, &f->cdol2, i, &f->cdol2_at);
    read_list(x, 0x9F49, &f->ddol, i, NULL);
    read_holder(f, x);
    read_fixed(x, 0x9F0E, f->iac_denial, 5);
    read_fixed(x, 0x9F0F, f->iac_online, 5);
    read_fixed(x, 0x9F0D, f->iac_default, 5);
    if (replay_find(x, 0x9F08, &t) && t.len == 2) {
        memcpy(f->version, t.value, 2);
        f->has_version = true;
    }
}

/* -- what the commands carried -- */

static void attach_data(struct replay_dol *dol, const struct trace_session *s, size_t i)
{
    struct capdu c;
    struct tlv data;
    dol->at = i;
    if (i == REPLAY_NONE || capdu_parse(s->exchanges[i].command, s->exchanges[i].len, &c) != OK)
        return;
    dol->data = c.data;
    dol->data_len = c.lc;
    if (c.ins == 0xA8 && tlv_find(c.data, c.lc, 0x83, &data) == OK) {
        dol->data = data.value;
        dol->data_len = data.len;
    }
}

bool replay_value_in(const struct replay_dol *d, uint32_t tag, const uint8_t **value, size_t *len)
{
    size_t offset;
    if (!d->list || !d->data || dol_locate(d->list, d->list_len, tag, &offset, len) != OK ||
        offset + *len > d->data_len)
        return false;
    *value = d->data + offset;
    return true;
}

bool replay_value(const struct replay_facts *f, uint32_t tag, const uint8_t **value, size_t *len)
{
    if (replay_value_in(&f->pdol, tag, value, len) || replay_value_in(&f->cdol1, tag, value, len) ||
        replay_value_in(&f->cdol2, tag, value, len))
        return true;
    const struct trace_input *input = trace_input(f->session, tag, "");
    if (!input)
        return false;
    *value = input->value;
    *len = input->len;
    return true;
}

const struct replay_dol *replay_dol_at(const struct replay_facts *f, size_t i)
{
    const struct replay_dol *all[] = {&f->pdol, &f->ddol, &f->cdol1, &f->cdol2};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k]->list && all[k]->at == i)
            return all[k];
    return NULL;
}

/* Format 2 of ISO 9564 in a plaintext VERIFY (Book 3 6.5.12): 2, length, digits, F. */
static void read_pin(struct replay_facts *f, const struct trace_exchange *x)
{
    struct capdu c;
    f->pin_masked |= x->command_mask[5] != 0; /* behind the header */
    if (capdu_parse(x->command, x->len, &c) != OK || c.p2 != 0x80 || c.lc != 8 || c.data[0] >> 4 != 2)
        return;
    size_t digits = c.data[0] & 0x0F;
    if (digits < 4 || digits > 12)
        return;
    bcd_unpack(c.data, 2, digits, f->pin);
    if (strspn(f->pin, "0123456789") != digits)
        f->pin[0] = '\0';
}

bool replay_is_foreign(const struct replay_facts *f)
{
    return f->gpo == REPLAY_NONE && f->first_ac == REPLAY_NONE && f->aid.len == 0 && f->tap == REPLAY_NO_TAP;
}

void replay_facts_read(const struct trace_session *session, struct replay_facts *f)
{
    size_t dda = REPLAY_NONE;
    memset(f, 0, sizeof *f);
    f->session = session;
    f->select = f->gpo = f->first_ac = f->second_ac = f->cdol1_at = f->cdol2_at = REPLAY_NONE;
    f->pdol.at = f->ddol.at = f->cdol1.at = f->cdol2.at = REPLAY_NONE;
    memset(f->iac_online, 0xFF, sizeof f->iac_online); /* what counts where the card has none (Book 3 10.7) */
    memset(f->iac_default, 0xFF, sizeof f->iac_default);
    find_steps(f);
    find_application(f);
    for (size_t i = 0; i < session->count; i++) {
        read_card_data(f, i);
        if (f->step[i] == STEP_INTERNAL_AUTHENTICATE && dda == REPLAY_NONE)
            dda = i;
        if (f->step[i] == STEP_VERIFY)
            read_pin(f, at(f, i));
    }
    if (f->gpo != REPLAY_NONE)
        read_options(f);
    attach_data(&f->pdol, session, f->gpo);
    attach_data(&f->ddol, session, dda);
    attach_data(&f->cdol1, session, f->first_ac);
    attach_data(&f->cdol2, session, f->second_ac);
    replay_host_read(f);
    f->tap = replay_tap_kind(f);
}
