/*
 * libFuzzer: what a host hands out. Answers to list requests (length, bytes, again and again), the answer to a request
 * for an object, and objects as the kernel's settings. What is taken keeps its limits.
 */
#include "core/app/download_objects.h"
#include "core/net/download.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two bytes of length, then the bytes; false: there are no more. */
static bool next_part(const uint8_t **data, size_t *size, const uint8_t **part, size_t *len)
{
    if (*size < 2)
        return false;
    *len = (size_t)((*data)[0] << 8 | (*data)[1]);
    *len = *len < *size - 2 ? *len : *size - 2;
    *part = *data + 2;
    *data += 2 + *len;
    *size -= 2 + *len;
    return true;
}

static void read_list(enum parameter_kind kind, const uint8_t *data, size_t size)
{
    static struct parameter_set set;
    size_t received = 0, before, len;
    const uint8_t *part;
    bool more = true;
    memset(&set, 0, sizeof set);
    while (more && next_part(&data, &size, &part, &len)) {
        before = received;
        int r = download_read_list(kind, part, len, &set, &received, &more);
        if (set.count > received || set.count > download_limit(kind) || received > download_limit(kind) + 1)
            abort();
        for (size_t i = 0; i < set.count; i++)
            if (set.item[i].name_len > PARAMETER_NAME_MAX)
                abort();
        if (r != OK && (r < DOWNLOAD_FIRST || !*download_text(r, false)))
            abort();
        if (r != OK)
            return;
        if (more && received == before)
            abort(); /* the list could go on for ever */
    }
}

/* The name that is asked for is what the answer begins with, or no answer would get past it. */
static void read_objects(enum parameter_kind kind, const uint8_t *data, size_t size)
{
    static struct parameter_set set, none;
    static struct config config;
    const uint8_t *part;
    size_t len, left_out;
    memset(&set, 0, sizeof set);
    memset(&config, 0, sizeof config);
    while (set.count < download_limit(kind) && next_part(&data, &size, &part, &len)) {
        struct parameter *p = &set.item[set.count];
        size_t name_len = len > 4 ? part[3] : 0;
        if (name_len > PARAMETER_NAME_MAX - 1 || name_len + 4 > len)
            name_len = 0;
        memcpy(p->name, part + 4, name_len);
        if (kind == PARAMETER_KEYS && len > name_len + 7) {
            p->name[name_len] = part[name_len + 7]; /* behind 9F2201 */
            name_len++;
        }
        p->name_len = (uint8_t)name_len;
        int r = download_read_object(kind, part, len, p);
        if (r == OK && (p->len > PARAMETER_BYTES_MAX || !p->name_len))
            abort();
        if (r != OK && !*download_text(r, false))
            abort();
        set.count += r == OK;
    }
    download_apply(&config, kind == PARAMETER_KEYS ? &set : &none, kind == PARAMETER_KEYS ? &none : &set, &left_out);
    if (config.emv.aids > EMV_AIDS || config.emv.capks > EMV_CAPKS || left_out > set.count)
        abort();
    for (size_t i = 0; i < config.emv.aids; i++)
        if (config.emv.aid[i].len > sizeof config.emv.aid[i].aid ||
            config.emv.aid[i].ddol_len > sizeof config.emv.aid[i].ddol || config.emv.aid[i].random_max > 99)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    enum parameter_kind kind = data[0] & 1 ? PARAMETER_APPLICATIONS : PARAMETER_KEYS;
    (data[0] & 2 ? read_objects : read_list)(kind, data + 1, size - 1);
    return 0;
}
