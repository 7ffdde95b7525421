/*
 * Issuer scripts with what only the issuer can add (DOMAIN 2.11, 3.8): the rule's templates (71, 72) are sent as they
 * are, but each command in them whose class says that it is secured gets its MAC, over this transaction's ATC and
 * cryptogram, and PIN CHANGE its enciphered delta PIN (cards/scripts.c tells how that is made). Commands stand in the
 * rule without both: header, Lc and clear data. Called by rules.c.
 */
#include "sim/host/state.h"

#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADER 4
#define MAC_LEN 4
#define INS_PIN_CHANGE 0x24
#define DELTA_LEN 16

struct keys {
    uint8_t ac[16], smi[16], smc[16]; /* of the card: the last two as session keys */
    uint8_t own[16];                  /* whose half goes into a delta PIN */
};

static int derive(const struct exchange *x, struct keys *out)
{
    const struct host_account *a = &x->account->is;
    const char *psn = *a->psn ? a->psn : "00";
    uint8_t smi[16], smc[16]; /* master keys */
    bool vsdc = x->scheme == AC_CVN10 || x->scheme == AC_CVN18;
    int status = ac_master_key(x->scheme, a->imk_ac, a->pan, psn, 0, out->ac);
    if (status == OK)
        status = ac_master_key(x->scheme, a->imk_smi, a->pan, psn, 0, smi);
    if (status == OK)
        status = ac_master_key(x->scheme, a->imk_smc, a->pan, psn, 0, smc);
    memcpy(out->own, vsdc ? out->ac : smc, sizeof out->own);
    if (status == OK)
        status = script_session_key(x->scheme, smi, x->atc, out->smi);
    if (status == OK)
        status = script_session_key(x->scheme, smc, x->atc, out->smc);
    OPENSSL_cleanse(smi, sizeof smi);
    OPENSSL_cleanse(smc, sizeof smc);
    return status;
}

static void add_digits(const char *pin, size_t first, uint8_t block[8])
{
    for (size_t i = 0; pin[i] && first + i < 16; i++)
        block[(first + i) / 2] ^= (uint8_t)((pin[i] - '0') << ((first + i) % 2 ? 0 : 4));
}

static int delta_pin(const struct exchange *x, const struct keys *k, bool with_old, uint8_t out[DELTA_LEN])
{
    const struct host_rule *r = x->rule;
    size_t digits = strlen(r->new_pin);
    uint8_t clear[DELTA_LEN] = {8}, *block = clear + 1;
    clear[9] = 0x80;
    block[0] = (uint8_t)digits;
    add_digits(r->new_pin, 2, block);
    for (size_t i = 2 + digits; i < 16; i++)
        block[i / 2] |= i % 2 ? 0x0F : 0xF0;
    for (size_t i = 4; i < 8; i++)
        block[i] ^= k->own[i];
    if (with_old)
        add_digits(r->old_pin, 0, block);
    int status = script_cipher(x->scheme, k->smc, 1, clear, sizeof clear, out);
    OPENSSL_cleanse(clear, sizeof clear);
    return status;
}

/* What the MAC is made over, and what the rule wants to be wrong about it. */
static int add_mac(const struct exchange *x, const struct keys *k, uint8_t *command, size_t data_len)
{
    uint8_t atc[2], ac[8], *mac = command + HEADER + 1 + data_len;
    enum host_script_mac how = x->rule->mac;
    memcpy(atc, x->atc, sizeof atc);
    memcpy(ac, x->arqc, sizeof ac);
    atc[1] ^= how == HOST_MAC_OTHER_ATC;
    ac[0] ^= how == HOST_MAC_OTHER_AC;
    int status =
        script_mac(x->scheme, k->smi, command, command[HEADER], atc, ac, command + HEADER + 1, data_len, mac, MAC_LEN);
    mac[0] ^= how == HOST_MAC_WRONG;
    return status;
}

/* A secured command from the rule's: `len` bytes in `in`. */
static int secure(const struct exchange *x, const struct keys *k, const struct tlv *in, uint8_t *out, size_t cap,
                  size_t *len)
{
    size_t data_len = in->len > HEADER + 1 ? in->len - HEADER - 1 : 0;
    bool pin = in->len >= HEADER && in->value[1] == INS_PIN_CHANGE && in->value[3] && *x->rule->new_pin;
    if (in->len < HEADER || HEADER + 1 + data_len + DELTA_LEN + MAC_LEN > cap)
        return E_LIMIT;
    memcpy(out, in->value, HEADER);
    if (data_len)
        memcpy(out + HEADER + 1, in->value + HEADER + 1, data_len);
    if (pin && delta_pin(x, k, in->value[3] == 0x01, out + HEADER + 1))
        return E_CRYPTO;
    data_len = pin ? DELTA_LEN : data_len;
    bool bare = x->rule->mac == HOST_MAC_NONE;
    out[HEADER] = (uint8_t)(data_len + (bare ? 0 : MAC_LEN));
    *len = HEADER + 1 + data_len + (bare ? 0 : MAC_LEN);
    return bare ? OK : add_mac(x, k, out, data_len);
}

static void put_template(const struct exchange *x, const struct keys *k, const struct tlv *template_,
                         struct tlv_out *out)
{
    struct tlv o;
    size_t at = 0, mark = out->len, len;
    uint8_t command[255];
    while (tlv_next(template_->value, template_->len, &at, &o) == OK) {
        bool secured = o.tag == 0x86 && o.len && (o.value[0] & 0x04);
        if (!secured)
            tlv_put(out, o.tag, o.value, o.len);
        else if (secure(x, k, &o, command, sizeof command, &len) == OK)
            tlv_put(out, o.tag, command, len);
        else
            out->status = E_LIMIT;
    }
    tlv_wrap(out, mark, template_->tag);
}

void issuer_script_add(const struct exchange *x, struct iso_message *answer)
{
    size_t len, at = 0;
    uint8_t bytes[HOST_FIELD55];
    const uint8_t *field = iso_get(answer, 55, &len);
    struct keys keys;
    struct tlv template_;
    struct tlv_out out;
    tlv_out_init(&out, bytes, sizeof bytes);
    if (field)
        tlv_put_raw(&out, field, len);
    if (!x->chip_ok || derive(x, &keys))
        return;
    while (tlv_next(x->rule->script, x->rule->script_len, &at, &template_) == OK)
        put_template(x, &keys, &template_, &out);
    if (out.status == OK)
        iso_set(answer, 55, out.bytes, out.len);
    OPENSSL_cleanse(&keys, sizeof keys);
}
