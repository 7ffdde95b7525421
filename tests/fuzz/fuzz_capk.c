/* libFuzzer: CA key files. What is accepted keeps its limits; what is refused says why, in one line. */
#include "core/status.h"
#include "scenarios/engine/replay_keys.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct replay_keys keys = {.key = NULL};
    char why[300] = "";
    int status = replay_keys_parse(&keys, (const char *)data, size, "fuzz", why, sizeof why);
    if (status != OK && strncmp(why, "fuzz:", 5) != 0)
        abort();
    for (size_t i = 0; i < keys.count; i++) {
        const struct replay_key *k = &keys.key[i];
        if (keys.count > REPLAY_KEYS || k->len > REPLAY_MODULUS_MAX || k->len < REPLAY_MODULUS_MIN ||
            k->exponent_len > sizeof k->exponent)
            abort();
    }
    replay_keys_free(&keys);
    return 0;
}
