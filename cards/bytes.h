/* Some bytes with their number: the value of an object, a record, a key. Internal to cards/. */
#ifndef POSBENCH_CARDS_BYTES_H
#define POSBENCH_CARDS_BYTES_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_DATA_MAX 255 /* data of one answer, record or object */

struct card_bytes {
    uint16_t len;
    uint8_t bytes[CARD_DATA_MAX];
};

#endif
