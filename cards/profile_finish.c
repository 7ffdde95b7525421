/*
 * The last step of loading a profile: what a single key cannot tell (a chip needs a PAN to derive its keys from, a
 * record is given once), and what is derived from others: record templates, the PSE's directory, CDOL1 and CDOL2.
 * Called by profile.c.
 *
 * Only what the engine itself relies on is refused. A card whose AFL names a missing record, or whose 57 and 5A differ,
 * is a card to test with.
 */
#include "cards/profile.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX 254 /* SFI, record and content go into one UPDATE RECORD */

struct finish {
    struct card_profile *p;
    const char *name;
    char *why;
    size_t why_cap;
};

static int refuse(const struct finish *f, const char *format, ...)
{
    char text[700];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(f->why, f->why_cap, "%s: %s", f->name, text);
    return E_FORMAT;
}

/* Objects get their template: 70, whatever the SFI. A record that shall be without one is given raw. */
static int finish_records(const struct finish *f, const char *where, struct card_record *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct card_record *r = &records[i];
        struct tlv_out out;
        if ((r->objects.len > 0) == (r->raw.len > 0))
            return refuse(f, "%s[%zu]: either objects or raw expected", where, i);
        for (size_t j = 0; j < i; j++)
            if (records[j].sfi == r->sfi && records[j].number == r->number)
                return refuse(f, "%s[%zu]: SFI %u record %u is given twice", where, i, r->sfi, r->number);
        tlv_out_init(&out, r->content.bytes, RECORD_MAX);
        if (r->raw.len)
            tlv_put_raw(&out, r->raw.bytes, r->raw.len);
        else
            tlv_put(&out, 0x70, r->objects.bytes, r->objects.len);
        if (out.status)
            return refuse(f, "%s[%zu].objects: at most %d bytes with the template expected", where, i, RECORD_MAX);
        r->content.len = (uint16_t)out.len;
    }
    return OK;
}

/* Malformed records are skipped here as a terminal would stumble over them, not we. */
static void find_object(const struct card_application *a, uint32_t tag, struct card_bytes *out)
{
    struct tlv found;
    for (size_t i = 0; i < a->record_count; i++) {
        const struct card_bytes *content = &a->records[i].content;
        if (tlv_find_deep(content->bytes, content->len, tag, &found) == OK) {
            out->len = (uint16_t)found.len;
            memcpy(out->bytes, found.value, found.len);
            return;
        }
    }
}

static bool is_dol(const struct card_bytes *dol)
{
    struct dol_entry entry;
    size_t at = 0, total = 0;
    int status;
    while ((status = dol_next(dol->bytes, dol->len, &at, &entry)) == OK)
        total += entry.len;
    return status == E_NOTFOUND && total <= CARD_DATA_MAX;
}

static void add_object(struct card_bytes *to, size_t cap, uint32_t tag, const uint8_t *value, size_t len)
{
    struct tlv there;
    struct tlv_out out;
    if (tlv_find(to->bytes, to->len, tag, &there) == OK)
        return;
    tlv_out_init(&out, to->bytes, cap);
    out.len = to->len;
    tlv_put(&out, tag, value, len);
    if (out.status == OK)
        to->len = (uint16_t)out.len;
}

/* A log without log entry (9F4D) and format (9F4F) gets them: the format is the one of PBOC cards (DOMAIN 2.12). */
static int finish_log(const struct finish *f, size_t index)
{
    static const uint8_t format[] = {0x9A, 0x03, 0x9F, 0x21, 0x03, 0x9F, 0x02, 0x06, 0x9F, 0x03, 0x06, 0x9F, 0x1A,
                                     0x02, 0x5F, 0x2A, 0x02, 0x9F, 0x4E, 0x14, 0x9C, 0x01, 0x9F, 0x36, 0x02};
    struct card_application *a = &f->p->chip.applications[index];
    const uint8_t entry[] = {a->log.sfi, CARD_LOG_ENTRIES};
    if (!a->log.sfi)
        return OK;
    for (size_t i = 0; i < a->record_count; i++)
        if (a->records[i].sfi == a->log.sfi)
            return refuse(f, "chip.applications[%zu].log.sfi: file %u has records of its own", index, a->log.sfi);
    add_object(&a->fci_issuer, 80, 0x9F4D, entry, sizeof entry);
    add_object(&a->data, CARD_DATA_MAX, 0x9F4F, format, sizeof format);
    return OK;
}

/* The application as a terminal of the SM algorithms sees it: other signatures, so other records, AIP and AFL. */
static int finish_sm(const struct finish *f, size_t index, struct card_application *a)
{
    char why[1500];
    if (!a->oda_sm.present)
        return OK;
    a->sm = malloc(sizeof *a->sm);
    if (!a->sm)
        return E_NOMEM;
    *a->sm = *a;
    a->sm->sm = NULL;
    a->sm->oda = a->oda_sm;
    a->sm->oda_sm.present = false;
    if (oda_personalise(f->p, a->sm, f->name, why, sizeof why))
        return refuse(f, "chip.applications[%zu].oda_sm: %s", index, why);
    if (a->sm->oda.chain.algorithm != CHAIN_SM2)
        return refuse(f, "chip.applications[%zu].oda_sm.keys: a chain of SM2 keys expected", index);
    find_object(a->sm, 0x8C, &a->sm->cdol1);
    find_object(a->sm, 0x8D, &a->sm->cdol2);
    return OK;
}

