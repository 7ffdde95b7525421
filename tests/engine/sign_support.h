/*
 * A session with a card that signs, made of fixed RSA keys (authority 1152 bits, issuer 1024, card 768) with OpenSSL's
 * numbers alone: static data, DDA, CDA at either GENERATE AC, fast DDA. One thing in it can be made wrong before it is
 * signed. Include after <cmocka.h>.
 */
#ifndef POSBENCH_TESTS_ENGINE_SIGN_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_SIGN_SUPPORT_H

#include "core/codec/hex.h"
#include "scenarios/engine/replay_sign.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- keys -- */

enum signer { CA, ISSUER, ICC };
static const struct {
    const char *modulus, *secret;
} fixed_key[] = {
    {
        /* ca */
        "BA056992F806102960CF6D0E3A83AA34371048E00B13C2D9F8365D145DD0A421E451B47D3517C4404B5EC233D8937154"
        "E77B3BBD0B60317E9EF4703EDE1AC109F11F80F6CCDF28D3D18C23E761A9020C5EBF54D59400EFCF0D19C3642458B1AC"
        "A025521D95AE298B5DFE2B548744470FD07E6E98986E8FBA794A8EDD047ECAF0D726063E1C96AC7DBAE21467910F8BBD",
        "7C039BB750040AC6408A48B42702717824B585EAB20D2C9150243E0D93E06D6BED8BCDA8CE0FD82ADCE9D6CD3B0CF638"
        "9A5227D35CEACBA9BF4DA029E9672B5BF61500A48894C5E168BBC3C883EADE2FD3F1AE7ED945A0267544331F4A9547C7"
        "0E835C1897119180C126C429F56182F67DDDFA0ABF93C9AD2467CCD1956D380F4E661D3F29A37FE8A33EFE7203017613",
    },
    {
        /* issuer */
        "A392AB29B164F0B69F3C4B6986617A42DB704AF8AB173BD4D9A4A9C63780DBABE859E5D8962CE80326960B12D1AB44E4"
        "179E2A0FF384CF91E190BF6BA9F36D89F65C0C96CAC494E5C7CB8A882BF09BACF1F6179179ECEF5D834A0107D76A0A38"
        "F7DC0FD8FC6B3A20C5637B65AD5773D92E26A6E5862160BC8B43BAB458D36D49",
        "806227B18BA83C3E39F0EB07A20F741471834B74AD6488F360F79AC116E32E8758D0E653FE5AB4A7746BA3B95B935F78"
        "DF08A6DEEA353D6DB46B15B2FD2B30B72CBC4302E14AA45FE1E6B7FEEC0C632E68D3420332B157560556BC88E555B013"
        "7B57AD34F69CDF0CB5A211CEE5BCA1FAB507E64B46C833119393EB8C86680301",
    },
    {
        /* icc */
        "CECBD9A7C1F73575FBD13F9D09A8DDADC1874A13A507B78636D7E561FBADE2CB4E6EF77AA7507D3B1B053A6584F14BD5"
        "C2AEEC8FBCF127408608FB017875523F7E3F618166D4A06DD4A056694F0050931670D9169C59B3607203EB655DDCADB5",
        "89DD3BC52BFA23A3FD362A68B11B3E73D65A31626E052504248FEE415273EC87899F4FA71A35A8D212037C43ADF6328D"
        "4E917122E15357880A0B648F93AC6B3CFBC55E0A0214457CAA707F773CE68083F9BEDF349ED801ABCA1F9DC0BCA094AB",
    },
};
static const uint8_t exponent_of[][3] = {{3}, {1, 0, 1}, {3}};
static const size_t exponent_len_of[] = {1, 3, 1};

static inline size_t modulus_of(enum signer who, uint8_t out[SIGN_BLOCK_MAX])
{
    size_t len;
    assert_int_equal(hex_decode(fixed_key[who].modulus, strlen(fixed_key[who].modulus), out, SIGN_BLOCK_MAX, &len), OK);
    return len;
}

static inline struct replay_keys one_key(struct replay_key *key)
{
    memset(key, 0, sizeof *key);
    memcpy(key->rid, "\xA0\x00\x00\x09\x99", 5);
    key->index = 0x0A;
    key->len = modulus_of(CA, key->modulus);
    key->exponent[0] = 3;
    key->exponent_len = 1;
    return (struct replay_keys){.key = key, .count = 1};
}

/* -- what is in the session, and what is wrong with it -- */

