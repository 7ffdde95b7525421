/* Terminal profiles (sim/profiles/NAME.json): which hardware is there, the factory keys, and the core's own
 * configuration. */
#ifndef POSBENCH_SIM_PROFILE_H
#define POSBENCH_SIM_PROFILE_H

#include "core/hal.h"
#include "sim/storage/storage.h"

struct profile {
    char name[48];
    struct hal_display_geometry display;
    bool touch, contactless, scanner, mains;
    bool character; /* the chip reader is at HAL_READER_CHARACTER */
    uint8_t battery_percent;
    uint8_t tmk[24];
    size_t tmk_len;
    struct hal_datetime clock;
    struct storage_config storage;
    char terminal_id[9], merchant_id[16];
    bool takes_offline; /* the configuration lets cards approve without the host ("offline") */
    char *config; /* text of the "config" object: the core's config.json */
};

/* One-line errors name file, key and what was expected. OK, HAL_E_NOENT, E_FORMAT, E_NOMEM. */
int profile_load(const char *path, struct profile *out, char *why, size_t why_cap);
void profile_clear(struct profile *p); /* wipes the keys */

#endif
