/*
 * ISO 8583:1987 in the compressed UnionPay POS form (Q/CUP 009 style; DOMAIN 4.2). Field packing is one table in
 * iso8583_fields.c: a newcomer adds or changes a field there and nowhere else.
 *
 * A message holds every field as text: n and z fields as digits ('D' as track separator), ans as characters, b and
 * 55/62 as bytes.
 */
#ifndef POSBENCH_CORE_CODEC_ISO8583_H
#define POSBENCH_CORE_CODEC_ISO8583_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISO_FIELDS 65 /* [2..64] */
#define ISO_MESSAGE_MAX 2048
#define ISO_BODY_MAX 1536 /* packed MTI..DE64 */

enum iso_kind { ISO_N, ISO_Z, ISO_ANS, ISO_B };
struct iso_field_spec {
    uint8_t de;
    enum iso_kind kind;
    uint8_t len_digits; /* 0 fixed, 2 LL, 3 LLL */
    uint16_t max;       /* characters, digits or bytes */
    bool right_aligned; /* odd fixed n: filler on the left (DE23); else on the right (DE22) */
    bool secret;        /* masked in records and reports */
    const char *name;
};
const struct iso_field_spec *iso_field(uint8_t de); /* NULL: not in the profile */

struct iso_message {
    char mti[5];
    bool present[ISO_FIELDS];
    uint8_t filler[ISO_FIELDS]; /* nibble beside an odd digit count; 0 when set here, as received when unpacked */
    uint16_t offset[ISO_FIELDS], length[ISO_FIELDS];
    uint16_t used;
    uint8_t store[ISO_MESSAGE_MAX];
};

void iso_init(struct iso_message *m, const char *mti);
/* Digits, text or bytes of field `de`; replaces. `value` must not lie inside `m`. Short fixed ans is filled with
 * spaces; fixed n and b must have their length. E_INVAL (no such field), E_LIMIT, E_FORMAT (not a digit; short). */
int iso_set(struct iso_message *m, uint8_t de, const void *value, size_t len);
int iso_set_text(struct iso_message *m, uint8_t de, const char *text);
/* Fixed n field from a number, zero-filled. E_INVAL (no such field), E_LIMIT. */
int iso_set_number(struct iso_message *m, uint8_t de, uint64_t value);
void iso_clear(struct iso_message *m, uint8_t de);
bool iso_has(const struct iso_message *m, uint8_t de);
/* NULL when absent. */
const uint8_t *iso_get(const struct iso_message *m, uint8_t de, size_t *len);
/* Copies as NUL-terminated text ("" when absent); E_LIMIT truncates to "". */
int iso_text(const struct iso_message *m, uint8_t de, char *out, size_t cap);
/* Both absent counts as equal; filler nibbles do not matter. */
bool iso_equal(const struct iso_message *a, const struct iso_message *b, uint8_t de);

/* MTI, bitmap, fields. E_LIMIT; E_FORMAT (MTI is not four digits). With `mac_input`, bit 64 is set in the bitmap but
 * DE64 itself is left out: what the MAC covers. */
int iso_pack(const struct iso_message *m, bool mac_input, uint8_t *out, size_t cap, size_t *len);
/* E_FORMAT with *bad_de = the field that could not be read (1: MTI or bitmap; 0: bytes left over). */
int iso_unpack(const uint8_t *bytes, size_t len, struct iso_message *out, uint8_t *bad_de);

/* DE60 (DOMAIN 4.6). Fields "" or 0-length after the last one present. E_FORMAT: ends inside a field, too long, not a
 * digit. */
struct iso_de60 {
    char type[3], batch[7], network[4], capability[2], condition[2], partial[2], account[4];
};
int iso_de60_parse(const char *digits, struct iso_de60 *out);
/* `out` holds 18. */
void iso_de60_format(const struct iso_de60 *in, char *out);

/* Frame: LEN(2) TPDU(5) header(6) body (DOMAIN 4.1). */
struct iso_frame {
    uint8_t tpdu[5], header[6];
    const uint8_t *body;
    size_t body_len;
};
int iso_frame_pack(const struct iso_frame *f, uint8_t *out, size_t cap, size_t *len);
/* `bytes` may or may not begin with LEN: told apart by its value. Dial-line data (LRI) before the header is skipped.
 * E_FORMAT. */
int iso_frame_unpack(const uint8_t *bytes, size_t len, struct iso_frame *out);

/* DE39 (DOMAIN 4.7). */
enum iso_response_class { ISO_APPROVE = 'A', ISO_DECLINE = 'D', ISO_RESIGN = 'E', ISO_CAPTURE = 'C' };
struct iso_response {
    char code[3];
    enum iso_response_class kind;
    const char *text_en, *text_zh;
};
/* Never NULL: an unknown code is the "transaction failed" row. */
const struct iso_response *iso_response(const char *code);

#endif
