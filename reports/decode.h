/*
 * What the decoders share: bytes beside their hex text (where '*' stands for a masked nibble, read as 0), and the nodes
 * of the tree that report.h describes. Only the decode_*.c files include this.
 */
#ifndef POSBENCH_REPORTS_DECODE_H
#define POSBENCH_REPORTS_DECODE_H

#include "reports/report.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#define DECODE_MAX 16384u /* bytes; longer input is said to be too long */

/* A run of bytes and the text they came from: hex[2 * i], hex[2 * i + 1] show bytes[i]. Not NUL-terminated. */
struct decode_span {
    const uint8_t *bytes;
    const char *hex;
    size_t len;
};

/* -- spans (decode_node.c) -- */

/* Hex with '*' and white space to a span on the heap. E_FORMAT (foreign character, odd), E_LIMIT, E_NOMEM. */
int decode_open(const char *text, struct decode_span *out);
void decode_close(struct decode_span *span);
/* Part of a span; what lies outside is left away. */
struct decode_span decode_part(struct decode_span span, size_t at, size_t len);
bool decode_is_masked(struct decode_span span);
/* Bytes as characters, '*' where a nibble is masked, '.' for what is not ASCII text. False: there was such a byte. */
bool decode_chars(struct decode_span span, char *out, size_t cap);
/* `count` nibbles from nibble `skip` as they stand in the text. */
void decode_digits(struct decode_span span, size_t skip, size_t count, char *out, size_t cap);
unsigned long decode_number(struct decode_span span); /* big-endian, the last 4 bytes */

/* -- nodes (decode_node.c) -- */

/* NULL texts are left out. Text that is not UTF-8 is repaired. NULL only without memory; every call below takes NULL.
 */
cJSON *decode_new(const char *name, const char *value, const char *note);
cJSON *decode_add(cJSON *parent, const char *name, const char *value, const char *note);
cJSON *decode_add_span(cJSON *parent, const char *name, struct decode_span span);
void decode_attach(cJSON *parent, cJSON *child);
void decode_value(cJSON *node, const char *text);                                             /* replaces */
void decode_note(cJSON *node, const char *format, ...) __attribute__((format(printf, 2, 3))); /* appends after "; " */
const char *decode_get(const cJSON *node, const char *key);                                   /* "" when absent */
/* A root for input that is not even hex. */
cJSON *decode_refuse(const char *name, const char *text, int status);

/* -- objects (decode_tlv.c) -- */

/* "9F02 Amount, authorised". */
void decode_tag_name(uint32_t tag, char *out, size_t cap);
/* The objects of `span` as children. False: malformed; the part that could not be read is a child as well. */
bool decode_objects(cJSON *parent, struct decode_span span);
/* Values that were built from a DOL, field by field. False when the lengths do not agree: nothing was added then. */
bool decode_dol_values(cJSON *parent, const char *dol_hex, struct decode_span values);
void decode_dol(cJSON *node, struct decode_span dol);
cJSON *decode_object(cJSON *parent, uint32_t tag, struct decode_span value);

/* -- meanings -- */

void decode_meaning(cJSON *node, uint32_t tag, struct decode_span value); /* decode_meaning.c: by tag */
void decode_bits(cJSON *node, uint32_t tag, struct decode_span value);    /* decode_bits.c: children B1b8.. */
void decode_cid(cJSON *node, uint32_t tag, struct decode_span value);
void decode_afl(cJSON *node, uint32_t tag, struct decode_span value);
void decode_cvm_list(cJSON *node, uint32_t tag, struct decode_span value); /* decode_cvm.c */
void decode_cvm_results(cJSON *node, uint32_t tag, struct decode_span value);
void decode_iad(cJSON *node, uint32_t tag, struct decode_span value); /* decode_issuer.c */
void decode_arpc(cJSON *node, uint32_t tag, struct decode_span value);
void decode_script_results(cJSON *node, uint32_t tag, struct decode_span value);
void decode_track_digits(cJSON *node, const char *digits); /* decode_track.c */

/* Codes to words; "" for an unknown one (decode_codes.c). */
enum decode_code {
    CODE_NONE,
    CODE_COUNTRY,
    CODE_CURRENCY,
    CODE_TRANSACTION,
    CODE_TERMINAL,
    CODE_ENTRY,
    CODE_MTI,
    CODE_PROCESSING,
    CODE_CONDITION,
    CODE_DE60_TYPE,
    CODE_NETWORK,
    CODE_CLASS,
    CODE_REQUIREMENT,
    CODE_ENTRY_MODE,
    CODE_PIN_CAPABILITY,
    CODE_CAPABILITY,
    CODE_IC_CONDITION
};
const char *decode_code(enum decode_code kind, const char *code);
/* "UnionPay debit" for A000000333010101...; "" if unknown. */
const char *decode_aid(struct decode_span aid);
/* "12.00" for digits of a currency with two decimals; "" when they are not digits. */
void decode_amount(const char *digits, char *out, size_t cap);

/* -- APDUs (decode_command.c, decode_answer.c) -- */

/* Children of one side of an exchange. `title` receives what the command asks for in a few words. */
bool decode_command(cJSON *node, struct decode_span command, const struct decode_state *state, char *title,
                    size_t title_cap);
void decode_answer(cJSON *node, struct decode_span answer, unsigned ins);

/* -- messages (decode_message.c, decode_field.c) -- */

/* A body MTI..DE64 as children of `root`; false when it is not one to its end. */
bool decode_body(cJSON *root, struct decode_span body);
void decode_field(cJSON *node, unsigned de, struct decode_span wire, const char *digits);

#endif
