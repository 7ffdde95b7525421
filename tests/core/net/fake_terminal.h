/*
 * A terminal for the tests of core/net and core/app: virtual time, a modem with an acquirer behind it that a test
 * scripts, a secure element with real keys, and people who act when a screen appears. Written apart from the simulator,
 * so that neither can hide a mistake of the other.
 */
#ifndef POSBENCH_TESTS_CORE_NET_FAKE_TERMINAL_H
#define POSBENCH_TESTS_CORE_NET_FAKE_TERMINAL_H

#include "core/codec/des.h"
#include "core/codec/iso8583.h"
#include "core/codec/mac.h"
#include "core/codec/pinblock.h"
#include "tests/core/store/fake_fs.h"

#include <stdio.h>

#define FAKE_NEVER UINT64_MAX

struct fake_chunk {
    uint64_t at_us;
    uint8_t bytes[4096];
    size_t len, taken;
};
struct fake_terminal;
typedef void fake_host(struct fake_terminal *t, struct iso_message *request);

/* What a person does when `screen` is shown: keys ("12\r"), a swipe of track 2, a card in (1) or out (-1); nothing of
 * it: the power goes off. */
struct fake_act {
    const char *screen, *keys, *track2;
    int card;
};
#define KEYS(at, typed)                                                                                                \
    {                                                                                                                  \
        .screen = (at), .keys = (typed)                                                                                \
    }
#define SWIPE(at, track)                                                                                               \
    {                                                                                                                  \
        .screen = (at), .track2 = (track)                                                                              \
    }
#define CARD(at, in_or_out)                                                                                            \
    {                                                                                                                  \
        .screen = (at), .card = (in_or_out)                                                                            \
    }
#define POWER_OFF(at)                                                                                                  \
    {                                                                                                                  \
        .screen = (at)                                                                                                 \
    }
/* The card in the reader: one APDU. Negative: as hal_reader_ops.exchange. */
typedef int fake_card_answer(struct fake_terminal *t, const uint8_t *command, size_t len, uint8_t *answer,
                             size_t *answer_len);

struct fake_terminal {
    struct fake_fs fs;
    struct hal hal;
    uint64_t now_us;
    bool off;
    struct hal_datetime clock;
    bool clock_lost;
    /* line */
    bool line_up, connected, send_fails, hung_up;
    struct fake_chunk chunks[8];
    size_t chunk_count;
    unsigned connects, sends;
    fake_host *host;
    void *host_ctx;
    struct iso_message last; /* last request, as the host read it */
    struct iso_frame last_frame;
    uint8_t sent[4096];
    size_t sent_len;
    uint8_t header[6]; /* of the answers */
    /* secure element */
    struct {
        uint8_t key[24], len;
        enum hal_key_use use;
    } slots[8];
    unsigned key_loads, cut_at_key_load; /* the power goes before that load, counted from 1; 0 never */
    char pin[13];
    bool pin_mode;
    /* card */
    bool present, presence_changed;
    int reset_status; /* what power_on answers */
    fake_card_answer *card;
    /* people */
    const struct firmware_screen *screens;
    const char *screen; /* name of what is shown */
    char shown[64][32]; /* names of all screens, in order */
    size_t shown_count;
    char rows[HAL_DISPLAY_ROWS][64];
    char keys[64];
    size_t key_count, key_at;
    bool swipe_ready, stripe_on;
    struct hal_swipe swipe;
    const struct fake_act *acts;
    size_t act_count, act_at;
    /* printer */
    char slip[4096];
    unsigned cuts, lines, paper_for; /* paper_for: lines until it is out; 0 endless */
    bool paper_out;
};

#define FAKE_POWER(t)                                                                                                  \
    do {                                                                                                               \
        if ((t)->off || (t)->fs.off) {                                                                                 \
            (t)->off = true;                                                                                           \
            return HAL_E_POWER;                                                                                        \
        }                                                                                                              \
    } while (0)

/* ---- time and waiting --------------------------------------------------------------------------------------- */

static inline uint64_t ft_now(void *ctx)
{
    struct fake_terminal *t = ctx;
    return t->off ? HAL_FOREVER : ++t->now_us;
}

