/*
 * One pass over bytes for many secrets. Every form is a byte string of four bytes or more, kept in order of its first
 * two. A bit a pair of bytes says whether any form has that pair at its first, second or third place: so it is enough
 * to look at every third pair, and nearly none of them is worth a second look.
 */
#include "scenarios/engine/hunt.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define FORM_MIN 4u /* bytes: what is shorter turns up anywhere */
#define STRIDE (FORM_MIN - 1)

struct form {
    const char *name;
    uint16_t len;
    uint8_t bytes[HUNT_SECRET_MAX];
};

struct hunt {
    uint8_t near[65536 / 8]; /* a bit a pair: some form has it at one of its first STRIDE places */
    struct form *form;
    size_t forms, cap, secrets, longest;
};

struct hunt *hunt_create(void)
{
    return calloc(1, sizeof(struct hunt));
}

static void forget(struct hunt *h)
{
    if (h->form)
        OPENSSL_cleanse(h->form, h->cap * sizeof *h->form);
    free(h->form);
    OPENSSL_cleanse(h, sizeof *h);
}

void hunt_destroy(struct hunt *h)
{
    if (h)
        forget(h);
    free(h);
}

static unsigned pair_of(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* -- preparing -- */

static void count_secret(void *ctx, const char *digits, const uint8_t *bytes, size_t len)
{
    (void)digits, (void)bytes, (void)len;
    ++*(size_t *)ctx;
}

static void add_form(struct hunt *h, const char *name, const uint8_t *bytes, size_t len)
{
    if (len < FORM_MIN || h->forms == h->cap)
        return;
    struct form *f = &h->form[h->forms++];
    f->name = name;
    f->len = (uint16_t)(len < HUNT_SECRET_MAX ? len : HUNT_SECRET_MAX);
    memcpy(f->bytes, bytes, f->len);
    if (f->len > h->longest)
        h->longest = f->len;
    for (size_t i = 0; i < STRIDE; i++)
        h->near[pair_of(f->bytes + i) / 8] |= (uint8_t)(1u << pair_of(f->bytes + i) % 8);
}

/* Packed two a byte, from the digit `skip` on: at either nibble the whole bytes of one of the two are there. A
 * separator
 * ('=') packs to D, as on a card. */
static void add_bcd(struct hunt *h, const char *digits, size_t len, size_t skip)
{
    uint8_t packed[HUNT_SECRET_MAX];
    size_t n = len < skip ? 0 : (len - skip) / 2;
    n = n < sizeof packed ? n : sizeof packed;
    for (size_t i = 0; i < n; i++)
        packed[i] = (uint8_t)((digits[skip + 2 * i] - '0') << 4 | ((digits[skip + 2 * i + 1] - '0') & 0x0F));
    add_form(h, "BCD", packed, n);
    OPENSSL_cleanse(packed, sizeof packed);
}

static void add_secret(void *ctx, const char *digits, const uint8_t *bytes, size_t len)
{
    struct hunt *h = ctx;
    h->secrets++;
    if (!digits) {
        add_form(h, "binary", bytes, len);
        return;
    }
    len = strlen(digits);
    add_form(h, "digits", (const uint8_t *)digits, len);
    add_bcd(h, digits, len, 0);
    add_bcd(h, digits, len, 1);
}

static int by_beginning(const void *a, const void *b)
{
    unsigned x = pair_of(((const struct form *)a)->bytes), y = pair_of(((const struct form *)b)->bytes);
    return x < y ? -1 : x > y;
}

int hunt_prepare(struct hunt *h, const struct record *r, bool *changed)
{
    size_t secrets = 0;
    record_secrets(r, count_secret, &secrets);
    *changed = secrets != h->secrets;
    if (!*changed)
        return OK;
    forget(h);
    h->cap = 3 * secrets;
    h->form = calloc(h->cap + 1, sizeof *h->form);
    if (!h->form) {
        h->cap = 0;
        return E_NOMEM;
    }
    record_secrets(r, add_secret, h);
    qsort(h->form, h->forms, sizeof *h->form, by_beginning);
    return OK;
}

size_t hunt_longest(const struct hunt *h)
{
    return h->longest;
}

/* -- looking -- */

/* Does some form begin here? */
static const char *compare(const struct hunt *h, const uint8_t *bytes, size_t len)
{
    size_t low = 0, high = h->forms;
    unsigned pair = len < FORM_MIN ? 0 : pair_of(bytes);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pair_of(h->form[middle].bytes) < pair)
            low = middle + 1;
        else
            high = middle;
    }
    for (const struct form *f = h->form + low; f < h->form + h->forms && pair_of(f->bytes) == pair; f++)
        if (f->len <= len && memcmp(f->bytes, bytes, f->len) == 0)
            return f->name;
    return NULL;
}

const char *hunt_bytes(const struct hunt *h, const uint8_t *bytes, size_t len)
{
    const char *form = NULL;
    for (size_t i = 0; i + 1 < len && !form; i += STRIDE) {
        unsigned pair = pair_of(bytes + i);
        if (!(h->near[pair / 8] >> pair % 8 & 1))
            continue;
        for (size_t back = 0; back < STRIDE && back <= i && !form; back++)
            form = compare(h, bytes + i - back, len - i + back);
    }
    return form;
}
