/* One JSON member to one member of a struct, by table. Callers: config.c. */
#ifndef POSBENCH_CORE_APP_CONFIG_FIELDS_H
#define POSBENCH_CORE_APP_CONFIG_FIELDS_H

#include "core/app/config.h"

#include <cjson/cJSON.h>

enum config_kind {
    CONFIG_TEXT,    /* min..max bytes of UTF-8 into char[max + 1] */
    CONFIG_HEX,     /* exactly max bytes */
    CONFIG_U8,      /* whole number min..max */
    CONFIG_SECONDS, /* whole seconds min..max, kept as microseconds in uint64_t */
    CONFIG_MONEY,   /* "5000.00" as cents in uint64_t */
    CONFIG_BOOL,
};

struct config_field {
    const char *key;
    enum config_kind kind;
    size_t offset;
    uint32_t min, max;
    bool optional;
};

/* Writes "key: reason" and returns E_FORMAT. */
int config_reject(char why[CONFIG_WHY], const char *key, const char *reason);
/* Reads every field of the table from `object` into the struct at `base`. */
int config_read_fields(const cJSON *object, const struct config_field *fields, size_t count, void *base,
                       char why[CONFIG_WHY]);
/* Text of at most cap - 1 bytes without control characters. */
bool config_text_ok(const cJSON *item, size_t min, size_t max);

#endif
