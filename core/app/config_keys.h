/* Keys of offline data authentication in the configuration: "capks" and "revoked". Caller: config.c. */
#ifndef POSBENCH_CORE_APP_CONFIG_KEYS_H
#define POSBENCH_CORE_APP_CONFIG_KEYS_H

#include "core/app/config_fields.h"

/* Both lists may be missing. E_FORMAT with `why`: the member, and for a key its index. */
int config_read_keys(const cJSON *root, struct emv_config *out, char why[CONFIG_WHY]);

#endif
