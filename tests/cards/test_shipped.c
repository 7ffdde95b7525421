/*
 * Every shipped chip card through a whole online transaction over its own protocol, with lists filled as a terminal
 * does; both cryptograms recomputed as the issuer does from card_facts alone.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/cards/support.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <dirent.h>

struct dialogue {
    struct card *card;
    struct card_facts facts;
    enum ac_scheme scheme; /* of the last cryptogram */
    uint8_t answer[RAPDU_MAX], pool[4096];
    size_t len, pool_len;
    char arc[3];
};

/* One command; over T=0 with what a reader would do about 61xx and 6Cxx. */
static uint16_t exchange(struct dialogue *d, const struct capdu *command)
{
    uint8_t bytes[APDU_MAX];
    size_t len;
    assert_int_equal(capdu_encode(command, bytes, sizeof bytes, &len), OK);
    if (d->facts.protocol == 1) {
        card_apdu(d->card, bytes, len, d->answer, &d->len);
        return rapdu_sw(d->answer, d->len);
    }
    card_tpdu(d->card, bytes, command->lc && command->has_le ? len - 1 : len, d->answer, &d->len);
    uint16_t sw = rapdu_sw(d->answer, d->len), warning = sw >> 8 == 0x62 ? sw : 0;
    if (warning) {
        card_tpdu(d->card, (const uint8_t[]){0x00, 0xC0, 0x00, 0x00, 0x00}, 5, d->answer, &d->len);
        sw = rapdu_sw(d->answer, d->len);
    }
    if (sw >> 8 == 0x61 || (sw >> 8 == 0x6C && warning)) {
        card_tpdu(d->card, (const uint8_t[]){0x00, 0xC0, 0x00, 0x00, (uint8_t)sw}, 5, d->answer, &d->len);
    } else if (sw >> 8 == 0x6C) {
        bytes[4] = (uint8_t)sw;
        card_tpdu(d->card, bytes, 5, d->answer, &d->len);
    }
    return warning ? warning : rapdu_sw(d->answer, d->len);
}

static void gather(struct dialogue *d, const uint8_t *objects, size_t len)
{
    assert_true(d->pool_len + len <= sizeof d->pool);
    memcpy(d->pool + d->pool_len, objects, len);
    d->pool_len += len;
}

static const struct terminal_row {
    uint32_t tag;
    const char *value;
    size_t len;
} terminal[] = {
    {0x9F02, "\x00\x00\x00\x00\x12\x34", 6},
    {0x9F1A, "\x01\x56", 2},
    {0x95, "\x80\x00\x04\x80\x00", 5},
    {0x5F2A, "\x01\x56", 2},
    {0x9A, "\x26\x06\x15", 3},
    {0x9C, "\x00", 1},
    {0x9F37, "\x12\x34\x56\x78", 4},
    {0x9F21, "\x10\x00\x00", 3},
    {0x9F4E, "SHOP", 4},
    {0x9F03, "\x00\x00\x00\x00\x00\x00", 6},
};

static int value_of(void *ctx, uint32_t tag, const uint8_t **value, size_t *len)
{
    const struct dialogue *d = ctx;
    if (tag == 0x8A) {
        *value = (const uint8_t *)d->arc;
        *len = 2;
        return OK;
    }
    for (size_t i = 0; i < sizeof terminal / sizeof *terminal; i++) {
        if (terminal[i].tag == tag) {
            *value = (const uint8_t *)terminal[i].value;
            *len = terminal[i].len;
            return OK;
        }
    }
    return E_NOTFOUND;
}

static uint16_t generate(struct dialogue *d, uint8_t p1, uint32_t cdol_tag)
{
    struct tlv cdol;
    uint8_t data[255];
    size_t len;
    assert_int_equal(tlv_find(d->pool, d->pool_len, cdol_tag, &cdol), OK);
    assert_int_equal(dol_build(cdol.value, cdol.len, value_of, d, data, sizeof data, &len), OK);
    return exchange(
        d, &(struct capdu){
               .cla = 0x80, .ins = 0xAE, .p1 = p1, .lc = (uint8_t)len, .data = data, .has_le = true, .ne = 256});
}

