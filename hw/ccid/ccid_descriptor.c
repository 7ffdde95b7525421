/*
 * The class descriptor of a CCID interface (CCID 5.1): found among the bytes that a host's USB stack leaves unparsed
 * behind the interface descriptor. Called by hw/usb before a reader is created.
 *
 * Strict where the driver would go wrong by believing it (level, message length, lengths of descriptors), lenient where
 * a field only informs: the version is odd in real readers, a clock of 0 becomes an ordinary one (ccid_timing.c), and a
 * message length beyond what CCID allows is cut to that.
 */
#include "hw/ccid/ccid.h"

#include <string.h>

#define TYPE 0x21
#define LENGTH 54
#define SLOT_INDEX_MAX 15
#define VOLTAGES 0x07
#define PROTOCOLS 0x03

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int refuse(const char **why, const char *text)
{
    *why = text;
    return E_FORMAT;
}

static const struct {
    uint32_t features;
    enum ccid_level level;
} level_table[] = {
    {0x00000, CCID_CHARACTER},
    {0x10000, CCID_TPDU},
    {0x20000, CCID_SHORT_APDU},
    {0x40000, CCID_EXTENDED_APDU},
};

static bool level_of(uint32_t features, enum ccid_level *out)
{
    for (size_t i = 0; i < sizeof level_table / sizeof *level_table; i++)
        if (level_table[i].features == (features & 0x70000)) {
            *out = level_table[i].level;
            return true;
        }
    return false;
}

static int parse(const uint8_t *p, struct ccid_descriptor *d, const char **why)
{
    if (p[4] > SLOT_INDEX_MAX)
        return refuse(why, "bMaxSlotIndex: more than 16 slots");
    d->version = (uint16_t)(p[2] | p[3] << 8);
    d->slots = p[4] + 1;
    d->voltages = p[5] & VOLTAGES;
    d->protocols = u32(p + 6) & PROTOCOLS;
    if (!d->protocols)
        return refuse(why, "dwProtocols: neither T=0 nor T=1");
    d->clock_khz = u32(p + 10);
    d->clock_max_khz = u32(p + 14);
    d->rate_bps = u32(p + 19);
    d->rate_max_bps = u32(p + 23);
    d->max_ifsd = u32(p + 28);
    d->features = u32(p + 40);
    if (!level_of(d->features, &d->level))
        return refuse(why, "dwFeatures: more than one level of exchange");
    d->max_message = u32(p + 44);
    if (d->max_message < CCID_HEADER + HAL_ATR_MAX)
        return refuse(why, "dwMaxCCIDMessageLength: no answer to reset fits");
    if (d->max_message > CCID_MESSAGE_MAX)
        d->max_message = CCID_MESSAGE_MAX;
    d->auto_parameters = d->features & 0x02;
    d->auto_voltage = d->features & 0x08;
    d->auto_clock = d->features & 0x10;
    d->auto_rate = d->features & 0x20;
    d->auto_pps = d->features & 0xC0; /* negotiates by itself, or sends the PPS for the parameters that are set */
    d->auto_ifsd = d->features & 0x400;
    return OK;
}

int ccid_descriptor_parse(const uint8_t *extra, size_t len, struct ccid_descriptor *out, const char **why)
{
    memset(out, 0, sizeof *out);
    *why = "";
    for (size_t at = 0; at < len; at += extra[at]) {
        if (len - at < 2 || extra[at] < 2)
            return refuse(why, "bLength: a descriptor shorter than its head");
        if (extra[at] > len - at)
            return refuse(why, "bLength: a descriptor goes past the end");
        if (extra[at + 1] != TYPE)
            continue;
        if (extra[at] != LENGTH)
            return refuse(why, "bLength: the CCID descriptor has 54 bytes");
        return parse(extra + at, out, why);
    }
    return refuse(why, "no CCID descriptor");
}
