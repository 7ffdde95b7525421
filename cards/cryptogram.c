/*
 * What goes into an application cryptogram: the terminal's data found again through PDOL and CDOLs, the issuer
 * application data (9F10) of each scheme, the MAC itself (DOMAIN 3.5 to 3.7; EMV Book 2 section 8). Called by genac.c and
 * contactless.c.
 */
#include "cards/card_internal.h"

#include "core/codec/dol.h"

#include <openssl/crypto.h>
#include <string.h>

size_t card_dol_len(const struct card_bytes *dol)
{
    struct dol_entry entry;
    size_t at = 0, total = 0;
    while (dol_next(dol->bytes, dol->len, &at, &entry) == OK)
        total += entry.len;
    return total;
}

bool card_terminal_value(const struct card *c, uint32_t tag, uint8_t *out, size_t len)
{
    const struct card_application *a = card_application(c);
    const struct card_bytes *pdol = c->contactless ? &a->contactless.pdol : &a->pdol;
    const struct {
        const struct card_bytes *dol, *data;
    } lists[] = {
        {&a->cdol2, &c->session.cdol2_data}, {&a->cdol1, &c->session.cdol1_data}, {pdol, &c->session.pdol_data}};
    memset(out, 0, len);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t offset, value_len;
        if (dol_locate(lists[i].dol->bytes, lists[i].dol->len, tag, &offset, &value_len) ||
            offset + value_len > lists[i].data->len)
            continue;
        memcpy(out, lists[i].data->bytes + offset, value_len < len ? value_len : len);
        return true;
    }
    return false;
}

/* Key index, CVN, CVR and what follows, by scheme. PBOC: algorithm 01 = 3DES, 04 = SM4, then issuer data behind
 * their length. */
static const struct iad_row {
    enum ac_scheme scheme;
    uint8_t cvn, algorithm; /* algorithm 00: there is none in it */
} iad_rows[] = {{AC_PBOC, 0x01, 0x01}, {AC_CVN10, 0x0A, 0x00}, {AC_CVN18, 0x12, 0x00}, {AC_PBOC_SM4, 0x01, 0x04}};

size_t card_issuer_data(const struct card *c, uint8_t out[32])
{
    const struct card_application *a = card_application(c);
    const struct iad_row *row = iad_rows;
    while (row->scheme != card_scheme(c))
        row++;
    size_t n = 1;
    out[n++] = a->key_index;
    out[n++] = row->cvn;
    memcpy(out + n, c->session.cvr, sizeof c->session.cvr);
    n += sizeof c->session.cvr;
    if (row->algorithm)
        out[n++] = row->algorithm;
    out[0] = (uint8_t)(n - 1);
    if (a->purse.present) {
        out[n] = (uint8_t)card_purse_issuer_data(c, out + n + 1);
        n += 1u + out[n];
    } else if (a->issuer_data.len) {
        out[n++] = (uint8_t)a->issuer_data.len;
        memcpy(out + n, a->issuer_data.bytes, a->issuer_data.len);
        n += a->issuer_data.len;
    }
    return n;
}

int card_cryptogram(const struct card *c, const uint8_t *iad, size_t iad_len, uint8_t ac[8])
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    const struct card_application *a = card_application(c);
    enum ac_scheme scheme = card_scheme(c);
    struct ac_input in = {.iad = iad, .iad_len = iad_len};
    uint8_t sk[16];
    for (const struct ac_object *o = ac_objects; o->tag; o++)
        card_terminal_value(c, o->tag, (uint8_t *)&in + o->at, o->len);
    memcpy(in.aip, c->contactless ? a->contactless.aip : a->aip, 2);
    memcpy(in.atc, state->atc, 2);
    int status = ac_session_key(scheme, card_keys(c)->ac, state->atc, sk);
    if (status == OK)
        status = ac_compute(scheme, sk, &in, ac);
    OPENSSL_cleanse(sk, sizeof sk);
    return status;
}