enum wrong { /* of one signature */
             RIGHT,
             WRONG_TRAILER,
             WRONG_HEADER,
             WRONG_FORMAT,
             WRONG_HASH,
             WRONG_HASH_ALGORITHM,
             WRONG_HOLDER, /* issuer identifier, PAN */
             WRONG_ALGORITHM,
             WRONG_KEY_LENGTH,
             WRONG_EXPIRY,
             WRONG_LENGTH, /* one byte is missing */
             WRONG_NUMBER, /* length of the dynamic number */
             WRONG_CID,
             WRONG_TRANSACTION /* hash of its data */
};
enum signed_by { OF_ISSUER, OF_STATIC, OF_CARD, OF_DDA, OF_CDA, OF_FAST, OF_PIN };
struct making {
    bool no_sda, dda, dda_77, cda1, cda2, fast, pin, t0, ppse, no_select, mask_pan, no_aip_listed, ddol_without_number;
    enum signed_by where;
    enum wrong what;
    const char *date; /* 9A; NULL: 260615 */
    const char *drop; /* bytes of an object whose tag becomes xE, where they first stand */
    size_t drop_at;   /* digit of it */
};
struct made {
    struct buffer {
        uint8_t bytes[1024];
        size_t len;
    } pdol, cdol1, cdol2, record[4];
    char text[16000];
    size_t len;
};

static inline void put(struct buffer *b, const void *bytes, size_t len)
{
    assert_true(b->len + len <= sizeof b->bytes);
    memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
}

static inline void put_hex(struct buffer *b, const char *hex)
{
    uint8_t bytes[512];
    size_t len;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    put(b, bytes, len);
}

static inline void put_tlv(struct buffer *b, uint32_t tag, const void *value, size_t len)
{
    uint8_t bytes[600];
    struct tlv_out out;
    tlv_out_init(&out, bytes, sizeof bytes);
    tlv_put(&out, tag, value, len);
    assert_int_equal(out.status, OK);
    put(b, bytes, out.len);
}

/* One command and its answer, in hex; with T=0 the answer is fetched. */
static inline void say_both(struct made *m, const struct making *p, const char *command, const struct buffer *answer)
{
    char hex[2 * RAPDU_MAX + 1];
    assert_int_equal(hex_encode(answer->bytes, answer->len, hex, sizeof hex), OK);
    if (p->t0 && answer->len > 2)
        m->len += (size_t)snprintf(m->text + m->len, sizeof m->text - m->len, "%s\n61%02X\n00C00000%02X\n%s\n", command,
                                   (unsigned)answer->len - 2, (unsigned)answer->len - 2, hex);
    else
        m->len += (size_t)snprintf(m->text + m->len, sizeof m->text - m->len, "%s\n%s\n", command, hex);
    assert_true(m->len < sizeof m->text);
}

static inline void say_data(struct made *m, const struct making *p, const char *header, const struct buffer *data,
                            struct buffer *answer)
{
    char command[600], hex[512];
    assert_int_equal(hex_encode(data->bytes, data->len, hex, sizeof hex), OK);
    snprintf(command, sizeof command, "%s%02X%s%s", header, (unsigned)data->len, hex, p->t0 ? "" : "00");
    put_hex(answer, "9000");
    say_both(m, p, command, answer);
}

/* -- signing -- */

static inline void sha1_of(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t out[20])
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_true(EVP_DigestInit_ex(md, EVP_sha1(), NULL) == 1 && EVP_DigestUpdate(md, a, a_len) == 1 &&
                EVP_DigestUpdate(md, b, b_len) == 1 && EVP_DigestFinal_ex(md, out, NULL) == 1);
    EVP_MD_CTX_free(md);
}

/* body: format to the last byte before the hash, without padding; `behind`: what is hashed too. */
static inline void sign_block(enum signer who, const struct buffer *body, const struct buffer *behind, enum wrong wrong,
                              struct buffer *out)
{
    uint8_t block[SIGN_BLOCK_MAX], n[SIGN_BLOCK_MAX], hash[20];
    size_t len = modulus_of(who, n);
    assert_true(body->len + 22 <= len);
    memset(block, 0xBB, len);
    block[0] = wrong == WRONG_HEADER ? 0x6B : 0x6A;
    memcpy(block + 1, body->bytes, body->len);
    if (wrong == WRONG_FORMAT)
        block[1] ^= 0x08;
    sha1_of(block + 1, len - 22, behind->bytes, behind->len, hash);
    memcpy(block + len - 21, hash, 20);
    if (wrong == WRONG_HASH)
        block[len - 2] ^= 0x01;
    block[len - 1] = wrong == WRONG_TRAILER ? 0xCC : 0xBC;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *modulus = NULL, *secret = NULL, *x = BN_bin2bn(block, (int)len, NULL);
    assert_true(BN_hex2bn(&modulus, fixed_key[who].modulus) && BN_hex2bn(&secret, fixed_key[who].secret));
    assert_true(BN_mod_exp(x, x, secret, modulus, ctx) == 1);
    assert_int_equal(BN_bn2binpad(x, out->bytes, (int)len), (int)len);
    out->len = wrong == WRONG_LENGTH ? len - 1 : len;
    BN_free(modulus);
    BN_free(secret);
    BN_free(x);
    BN_CTX_free(ctx);
}