static inline uint32_t ft_ready(struct fake_terminal *t)
{
    uint32_t ready = 0;
    for (size_t i = 0; i < t->chunk_count; i++)
        if (t->chunks[i].taken < t->chunks[i].len && t->chunks[i].at_us <= t->now_us)
            ready |= HAL_SRC_MODEM;
    if (t->hung_up)
        ready |= HAL_SRC_MODEM;
    if (t->key_at < t->key_count)
        ready |= HAL_SRC_KEYPAD;
    if (t->swipe_ready)
        ready |= HAL_SRC_MAGSTRIPE;
    if (t->presence_changed)
        ready |= HAL_SRC_READER;
    return ready;
}

/* The next person's act, if it belongs to what is on the display. */
static inline bool ft_act(struct fake_terminal *t)
{
    if (t->act_at == t->act_count || !t->screen || strcmp(t->acts[t->act_at].screen, t->screen) != 0)
        return false;
    const struct fake_act *act = &t->acts[t->act_at++];
    if (act->keys) {
        t->key_at = 0;
        t->key_count = strlen(act->keys);
        memcpy(t->keys, act->keys, t->key_count);
    }
    if (act->track2 && t->stripe_on) {
        memset(&t->swipe, 0, sizeof t->swipe);
        snprintf(t->swipe.track[1], sizeof t->swipe.track[1], "%s", act->track2);
        t->swipe.ok[1] = t->swipe_ready = true;
    }
    if (act->card) {
        t->present = act->card > 0;
        t->presence_changed = true;
    }
    t->off |= !act->keys && !act->track2 && !act->card;
    return true;
}

static inline int ft_wait(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready)
{
    struct fake_terminal *t = ctx;
    for (;;) {
        FAKE_POWER(t);
        *ready = ft_ready(t) & sources;
        if (*ready)
            return OK;
        if (ft_act(t))
            continue;
        uint64_t next = FAKE_NEVER;
        for (size_t i = 0; i < t->chunk_count && sources & HAL_SRC_MODEM; i++)
            if (t->chunks[i].taken < t->chunks[i].len && t->chunks[i].at_us < next)
                next = t->chunks[i].at_us;
        if (next <= deadline_us && next != FAKE_NEVER) {
            t->now_us = next;
            continue;
        }
        if (deadline_us == HAL_FOREVER || (flags & HAL_WAIT_IDLE && t->act_at == t->act_count)) {
            t->off = true; /* nothing will happen any more: the end of the test */
            continue;
        }
        if (deadline_us > t->now_us)
            t->now_us = deadline_us;
        return HAL_E_TIMEOUT;
    }
}

static inline int ft_clock_get(void *ctx, struct hal_datetime *out)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    *out = t->clock;
    return t->clock_lost ? HAL_E_CLOCK : OK;
}

static inline int ft_clock_set(void *ctx, const struct hal_datetime *in)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->clock = *in;
    t->clock_lost = false;
    return OK;
}

/* ---- the line ------------------------------------------------------------------------------------------------- */

/* Bytes that arrive `delay_us` from now. */
static inline void ft_arrive(struct fake_terminal *t, uint64_t delay_us, const uint8_t *bytes, size_t len)
{
    struct fake_chunk *c = &t->chunks[t->chunk_count++];
    c->at_us = t->now_us + delay_us;
    c->len = len;
    c->taken = 0;
    memcpy(c->bytes, bytes, len);
}

/* Packs an answer; `mac`: DE64 under the MAK. Returns the framed length. */
static inline size_t ft_pack(struct fake_terminal *t, struct iso_message *answer, bool mac, uint8_t *out, size_t cap)
{
    uint8_t body[ISO_BODY_MAX], de64[8];
    size_t len = 0, total = 0;
    if (mac) {
        iso_pack(answer, true, body, sizeof body, &len);
        mac_cup_ecb(t->slots[2].key, t->slots[2].len, body, len, de64);
        iso_set(answer, 64, de64, 8);
    }
    iso_pack(answer, false, body, sizeof body, &len);
    struct iso_frame frame = {.tpdu = {0x60, 0x00, 0x00, 0x00, 0x03}, .body = body, .body_len = len};
    memcpy(frame.header, t->header, 6);
    iso_frame_pack(&frame, out, cap, &total);
    return total;
}

static inline void ft_answer(struct fake_terminal *t, struct iso_message *answer, bool mac)
{
    uint8_t bytes[4096];
    size_t len = ft_pack(t, answer, mac, bytes, sizeof bytes);
    ft_arrive(t, 1000, bytes, len);
}

