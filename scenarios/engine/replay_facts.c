/* What a recorded session tells: its steps, DOLs and their data, and the host's answer read back from the commands. */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <stdio.h>
#include <string.h>

static const char pse[] = "1PAY.SYS.DDF01", ppse[] = "2PAY.SYS.DDF01";

uint16_t replay_sw(const struct trace_exchange *x)
{
    return rapdu_sw(x->answer, x->answer_len);
}

/* -- which step a command is -- */

static enum replay_step step_of(const struct replay_facts *f, size_t i, const struct capdu *c)
{
    static const struct {
        uint8_t cla, ins;
        enum replay_step step;
    } table[] = {
        {0x80, 0xA8, STEP_GPO},           {0x80, 0xCA, STEP_GET_DATA}, {0x00, 0x88, STEP_INTERNAL_AUTHENTICATE},
        {0x00, 0x84, STEP_GET_CHALLENGE}, {0x00, 0x20, STEP_VERIFY},   {0x00, 0x82, STEP_EXTERNAL_AUTHENTICATE},
    };
    if (c->ins == 0xA4 && c->lc == sizeof pse - 1 && memcmp(c->data, pse, c->lc) == 0)
        return STEP_SELECT_PSE;
    if (c->ins == 0xA4 && c->lc == sizeof ppse - 1 && memcmp(c->data, ppse, c->lc) == 0)
        return STEP_SELECT_PPSE;
    if (c->ins == 0xA4)
        return STEP_SELECT;
    if (c->ins == 0xB2)
        return f->gpo == REPLAY_NONE || i < f->gpo ? STEP_READ_DIRECTORY : STEP_READ;
    if (c->ins == 0xAE)
        return f->first_ac == REPLAY_NONE || i == f->first_ac ? STEP_GENERATE_AC_1 : STEP_GENERATE_AC_2;
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (table[k].ins == c->ins && table[k].cla == c->cla)
            return table[k].step;
    return (c->cla & 0x84) == 0x84 ? STEP_SCRIPT : STEP_OTHER;
}

static void note_step(struct replay_facts *f, size_t i, const struct capdu *c)
{
    const struct trace_exchange *x = &f->session->exchanges[i];
    enum replay_step step = step_of(f, i, c);
    f->step[i] = step;
    if (step == STEP_SELECT_PPSE)
        f->contactless = true;
    if (step == STEP_SELECT && c->lc >= 5 && c->lc <= 16 && replay_sw(x) == 0x9000) {
        memcpy(f->aid, c->data, c->lc);
        f->aid_len = c->lc;
        f->select = i;
    }
    if (step == STEP_GPO && f->gpo == REPLAY_NONE)
        f->gpo = i;
    if (step == STEP_GENERATE_AC_1 && f->first_ac == REPLAY_NONE)
        f->first_ac = i;
    if (step == STEP_GENERATE_AC_2)
        f->second_ac = i;
}

/* -- what the answers bring -- */

static bool find_in(const struct trace_exchange *x, uint32_t tag, struct tlv *out)
{
    return x->answer_len > 2 && tlv_find_deep(x->answer, x->answer_len - 2, tag, out) == OK;
}

static void read_options(struct replay_facts *f)
{
    const struct trace_exchange *x = &f->session->exchanges[f->gpo];
    struct tlv format1, aip, afl;
    f->afl_at = f->gpo;
    if (x->answer_len > 2 && tlv_find(x->answer, x->answer_len - 2, 0x80, &format1) == OK && format1.len > 2) {
        memcpy(f->aip, format1.value, 2);
        f->afl = format1.value + 2;
        f->afl_len = format1.len - 2;
        return;
    }
    if (find_in(x, 0x82, &aip) && aip.len == 2)
        memcpy(f->aip, aip.value, 2);
    if (find_in(x, 0x94, &afl)) {
        f->afl = afl.value;
        f->afl_len = afl.len;
    }
}

