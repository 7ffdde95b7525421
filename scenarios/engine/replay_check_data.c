/*
 * Records against the AFL, command data against PDOL and CDOLs, the data themselves against their formats, and what
 * must be there once the records are read (EMV Book 3 5.4, 7.5, 10.2).
 */
#include "core/codec/dol.h"
#include "core/codec/tag.h"
#include "core/codec/track.h"
#include "scenarios/engine/replay_find.h"

#include <openssl/crypto.h>
#include <string.h>

static const struct trace_exchange *at(const struct replay_facts *f, size_t i)
{
    return &f->session->exchanges[i];
}

/* -- records against the AFL -- */

static bool in_afl(const struct replay_facts *f, uint8_t sfi, uint8_t record)
{
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4)
        if (f->afl[i] >> 3 == sfi && record >= f->afl[i + 1] && record <= f->afl[i + 2])
            return true;
    return false;
}

static bool was_read(const struct replay_facts *f, uint8_t sfi, uint8_t record)
{
    for (size_t i = 0; i < f->session->count; i++) {
        const uint8_t *c = at(f, i)->command;
        if (f->step[i] == STEP_READ && c[3] >> 3 == sfi && c[2] == record)
            return true;
    }
    return false;
}

static void check_reads(const struct replay_facts *f, cJSON *list)
{
    unsigned afl_line = replay_answer_line(at(f, f->gpo));
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = at(f, i);
        uint8_t sfi = x->command[3] >> 3, record = x->command[2];
        if (f->step[i] != STEP_READ || (f->first_ac != REPLAY_NONE && i > f->first_ac))
            continue;
        if (!in_afl(f, sfi, record))
            replay_finding(list, sfi > 10 ? FINDING_REMARK : FINDING_INCONSISTENT, x->line,
                           "SFI %u record %u is read, and the AFL of line %u does not list it", sfi, record, afl_line);
        else if (x->answer_len && replay_sw(x) != 0x9000 && !trace_unfetched(x))
            replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                           "SFI %u record %u of the AFL is answered %04X", sfi, record, replay_sw(x));
    }
}

static void check_afl(const struct replay_facts *f, cJSON *list)
{
    bool complete = f->first_ac != REPLAY_NONE;
    unsigned line = replay_answer_line(at(f, f->gpo));
    bool needed = f->tap != REPLAY_TAP || replay_tap_type(f) == 0x40; /* a tap reads after an offline approval */
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4) {
        const uint8_t *e = f->afl + i;
        if (!e[1] || e[2] < e[1] || e[3] > e[2] - e[1] + 1 || (e[0] & 7) || !(e[0] >> 3) || e[0] >> 3 == 31) {
            replay_finding(list, FINDING_INCONSISTENT, line, "AFL entry %02X%02X%02X%02X is not possible", e[0], e[1],
                           e[2], e[3]);
            continue;
        }
        for (unsigned r = e[1]; r <= e[2]; r++)
            if (needed && !was_read(f, e[0] >> 3, (uint8_t)r))
                replay_finding(list, complete ? FINDING_INCONSISTENT : FINDING_INCOMPLETE, line,
                               "the AFL lists SFI %u record %u, which is never read", e[0] >> 3, r);
    }
}

/* -- what must be there, and only once -- */

static size_t holder_of(const struct replay_facts *f, uint32_t tag, size_t from)
{
    struct tlv t;
    for (size_t i = from; i < f->session->count; i++)
        if ((f->step[i] == STEP_READ || i == f->gpo) && (f->first_ac == REPLAY_NONE || i < f->first_ac) &&
            replay_find(at(f, i), tag, &t))
            return i;
    return REPLAY_NONE;
}

