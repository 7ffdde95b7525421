/* The answer side of an exchange, and the exchange as a whole with what it tells for the next ones. */
#include "reports/decode.h"

#include "core/codec/apdu.h"

#include <stdlib.h>
#include <string.h>

#define INS_GET_RESPONSE 0xC0
#define INS_GENERATE_AC 0xAE
#define INS_GPO 0xA8
#define INS_INTERNAL 0x88
#define INS_CHALLENGE 0x84

/* Format 1 of GET PROCESSING OPTIONS and of GENERATE AC: values without tags (EMV Book 3, 6.5.8.4 and 6.5.5.4). */
static void decode_format1(cJSON *node, struct decode_span value, unsigned ins)
{
    static const struct part {
        unsigned ins;
        uint32_t tag;
        uint8_t len;
    } parts[] = {
        {INS_GPO, 0x82, 2},           {INS_GPO, 0x94, 255},         {INS_GENERATE_AC, 0x9F27, 1},
        {INS_GENERATE_AC, 0x9F36, 2}, {INS_GENERATE_AC, 0x9F26, 8}, {INS_GENERATE_AC, 0x9F10, 255},
        {INS_INTERNAL, 0x9F4B, 255},
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].ins != ins || at >= value.len)
            continue;
        struct decode_span part = decode_part(value, at, parts[i].len);
        decode_object(node, parts[i].tag, part);
        if (parts[i].len != 255 && part.len < parts[i].len)
            decode_note(node, "ends inside a value");
        at += part.len;
    }
}

static bool is_format1(struct decode_span data, struct tlv *object)
{
    size_t at = 0;
    return tlv_next(data.bytes, data.len, &at, object) == OK && object->tag == 0x80 && at == data.len;
}

/* Hex that the children show again is left out. */
static void decode_data(cJSON *node, struct decode_span data, unsigned ins)
{
    struct tlv object;
    if (ins == INS_CHALLENGE) {
        decode_note(decode_add_span(node, "data", data), "unpredictable number of the card");
    } else if (is_format1(data, &object)) {
        struct decode_span value = decode_part(data, (size_t)(object.value - data.bytes), object.len);
        decode_format1(decode_add_span(node, "80 Response template format 1", value), value, ins);
    } else if (tlv_check(data.bytes, data.len) == OK) {
        decode_objects(decode_add(node, "data", NULL, NULL), data);
    } else {
        cJSON *inner = decode_add_span(node, "data", data);
        decode_note(inner, "not well-formed TLV");
        decode_objects(inner, data);
    }
}

void decode_answer(cJSON *node, struct decode_span answer, unsigned ins)
{
    if (answer.len < 2) {
        decode_note(node, "no status word");
        return;
    }
    uint16_t sw = rapdu_sw(answer.bytes, answer.len);
    if (answer.len > 2)
        decode_data(node, decode_part(answer, 0, answer.len - 2), ins);
    cJSON *status = decode_add_span(node, "SW", decode_part(answer, answer.len - 2, 2));
    decode_note(status, "%s", sw_name(sw));
    if ((sw & 0xFFF0) == 0x63C0)
        decode_note(status, "%u left", sw & 0x0Fu);
}

/* ---- what an answer tells for later commands ---- */

/* `out` has room for 259 bytes of hex; a longer list is as good as unknown. */
static void keep(struct decode_span answer, uint32_t tag, char *out, size_t cap)
{
    struct tlv object;
    size_t len = answer.len > 2 ? answer.len - 2 : 0;
    if (tlv_find_deep(answer.bytes, len, tag, &object) || 2 * object.len >= cap)
        return;
    memcpy(out, answer.hex + 2 * (object.value - answer.bytes), 2 * object.len);
    out[2 * object.len] = '\0';
}

static void remember(struct decode_state *state, struct decode_span answer, unsigned ins)
{
    uint16_t sw = rapdu_sw(answer.bytes, answer.len);
    state->pending = sw >> 8 == 0x61 ? ins : 0;
    if (sw != 0x9000)
        return;
    if (ins == 0xA4) {
        *state = (struct decode_state){0};
        keep(answer, 0x9F38, state->pdol, sizeof state->pdol);
    } else if (ins == 0xB2) {
        keep(answer, 0x8C, state->cdol1, sizeof state->cdol1);
        keep(answer, 0x8D, state->cdol2, sizeof state->cdol2);
    } else if (ins == INS_GPO) {
        state->generated = 0;
    } else if (ins == INS_GENERATE_AC) {
        state->generated++;
    }
}

/* ---- both sides ---- */

/* The INS that the answer belongs to: GET RESPONSE fetches another command's. */
static unsigned decode_side(cJSON *root, const char *hex, const struct decode_state *state)
{
    struct decode_span span;
    char title[300] = "";
    unsigned ins = 0;
    int status = decode_open(hex, &span);
    cJSON *node = status ? decode_refuse("command", hex, status) : decode_new("command", NULL, NULL);
    decode_attach(root, node);
    if (status)
        return 0;
    char *text = strndup(span.hex, 2 * span.len);
    if (text)
        decode_value(node, text);
    free(text);
    if (decode_command(node, span, state, title, sizeof title))
        ins = span.bytes[1];
    decode_value(root, title);
    if (ins == INS_GET_RESPONSE && state && state->pending)
        ins = state->pending;
    decode_close(&span);
    return ins;
}

static void decode_other_side(cJSON *root, const char *hex, unsigned ins, struct decode_state *state)
{
    struct decode_span span;
    int status = decode_open(hex, &span);
    cJSON *node = status ? decode_refuse("answer", hex, status) : decode_new("answer", NULL, NULL);
    decode_attach(root, node);
    if (status)
        return;
    char *text = strndup(span.hex, 2 * span.len);
    if (text)
        decode_value(node, text);
    free(text);
    decode_answer(node, span, ins);
    uint16_t sw = rapdu_sw(span.bytes, span.len);
    if (span.len >= 2)
        decode_note(root, "%04X%s%s", sw, *sw_name(sw) ? " " : "", sw_name(sw));
    if (state)
        remember(state, span, ins);
    decode_close(&span);
}

cJSON *decode_apdu(const char *command_hex, const char *answer_hex, struct decode_state *state)
{
    cJSON *root = decode_new("APDU", NULL, NULL);
    unsigned ins = command_hex ? decode_side(root, command_hex, state) : 0;
    if (answer_hex)
        decode_other_side(root, answer_hex, ins, state);
    return root;
}
