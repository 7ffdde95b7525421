/* libFuzzer: files of --issuer-key. Each is taken, or refused in one line that shows nothing of it. */
#include "core/status.h"
#include "scenarios/engine/replay_issuer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct replay_issuer none;
    struct replay_issuer issuer;
    char why[300] = "";
    int status = replay_issuer_parse(&issuer, (const char *)data, size, "fuzz", why, sizeof why);
    if (status == OK && (!issuer.given || why[0]))
        abort();
    if (status != OK &&
        (strncmp(why, "fuzz:", 5) != 0 || strchr(why, '\n') || memcmp(&issuer, &none, sizeof none) != 0))
        abort();
    return 0;
}