static inline enum wrong wrong_at(const struct making *p, enum signed_by where)
{
    return p->where == where ? p->what : RIGHT;
}

/* `head`: format and holder; then expiry, serial, algorithms, lengths, modulus. Its remainder goes to *rest. */
static inline void certify(enum signer by, enum signer whom, const char *head, enum wrong wrong,
                           const struct buffer *behind, struct buffer *out, struct buffer *rest)
{
    uint8_t n[SIGN_BLOCK_MAX], room[SIGN_BLOCK_MAX];
    struct buffer body = {.len = 0}, hashed = {.len = 0};
    size_t len = modulus_of(whom, n), first = modulus_of(by, room) - (by == CA ? 36 : 42);
    put_hex(&body, head);
    put_hex(&body, wrong == WRONG_EXPIRY ? "1225" : "1230");
    put_hex(&body, "000001");
    put_hex(&body, wrong == WRONG_HASH_ALGORITHM ? "02" : "01");
    put_hex(&body, wrong == WRONG_ALGORITHM ? "02" : "01");
    put(&body, &(uint8_t){(uint8_t)(len - (wrong == WRONG_KEY_LENGTH))}, 1);
    put(&body, &(uint8_t){(uint8_t)exponent_len_of[whom]}, 1);
    put(&body, n, first);
    put(rest, n + first, len - first);
    put(&hashed, rest->bytes, rest->len);
    put(&hashed, exponent_of[whom], exponent_len_of[whom]);
    put(&hashed, behind->bytes, behind->len);
    sign_block(by, &body, &hashed, wrong, out);
}

/* Format 05: hash algorithm, length, number, then `more`. */
static inline void sign_dynamic_data(const struct buffer *more, const struct buffer *behind, enum wrong wrong,
                                     struct buffer *out)
{
    struct buffer body = {.len = 0};
    put_hex(&body, wrong == WRONG_HASH_ALGORITHM ? "0502" : "0501");
    put(&body, &(uint8_t){(uint8_t)(9 + more->len)}, 1);
    put_hex(&body, wrong == WRONG_NUMBER ? "091122334455667788" : "081122334455667788");
    put(&body, more->bytes, more->len);
    sign_block(ICC, &body, behind, wrong, out);
}

/* -- the session -- */

static const char pan_hex[] = "6200009990000018";

