/*
 * The requests as field sets (DOMAIN 4.3, 4.4, 4.5, 4.5a, 4.6). A reversal is built from the journal alone: neither
 * PAN, track nor PIN is kept for it, so it carries no DE2, DE35, DE36 and DE52; the host finds the original by DE11,
 * DE41, DE42 and DE61.
 */
#include "core/net/messages.h"

#include <stdio.h>
#include <string.h>

const uint32_t message_tags_online[] = {
    0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95,   0x9A, 0x9C,   0x9F02, 0x5F2A, 0x82,
    0x9F1A, 0x9F03, 0x9F33, 0x9F34, 0x9F35, 0x9F1E, 0x84, 0x9F09, 0x9F41, 0x9F63, 0,
};
const uint32_t message_tags_reversal[] = {0x95, 0x9F1E, 0};
const uint32_t message_tags_reversal_answered[] = {0x95, 0x9F1E, 0x9F10, 0x9F36, 0xDF31, 0};

#define PIN_MAX_LEN "12"
#define SECURITY_CONTROL_PIN "2600000000000000" /* X9.8 with PAN, double-length TDES, track not enciphered */
#define SECURITY_CONTROL_NONE "0600000000000000"

/* Collects the first failure, so that a field set reads as a list. */
struct builder {
    struct iso_message *message;
    int status;
};

static void text(struct builder *b, uint8_t de, const char *value)
{
    if (b->status == OK && value[0])
        b->status = iso_set_text(b->message, de, value);
}

static void number(struct builder *b, uint8_t de, uint64_t value)
{
    if (b->status == OK)
        b->status = iso_set_number(b->message, de, value);
}

static void bytes(struct builder *b, uint8_t de, const void *value, size_t len)
{
    if (b->status == OK && len)
        b->status = iso_set(b->message, de, value, len);
}

static void begin(struct builder *b, struct iso_message *out, const char *mti, const struct net_config *config,
                  uint32_t trace)
{
    iso_init(out, mti);
    b->message = out;
    b->status = OK;
    number(b, 11, trace);
    text(b, 41, config->terminal_id);
    text(b, 42, config->merchant_id);
}

static bool is_chip(const struct journal_entry *entry)
{
    return entry->entry[0] == '0' && (entry->entry[1] == '5' || entry->entry[1] == '7');
}

/* Fields that a request and its reversal have in common. */
static void common(struct builder *b, const struct net_config *config, const struct journal_entry *entry)
{
    text(b, 3, entry->processing);
    if (entry->amount_cents) /* an inquiry has none */
        number(b, 4, entry->amount_cents);
    text(b, 22, entry->entry);
    if (is_chip(entry)) {
        text(b, 14, entry->expiry);
        char psn[8];
        snprintf(psn, sizeof psn, "%s%s", entry->psn[0] && strlen(entry->psn) < 3 ? "0" : "", entry->psn);
        text(b, 23, psn);
    }
    text(b, 25, entry->condition);
    text(b, 49, config->currency);
    text(b, 60, entry->de60);
}

void message_entry_mode(bool chip, bool pin, char *out)
{
    memcpy(out, chip ? "05" : "02", 2);
    out[2] = pin ? '1' : '2';
    out[3] = '\0';
}

void message_de60(uint32_t batch, const char *type, const char *condition, char *out)
{
    struct iso_de60 de60 = {.network = "000", .capability = "5"};
    snprintf(de60.type, sizeof de60.type, "%.2s", type);
    snprintf(de60.batch, sizeof de60.batch, "%06u", batch % 1000000u);
    snprintf(de60.condition, sizeof de60.condition, "%.1s", condition);
    iso_de60_format(&de60, out);
}

bool message_is_ec(const struct journal_entry *entry)
{
    return strncmp(entry->de60, MESSAGE_TYPE_EC, 2) == 0;
}

int message_sale(const struct net_config *config, const struct message_sale *sale, struct iso_message *out)
{
    const struct journal_entry *entry = sale->entry;
    struct builder b;
    begin(&b, out, "0200", config, entry->trace);
    common(&b, config, entry);
    if (is_chip(entry))
        text(&b, 2, entry->pan);
    else
        text(&b, 36, sale->track3);
    text(&b, 35, sale->track2);
    if (sale->pin_block) {
        text(&b, 26, PIN_MAX_LEN);
        bytes(&b, 52, sale->pin_block, 8);
        text(&b, 53, SECURITY_CONTROL_PIN);
    } else {
        text(&b, 53, SECURITY_CONTROL_NONE);
    }
    bytes(&b, 55, sale->field55, sale->field55_len);
    return b.status;
}

int message_reversal(const struct net_config *config, const struct journal_reversal *reversal, struct iso_message *out)
{
    const struct journal_entry *entry = &reversal->entry;
    bool answered = entry->response[0] != '\0';
    struct builder b;
    begin(&b, out, "0400", config, entry->trace);
    common(&b, config, entry);
    if (answered)
        text(&b, 38, entry->auth);
    text(&b, 39, reversal->reason);
    bytes(&b, 55, entry->field55, entry->field55_len);

    char original[24]; /* 61.1 batch, 61.2 trace, 61.3 host date, unknown without an answer */
    snprintf(original, sizeof original, "%06u%06u%s", entry->batch % 1000000u, entry->trace % 1000000u,
             answered && entry->date[0] ? entry->date : "0000");
    text(&b, 61, original);
    return b.status;
}

/* DE60 of a network message: 00, batch, information code. */
static void network_de60(struct builder *b, uint32_t batch, const char *information)
{
    char digits[16];
    snprintf(digits, sizeof digits, "00%06u%.3s", batch % 1000000u, information);
    text(b, 60, digits);
}

int message_sign_in(const struct net_config *config, uint32_t trace, uint32_t batch, struct iso_message *out)
{
    struct builder b;
    begin(&b, out, "0800", config, trace);
    network_de60(&b, batch, "003");
    char information[40], operator_id[8];
    int len = snprintf(information, sizeof information, "Sequence No%02zu%s", strlen(config->serial), config->serial);
    bytes(&b, 62, information, (size_t)len);
    snprintf(operator_id, sizeof operator_id, "%-3s", config->operator_id);
    text(&b, 63, operator_id);
    return b.status;
}

int message_echo(const struct net_config *config, uint32_t trace, uint32_t batch, struct iso_message *out)
{
    struct builder b;
    begin(&b, out, "0820", config, trace);
    network_de60(&b, batch, "301");
    return b.status;
}

int message_download(const struct net_config *config, uint32_t trace, uint32_t batch,
                     const struct message_download *what, struct iso_message *out)
{
    static const uint8_t place[8] = {0}; /* net_exchange puts the MAC there */
    struct builder b;
    begin(&b, out, what->mti, config, trace);
    network_de60(&b, batch, what->information);
    bytes(&b, 62, what->field62, what->field62_len);
    bytes(&b, 64, place, config->download_mac ? sizeof place : 0);
    return b.status;
}
