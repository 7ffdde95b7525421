/* libFuzzer: card and terminal profiles. Each is taken, or refused with a reason; a card that is taken answers. */
#include "cards/card.h"
#include "sim/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int status, const char *why)
{
    if (status != OK && !why[0])
        abort();
}

static void card(const uint8_t *data, size_t size)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x00, 0x0E, '1', 'P', 'A', 'Y', '.',
                                     'S',  'Y',  'S',  '.',  'D',  'D', 'F', '0', '1', 0x00};
    uint8_t answer[RAPDU_MAX];
    size_t len;
    char why[400] = "";
    struct card_profile *profile;
    int status = card_profile_parse((const char *)data, size, "fuzz.json", &profile, why, sizeof why);
    check(status, why);
    if (status != OK)
        return;
    struct card *c = card_create(profile);
    if (c)
        card_apdu(c, select, sizeof select, answer, &len);
    card_destroy(c);
    card_profile_destroy(profile);
}

static void terminal(const uint8_t *data, size_t size)
{
    char path[40], why[400] = "";
    struct profile profile;
    int file = memfd_create("profile", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    int status = profile_load(path, &profile, why, sizeof why);
    check(status, why);
    if (status == OK)
        profile_clear(&profile);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size)
        (data[0] == ' ' ? terminal : card)(data, size); /* a blank before it: a terminal's */
    return 0;
}
