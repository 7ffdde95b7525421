/* The fields of a downloaded object: see download_objects.h. Callers: download_key.c, download_application.c. */
#include "core/app/download_objects.h"

#include "core/net/download.h"

#include <string.h>

int object_read(const struct parameter *object, const struct object_field *wanted, size_t count, struct tlv *found)
{
    struct tlv tlv;
    size_t at = 0;
    int r;
    memset(found, 0, count * sizeof *found);
    while ((r = tlv_next(object->bytes, object->len, &at, &tlv)) == OK) {
        for (size_t i = 0; i < count; i++) {
            if (wanted[i].tag != tlv.tag)
                continue;
            if (found[i].tag || tlv.len < wanted[i].min || tlv.len > wanted[i].max)
                return DOWNLOAD_BAD_OBJECT;
            found[i] = tlv;
        }
    }
    for (size_t i = 0; r == E_NOTFOUND && i < count; i++)
        if (wanted[i].needed && !found[i].tag)
            return DOWNLOAD_BAD_OBJECT;
    return r == E_NOTFOUND ? OK : DOWNLOAD_BAD_OBJECT;
}