static void read_card_data(struct replay_facts *f, size_t i)
{
    const struct trace_exchange *x = &f->session->exchanges[i];
    struct tlv t;
    if (f->step[i] == STEP_SELECT && find_in(x, 0x9F38, &t))
        f->pdol = (struct replay_dol){t.value, t.len, NULL, 0, i};
    if (find_in(x, 0x8C, &t)) {
        f->cdol1 = (struct replay_dol){t.value, t.len, NULL, 0, REPLAY_NONE};
        f->cdol_at = i;
    }
    if (find_in(x, 0x8D, &t))
        f->cdol2 = (struct replay_dol){t.value, t.len, NULL, 0, REPLAY_NONE};
    if (find_in(x, 0x5A, &t) && t.len <= 10) {
        bcd_unpack(t.value, 0, 2 * t.len, f->pan);
        f->pan[strspn(f->pan, "0123456789")] = '\0';
    }
    if (find_in(x, 0x57, &t)) {
        struct track2 track;
        if (!f->pan[0] && track2_from_tag57(t.value, t.len, &track) == OK)
            snprintf(f->pan, sizeof f->pan, "%s", track.pan);
    }
    if (find_in(x, 0x9F08, &t) && t.len == 2) {
        memcpy(f->version, t.value, 2);
        f->has_version = true;
    }
    if (find_in(x, 0x5F34, &t) && t.len == 1)
        bcd_unpack(t.value, 0, 2, f->psn);
}

/* -- what the commands carried -- */

static void attach_data(struct replay_dol *dol, const struct trace_session *s, size_t at, bool gpo)
{
    struct capdu c;
    struct tlv data;
    dol->at = at;
    if (at == REPLAY_NONE || capdu_parse(s->exchanges[at].command, s->exchanges[at].len, &c) != OK)
        return;
    dol->data = c.data;
    dol->data_len = c.lc;
    if (gpo && tlv_find(c.data, c.lc, 0x83, &data) == OK) {
        dol->data = data.value;
        dol->data_len = data.len;
    }
}

static bool value_in(const struct replay_dol *d, uint32_t tag, const uint8_t **value, size_t *len)
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
    return value_in(&f->pdol, tag, value, len) || value_in(&f->cdol1, tag, value, len) ||
           value_in(&f->cdol2, tag, value, len);
}

/* DE55 of the answer as the host must have sent it: 91 from EXTERNAL AUTHENTICATE or CDOL2, scripts as 71 before and 72
 * after the second GENERATE AC. */
static void read_host_answer(struct replay_facts *f)
{
    const uint8_t *value;
    size_t len, mark;
    struct tlv_out out;
    bool have91 = false;
    if (value_in(&f->cdol2, 0x8A, &value, &len) && len == 2)
        snprintf(f->arc, sizeof f->arc, "%.2s", (const char *)value);
    tlv_out_init(&out, f->field55, sizeof f->field55);
    for (size_t i = 0; i < f->session->count; i++) {
        struct capdu c;
        const struct trace_exchange *x = &f->session->exchanges[i];
        if (f->step[i] == STEP_EXTERNAL_AUTHENTICATE && capdu_parse(x->command, x->len, &c) == OK && !have91) {
            tlv_put(&out, 0x91, c.data, c.lc);
            have91 = true;
        }
    }
    if (!have91 && value_in(&f->cdol2, 0x91, &value, &len))
        tlv_put(&out, 0x91, value, len);
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        if (f->step[i] != STEP_SCRIPT)
            continue;
        mark = out.len;
        tlv_put(&out, 0x86, x->command, x->len);
        tlv_wrap(&out, mark, f->second_ac != REPLAY_NONE && i > f->second_ac ? 0x72 : 0x71);
    }
    f->field55_len = out.status == OK ? out.len : 0;
}

void replay_facts_read(const struct trace_session *session, struct replay_facts *f)
{
    memset(f, 0, sizeof *f);
    f->session = session;
    f->select = f->gpo = f->first_ac = f->second_ac = f->cdol_at = f->afl_at = REPLAY_NONE;
    for (size_t i = 0; i < session->count; i++) {
        struct capdu c;
        f->step[i] = STEP_OTHER;
        if (capdu_parse(session->exchanges[i].command, session->exchanges[i].len, &c) == OK)
            note_step(f, i, &c);
        read_card_data(f, i);
    }
    if (f->gpo != REPLAY_NONE)
        read_options(f);
    attach_data(&f->pdol, session, f->gpo, true);
    attach_data(&f->cdol1, session, f->first_ac, false);
    attach_data(&f->cdol2, session, f->second_ac, false);
    read_host_answer(f);
}
