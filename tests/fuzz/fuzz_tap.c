/*
 * libFuzzer: whole taps, with a card that answers what the input makes of its answers: PPSE, GET PROCESSING OPTIONS,
 * the records of an offline approval, fDDA and the decision. They end with a named outcome, and a card never pays
 * offline without an intent.
 */
#include "tests/fuzz/fed_card.h"

#include "core/emv/contactless/contactless.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const card_names[] = {"qpboc-debit",         "qpboc-offline",     "qpboc-offline-01",
                                         "qpboc-offline-sm2",   "qpboc-offline-sda", "qpboc-two-applications",
                                         "qpboc-offline-single"};
static const char *const terminal_names[] = {"unionpay-tap-offline", "unionpay-tap", "unionpay-tap-cash",
                                             "unionpay-tap-offline-only"};
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

static int exchange(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len)
{
    return fed_card_exchange(ctx, command, len, answer, cap, answer_len);
}

static int write_log(void *ctx, enum hal_log_level importance, const char *text)
{
    (void)ctx, (void)importance;
    return strstr(text, "621067") ? (abort(), OK) : OK; /* no account number in any line */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hal_contactless_ops air = {.exchange = exchange};
    static const struct hal_rng_ops rng = {.bytes = fed_card_random};
    static const struct hal_log_ops log = {.write = write_log};
    static struct emv emv;
    if (size < 4)
        return 0;
    struct feed feed = {data + 4, size - 4};
    struct fed_card card = {.feed = &feed, .apdu = card_contactless_apdu, .refuse = data[2] & 1};
    card.card = card_create(profiles[data[0] % CARDS]);
    if (!card.card)
        return 0;
    const struct config *config = configs[data[1] % TERMINALS];
    struct hal hal = {.contactless = {&air, &card}, .rng = {&rng, &card}, .log = {&log, &card}};
    struct emv_transaction sale = {.amount_cents = data[3] * 100u, .counter = 7, .when = {2026, 6, 15, 12, 0, 0}};
    struct emv_dialogue dialogue = {.ctx = &card, .intent = fed_card_intent};
    struct contactless kernel;
    char pan[20], psn[4], expiry[5], track2[40];
    card_reset(card.card);
    int r = contactless_begin(&kernel, &emv, &hal, &config->emv, &config->contactless, &sale, &dialogue);
    if (r == OK)
        r = contactless_read(&kernel);
    if (r == OK)
        r = contactless_conclude(&kernel);
    emv_pan(&emv, pan, psn, expiry, track2);
    if (r > EMV_RESELECT && r != CONTACTLESS_OTHER_INTERFACE && r != CONTACTLESS_MAY_HAVE_PAID)
        abort();
    if (r == OK && emv.decision == EMV_NONE)
        abort();
    contactless_end(&kernel);
    card_destroy(card.card);
    return 0;
}