/* The issuer's side: what DE55 would carry, and nothing else. Returns the CID. */
static uint8_t recompute(struct dialogue *d, const uint8_t aip[2], uint8_t ac[8], uint8_t sk[16])
{
    struct tlv answer, o;
    struct ac_input in = {0};
    uint8_t mk[16], given[8], cid;
    size_t at = 0;
    assert_int_equal(tlv_next(d->answer, d->len - 2, &at, &answer), OK);
    if (answer.tag == 0x80) {
        cid = answer.value[0];
        memcpy(in.atc, answer.value + 1, 2);
        memcpy(given, answer.value + 3, 8);
        in.iad = answer.value + 11;
        in.iad_len = answer.len - 11;
    } else {
        assert_int_equal(tlv_find(answer.value, answer.len, 0x9F27, &o), OK);
        cid = o.value[0];
        assert_int_equal(tlv_find(answer.value, answer.len, 0x9F36, &o), OK);
        memcpy(in.atc, o.value, 2);
        assert_int_equal(tlv_find(answer.value, answer.len, 0x9F26, &o), OK);
        memcpy(given, o.value, 8);
        assert_int_equal(tlv_find(answer.value, answer.len, 0x9F10, &o), OK);
        in.iad = o.value;
        in.iad_len = o.len;
    }
    enum ac_scheme scheme;
    assert_int_equal(
        ac_scheme_of(in.iad, in.iad_len, d->facts.scheme != AC_CVN10 && d->facts.scheme != AC_CVN18, &scheme), OK);
    if (d->facts.scheme != AC_PBOC_EITHER)
        assert_int_equal(scheme, d->facts.scheme);
    d->scheme = scheme;
    memcpy(in.amount, "\x00\x00\x00\x00\x12\x34", 6);
    memcpy(in.country, "\x01\x56", 2);
    memcpy(in.tvr, "\x80\x00\x04\x80\x00", 5);
    memcpy(in.currency, "\x01\x56", 2);
    memcpy(in.date, "\x26\x06\x15", 3);
    memcpy(in.un, "\x12\x34\x56\x78", 4);
    memcpy(in.aip, aip, 2);
    assert_int_equal(ac_master_key(scheme, d->facts.imk_ac, d->facts.pan, d->facts.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(scheme, mk, in.atc, sk), OK);
    assert_int_equal(ac_compute(scheme, sk, &in, ac), OK);
    assert_memory_equal(ac, given, 8);
    return cid;
}

static void initiate(struct dialogue *d, uint16_t selected, uint8_t aip[2])
{
    struct tlv pdol = {0}, options, o;
    uint8_t data[64] = {0x83}, afl[252];
    size_t len = 0, afl_len, at = 0;
    if (tlv_find_deep(d->answer, d->len - 2, 0x9F38, &pdol) == OK)
        assert_int_equal(dol_build(pdol.value, pdol.len, value_of, d, data + 2, sizeof data - 2, &len), OK);
    data[1] = (uint8_t)len;
    assert_true(selected == 0x9000 || selected == 0x6283);
    assert_int_equal(
        exchange(d,
                 &(struct capdu){
                     .cla = 0x80, .ins = 0xA8, .lc = (uint8_t)(len + 2), .data = data, .has_le = true, .ne = 256}),
        0x9000);
    assert_int_equal(tlv_next(d->answer, d->len - 2, &at, &options), OK);
    memcpy(aip, options.value, 2);
    afl_len = options.len - 2;
    memcpy(afl, options.value + 2, afl_len);
    if (options.tag == 0x77) {
        assert_int_equal(tlv_find(options.value, options.len, 0x82, &o), OK);
        memcpy(aip, o.value, 2);
        assert_int_equal(tlv_find(options.value, options.len, 0x94, &o), OK);
        afl_len = o.len;
        memcpy(afl, o.value, afl_len);
    }
    for (size_t i = 0; i < afl_len; i += 4) {
        for (unsigned r = afl[i + 1]; r <= afl[i + 2]; r++) {
            at = 0;
            assert_int_equal(
                exchange(d,
                         &(struct capdu){.ins = 0xB2, .p1 = (uint8_t)r, .p2 = afl[i] | 4, .has_le = true, .ne = 256}),
                0x9000);
            assert_int_equal(tlv_next(d->answer, d->len - 2, &at, &o), OK);
            gather(d, o.value, o.len);
        }
    }
}

static void pay_online(struct dialogue *d, uint16_t selected)
{
    uint8_t aip[2], ac[8], sk[16], arpc[10] = {0}, cid;
    bool csu = d->facts.scheme == AC_CVN18;
    initiate(d, selected, aip);
    assert_int_equal(generate(d, 0x80, 0x8C), 0x9000);
    cid = recompute(d, aip, ac, sk);
    assert_int_equal(cid, selected == 0x9000 ? 0x80 : 0x00);
    if (cid != 0x80)
        return;
    memcpy(arpc + (csu ? 4 : 8), csu ? "\x00\x80\x00\x00" : "00", csu ? 4 : 2);
    assert_int_equal(csu ? arpc_method2(sk, ac, arpc + 4, arpc) : arpc_method1(d->scheme, sk, ac, arpc + 8, arpc), OK);
    assert_int_equal(exchange(d, &(struct capdu){.ins = 0x82, .lc = csu ? 8 : 10, .data = arpc}), 0x9000);
    memcpy(d->arc, "00", 2);
    assert_int_equal(generate(d, 0x40, 0x8D), 0x9000);
    assert_int_equal(recompute(d, aip, ac, sk), 0x40);
}

static void every_shipped_chip_pays_online(void **state)
{
    (void)state;
    static const char *const aids[] = {"A000000333010101", "A000000333010102", "A0000000031010", "F0504254455354"};
    unsigned paid = 0;
    DIR *dir = opendir(TEST_ROOT "/cards/profiles");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char name[256];
        struct bench b;
        struct dialogue d;
        snprintf(name, sizeof name, "%s", e->d_name);
        if (!strstr(name, ".json") || strncmp(name, "select-", 7) == 0 || /* those do not get as far as this */
            strncmp(name, "card-fault-", 11) == 0)
            continue;
        *strstr(name, ".json") = '\0';
        bench_load(&b, name);
        for (size_t i = 0; i < sizeof aids / sizeof *aids; i++) {
            uint8_t aid[16];
            size_t aid_len;
            memset(&d, 0, sizeof d);
            d.card = b.card;
            card_facts(b.profile, &d.facts);
            assert_int_equal(hex_decode(aids[i], strlen(aids[i]), aid, sizeof aid, &aid_len), OK);
            uint16_t sw = exchange(
                &d, &(struct capdu){
                        .ins = 0xA4, .p1 = 0x04, .lc = (uint8_t)aid_len, .data = aid, .has_le = true, .ne = 256});
            if (sw == 0x6A82 || sw == 0x6A81)
                continue;
            print_message("%s %s\n", name, aids[i]);
            pay_online(&d, sw);
            paid++;
        }
        bench_close(&b);
    }
    closedir(dir);
    assert_true(paid >= 18);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_shipped_chip_pays_online)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