/* An answer to `request` with everything that DOMAIN 5.5 asks for. */
static inline void ft_reply(const struct iso_message *request, const char *code, struct iso_message *answer)
{
    static const uint8_t echoed[] = {3, 4, 11, 25, 41, 42, 49, 60};
    char mti[5];
    memcpy(mti, request->mti, 5);
    mti[2]++;
    iso_init(answer, mti);
    for (size_t i = 0; i < sizeof echoed; i++) {
        size_t len;
        const uint8_t *value = iso_get(request, echoed[i], &len);
        if (value)
            iso_set(answer, echoed[i], value, len);
    }
    iso_set_text(answer, 12, "101500");
    iso_set_text(answer, 13, "0615");
    iso_set_text(answer, 37, "000000012345");
    iso_set_text(answer, 39, code);
    if (strcmp(code, "00") == 0 && request->mti[1] == '2')
        iso_set_text(answer, 38, "A1B2C3");
}

static inline int ft_modem_status(void *ctx, struct hal_modem_status *out)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    out->link = t->connected ? HAL_LINK_CONNECTED : t->line_up ? HAL_LINK_UP : HAL_LINK_DOWN;
    return OK;
}

static inline int ft_connect(void *ctx, const char *peer, uint64_t deadline_us)
{
    struct fake_terminal *t = ctx;
    (void)peer, (void)deadline_us;
    FAKE_POWER(t);
    t->connects++;
    if (!t->line_up)
        return HAL_E_DOWN;
    t->connected = true;
    return OK;
}

static inline int ft_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct fake_terminal *t = ctx;
    uint8_t bad;
    FAKE_POWER(t);
    if (t->send_fails)
        return HAL_E_DOWN;
    t->sends++;
    memcpy(t->sent, bytes, len);
    t->sent_len = len;
    if (iso_frame_unpack(t->sent, len, &t->last_frame) ||
        iso_unpack(t->last_frame.body, t->last_frame.body_len, &t->last, &bad))
        return HAL_E_IO;
    if (t->host)
        t->host(t, &t->last);
    return OK;
}

static inline int ft_receive(void *ctx, uint8_t *bytes, size_t cap, size_t *len)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    for (size_t i = 0; i < t->chunk_count; i++) {
        struct fake_chunk *c = &t->chunks[i];
        size_t left = c->len - c->taken;
        if (!left || c->at_us > t->now_us)
            continue;
        *len = left < cap ? left : cap;
        memcpy(bytes, c->bytes + c->taken, *len);
        c->taken += *len;
        return OK;
    }
    return t->hung_up ? HAL_E_CLOSED : HAL_E_EMPTY;
}

static inline int ft_disconnect(void *ctx)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->connected = t->hung_up = false;
    t->chunk_count = 0;
    return OK;
}

/* ---- secure element ---------------------------------------------------------------------------------------------- */

static inline int ft_key_load(void *ctx, unsigned slot, enum hal_key_use use, unsigned under, const uint8_t *wrapped,
                              size_t len, const uint8_t kcv[4])
{
    struct fake_terminal *t = ctx;
    uint8_t key[24], check[4];
    t->off |= ++t->key_loads == t->cut_at_key_load;
    FAKE_POWER(t);
    if (tdes_ecb(t->slots[under].key, t->slots[under].len, 0, wrapped, len, key) || tdes_kcv(key, len, check, 4))
        return E_CRYPTO;
    if (memcmp(check, kcv, 4) != 0)
        return E_VERIFY;
    memcpy(t->slots[slot].key, key, len);
    t->slots[slot].len = (uint8_t)len;
    t->slots[slot].use = use;
    return OK;
}

static inline int ft_mac(void *ctx, unsigned slot, enum hal_mac kind, const uint8_t *data, size_t len, uint8_t mac[8])
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    if (kind != HAL_MAC_CUP_ECB || !t->slots[slot].len)
        return HAL_E_NOENT;
    if (t->slots[slot].use != HAL_USE_MAK)
        return HAL_E_DENIED;
    return mac_cup_ecb(t->slots[slot].key, t->slots[slot].len, data, len, mac);
}

static inline int ft_pin_len(void *ctx, uint8_t *len)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    *len = (uint8_t)strlen(t->pin);
    return OK;
}

