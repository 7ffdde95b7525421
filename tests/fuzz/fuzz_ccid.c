/* libFuzzer: a reader whose every byte comes from the input. Its descriptor first, then whatever the bus brings. */
#include "hw/ccid/ccid.h"

#include <stdlib.h>
#include <string.h>

#define DESCRIPTOR 54

struct source {
    const uint8_t *at;
    size_t left;
    uint64_t now_ms;
    uint8_t sequence, type; /* of the last command: most answers quote them, or nothing would get past the checks */
};

static uint8_t take(struct source *s)
{
    if (!s->left)
        return 0;
    s->left--;
    return *s->at++;
}

static int status_of(uint8_t choice)
{
    static const int table[] = {HAL_E_TIMEOUT, HAL_E_IO, HAL_E_ABSENT, E_LIMIT, HAL_E_UNSUPPORTED};
    return choice < 0xF8 ? OK : table[choice % 5];
}

static int out(void *ctx, const uint8_t *bytes, size_t len, unsigned timeout_ms)
{
    struct source *s = ctx;
    (void)timeout_ms;
    if (len < CCID_HEADER)
        abort();
    s->type = bytes[0];
    s->sequence = bytes[6];
    return status_of(take(s));
}

static int in(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct source *s = ctx;
    uint8_t choice = take(s);
    int rc = s->left ? status_of(choice) : HAL_E_TIMEOUT;
    s->now_ms += rc == HAL_E_TIMEOUT ? timeout_ms : 1 + (choice & 0x0F);
    if (rc != OK)
        return rc;
    size_t n = take(s);
    if (n > cap)
        n = cap;
    if (choice & 0x20) { /* a message that fits the command */
        memset(bytes, 0, CCID_HEADER);
        bytes[0] = s->type == 0x62 || s->type == 0x6F ? 0x80 : s->type == 0x61 ? 0x82 : 0x81;
        bytes[1] = (uint8_t)n;
        bytes[6] = s->sequence;
        if (choice & 0x40) {
            bytes[7] = take(s);
            bytes[8] = take(s);
            bytes[9] = take(s);
        }
        for (size_t i = 0; i < n && CCID_HEADER + i < cap; i++)
            bytes[CCID_HEADER + i] = take(s);
        *len = CCID_HEADER + n < cap ? CCID_HEADER + n : cap;
    } else {
        for (size_t i = 0; i < n; i++)
            bytes[i] = take(s);
        *len = n;
    }
    return OK;
}

static int interrupt(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct source *s = ctx;
    int rc = s->left ? status_of(take(s)) : HAL_E_TIMEOUT;
    s->now_ms += rc == OK ? 1 : timeout_ms;
    *len = take(s) % (cap + 1);
    for (size_t i = 0; i < *len; i++)
        bytes[i] = take(s);
    return rc;
}

static int clear(void *ctx)
{
    return status_of(take(ctx));
}

static int abort_request(void *ctx, uint8_t slot, uint8_t sequence)
{
    (void)slot, (void)sequence;
    return status_of(take(ctx));
}

static uint64_t now(void *ctx)
{
    return ((struct source *)ctx)->now_ms;
}

static void rest(void *ctx, unsigned ms)
{
    ((struct source *)ctx)->now_ms += ms;
}

static void drive(struct ccid *c, struct source *s)
{
    uint8_t atr[HAL_ATR_MAX], answer[HAL_RPDU_MAX], command[HAL_TPDU_MAX] = {0, 0xA4, 4, 0, 0xFF};
    for (int i = 0; i < 4 && s->left; i++) {
        size_t len = 0;
        bool present = false;
        uint64_t from_ms = s->now_ms;
        ccid_wait(c, take(s) & 1, 100, &present);
        if (ccid_power_on(c, i & 1, atr, &len) == OK && (len == 0 || len > sizeof atr))
            abort();
        for (int j = 0; j < 4; j++) {
            size_t got = 0;
            int rc = ccid_exchange(c, j & 1, command, j & 2 ? 5 : 260, answer, sizeof answer, &got);
            if (rc == OK && (got < 2 || got > sizeof answer))
                abort();
            if (rc != OK && !*ccid_trouble(c))
                abort(); /* every failure has its reason */
        }
        ccid_power_off(c);
        if (s->now_ms - from_ms > 400000)
            abort(); /* every call is bounded */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ccid_bus_ops ops = {out, in, interrupt, clear, abort_request, now, rest};
    struct ccid_descriptor descriptor;
    const char *why = NULL;
    size_t head = size < DESCRIPTOR ? size : DESCRIPTOR;
    if (ccid_descriptor_parse(data, head, &descriptor, &why) != OK) {
        if (!why || !*why)
            abort();
        if (size < 4) /* go on with a reader of the input's choice */
            return 0;
        descriptor = (struct ccid_descriptor){.slots = 1, .protocols = 3, .clock_khz = 4000, .max_ifsd = 254};
        descriptor.level = (enum ccid_level)(data[0] % 4);
        descriptor.max_message = data[1] & 1 ? 271 : 64;
        descriptor.voltages = data[2] & 7;
        descriptor.auto_parameters = data[3] & 1;
        descriptor.auto_ifsd = data[3] & 2;
        head = 4;
    }
    struct source source = {.at = data + head, .left = size - head};
    struct ccid_bus bus = {&ops, &source};
    struct ccid *c = ccid_create(&bus, &descriptor);
    if (!c)
        return 0;
    ccid_negotiate(c, data[0] & 0x80);
    drive(c, &source);
    ccid_destroy(c);
    return 0;
}
