/* The secure element: keys, MAC and its durable state. PIN, signatures, sealing: se_pin.c, se_verify.c, se_seal.c. */
#include "sim/devices/se.h"

#include "core/codec/des.h"
#include "core/codec/mac.h"
#include "sim/devices/se_ops.h"

#include <string.h>

#define SM4_KEY 16

static bool is_key_len(enum hal_key_algorithm algorithm, size_t len)
{
    return algorithm == HAL_ALG_SM4 ? len == SM4_KEY
                                    : algorithm == HAL_ALG_TDES && (len == 8 || len == 16 || len == 24);
}

static bool is_use(enum hal_key_use use)
{
    return use == HAL_USE_TMK || use == HAL_USE_PIK || use == HAL_USE_MAK || use == HAL_USE_TDK;
}

int se_key(struct sim_se *d, unsigned slot, enum hal_key_use use, const struct sim_se_key **out)
{
    if (slot >= HAL_SE_SLOTS)
        return E_INVAL;
    const struct sim_se_key *key = &d->durable.slots[slot];
    if (key->use == HAL_USE_NONE)
        return HAL_E_NOENT;
    if (key->use != use)
        return HAL_E_DENIED;
    *out = key;
    return OK;
}

/* Check value: the first 4 bytes of encrypting zeros. */
static int check_value(enum hal_key_algorithm algorithm, const uint8_t *key, size_t len, uint8_t kcv[4])
{
    if (algorithm == HAL_ALG_TDES)
        return tdes_kcv(key, len, kcv, 4);
    const uint8_t zeros[SM4_KEY] = {0};
    uint8_t block[SM4_KEY];
    int rc = sm4_ecb(key, 1, zeros, sizeof zeros, block);
    memcpy(kcv, block, 4);
    return rc;
}

static int make_key(enum hal_key_use use, enum hal_key_algorithm algorithm, const uint8_t *bytes, size_t len,
                    struct sim_se_key *out)
{
    *out = (struct sim_se_key){.use = (uint8_t)use, .algorithm = (uint8_t)algorithm, .len = (uint8_t)len};
    memcpy(out->key, bytes, len);
    return check_value(algorithm, bytes, len, out->kcv);
}

static int se_key_info(void *ctx, unsigned slot, struct hal_key_info *out)
{
    struct sim_se *d = ctx;
    if (slot >= HAL_SE_SLOTS)
        return E_INVAL;
    const struct sim_se_key *key = &d->durable.slots[slot];
    if (key->use == HAL_USE_NONE)
        return HAL_E_NOENT;
    *out = (struct hal_key_info){.use = key->use, .algorithm = key->algorithm, .len = key->len};
    memcpy(out->kcv, key->kcv, sizeof out->kcv);
    return OK;
}

/* The two durable changes, each at once and wholly, as hal.h promises. */
struct key_change {
    struct sim_se_key *slot;
    const struct sim_se_key *fresh;
};
struct floor_change {
    struct sim_se *se;
    uint32_t version;
};

static int store_key(void *ctx)
{
    const struct key_change *c = ctx;
    *c->slot = *c->fresh;
    return OK;
}

static int store_floor(void *ctx)
{
    const struct floor_change *c = ctx;
    c->se->durable.floor = c->version;
    return OK;
}

static int se_key_load(void *ctx, unsigned slot, enum hal_key_use use, unsigned under, const uint8_t *wrapped,
                       size_t len, const uint8_t kcv[4])
{
    struct sim_se *d = ctx;
    const struct sim_se_key *master = NULL;
    struct sim_se_key fresh = {0};
    uint8_t clear[sizeof fresh.key] = {0};
    if (slot >= HAL_SE_SLOTS || !is_use(use))
        return E_INVAL;
    int rc = se_key(d, under, HAL_USE_TMK, &master);
    if (rc != OK)
        return rc;
    if (!is_key_len(master->algorithm, len))
        return E_INVAL;
    rc = master->algorithm == HAL_ALG_SM4 ? sm4_ecb(master->key, 0, wrapped, len, clear)
                                          : tdes_ecb(master->key, master->len, 0, wrapped, len, clear);
    if (rc == OK)
        rc = make_key(use, master->algorithm, clear, len, &fresh);
    if (rc == OK && memcmp(fresh.kcv, kcv, sizeof fresh.kcv) != 0)
        rc = E_VERIFY;
    if (rc == OK)
        rc = sim_port_change(d->port, OP_KEY, "se", store_key, &(struct key_change){&d->durable.slots[slot], &fresh});
    explicit_bzero(clear, sizeof clear);
    explicit_bzero(&fresh, sizeof fresh);
    return rc;
}

