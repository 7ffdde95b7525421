/*
 * Downloaded objects as what the kernel works with (DOMAIN 2.3 point 8, 2.6, 3.10). Callers: download.c judges what
 * comes, download_apply.c reads what was kept.
 */
#ifndef POSBENCH_CORE_APP_DOWNLOAD_OBJECTS_H
#define POSBENCH_CORE_APP_DOWNLOAD_OBJECTS_H

#include "core/app/app.h"
#include "core/codec/tlv.h"
#include "core/store/parameters.h"

/* One tag of an object: how long it may be, and whether it must be there. */
struct object_field {
    uint32_t tag;
    uint8_t min, max;
    bool needed;
};
/* Puts what an object has for each field into found[]; `tag` 0: not there. Tags without a field are passed over.
 * DOWNLOAD_BAD_OBJECT: not TLV, a field twice, too long, too short or missing. */
int object_read(const struct parameter *object, const struct object_field *fields, size_t count, struct tlv *found);

/* OK; DOWNLOAD_BAD_OBJECT, DOWNLOAD_CHECKSUM, DOWNLOAD_ALGORITHM. Whether it is out of date is the caller's question.
 */
int object_key(const struct parameter *object, struct emv_capk *out);
/* Sets what the object has and leaves the rest. OK; DOWNLOAD_BAD_OBJECT. */
int object_application(const struct parameter *object, struct emv_aid *aid, struct contactless_limits *limits);

/* The factory's settings and what was downloaded, put together: a scheme (RID) that the download names is the
 * download's alone, so that what is no longer on its list is gone; of the other schemes the factory's stay. An object
 * that is not good, or has no room, is left out: *left_out counts them. */
void download_apply(struct config *config, const struct parameter_set *keys, const struct parameter_set *applications,
                    size_t *left_out);

#endif
