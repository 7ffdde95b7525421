/* One run of the card check: the objects of one application with the records they come from. Internal to cards/. */
#ifndef POSBENCH_CARDS_CHECK_INTERNAL_H
#define POSBENCH_CARDS_CHECK_INTERNAL_H

#include "cards/inspect.h"
#include "cards/profile.h"
#include "core/codec/tlv.h"

#define CHECK_OBJECTS 128

struct check_object {
    struct tlv object;
    uint8_t sfi, record;
};

struct check {
    const struct card_profile *p;
    const struct card_application *a; /* NULL: of the whole card */
    card_finding *report;
    void *ctx;
    struct check_object object[CHECK_OBJECTS];
    size_t objects;
};

void check_say(const struct check *c, enum card_severity severity, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Place: the object and its record. */
void check_say_tag(const struct check *c, enum card_severity severity, uint32_t tag, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* In the records; NULL. */
const struct check_object *check_find(const struct check *c, uint32_t tag);

/* check.c. The form of an object: known, the card's, of the right length, digits. */
void check_form(const struct check *c, const char *place, const struct tlv *o);
/* check_data.c. A list of tags and lengths. */
void check_dol(const struct check *c, const char *place, const uint8_t *dol, size_t len);

void check_card_files(const struct check *c); /* check_files.c: of the whole card */
void check_files(const struct check *c);      /* of one application */
void check_data(const struct check *c);       /* check_data.c: dates, PAN, lists, CVM list, usage control */
void check_oda(const struct check *c);        /* check_oda.c: the certificates, verified */
/* check_purse.c: electronic cash. Gathers the records that come with it. */
void check_purse(struct check *c);
bool check_purse_lists(const struct check *c, const struct card_record *r);
void check_tap(const struct check *c);                           /* check_tap.c: offline approvals through the air */
void check_gather(struct check *c, const struct card_record *r); /* check.c */

#endif
