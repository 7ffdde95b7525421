/* Magnetic stripe tracks (ISO 7813) and track 2 equivalent data (tag 57). DOMAIN 1.1. */
#ifndef POSBENCH_CORE_CODEC_TRACK_H
#define POSBENCH_CORE_CODEC_TRACK_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct track2 {
    char pan[20];         /* 8..19 digits */
    char expiry[5];       /* YYMM, "" if the field separator stands in its place */
    char service_code[4]; /* "" likewise */
    char discretionary[28];
};

/* `text` without sentinels, '=' or 'D' as separator, trailing 'F' filler allowed. E_FORMAT with no output. */
int track2_parse(const char *text, struct track2 *out);
/* From tag 57 bytes. */
int track2_from_tag57(const uint8_t *value, size_t len, struct track2 *out);
/* PAN=YYMMSSSdiscretionary as DE35 text with 'D' as separator. E_LIMIT over 37. */
int track2_format(const struct track2 *track, char *out, size_t cap);

/* Service code digit 1 is 2 or 6: the card has a chip. */
bool track2_has_chip(const struct track2 *track);
/* Service code digit 3 asks for a PIN (0, 3, 5 always; 6, 7 where a PIN pad is present: true here). */
bool track2_wants_pin(const struct track2 *track);

bool luhn_ok(const char *digits);
/* "621067******0069": first 6 and last 4, at least 3 stars; shorter than 13 digits: last 4 only. `cap` at least 24. */
void pan_mask(const char *pan, char *out, size_t cap);

#endif
