/*
 * One flipped bit in any signed byte of a session fails a named check; one in a byte that nothing signs fails none.
 * Include after sign_support.h.
 */
#ifndef POSBENCH_TESTS_ENGINE_FLIP_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_FLIP_SUPPORT_H

#include "tests/engine/sign_support.h"

#define MARKS 16000

/* Bytes of a session's whole exchanges, each signed or not. */
struct marks {
    uint8_t *byte[MARKS];
    size_t count;
};
struct sorted {
    struct marks is_signed, is_free;
};

static inline void mark(struct marks *m, const uint8_t *bytes, size_t len)
{
    assert_true(m->count + len <= MARKS);
    for (size_t i = 0; i < len; i++)
        m->byte[m->count++] = (uint8_t *)(uintptr_t)(bytes + i);
}

static inline bool in_static_data(const struct replay_facts *f, const uint8_t *command)
{
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4)
        if (f->afl[i] >> 3 == command[3] >> 3 && command[2] >= f->afl[i + 1] &&
            command[2] < f->afl[i + 1] + f->afl[i + 3])
            return true;
    return false;
}

static inline bool one_of(uint32_t tag, const uint32_t *tags)
{
    for (; *tags; tags++)
        if (*tags == tag)
            return true;
    return false;
}

/* Values of a record: signatures and what belongs to their keys, and the PAN that certificates name. What steers the
 * checks (key index, lists) is neither. */
static inline void sort_record(struct trace_exchange *x, const struct replay_facts *f, struct sorted *out)
{
    static const uint32_t covered[] = {0x90,   0x92,   0x93,   0x9F32, 0x9F46, 0x9F47, 0x9F48,
                                       0x9F2D, 0x9F2E, 0x9F2F, 0x5A,   0x9F69, 0},
                          steering[] = {0x8F, 0x9F49, 0x9F4A, 0x57, 0x8C, 0x8D, 0};
    struct tlv whole, t;
    size_t end = 0, at = 0;
    assert_int_equal(tlv_next(x->answer, x->answer_len - 2, &end, &whole), OK);
    if (in_static_data(f, x->command)) {
        mark(&out->is_signed, whole.value, whole.len);
        return;
    }
    while (tlv_next(whole.value, whole.len, &at, &t) == OK)
        if (one_of(t.tag, covered))
            mark(&out->is_signed, t.value, t.len);
        else if (!one_of(t.tag, steering))
            mark(&out->is_free, t.value, t.len);
}

static inline void sort_answer_objects(const struct trace_exchange *x, struct marks *out)
{
    struct tlv whole, t;
    size_t end = 0, at = 0;
    assert_int_equal(tlv_next(x->answer, x->answer_len - 2, &end, &whole), OK);
    while (tlv_next(whole.value, whole.len, &at, &t) == OK)
        mark(out, t.value, t.len);
}

static inline void sort_command(const struct trace_exchange *x, struct marks *out)
{
    struct capdu c;
    assert_int_equal(capdu_parse(x->command, x->len, &c), OK);
    mark(out, c.data, c.lc);
}

static inline void sort_generate(struct trace_exchange *x, struct sorted *out, bool *any)
{
    struct tlv whole, t;
    size_t end = 0, at = 0, from = 0;
    if (tlv_find_deep(x->answer, x->answer_len - 2, 0x9F4B, &t) != OK) {
        if (!*any)
            sort_command(x, &out->is_free); /* and nothing later signs it */
        sort_answer_objects(x, &out->is_free);
        return;
    }
    *any = true;
    sort_command(x, &out->is_signed);
    assert_int_equal(tlv_next(x->answer, x->answer_len - 2, &end, &whole), OK);
    for (; tlv_next(whole.value, whole.len, &at, &t) == OK; from = at)
        if (t.tag == 0x9F4B)
            mark(&out->is_signed, t.value, t.len);
        else
            mark(&out->is_signed, whole.value + from, at - from);
}

