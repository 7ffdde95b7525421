/*
 * The cryptograms of a recording: what was asked and given, in which order, with which ATC, and whether the TVR that
 * followed agrees with the issuer authentication and the scripts between them (EMV Book 3 9.3, 10.8 to 10.11).
 */
#include "scenarios/engine/replay_find.h"

#include <string.h>

static const struct trace_exchange *at(const struct replay_facts *f, size_t i)
{
    return &f->session->exchanges[i];
}

/* One GENERATE AC by itself. False: there is no cryptogram to go on with. */
static bool check_one(const struct replay_facts *f, size_t i, const struct replay_dol *cdol, const char *name,
                      struct replay_ac *ac, cJSON *list)
{
    const struct trace_exchange *x = at(f, i);
    if (!cdol->list)
        replay_finding(list, FINDING_INCONSISTENT, x->line, "GENERATE AC without a %s in any record", name);
    if (!x->answer_len || trace_unfetched(x))
        return false;
    if (replay_sw(x) != 0x9000) {
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x), "GENERATE AC is answered %04X", replay_sw(x));
        return false;
    }
    if (!replay_ac_read(x, ac)) {
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "the answer to GENERATE AC holds no cryptogram (format 80: at least 11 bytes; format 77: 9F27, "
                       "9F36, and 9F26 or 9F4B)");
        return false;
    }
    if (replay_ac_rank(ac->cid) > replay_ac_rank(x->command[2]))
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "the card gives %s (CID %02X), line %u asks for %s", replay_ac_name(ac->cid), ac->cid, x->line,
                       replay_ac_name(x->command[2]));
    return true;
}

static void check_second(const struct replay_facts *f, const struct replay_ac *first, cJSON *list)
{
    struct replay_ac second;
    const struct trace_exchange *y = at(f, f->second_ac), *x = at(f, f->first_ac);
    if (!check_one(f, f->second_ac, &f->cdol2, "CDOL2", &second, list))
        return;
    if (replay_ac_rank(second.cid) == 1)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(y),
                       "the second GENERATE AC is answered with an ARQC (CID %02X)", second.cid);
    if (first && memcmp(first->atc, second.atc, 2) != 0)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(y),
                       "the ATC of the second GENERATE AC is not that of the first (line %u)", replay_answer_line(x));
}

/* Does the TVR sent with the second GENERATE AC know what happened before it? */
static void check_consequences(const struct replay_facts *f, cJSON *list)
{
    const uint8_t *tvr;
    size_t len;
    if (!replay_value_in(&f->cdol2, 0x95, &tvr, &len) || len != 5)
        return;
    for (size_t i = 0; i < f->second_ac; i++) {
        const struct trace_exchange *x = at(f, i);
        bool auth = f->step[i] == STEP_EXTERNAL_AUTHENTICATE, script = f->step[i] == STEP_SCRIPT;
        uint8_t bit = auth ? 0x40 : 0x20, sw1 = (uint8_t)(replay_sw(x) >> 8);
        bool failed = auth ? replay_sw(x) != 0x9000 : sw1 != 0x90 && sw1 != 0x62 && sw1 != 0x63;
        if (!x->answer_len || !(auth || script))
            continue;
        if (failed && !(tvr[4] & bit))
            replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                           "%s is answered %04X, and the TVR of line %u does not say so",
                           auth ? "EXTERNAL AUTHENTICATE" : "the issuer's command", replay_sw(x),
                           replay_line(f, f->second_ac));
        else if (auth && !failed && (tvr[4] & bit))
            replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                           "EXTERNAL AUTHENTICATE succeeds, and the TVR of line %u says that it failed",
                           replay_line(f, f->second_ac));
    }
}

/* A counter read between GET PROCESSING OPTIONS and the cryptogram is that of the cryptogram on most cards. */
static void check_counter(const struct replay_facts *f, const struct replay_ac *ac, cJSON *list)
{
    struct tlv atc;
    for (size_t i = 0; i < f->session->count; i++)
        if (f->step[i] == STEP_GET_DATA && f->gpo != REPLAY_NONE && i > f->gpo && i < f->first_ac &&
            replay_find(at(f, i), 0x9F36, &atc) && (atc.len != 2 || memcmp(atc.value, ac->atc, 2) != 0))
            replay_finding(list, FINDING_REMARK, replay_answer_line(at(f, i)),
                           "the ATC read here is not that of the cryptogram (line %u)",
                           replay_answer_line(at(f, f->first_ac)));
}

