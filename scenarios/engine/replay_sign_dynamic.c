/*
 * What a card signed in this session: DDA (EMV Book 2 section 6.5), CDA at either GENERATE AC (6.6), and the fast DDA
 * of contactless cards, which is signed along with the answer to GET PROCESSING OPTIONS. Called by replay_sign.c.
 */
#include "core/codec/dol.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PARTS_MAX 12

static const struct sign_kind dynamic_kind = {"\x05", 25, 2, 4}, fast_kind = {"\x05\x95", 25, 2, 4};

static const struct trace_exchange *at(const struct sign *s, size_t i)
{
    return &s->f->session->exchanges[i];
}

static bool has_key(struct sign *s, const char *group, unsigned line)
{
    if (!s->icc.len)
        sign_row(s, group, "ICC key", SIGN_OPEN, line, "the card's key is not known: see the ICC certificate");
    return s->icc.len != 0;
}

/* Frame and hash of signed dynamic application data. */
static bool open_dynamic(struct sign *s, const char *group, const struct sign_bytes *signature,
                         const struct sign_kind *kind, const struct sign_bytes *parts, size_t count, const char *gap,
                         struct sign_block *block)
{
    return has_key(s, group, signature->line) &&
           sign_verify(s, group, kind, signature, &s->icc, parts, count, gap, block);
}

/* The length of the dynamic data, which follow it. SM2 names no hash before it. */
static const uint8_t *length_in(const struct sign *s, const struct sign_block *block)
{
    return block->bytes + (s->icc.sm2 ? 2 : 3);
}

/* Length of the ICC dynamic data, and the dynamic number in it. */
static bool check_number(struct sign *s, const char *group, const struct sign_block *block, unsigned line)
{
    const uint8_t *length = length_in(s, block);
    size_t ldd = length[0], number = length[1], frame = s->icc.sm2 ? 3 : dynamic_kind.least;
    return sign_test(s, group, "dynamic data", ldd + frame <= block->len && ldd > number && number >= 2 && number <= 8,
                     0, line, "%zu bytes with a dynamic number of %zu do not fit into %zu", ldd, number, block->len);
}

/* -- DDA -- */

static void check_ddol(struct sign *s)
{
    struct sign_bytes list;
    struct dol_entry e;
    size_t offset = 0;
    bool found = false;
    if (!sign_object(s, 0x9F49, &list)) {
        sign_row(s, "DDA", "DDOL", SIGN_NONE, 0, "the card has none: it was the terminal's");
        return;
    }
    while (dol_next(list.bytes, list.len, &offset, &e) == OK)
        found |= e.tag == 0x9F37;
    sign_test(s, "DDA", "DDOL", found, 0, list.line, "9F37 is not in it");
}

/* Format 80: the signature alone; 77: in 9F4B. */
static bool dda_answer(struct sign *s, size_t i, struct sign_bytes *out)
{
    const struct trace_exchange *x = at(s, i);
    struct tlv t;
    size_t end = 0, len = x->answer_len - 2;
    if (tlv_next(x->answer, len, &end, &t) == OK && t.tag == 0x80 && end == len) {
        *out = (struct sign_bytes){t.value, x->answer_mask + (t.value - x->answer), t.len, replay_answer_line(x)};
        return true;
    }
    return sign_answer_object(s, i, 0x9F4B, out);
}

static void dda(struct sign *s, size_t i)
{
    const struct trace_exchange *x = at(s, i);
    struct sign_bytes signature, data;
    struct sign_block block;
    unsigned line = replay_answer_line(x);
    if (!x->answer_len || trace_unfetched(x)) {
        sign_row(s, "DDA", "answer", SIGN_OPEN, x->line, "it is not recorded");
        return;
    }
    if (replay_sw(x) != 0x9000) {
        sign_row(s, "DDA", "answer", SIGN_NONE, line, "INTERNAL AUTHENTICATE is answered %04X", replay_sw(x));
        return;
    }
    if (!sign_test(s, "DDA", "answer", x->answer_len > 2 && dda_answer(s, i, &signature), 0, line,
                   "it holds no signature (80, or 9F4B in 77)"))
        return;
    check_ddol(s);
    sign_command_data(s, i, &data);
    if (open_dynamic(s, "DDA", &signature, &dynamic_kind, &data, 1, "", &block))
        check_number(s, "DDA", &block, line);
}

