/* What the files of cardholder verification share: cvm.c walks the list, cvm_method.c has the methods, cvm_pin.c the
 * PIN that the card checks. For these files only. */
#ifndef POSBENCH_CORE_EMV_CVM_H
#define POSBENCH_CORE_EMV_CVM_H

#include "core/emv/emv_internal.h"

enum cvm_outcome { CVM_UNKNOWN = 0, CVM_FAILED = 1, CVM_SUCCESSFUL = 2 }; /* 9F34 byte 3 */

struct cvm_walk {
    struct emv *e;
    uint64_t x, y;
    bool bypassed; /* the cardholder declined to enter a PIN: not asked again */
};

struct cvm_method {
    uint8_t code;
    uint8_t capability; /* bits of 9F33 byte 2, all of them; 0: needs none */
    uint8_t pin;        /* those of them that stand for a PIN pad */
    unsigned result;    /* enum emv_cvm bits */
    int (*perform)(struct cvm_walk *w, enum cvm_outcome *outcome);
};

/* NULL: a method that nobody knows. */
const struct cvm_method *cvm_method_find(uint8_t code);
bool cvm_method_supported(const struct emv *e, const struct cvm_method *m);

/* What the PIN pad answered, as TVR bits: *entered when there is a PIN to go on with. OK, EMV_CANCELLED or negative. */
int cvm_pin_answer(struct cvm_walk *w, int answer, bool *entered);

/* PIN checked by the card, in clear and enciphered. */
int cvm_pin_plain(struct cvm_walk *w, enum cvm_outcome *outcome);
int cvm_pin_enciphered(struct cvm_walk *w, enum cvm_outcome *outcome);

#endif