static int se_mac(void *ctx, unsigned slot, enum hal_mac kind, const uint8_t *data, size_t len, uint8_t mac[8])
{
    const struct sim_se_key *key = NULL;
    int rc = se_key(ctx, slot, HAL_USE_MAK, &key);
    if (rc != OK)
        return rc;
    if (len > SIM_SE_DATA_MAX)
        return E_LIMIT;
    uint8_t result[8];
    rc = HAL_E_UNSUPPORTED; /* a kind that is not defined for this key */
    if (kind == HAL_MAC_CUP_ECB && key->algorithm == HAL_ALG_SM4)
        rc = mac_cup_sm4(key->key, data, len, result);
    else if (kind == HAL_MAC_CUP_ECB && key->len <= 16)
        rc = mac_cup_ecb(key->key, key->len, data, len, result);
    else if (kind == HAL_MAC_X9_9 && key->len == 8)
        rc = mac_x9_9(key->key, data, len, result);
    else if (kind == HAL_MAC_X9_19 && key->algorithm == HAL_ALG_TDES && key->len == 16)
        rc = mac_iso9797_3(key->key, 1, data, len, result);
    if (rc == OK)
        memcpy(mac, result, sizeof result);
    return rc;
}

static int se_floor_get(void *ctx, uint32_t *version)
{
    const struct sim_se *d = ctx;
    *version = d->durable.floor;
    return OK;
}

static int se_floor_raise(void *ctx, uint32_t version)
{
    struct sim_se *d = ctx;
    if (version < d->durable.floor)
        return E_STATE;
    return sim_port_change(d->port, OP_KEY, "se", store_floor, &(struct floor_change){d, version});
}

static const struct hal_se_ops SE_OPS = {
    .key_info = se_key_info,
    .key_load = se_key_load,
    .mac = se_mac,
    .pin_len = se_pin_len,
    .pin_block = se_pin_block,
    .pin_wipe = se_pin_wipe,
    .pin_verify = se_pin_verify,
    .verify = se_verify,
    .seal = se_seal,
    .unseal = se_unseal,
    .floor_get = se_floor_get,
    .floor_raise = se_floor_raise,
};

static void se_reset(void *device)
{
    sim_se_pin_clear(device);
}

/* Field by field: padding is not state. */
static void se_hash(const void *device, void (*feed)(void *ctx, const void *bytes, size_t len), void *ctx)
{
    const struct sim_se_durable *s = &((const struct sim_se *)device)->durable;
    for (size_t i = 0; i < HAL_SE_SLOTS; i++) {
        const struct sim_se_key *key = &s->slots[i];
        const uint8_t head[] = {key->use, key->algorithm, key->len};
        feed(ctx, head, sizeof head);
        feed(ctx, key->key, sizeof key->key);
    }
    const uint8_t version[] = {(uint8_t)(s->floor >> 24), (uint8_t)(s->floor >> 16), (uint8_t)(s->floor >> 8),
                               (uint8_t)s->floor};
    feed(ctx, version, sizeof version);
    feed(ctx, s->firmware_key, sizeof s->firmware_key);
}

const struct sim_device_class sim_se_class = {.name = "se", .reset = se_reset, .hash = se_hash};

void sim_se_init(struct sim_se *d, const struct sim_port *port, const struct hal_reader *reader,
                 const uint8_t firmware_key[32])
{
    *d = (struct sim_se){.port = port};
    if (reader)
        d->reader = *reader;
    memcpy(d->durable.firmware_key, firmware_key, sizeof d->durable.firmware_key);
}

struct hal_se sim_se_hal(struct sim_se *d)
{
    return (struct hal_se){&SE_OPS, d};
}

int sim_se_burn(struct sim_se *d, unsigned slot, enum hal_key_use use, enum hal_key_algorithm algorithm,
                const uint8_t *key, size_t len)
{
    struct sim_se_key fresh = {0};
    if (slot >= HAL_SE_SLOTS || !is_use(use) || !is_key_len(algorithm, len))
        return E_INVAL;
    int rc = make_key(use, algorithm, key, len, &fresh);
    if (rc == OK)
        d->durable.slots[slot] = fresh;
    explicit_bzero(&fresh, sizeof fresh);
    return rc;
}

void sim_se_clear(struct sim_se *d)
{
    explicit_bzero(d->durable.slots, sizeof d->durable.slots);
    explicit_bzero(d->memo, sizeof d->memo);
    d->memo_next = 0;
    sim_se_pin_clear(d);
}
