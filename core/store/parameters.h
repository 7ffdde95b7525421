/*
 * What the host has handed out in place of the factory's settings: keys of certification authorities, and applications
 * with their limits (DOMAIN 2.3 point 8, 4.4). Kept as the bytes that came, which core/app has found good. Caller:
 * core/app/download.c. Statuses as in store.h.
 */
#ifndef POSBENCH_CORE_STORE_PARAMETERS_H
#define POSBENCH_CORE_STORE_PARAMETERS_H

#include "core/store/store.h"

#define PARAMETERS_MAX 32       /* of one kind */
#define PARAMETER_NAME_MAX 16   /* an AID; a key's is RID and index */
#define PARAMETER_BYTES_MAX 512 /* DE62, which an object comes in, holds no more */

enum parameter_kind { PARAMETER_KEYS, PARAMETER_APPLICATIONS, PARAMETER_KINDS };

struct parameter {
    uint8_t name[PARAMETER_NAME_MAX], name_len;
    uint8_t bytes[PARAMETER_BYTES_MAX];
    uint16_t len;
};
struct parameter_set {
    struct parameter item[PARAMETERS_MAX];
    size_t count;
};

/* The whole set of this kind gives way to this one, and the settings are written, in one commit: after a cut there is
 * the old set or the new one, never a mixture. E_INVAL: a name twice. */
int parameters_replace(struct store *s, enum parameter_kind kind, const struct parameter_set *set,
                       const struct setting *settings, size_t count);
/* In the order of their names. An empty set: none was ever handed out. */
int parameters_get(struct store *s, enum parameter_kind kind, struct parameter_set *out);

#endif