static void check_objects(const struct replay_facts *f, cJSON *list)
{
    static const uint32_t mandatory[] = {0x5A, 0x5F24, 0x8C, 0x8D};
    for (size_t k = 0; k < sizeof mandatory / sizeof *mandatory; k++) {
        size_t first = holder_of(f, mandatory[k], 0);
        size_t again = first == REPLAY_NONE ? first : holder_of(f, mandatory[k], first + 1);
        if (first == REPLAY_NONE)
            replay_finding(list, FINDING_REMARK, replay_line(f, f->first_ac),
                           "GENERATE AC, and no record holds %X, which is mandatory", (unsigned)mandatory[k]);
        else if (again != REPLAY_NONE && (at(f, first)->command[2] != at(f, again)->command[2] ||
                                          at(f, first)->command[3] != at(f, again)->command[3]))
            replay_finding(list, FINDING_REMARK, replay_answer_line(at(f, again)),
                           "%X is there a second time, the first is in line %u", (unsigned)mandatory[k],
                           replay_answer_line(at(f, first)));
    }
}

static void check_pan(const struct replay_facts *f, cJSON *list)
{
    struct tlv t;
    struct track2 track;
    char pan[20] = "";
    size_t of_pan = holder_of(f, 0x5A, 0), of_track = holder_of(f, 0x57, 0);
    if (of_pan != REPLAY_NONE && replay_find(at(f, of_pan), 0x5A, &t) && !replay_pan(&t, pan))
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(at(f, of_pan)), "5A is no PAN");
    if (of_track == REPLAY_NONE || !replay_find(at(f, of_track), 0x57, &t))
        return;
    unsigned line = replay_answer_line(at(f, of_track));
    if (track2_from_tag57(t.value, t.len, &track) != OK)
        replay_finding(list, FINDING_REMARK, line, "57 is no track 2");
    else if (*pan && strcmp(track.pan, pan) != 0)
        replay_finding(list, FINDING_INCONSISTENT, line, "the PAN in 57 is not that in 5A (line %u)",
                       replay_answer_line(at(f, of_pan)));
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(&track, sizeof track);
}

/* -- data against the lists -- */

static bool is_date(const uint8_t *v)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t n;
    if (bcd_value(v, 3, &n) != OK)
        return false;
    unsigned year = (unsigned)(n / 10000), month = (unsigned)(n / 100 % 100), day = (unsigned)(n % 100);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && (month != 2 || day < 29 || year % 4 == 0);
}

static bool is_time(const uint8_t *v)
{
    uint64_t n;
    return bcd_value(v, 3, &n) == OK && n / 10000 < 24 && n / 100 % 100 < 60 && n % 100 < 60;
}

static void check_entry(const struct dol_entry *e, const uint8_t *value, unsigned line, cJSON *list)
{
    const struct tag_info *info = tag_lookup(e->tag);
    char hex[33] = "";
    uint64_t number;
    hex_encode(value, e->len > 16 ? 16 : e->len, hex, sizeof hex);
    if ((e->tag == 0x9A && e->len == 3 && !is_date(value)) || (e->tag == 0x9F21 && e->len == 3 && !is_time(value)))
        replay_finding(list, FINDING_REMARK, line, "%X = %s is no %s", (unsigned)e->tag, hex,
                       e->tag == 0x9A ? "date" : "time");
    else if (info && info->format == TAG_N && info->source == 'T' && e->len <= 9 &&
             bcd_value(value, e->len, &number) != OK)
        replay_finding(list, FINDING_REMARK, line, "%X %s = %s, and digits are expected", (unsigned)e->tag, info->name,
                       hex);
}

static void check_dol(const struct replay_facts *f, const struct replay_dol *d, const char *name, size_t brought_by,
                      cJSON *list)
{
    struct dol_entry e;
    size_t offset = 0, sum = 0;
    int status = OK;
    if (!d->list || d->at == REPLAY_NONE)
        return;
    unsigned list_line = replay_answer_line(at(f, brought_by)), line = replay_line(f, d->at);
    while ((status = dol_next(d->list, d->list_len, &offset, &e)) == OK) {
        if (d->data && sum + e.len <= d->data_len)
            check_entry(&e, d->data + sum, line, list);
        sum += e.len;
    }
    if (status == E_FORMAT)
        replay_finding(list, FINDING_INCONSISTENT, list_line, "%s is malformed", name);
    else if (sum != d->data_len)
        replay_finding(list, FINDING_INCONSISTENT, line, "%zu bytes are sent, %s of line %u asks for %zu", d->data_len,
                       name, list_line, sum);
}