static void check_end(const struct replay_facts *f, const struct replay_ac *ac, cJSON *list)
{
    const struct trace_exchange *x = at(f, f->first_ac);
    if (f->second_ac == REPLAY_NONE) {
        if (replay_ac_rank(ac->cid) == 1)
            replay_finding(list, FINDING_INCOMPLETE, x->line,
                           "the card asks to go online, and no second GENERATE AC is recorded");
        return;
    }
    if (replay_ac_rank(ac->cid) != 1)
        replay_finding(list, FINDING_INCONSISTENT, replay_line(f, f->second_ac),
                       "a second GENERATE AC, and the first was answered with %s (CID %02X, line %u)",
                       replay_ac_name(ac->cid), ac->cid, replay_answer_line(x));
}

/* -- taps -- */

/* The cryptogram that came with the answer to GET PROCESSING OPTIONS. */
static void check_tap(const struct replay_facts *f, const struct replay_ac *ac, cJSON *list)
{
    const uint8_t *ttq;
    size_t len;
    uint8_t type;
    unsigned line = replay_answer_line(at(f, f->gpo));
    bool by_cvr = replay_cvr_type(at(f, f->gpo), &type);
    if (!ac->has_type)
        replay_finding(list, FINDING_REMARK, line, "no 9F27, and 9F10 tells no type of cryptogram");
    else if (ac->has_cid && by_cvr && type != (ac->cid & 0xC0))
        replay_finding(list, FINDING_INCONSISTENT, line, "CID %02X says %s, the CVR in 9F10 says %s", ac->cid,
                       replay_ac_name(ac->cid), replay_ac_name(type));
    if (replay_tap_type(f) == 0x40 && replay_value_in(&f->pdol, 0x9F66, &ttq, &len) && len == 4 && (ttq[1] & 0x80))
        replay_finding(list, FINDING_INCONSISTENT, line,
                       "the card gives a TC, and 9F66 in line %u asks for an online cryptogram",
                       replay_line(f, f->gpo));
}

/* A tap without a cryptogram: torn, or the card wanted another interface. */
static void check_unpaid(const struct replay_facts *f, cJSON *list)
{
    const struct trace_exchange *x = at(f, f->session->count - 1);
    bool told =
        x->answer_len == 2 ? replay_sw(x) != 0x9000 : x->answer_len && f->step[f->session->count - 1] == STEP_GPO;
    replay_finding(list, told ? FINDING_REMARK : FINDING_INCOMPLETE, replay_answer_line(x),
                   "the tap ends without a cryptogram (%s)",
                   !x->answer_len ? "torn"
                   : told         ? "the card gives none"
                                  : "nobody asked for one");
}

void replay_check_cryptograms(const struct replay_facts *f, cJSON *list)
{
    struct replay_ac first;
    bool paid = f->gpo != REPLAY_NONE && replay_ac_read(at(f, f->gpo), &first); /* contactless: no GENERATE AC */
    if (f->first_ac == REPLAY_NONE) {
        if (paid)
            check_tap(f, &first, list);
        else if (f->tap == REPLAY_TAP || (f->tap == REPLAY_TAP_OTHER && f->gpo == REPLAY_NONE))
            check_unpaid(f, list);
        else if (f->session->count)
            replay_finding(list, FINDING_INCOMPLETE, replay_line(f, f->session->count - 1),
                           replay_is_foreign(f) ? "no application is selected and no GENERATE AC: no payment session"
                                                : "the session ends before GENERATE AC");
        return;
    }
    bool good = check_one(f, f->first_ac, &f->cdol1, "CDOL1", &first, list);
    if (good) {
        check_counter(f, &first, list);
        check_end(f, &first, list);
    }
    if (f->second_ac != REPLAY_NONE) {
        check_second(f, good ? &first : NULL, list);
        check_consequences(f, list);
    }
}
