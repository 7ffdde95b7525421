/*
 * Lays out the answer to a request: what is echoed, what the host adds, DE55 for the card, the MAC, and the frame with
 * its addresses turned round (DOMAIN 4.1, 4.4, 4.5a). Called by host_process.c for every request that gets an answer.
 */
#include "sim/host/state.h"

#include "core/codec/mac.h"
#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define ACQUIRER "48470156"
#define RE_SIGN_IN 3 /* header digit 6 */

static void echo(const struct exchange *x, struct iso_message *answer)
{
    static const uint8_t fields[] = {3, 4, 11, 25, 41, 42, 49, 60, 63};
    for (size_t i = 0; i < sizeof fields; i++) {
        size_t len;
        const uint8_t *value = iso_get(x->request, fields[i], &len);
        if (value)
            iso_set(answer, fields[i], value, len);
    }
}

static void add_time(const struct exchange *x, struct iso_message *answer)
{
    char now[13];
    host_time(x->h, x->now_us, now);
    iso_set(answer, 12, now + 6, 6);
    iso_set(answer, 13, now + 2, 4);
    iso_set(answer, 15, now + 2, 4);
}

/* 91, the ATC as the card sent it, and for a load its script; nothing for a card whose cryptogram was not right. */
static void add_chip(const struct exchange *x, struct iso_message *answer)
{
    uint8_t data[16], field[HOST_FIELD55];
    size_t len;
    struct tlv_out out;
    if (chip_issuer_data(x, data, sizeof data, &len))
        return;
    tlv_out_init(&out, field, sizeof field);
    tlv_put(&out, 0x91, data, len);
    tlv_put(&out, 0x9F36, x->atc, sizeof x->atc);
    purse_put_script(x, &out);
    iso_set(answer, 55, field, out.len);
}

static void fill(struct exchange *x, struct iso_message *answer)
{
    char mti[5], text[26];
    memcpy(mti, x->request->mti, sizeof mti);
    mti[2]++; /* a request has an even digit there */
    iso_init(answer, mti);
    echo(x, answer);
    add_time(x, answer);
    iso_set_text(answer, 32, ACQUIRER);
    host_reference(x, text);
    iso_set_text(answer, 37, text);
    if (*x->auth)
        iso_set_text(answer, 38, x->auth);
    iso_set_text(answer, 39, x->code);
    if (x->account) {
        snprintf(text, sizeof text, "%-11.6s%-11s", x->account->is.pan, ACQUIRER);
        iso_set_text(answer, 44, text);
    }
    if (x->partial && host_is_approval(x->code))
        iso_set_number(answer, 4, x->approved_cents);
    if (*x->field54)
        iso_set_text(answer, 54, x->field54);
    if (x->field62_len)
        iso_set(answer, 62, x->field62, x->field62_len);
    add_chip(x, answer);
}

/* Only under a key that the request has shown to be the terminal's too. */
static int add_mac(const struct exchange *x, struct iso_message *answer)
{
    uint8_t body[ISO_BODY_MAX], mac[8];
    size_t len;
    if (!x->mac_ok || strcmp(x->code, "A0") == 0)
        return OK;
    int status = iso_pack(answer, true, body, sizeof body, &len);
    if (status == OK)
        status = mac_cup_ecb(x->terminal->mak, x->terminal->mak_len, body, len, mac);
    return status ? status : iso_set(answer, 64, mac, sizeof mac);
}

static int frame_answer(const struct exchange *x, const struct iso_message *answer, struct host_result *out)
{
    uint8_t body[ISO_BODY_MAX];
    struct iso_frame frame = *x->frame;
    frame.body = body;
    memcpy(frame.tpdu + 1, x->frame->tpdu + 3, 2);
    memcpy(frame.tpdu + 3, x->frame->tpdu + 1, 2);
    frame.header[2] &= 0xF0;
    frame.header[2] |= iso_response(x->code)->kind == ISO_RESIGN ? RE_SIGN_IN : keys_requirement(x->terminal);
    int status = iso_pack(answer, false, body, sizeof body, &frame.body_len);
    if (status == OK)
        status = iso_frame_pack(&frame, out->answer[0].bytes, sizeof out->answer[0].bytes, &out->answer[0].len);
    OPENSSL_cleanse(body, sizeof body);
    if (status == OK) {
        out->answer[0].delay_us = 0;
        out->answers = 1;
    }
    return status;
}

int answer_build(struct exchange *x, struct host_result *out)
{
    struct iso_message answer;
    fill(x, &answer);
    rules_alter(x, &answer);
    int status = add_mac(x, &answer);
    if (status == OK) {
        rules_distort(x, &answer);
        status = frame_answer(x, &answer, out);
    }
    OPENSSL_cleanse(&answer, sizeof answer);
    return status;
}
