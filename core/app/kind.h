/*
 * What can be asked of the host with a card: the sale, loads of the card's purse, the account's balance (DOMAIN 3.9,
 * 4.3). All of them take the way of sale.c; this table says what is different. A new kind is one new row.
 */
#ifndef POSBENCH_CORE_APP_KIND_H
#define POSBENCH_CORE_APP_KIND_H

#include "core/store/store.h"

enum kind {
    KIND_SALE,
    KIND_LOAD,      /* of the card's purse, from the account of this card */
    KIND_LOAD_CASH, /* the same, from the customer's cash */
    KIND_INQUIRY,   /* the account's balance */
};

struct kind_row {
    const char *processing, *condition, *type; /* DE3, DE25, DE60.1 */
    uint8_t emv_type;                          /* 9C; of a sale it is the configuration's */
    enum firmware_kind journal;
    bool chip_only; /* neither stripe nor tap */
    bool load;      /* of electronic cash: done when the card has taken the issuer's script */
    bool inquiry;   /* nothing is paid: no amount, no journal, no reversal */
};
const struct kind_row *kind_row(enum kind kind);
/* The kind that made this entry, by its DE3. */
enum kind kind_of(const struct journal_entry *entry);

#endif
