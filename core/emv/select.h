/* What the files of application selection share: select.c, select_pse.c, and the contactless steps. Internal to core/emv. */
#ifndef POSBENCH_CORE_EMV_SELECT_H
#define POSBENCH_CORE_EMV_SELECT_H

#include "core/emv/emv_internal.h"

#define SW_OK 0x9000
#define SW_BLOCKED 0x6283
#define SW_CARD_BLOCKED 0x6A81
#define SW_NOT_FOUND 0x6A82
#define SW_NO_RECORD 0x6A83

struct fci {
    struct tlv name;        /* 84 */
    struct tlv proprietary; /* A5 */
};

/* SELECT by name, or the next application with the same beginning. 6A81 to a name is EMV_CARD_BLOCKED. */
int emv_select_file(struct emv *e, const uint8_t *name, size_t len, bool next, struct emv_answer *answer);
/* Template 6F with 84 and A5, and nothing behind it. */
bool emv_fci_parse(const struct emv_answer *answer, struct fci *out);
/* Object `tag` of one byte inside a template; 0 without one. */
uint8_t emv_one_byte(const struct tlv *template_, uint32_t tag);
/* Candidates from the payment system environment; none when there is no such thing, or nothing good in it. */
int emv_list_from_pse(struct emv *e);

#endif
