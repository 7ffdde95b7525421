#include "scenarios/engine/served_card.h"

#include "core/codec/atr.h"
#include "scenarios/engine/card_shared.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* -- the ops of a reader -- */

static int take_time(const struct served_card *c, uint64_t us)
{
    return c->paced && peer_sleep(c->stop, (us + 500) / 1000) != OK ? HAL_E_POWER : OK;
}

static void reset(struct served_card *c)
{
    if (c->card)
        card_reset(c->card);
    else
        trace_card_reset(c->played);
}

static int power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct served_card *c = ctx;
    (void)warm;
    reset(c);
    memcpy(atr, c->atr, c->atr_len);
    *atr_len = c->atr_len;
    return take_time(c, CARD_RESET_US + c->atr_len * CARD_CHARACTER_US);
}

static int power_off(void *ctx)
{
    reset(ctx);
    return OK;
}

/* A program of PC/SC may send a whole command to a T=0 card; there is no room for an Le behind data. */
static size_t without_le(const uint8_t *command, size_t len)
{
    return len > 6 && command[4] && len == 6u + command[4] ? len - 1 : len;
}

static int exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len)
{
    struct served_card *c = ctx;
    if (cap < RAPDU_MAX)
        return E_LIMIT;
    if (protocol == 0)
        len = without_le(command, len);
    if (c->card)
        (protocol == 0 ? card_tpdu : card_apdu)(c->card, command, len, answer, answer_len);
    else
        (protocol == 0 ? trace_card_tpdu : trace_card_apdu)(c->played, command, len, answer, answer_len);
    if (*answer_len == 0)
        return HAL_E_MUTE; /* that is what was recorded */
    return take_time(c, card_time_us(len, *answer_len));
}

static const struct hal_reader_ops OPS = {.power_on = power_on, .power_off = power_off, .exchange = exchange};

struct hal_reader served_card_hal(struct served_card *c)
{
    return (struct hal_reader){&OPS, c};
}

/* -- loading -- */

static int load_profile(struct served_card *c, const char *path, struct record *record, char *why, size_t why_cap)
{
    struct card_facts facts;
    int rc = card_profile_load(path, &c->profile, why, why_cap);
    if (rc != OK)
        return rc;
    card_facts(c->profile, &facts);
    snprintf(c->name, sizeof c->name, "%s", facts.name);
    memcpy(c->atr, facts.atr, facts.atr_len);
    c->atr_len = facts.atr_len;
    c->protocol = facts.protocol;
    if (!facts.has_chip) {
        rc = E_INVAL;
        snprintf(why, why_cap, "%s has no chip, and a reader takes nothing else", c->name);
    } else if (!(c->card = card_create(c->profile)) || !card_secrets(record, &facts)) {
        rc = E_NOMEM;
        snprintf(why, why_cap, "out of memory for the card");
    }
    OPENSSL_cleanse(&facts, sizeof facts);
    return rc;
}

/* A recording without an ATR gets the shortest that names its protocol. */
static void invent_atr(struct served_card *c)
{
    static const uint8_t t0[] = {0x3B, 0x00}, t1[] = {0x3B, 0x80, 0x01, 0x81};
    c->atr_len = c->protocol ? sizeof t1 : sizeof t0;
    memcpy(c->atr, c->protocol ? t1 : t0, c->atr_len);
}

static int load_trace(struct served_card *c, const char *path, unsigned session, char *why, size_t why_cap)
{
    struct atr atr;
    const char *reason;
    int rc = trace_load(path, &c->trace, why, why_cap);
    if (rc != OK)
        return rc;
    if (session > c->trace->session_count)
        return snprintf(why, why_cap, "%s: there is no session %u, it holds %zu", path, session,
                        c->trace->session_count),
               E_INVAL;
    const struct trace_session *s = &c->trace->sessions[session ? session - 1 : 0];
    const char *slash = strrchr(path, '/');
    snprintf(c->name, sizeof c->name, "%.40s", slash ? slash + 1 : path);
    memcpy(c->atr, s->atr, s->atr_len);
    c->atr_len = s->atr_len;
    bool known = s->atr_len && atr_parse(s->atr, s->atr_len, &atr, &reason) == OK;
    c->protocol = s->protocol >= 0 ? s->protocol : known ? atr.protocol : 0;
    if (!s->atr_len)
        invent_atr(c);
    c->played = trace_card_create(s);
    return c->played ? OK : (snprintf(why, why_cap, "out of memory for the recording"), E_NOMEM);
}

int served_card_load(struct served_card *c, const char *path, unsigned session, struct record *record, char *why,
                     size_t why_cap)
{
    size_t len = strlen(path);
    bool profile = len > 5 && strcmp(path + len - 5, ".json") == 0;
    if (profile && session)
        return snprintf(why, why_cap, "--session goes with a recording, and %s is a profile", path), E_INVAL;
    if (profile)
        return load_profile(c, path, record, why, why_cap);
    return load_trace(c, path, session, why, why_cap);
}

void served_card_clear(struct served_card *c)
{
    card_destroy(c->card);
    card_profile_destroy(c->profile);
    trace_card_destroy(c->played);
    trace_destroy(c->trace);
    OPENSSL_cleanse(c, sizeof *c);
}
