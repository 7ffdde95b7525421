/*
 * Recorded cryptograms by value, when the issuer's key is given (EMV Book 2 section 8; JR/T 0025.7;
 * DOMAIN 3.6 to 3.8): each cryptogram over the recorded command data, the issuer's answer to the first one, and the
 * MACs of its scripts. Called by replay_sign.c.
 */
#include "core/codec/cryptogram.h"
#include "core/codec/hex.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define PSN_NONE "00"
#define FORMAT_80_HEAD 11 /* CID, ATC, cryptogram */

struct session_keys {
    enum ac_scheme scheme;
    uint8_t atc[2], ac[8]; /* of the first cryptogram */
    uint8_t sk[16];
    bool known;
};

static const struct trace_exchange *at(const struct sign *s, size_t i)
{
    return &s->f->session->exchanges[i];
}

static bool issuer_application_data(const struct sign *s, size_t i, struct sign_bytes *out)
{
    const struct trace_exchange *x = at(s, i);
    struct tlv t;
    if (sign_answer_object(s, i, 0x9F10, out))
        return true;
    if (!replay_find(x, 0x80, &t) || t.len <= FORMAT_80_HEAD)
        return false;
    const uint8_t *iad = t.value + FORMAT_80_HEAD;
    *out = (struct sign_bytes){iad, x->answer_mask + (iad - x->answer), t.len - FORMAT_80_HEAD, replay_answer_line(x)};
    return true;
}

static bool find_scheme(const struct sign *s, const struct sign_bytes *iad, enum ac_scheme *out)
{
    const struct replay_issuer *issuer = &s->keys->issuer;
    bool pboc = s->f->aid.len >= 5 && memcmp(s->f->aid.bytes, "\xA0\x00\x00\x03\x33", 5) == 0;
    *out = (enum ac_scheme)issuer->scheme;
    return issuer->has_scheme || ac_scheme_of(iad->bytes, iad->len, pboc, out) == OK;
}

/* Digits of 5A or 57, up to F or D. */
static void read_digits(const struct sign_bytes *o, char out[20])
{
    size_t n = 0;
    for (size_t i = 0; i < 2 * o->len && n < 19; i++) {
        uint8_t nibble = i % 2 ? o->bytes[i / 2] & 0x0F : o->bytes[i / 2] >> 4;
        if (nibble > 9)
            break;
        out[n++] = (char)('0' + nibble);
    }
    out[n] = '\0';
}

/* The card's key from the given one. False with a row that says why not. */
static bool card_key(struct sign *s, const char *group, enum ac_scheme scheme, const uint8_t given[16], uint8_t mk[16])
{
    struct sign_bytes pan, psn;
    char digits[20], sequence[3] = PSN_NONE;
    bool recorded = sign_object(s, 0x5A, &pan) || sign_object(s, 0x57, &pan); /* a tap has no 5A */
    if (s->keys->issuer.own) {
        memcpy(mk, given, 16);
        return true;
    }
    if (recorded)
        read_digits(&pan, digits);
    if (sign_object(s, 0x5F34, &psn) && psn.len == 1)
        hex_encode(psn.bytes, 1, sequence, sizeof sequence);
    if (!recorded || sign_masked(&pan, 1) || sign_masked(&psn, 1))
        sign_row(s, group, "value", SIGN_OPEN, pan.line, "the PAN is %s: give the card's own key (mk_ac)",
                 recorded ? "masked" : "not recorded");
    else if (ac_master_key(scheme, given, digits, sequence, 0, mk) != OK)
        sign_row(s, group, "value", SIGN_OPEN, pan.line, "no card's key can be derived from the recorded PAN");
    else
        return true;
    return false;
}

/* What the terminal sent for the cryptogram, the newest list first; zeros for what is in none. The line of the first
 * masked part, 0: none. */
static unsigned collect(const struct sign *s, const struct replay_dol *const *lists, struct ac_input *in)
{
    unsigned masked = 0;
    for (const struct ac_object *o = ac_objects; o->tag; o++) {
        struct sign_bytes value = {NULL, NULL, 0, 0};
        for (size_t i = 0; lists[i]; i++)
            if (sign_dol_value(s, lists[i], o->tag, &value))
                break;
        if (value.len)
            memcpy((uint8_t *)in + o->at, value.bytes, value.len < o->len ? value.len : o->len);
        masked = masked ? masked : sign_masked(&value, 1);
    }
    return masked;
}

