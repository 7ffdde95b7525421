/* The faults of a card: their names, places and keys, and who they are for (contract in fault.h). */
#include "cards/fault_internal.h"

#define ETU_US 104 /* 372 clocks at 3.57 MHz */

const char *const card_fault_keys[] = {"at",    "ins",   "kind", "nth", "sw",  "byte", "after",
                                       "times", "value", "etu",  "ms",  "tag", "to",   NULL};
_Static_assert(sizeof card_fault_keys / sizeof *card_fault_keys == FAULT_KEYS + 1, "a name for every key");

/* -- places -- */

const struct fault_place card_fault_place_rows[] = {
    {0, 0},    {0, 1},    {0xA4, 1}, {0xA8, 1}, {0xB2, 1}, {0xCA, 1}, {0x20, 1}, {0xAE, 1}, {0xAE, 2}, {0x82, 1},
    {0x84, 1}, {0x88, 1}, {0xC0, 1}, {0x1E, 1}, {0x18, 1}, {0x16, 1}, {0x24, 1}, {0xDA, 1}, {0xDC, 1},
};
const char *const card_fault_places[] = {
    "reset",
    "command",
    "select",
    "gpo",
    "read_record",
    "get_data",
    "verify",
    "generate_ac",
    "generate_ac_2",
    "external_authenticate",
    "get_challenge",
    "internal_authenticate",
    "get_response",
    "application_block",
    "application_unblock",
    "card_block",
    "pin_change",
    "put_data",
    "update_record",
    NULL,
};
_Static_assert(sizeof card_fault_places / sizeof *card_fault_places ==
                   sizeof card_fault_place_rows / sizeof *card_fault_place_rows + 1,
               "a row for every name");

/* -- kinds -- */

#define KEY(k) (1u << FAULT_##k)

const struct fault_row card_fault_rows[] = {
    {CARD_FAULT_MUTE, CARD_LINE_NONE, FAULT_ANYWHERE, 0, 0, -1},
    {CARD_FAULT_REMOVE, CARD_LINE_NONE, FAULT_ANYWHERE, KEY(AFTER), 0, -1},
    {CARD_FAULT_SW, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(SW) | KEY(AFTER), 0, -1},
    {CARD_FAULT_CORRUPT, CARD_LINE_NONE, FAULT_ANYWHERE, KEY(BYTE), 0, -1},
    {CARD_FAULT_TRUNCATE, CARD_LINE_NONE, FAULT_ANYWHERE, KEY(BYTE), 0, -1},
    {CARD_FAULT_BROKEN, CARD_LINE_NONE, FAULT_ANYWHERE, 0, 0, -1},
    {CARD_FAULT_GARBLE, CARD_LINE_NONE, FAULT_ANYWHERE, 0, 0, -1},
    {CARD_FAULT_EXTEND, CARD_LINE_NONE, FAULT_ANYWHERE, KEY(BYTE), 0, -1},
    {CARD_FAULT_DELAY, CARD_LINE_SLOW, FAULT_ANYWHERE, KEY(MS), KEY(MS), -1},
    {CARD_FAULT_LINE, CARD_LINE_SLOW, FAULT_ANYWHERE, KEY(BYTE) | KEY(ETU), 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_SILENT, FAULT_ANYWHERE, KEY(BYTE), 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_PARITY, FAULT_ANYWHERE, KEY(BYTE) | KEY(TIMES), 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_BAD_TS, FAULT_AT_RESET, 0, 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_BAD_TCK, FAULT_AT_RESET, 0, 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_ENDLESS, FAULT_AT_RESET, 0, 0, -1},
    {CARD_FAULT_LINE, CARD_LINE_ONE_BY_ONE, FAULT_AT_COMMAND, 0, 0, 0},
    {CARD_FAULT_LINE, CARD_LINE_NULLS, FAULT_AT_COMMAND, KEY(TIMES) | KEY(ETU), 0, 0},
    {CARD_FAULT_LINE, CARD_LINE_WRONG_PROCEDURE, FAULT_AT_COMMAND, KEY(VALUE), 0, 0},
    {CARD_FAULT_LINE, CARD_LINE_WTX, FAULT_AT_COMMAND, KEY(TIMES) | KEY(VALUE) | KEY(ETU), 0, 1},
    {CARD_FAULT_LINE, CARD_LINE_BAD_LRC, FAULT_AT_COMMAND, KEY(TIMES), 0, 1},
    {CARD_FAULT_LINE, CARD_LINE_BAD_SEQUENCE, FAULT_AT_COMMAND, KEY(TIMES), 0, 1},
    {CARD_FAULT_LINE, CARD_LINE_RESEND, FAULT_AT_COMMAND, KEY(TIMES), 0, 1},
    {CARD_FAULT_LINE, CARD_LINE_IFS, FAULT_AT_COMMAND, KEY(VALUE), 0, 1},
    {CARD_FAULT_LINE, CARD_LINE_ABORT, FAULT_AT_COMMAND, 0, 0, 1},
    {CARD_FAULT_MUTATE_TAG, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG) | KEY(TO), KEY(TAG) | KEY(TO), -1},
    {CARD_FAULT_MUTATE_VALUE, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG) | KEY(TO), KEY(TAG) | KEY(TO), -1},
    {CARD_FAULT_WRONG_LENGTH, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG) | KEY(VALUE), KEY(TAG), -1},
    {CARD_FAULT_DUPLICATE_TAG, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG), KEY(TAG), -1},
    {CARD_FAULT_DROP_TAG, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG), KEY(TAG), -1},
    {CARD_FAULT_ATC_JUMP, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TO), KEY(TO), -1},
    {CARD_FAULT_WRONG_CRYPTOGRAM, CARD_LINE_NONE, FAULT_AT_COMMAND, 0, 0, -1},
    {CARD_FAULT_WRONG_CERTIFICATE, CARD_LINE_NONE, FAULT_AT_COMMAND, KEY(TAG), 0, -1},
};
const char *const card_fault_kinds[] = {
    "mute",
    "remove",
    "sw",
    "corrupt",
    "truncate",
    "broken",
    "garble",
    "extend",
    "delay",
    "slow",
    "silent",
    "parity",
    "bad_ts",
    "bad_tck",
    "endless",
    "one_by_one",
    "nulls",
    "wrong_procedure",
    "wtx",
    "bad_lrc",
    "bad_sequence",
    "resend",
    "ifs",
    "abort",
    "mutate_tag",
    "mutate_value",
    "wrong_length",
    "duplicate_tag",
    "drop_tag",
    "atc_jump",
    "wrong_cryptogram",
    "wrong_certificate",
    NULL,
};
_Static_assert(sizeof card_fault_kinds / sizeof *card_fault_kinds ==
                   sizeof card_fault_rows / sizeof *card_fault_rows + 1,
               "a row for every name");

