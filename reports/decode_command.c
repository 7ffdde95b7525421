/* The command side of an exchange: what P1 and P2 ask for, and the data field, named by the card's DOLs where they are
 * known. */
#include "reports/decode.h"

#include "core/codec/apdu.h"

#include <string.h>

struct view {
    cJSON *node;
    struct capdu c;
    struct decode_span data;
    const struct decode_state *state; /* may be NULL */
    char *title;                      /* what the command asks for */
    size_t title_cap;
};

static void put_parameter(struct view *v, const char *name, uint8_t value, const char *note)
{
    char hex[4];
    snprintf(hex, sizeof hex, "%02X", value);
    decode_add(v->node, name, hex, note);
}

static cJSON *put_data(struct view *v)
{
    return v->data.len ? decode_add_span(v->node, "data", v->data) : NULL;
}

/* Data that a DOL of the card asked for. */
static void put_dol_data(struct view *v, cJSON *node, struct decode_span values, const char *dol_name,
                         const char *dol_hex)
{
    if (!values.len)
        return;
    if (decode_dol_values(node, dol_hex, values))
        decode_note(node, "by the card's %s", dol_name);
    else if (v->state && *dol_hex)
        decode_note(node, "does not have the length that the card's %s asks for", dol_name);
    else
        decode_note(node, "the card's %s is not known here", dol_name);
}

static void explain_select(struct view *v)
{
    char name[40];
    bool by_name = v->c.p1 == 0x04, is_text = decode_chars(v->data, name, sizeof name);
    put_parameter(v, "P1", v->c.p1, by_name ? "by name" : v->c.p1 == 0 ? "by file identifier" : NULL);
    put_parameter(v, "P2", v->c.p2, v->c.p2 == 0 ? "first or only" : v->c.p2 == 2 ? "next" : NULL);
    decode_note(put_data(v), "%s", is_text && v->data.len ? name : decode_aid(v->data));
    if (is_text && v->data.len)
        snprintf(v->title, v->title_cap, "%s", name);
    else
        snprintf(v->title, v->title_cap, "%.*s", (int)(2 * (v->data.len < 16 ? v->data.len : 16)),
                 v->data.len ? v->data.hex : "");
    if (v->c.p2 == 2)
        strncat(v->title, ", next", v->title_cap - strlen(v->title) - 1);
}

static void explain_record(struct view *v)
{
    char note[40];
    unsigned sfi = v->c.p2 >> 3;
    snprintf(note, sizeof note, "record %u", v->c.p1);
    put_parameter(v, "P1", v->c.p1, note);
    snprintf(note, sizeof note, "SFI %u%s", sfi, (v->c.p2 & 7) == 4 ? "" : ", not by record number");
    put_parameter(v, "P2", v->c.p2, note);
    put_data(v);
    snprintf(v->title, v->title_cap, "SFI %u, record %u", sfi, v->c.p1);
}

static void explain_gpo(struct view *v)
{
    size_t at = 0;
    struct tlv template;
    cJSON *node = put_data(v);
    if (tlv_next(v->data.bytes, v->data.len, &at, &template) || template.tag != 0x83) {
        decode_note(node, "not a command template (83)");
        return;
    }
    struct decode_span values = decode_part(v->data, (size_t)(template.value - v->data.bytes), template.len);
    cJSON *inner = decode_add_span(node, "83 Command template", values);
    if (!values.len)
        decode_note(inner, "empty: no PDOL");
    put_dol_data(v, inner, values, "PDOL", v->state ? v->state->pdol : "");
}

