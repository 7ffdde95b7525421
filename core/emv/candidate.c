/*
 * The candidate list: matching DF names with the terminal's applications, order by priority, the names a cardholder
 * sees and the choice among them (EMV Book 1 12.3.1, 12.3.4 and 12.4; DOMAIN 2.3). Called by select.c.
 */
#include "core/codec/charset.h"
#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#include <string.h>

#define NEEDS_CONFIRMATION 0x80
#define PRIORITY_NONE 16

static const struct tlv *find(const uint8_t *fields, size_t len, uint32_t tag, struct tlv *out)
{
    return tlv_find(fields, len, tag, out) == OK ? out : NULL;
}

bool emv_candidate_match(const struct emv *e, const uint8_t *name, size_t len, size_t *config)
{
    bool found = false;
    for (size_t i = 0; i < e->config->aids; i++) {
        const struct emv_aid *aid = &e->config->aid[i];
        if (aid->len < 5 || len < aid->len || memcmp(name, aid->aid, aid->len) != 0)
            continue;
        if (len > aid->len && !aid->partial)
            continue;
        if (!found || aid->len > e->config->aid[*config].len)
            *config = i;
        found = true;
    }
    return found;
}

/* Book 1 12.2.4: the preferred name counts only where its character set can be shown. 9F40 byte 5 has sets 1 to 8
 * (bit 1 is set 1), byte 4 sets 9 and 10. */
static bool code_table_supported(const struct emv *e, uint8_t code_table)
{
    const uint8_t *additional = e->config->additional;
    if (code_table >= 1 && code_table <= 8)
        return additional[4] >> (code_table - 1) & 1;
    return (code_table == 9 || code_table == 10) && (additional[3] >> (code_table - 9) & 1);
}

static bool length_ok(const struct tlv *name)
{
    return name && name->len > 0 && name->len <= EMV_NAME_CHARACTERS;
}

/* The preferred name, for a display that takes UTF-8. None at all if a character of it is not in its set. */
static bool take_preferred(const struct tlv *name, uint8_t code_table, char out[EMV_NAME_MAX])
{
    return length_ok(name) && charset_to_utf8(code_table, name->value, name->len, out, EMV_NAME_MAX) == OK;
}

/* The label, if it is what a label may be: letters, digits and spaces. */
static bool take_label(const struct tlv *name, char out[EMV_NAME_MAX])
{
    if (!length_ok(name))
        return false;
    for (size_t i = 0; i < name->len; i++) {
        uint8_t c = name->value[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' '))
            return false;
    }
    memcpy(out, name->value, name->len);
    out[name->len] = '\0';
    return true;
}

static void fill_name(const struct emv *e, struct emv_candidate *c, const uint8_t *fields, size_t len,
                      uint8_t code_table)
{
    struct tlv object;
    if (code_table_supported(e, code_table) && take_preferred(find(fields, len, 0x9F12, &object), code_table, c->name))
        return;
    if (take_label(find(fields, len, 0x50, &object), c->name))
        return;
    hex_encode(c->aid, c->len < 8 ? c->len : 8, c->name, sizeof c->name);
}

void emv_candidate_add(struct emv *e, const uint8_t *name, size_t len, const uint8_t *fields, size_t fields_len,
                       uint8_t code_table, size_t config)
{
    size_t i = 0;
    while (i < e->candidates && (e->candidate[i].len != len || memcmp(e->candidate[i].aid, name, len) != 0))
        i++;
    if (i == EMV_CANDIDATES || len > sizeof e->candidate[i].aid)
        return;
    e->candidates += i == e->candidates;
    struct emv_candidate *c = &e->candidate[i];
    memset(c, 0, sizeof *c);
    memcpy(c->aid, name, len);
    c->len = (uint8_t)len;
    c->config = config;
    struct tlv priority;
    if (find(fields, fields_len, 0x87, &priority) && priority.len == 1)
        c->priority = priority.value[0];
    fill_name(e, c, fields, fields_len, code_table);
}

void emv_candidate_remove(struct emv *e, size_t index)
{
    e->candidates--;
    memmove(&e->candidate[index], &e->candidate[index + 1], (e->candidates - index) * sizeof *e->candidate);
}

static unsigned rank(const struct emv_candidate *c)
{
    return c->priority & 0x0F ? c->priority & 0x0Fu : PRIORITY_NONE;
}

/* Stable: equals keep the order in which they were found (Book 1 12.4). */
static void sort(struct emv *e)
{
    for (size_t i = 1; i < e->candidates; i++) {
        struct emv_candidate moving = e->candidate[i];
        size_t at = i;
        for (; at > 0 && rank(&e->candidate[at - 1]) > rank(&moving); at--)
            e->candidate[at] = e->candidate[at - 1];
        e->candidate[at] = moving;
    }
}

static int ask(struct emv *e)
{
    const struct emv_dialogue *d = e->dialogue;
    const char *names[EMV_CANDIDATES];
    size_t index = 0;
    for (size_t i = 0; i < e->candidates; i++)
        names[i] = e->candidate[i].name;
    /* What is left after a choice is offered in the same way as before. */
    bool confirm = d->confirm && e->candidates == 1 && !e->asked;
    e->asked = true;
    int rc = confirm ? d->confirm(d->ctx, names[0]) : d->choose(d->ctx, names, e->candidates, &index);
    if (rc == HAL_E_CANCELLED)
        return emv_refuse(e, EMV_CANCELLED, "no application chosen");
    if (rc == OK && index >= e->candidates)
        return E_INVAL;
    e->current = index;
    return rc;
}

int emv_candidate_choose(struct emv *e)
{
    sort(e);
    bool can_ask = e->dialogue && e->dialogue->choose;
    if (can_ask && (e->candidates > 1 || (e->candidate[0].priority & NEEDS_CONFIRMATION)))
        return ask(e);
    for (size_t i = 0; i < e->candidates; i++) {
        if (!(e->candidate[i].priority & NEEDS_CONFIRMATION)) {
            e->current = i;
            return OK;
        }
    }
    e->candidates = 0;
    return emv_refuse(e, EMV_NOT_ACCEPTED, "the application needs the cardholder's confirmation");
}
