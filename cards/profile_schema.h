/*
 * JSON objects read into structs by tables: one table per object says which keys there are, of which type and size,
 * which must be there, and where they go. The table is the schema: messages are made from it. Used by profile_tables.c
 * only.
 */
#ifndef POSBENCH_CARDS_PROFILE_SCHEMA_H
#define POSBENCH_CARDS_PROFILE_SCHEMA_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

enum schema_kind {
    SCHEMA_TEXT,    /* char[max + 1], min..max printable ASCII characters */
    SCHEMA_DIGITS,  /* char[max + 1], min..max digits */
    SCHEMA_WORD,    /* the same; a whole number as its digits, true and false as "1" and "0" */
    SCHEMA_FIXED,   /* uint8_t[max] from exactly 2 * max hex digits */
    SCHEMA_BYTES,   /* struct card_bytes of min..max bytes */
    SCHEMA_OBJECTS, /* struct card_bytes: { "tag": "hex" or { nested } } encoded as TLV, at most max bytes */
    SCHEMA_NUMBER,  /* uint8_t, min..max */
    SCHEMA_FLAG,    /* bool */
    SCHEMA_AMOUNT,  /* int64_t cents from "120.00" */
    SCHEMA_CHOICE,  /* int: index in words */
    SCHEMA_SET,     /* uint32_t: 1 << index of each word in a list */
    SCHEMA_OBJECT,  /* a struct described by `table` */
    SCHEMA_LIST, /* up to max structs of `size` bytes described by `table`; their number goes to `count_at` (uint8_t) */
};

#define SCHEMA_NOWHERE SIZE_MAX

struct schema_field {
    const char *key;
    enum schema_kind kind;
    bool required;
    size_t at; /* offset in the struct */
    unsigned min, max;
    const struct schema_field *table; /* ends with a NULL key */
    size_t size, count_at;            /* of SCHEMA_LIST */
    size_t present_at;                /* a bool that is set when the key is there; SCHEMA_NOWHERE: none */
    const char *const *words;         /* ends with NULL; "" entries cannot be chosen */
};

/* Reads `json` into `out`, which the caller has zeroed or filled with defaults. OK; E_FORMAT with one line in `why`:
 * "NAME: path.to.key: what was expected". */
int card_schema_read(const struct cJSON *json, const char *name, const struct schema_field *table, void *out, char *why,
                     size_t why_cap);

#endif