static inline void sort(struct signed_session *s, struct sorted *out)
{
    bool combined = false, fast = true, listed = false;
    struct tlv t;
    out->is_signed.count = out->is_free.count = 0;
    replay_facts_read(s->session, s->facts);
    const struct replay_facts *f = s->facts;
    for (size_t i = 0; i < s->session->count; i++) {
        const struct trace_exchange *x = &s->session->exchanges[i];
        combined |=
            (i == f->first_ac || i == f->second_ac) && tlv_find_deep(x->answer, x->answer_len - 2, 0x9F4B, &t) == OK;
        fast &= i != f->first_ac;
        listed |= f->step[i] == STEP_READ && tlv_find_deep(x->answer, x->answer_len - 2, 0x9F4A, &t) == OK;
    }
    bool later = f->second_ac != REPLAY_NONE && combined; /* then the first command is signed by one of the two */
    for (size_t i = 0; i < s->session->count; i++) {
        struct trace_exchange *x = &s->session->exchanges[i];
        enum replay_step step = f->step[i];
        if (step == STEP_READ)
            sort_record(x, f, out);
        else if (step == STEP_INTERNAL_AUTHENTICATE) {
            sort_command(x, &out->is_signed);
            if (x->answer[0] == 0x80 && x->answer[1] == 0x81)
                mark(&out->is_signed, x->answer + 3, x->answer_len - 5);
            else
                sort_answer_objects(x, &out->is_signed);
        } else if (step == STEP_GENERATE_AC_1 && later) {
            bool any = true;
            sort_command(x, &out->is_signed);
            if (tlv_find_deep(x->answer, x->answer_len - 2, 0x9F4B, &t) == OK)
                sort_generate(x, out, &any);
        } else if (step == STEP_GENERATE_AC_1 || step == STEP_GENERATE_AC_2)
            sort_generate(x, out, &(bool){false});
        else if (i == f->gpo && combined && f->pdol.data_len)
            mark(&out->is_signed, f->pdol.data, f->pdol.data_len);
        else if (i == f->gpo && fast && f->pdol.data_len >= 12) {
            mark(&out->is_signed, f->pdol.data, 12); /* number, amount, currency */
            assert_int_equal(tlv_find_deep(x->answer, x->answer_len - 2, 0x9F4B, &t), OK);
            mark(&out->is_signed, t.value, t.len);
        } else if (step == STEP_VERIFY || step == STEP_EXTERNAL_AUTHENTICATE)
            sort_command(x, &out->is_free);
        else if (step == STEP_GET_DATA)
            mark(&out->is_free, x->answer + 3, x->answer_len - 5);
        if (i == f->gpo && listed) /* AIP: 80 L AIP, or 77 L 82 02 AIP */
            mark(&out->is_signed, x->answer + (x->answer[0] == 0x80 ? 2 : x->answer[1] < 0x80 ? 4 : 5), 2);
    }
}

/* The verdict with one bit the other way; "" for one that is not what was expected, with the place printed. */
static inline bool flipped(struct signed_session *s, const struct replay_keys *keys, uint8_t *byte, unsigned bit,
                           bool fails)
{
    *byte ^= (uint8_t)(1u << bit);
    cJSON *out = signatures_of(s, keys);
    const cJSON *row;
    bool named = false, is = strcmp(said(out, "verdict"), "fail") == 0;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(out, "checks"))
    {
        named |= strcmp(said(row, "verdict"), "fail") == 0 && said(row, "check")[0] && said(row, "text")[0];
    }
    *byte ^= (uint8_t)(1u << bit);
    bool right = fails ? is && named : !is;
    if (!right) {
        for (size_t i = 0; i < s->session->count; i++) {
            const struct trace_exchange *x = &s->session->exchanges[i];
            if (byte >= x->command && byte < x->command + x->len)
                print_error("line %u, byte %zu, bit %u of the command\n", x->line, (size_t)(byte - x->command), bit);
            if (byte >= x->answer && byte < x->answer + x->answer_len)
                print_error("line %u, byte %zu, bit %u of the answer\n", x->answer_line, (size_t)(byte - x->answer),
                            bit);
        }
        print_signatures(out);
    }
    cJSON_Delete(out);
    return right;
}

static inline void flip_all(struct signed_session *s, const struct replay_keys *keys, size_t least, bool every_bit)
{
    struct sorted *sorted = malloc(sizeof *sorted);
    assert_non_null(sorted);
    sort(s, sorted);
    cJSON *out = signatures_of(s, keys);
    assert_string_equal(said(out, "verdict"), "pass");
    cJSON_Delete(out);
    size_t wrong = 0;
    for (size_t i = 0; i < sorted->is_signed.count && wrong < 3; i++)
        for (unsigned bit = 0; bit < 8 && wrong < 3; bit++)
            if (every_bit || bit == i % 8)
                wrong += !flipped(s, keys, sorted->is_signed.byte[i], bit, true);
    for (size_t i = 0; i < sorted->is_free.count && wrong < 3; i++)
        wrong += !flipped(s, keys, sorted->is_free.byte[i], (unsigned)i % 8, false);
    print_message("%zu signed bytes, %zu that are not\n", sorted->is_signed.count, sorted->is_free.count);
    assert_true(sorted->is_signed.count >= least);
    free(sorted);
    assert_int_equal(wrong, 0);
}

#endif
