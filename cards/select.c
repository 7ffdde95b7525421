/*
 * SELECT (EMV Book 1 section 11.3 and 12): the payment system environment, an application by its name or the beginning
 * of it, and the next one with the same beginning. FCIs are built from the profile. A card without a chip profile has
 * nothing here.
 */
#include "cards/contactless.h"

#include <string.h>

#define P2_NEXT 0x02
#define SW_CARD_BLOCKED 0x6A81
#define SW_BLOCKED 0x6283
#define SW_NOT_FOUND 0x6A82

static const uint8_t pse_name[] = {'1', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1'};

static void put_text(struct tlv_out *tlv, uint32_t tag, const char *text)
{
    if (*text)
        tlv_put(tlv, tag, text, strlen(text));
}

static void put_number(struct tlv_out *tlv, uint32_t tag, uint8_t number)
{
    if (number)
        tlv_put(tlv, tag, &number, 1);
}

static uint16_t select_pse(struct card *c, struct card_answer *out)
{
    const struct card_pse *pse = &c->profile->chip.pse;
    uint8_t bytes[256];
    struct tlv_out tlv;
    uint16_t sw = SW(pse->status[0], pse->status[1]);
    if (sw != 0x9000 && sw != SW_BLOCKED)
        return sw;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (pse->fci.len) {
        tlv_put_raw(&tlv, pse->fci.bytes, pse->fci.len);
    } else {
        tlv_put(&tlv, 0x84, pse_name, sizeof pse_name);
        size_t proprietary = tlv.len;
        tlv_put(&tlv, 0x88, &pse->sfi, 1);
        put_text(&tlv, 0x5F2D, pse->language);
        put_number(&tlv, 0x9F11, pse->code_table);
        tlv_wrap(&tlv, proprietary, 0xA5);
        tlv_wrap(&tlv, 0, 0x6F);
    }
    c->session.selected = CARD_PSE;
    c->session.phase = CARD_IDLE;
    card_answer_out(out, &tlv);
    return sw;
}

static void build_fci(const struct card_application *a, bool contactless, struct card_answer *out)
{
    uint8_t bytes[256];
    struct tlv_out tlv;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (a->fci.len) {
        tlv_put_raw(&tlv, a->fci.bytes, a->fci.len);
        card_answer_out(out, &tlv);
        return;
    }
    tlv_put(&tlv, 0x84, a->aid.bytes, a->aid.len);
    size_t proprietary = tlv.len;
    put_text(&tlv, 0x50, a->label);
    put_number(&tlv, 0x87, a->priority);
    const struct card_bytes *pdol = contactless ? &a->contactless.pdol : &a->pdol;
    if (pdol->len)
        tlv_put(&tlv, 0x9F38, pdol->bytes, pdol->len);
    put_text(&tlv, 0x5F2D, a->language);
    put_number(&tlv, 0x9F11, a->code_table);
    put_text(&tlv, 0x9F12, a->preferred_name);
    if (a->fci_issuer.len)
        tlv_put(&tlv, 0xBF0C, a->fci_issuer.bytes, a->fci_issuer.len);
    tlv_wrap(&tlv, proprietary, 0xA5);
    tlv_wrap(&tlv, 0, 0x6F);
    card_answer_out(out, &tlv);
}

static int find_application(const struct card *c, const struct capdu *command, int from)
{
    for (int i = from; i < c->profile->chip.application_count; i++) {
        const struct card_bytes *aid = &c->profile->chip.applications[i].aid;
        if (c->contactless && !c->profile->chip.applications[i].contactless.present)
            continue;
        if (aid->len >= command->lc && memcmp(aid->bytes, command->data, command->lc) == 0)
            return i;
    }
    return CARD_NO_APPLICATION;
}

static uint16_t select_application(struct card *c, int index, struct card_answer *out)
{
    c->session.selected = index;
    c->session.phase = CARD_SELECTED;
    c->last_application = index;
    build_fci(card_application(c), c->contactless, out);
    return card_application_blocked(card_state(c)) ? SW_BLOCKED : 0x9000;
}

/* A SELECT that finds nothing leaves the current application selected (ISO 7816-4 7.1.1). */
uint16_t card_select(struct card *c, const struct capdu *command, struct card_answer *out)
{
    if (!c->profile->chip.present)
        return SW_NOT_FOUND;
    if (c->lasting.blocked)
        return SW_CARD_BLOCKED;
    if (command->p1 != 0x04 || (command->p2 & ~P2_NEXT))
        return 0x6A86;
    if (command->lc == 0 || command->lc > 16)
        return 0x6700;
    bool next = command->p2 & P2_NEXT;
    bool is_pse = command->lc == sizeof pse_name && memcmp(command->data, pse_name, sizeof pse_name) == 0;
    if (is_pse && !next && c->profile->chip.pse.present) {
        card_session_end(c);
        return select_pse(c, out);
    }
    if (c->contactless && !next && card_is_ppse(command)) {
        card_session_end(c);
        return card_select_ppse(c, out);
    }
    int from = next && c->session.selected >= 0 ? c->session.selected + 1 : 0;
    int index = find_application(c, command, from);
    if (index < 0)
        return SW_NOT_FOUND;
    card_session_end(c); /* a new selection ends whatever the old one had begun */
    return select_application(c, index, out);
}
