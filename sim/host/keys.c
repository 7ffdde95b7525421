/*
 * Handing out keys and applications: the list in parts (0820 372, 382), one object each (0800 370, 380), the end (0820
 * 371, 381), and the requirement that calls a terminal to it; see keys.h. An answer is under a MAC when the request
 * was.
 */
#include "sim/host/state.h"

#include <string.h>

/* Header digit 6 (DOMAIN 4.1). */
static const uint8_t requirements[HOST_LISTS] = {[HOST_KEYS] = 4, [HOST_APPLICATIONS] = 5};

/* ---- the offer ---- */

static void withdraw(struct host *h, enum host_list list)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->object_count; i++)
        if (h->objects[i].list != list)
            h->objects[kept++] = h->objects[i];
    h->object_count = kept;
}

int host_make_offer(struct host *h, const struct host_offer *offer, const struct host_object *objects, size_t count)
{
    if ((unsigned)offer->list >= HOST_LISTS || offer->per_answer < 1 || offer->per_answer > HOST_PER_ANSWER)
        return E_INVAL;
    withdraw(h, offer->list);
    host_changed(h, offer, sizeof *offer);
    for (size_t i = 0; i < count; i++) {
        int status =
            host_grow((void **)&h->objects, h->object_count, &h->object_room, sizeof *h->objects, HOST_OBJECTS);
        if (status) {
            withdraw(h, offer->list);
            return status;
        }
        h->objects[h->object_count++] = objects[i];
        host_changed(h, &objects[i], sizeof objects[i]);
    }
    h->offers[offer->list] = *offer;
    for (size_t i = 0; i < h->terminal_count; i++)
        h->terminals[i].demands[offer->list] = offer->demanded;
    return OK;
}

uint8_t keys_requirement(const struct terminal_state *t)
{
    for (size_t i = 0; t && i < HOST_LISTS; i++)
        if (t->demands[i])
            return requirements[i];
    return 0;
}

/* ---- one message ---- */

/* DE60.3: 37x keys, 38x applications. */
static enum host_list list_of(const struct exchange *x)
{
    return x->de60.network[1] == '7' ? HOST_KEYS : HOST_APPLICATIONS;
}

static size_t objects_on(const struct host *h, enum host_list list, const struct host_object *found[HOST_OBJECTS])
{
    size_t count = 0;
    for (size_t i = 0; i < h->object_count; i++)
        if (h->objects[i].list == list)
            found[count++] = &h->objects[i];
    return count;
}

static const char *refusal(struct exchange *x)
{
    if (!x->terminal)
        return refuse(x, "97", "unknown terminal");
    if (rules_is_code(x) && !host_is_approval(x->rule->code))
        return refuse(x, x->rule->code, "scripted");
    return iso_has(x->request, 64) ? check_mac(x) : NULL;
}

static void put(struct exchange *x, const void *bytes, size_t len)
{
    if (len > sizeof x->field62 - x->field62_len)
        len = 0; /* no scenario fills an answer up to here: HOST_PER_ANSWER, HOST_OBJECT_MAX */
    memcpy(x->field62 + x->field62_len, bytes, len);
    x->field62_len += len;
}

/* '1' and two digits: how many entries the terminal has. */
static bool read_received(const struct exchange *x, size_t *received)
{
    size_t len;
    const uint8_t *at = iso_get(x->request, 62, &len);
    if (!at || len != 3 || at[0] != '1' || at[1] < '0' || at[1] > '9' || at[2] < '0' || at[2] > '9')
        return false;
    *received = (size_t)(at[1] - '0') * 10 + (size_t)(at[2] - '0');
    return true;
}

const char *keys_list(struct exchange *x)
{
    const struct host_object *objects[HOST_OBJECTS];
    enum host_list list = list_of(x);
    const struct host_offer *offer = &x->h->offers[list];
    size_t count = objects_on(x->h, list, objects), received;
    const char *code = refusal(x);
    if (code)
        return code;
    if (!read_received(x, &received) || (received > count && offer->fault != HOST_LIST_ENDLESS))
        return refuse(x, "30", "list request");
    if (count == 0) {
        put(x, "0", 1);
        return "00";
    }
    size_t left = offer->fault == HOST_LIST_ENDLESS ? SIZE_MAX : count - received;
    size_t now = left < offer->per_answer ? left : offer->per_answer;
    put(x, left > now || offer->fault == HOST_LIST_EMPTY ? "2" : received ? "3" : "1", 1);
    for (size_t i = 0; offer->fault != HOST_LIST_EMPTY && i < now; i++) {
        const struct host_object *o = objects[(received + i) % count];
        put(x, o->entry, o->entry_len);
    }
    x->field62_len -= offer->fault == HOST_LIST_LENGTH;
    return "00";
}

/* The object's place among those of its list, as asked for by name. E_NOTFOUND. */
static int find_asked(const struct exchange *x, const struct host_object *const *objects, size_t count, size_t *at)
{
    size_t len;
    const uint8_t *asked = iso_get(x->request, 62, &len);
    for (*at = 0; asked && *at < count; (*at)++)
        if (objects[*at]->name_len == len && memcmp(objects[*at]->name, asked, len) == 0)
            return OK;
    return E_NOTFOUND;
}

const char *keys_object(struct exchange *x)
{
    const struct host_object *objects[HOST_OBJECTS];
    enum host_list list = list_of(x);
    const struct host_offer *offer = &x->h->offers[list];
    size_t count = objects_on(x->h, list, objects), at;
    const char *code = refusal(x);
    if (code)
        return code;
    if (find_asked(x, objects, count, &at)) {
        put(x, "0", 1);
        return "00";
    }
    enum host_list_fault fault = at + 1 == offer->nth ? offer->fault : HOST_LIST_GOOD;
    if (fault == HOST_LIST_MISSING) {
        put(x, "0", 1);
        return "00";
    }
    const struct host_object *o = objects[fault == HOST_LIST_OTHER ? (at + 1) % count : at];
    put(x, "1", 1);
    put(x, o->bytes, o->len);
    if (fault == HOST_LIST_CHECKSUM)
        x->field62[x->field62_len - 1] ^= 0x01;
    if (fault == HOST_LIST_TLV)
        x->field62_len--;
    return "00";
}

const char *keys_end(struct exchange *x)
{
    const char *code = refusal(x);
    if (code)
        return code;
    x->terminal->demands[list_of(x)] = false;
    return "00";
}
