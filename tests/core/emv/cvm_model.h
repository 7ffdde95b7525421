/*
 * What cardholder verification must end with, written from the rules alone (EMV Book 3 10.5, annex C3, Book 4 6.3.4 and
 * annex A4; DOMAIN 2.8) and with nothing of core/emv but its names: no list of methods or conditions, but the questions
 * of the standard one after the other. Included by tests/core/emv/test_cvm_model.c, cmocka before it.
 */
#ifndef POSBENCH_TESTS_CORE_EMV_CVM_MODEL_H
#define POSBENCH_TESTS_CORE_EMV_CVM_MODEL_H

#include "core/emv/emv.h"

#include <stdio.h>
#include <string.h>

#define X_CENTS 1000
#define Y_CENTS 2000
#define NEVER 0x0A /* the first reserved condition */

/* What a case is about. */
struct setting {
    uint8_t type, terminal, capabilities; /* 9C, 9F35, 9F33 byte 2 */
    uint64_t amount;
    bool own_currency, identity_check, pad;
    int pin;             /* what the cardholder does: enum emv_pin_result */
    uint16_t sw[2];      /* of the first VERIFY, of every other */
    int counter;         /* 9F17, -1: the card does not tell */
    bool key, challenge; /* to encipher a PIN */
    bool document;       /* the operator agrees */
};

struct verdict {
    uint8_t result[3], tvr3;
    unsigned cvm;
};

static struct setting now;

static inline bool one_of(uint8_t value, const char *values)
{
    char text[4];
    snprintf(text, sizeof text, "%02X ", value);
    return strstr(values, text) != NULL;
}

static inline bool may(uint8_t bit)
{
    return now.capabilities & bit;
}

static inline bool recognised(uint8_t method)
{
    return one_of(method, "00 01 02 03 04 05 1E 1F 20 ");
}

static inline bool terminal_supports(uint8_t method)
{
    bool plain = one_of(method, "01 03 "), enciphered = one_of(method, "04 05 "), paper = one_of(method, "03 05 1E ");
    if (!recognised(method) || (plain && !may(0x80)) || (enciphered && !may(0x10)) || (paper && !may(0x20)))
        return false;
    return !(method == 0x02 && !may(0x40)) && !(method == 0x1F && !may(0x08)) &&
           !(method == 0x20 && !now.identity_check);
}

static inline bool condition_is_met(uint8_t condition, uint8_t method)
{
    bool unattended = one_of(now.terminal, "14 15 16 24 25 26 34 35 36 ");
    bool cash = now.type == 0x01, manual = now.type == 0x17, back = now.type == 0x09;
    switch (condition) {
    case 0x00:
        return true;
    case 0x01:
        return cash && unattended;
    case 0x02:
        return !cash && !manual && !back;
    case 0x03:
        return terminal_supports(method);
    case 0x04:
        return manual || (cash && !unattended);
    case 0x05:
        return back;
    case 0x06:
        return now.own_currency && now.amount < X_CENTS;
    case 0x07:
        return now.own_currency && now.amount > X_CENTS;
    case 0x08:
        return now.own_currency && now.amount < Y_CENTS;
    case 0x09:
        return now.own_currency && now.amount > Y_CENTS;
    default:
        return false;
    }
}

/* A PIN that the card checks: did it agree? `sent`: VERIFY commands so far, under this rule or one before. */
static inline bool card_agrees(bool enciphered, bool *bypassed, unsigned *sent, uint8_t *tvr3)
{
    if (enciphered && !now.key)
        return false;
    if (*bypassed) {
        *tvr3 |= 0x08;
        return false;
    }
    if (!now.pad) {
        *tvr3 |= 0x10;
        return false;
    }
    int left = now.counter;
    for (unsigned round = 0; left != 0 && round < 15; round++) {
        if (now.pin == EMV_PIN_BYPASSED || now.pin == EMV_PIN_NO_PAD) {
            *bypassed |= now.pin == EMV_PIN_BYPASSED;
            *tvr3 |= now.pin == EMV_PIN_BYPASSED ? 0x08 : 0x10;
            return false;
        }
        if (enciphered && !now.challenge)
            return false;
        uint16_t sw = now.sw[(*sent)++ ? 1 : 0];
        if (sw == 0x9000)
            return true;
        if (sw == 0x6983 || sw == 0x6984)
            left = 0;
        else if (sw >> 4 == 0x63C)
            left = sw & 15;
        else
            return false;
    }
    if (left == 0)
        *tvr3 |= 0x20;
    return false;
}

static inline struct verdict expected(const uint8_t *rules, size_t count)
{
    struct verdict v = {{0x3F, 0x00, 0x01}, 0, EMV_CVM_FAILED};
    bool bypassed = false;
    unsigned sent = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t code = rules[2 * i], condition = rules[2 * i + 1], method = code & 0x3F;
        if (!condition_is_met(condition, method))
            continue;
        if (!recognised(method))
            v.tvr3 |= 0x40;
        if ((one_of(method, "01 03 ") && !may(0x80)) || (method == 0x02 && !may(0x40)) ||
            (one_of(method, "04 05 ") && !may(0x10)))
            v.tvr3 |= 0x10;
        if (terminal_supports(method)) {
            int last = 1; /* 9F34 byte 3: failed */
            if (method == 0x02) {
                bool entered = !bypassed && now.pin == EMV_PIN_ENTERED;
                v.tvr3 |= entered ? 0x04 : bypassed || now.pin == EMV_PIN_BYPASSED ? 0x08 : 0x10;
                bypassed |= now.pin == EMV_PIN_BYPASSED;
                last = entered ? 0 : 1;
                v.cvm = EMV_CVM_ONLINE_PIN;
            } else if (one_of(method, "01 03 04 05 ")) {
                bool signature = one_of(method, "03 05 ");
                bool right = card_agrees(one_of(method, "04 05 "), &bypassed, &sent, &v.tvr3);
                last = !right ? 1 : signature ? 0 : 2;
                v.cvm = EMV_CVM_OFFLINE_PIN | (signature ? EMV_CVM_SIGNATURE : 0);
            } else if (method == 0x1E) {
                last = 0;
                v.cvm = EMV_CVM_SIGNATURE;
            } else if (method == 0x1F) {
                last = 2;
                v.cvm = EMV_CVM_NONE;
            } else if (method == 0x20) {
                last = now.document ? 2 : 1;
                v.cvm = EMV_CVM_IDENTITY;
            }
            memcpy(v.result, (uint8_t[]){code, condition, (uint8_t)last}, 3);
            if (last != 1)
                return v;
        }
        if (!(code & 0x40))
            break;
    }
    v.cvm = EMV_CVM_FAILED;
    v.tvr3 |= 0x80;
    return v;
}

#endif