static const struct fault_row *row_of(const struct card_fault *f, size_t *index)
{
    for (*index = 0; *index < sizeof card_fault_rows / sizeof *card_fault_rows; ++*index)
        if (card_fault_rows[*index].kind == f->kind &&
            (f->kind != CARD_FAULT_LINE || card_fault_rows[*index].line == f->line_kind))
            return &card_fault_rows[*index];
    return NULL;
}

const char *card_fault_name(const struct card_fault *f)
{
    size_t i;
    return row_of(f, &i) ? card_fault_kinds[i] : "none";
}

bool card_fault_of_reader(const struct card_fault *f)
{
    return f->kind > CARD_FAULT_NONE && f->kind < CARD_FAULT_LINE;
}

bool card_fault_of_line(const struct card_fault *f)
{
    return f->kind == CARD_FAULT_LINE || f->kind == CARD_FAULT_DELAY;
}

bool card_fault_of_answer(const struct card_fault *f)
{
    return f->kind > CARD_FAULT_LINE;
}

struct card_line_fault card_fault_line(const struct card_fault *f)
{
    return (struct card_line_fault){.kind = f->line_kind,
                                    .at_reset = f->at_reset,
                                    .ins = f->ins,
                                    .nth = f->nth,
                                    .times = f->times,
                                    .byte = f->byte,
                                    .value = f->value,
                                    .etu = f->kind == CARD_FAULT_DELAY ? f->ms * 1000 / ETU_US : f->etu};
}

const char *card_fault_misfit(const struct card_fault *f, int protocol)
{
    size_t i;
    const struct fault_row *row = row_of(f, &i);
    if (!row || row->protocol < 0 || row->protocol == protocol)
        return NULL;
    return protocol ? "is of T=0, and this card speaks T=1" : "is of T=1, and this card speaks T=0";
}
