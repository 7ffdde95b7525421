/*
 * The contactless kernel: qPBOC (PBOC 3.0 part 12; EMV Contactless Book A and B for the entry point, C-3 and C-7 for
 * the qualifiers; DOMAIN 3.9). It is no part of the contact kernel and has its own order, a file for each step:
 *
 *   contactless_offered (preprocess.c): may a card be presented for this amount at all?
 *   contactless_begin -> contactless_read, with the card in the field:
 *       ppse.c       SELECT 2PAY.SYS.DDF01, candidates by priority
 *       initiate.c   SELECT the application, qualifiers (9F66) into the PDOL, GET PROCESSING OPTIONS
 *       options.c    the answer: one template 77 with everything, the cryptogram included
 *       records.c    after an offline approval: the records that the AFL names
 *   -> contactless_conclude, when the card may be taken away:
 *       decide.c     what the card said, cardholder verification by 9F6C
 *       restrict.c   expiry, usage, stopped cards, after an offline approval
 *       fdda.c       fast dynamic data authentication, likewise
 *   -> contactless_end
 *
 * It shares `struct emv` and its object store with the contact kernel, so that messages and slips are built by the same
 * code. There is no GENERATE AC, no risk management and no second cryptogram; TVR and TSI stay zero. The caller is
 * core/app/sale_tap.c.
 */
#ifndef POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_H
#define POSBENCH_CORE_EMV_CONTACTLESS_CONTACTLESS_H

#include "core/emv/emv.h"

/* Terminal transaction qualifiers, 9F66 (DOMAIN 3.9). Byte 1 and 4 are the terminal's for life, byte 2 is made for each
 * transaction; all else is reserved and sent as zeros. */
enum {
    TTQ1_QPBOC = 0x20,
    TTQ1_CONTACT = 0x10,
    TTQ1_OFFLINE_ONLY = 0x08,
    TTQ1_ONLINE_PIN = 0x04,
    TTQ1_SIGNATURE = 0x02,
    TTQ2_CRYPTOGRAM = 0x80, /* online cryptogram required */
    TTQ2_CVM = 0x40,        /* cardholder verification required */
    TTQ4_FDDA_01 = 0x80,    /* fDDA version 01 is known, else 00 alone */
};
/* Card transaction qualifiers, 9F6C byte 1. Bits 3 and 2 are of Book C-3; Book C-7 calls bit 5 "terminate" and has no
 * bits 3 and 2. All are taken as C-3 has them, which is what a terminal with a chip reader makes of "terminate". */
enum {
    CTQ1_ONLINE_PIN = 0x80,
    CTQ1_SIGNATURE = 0x40,
    CTQ1_ODA_FAILED_ONLINE = 0x20,
    CTQ1_ODA_FAILED_SWITCH = 0x10,
    CTQ1_EXPIRED_ONLINE = 0x08,
    CTQ1_CASH_SWITCH = 0x04,
    CTQ1_CASHBACK_SWITCH = 0x02,
};

/* Of one application of the terminal; limits as EMV Contactless Book A has them: at or above `limit` no tap, at or
 * above `cvm_limit` the cardholder is verified, above `floor_limit` the host is asked. */
struct contactless_limits {
    uint64_t limit;       /* DF20; 0: this application is not accepted contactless */
    uint64_t cvm_limit;   /* DF21 */
    uint64_t floor_limit; /* DF19 */
};
struct contactless_config {
    uint8_t ttq[4]; /* what the terminal can; zeros: no contactless at all. The kernel makes byte 2 by the limits */
    struct contactless_limits aid[EMV_AIDS]; /* beside emv_config.aid */
};

/* Outcomes beyond enum emv_outcome. EMV_REMOVED: the tap was torn before the card can have paid, present it again. */
enum contactless_outcome {
    CONTACTLESS_OTHER_INTERFACE = 64, /* not by this interface: ask for chip or stripe */
    CONTACTLESS_MAY_HAVE_PAID,        /* torn while the last record was on its way: nobody knows */
};

struct contactless {
    struct emv *e;
    const struct contactless_config *config;
    uint8_t ttq[4];   /* of the application chosen */
    bool asked;       /* emv_dialogue.intent was asked before a GET PROCESSING OPTIONS of this tap, and agreed */
    unsigned records; /* of the AFL that have not been asked for */
};

/* At least one application may be tapped for this amount. */
bool contactless_offered(const struct emv_config *emv, const struct contactless_config *config, uint64_t amount_cents);

/* `e` is initialised; card data are in it after contactless_read. `dialogue`: its `intent` alone is called; without one
 * an online cryptogram is always asked for. OK or negative. */
int contactless_begin(struct contactless *c, struct emv *e, const struct hal *hal, const struct emv_config *emv,
                      const struct contactless_config *config, const struct emv_transaction *transaction,
                      const struct emv_dialogue *dialogue);
/* All that needs the card. OK: it may go. Positive: an outcome. Negative: HAL_E_IO when the reader failed, HAL_E_POWER,
 * or what emv_dialogue.intent said. */
int contactless_read(struct contactless *c);
/* What becomes of it. OK: e->decision is EMV_ONLINE, EMV_APPROVED (offline) or EMV_DECLINED, e->cvm what the cardholder
 * has to do. Positive: an outcome. Negative: a failure of ours. */
int contactless_conclude(struct contactless *c);
void contactless_end(struct contactless *c); /* wipes `e` */

#endif