static inline int ft_pin_block(void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13],
                               uint8_t block[8])
{
    struct fake_terminal *t = ctx;
    uint8_t clear[8];
    FAKE_POWER(t);
    if (!t->slots[slot].len || strlen(t->pin) < 4)
        return E_STATE;
    int r = pinblock_format0(t->pin, format == HAL_PIN_ISO0 ? pan12 : NULL, clear);
    memset(t->pin, 0, sizeof t->pin);
    return r ? r : tdes_ecb(t->slots[slot].key, t->slots[slot].len, 1, clear, 8, block);
}

static inline int ft_pin_wipe(void *ctx)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    memset(t->pin, 0, sizeof t->pin);
    return OK;
}

/* ---- people ---------------------------------------------------------------------------------------------------------
 */

static inline int ft_key_read(void *ctx, enum hal_key *key)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    if (t->key_at == t->key_count)
        return HAL_E_EMPTY;
    char c = t->keys[t->key_at++];
    *key = (enum hal_key)(unsigned char)c;
    if (t->pin_mode && c >= '0' && c <= '9') {
        size_t len = strlen(t->pin);
        if (len < 12)
            t->pin[len] = c;
        *key = HAL_KEY_MASKED;
    }
    if (t->pin_mode && c == HAL_KEY_CLEAR)
        memset(t->pin, 0, sizeof t->pin);
    return OK;
}

static inline int ft_flush(void *ctx)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->key_at = t->key_count;
    return OK;
}

static inline int ft_pin_mode(void *ctx, bool on, uint8_t max_len)
{
    struct fake_terminal *t = ctx;
    (void)max_len;
    FAKE_POWER(t);
    t->pin_mode = on;
    return OK;
}

static inline int ft_show(void *ctx, uint16_t screen, const char *const *rows, size_t count)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->screen = "?";
    for (const struct firmware_screen *s = t->screens; s && s->id; s++)
        if (s->id == screen)
            t->screen = s->name;
    if (t->shown_count < 64 && (!t->shown_count || strcmp(t->shown[t->shown_count - 1], t->screen) != 0))
        snprintf(t->shown[t->shown_count++], sizeof t->shown[0], "%s", t->screen);
    memset(t->rows, 0, sizeof t->rows);
    for (size_t i = 0; i < count && i < HAL_DISPLAY_ROWS; i++)
        snprintf(t->rows[i], sizeof t->rows[0], "%s", rows[i]);
    return OK;
}

static inline int ft_stripe_enable(void *ctx, bool on)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->stripe_on = on;
    return OK;
}

static inline int ft_stripe_read(void *ctx, struct hal_swipe *out)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    if (!t->swipe_ready)
        return HAL_E_EMPTY;
    *out = t->swipe;
    t->swipe_ready = false;
    return OK;
}

static inline int ft_reader_status(void *ctx, struct hal_reader_status *out)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    out->present = t->present;
    t->presence_changed = false;
    return OK;
}

static inline int ft_reader_level(void *ctx, enum hal_reader_level *out)
{
    FAKE_POWER((struct fake_terminal *)ctx);
    *out = HAL_READER_TPDU;
    return OK;
}

/* A T=1 card, so that each exchange is one whole APDU. */
static inline int ft_card_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    static const uint8_t t1[] = {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0x7C, 0x41, 0x92};
    struct fake_terminal *t = ctx;
    (void)warm;
    FAKE_POWER(t);
    if (!t->present)
        return HAL_E_ABSENT;
    memcpy(atr, t1, sizeof t1);
    *atr_len = sizeof t1;
    return t->reset_status;
}

static inline int ft_card_off(void *ctx)
{
    FAKE_POWER((struct fake_terminal *)ctx);
    return OK;
}

static inline int ft_card_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                                   size_t cap, size_t *answer_len)
{
    struct fake_terminal *t = ctx;
    (void)protocol, (void)cap;
    FAKE_POWER(t);
    return t->present ? t->card(t, command, len, answer, answer_len) : HAL_E_REMOVED;
}

static inline int ft_print(void *ctx, const char *text, unsigned style)
{
    struct fake_terminal *t = ctx;
    (void)style;
    FAKE_POWER(t);
    if (t->paper_out || (t->paper_for && t->lines == t->paper_for)) {
        t->paper_out = true;
        return HAL_E_PAPER;
    }
    t->lines++;
    size_t used = strlen(t->slip);
    snprintf(t->slip + used, sizeof t->slip - used, "%s\n", text);
    return OK;
}