static inline void make_records(struct made *m, const struct making *p)
{
    static const struct buffer nothing = {.len = 0};
    struct buffer value = {.len = 0}, out = {.len = 0}, rest = {.len = 0}, body = {.len = 0}, data = {.len = 0};
    struct buffer *r = m->record;
    put_hex(&value, "5A08");
    put_hex(&value, pan_hex);
    put_hex(&value, "5F24032812315F25032401018C0B9F02069F37049A039F1A028D0A8A029F02069F37049A03");
    put_hex(&value, p->ddol_without_number ? "9F49039F0206" : "9F49039F3704");
    if (!p->no_aip_listed)
        put_hex(&value, "9F4A0182");
    put_tlv(&r[0], 0x70, value.bytes, value.len);
    put(&data, value.bytes, value.len);
    if (!p->no_aip_listed)
        put_hex(&data, "7900");
    /* issuer */
    certify(CA, ISSUER, wrong_at(p, OF_ISSUER) == WRONG_HOLDER ? "02620001FF" : "02620000FF", wrong_at(p, OF_ISSUER),
            &nothing, &out, &rest);
    value.len = 0;
    put_hex(&value, "8F010A");
    put_tlv(&value, 0x92, rest.bytes, rest.len);
    put_tlv(&value, 0x9F32, exponent_of[ISSUER], exponent_len_of[ISSUER]);
    put_tlv(&value, 0x90, out.bytes, out.len);
    put_tlv(&r[1], 0x70, value.bytes, value.len);
    /* static data */
    value.len = rest.len = 0;
    put_hex(&body, wrong_at(p, OF_STATIC) == WRONG_HASH_ALGORITHM ? "0302DAC0" : "0301DAC0");
    sign_block(ISSUER, &body, &data, wrong_at(p, OF_STATIC), &out);
    if (!p->no_sda)
        put_tlv(&value, 0x93, out.bytes, out.len);
    else
        put_hex(&value, "5F3401015F280201569F0702FF00");
    put_tlv(&r[2], 0x70, value.bytes, value.len);
    /* card */
    value.len = 0;
    const char *holder = "046200009990000018FFFF", *other = "046200009990000019FFFF";
    certify(ISSUER, ICC, wrong_at(p, OF_CARD) == WRONG_HOLDER ? other : holder, wrong_at(p, OF_CARD), &data, &out,
            &rest);
    put_tlv(&value, 0x9F46, out.bytes, out.len);
    put_tlv(&value, 0x9F47, exponent_of[ICC], 1);
    put_tlv(&value, 0x9F48, rest.bytes, rest.len);
    if (p->fast)
        put_hex(&value, "9F690701AABBCCDD0000");
    put_tlv(&r[3], 0x70, value.bytes, value.len);
    if (p->pin) { /* instead of the static data's signature */
        value.len = rest.len = r[2].len = 0;
        certify(ISSUER, ICC, wrong_at(p, OF_PIN) == WRONG_HOLDER ? other : holder, wrong_at(p, OF_PIN), &nothing, &out,
                &rest);
        put_tlv(&value, 0x9F2D, out.bytes, out.len);
        put_tlv(&value, 0x9F2E, exponent_of[ICC], 1);
        put_tlv(&value, 0x9F2F, rest.bytes, rest.len);
        put_tlv(&r[2], 0x70, value.bytes, value.len);
    }
}

static inline void select_all(struct made *m, const struct making *p)
{
    struct buffer answer = {.len = 0};
    if (p->no_select)
        return;
    if (p->ppse) {
        put_hex(&answer, "6F1F840E325041592E5359532E4444463031A50DBF0C0A61084F06A000000999019000");
        say_both(m, p, p->t0 ? "00A404000E325041592E5359532E4444463031" : "00A404000E325041592E5359532E444446303100",
                 &answer);
        answer.len = 0;
    }
    put_hex(&answer, "6F208406A00000099901A516500443415244");
    put_hex(&answer, "9F38");
    put_hex(&answer, "0B9F37049F02065F2A029C019000");
    answer.bytes[1] = (uint8_t)(answer.len - 4);
    answer.bytes[11] = (uint8_t)(answer.len - 14);
    say_both(m, p, p->t0 ? "00A4040006A00000099901" : "00A4040006A0000009990100", &answer);
}

static inline void initiate_all(struct made *m, const struct making *p)
{
    struct buffer answer = {.len = 0}, data = {.len = 0}, value = {.len = 0}, more = {.len = 0}, hashed = {.len = 0},
                  out = {.len = 0};
    put_hex(&m->pdol, "0A0B0C0D000000001234015600");
    put_tlv(&data, 0x83, m->pdol.bytes, m->pdol.len);
    if (p->fast) {
        put(&hashed, m->pdol.bytes, 12);
        put_hex(&hashed, "01AABBCCDD0000");
        sign_dynamic_data(&more, &hashed, wrong_at(p, OF_FAST), &out);
        put_hex(&value, "820279009408080101011001030057116200009990000018D2812201000000000F");
        put_hex(&value, "9F3602000A9F2608AABBCCDDEEFF00119F100706010A03900000");
        put_tlv(&value, 0x9F4B, out.bytes, out.len);
        put_tlv(&answer, 0x77, value.bytes, value.len);
    } else
        put_hex(&answer, "800A79000801010110010300");
    say_data(m, p, "80A80000", &data, &answer);
}

static inline void read_all_records(struct made *m, const struct making *p)
{
    static const char *const command[] = {"00B2010C00", "00B2011400", "00B2021400", "00B2031400"};
    for (size_t i = 0; i < 4; i++) {
        put_hex(&m->record[i], "9000");
        say_both(m, p, command[i], &m->record[i]);
    }
}

