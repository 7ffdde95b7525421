/* The PAN of a certificate against the recorded one, nibble by nibble: masked digits decide nothing (EMV Book 2 5.3
 * step 8, 6.4 step 8). Called by replay_sign_chain.c. */
#include "scenarios/engine/replay_sign.h"

/* Of 5A, or of 57 where a contactless card has no 5A. -1: none; -2: masked. */
struct pan {
    int nibble[20];
    unsigned line;
};

static bool read_pan(const struct sign *s, struct pan *out)
{
    struct sign_bytes o;
    bool track = false;
    if (!sign_object(s, 0x5A, &o) && !(track = sign_object(s, 0x57, &o)))
        return false;
    bool ended = false;
    for (size_t i = 0; i < 20; i++) {
        uint8_t byte = i / 2 < o.len ? o.bytes[i / 2] : 0xFF, mask = i / 2 < o.len ? o.mask[i / 2] : 0;
        int nibble = i % 2 ? byte & 0x0F : byte >> 4;
        bool hidden = i % 2 ? mask & 0x0F : mask >> 4;
        ended |= !hidden && (nibble == 0x0F || (track && nibble == 0x0D));
        out->nibble[i] = ended && track ? 0x0F : hidden ? -2 : nibble;
    }
    out->line = o.line;
    return true;
}

/* The certificate's digits against the recorded ones; as a prefix: as far as the certificate has digits. */
static bool same_pan(const struct pan *pan, const uint8_t *certified, size_t nibbles, bool prefix, bool *hidden)
{
    size_t digits = 0;
    bool same = true, filler = false;
    *hidden = false;
    for (size_t i = 0; i < nibbles; i++) {
        int nibble = i % 2 ? certified[i / 2] & 0x0F : certified[i / 2] >> 4;
        filler |= nibble == 0x0F;
        digits += !filler;
        if (prefix && filler)
            same &= nibble == 0x0F;
        else if (pan->nibble[i] == -2)
            *hidden = true;
        else
            same &= nibble == pan->nibble[i];
    }
    return same && (!prefix || digits >= 3);
}

void sign_check_pan(struct sign *s, const char *group, const char *what, const uint8_t *certified, size_t nibbles,
                    bool prefix)
{
    struct pan pan;
    bool hidden;
    if (!read_pan(s, &pan)) {
        sign_row(s, group, what, s->complete ? SIGN_FAIL : SIGN_OPEN, 0, "no PAN is recorded (5A, 57)");
        return;
    }
    bool same = same_pan(&pan, certified, nibbles, prefix, &hidden);
    sign_test(s, group, what, same && !hidden, same && hidden ? pan.line : 0, pan.line,
              prefix ? "it does not begin the PAN of 5A" : "it is not the PAN of 5A");
}
