/* The download of keys and applications: lists and objects as they come, and the loop over a scripted host
 * (DOMAIN 4.4). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/hex.h"
#include "core/net/download.h"
#include "tests/core/codec/messages.h"
#include "tests/core/net/net_fixture.h"

static struct parameter_set set;

/* DE62 of a list: its state, then entries in hex. */
static int read_list(enum parameter_kind kind, const char *text, const char *hex, size_t *received, bool *more)
{
    uint8_t bytes[512] = {0};
    size_t len = 0;
    bytes[0] = (uint8_t)text[0];
    assert_int_equal(hex_decode(hex, strlen(hex), bytes + 1, sizeof bytes - 1, &len), OK);
    return download_read_list(kind, bytes, text[0] ? len + 1 : 0, &set, received, more);
}

/* covers: 2.6 CA key download: the published list (csdn.net zfr_xuexiao66 94665452): twelve keys in one message */
static void the_published_list_is_read(void **state)
{
    static const char *const names[] = {"A00000033303", "A00000033304", "A00000033302", "A00000000307",
                                        "A00000000308", "A00000000309", "A00000006510", "A00000006512",
                                        "A00000006514", "A00000000404", "A00000000405", "A00000000406"};
    uint8_t body[400], bad;
    size_t len = 0, received = 0;
    bool more = true;
    struct iso_message m;
    (void)state;
    assert_int_equal(hex_decode(VEC1_DATA, strlen(VEC1_DATA), body, sizeof body - 8, &len), OK);
    memcpy(body + len, VEC1_MAC, 8);
    assert_int_equal(iso_unpack(body, len + 8, &m, &bad), OK);
    const uint8_t *list = iso_get(&m, 62, &len);
    assert_int_equal(len, 277);
    set.count = 0;
    assert_int_equal(download_read_list(PARAMETER_KEYS, list, len, &set, &received, &more), OK);
    assert_false(more);
    assert_int_equal(received, 12);
    assert_int_equal(set.count, 12);
    for (size_t i = 0; i < 12; i++) {
        char name[13];
        hex_encode(set.item[i].name, set.item[i].name_len, name, sizeof name);
        assert_string_equal(name, names[i]);
    }
}

