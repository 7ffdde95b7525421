/*
 * libFuzzer: commands to cards. The input picks a card and a level, then is a list of commands (length, bytes) of one
 * session; length 0 is a reset. Every command gets an answer with a status word, and none changes the profile.
 */
#include "cards/card.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct card_profile *profiles[3];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const names[] = {"unionpay-credit", "unionpay-offline-pin", "visa-cvn18"};
    char path[500], why[300];
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/cards/profiles/%s.json", TEST_ROOT, names[i]);
        if (card_profile_load(path, &profiles[i], why, sizeof why) != OK) {
            fprintf(stderr, "%s\n", why);
            exit(1);
        }
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t answer[RAPDU_MAX];
    if (!size)
        return 0;
    struct card *card = card_create(profiles[data[0] % 3]);
    size_t at = 1;
    while (card && at < size) {
        size_t len = data[at++], answer_len = 0;
        len = len < size - at ? len : size - at;
        if (!len) {
            card_reset(card);
            continue;
        }
        (data[0] & 0x80 ? card_tpdu : card_apdu)(card, data + at, len, answer, &answer_len);
        if (answer_len < 2 || answer_len > sizeof answer)
            abort();
        at += len;
    }
    card_destroy(card);
    return 0;
}
