/*
 * libFuzzer: whole transactions of the contact kernel with a card that answers what the input makes of its answers: PSE
 * and selection, records, all kinds of offline data authentication, PIN, electronic cash, both GENERATE AC and scripts.
 * Whatever comes, it ends with a named outcome, and a card never pays alone without an intent.
 */
#include "tests/fuzz/fed_card.h"

#include "core/emv/emv.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const card_names[] = {"unionpay-credit",    "unionpay-cda",
                                         "unionpay-ec",        "unionpay-sm",
                                         "unionpay-dda",       "unionpay-offline-pin-enciphered",
                                         "offline-often",      "select-data-signed-sda",
                                         "cvm-identity",       "select-nested-directories",
                                         "unionpay-ec-silent", "unionpay-sm4-offline"};
static const char *const terminal_names[] = {"unionpay-oda", "unionpay-ec-offline", "unionpay-sm",
                                             "unionpay-offline-pin"};
#define CARDS (sizeof card_names / sizeof *card_names)
#define TERMINALS (sizeof terminal_names / sizeof *terminal_names)
static struct card_profile *profiles[CARDS];
static struct config *configs[TERMINALS];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    for (size_t i = 0; i < CARDS; i++)
        profiles[i] = fed_card_profile(card_names[i]);
    for (size_t i = 0; i < TERMINALS; i++)
        configs[i] = fed_card_config(terminal_names[i]);
    return 0;
}

/* -- the reader and the secure element -- */

static int level(void *ctx, enum hal_reader_level *out)
{
    (void)ctx;
    *out = HAL_READER_TPDU;
    return OK;
}

static int power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len)
{
    static const uint8_t t1[] = {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0x7C, 0x41, 0x92}; /* one exchange, one APDU */
    struct fed_card *c = ctx;
    (void)warm;
    card_reset(c->card);
    memcpy(atr, t1, sizeof t1);
    *len = sizeof t1;
    return OK;
}

static int power_off(void *ctx)
{
    (void)ctx;
    return OK;
}

static int exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len)
{
    (void)protocol;
    return fed_card_exchange(ctx, command, len, answer, cap, answer_len);
}

static int write_log(void *ctx, enum hal_log_level importance, const char *text)
{
    (void)ctx, (void)importance;
    return strstr(text, "621067") ? (abort(), OK) : OK; /* no account number in any line */
}

static int pin_verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t len, uint32_t exponent,
                      const uint8_t challenge[8], uint16_t *sw)
{
    struct fed_card *c = ctx;
    (void)p2, (void)modulus, (void)len, (void)exponent, (void)challenge;
    uint8_t how = feed_take(c->feed);
    *sw = how & 0x80 ? (uint16_t)(0x6300 | how) : 0x9000;
    return OK;
}

static int pin_wipe(void *ctx)
{
    (void)ctx;
    return OK;
}

/* -- the people -- */

static int online_pin(void *ctx)
{
    return feed_take(((struct fed_card *)ctx)->feed) & 3;
}

static int offline_pin(void *ctx, int tries, bool again)
{
    (void)tries, (void)again;
    return feed_take(((struct fed_card *)ctx)->feed) & 3;
}

static int identity(void *ctx, const char *kind, const char *number)
{
    (void)ctx;
    return strlen(kind) == 2 && strlen(number) <= EMV_IDENTITY_MAX ? OK : EMV_CANCELLED;
}

static int choose(void *ctx, const char *const *names, size_t count, size_t *index)
{
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += strlen(names[i]);
    *index = (feed_take(((struct fed_card *)ctx)->feed) + total) % count;
    return OK;
}

/* -- one transaction -- */

static int select_application(struct emv *e)
{
    int r = EMV_RESELECT;
    for (unsigned tries = 0; r == EMV_RESELECT && tries < EMV_CANDIDATES; tries++) {
        r = emv_select(e);
        r = r == OK ? emv_initiate(e) : r;
    }
    return r;
}

static int run(struct emv *e, struct fed_card *card, const struct emv_host_answer *answer)
{
    static int (*const steps[])(struct emv *) = {select_application, emv_read_data, emv_open_purse,
                                                 emv_authenticate,   emv_restrict,  emv_verify_cardholder,
                                                 emv_manage_risk,    emv_analyse};
    char pan[20], psn[4], expiry[5], track2[40];
    int r = OK;
    for (size_t i = 0; r == OK && i < sizeof steps / sizeof *steps; i++) {
        r = steps[i](e);
        if (e->objects > EMV_OBJECTS || e->arena_used > EMV_ARENA || e->static_len > EMV_STATIC_MAX)
            abort();
    }
    emv_pan(e, pan, psn, expiry, track2);
    if (r != OK)
        return r;
    if (e->decision == EMV_APPROVED && (!card->intents || card->refuse))
        abort();
    return e->decision == EMV_ONLINE ? emv_complete(e, answer) : OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hal_reader_ops reader = {
        .level = level, .power_on = power_on, .power_off = power_off, .exchange = exchange};
    static const struct hal_rng_ops rng = {.bytes = fed_card_random};
    static const struct hal_log_ops log = {.write = write_log};
    static const struct hal_se_ops se = {.pin_verify = pin_verify, .pin_wipe = pin_wipe};
    static struct emv emv;
    if (size < 4)
        return 0;
    struct feed feed = {data + 4, size - 4};
    struct fed_card card = {.feed = &feed, .apdu = card_apdu, .refuse = data[2] & 1};
    card.card = card_create(profiles[data[0] % CARDS]);
    if (!card.card)
        return 0;
    struct hal hal = {.reader = {&reader, &card}, .rng = {&rng, &card}, .log = {&log, &card}, .se = {&se, &card}};
    struct emv_transaction sale = {.amount_cents = data[3] * 100u, .counter = 7, .when = {2026, 6, 15, 12, 0, 0}};
    struct emv_dialogue dialogue = {.ctx = &card,
                                    .online_pin = online_pin,
                                    .offline_pin = offline_pin,
                                    .identity = identity,
                                    .choose = choose,
                                    .intent = fed_card_intent};
    size_t answer_len = data[2] & 8 ? (feed.left < 64 ? feed.left : 64) : 0; /* DE55 of the host, from the input too */
    struct emv_host_answer answer = {
        .online = data[2] & 2, .approved = data[2] & 4, .field55 = feed.at, .field55_len = answer_len};
    memcpy(answer.arc, data[2] & 4 ? "00" : "05", 3);
    feed.at += answer_len;
    feed.left -= answer_len;
    int r = emv_begin(&emv, &hal, &configs[data[1] % TERMINALS]->emv, &sale, &dialogue);
    if (r == OK)
        r = run(&emv, &card, &answer);
    if (r > EMV_RESELECT || (r == OK && emv.decision == EMV_NONE))
        abort();
    emv_end(&emv);
    card_destroy(card.card);
    return 0;
}