static void explain_generate(struct view *v)
{
    static const char *const kinds[] = {"AAC", "TC", "ARQC", "reserved"};
    bool first = !v->state || v->state->generated == 0;
    char note[60];
    snprintf(note, sizeof note, "%s%s", kinds[v->c.p1 >> 6], v->c.p1 & 0x10 ? ", CDA requested" : "");
    put_parameter(v, "P1", v->c.p1, note);
    snprintf(v->title, v->title_cap, "%s%s", v->state ? (first ? "first, " : "second, ") : "", note);
    cJSON *node = put_data(v);
    put_dol_data(v, node, v->data, first ? "CDOL1" : "CDOL2",
                 !v->state ? ""
                 : first   ? v->state->cdol1
                           : v->state->cdol2);
}

static void explain_get_data(struct view *v)
{
    uint32_t tag = (uint32_t)(v->c.p1 << 8 | v->c.p2);
    char name[120];
    decode_tag_name(v->c.p1 ? tag : v->c.p2, name, sizeof name);
    decode_add(v->node, "P1 P2", NULL, name);
    put_data(v);
    snprintf(v->title, v->title_cap, "%s", name);
}

static void explain_verify(struct view *v)
{
    const char *kind = v->c.p2 == 0x80   ? "plaintext PIN"
                       : v->c.p2 == 0x88 ? "enciphered PIN"
                                         : "reference data not known";
    put_parameter(v, "P2", v->c.p2, kind);
    cJSON *node = put_data(v);
    if (decode_is_masked(v->data))
        decode_note(node, "masked");
    snprintf(v->title, v->title_cap, "%s", kind);
}

static void explain_external(struct view *v)
{
    decode_meaning(put_data(v), 0x91, v->data);
    snprintf(v->title, v->title_cap, "issuer authentication");
}

static void explain_internal(struct view *v)
{
    cJSON *node = put_data(v);
    if (v->data.len == 4)
        decode_note(node, "4 bytes: the unpredictable number of a default DDOL");
}

static void explain_get_response(struct view *v)
{
    snprintf(v->title, v->title_cap, "%u bytes", v->c.ne);
}

static void explain_pin_change(struct view *v)
{
    const char *kind = v->c.p2 == 0 ? "unblock" : "change";
    put_parameter(v, "P2", v->c.p2, kind);
    put_data(v);
    snprintf(v->title, v->title_cap, "%s", kind);
}

static const struct {
    uint8_t ins;
    void (*explain)(struct view *v);
} commands[] = {
    {0x20, explain_verify},       {0x24, explain_pin_change}, {0x82, explain_external}, {0x88, explain_internal},
    {0xA4, explain_select},       {0xA8, explain_gpo},        {0xAE, explain_generate}, {0xB2, explain_record},
    {0xC0, explain_get_response}, {0xCA, explain_get_data},   {0xDA, explain_get_data}, {0xDC, explain_record},
};

static void explain(struct view *v)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].ins == v->c.ins) {
            commands[i].explain(v);
            return;
        }
    put_data(v);
}

bool decode_command(cJSON *node, struct decode_span command, const struct decode_state *state, char *title,
                    size_t title_cap)
{
    struct view v = {.node = node, .state = state, .title = title, .title_cap = title_cap};
    *title = '\0';
    if (capdu_parse(command.bytes, command.len, &v.c)) {
        decode_note(node, "its lengths fit no case of ISO 7816-4");
        return false;
    }
    const char *name = apdu_name(v.c.cla, v.c.ins);
    v.data = v.c.lc ? decode_part(command, (size_t)(v.c.data - command.bytes), v.c.lc) : decode_part(command, 0, 0);
    decode_note(decode_add_span(node, "CLA INS P1 P2", decode_part(command, 0, 4)), "%s",
                name ? name : "unknown command");
    if (name)
        explain(&v);
    else
        put_data(&v);
    if (v.c.has_le) {
        char le[8];
        snprintf(le, sizeof le, "%u", v.c.ne);
        decode_add(node, "Le", le, NULL);
    }
    char asks[200];
    snprintf(asks, sizeof asks, "%s", title);
    snprintf(title, title_cap, "%s%s%s", name ? name : "unknown command", *asks ? ": " : "", asks);
    return true;
}
