/*
 * Keys of a card's issuer, for verifying recorded cryptograms by value: posbench replay --issuer-key FILE. The file is
 * one JSON object, so that no key stands in a list of processes or a shell's history:
 *
 *   {"imk_ac": "..", "imk_smi": ".."}   the issuer's master keys, 32 hex digits; the card's follow from PAN and PSN
 *   {"mk_ac": "..", "mk_smi": ".."}     or the card's own, for recordings whose PAN is masked
 *   "scheme": "pboc"                    how cryptograms are made, as in card profiles (cvn10, cvn18, pboc-sm4); without
 *                                       it 9F10 tells, PBOC for UnionPay's RID and Visa's versions for any other
 *
 * "imk_smi" and "mk_smi" may be left out: MACs of scripts are then not looked at. "imk_smc"
 * and "note" are passed over; any other member, or one given twice, is refused. No message shows what stands in the file.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_ISSUER_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_ISSUER_H

#include "scenarios/engine/replay_keys.h"

#define REPLAY_ISSUER_TEXT 65536u /* bytes of the file */

/* OK; E_FORMAT, E_LIMIT, HAL_E_NOENT, E_NOMEM with one line in `why`. */
int replay_issuer_load(struct replay_issuer *out, const char *path, char *why, size_t why_cap);
int replay_issuer_parse(struct replay_issuer *out, const char *text, size_t len, const char *name, char *why,
                        size_t why_cap);

#endif
