/*
 * What the issuer's host must have answered, read back from what the terminal then sent to the card: 8A from CDOL2, 91
 * from EXTERNAL AUTHENTICATE or CDOL2, the issuer's commands as scripts 71 before and 72 behind the second GENERATE AC.
 * Also the cryptograms that the card gave.
 */
#include "scenarios/engine/replay.h"

#include <stdio.h>
#include <string.h>

#define CVR_AT 3 /* in 9F10: length, key index, version, CVR */

/* -- the host -- */

static void read_code(struct replay_facts *f)
{
    const uint8_t *value;
    size_t len;
    if (!replay_value_in(&f->cdol2, 0x8A, &value, &len) || len != 2)
        return;
    for (size_t i = 0; i < 2; i++)
        if (value[i] <= 0x20 || value[i] > 0x7E)
            return;
    snprintf(f->arc, sizeof f->arc, "%.2s", (const char *)value);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            return false;
    return true;
}

static void read_authentication(const struct replay_facts *f, struct tlv_out *out)
{
    const uint8_t *value;
    size_t len;
    for (size_t i = 0; i < f->session->count; i++) {
        struct capdu c;
        const struct trace_exchange *x = &f->session->exchanges[i];
        if (f->step[i] != STEP_EXTERNAL_AUTHENTICATE || capdu_parse(x->command, x->len, &c) != OK)
            continue;
        tlv_put(out, 0x91, c.data, c.lc);
        return;
    }
    /* Zeros are what a DOL holds for an object that was not there. */
    if (replay_value_in(&f->cdol2, 0x91, &value, &len) && !all_zero(value, len))
        tlv_put(out, 0x91, value, len);
}

/* Each command is a script of its own: one that fails must not keep the next from being sent. */
static void read_scripts(struct replay_facts *f, struct tlv_out *out)
{
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        size_t mark = out->len;
        if (f->step[i] != STEP_SCRIPT)
            continue;
        tlv_put(out, 0x86, x->command, x->len);
        tlv_wrap(out, mark, f->second_ac != REPLAY_NONE && i > f->second_ac ? 0x72 : 0x71);
        if (out->status == OK)
            continue;
        out->status = OK;
        out->len = mark;
        if (!f->no_room_line)
            f->no_room_line = x->line;
    }
}

void replay_host_read(struct replay_facts *f)
{
    struct tlv_out out;
    read_code(f);
    tlv_out_init(&out, f->field55, sizeof f->field55);
    read_authentication(f, &out);
    read_scripts(f, &out);
    f->field55_len = out.status == OK ? out.len : 0;
}

bool replay_unable_online(const struct replay_facts *f)
{
    return strcmp(f->arc, "Y3") == 0 || strcmp(f->arc, "Z3") == 0;
}

/* -- the card's cryptograms -- */

bool replay_cvr_type(const struct trace_exchange *x, uint8_t *type)
{
    static const uint8_t types[] = {0x00, 0x40, 0x80};
    struct tlv iad;
    if (!replay_find(x, 0x9F10, &iad) || iad.len < CVR_AT + 4 || iad.value[CVR_AT] < 3)
        return false;
    unsigned code = iad.value[CVR_AT + 1] >> 4 & 3;
    if (code >= sizeof types)
        return false;
    *type = types[code];
    return true;
}

bool replay_ac_read(const struct trace_exchange *x, struct replay_ac *out)
{
    struct tlv body, cid, atc, ac;
    if (x->answer_len <= 2)
        return false;
    if (tlv_find(x->answer, x->answer_len - 2, 0x80, &body) == OK && x->command[1] == 0xAE) {
        if (body.len < 11)
            return false;
        *out = (struct replay_ac){body.value[0], {body.value[1], body.value[2]}, true, true, body.value + 3};
        return true;
    }
    if (!replay_find(x, 0x9F36, &atc) || atc.len != 2)
        return false;
    bool has_ac = replay_find(x, 0x9F26, &ac) && ac.len == 8;
    bool has_cid = replay_find(x, 0x9F27, &cid) && cid.len == 1;
    if (!has_cid && !has_ac)
        return false;
    uint8_t type = 0x80;
    bool has_type = replay_cvr_type(x, &type) || has_cid;
    *out = (struct replay_ac){
        has_cid ? cid.value[0] : type, {atc.value[0], atc.value[1]}, has_cid, has_type, has_ac ? ac.value : NULL};
    return true;
}

const char *replay_ac_name(uint8_t type)
{
    static const char *const names[] = {"AAC", "TC", "ARQC", "RFU"};
    return names[type >> 6];
}

unsigned replay_ac_rank(uint8_t type)
{
    static const uint8_t ranks[] = {0, 2, 1, 3};
    return ranks[type >> 6];
}
