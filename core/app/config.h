/* The terminal's parameters, read once at power-up from the file "config.json" of hal.fs. Caller: main.c. */
#ifndef POSBENCH_CORE_APP_CONFIG_H
#define POSBENCH_CORE_APP_CONFIG_H

#include "core/app/screens.h"
#include "core/emv/contactless/contactless.h"
#include "core/mag/fallback.h"
#include "core/net/net.h"

#define CONFIG_FILE "config.json"
#define CONFIG_FILE_MAX 65536
#define CONFIG_WHY 64

struct offline_config {      /* approvals without the host; all zero: none are taken */
    uint8_t max_pending;     /* uploads that may wait at a time */
    uint64_t max_total;      /* and their sum, cents */
    uint8_t upload_at;       /* as many are sent at once; fewer, when the terminal has been at rest for a while */
};

struct config {
    enum language language;
    struct net_config net;
    struct emv_config emv;
    struct contactless_config contactless;
    struct fallback_policy fallback;
    struct offline_config offline;
    char merchant_name[41], currency_name[4];
    uint8_t pin_tries, sale_type;
    bool force_online; /* the merchant wants every sale to go online */
    uint64_t card_timeout_us, pin_timeout_us, message_us;
};

/* Parses the text of a configuration. E_FORMAT, E_LIMIT with `why` = the key and what is wrong ("tpdu: 10 hex digits").
 */
int config_parse(const char *json, size_t len, struct config *out, char why[CONFIG_WHY]);
/* The same from the file; HAL_E_NOENT and other file errors with `why` too. */
int config_load(const struct hal *hal, struct config *out, char why[CONFIG_WHY]);

#endif
