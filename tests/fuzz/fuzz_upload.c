/*
 * libFuzzer: the rest of what a host is asked: uploads of offline approvals (0220) and of electronic cash (0200),
 * loads, and downloads of keys and applications. The input replaces fields before the message is signed; whatever
 * comes, the ledger balances and an upload that comes twice is booked once.
 */
#include "sim/host/keys.h"
#include "tests/fuzz/bent_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Message type, processing code, condition code, type of DE60, and the card's word. */
static const struct {
    const char *mti, *processing, *condition, *type;
    uint8_t cid;
} kinds[] = {
    {"0220", "000000", "00", "30", 0x40}, {"0200", "000000", "00", "36", 0x40}, {"0200", "600000", "91", "45", 0x80},
    {"0200", "630000", "91", "46", 0x80}, {"0200", "310000", "00", "01", 0x80},
};

static void pay(struct peer *p, const uint8_t *data, size_t size)
{
    const size_t kind = (data[0] >> 1) % (sizeof kinds / sizeof *kinds);
    struct iso_message m;
    struct peer_chip c;
    char de60[18];
    const struct host_entry *e;
    peer_chip_sale(p, &m, &c, 1200);
    c.cid = kinds[kind].cid;
    peer_chip_field(&c, &m);
    memcpy(m.mti, kinds[kind].mti, 5);
    iso_set_text(&m, 3, kinds[kind].processing);
    iso_set_text(&m, 25, kinds[kind].condition);
    snprintf(de60, sizeof de60, "%s%06u00060", kinds[kind].type, p->batch % 1000000);
    iso_set_text(&m, 60, de60);
    replace_fields(&m, data + 1, size - 1);
    send(p, &m);
    size_t entries = peer_entries(p, &e);
    int64_t left = peer_balance(p, PEER_CHIP_PAN);
    iso_clear(&m, 64);
    send(p, &m);
    if (peer_entries(p, &e) > entries + 1 || (kind < 2 && peer_balance(p, PEER_CHIP_PAN) != left))
        abort();
}

static void download(struct peer *p, const uint8_t *data, size_t size)
{
    static const char *const codes[] = {"372", "382", "370", "380", "371", "381"};
    static struct host_object objects[3];
    const struct host_offer offer = {.list = data[0] & 2 ? HOST_KEYS : HOST_APPLICATIONS,
                                     .per_answer = 1 + data[0] % HOST_PER_ANSWER,
                                     .fault = (enum host_list_fault)(size > 1 ? data[1] % (HOST_LIST_MISSING + 1) : 0),
                                     .nth = 1,
                                     .demanded = true};
    struct iso_message m;
    for (uint8_t i = 0; i < 3; i++) {
        struct host_object *o = &objects[i];
        *o = (struct host_object){.list = offer.list, .name = {0x9F, 0x06, 5, 0xA0, 0, 0, 3, i}, .name_len = 8};
        memcpy(o->entry, o->name, o->name_len);
        memcpy(o->bytes, o->name, o->name_len);
        o->entry_len = o->len = o->name_len;
    }
    host_make_offer(p->host, &offer, objects, 3);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        peer_network(&m, i < 2 ? "0820" : "0800", p->batch, codes[i]);
        iso_set(&m, 62, i < 2 ? (const void *)"100" : objects[0].name, i < 2 ? 3 : 8);
        replace_fields(&m, data + 1, size - 1);
        send(p, &m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct peer p;
    if (!size)
        return 0;
    peer_open(&p, 1);
    peer_sign_in(&p);
    (data[0] & 1 ? download : pay)(&p, data, size);
    peer_close(&p);
    return 0;
}