/* -- CDA -- */

/* The answer's objects but 9F4B, as they stand. False: the answer is no template 77 of well-formed objects. */
static bool response_parts(const struct trace_exchange *x, struct sign_bytes *parts, size_t *count)
{
    struct tlv whole, t;
    size_t end = 0, offset = 0, from = 0, len = x->answer_len - 2;
    int status;
    if (tlv_next(x->answer, len, &end, &whole) != OK || whole.tag != 0x77 || end != len)
        return false;
    for (; (status = tlv_next(whole.value, whole.len, &offset, &t)) == OK; from = offset) {
        const uint8_t *bytes = whole.value + from;
        if (t.tag == 0x9F4B)
            continue;
        if (*count == PARTS_MAX)
            return false;
        parts[(*count)++] =
            (struct sign_bytes){bytes, x->answer_mask + (bytes - x->answer), offset - from, replay_answer_line(x)};
    }
    return status == E_NOTFOUND;
}

/* The number that was drawn for this command: of its own list, else of an earlier one. */
static bool find_number(const struct sign *s, bool second, struct sign_bytes *out)
{
    return (second && sign_dol_value(s, &s->f->cdol2, 0x9F37, out)) || sign_dol_value(s, &s->f->cdol1, 0x9F37, out) ||
           sign_dol_value(s, &s->f->pdol, 0x9F37, out);
}

/* Number, CID, cryptogram, hash of the transaction's data (Book 2 table 18). */
static void check_combined(struct sign *s, const char *group, const struct sign_block *block,
                           const struct sign_bytes *parts, size_t count, const char *gap, const struct sign_bytes *cid,
                           bool second)
{
    const uint8_t *length = length_in(s, block), *data = length + 2 + length[1];
    uint8_t is[EVP_MAX_MD_SIZE];
    size_t hash_len = s->icc.sm2 ? SIGN_SM3 : SIGN_HASH;
    unsigned masked = sign_masked(parts, count), line = cid->line;
    if (!sign_test(s, group, "combined data", length[0] >= 1 + length[1] + 1 + 8 + hash_len, 0, line,
                   "%u bytes are too few for CID, cryptogram and hash", length[0]))
        return;
    memcpy(s->signed_ac[second], data + 1, sizeof s->signed_ac[second]);
    s->has_signed_ac[second] = true;
    bool ok = sign_digest(&s->icc, parts, count, is) == hash_len && memcmp(is, data + 9, hash_len) == 0;
    if (!ok && *gap)
        sign_row(s, group, "transaction data hash", SIGN_OPEN, line, "%s", gap);
    else
        sign_test(s, group, "transaction data hash", ok, masked, line,
                  "the hash in the signature is not that of PDOL and CDOL data and the answer's objects as recorded");
    sign_test(s, group, "CID", cid->len == 1 && cid->bytes[0] == data[0], sign_masked(cid, 1), line,
              "9F27 is %02X, %02X is signed", cid->len ? cid->bytes[0] : 0, data[0]);
}

static void cda(struct sign *s, const char *group, size_t i, bool second)
{
    const struct trace_exchange *x = at(s, i);
    struct sign_bytes parts[3 + PARTS_MAX], number = {NULL, NULL, 0, 0}, cid = {NULL, NULL, 0, 0}, signature;
    struct sign_block block;
    const char *gap = "";
    size_t count = 0;
    if (s->f->gpo == REPLAY_NONE)
        gap = "GET PROCESSING OPTIONS is not recorded: what was sent for the PDOL is not known";
    else if (s->f->pdol.data && s->f->pdol.data_len)
        parts[count++] = (struct sign_bytes){
            s->f->pdol.data, at(s, s->f->gpo)->command_mask + (s->f->pdol.data - at(s, s->f->gpo)->command),
            s->f->pdol.data_len, at(s, s->f->gpo)->line};
    sign_command_data(s, s->f->first_ac, &parts[count++]);
    if (second)
        sign_command_data(s, i, &parts[count++]);
    sign_answer_object(s, i, 0x9F4B, &signature);
    size_t own = 0;
    if (!sign_test(s, group, "answer", response_parts(x, parts + count, &own) && sign_answer_object(s, i, 0x9F27, &cid),
                   0, replay_answer_line(x), "it is no template 77 with 9F27 and 9F4B"))
        return;
    bool known = find_number(s, second, &number);
    if (open_dynamic(s, group, &signature, &dynamic_kind, &number, known,
                     known ? ""
                           : "the unpredictable number (9F37) is in "
                             "no recorded list",
                     &block) &&
        check_number(s, group, &block, signature.line))
        check_combined(s, group, &block, parts, count + own, gap, &cid, second);
}

