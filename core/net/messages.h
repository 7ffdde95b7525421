/* Building the requests (DOMAIN 4.3 to 4.6). Callers: core/net, core/app. */
#ifndef POSBENCH_CORE_NET_MESSAGES_H
#define POSBENCH_CORE_NET_MESSAGES_H

#include "core/net/net.h"

/* DE55 contents by message, in the order of DOMAIN 4.5a; each list ends with 0. */
extern const uint32_t message_tags_online[];   /* 0100, 0200 */
extern const uint32_t message_tags_reversal[]; /* 0400 before any answer: nothing that comes from one */
extern const uint32_t message_tags_reversal_answered[];

/* What a sale needs beyond its journal entry: secrets that live for the request only. */
struct message_sale {
    const struct journal_entry *entry;
    const char *track2, *track3; /* DE35 and DE36 text; "" absent */
    const uint8_t *pin_block;    /* 8 bytes or NULL */
    const uint8_t *field55;
    size_t field55_len; /* 0 for stripe */
};

/* DE22: "05" chip, "02" stripe; third digit by whether a PIN is sent. `out` holds 4. */
void message_entry_mode(bool chip, bool pin, char *out);
/* DE60 of a financial request: type "22" sale, ... (DOMAIN 4.3); condition: "0" chip, "1" stripe, "2" fallback
 * (DOMAIN 1.4). `out` holds 18. */
void message_de60(uint32_t batch, const char *type, const char *condition, char *out);

/* DE60.1 of what a card approved without the host (DOMAIN 4.3): from its purse, which goes as 0200; all else as 0220.
 */
#define MESSAGE_TYPE_EC "36"
#define MESSAGE_TYPE_OFFLINE "30"
bool message_is_ec(const struct journal_entry *entry);

/* Each fills a whole message but DE64. Negative when a value does not fit its field. */
int message_sale(const struct net_config *config, const struct message_sale *sale, struct iso_message *out);
int message_reversal(const struct net_config *config, const struct journal_reversal *reversal, struct iso_message *out);
int message_sign_in(const struct net_config *config, uint32_t trace, uint32_t batch, struct iso_message *out);
int message_echo(const struct net_config *config, uint32_t trace, uint32_t batch, struct iso_message *out);

/* A message of a download (download.c). */
struct message_download {
    const char *mti, *information; /* DE60.3 */
    const uint8_t *field62;
    size_t field62_len; /* 0: without DE62 */
};
int message_download(const struct net_config *config, uint32_t trace, uint32_t batch,
                     const struct message_download *what, struct iso_message *out);

#endif
