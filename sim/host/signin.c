/*
 * Network management: sign-in with fresh working keys (0800 60.3 = 001, 003), sign-off (0820/002) and echo (301);
 * DOMAIN 4.4, 4.8, 8.2. A sign-in counts from the moment the host answers: if that answer is lost, the terminal's old
 * MAK is wrong.
 */
#include "sim/host/state.h"

#include "core/codec/des.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define KCV_LEN 4

/* Lengths of the working keys, and of the place that the MAK has in DE62. */
static const struct key_layout {
    const char *network;
    uint8_t pik, mak, mak_place;
} layouts[] = {{"001", 8, 8, 8}, {"003", 16, 8, 16}};

static const struct key_layout *find_layout(const char *network)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (strcmp(layouts[i].network, network) == 0)
            return &layouts[i];
    return NULL;
}

static void put_number(uint8_t out[8], uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* The host's own stream: SHA-256 of seed, terminal and sign-in, so that nobody else's draws move it. A terminal that
 * lost the answer and asks again gets the same keys, as long as none of them was used. */
static int fresh_keys(struct exchange *x, const struct key_layout *layout)
{
    struct terminal_state *t = x->terminal;
    uint8_t input[8 + 8 + 8] = {0}, drawn[EVP_MAX_MD_SIZE];
    put_number(input, x->h->seed);
    memcpy(input + 8, t->is.terminal_id, strlen(t->is.terminal_id));
    if (t->keys_used || t->sign_ins == 0)
        t->sign_ins++;
    t->keys_used = false;
    put_number(input + 16, t->sign_ins % HOST_KEY_CYCLE);
    if (EVP_Digest(input, sizeof input, drawn, NULL, EVP_sha256(), NULL) != 1)
        return E_CRYPTO;
    memcpy(t->pik, drawn, layout->pik);
    memcpy(t->mak, drawn + 16, layout->mak);
    des_parity(t->pik, layout->pik);
    des_parity(t->mak, layout->mak);
    t->pik_len = layout->pik;
    t->mak_len = layout->mak;
    OPENSSL_cleanse(drawn, sizeof drawn);
    return OK;
}

/* One key into DE62: under the TMK, filled up to its place, then its check value. */
static int put_key(struct exchange *x, const uint8_t *key, size_t len, size_t place)
{
    uint8_t *to = x->field62 + x->field62_len;
    memset(to, 0, place);
    int status = tdes_ecb(x->terminal->is.tmk, sizeof x->terminal->is.tmk, 1, key, len, to);
    if (status == OK)
        status = tdes_kcv(key, len, to + place, KCV_LEN);
    x->field62_len += place + KCV_LEN;
    return status;
}

const char *signin_keys(struct exchange *x)
{
    const struct key_layout *layout = find_layout(x->de60.network);
    if (!x->terminal)
        return refuse(x, "97", "unknown terminal");
    if (rules_is_code(x) && !host_is_approval(x->rule->code))
        return refuse(x, x->rule->code, "scripted");
    if (fresh_keys(x, layout) || put_key(x, x->terminal->pik, layout->pik, layout->pik) ||
        put_key(x, x->terminal->mak, layout->mak, layout->mak_place)) {
        x->field62_len = 0;
        return refuse(x, "96", "key generation failed");
    }
    return rules_is_code(x) ? x->rule->code : "00";
}

const char *signin_off(struct exchange *x)
{
    if (!x->terminal)
        return refuse(x, "97", "unknown terminal");
    if (rules_is_code(x) && !host_is_approval(x->rule->code))
        return refuse(x, x->rule->code, "scripted");
    OPENSSL_cleanse(x->terminal->pik, sizeof x->terminal->pik);
    OPENSSL_cleanse(x->terminal->mak, sizeof x->terminal->mak);
    x->terminal->pik_len = x->terminal->mak_len = 0;
    return rules_is_code(x) ? x->rule->code : "00";
}

const char *signin_echo(struct exchange *x)
{
    if (!x->terminal)
        return refuse(x, "97", "unknown terminal");
    return rules_is_code(x) ? refuse(x, x->rule->code, "scripted") : "00";
}