/* Signed, or asked for and not given. An AAC is never signed. */
static bool combined(struct sign *s, const char *group, size_t i, bool second)
{
    struct sign_bytes signature;
    struct replay_ac ac;
    if (i == REPLAY_NONE)
        return false;
    const struct trace_exchange *x = at(s, i);
    if (sign_answer_object(s, i, 0x9F4B, &signature)) {
        cda(s, group, i, second);
        return true;
    }
    bool asked = x->command[2] & 0x10;
    if (!asked || !x->answer_len || trace_unfetched(x) || replay_sw(x) != 0x9000)
        return asked;
    bool parsed = replay_ac_read(x, &ac), denied = parsed && (ac.cid & 0xC0) == 0;
    if (denied || !(s->f->aip[0] & 0x01))
        sign_row(s, group, "answer", SIGN_NONE, replay_answer_line(x),
                 denied ? "asked for, and an AAC is not signed" : "asked for, and the AIP does not offer it");
    else
        sign_test(s, group, "answer", false, 0, replay_answer_line(x), "asked for (P1 %02X), and it holds no 9F4B",
                  x->command[2]);
    return true;
}

/* -- fast DDA -- */

/* Nothing protects 9F6C but its copy in what is signed (version, the card's number, copy). */
static void check_qualifiers(struct sign *s, const struct sign_bytes *related)
{
    struct sign_bytes ctq;
    if (!sign_object(s, 0x9F6C, &ctq) || related->len < 7)
        return;
    const struct sign_bytes both[] = {ctq, *related};
    sign_test(s, "fast DDA", "qualifiers", ctq.len == 2 && memcmp(related->bytes + 5, ctq.bytes, 2) == 0,
              sign_masked(both, 2), ctq.line, "9F6C is not the one that the card signed in 9F69");
}

/* Version 01 signs amount, currency and 9F69 along with the number; version 00 the number alone. */
static void fast(struct sign *s, const struct sign_bytes *signature)
{
    static const uint32_t tags[] = {0x9F37, 0x9F02, 0x5F2A};
    struct sign_bytes parts[4], related;
    struct sign_block block;
    size_t count = 0;
    const char *gap = "";
    bool whole = sign_object(s, 0x9F69, &related) && related.len && related.bytes[0] == 0x01;
    for (size_t i = 0; i < (whole ? 3u : 1u); i++)
        if (sign_dol_value(s, &s->f->pdol, tags[i], &parts[count]))
            count++;
        else
            gap = "number, amount or currency (9F37, 9F02, 5F2A) are not in the recorded PDOL";
    if (whole)
        parts[count++] = related;
    if (open_dynamic(s, "fast DDA", signature, &fast_kind, parts, count, gap, &block))
        check_number(s, "fast DDA", &block, signature->line);
    if (whole)
        check_qualifiers(s, &related);
}

void sign_dynamic(struct sign *s)
{
    struct sign_bytes signature;
    bool any = false;
    for (size_t i = 0; i < s->f->session->count; i++)
        if (s->f->step[i] == STEP_INTERNAL_AUTHENTICATE && s->f->gpo != REPLAY_NONE && i > s->f->gpo) {
            dda(s, i);
            any = true;
        }
    any |= combined(s, "CDA (first GENERATE AC)", s->f->first_ac, false);
    any |= combined(s, "CDA (second GENERATE AC)", s->f->second_ac, true);
    if (!any && sign_object(s, 0x9F4B, &signature)) {
        fast(s, &signature);
        any = true;
    }
    if (!any && s->f->has_aip && (s->f->aip[0] & 0x21))
        sign_row(s, "dynamic data", "answer", SIGN_NONE, 0, "the card can sign, and was not asked to");
}
