/*
 * The issuer's look at DE55: the cryptogram is recomputed from the card's own data under the account's scheme
 * (DOMAIN 3.6, 3.7, 4.5a), and the answer gets its issuer authentication data (91). Wrong cryptogram: 05; one that
 * cannot be computed: A7.
 */
#include "sim/host/state.h"

#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define CID_MASK 0xC0
#define CID_ARQC 0x80
#define CID_TC 0x40

struct chip_data {
    struct ac_input input;
    uint8_t arqc[8], cid;
};

/* Where each object of DE55 goes, and whether the cryptogram can be judged without it. */
static const struct chip_row {
    uint32_t tag;
    uint8_t len;
    bool needed;
    size_t offset;
} rows[] = {
    {0x9F26, 8, true, offsetof(struct chip_data, arqc)},
    {0x9F27, 1, false, offsetof(struct chip_data, cid)},
    {0x9F02, 6, true, offsetof(struct chip_data, input.amount)},
    {0x9F03, 6, false, offsetof(struct chip_data, input.other)},
    {0x9F1A, 2, true, offsetof(struct chip_data, input.country)},
    {0x95, 5, true, offsetof(struct chip_data, input.tvr)},
    {0x5F2A, 2, true, offsetof(struct chip_data, input.currency)},
    {0x9A, 3, true, offsetof(struct chip_data, input.date)},
    {0x9C, 1, true, offsetof(struct chip_data, input.type)},
    {0x9F37, 4, true, offsetof(struct chip_data, input.un)},
    {0x82, 2, true, offsetof(struct chip_data, input.aip)},
    {0x9F36, 2, true, offsetof(struct chip_data, input.atc)},
};

static const char *read_chip_data(struct exchange *x, struct chip_data *out)
{
    size_t len;
    const uint8_t *field = iso_get(x->request, 55, &len);
    struct tlv object;
    *out = (struct chip_data){.cid = CID_ARQC};
    if (tlv_check(field, len))
        return refuse(x, "30", "chip data are no TLV");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool found = tlv_find(field, len, rows[i].tag, &object) == OK;
        if (found ? object.len != rows[i].len : rows[i].needed)
            return refuse(x, "30", "chip data object missing or wrong");
        if (found)
            memcpy((uint8_t *)out + rows[i].offset, object.value, rows[i].len);
    }
    if (tlv_find(field, len, 0x9F10, &object))
        return refuse(x, "30", "no issuer application data");
    out->input.iad = object.value;
    out->input.iad_len = object.len;
    return NULL;
}

/* What the card signed must be what the message asks for. */
static const char *check_signed(struct exchange *x, const struct chip_data *chip)
{
    uint64_t amount, currency;
    char digits[4];
    iso_text(x->request, 49, digits, sizeof digits);
    if (bcd_value(chip->input.amount, 6, &amount) || bcd_value(chip->input.currency, 2, &currency))
        return refuse(x, "30", "amount or currency in chip data");
    if (iso_has(x->request, 4) && amount != x->amount_cents)
        return refuse(x, "13", "the card signed another amount");
    if (currency != strtoul(digits, NULL, 10))
        return refuse(x, "A1", "the card signed another currency");
    return NULL;
}

/* 9F10 tells 3DES from SM4; an account takes the one it was issued with, or either. What tells neither counts as the
 * account's own, and the cryptogram will say the rest. */
static bool pick_scheme(const struct host_account *a, const struct ac_input *in, enum ac_scheme *out)
{
    bool either = a->scheme == AC_PBOC_EITHER, pboc = either || a->scheme == AC_PBOC || a->scheme == AC_PBOC_SM4;
    enum ac_scheme told;
    *out = either ? AC_PBOC : a->scheme;
    if (!pboc || ac_scheme_of(in->iad, in->iad_len, true, &told) != OK)
        return !either || in->iad_len < 8;
    *out = told;
    return either || told == a->scheme;
}

/* A tap may be sent with the TC that its card gave, where the terminal could not take it (9F6C; DOMAIN 3.9). */
static bool type_fits(const struct exchange *x, uint8_t type)
{
    char entry[8] = "";
    if (x->upload)
        return type == CID_TC;
    return type == CID_ARQC ||
           (type == CID_TC && iso_text(x->request, 22, entry, sizeof entry) == OK && strncmp(entry, "07", 2) == 0);
}

static const char *check_cryptogram(struct exchange *x, const struct chip_data *chip)
{
    const struct host_account *a = &x->account->is;
    uint8_t mk[16], ac[8];
    if (!pick_scheme(a, &chip->input, &x->scheme))
        return refuse(x, "05", "cryptogram by an algorithm that is not the account's");
    memcpy(x->arqc, chip->arqc, sizeof x->arqc);
    memcpy(x->atc, chip->input.atc, sizeof x->atc);
    int status = ac_master_key(x->scheme, a->imk_ac, a->pan, *a->psn ? a->psn : "00", 0, mk);
    if (status == OK)
        status = ac_session_key(x->scheme, mk, x->atc, x->sk);
    if (status == OK)
        status = ac_compute(x->scheme, x->sk, &chip->input, ac);
    OPENSSL_cleanse(mk, sizeof mk);
    if (status)
        return refuse(x, "A7", "cryptogram cannot be computed");
    if (CRYPTO_memcmp(ac, chip->arqc, sizeof ac) != 0)
        return refuse(x, "05", "wrong cryptogram");
    x->chip_ok = true;
    if (!type_fits(x, chip->cid & CID_MASK))
        return refuse(x, "05", x->upload ? "not an approval of the card" : "not an online cryptogram");
    return NULL;
}

const char *chip_check(struct exchange *x)
{
    struct chip_data chip;
    if (!iso_has(x->request, 55))
        return NULL;
    if (!x->account->is.has_chip)
        return refuse(x, "05", "this account has no chip");
    const char *code = read_chip_data(x, &chip);
    if (!code)
        code = check_cryptogram(x, &chip);
    if (!code)
        code = check_signed(x, &chip);
    return code;
}

/* CVN18 answers by method 2 with a card status update: approval is bit 8 of its second byte (EMV Book 3, CSU). */
int chip_issuer_data(const struct exchange *x, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t csu[4] = {0, host_is_approval(x->code) ? 0x80 : 0, 0, 0};
    *len = 0;
    if (!x->chip_ok)
        return E_NOTFOUND;
    if (cap < 10)
        return E_LIMIT;
    bool csu_form = x->scheme == AC_CVN18;
    int status = csu_form ? arpc_method2(x->sk, x->arqc, csu, out)
                          : arpc_method1(x->scheme, x->sk, x->arqc, (const uint8_t *)x->code, out);
    if (status)
        return status;
    if (csu_form)
        memcpy(out + 4, csu, 4);
    else
        memcpy(out + 8, x->code, 2);
    *len = csu_form ? 8 : 10;
    return OK;
}