/* What cannot change within a transaction is the same wherever it is asked for. */
static void check_constant(const struct replay_facts *f, cJSON *list)
{
    static const uint32_t constant[] = {0x9F02, 0x9F03, 0x9F1A, 0x5F2A, 0x9A,   0x9C,   0x9F33, 0x9F35,
                                        0x9F40, 0x9F1E, 0x9F15, 0x9F16, 0x9F1C, 0x9F4E, 0x9F01, 0x9F21};
    const struct replay_dol *all[] = {&f->pdol, &f->cdol1, &f->cdol2};
    for (size_t k = 0; k < sizeof constant / sizeof *constant; k++) {
        const uint8_t *first = NULL, *value;
        size_t len = 0, first_len = 0, first_at = 0;
        for (size_t d = 0; d < 3; d++) {
            if (!replay_value_in(all[d], constant[k], &value, &len))
                continue;
            if (first && first_len == len && memcmp(first, value, len) != 0)
                replay_finding(list, FINDING_REMARK, replay_line(f, all[d]->at),
                               "%X is not what it was in line %u of the same transaction", (unsigned)constant[k],
                               replay_line(f, first_at));
            if (!first) {
                first = value;
                first_len = len;
                first_at = all[d]->at;
            }
        }
    }
}

/* An INPUT line and the data that were sent say the same. What a DOL made shorter or longer (Book 3 5.4) is compared as
 * far as it goes. */
static void check_inputs(const struct replay_facts *f, cJSON *list)
{
    const struct replay_dol *all[] = {&f->pdol, &f->cdol1, &f->cdol2};
    static const char *const names[] = {"PDOL", "CDOL1", "CDOL2"};
    for (size_t i = 0; i < f->session->input_count; i++) {
        const struct trace_input *in = &f->session->inputs[i];
        for (size_t d = 0; in->tag && in->tag != 0x9F06 && d < 3; d++) {
            const uint8_t *value;
            size_t len;
            bool other_use = in->use[0] && strcmp(in->use, names[d]) != 0;
            if (other_use || !replay_value_in(all[d], in->tag, &value, &len) || len != in->len ||
                memcmp(value, in->value, len) == 0)
                continue;
            replay_finding(list, FINDING_INCONSISTENT, in->line, "INPUT %X is not what was sent for %s in line %u",
                           (unsigned)in->tag, names[d], replay_line(f, all[d]->at));
            break;
        }
    }
}

static void check_options_data(const struct replay_facts *f, cJSON *list)
{
    const struct trace_exchange *x = at(f, f->gpo);
    struct capdu c;
    struct tlv data;
    size_t offset = 0;
    if (capdu_parse(x->command, x->len, &c) != OK || tlv_next(c.data, c.lc, &offset, &data) != OK || data.tag != 0x83 ||
        offset != c.lc)
        replay_finding(list, FINDING_INCONSISTENT, x->line,
                       "the data of GET PROCESSING OPTIONS are not one object 83 of right length");
    else if (!f->pdol.list && data.len && f->select != REPLAY_NONE)
        replay_finding(list, FINDING_INCONSISTENT, x->line,
                       "%zu bytes are sent, and the application of line %u asks for none (no PDOL)", data.len,
                       replay_line(f, f->select));
}

void replay_check_data(const struct replay_facts *f, cJSON *list)
{
    if (f->gpo != REPLAY_NONE) {
        check_options_data(f, list);
        if (f->afl) {
            check_reads(f, list);
            check_afl(f, list);
        }
    }
    if (f->gpo != REPLAY_NONE && f->first_ac != REPLAY_NONE)
        check_objects(f, list);
    check_pan(f, list);
    check_dol(f, &f->pdol, "the PDOL", f->select, list);
    check_dol(f, &f->cdol1, "CDOL1", f->cdol1_at, list);
    check_dol(f, &f->cdol2, "CDOL2", f->cdol2_at, list);
    check_constant(f, list);
    check_inputs(f, list);
}
