/*
 * CA keys as acquirers hand them out, one a line: the objects of a parameter download in hex (DOMAIN 2.3, appendix A):
 * 9F06 RID, 9F22 index, DF05 last day, DF07 algorithm, DF02 modulus, DF04 exponent, DF03 checksum; what else is there
 * is passed over. Called by replay_keys.c.
 */
#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "scenarios/engine/replay_keys_reader.h"

#include <string.h>

#define LINE_MAX 1024 /* bytes */
#define TEXT_MAX (2 * REPLAY_MODULUS_MAX + 1)

static const struct object_row {
    uint32_t tag;
    enum key_field field;
} rows[] = {
    {0x9F06, FIELD_RID},     {0x9F22, FIELD_INDEX},    {0xDF05, FIELD_EXPIRY},   {0xDF07, FIELD_ALGORITHM},
    {0xDF02, FIELD_MODULUS}, {0xDF04, FIELD_EXPONENT}, {0xDF03, FIELD_CHECKSUM},
};

static bool is_digits(const struct tlv *object)
{
    for (size_t i = 0; i < object->len; i++)
        if (object->value[i] < '0' || object->value[i] > '9')
            return false;
    return object->len > 0;
}

/* False: longer than any such object. */
static bool take(const struct tlv *object, enum key_field field, struct key_text *t, char text[FIELD_COUNT][TEXT_MAX])
{
    if (2 * object->len >= TEXT_MAX)
        return false;
    if (field == FIELD_EXPIRY && is_digits(object)) { /* "20301231" in letters; else four bytes of digits */
        memcpy(text[field], object->value, object->len);
        text[field][object->len] = '\0';
    } else {
        hex_encode(object->value, object->len, text[field], TEXT_MAX);
    }
    t->field[field].text = text[field];
    t->field[field].len = strlen(text[field]);
    return true;
}

static int read_line(struct keys_reader *r, unsigned line, const char *hex, size_t hex_len)
{
    uint8_t bytes[LINE_MAX];
    char text[FIELD_COUNT][TEXT_MAX];
    struct key_text t = {.line = line};
    struct tlv object;
    size_t len, at = 0;
    int status;
    if (hex_decode(hex, hex_len, bytes, sizeof bytes, &len) != OK)
        return keys_refuse(r, line, "the objects of a CA key in hex expected: 9F06.. 9F22.. DF02.. DF04..");
    while ((status = tlv_next(bytes, len, &at, &object)) == OK)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (rows[i].tag == object.tag && !take(&object, rows[i].field, &t, text))
                return keys_refuse(r, line, "object %X is longer than it may be", (unsigned)object.tag);
    if (status != E_NOTFOUND)
        return keys_refuse(r, line, "malformed objects, or the line is cut off");
    return keys_add(r, &t);
}

int keys_read_tlv(struct keys_reader *r)
{
    size_t at = 0, len;
    unsigned line = 0;
    const char *text;
    int status = OK;
    while (status == OK && keys_line(r, &at, &line, &text, &len))
        if (len && *text != '#')
            status = read_line(r, line, text, len);
    return status;
}