static int finish_application(const struct finish *f, size_t index)
{
    struct card_application *a = &f->p->chip.applications[index];
    char where[48];
    snprintf(where, sizeof where, "chip.applications[%zu].records", index);
    int status = finish_records(f, where, a->records, a->record_count);
    if (status == OK)
        status = finish_log(f, index);
    if (status == OK)
        status = finish_sm(f, index, a);
    if (status)
        return status;
    if (a->oda.present) {
        char why[1500];
        if (oda_personalise(f->p, a, f->name, why, sizeof why))
            return refuse(f, "chip.applications[%zu].%s", index, why);
    }
    find_object(a, 0x8C, &a->cdol1);
    find_object(a, 0x8D, &a->cdol2);
    const struct {
        const struct card_bytes *dol;
        const char *name;
    } dols[] = {{&a->pdol, "pdol"},
                {&a->contactless.pdol, "contactless.pdol"},
                {&a->oda.ddol, "oda.ddol"},
                {&a->cdol1, "CDOL1 (8C)"},
                {&a->cdol2, "CDOL2 (8D)"}};
    for (size_t i = 0; i < sizeof dols / sizeof *dols; i++)
        if (!is_dol(dols[i].dol))
            return refuse(
                f, "chip.applications[%zu]: %s: a list of tags and lengths expected, at most 255 bytes asked for",
                index, dols[i].name);
    for (size_t i = 0; i < index; i++) {
        const struct card_bytes *other = &f->p->chip.applications[i].aid;
        if (other->len == a->aid.len && memcmp(other->bytes, a->aid.bytes, a->aid.len) == 0)
            return refuse(f, "chip.applications[%zu].aid: given twice", index);
    }
    return OK;
}

/* One directory record an application: 70 { 61 { 4F, 50, 9F12, 87 } } (EMV Book 1 section 12.2.3). */
static int build_directory(const struct finish *f)
{
    struct card_chip *chip = &f->p->chip;
    for (size_t i = 0; i < chip->application_count; i++) {
        const struct card_application *a = &chip->applications[i];
        struct card_record *r = &chip->pse.directory[i];
        struct tlv_out out;
        tlv_out_init(&out, r->content.bytes, RECORD_MAX);
        tlv_put(&out, 0x4F, a->aid.bytes, a->aid.len);
        tlv_put(&out, 0x50, a->label, strlen(a->label));
        if (*a->preferred_name)
            tlv_put(&out, 0x9F12, a->preferred_name, strlen(a->preferred_name));
        if (a->priority)
            tlv_put(&out, 0x87, &a->priority, 1);
        tlv_wrap(&out, 0, 0x61);
        tlv_wrap(&out, 0, 0x70);
        r->sfi = chip->pse.sfi;
        r->number = (uint8_t)(i + 1);
        r->content.len = (uint16_t)out.len;
    }
    chip->pse.directory_count = chip->application_count;
    return OK;
}

static int finish_chip(const struct finish *f)
{
    struct card_chip *chip = &f->p->chip;
    if (!*f->p->pan)
        return refuse(f, "pan: missing, a card with a chip derives its keys from it");
    for (size_t i = 0; i < chip->application_count; i++) {
        int status = finish_application(f, i);
        if (status)
            return status;
    }
    if (!chip->pse.present)
        return OK;
    if (chip->pse.directory_count)
        return finish_records(f, "chip.pse.directory", chip->pse.directory, chip->pse.directory_count);
    return build_directory(f);
}

/* The words under "faults", understood; what only the protocol of this card can tell. */
static int finish_faults(const struct finish *f)
{
    for (size_t i = 0; i < f->p->fault_count; i++) {
        struct card_profile_fault *fault = &f->p->faults[i];
        struct card_fault_why why;
        char text[600];
        if (card_fault_read(&fault->words, &fault->is, &why)) {
            card_fault_explain(&why, text, sizeof text);
            return refuse(f, "faults[%zu]: %s", i, text);
        }
        const char *misfit = card_fault_misfit(&fault->is, f->p->chip.protocol);
        if (!f->p->chip.present)
            return refuse(f, "faults[%zu]: a card without a chip has none", i);
        if (misfit)
            return refuse(f, "faults[%zu]: kind=%s %s", i, card_fault_name(&fault->is), misfit);
    }
    return OK;
}

int card_profile_finish(struct card_profile *p, const char *name, char *why, size_t why_cap)
{
    const struct finish f = {p, name, why, why_cap};
    if (!p->chip.present && !p->stripe.present)
        return refuse(&f, "chip or stripe expected: this card has neither");
    int status = p->chip.present ? finish_chip(&f) : OK;
    return status ? status : finish_faults(&f);
}