#define KEY(index) "9F0605A0000003339F2201" index "DF05083230333031323331"
/* covers: 2.6 CA key download: malformed lists, 2.3 download of the AID table */
static void malformed_lists_have_a_name(void **state)
{
    static const struct {
        enum parameter_kind kind;
        const char *state, *hex;
        int expected;
        size_t count;
        bool more;
    } rows[] = {
        {PARAMETER_KEYS, "1", KEY("F1"), OK, 1, false},
        {PARAMETER_KEYS, "2", KEY("F1") KEY("F2"), OK, 2, true},
        {PARAMETER_KEYS, "3", KEY("F1") KEY("F1"), OK, 1, false}, /* twice the same is one */
        {PARAMETER_KEYS, "0", "", OK, 0, false},
        {PARAMETER_KEYS, "1", "9F0605A0000003339F2201F1", OK, 1, false},
        {PARAMETER_KEYS, "1", "9F0605A0000003339F2201F1DF7F0101", OK, 1, false}, /* something more about it */
        {PARAMETER_KEYS, "0", KEY("F1"), DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "", "", DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "4", KEY("F1"), DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "1", "", DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "2", "", DOWNLOAD_BAD_LIST, 0, true},
        {PARAMETER_KEYS, "1", "9F0605A000000333", DOWNLOAD_BAD_LIST, 0, false},           /* no index */
        {PARAMETER_KEYS, "1", "9F2201F19F0605A000000333", DOWNLOAD_BAD_LIST, 0, false},   /* the wrong way round */
        {PARAMETER_KEYS, "1", "9F0604A00000039F2201F1", DOWNLOAD_BAD_LIST, 0, false},     /* no RID */
        {PARAMETER_KEYS, "1", "9F0606A000000333019F2201F1", DOWNLOAD_BAD_LIST, 0, false}, /* too long for one */
        {PARAMETER_KEYS, "1", "9F0605A0000003339F2202F1F2", DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "1", "9F0605A0000003339F2201F19F2201F2", DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_KEYS, "1", KEY("F1") "9F0605A0", DOWNLOAD_BAD_LIST, 0, false}, /* cut short */
        {PARAMETER_APPLICATIONS, "1", "9F0608A0000003330101019F0607A0000000031010", OK, 2, false},
        {PARAMETER_APPLICATIONS, "1", "9F0604A0000003", DOWNLOAD_BAD_LIST, 0, false},
        {PARAMETER_APPLICATIONS, "1", "9F0611A000000333010101A000000333010101FF", DOWNLOAD_BAD_LIST, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t received = 0;
        bool more;
        set.count = 0;
        assert_int_equal(read_list(rows[i].kind, rows[i].state, rows[i].hex, &received, &more), rows[i].expected);
        assert_int_equal(set.count, rows[i].count);
        assert_int_equal(more, rows[i].more);
    }
}

static void lists_have_an_end(void **state)
{
    static const struct {
        enum parameter_kind kind;
        const char *entry;
        size_t most;
    } rows[] = {{PARAMETER_KEYS, KEY("F1"), 32}, {PARAMETER_APPLICATIONS, "9F0608A000000333010101", 16}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t received = 0;
        bool more;
        set.count = 0;
        for (size_t n = 0; n < rows[i].most; n++)
            assert_int_equal(read_list(rows[i].kind, "2", rows[i].entry, &received, &more), OK);
        assert_int_equal(read_list(rows[i].kind, "2", rows[i].entry, &received, &more), DOWNLOAD_TOO_MANY);
        assert_int_equal(set.count, 1);
    }
}

/* covers: 2.6 CA key download: an object that is not the one asked for */
static void an_object_is_the_one_that_was_asked_for(void **state)
{
    static const struct {
        const char *hex; /* of DE62 */
        int expected;
    } rows[] = {
        {"319F0605A0000003339F2201F1DF0203010203", OK},
        {"319F0605A0000003339F2201F2DF0203010203", DOWNLOAD_OTHER},
        {"319F0605A0000000039F2201F1DF0203010203", DOWNLOAD_OTHER},
        {"30", DOWNLOAD_NOT_THERE},
        {"", DOWNLOAD_BAD_OBJECT},
        {"31", DOWNLOAD_BAD_OBJECT},
        {"319F0605A000000333DF0203010203", DOWNLOAD_BAD_OBJECT},
        {"319F0605A0000003339F2201F1DF0204010203", DOWNLOAD_BAD_OBJECT},
        {"319F0605A0000003339F2201F19F2201F1", DOWNLOAD_BAD_OBJECT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parameter item = {.name = {0xA0, 0x00, 0x00, 0x03, 0x33, 0xF1}, .name_len = 6};
        uint8_t bytes[64];
        size_t len = 0;
        assert_int_equal(hex_decode(rows[i].hex, strlen(rows[i].hex), bytes, sizeof bytes, &len), OK);
        assert_int_equal(download_read_object(PARAMETER_KEYS, bytes, len, &item), rows[i].expected);
        assert_int_equal(item.len, rows[i].expected == OK ? len - 1 : 0);
    }
}

/* ---- the loop ---- */

/* A host with three keys, one on each part of its list; what it was asked. */
struct key_host {
    bool mac;
    unsigned lists, objects, ends;
    char received[4][4];
    uint32_t traces[8];
    unsigned messages;
};

static void hand_out(struct fake_terminal *t, struct iso_message *request)
{
    struct key_host *h = t->host_ctx;
    struct iso_message answer;
    char de60[18], trace[7];
    size_t len;
    const uint8_t *asked = iso_get(request, 62, &len);
    iso_text(request, 60, de60, sizeof de60);
    iso_text(request, 11, trace, sizeof trace);
    h->traces[h->messages++] = (uint32_t)strtoul(trace, NULL, 10);
    ft_reply(request, "00", &answer);
    if (strcmp(de60 + 8, "372") == 0) {
        uint8_t entry[] = {'2', 0x9F, 0x06, 0x05, 0xA0, 0, 0, 0x03, 0x33, 0x9F, 0x22, 0x01, 0xF1};
        memcpy(h->received[h->lists], asked, 3);
        entry[12] = (uint8_t)(0xF1 + h->lists++);
        entry[0] = h->lists == 3 ? '3' : '2';
        iso_set(&answer, 62, entry, sizeof entry);
    } else if (strcmp(de60 + 8, "370") == 0) {
        uint8_t object[40] = {'1'};
        memcpy(object + 1, asked, len);
        memcpy(object + 1 + len, (const uint8_t[]){0xDF, 0x02, 0x01, 0x55}, 4);
        iso_set(&answer, 62, object, len + 5);
        h->objects++;
    } else {
        h->ends++;
    }
    ft_answer(t, &answer, h->mac);
}

static int no_progress(void *ctx, size_t at, size_t total)
{
    unsigned *shown = ctx;
    assert_int_equal(at, ++*shown);
    assert_int_equal(total, 3);
    return OK;
}

static int all_but_f2(void *ctx, enum parameter_kind kind, const struct parameter *object)
{
    (void)ctx, (void)kind;
    return object->name[5] == 0xF2 ? DOWNLOAD_EXPIRED : OK;
}

static int run(struct fixture *f, struct key_host *host, struct download *d)
{
    static unsigned shown;
    const struct download_client client = {&shown, no_progress, all_but_f2};
    shown = 0;
    f->t.line_up = true;
    f->t.host = hand_out;
    f->t.host_ctx = host;
    return net_download(&f->net, PARAMETER_KEYS, &client, d);
}

/* covers: 2.6 CA key download: the loop of messages */
static void the_loop_counts_what_it_has(void **state)
{
    struct key_host host = {.lists = 0};
    struct download d;
    struct fixture *f = fixture_new();
    (void)state;
    assert_int_equal(setting_set(f->store, STORE_TRACE, STORE_TRACE_MAX - 2), OK);
    assert_int_equal(run(f, &host, &d), OK);
    assert_int_equal(host.lists, 3);
    assert_int_equal(host.objects, 3);
    assert_int_equal(host.ends, 1);
    assert_string_equal(host.received[0], "100");
    assert_string_equal(host.received[1], "101");
    assert_string_equal(host.received[2], "102");
    static const uint32_t traces[] = {999998, 999999, 1, 2, 3, 4, 5}; /* 000000 is left out */
    assert_memory_equal(host.traces, traces, sizeof traces);
    assert_int_equal(d.trace, 5);
    assert_int_equal(d.set.count, 2); /* one was left out */
    assert_int_equal(d.set.item[1].name[5], 0xF3);
    assert_false(d.none);
    fixture_free(f);
}

static void without_a_mac_only_where_the_profile_says_so(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        for (int given = 0; given < 2; given++) {
            struct key_host host = {.mac = given};
            struct download d;
            struct fixture *f = fixture_new();
            f->config.download_mac = wanted;
            assert_int_equal(run(f, &host, &d), wanted && !given ? DOWNLOAD_NO_MAC : OK);
            assert_int_equal(iso_has(&f->t.last, 64), wanted);
            fixture_free(f);
        }
    }
}

static void no_line_is_no_download(void **state)
{
    struct key_host host = {.lists = 0};
    struct download d;
    struct fixture *f = fixture_new();
    const struct download_client client = {NULL, no_progress, all_but_f2};
    (void)state;
    f->t.line_up = false;
    f->t.host_ctx = &host;
    assert_int_equal(net_download(&f->net, PARAMETER_KEYS, &client, &d), NET_NO_LINE);
    assert_int_equal(host.messages, 0);
    fixture_free(f);
}

static void every_outcome_has_words(void **state)
{
    (void)state;
    for (int o = DOWNLOAD_NO_MAC; o <= DOWNLOAD_ALGORITHM; o++)
        assert_true(*download_text(o, false) && *download_text(o, true));
    assert_string_equal(download_text(NET_NO_LINE, false), "");
    assert_string_equal(download_text(DOWNLOAD_ALGORITHM + 1, true), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_list_is_read),  cmocka_unit_test(malformed_lists_have_a_name),
        cmocka_unit_test(lists_have_an_end),           cmocka_unit_test(an_object_is_the_one_that_was_asked_for),
        cmocka_unit_test(the_loop_counts_what_it_has), cmocka_unit_test(without_a_mac_only_where_the_profile_says_so),
        cmocka_unit_test(no_line_is_no_download),      cmocka_unit_test(every_outcome_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
