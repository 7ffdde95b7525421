/* What the steps of the kernel share; included by core/emv and its unit tests only. */
#ifndef POSBENCH_CORE_EMV_EMV_INTERNAL_H
#define POSBENCH_CORE_EMV_EMV_INTERNAL_H

#include "core/codec/apdu.h"
#include "core/emv/emv.h"
#include "core/emv/tvr.h"

/* ---- command.c: the card, one command at a time ---- */

struct emv_answer {
    uint8_t bytes[RAPDU_MAX];
    size_t len; /* of the data, without SW */
    uint16_t sw;
};

/* Exchanges one command. What the transport reports becomes EMV_REMOVED, EMV_CHIP_ERROR up to final selection,
 * EMV_CARD_ERROR after it; a reader that fails is HAL_E_IO. Any SW is OK here. */
int emv_command(struct emv *e, const struct capdu *command, struct emv_answer *answer);
int emv_read_record(struct emv *e, uint8_t sfi, uint8_t record, struct emv_answer *answer);
/* The answer's data is exactly one object `tag`, and what is inside is well-formed. OK or E_FORMAT. */
int emv_sole_template(const struct emv_answer *answer, uint32_t tag, struct tlv *out);
/* A line in the developer's log; `text` never has card data in it. */
void emv_note(const struct emv *e, const char *text);
/* Notes the reason of an outcome and returns the outcome. */
int emv_refuse(const struct emv *e, enum emv_outcome outcome, const char *why);

/* ---- data.c: the objects of the transaction ---- */

/* Keeps an object the card sent. One that is the terminal's or the issuer's to set is ignored. OK or EMV_CARD_ERROR. */
int emv_store(struct emv *e, const struct tlv *object);
/* Forgets an object. */
void emv_drop(struct emv *e, uint32_t tag);
/* Object `tag` of exactly `len` bytes, NULL if absent or of another length. */
const uint8_t *emv_fixed(const struct emv *e, uint32_t tag, size_t len);
/* A new unpredictable number (9F37): once for each command that sends one, so that no two cryptograms share it. */
int emv_draw_number(struct emv *e);
/* Data for a list that is the terminal's own, or a card's. As dol_build. */
int emv_fill_list(const struct emv *e, const uint8_t *dol, size_t dol_len, uint8_t *out, size_t cap, size_t *len);
/* Builds the data that the card's DOL `dol_tag` asks for; nothing without one. EMV_CARD_ERROR: malformed, too long. */
int emv_build(const struct emv *e, uint32_t dol_tag, uint8_t *out, size_t cap, size_t *len);

/* ---- read.c ---- */

/* Where records come from: the contacts, or the field. `read` is as emv_read_record. */
struct emv_record_source {
    int (*read)(void *ctx, uint8_t sfi, uint8_t record, struct emv_answer *answer);
    void *ctx;
};
/* Every record of e->afl into the objects and the static data; what is `mandatory` must have come. EMV_CARD_ERROR. */
int emv_read_records(struct emv *e, const struct emv_record_source *source, const uint32_t *mandatory, size_t count);

/* ---- risk.c ---- */

/* Book 4 6.3.5: the terminal's list of stopped cards names this one, or its account. */
bool emv_on_exception_file(const struct emv *e);

/* ---- terminal.c ---- */

/* Empties the object store and fills in what the terminal knows, and what it holds for the `chosen` application (or
 * NULL). */
int emv_restart(struct emv *e, const struct emv_candidate *chosen);

enum { AIP_CV = 0x10, AIP_TRM = 0x08, AIP_ISSUER_AUTH = 0x04 }; /* byte 1 (Book 3 C1) */
bool emv_profile_has(const struct emv *e, uint8_t aip_bit);

/* The parts of 9F35 (Book 4 A1). */
bool emv_is_cash_machine(const struct emv *e); /* ATM: unattended, of a bank, pays out cash */
bool emv_is_unattended(const struct emv *e);
bool emv_is_online_only(const struct emv *e);
bool emv_can_go_online(const struct emv *e);

/* Kinds of 9C (ISO 8583 processing code, first two digits). */
enum { EMV_PURCHASE = 0x00, EMV_CASH = 0x01, EMV_CASHBACK = 0x09, EMV_MANUAL_CASH = 0x17 };
enum { EMV_INQUIRY = 0x31, EMV_LOAD = 0x60, EMV_LOAD_OTHER = 0x62, EMV_LOAD_CASH = 0x63 }; /* DOMAIN 2.13, 4.3 */

/* ---- candidate.c: the candidate list ---- */

/* Terminal application that matches a DF name, the longest such. */
bool emv_candidate_match(const struct emv *e, const uint8_t *name, size_t len, size_t *config);
/* Adds or refreshes a candidate; `fields` holds 50, 87, 9F12. A full list drops what comes later. */
void emv_candidate_add(struct emv *e, const uint8_t *name, size_t len, const uint8_t *fields, size_t fields_len,
                       uint8_t code_table, size_t config);
void emv_candidate_remove(struct emv *e, size_t index);
/* Sets e->current. OK; EMV_NOT_ACCEPTED when all of them need a cardholder who cannot be asked; EMV_CANCELLED. */
int emv_candidate_choose(struct emv *e);

/* ---- generate.c: GENERATE AC, first and second ---- */

enum emv_ac { EMV_AC_AAC = 0x00, EMV_AC_TC = 0x40, EMV_AC_ARQC = 0x80 };
int emv_generate_ac(struct emv *e, enum emv_ac asked, bool second, enum emv_ac *given);

/* ---- oda_keys.c ---- */

/* The key that enciphers an offline PIN (Book 2 7.1), into e->pin_key: of the card's certificate 9F2D, or else of its
 * authentication key 9F46; recovered now if offline data authentication has not done so. OK, or a positive enum
 * oda_check (oda.h): the card has no usable key. */
int emv_recover_pin_key(struct emv *e);

/* ---- ec.c ---- */

/* What the card is told about electronic cash in its PDOL: 9F7A and 9F7B, if the application has a limit for it. */
int emv_offer_ec(struct emv *e, const struct emv_aid *aid);
/* A load of the purse or a look at the account: between card and issuer, never offline. */
bool emv_needs_issuer(const struct emv *e);
/* The issuer is asked because of purse or account, for which the cardholder enters the online PIN. */
bool emv_wants_online_pin(const struct emv *e);

/* ---- action.c ---- */

/* Terminal action analysis on the TVR as it is; `online_failed`: the second one, after an attempt to go online. */
enum emv_ac emv_action(const struct emv *e, bool online_failed);
/* A TC without the host is about to be asked for: the application takes note of it, or *asked becomes what has to be
 * asked for instead (the host, or an AAC). OK or negative. */
int emv_announce(const struct emv *e, bool online_failed, enum emv_ac *asked);
/* The card's wish for an advice message (9F27 bit 4): into e->advice, for there is no message to send it in. */
void emv_note_advice(struct emv *e);

/* ---- issuer.c ---- */

int emv_issuer_authenticate(struct emv *e, const uint8_t *field55, size_t len);
/* Runs the scripts in templates `template_tag` (71 or 72). */
int emv_issuer_scripts(struct emv *e, uint32_t template_tag, const uint8_t *field55, size_t len);

#endif
