/* The table of kinds. */
#include "core/app/kind.h"

#include <string.h>

static const struct kind_row rows[] = {
    [KIND_SALE] = {"000000", "00", "22", 0x00, FIRMWARE_SALE},
    [KIND_LOAD] = {"600000", "91", "45", 0x60, FIRMWARE_OTHER, .chip_only = true, .load = true},
    [KIND_LOAD_CASH] = {"630000", "91", "46", 0x63, FIRMWARE_OTHER, .chip_only = true, .load = true},
    [KIND_INQUIRY] = {"310000", "00", "01", 0x31, FIRMWARE_OTHER, .chip_only = true, .inquiry = true},
};

const struct kind_row *kind_row(enum kind kind)
{
    return &rows[kind];
}

enum kind kind_of(const struct journal_entry *entry)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].processing, entry->processing) == 0)
            return (enum kind)i;
    return KIND_SALE;
}