static inline int ft_cut(void *ctx)
{
    struct fake_terminal *t = ctx;
    FAKE_POWER(t);
    t->cuts++;
    return OK;
}

static inline bool ft_has_shown(const struct fake_terminal *t, const char *screen)
{
    for (size_t i = 0; i < t->shown_count; i++)
        if (strcmp(t->shown[i], screen) == 0)
            return true;
    return false;
}

/* ---- the whole
 * -------------------------------------------------------------------------------------------------------- */

static const struct hal_wait_ops ft_wait_ops = {.wait = ft_wait};
static const struct hal_clock_ops ft_clock_ops = {.now = ft_now, .get = ft_clock_get, .set = ft_clock_set};
static const struct hal_modem_ops ft_modem_ops = {.status = ft_modem_status,
                                                  .connect = ft_connect,
                                                  .send = ft_send,
                                                  .receive = ft_receive,
                                                  .disconnect = ft_disconnect};
static const struct hal_se_ops ft_se_ops = {
    .key_load = ft_key_load, .mac = ft_mac, .pin_len = ft_pin_len, .pin_block = ft_pin_block, .pin_wipe = ft_pin_wipe};
static const struct hal_keypad_ops ft_keypad_ops = {.read = ft_key_read, .flush = ft_flush, .pin_mode = ft_pin_mode};
static const struct hal_display_ops ft_display_ops = {.show = ft_show};
static const struct hal_magstripe_ops ft_magstripe_ops = {.enable = ft_stripe_enable, .read = ft_stripe_read};
static const struct hal_reader_ops ft_reader_ops = {.status = ft_reader_status,
                                                    .level = ft_reader_level,
                                                    .power_on = ft_card_on,
                                                    .power_off = ft_card_off,
                                                    .exchange = ft_card_exchange};
static const struct hal_printer_ops ft_printer_ops = {.line = ft_print, .cut = ft_cut};

static inline void ft_set_key(struct fake_terminal *t, unsigned slot, enum hal_key_use use, const uint8_t *key,
                              size_t len)
{
    memcpy(t->slots[slot].key, key, len);
    t->slots[slot].len = (uint8_t)len;
    t->slots[slot].use = use;
}

static inline void ft_power_on(struct fake_terminal *t)
{
    t->off = t->connected = t->hung_up = t->pin_mode = t->swipe_ready = false;
    t->chunk_count = t->key_count = t->key_at = t->shown_count = 0;
    t->key_loads = t->cut_at_key_load = 0;
    memset(t->pin, 0, sizeof t->pin);
}

/* The TMK is in; the working keys are not. */
static inline void ft_init(struct fake_terminal *t)
{
    static const uint8_t tmk[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                    0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10};
    memset(t, 0, sizeof *t);
    fake_init(&t->fs);
    t->hal = (struct hal){.fs = {&fake_fs_ops, &t->fs},
                          .rng = {&fake_rng_ops, NULL},
                          .wait = {&ft_wait_ops, t},
                          .clock = {&ft_clock_ops, t},
                          .modem = {&ft_modem_ops, t},
                          .se = {&ft_se_ops, t},
                          .keypad = {&ft_keypad_ops, t},
                          .display = {&ft_display_ops, t},
                          .magstripe = {&ft_magstripe_ops, t},
                          .reader = {&ft_reader_ops, t},
                          .printer = {&ft_printer_ops, t}};
    t->clock = (struct hal_datetime){2026, 6, 15, 10, 0, 0};
    t->line_up = true;
    ft_set_key(t, 0, HAL_USE_TMK, tmk, sizeof tmk);
}

static inline void ft_clear(struct fake_terminal *t)
{
    fake_clear(&t->fs);
}

/* DE62 of a sign-in 003: PIK of 16 bytes, MAK of 8 filled up to 16, with their check values. */
static inline void ft_wrap_keys(const struct fake_terminal *t, const uint8_t pik[16], const uint8_t mak[8],
                                uint8_t out[40])
{
    memset(out, 0, 40);
    tdes_ecb(t->slots[0].key, 16, 1, pik, 16, out);
    tdes_kcv(pik, 16, out + 16, 4);
    tdes_ecb(t->slots[0].key, 16, 1, mak, 8, out + 20);
    tdes_kcv(mak, 8, out + 36, 4);
}

#endif