static inline void generate_all(struct made *m, const struct making *p, bool second)
{
    struct buffer *data = second ? &m->cdol2 : &m->cdol1, answer = {.len = 0}, value = {.len = 0}, more = {.len = 0},
                  hashed = {.len = 0}, out = {.len = 0};
    const char *cid = second || !p->cda2 ? "40" : "80";
    bool combined = second ? p->cda2 : p->cda1;
    enum wrong wrong = wrong_at(p, OF_CDA);
    if (second)
        put_hex(data, "303000000000123412345678");
    else
        put_hex(data, "00000000123421222324");
    put_hex(data, p->date ? p->date : "260615");
    if (!second)
        put_hex(data, "0156");
    put_hex(&value, "9F2701");
    put_hex(&value, cid);
    put_hex(&value, "9F3602000A9F100706010A03900000");
    if (combined) {
        put(&hashed, m->pdol.bytes, m->pdol.len);
        put(&hashed, m->cdol1.bytes, m->cdol1.len);
        put(&hashed, m->cdol2.bytes, m->cdol2.len);
        put(&hashed, value.bytes, value.len);
        uint8_t hash[20];
        sha1_of(hashed.bytes, hashed.len, NULL, 0, hash);
        hash[0] ^= wrong == WRONG_TRANSACTION;
        put_hex(&more, wrong == WRONG_CID ? "00" : cid);
        put_hex(&more, "A1A2A3A4A5A6A7A8");
        put(&more, hash, 20);
        hashed.len = 0;
        put_hex(&hashed, second ? "12345678" : "21222324");
        sign_dynamic_data(&more, &hashed, wrong, &out);
        put_tlv(&value, 0x9F4B, out.bytes, out.len);
    } else
        put_hex(&value, "9F2608A1A2A3A4A5A6A7A8");
    put_tlv(&answer, 0x77, value.bytes, value.len);
    say_data(m, p,
             strcmp(cid, "40") == 0 ? combined ? "80AE5000" : "80AE4000"
             : combined             ? "80AE9000"
                                    : "80AE8000",
             data, &answer);
}

static inline void make_session(const struct making *p, struct made *m)
{
    memset(m, 0, sizeof *m);
    make_records(m, p);
    select_all(m, p);
    initiate_all(m, p);
    read_all_records(m, p);
    if (p->dda) {
        struct buffer data = {.len = 0}, more = {.len = 0}, out = {.len = 0}, answer = {.len = 0}, value = {.len = 0};
        put_hex(&data, "99887766");
        sign_dynamic_data(&more, &data, wrong_at(p, OF_DDA), &out);
        put_tlv(&value, 0x9F4B, out.bytes, out.len);
        if (p->dda_77)
            put_tlv(&answer, 0x77, value.bytes, value.len);
        else
            put_tlv(&answer, 0x80, out.bytes, out.len);
        say_data(m, p, "00880000", &data, &answer);
    }
    if (!p->fast) {
        generate_all(m, p, false);
        if (p->cda2)
            generate_all(m, p, true);
    }
    char *at = p->mask_pan ? strstr(m->text, pan_hex) : NULL;
    if (at)
        memset(at + 6, '*', 6);
    at = p->drop ? strstr(m->text, p->drop) : NULL;
    assert_true(!p->drop || at);
    if (at)
        at[p->drop_at] = 'E';
}

/* -- what is said of it -- */

struct signed_session {
    struct trace *trace;
    struct trace_session *session; /* its exchanges may be changed */
    struct replay_facts *facts;
};

static inline struct signed_session load_session(const char *text, size_t len)
{
    struct signed_session s;
    char why[200] = "";
    int status = trace_parse(text, len, "made", &s.trace, why, sizeof why);
    if (status != OK)
        print_error("%s\n", why);
    assert_int_equal(status, OK);
    s.session = &s.trace->sessions[0];
    s.facts = malloc(sizeof *s.facts);
    assert_non_null(s.facts);
    return s;
}

static inline void drop_session(struct signed_session *s)
{
    trace_destroy(s->trace);
    free(s->facts);
}

static inline cJSON *signatures_of(struct signed_session *s, const struct replay_keys *keys)
{
    replay_facts_read(s->session, s->facts);
    cJSON *out = replay_sign(s->facts, keys);
    assert_non_null(out);
    return out;
}

static inline const char *said(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    return text ? text : "";
}

static inline const cJSON *row_of(const cJSON *signatures, const char *check)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(signatures, "checks"))
    {
        if (strcmp(said(row, "check"), check) == 0)
            return row;
    }
    return NULL;
}

static inline void print_signatures(const cJSON *signatures)
{
    char *text = cJSON_PrintUnformatted(signatures);
    print_error("%s\n", text);
    free(text);
}

#endif
