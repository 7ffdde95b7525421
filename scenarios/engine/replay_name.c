/*
 * Commands and values as they may be shown: named by EMV Book 3 6.5, secrets starred. What mask.h knows by structure is
 * not enough here: a recording may be broken, so the session's own PAN is starred wherever its digits stand.
 */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "sim/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All but the first six and last four digits. */
static void star_pan(const char *pan, char *hex)
{
    size_t len = strlen(pan);
    if (len < 12)
        return;
    for (char *found = hex; (found = strstr(found, pan)); found += len)
        memset(found + 6, '*', len - 10);
}

void replay_star(char *hex, const uint8_t *mask, size_t len)
{
    for (size_t i = 0; hex && i < len; i++) {
        if (mask[i] & 0xF0)
            hex[2 * i] = '*';
        if (mask[i] & 0x0F)
            hex[2 * i + 1] = '*';
    }
}

char *replay_hex(const struct replay_facts *f, const uint8_t *bytes, size_t len, bool answer, const uint8_t *command,
                 size_t command_len)
{
    char *hex = malloc(2 * len + 1);
    if (!hex)
        return NULL;
    mask_hex(bytes, len, answer ? RECORD_ANSWER : RECORD_COMMAND, command, command_len, hex);
    star_pan(f->pan, hex);
    return hex;
}

static bool is_secret(uint32_t tag)
{
    static const uint32_t secret[] = {0x57, 0x5A, 0x56, 0x9F6B, 0x5F20, 0x9F0B, 0x9F1F, 0x9F20, 0x9F61, 0x99};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (secret[i] == tag)
            return true;
    return false;
}

char *replay_command_hex(const struct replay_facts *f, size_t i, const uint8_t *bytes, size_t len)
{
    const struct replay_dol *d = replay_dol_at(f, i);
    char *hex = replay_hex(f, bytes, len, false, NULL, 0);
    struct dol_entry e;
    size_t at = 0, offset = d && d->data ? (size_t)(d->data - f->session->exchanges[i].command) : 0;
    while (hex && offset && dol_next(d->list, d->list_len, &at, &e) == OK) {
        for (size_t k = offset; is_secret(e.tag) && k < offset + e.len && k < len; k++)
            memset(hex + 2 * k, '*', 2);
        offset += e.len;
    }
    return hex;
}

void replay_value_hex(const struct replay_facts *f, uint32_t tag, const uint8_t *value, size_t len, char *out,
                      size_t cap)
{
    size_t shown = len > 24 ? 24 : len;
    if (hex_encode(value, shown, out, cap) != OK)
        return;
    if (is_secret(tag))
        memset(out, '*', 2 * shown);
    star_pan(f->pan, out);
    if (shown < len && 2 * shown + 4 < cap)
        memcpy(out + 2 * shown, "...", 4);
}

static void name_select(const struct capdu *c, const char *name, char *out, size_t cap)
{
    char text[40] = "";
    bool environment = c->lc == 14 && memcmp(c->data + 1, "PAY.SYS.DDF01", 13) == 0;
    if (environment)
        snprintf(text, sizeof text, "%.14s", (const char *)c->data);
    else if (c->lc)
        hex_encode(c->data, c->lc > 16 ? 16 : c->lc, text, sizeof text);
    snprintf(out, cap, "%s %s%s", name, c->lc ? text : "of the default application", c->p2 & 0x02 ? " (next)" : "");
}

void replay_name(const uint8_t *command, size_t len, char *out, size_t cap)
{
    struct capdu c;
    const char *name = len >= 4 ? apdu_name(command[0], command[1]) : NULL;
    if (capdu_parse(command, len, &c) != OK || !name)
        snprintf(out, cap, "command %02X%02X", len > 0 ? command[0] : 0, len > 1 ? command[1] : 0);
    else if (c.ins == 0xB2)
        snprintf(out, cap, "%s SFI %u record %u", name, c.p2 >> 3, c.p1);
    else if (c.ins == 0xAE)
        snprintf(out, cap, "%s %02X (%s%s)", name, c.p1, replay_ac_name(c.p1), c.p1 & 0x10 ? ", CDA" : "");
    else if (c.ins == 0xCA)
        snprintf(out, cap, "%s %02X%02X", name, c.p1, c.p2);
    else if (c.ins == 0xC0)
        snprintf(out, cap, "%s %u", name, c.ne);
    else if (c.ins == 0x20)
        snprintf(out, cap, "%s %02X (%s PIN)", name, c.p2, c.p2 == 0x80 ? "plaintext" : "enciphered");
    else if (c.ins == 0xA4)
        name_select(&c, name, out, cap);
    else if (c.p1 || c.p2)
        snprintf(out, cap, "%s %02X%02X", name, c.p1, c.p2);
    else
        snprintf(out, cap, "%s", name);
}