/* One cryptogram. `signed_ac`: the one that was found inside a signature, NULL. */
static void check_value(struct sign *s, const char *place, size_t i, const struct replay_dol *const *lists,
                        const uint8_t *signed_ac, struct session_keys *keys)
{
    struct replay_ac ac;
    struct sign_bytes iad;
    struct ac_input in = {.type = 0};
    uint8_t mk[16] = {0}, is[8];
    char group[60];
    if (!at(s, i)->answer_len || !replay_ac_read(at(s, i), &ac))
        return;
    unsigned line = replay_answer_line(at(s, i));
    snprintf(group, sizeof group, "%s (%s)", ac.has_cid ? replay_ac_name(ac.cid) : "cryptogram", place);
    const uint8_t *recorded = ac.cryptogram ? ac.cryptogram : signed_ac;
    if (!recorded || !issuer_application_data(s, i, &iad) || !s->f->has_aip) {
        sign_row(s, group, "value", SIGN_OPEN, line,
                 !recorded ? "it lies inside a signature that could not be opened"
                           : "the card's data for it (9F10, AIP) are not recorded");
        return;
    }
    if (!find_scheme(s, &iad, &keys->scheme)) {
        sign_row(s, group, "value", SIGN_OPEN, line,
                 "9F10 tells no cryptogram version that is known here; name the \"scheme\" in the key's file");
        return;
    }
    unsigned masked = collect(s, lists, &in);
    memcpy(in.aip, s->f->aip, 2);
    memcpy(in.atc, ac.atc, 2);
    in.iad = iad.bytes;
    in.iad_len = iad.len;
    if (!card_key(s, group, keys->scheme, s->keys->issuer.ac, mk))
        return;
    bool ok = ac_session_key(keys->scheme, mk, ac.atc, keys->sk) == OK &&
              ac_compute(keys->scheme, keys->sk, &in, is) == OK && CRYPTO_memcmp(is, recorded, sizeof is) == 0;
    OPENSSL_cleanse(mk, sizeof mk);
    memcpy(keys->ac, recorded, sizeof keys->ac);
    memcpy(keys->atc, ac.atc, sizeof keys->atc);
    keys->known = ok;
    sign_test(s, group, "value", ok, masked ? masked : sign_masked(&iad, 1), line,
              "it is not the one that the issuer's key gives over the recorded data");
}

/* The issuer's answer, and whether the card took it as it should. */
static void check_answer(struct sign *s, size_t i, const struct session_keys *keys)
{
    const struct trace_exchange *x = at(s, i);
    struct sign_bytes data;
    uint8_t is[8];
    bool csu = keys->scheme == AC_CVN18, taken = replay_sw(x) == 0x9000;
    size_t len = csu ? 4 : 8, whole = csu ? 8 : 10;
    if (!x->answer_len || !sign_command_data(s, i, &data) || (!taken && replay_sw(x) != 0x6300))
        return;
    bool right = data.len == whole &&
                 (csu ? arpc_method2(keys->sk, keys->ac, data.bytes + len, is)
                      : arpc_method1(keys->scheme, keys->sk, keys->ac, data.bytes + len, is)) == OK &&
                 CRYPTO_memcmp(is, data.bytes, len) == 0;
    sign_test(s, "issuer authentication", "value", right == taken, sign_masked(&data, 1), data.line,
              taken ? "the card takes an ARPC that the issuer's key does not give"
                    : "the card refuses the ARPC that the issuer's key gives");
}

/* A script command that the card took has the MAC of the issuer's key: as many bytes as are right, 4 to 8. */
static void check_script(struct sign *s, size_t i, const struct session_keys *keys)
{
    const struct trace_exchange *x = at(s, i);
    struct sign_bytes data;
    uint8_t mk[16] = {0}, sk[16], mac[8];
    bool right = false;
    if (replay_sw(x) != 0x9000 || !(x->command[0] & 0x04) || !sign_command_data(s, i, &data) || data.len < 4 ||
        !card_key(s, "issuer script", keys->scheme, s->keys->issuer.smi, mk))
        return;
    if (script_session_key(keys->scheme, mk, keys->atc, sk) == OK)
        for (size_t len = 4; len <= sizeof mac && len <= data.len; len++)
            right |= script_mac(keys->scheme, sk, x->command, (uint8_t)data.len, keys->atc, keys->ac, data.bytes,
                                data.len - len, mac, len) == OK &&
                     CRYPTO_memcmp(mac, data.bytes + data.len - len, len) == 0;
    OPENSSL_cleanse(mk, sizeof mk);
    OPENSSL_cleanse(sk, sizeof sk);
    sign_test(s, "issuer script", "value", right, sign_masked(&data, 1), data.line,
              "the card takes a command whose MAC the issuer's key does not give");
}

void sign_cryptograms(struct sign *s)
{
    const struct replay_facts *f = s->f;
    const struct replay_dol *const first[] = {&f->cdol1, &f->pdol, NULL},
                                   *const second[] = {&f->cdol2, &f->cdol1, &f->pdol, NULL},
                                   *const tap[] = {&f->pdol, NULL};
    struct session_keys keys = {.known = false}, later = {.known = false};
    if (!s->keys || !s->keys->issuer.given)
        return;
    if (f->first_ac == REPLAY_NONE && f->gpo != REPLAY_NONE)
        check_value(s, "GET PROCESSING OPTIONS", f->gpo, tap, NULL, &keys);
    if (f->first_ac != REPLAY_NONE)
        check_value(s, "first GENERATE AC", f->first_ac, first, s->has_signed_ac[0] ? s->signed_ac[0] : NULL, &keys);
    for (size_t i = 0; keys.known && i < f->session->count; i++)
        if (f->step[i] == STEP_EXTERNAL_AUTHENTICATE)
            check_answer(s, i, &keys);
        else if (f->step[i] == STEP_SCRIPT && s->keys->issuer.has_scripts)
            check_script(s, i, &keys);
    if (f->second_ac != REPLAY_NONE)
        check_value(s, "second GENERATE AC", f->second_ac, second, s->has_signed_ac[1] ? s->signed_ac[1] : NULL,
                    &later);
    OPENSSL_cleanse(&keys, sizeof keys);
    OPENSSL_cleanse(&later, sizeof later);
}
