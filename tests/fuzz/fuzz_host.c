/*
 * libFuzzer: the acquirer. A signed-in terminal's frames as they come, and a sale, chip or stripe, whose fields the
 * input replaces before it is signed. Whatever comes, there is a named result and the ledger balances.
 */
#include "tests/fuzz/bent_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {"0200", "0400", "0220", "0800"};
    struct peer p;
    struct peer_chip chip;
    struct iso_message m;
    if (!size)
        return 0;
    peer_open(&p, 1);
    peer_sign_in(&p);
    struct host_rule rule = {.mti = "", .action = data[0] >> 4, .code = "10"};
    if ((data[0] >> 4) < HOST_GARBAGE)
        host_add_rule(p.host, &rule);
    for (unsigned i = 0; i < 2; i++) { /* the second one is a repetition, with the same trace number */
        p.trace = 0;
        (data[0] & 1) ? peer_chip_sale(&p, &m, &chip, 1200) : peer_stripe_sale(&p, &m, 1200);
        memcpy(m.mti, types[i && (data[0] & 8) ? 1 : data[0] >> 1 & 3], 4);
        replace_fields(&m, data + 1, size - 1);
        send(&p, &m);
    }
    peer_raw(&p, data + 1, size - 1);
    peer_close(&p);
    return 0;
}
