/*
 * emv: order and contents of what the terminal said to its cards follow from card, configuration and host. The breaches
 * were found while the sessions ran (emv_watch.c); what is left for the end is whether every cryptogram that went
 * online was completed (EMV Book 3 10.9 and 10.11: there is a second GENERATE AC whatever the host said).
 */
#include "scenarios/engine/emv_watch.h"
#include "scenarios/engine/judge.h"

#include "core/codec/tlv.h"

#include <string.h>

/* A request with this cryptogram reached the host: by the cryptogram, or by its number where a signature hides it. */
static bool went_online(const struct evidence *e, const struct watch_arqc *a)
{
    const uint8_t *value = a->sealed ? a->number : a->ac;
    size_t value_len = a->sealed ? 4 : 8;
    struct iso_message m;
    for (size_t back = 0; host_last(e->bench->host, "0200", back, &m) == OK; back++) {
        struct tlv object;
        size_t len;
        const uint8_t *field = iso_get(&m, 55, &len);
        if (field && tlv_find(field, len, a->sealed ? 0x9F37 : 0x9F26, &object) == OK && object.len == value_len &&
            memcmp(object.value, value, value_len) == 0)
            return true;
    }
    return false;
}

void oracle_emv(const struct evidence *e, struct verdict *v)
{
    const struct emv_watch *w = e->bench->watch ? &e->bench->watch->emv[e->terminal->number - 1] : NULL;
    if (!w || !w->terminal)
        return;
    if (w->finding[0])
        judge_say(v, "fail", "%s", w->finding);
    for (size_t i = 0; i < w->arqcs; i++) {
        char hex[17];
        const struct watch_arqc *a = &w->arqc[i];
        hex_encode(a->sealed ? a->number : a->ac, a->sealed ? 4 : 8, hex, sizeof hex);
        if (!a->completed && !a->excused && went_online(e, a))
            judge_say(v, "fail", "cryptogram %s went online and got no second GENERATE AC", hex);
    }
}
