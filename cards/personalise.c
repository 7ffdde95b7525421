/*
 * Offline data authentication at load time: AIP bits, certificates over what the AFL counts as signed, and the records
 * that hold them (EMV Book 2 tables 1, 13; Book 3 10.3). Called by profile_finish.c, and by the card check for the
 * static data.
 */
#include "cards/oda.h"

#include "cards/profile.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define RECORD_MAX 254
#define OBJECTS 16

enum { AIP_SDA = 0x40, AIP_DDA = 0x20, AIP_CDA = 0x01 };

struct job {
    const struct card_profile *p;
    struct card_application *a;
    char *why;
    size_t why_cap;
    uint8_t static_data[ODA_STATIC_MAX];
    size_t static_len;
    struct {
        uint32_t tag;
        struct card_bytes value;
    } object[OBJECTS];
    size_t objects;
};

static int refuse(const struct job *j, const char *text, const char *word)
{
    snprintf(j->why, j->why_cap, "oda%s%s", text, word);
    return E_FORMAT;
}

static const struct card_record *find(const struct card_application *a, uint8_t sfi, unsigned number)
{
    for (size_t i = 0; i < a->record_count; i++)
        if (a->records[i].sfi == sfi && a->records[i].number == number)
            return &a->records[i];
    return NULL;
}

/* SFI 1 to 10: the value of 70; above: the record as it is (Book 3 10.3). */
static int add_record(const struct card_record *r, uint8_t *out, size_t cap, size_t *len)
{
    struct tlv whole = {0, r->content.len, r->content.bytes};
    size_t at = 0;
    if (r->sfi <= 10 && (tlv_next(r->content.bytes, r->content.len, &at, &whole) || whole.tag != 0x70))
        return E_FORMAT;
    if (*len + whole.len > cap)
        return E_LIMIT;
    memcpy(out + *len, whole.value, whole.len);
    *len += whole.len;
    return OK;
}

int oda_static_input(const struct card_application *a, bool with_aip, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i + 4 <= a->afl.len; i += 4) {
        const uint8_t *entry = a->afl.bytes + i;
        for (unsigned n = entry[1]; n < (unsigned)entry[1] + entry[3]; n++) {
            const struct card_record *r = find(a, entry[0] >> 3, n);
            int status = r ? add_record(r, out, cap, len) : E_FORMAT;
            if (status)
                return status;
        }
    }
    if (with_aip && *len + sizeof a->aip > cap)
        return E_LIMIT;
    if (with_aip)
        memcpy(out + *len, a->aip, sizeof a->aip);
    *len += with_aip ? sizeof a->aip : 0;
    return OK;
}

/* -- objects -- */

static void put(struct job *j, uint32_t tag, const void *value, size_t len)
{
    const struct oda_fault *f = j->a->oda.fault;
    size_t n = j->objects;
    bool changed = f && f->part == ODA_DATA && f->tag == tag;
    if (len == 0 || n == OBJECTS || (changed && f->change == ODA_LEFT_OUT))
        return;
    j->object[n].tag = tag;
    j->object[n].value.len = (uint16_t)len;
    memcpy(j->object[n].value.bytes, value, len);
    if (changed &&
        hex_decode(f->replacement, strlen(f->replacement), j->object[n].value.bytes, CARD_DATA_MAX, &len) == OK)
        j->object[n].value.len = (uint16_t)len;
    j->objects++;
}

static void put_bytes(struct job *j, uint32_t tag, const struct card_bytes *b)
{
    put(j, tag, b->bytes, b->len);
}

/* MMYY from the profile's YYMM. */
static void expiry_of(const char *yymm, uint8_t out[2])
{
    char mmyy[5] = "1230";
    if (strlen(yymm) == 4) {
        memcpy(mmyy, yymm + 2, 2);
        memcpy(mmyy + 2, yymm, 2);
    }
    bcd_pack(mmyy, 4, 0, 0, out, 2);
}

