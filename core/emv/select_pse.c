/*
 * Candidates from the payment system environment: its directory and the directories below it (EMV Book
 * 1 12.2.3, 12.3.2; DOMAIN 2.3). Called by select.c.
 *
 * An entry is an application (4F) or, on cards personalised before EMV 4.3 and PBOC 3.0 dropped it, a directory of its
 * own (9D, a DDF). DDFs wait in a queue and are selected when the directory that names them has been read to its end,
 * so that no directory is left halfway. A DDF that cannot be selected is passed over; a directory that breaks its
 * format makes the whole environment worthless, and the list of AIDs decides.
 */
#include "core/emv/select.h"

#include <string.h>

#define RECORDS_MAX 255 /* of all directories: as many as one could have */
#define DDFS_MAX 8      /* directories of one card, the first included */
#define SFI_DIRECTORY_MAX 10

static const uint8_t pse_name[] = {'1', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1'};

struct ddf {
    uint8_t name[16], len;
};
struct tour {
    struct ddf ddf[DDFS_MAX]; /* each once, so that two that name each other end */
    size_t count;
    unsigned records;
};

static void note_ddf(struct tour *tour, const struct tlv *name)
{
    for (size_t i = 0; i < tour->count; i++)
        if (tour->ddf[i].len == name->len && memcmp(tour->ddf[i].name, name->value, name->len) == 0)
            return;
    if (tour->count == DDFS_MAX)
        return;
    struct ddf *d = &tour->ddf[tour->count++];
    memcpy(d->name, name->value, name->len);
    d->len = (uint8_t)name->len;
}

static int add_entry(struct emv *e, struct tour *tour, const struct tlv *entry, uint8_t code_table)
{
    struct tlv name;
    size_t config;
    bool application = tlv_find(entry->value, entry->len, 0x4F, &name) == OK;
    if (!application && tlv_find(entry->value, entry->len, 0x9D, &name) != OK)
        return OK; /* neither: not for this terminal */
    if (name.len < 5 || name.len > 16)
        return E_FORMAT;
    if (!application)
        note_ddf(tour, &name);
    else if (emv_candidate_match(e, name.value, name.len, &config))
        emv_candidate_add(e, name.value, name.len, entry->value, entry->len, code_table, config);
    return OK;
}

static int add_entries(struct emv *e, struct tour *tour, const struct emv_answer *answer, uint8_t code_table)
{
    struct tlv record, entry;
    size_t at = 0;
    int rc = OK;
    if (emv_sole_template(answer, 0x70, &record) != OK)
        return E_FORMAT;
    while (rc == OK && tlv_next(record.value, record.len, &at, &entry) == OK)
        if (entry.tag == 0x61)
            rc = add_entry(e, tour, &entry, code_table);
    return rc;
}

/* Records 1.. of the directory to 6A83. E_FORMAT: it cannot be read to its end. */
static int read_directory(struct emv *e, struct tour *tour, uint8_t sfi, uint8_t code_table)
{
    struct emv_answer answer;
    for (unsigned record = 1; record <= RECORDS_MAX && tour->records < RECORDS_MAX; record++, tour->records++) {
        int rc = emv_read_record(e, sfi, (uint8_t)record, &answer);
        if (rc != OK || answer.sw == SW_NO_RECORD)
            return rc;
        if (answer.sw != SW_OK || add_entries(e, tour, &answer, code_table) != OK)
            return E_FORMAT;
    }
    return OK;
}

/* E_NOTFOUND: not a directory that can be selected. */
static int visit(struct emv *e, struct tour *tour, size_t index)
{
    const struct ddf d = tour->ddf[index];
    struct emv_answer answer;
    struct fci fci;
    int rc = emv_select_file(e, d.name, d.len, false, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw != SW_OK || !emv_fci_parse(&answer, &fci) || fci.name.len != d.len ||
        memcmp(fci.name.value, d.name, d.len) != 0)
        return E_NOTFOUND;
    uint8_t sfi = emv_one_byte(&fci.proprietary, 0x88);
    if (sfi < 1 || sfi > SFI_DIRECTORY_MAX)
        return E_NOTFOUND;
    return read_directory(e, tour, sfi, emv_one_byte(&fci.proprietary, 0x9F11));
}

int emv_list_from_pse(struct emv *e)
{
    struct tour tour = {.count = 1};
    int rc = OK;
    memcpy(tour.ddf[0].name, pse_name, sizeof pse_name);
    tour.ddf[0].len = sizeof pse_name;
    for (size_t i = 0; i < tour.count && (rc == OK || rc == E_NOTFOUND); i++)
        rc = visit(e, &tour, i);
    if (rc == E_FORMAT) {
        emv_note(e, "directory malformed: the list of AIDs decides");
        e->candidates = 0;
    }
    return rc == E_FORMAT || rc == E_NOTFOUND ? OK : rc;
}
