/*
 * The offline part of money: what cards approved without the host. Such an approval is booked once, or its upload is
 * still due, or the host has refused it and the paper says so. An intent does not outlive the recovery from a cut: it
 * becomes a disclosed unknown, the one exception from "the books agree", and each of those was told on the screen.
 * That the slip of each was printed, or is due, is judged with the roll (oracle_slips.c).
 */
#include "scenarios/engine/judge.h"

#include "core/codec/tlv.h"

#include <stdlib.h>
#include <string.h>

/* ---- the books ---- */

/* Without a booking an approval needs a reason: true when it has one. */
bool judge_unbooked(const struct evidence *e, const struct firmware_record *r, struct verdict *v)
{
    const struct firmware_upload *u = journal_upload(e->journal, r->batch, r->trace);
    if (!u)
        return false;
    if (e->settled && !u->refused[0])
        judge_say(v, "fail", "the upload of trace %06u is still due after line and power were restored", r->trace);
    return true;
}

static void check_upload(const struct evidence *e, const struct firmware_upload *u, struct verdict *v)
{
    const struct firmware_record *r = journal_find(e->journal, u->batch, u->trace);
    if (!r)
        judge_say(v, "fail", "an upload is due for trace %06u, which the journal does not know", u->trace);
    else if (r->outcome != FIRMWARE_DONE)
        judge_say(v, "fail", "an upload is due for trace %06u, and the journal says %s", u->trace,
                  journal_outcome(r->outcome));
    else if (r->amount_cents != u->amount_cents)
        judge_say(v, "fail", "the upload of trace %06u is about %llu cents, the record says %llu", u->trace,
                  (unsigned long long)u->amount_cents, (unsigned long long)r->amount_cents);
}

/* Taps that were sent to the host with the TC that the card gave: the terminal could not take it (9F6C). */
static unsigned sent_with_tc(const struct evidence *e)
{
    struct iso_message m;
    struct tlv cid;
    char entry[8];
    size_t len;
    unsigned sent = 0;
    for (size_t back = 0; host_last(e->bench->host, "0200", back, &m) == OK; back++) {
        const uint8_t *chip = iso_get(&m, 55, &len);
        sent += chip && !judge_is_upload(&m) && iso_text(&m, 22, entry, sizeof entry) == OK &&
                strncmp(entry, "07", 2) == 0 && tlv_find(chip, len, 0x9F27, &cid) == OK && cid.len == 1 &&
                cid.value[0] == 0x40;
    }
    return sent;
}

/* Of the cards' own count each approval stands in the journal, whatever it became there. Only a terminal that takes
 * such approvals owes that, and only one that is alone with its cards. */
static void check_cards(const struct evidence *e, struct verdict *v)
{
    const struct bench_case *b = e->bench;
    unsigned given = 0, noted = 0;
    if (!e->terminal->profile.takes_offline || !e->terminal->recovered || b->terminals != 1)
        return;
    for (unsigned i = 0; i < b->cards; i++) {
        struct card_counters c;
        card_counters(b->card[i]->card, &c);
        given += c.alone;
    }
    for (size_t i = 0; i < e->journal->records; i++) {
        const struct firmware_record *r = &e->journal->record[i];
        noted += r->outcome == FIRMWARE_DISCLOSED || r->response[0] == 'Y' || r->response[0] == 'Z';
    }
    if (given > noted + sent_with_tc(e))
        judge_say(v, "fail", "cards gave %u approvals without the host, and the journal knows of %u", given, noted);
}

void judge_offline(const struct evidence *e, struct verdict *v)
{
    unsigned disclosed = 0;
    for (size_t i = 0; i < e->journal->uploads; i++)
        check_upload(e, &e->journal->upload[i], v);
    for (size_t i = 0; i < e->journal->records; i++) {
        const struct firmware_record *r = &e->journal->record[i];
        disclosed += r->outcome == FIRMWARE_DISCLOSED;
        if (r->outcome == FIRMWARE_INTENT && e->terminal->recovered)
            judge_say(v, "fail", "trace %06u: the card was about to decide alone, and at rest nobody was told",
                      r->trace);
    }
    check_cards(e, v);
    if (disclosed > e->terminal->disclosures && e->terminal->disclosures < CASE_DISCLOSED)
        judge_say(v, "fail", "%u transactions are disclosed as unknown, %u were shown to be", disclosed,
                  e->terminal->disclosures);
}

/* ---- the messages ---- */

bool judge_is_upload(const struct iso_message *m)
{
    char text[20];
    struct iso_de60 de60;
    if (strcmp(m->mti, "0220") == 0)
        return true;
    return strcmp(m->mti, "0200") == 0 && iso_text(m, 60, text, sizeof text) == OK &&
           iso_de60_parse(text, &de60) == OK && strcmp(de60.type, "36") == 0; /* electronic cash */
}

/* The card's approval, by which method it was given without the host, and nothing that may not be kept. */
void judge_upload(const struct iso_message *m, const char *trace, struct verdict *v)
{
    static const uint8_t forbidden[] = {35, 36, 52};
    struct tlv object;
    size_t len;
    const uint8_t *chip = iso_get(m, 55, &len);
    for (size_t i = 0; i < sizeof forbidden; i++)
        if (iso_has(m, forbidden[i]))
            judge_say(v, "fail", "the upload of trace %s carries DE%u, which nobody may have kept", trace,
                      forbidden[i]);
    if (!iso_has(m, 2))
        judge_say(v, "fail", "the upload of trace %s names no card", trace);
    if (!chip || tlv_find(chip, len, 0x9F27, &object) != OK || object.len != 1 || (object.value[0] & 0xC0) != 0x40)
        judge_say(v, "fail", "the upload of trace %s carries no TC", trace);
    else if (tlv_find(chip, len, 0x8A, &object) != OK || object.len != 2 || object.value[0] != 'Y')
        judge_say(v, "fail", "the upload of trace %s does not say Y1 or Y3 in 8A", trace);
}

bool judge_repeated(const struct evidence *e, const char *code, uint32_t trace)
{
    struct iso_message m;
    char text[8];
    unsigned sent = 0;
    for (size_t back = 0; strcmp(code, "94") == 0 && host_last(e->bench->host, "", back, &m) == OK; back++)
        sent += judge_is_upload(&m) && iso_text(&m, 11, text, sizeof text) == OK && strtoul(text, NULL, 10) == trace;
    return sent > 1;
}
