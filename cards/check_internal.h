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

void check_data(const struct check *c); /* check_data.c: dates, PAN, lists, CVM list, usage control */
void check_oda(const struct check *c);  /* check_oda.c: the certificates, verified */

#endif