static int put_issuer(struct job *j)
{
    struct card_oda *oda = &j->a->oda;
    struct card_bytes certificate, remainder;
    size_t digits = strlen(j->p->pan) < 8 ? strlen(j->p->pan) : 8;
    struct oda_certificate want = {.chain = &oda->chain,
                                   .signer = &oda->chain.ca,
                                   .key = &oda->chain.issuer,
                                   .format = 0x02,
                                   .holder_len = 4,
                                   .expiry = {0x12, 0x30},
                                   .serial = {0x00, 0x00, 0x01},
                                   .change = oda_change(oda, ODA_ISSUER)};
    bcd_pack(j->p->pan, digits, 1, 0xF, want.holder, 4);
    int status = oda_certify(&want, &certificate, &remainder);
    if (status)
        return status;
    put(j, 0x8F, oda->chain.index, 1);
    put_bytes(j, 0x9F32, &oda->chain.issuer.exponent);
    put_bytes(j, 0x92, &remainder);
    put_bytes(j, 0x90, &certificate);
    return OK;
}

/* SSAD: format, hash algorithm (SM2 has none), data authentication code. */
static int put_static(struct job *j)
{
    struct card_oda *oda = &j->a->oda;
    bool sm2 = oda->chain.algorithm == CHAIN_SM2;
    enum oda_change change = oda_change(oda, ODA_SSAD);
    uint8_t body[4] = {0x03, 0x01, 0xDA, 0xC1};
    struct card_bytes signature;
    if (sm2)
        memcpy(body, (const uint8_t[]){0x13, 0xDA, 0xC1}, 3);
    if (change == ODA_FORMAT)
        body[0] ^= 0x20;
    if (change == ODA_HASH_ALGORITHM)
        body[1] = 0x07;
    if (change == ODA_STATIC_DATA && j->static_len)
        j->static_data[j->static_len - 1] ^= 0x01;
    int status = oda_seal(&(struct oda_seal){.algorithm = oda->chain.algorithm,
                                             .signer = &oda->chain.issuer,
                                             .body = body,
                                             .body_len = sm2 ? 3 : 4,
                                             .tail = j->static_data,
                                             .tail_len = j->static_len,
                                             .change = change},
                          &signature);
    if (change == ODA_STATIC_DATA && j->static_len)
        j->static_data[j->static_len - 1] ^= 0x01;
    put_bytes(j, 0x93, &signature);
    return status;
}

/* A certificate of a key of the card: 9F46, 9F47, 9F48, or the PIN key's, which signs no static data (Book 2 7.1). */
static int put_card_key(struct job *j, bool pin)
{
    struct card_oda *oda = &j->a->oda;
    const struct chain_key *key = pin ? &oda->chain.pin : &oda->chain.icc;
    struct card_bytes certificate, remainder;
    struct oda_certificate want = {.chain = &oda->chain,
                                   .signer = &oda->chain.issuer,
                                   .key = key,
                                   .format = 0x04,
                                   .holder_len = 10,
                                   .serial = {0x00, 0x00, pin ? 0x03 : 0x02},
                                   .static_data = j->static_data,
                                   .static_len = pin ? 0 : j->static_len,
                                   .change = oda_change(oda, pin ? ODA_PIN : ODA_ICC)};
    bcd_pack(j->p->pan, strlen(j->p->pan), 1, 0xF, want.holder, 10);
    expiry_of(j->p->expiry, want.expiry);
    int status = oda_certify(&want, &certificate, &remainder);
    if (status)
        return status;
    put_bytes(j, pin ? 0x9F2E : 0x9F47, &key->exponent);
    put_bytes(j, pin ? 0x9F2F : 0x9F48, &remainder);
    put_bytes(j, pin ? 0x9F2D : 0x9F46, &certificate);
    return OK;
}

static int put_objects(struct job *j)
{
    static const uint8_t tag_list[] = {0x82};
    struct card_oda *oda = &j->a->oda;
    int status = put_issuer(j);
    if (status == OK && oda->sda)
        status = put_static(j);
    if (status == OK && (oda->dda || oda->cda || oda->pin == ODA_PIN_ICC))
        status = put_card_key(j, false);
    if (status == OK && oda->pin == ODA_PIN_OWN)
        status = put_card_key(j, true);
    if (oda->dda || oda->cda)
        put_bytes(j, 0x9F49, &oda->ddol);
    if (!oda->no_tag_list)
        put(j, 0x9F4A, tag_list, sizeof tag_list);
    return status;
}

