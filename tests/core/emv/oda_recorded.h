/*
 * Recorded sessions of real and test cards as scripted cards (fake_card.h), so that the kernel's own steps read them: a
 * file of command and answer lines, or of YAML pairs "req: '..'" and "res: '..'". GET RESPONSE and repeats after 6Cxx
 * are folded into the command they belong to. The files lie beside the tree; without them the tests are skipped.
 */
#ifndef POSBENCH_TESTS_CORE_EMV_ODA_RECORDED_H
#define POSBENCH_TESTS_CORE_EMV_ODA_RECORDED_H

#include "core/emv/oda.h"
#include "tests/core/emv/fake_card.h"

struct recorded {
    char text[2 * FAKE_STEPS][1100]; /* hex of commands and answers in turn */
    struct fake_card card;
    struct fake_terminal terminal;
};

/* Hex digits of a line, upper case: behind the quote of "req: '00 A4'", or from its start. False: there are none. */
static inline bool recorded_digits(const char *line, char *out, size_t cap)
{
    const char *quote = strchr(line, '\'');
    size_t len = 0;
    if (line[0] == '#')
        return false;
    for (const char *c = quote ? quote + 1 : line; *c && *c != '\'' && *c != '\n' && *c != '\r'; c++) {
        if (*c == ' ')
            continue;
        if (!strchr("0123456789abcdefABCDEF", *c) || len + 1 == cap)
            return false;
        out[len++] = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
    }
    out[len] = '\0';
    return len >= 4;
}

/* False: the file is not there. */
static inline bool recorded_load(struct recorded *r, const char *name)
{
    char path[512], line[2000], digits[1100];
    size_t count = 0;
    memset(r, 0, sizeof *r);
    snprintf(path, sizeof path, "%s/%s", TEST_TRACES, name);
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("%s: not there, skipped\n", path);
        return false;
    }
    while (count < 2 * FAKE_STEPS - 2 && fgets(line, sizeof line, file)) {
        if (!recorded_digits(line, digits, sizeof digits))
            continue;
        bool answers = count % 2 == 1;
        if (!answers && count > 0) {
            char *last = r->text[count - 1]; /* 61xx or 6Cxx: what comes next belongs to the same command */
            if (strlen(last) == 4 && (memcmp(last, "61", 2) == 0 || memcmp(last, "6C", 2) == 0)) {
                count--;
                continue;
            }
        }
        memcpy(r->text[count++], digits, strlen(digits) + 1);
    }
    fclose(file);
    r->card.lenient = true;
    size_t steps = 0; /* the latest answer first: a directory may have records of the same name as an application */
    for (size_t i = count - count % 2; i >= 2; i -= 2)
        r->card.step[steps++] = (struct fake_step){r->text[i - 2], r->text[i - 1], 0};
    return true;
}

/* The recorded answer to the first command that begins so, without its SW; 0 when there is none. */
static inline size_t recorded_answer(const struct recorded *r, const char *begins, uint8_t *out, size_t cap)
{
    for (const struct fake_step *s = r->card.step; s->command; s++)
        if (strncmp(s->command, begins, strlen(begins)) == 0)
            return fake_hex(s->answer, out, cap) - 2;
    return 0;
}

static inline struct emv_capk recorded_key(const char *rid, const char *index, const char *modulus, uint32_t exponent)
{
    struct emv_capk capk = {.key = {.algorithm = EMV_PK_RSA, .exponent = exponent}};
    fake_hex(rid, capk.rid, sizeof capk.rid);
    fake_hex(index, &capk.index, 1);
    capk.key.len = (uint8_t)fake_hex(modulus, capk.key.bytes, sizeof capk.key.bytes);
    assert_int_equal(capk_checksum(&capk, capk.checksum), OK);
    return capk;
}

/* The kernel up to read application data, on a day. `capabilities`: 9F33 byte 3. */
static inline struct emv *recorded_read(struct recorded *r, uint8_t capabilities, struct hal_datetime today,
                                        const struct emv_capk *key)
{
    struct fake_terminal *t = &r->terminal;
    uint8_t options[255];
    struct tlv body, aip, afl;
    fake_setup(t, &r->card);
    t->config.capabilities[2] = capabilities;
    t->transaction.when = today;
    memcpy(t->config.aid[0].aid, key->rid, sizeof key->rid);
    assert_int_equal(capk_take(&t->config, key), OK);
    struct emv *e = fake_chosen(t);
    size_t len = recorded_answer(r, "80A8", options, sizeof options), at = 0;
    assert_int_equal(tlv_next(options, len, &at, &body), OK);
    if (body.tag == 0x80) {
        aip = (struct tlv){0x82, 2, body.value};
        afl = (struct tlv){0x94, body.len - 2, body.value + 2};
    } else {
        assert_int_equal(tlv_find(body.value, body.len, 0x82, &aip), OK);
        assert_int_equal(tlv_find(body.value, body.len, 0x94, &afl), OK);
    }
    assert_int_equal(emv_store(e, &aip), OK);
    memcpy(e->afl, afl.value, afl.len);
    e->afl_len = afl.len;
    int rc = emv_read_data(e);
    if (rc != OK)
        print_message("%s\n", r->card.log);
    assert_int_equal(rc, OK);
    return e;
}

#endif
