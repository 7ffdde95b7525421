/*
 * Which driver a reader's name ("pcsc:NAME", "usb:VID:PID") means. Called by hw/helper and by whoever lists readers.
 *
 * One table of drivers: a new one is one row.
 */
#include "hw/helper_internal.h"

#ifdef POSBENCH_HW
#include "hw/pcsc/pcsc.h"
#include "hw/usb/usb.h"
#endif

#include <stdio.h>
#include <string.h>

struct driver {
    const char *prefix; /* before the colon */
    const char *form;   /* what may be said, for people */
    int (*open)(const char *name, struct hw_reader *out, char *why, size_t why_cap);
    helper_lister *list;
};

static const struct driver drivers[] = {
#ifdef POSBENCH_HW
    {"pcsc", "pcsc, pcsc:NAME", pcsc_reader_open, pcsc_reader_list},
    {"usb", "usb, usb:VID:PID", usb_reader_open, usb_reader_list},
#endif
    {NULL, NULL, NULL, NULL},
};

static const char none_built[] = "this build has no real readers: configure with -DPOSBENCH_HW=ON";

int hw_reader_open(const char *spec, struct hw_reader *out, char *why, size_t why_cap)
{
    memset(out, 0, sizeof *out);
    if (why_cap > 0)
        why[0] = '\0';
    if (!drivers[0].prefix) {
        snprintf(why, why_cap, "%s", none_built);
        return HAL_E_UNSUPPORTED;
    }
    for (const struct driver *d = drivers; d->prefix; d++) {
        size_t n = strlen(d->prefix);
        if (strncmp(spec, d->prefix, n) != 0 || (spec[n] != '\0' && spec[n] != ':'))
            continue;
        if (spec[n] == ':' && spec[n + 1] == '\0')
            break;
        return d->open(spec[n] == ':' ? spec + n + 1 : NULL, out, why, why_cap);
    }
    char forms[96] = "";
    for (const struct driver *d = drivers; d->prefix; d++) {
        size_t used = strlen(forms);
        snprintf(forms + used, sizeof forms - used, "%s%s", used ? ", " : "", d->form);
    }
    snprintf(why, why_cap, "'%.60s' names no real reader; there are: %s", spec, forms);
    return E_INVAL;
}

void hw_reader_close(struct hw_reader *r)
{
    if (r->ops && r->ops->close)
        r->ops->close(r->ctx);
    memset(r, 0, sizeof *r);
}

size_t hw_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                      char *why, size_t why_cap)
{
    size_t count = 0;
    if (why_cap > 0)
        why[0] = '\0';
    if (!drivers[0].prefix)
        snprintf(why, why_cap, "%s", none_built);
    for (const struct driver *d = drivers; d->prefix; d++) {
        char one[256] = "";
        size_t used = strlen(why);
        count += helper_list(d->list, d->prefix, found, ctx, one, sizeof one);
        if (one[0] && used < why_cap)
            snprintf(why + used, why_cap - used, "%s%s", used ? "; " : "", one);
    }
    return count;
}