/* -- records -- */

static int close_record(struct job *j, struct tlv_out *out)
{
    struct card_application *a = j->a;
    struct card_record *r = &a->records[a->record_count];
    if (a->record_count == CARD_RECORDS)
        return refuse(j, ": no room for its records, at most 32 expected", "");
    *r = (struct card_record){.sfi = a->oda.sfi, .number = (uint8_t)(a->afl.bytes[a->afl.len - 2] + 1)};
    tlv_wrap(out, 0, 0x70);
    memcpy(r->content.bytes, out->bytes, out->len);
    r->content.len = (uint16_t)out->len;
    a->record_count++;
    a->afl.bytes[a->afl.len - 2]++;
    out->len = 0;
    return OK;
}

/* As many objects as go into each record, in their order; the AFL gets an entry for them, none of them signed. */
static int write_records(struct job *j)
{
    struct card_application *a = j->a;
    uint8_t bytes[CARD_DATA_MAX + 8];
    struct tlv_out out;
    int status = OK;
    if (a->afl.len + 4u > sizeof a->afl.bytes)
        return refuse(j, ": no room in the AFL", "");
    memcpy(a->afl.bytes + a->afl.len, (const uint8_t[]){(uint8_t)(a->oda.sfi << 3), 1, 0, 0}, 4);
    a->afl.len += 4;
    tlv_out_init(&out, bytes, sizeof bytes);
    for (size_t i = 0; i < j->objects && status == OK; i++) {
        size_t need = j->object[i].value.len + tlv_tag_len(j->object[i].tag) + 2, template_ = 3;
        if (out.len && out.len + need + template_ > RECORD_MAX)
            status = close_record(j, &out);
        tlv_put(&out, j->object[i].tag, j->object[i].value.bytes, j->object[i].value.len);
    }
    return status == OK ? close_record(j, &out) : status;
}

static int check_wish(const struct job *j)
{
    const struct card_oda *oda = &j->a->oda;
    bool sm2 = oda->chain.algorithm == CHAIN_SM2;
    if (!oda->sda && !oda->dda && !oda->cda && oda->pin == ODA_PIN_NONE)
        return refuse(j, ": at least one of sda, dda, cda, pin expected", "");
    if (sm2 && oda->pin != ODA_PIN_NONE)
        return refuse(j, ".pin: a chain of RSA keys expected", "");
    if (oda->pin == ODA_PIN_OWN && oda->chain.pin.modulus.len == 0)
        return refuse(j, ".pin: the chain has no key for it: ", oda->keys);
    if (sm2 && oda->fault && oda->fault->rsa_only)
        return refuse(j, ".break: SM2 has no such check: ", oda->fault_name);
    for (size_t i = 0; i < j->a->record_count; i++)
        if (j->a->records[i].sfi == oda->sfi)
            return refuse(j, ".sfi: its records would get an SFI that is in use", "");
    return OK;
}

int oda_personalise(const struct card_profile *p, struct card_application *a, const char *path, char *why,
                    size_t why_cap)
{
    struct job j = {.p = p, .a = a, .why = why, .why_cap = why_cap};
    struct card_oda *oda = &a->oda;
    char text[1400];
    if (chain_load(path, oda->keys, &oda->chain, text, sizeof text) != OK) {
        snprintf(why, why_cap, "oda.keys: %s", text);
        return E_FORMAT;
    }
    if (*oda->fault_name && !(oda->fault = oda_fault_find(oda->fault_name)))
        return refuse(&j, ".break: a fault of cards/oda_faults.c expected, found ", oda->fault_name);
    int status = check_wish(&j);
    if (status)
        return status;
    a->aip[0] |= (oda->sda ? AIP_SDA : 0) | (oda->dda ? AIP_DDA : 0) | (oda->cda ? AIP_CDA : 0);
    if (oda_static_input(a, !oda->no_tag_list, j.static_data, sizeof j.static_data, &j.static_len))
        return refuse(&j, ": the AFL counts records as signed that are not there, or not in a template 70", "");
    status = put_objects(&j);
    if (status)
        return refuse(&j, ": the certificates could not be made", "");
    return write_records(&j);
}
