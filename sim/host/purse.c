/*
 * Loads of electronic cash (DOMAIN 3.8, 3.9, 4.3): what the card says about its purse in 9F10, and the script that
 * writes the new balance into it. The issuer adds what was asked for to what the card has; how much the purse holds at
 * most is the card's own business: it refuses the script, and the terminal reverses. Called by authorise.c and
 * answer.c.
 *
 * Stated choices, unconfirmed: the layout of the issuer data (cards/purse.c has the same), and template 72.
 */
#include "sim/host/state.h"

#include "core/codec/hex.h"
#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <string.h>

#define BALANCE_LEN 6 /* 9F79: n12 */
#define MAC_LEN 4

/* 9F10 behind its own part: length, 01, balance n10, MAC. */
struct issuer_data {
    uint8_t len, kind, balance[5], mac[MAC_LEN];
};

static int script_key(const struct exchange *x, uint8_t sk[16])
{
    const struct host_account *a = &x->account->is;
    uint8_t mk[16];
    int status = ac_master_key(x->scheme, a->imk_smi, a->pan, *a->psn ? a->psn : "00", 0, mk);
    if (status == OK)
        status = script_session_key(x->scheme, mk, x->atc, sk);
    OPENSSL_cleanse(mk, sizeof mk);
    return status;
}

static bool read_issuer_data(const struct exchange *x, struct issuer_data *out)
{
    size_t len;
    const uint8_t *field = iso_get(x->request, 55, &len);
    struct tlv iad;
    if (!field || tlv_find(field, len, 0x9F10, &iad) || iad.len == 0 || iad.len < 1u + iad.value[0] + sizeof *out)
        return false;
    memcpy(out, iad.value + 1 + iad.value[0], sizeof *out);
    return out->len == sizeof *out - 1 && out->kind == 0x01;
}

static bool is_genuine(const struct exchange *x, const struct issuer_data *data)
{
    static const uint8_t header[4], no_cryptogram[8];
    uint8_t sk[16], mac[MAC_LEN];
    int status = script_key(x, sk);
    if (status == OK)
        status = script_mac(x->scheme, sk, header, 0, x->atc, no_cryptogram, &data->kind, 1 + sizeof data->balance, mac,
                            sizeof mac);
    OPENSSL_cleanse(sk, sizeof sk);
    return status == OK && CRYPTO_memcmp(mac, data->mac, sizeof mac) == 0;
}

const char *purse_check(struct exchange *x)
{
    struct issuer_data data;
    uint64_t before;
    bool from_account = strcmp(x->de60.type, "45") == 0;
    if (!x->chip_ok || !read_issuer_data(x, &data) || bcd_value(data.balance, sizeof data.balance, &before))
        return refuse(x, "57", "no purse in the chip data");
    if (!is_genuine(x, &data))
        return refuse(x, "05", "the purse's balance is not the card's word");
    if (from_account && x->account->is.balance_cents < (int64_t)x->amount_cents)
        return refuse(x, "51", "balance");
    x->load = true;
    x->purse_cents = before + x->amount_cents;
    return NULL;
}

void purse_put_script(const struct exchange *x, struct tlv_out *out)
{
    static const uint8_t header[4] = {0x04, 0xDA, 0x9F, 0x79}, id[4] = {0x00, 0x00, 0x00, 0x01};
    uint8_t command[5 + BALANCE_LEN + MAC_LEN] = {0x04, 0xDA, 0x9F, 0x79, BALANCE_LEN + MAC_LEN}, sk[16];
    size_t mark = out->len;
    if (!x->load || !host_is_approval(x->code) || bcd_from_value(x->purse_cents, command + 5, BALANCE_LEN))
        return;
    int status = script_key(x, sk);
    if (status == OK)
        status = script_mac(x->scheme, sk, header, command[4], x->atc, x->arqc, command + 5, BALANCE_LEN,
                            command + 5 + BALANCE_LEN, MAC_LEN);
    OPENSSL_cleanse(sk, sizeof sk);
    if (status)
        return;
    tlv_put(out, 0x9F18, id, sizeof id);
    tlv_put(out, 0x86, command, sizeof command);
    tlv_wrap(out, mark, 0x72);
}
