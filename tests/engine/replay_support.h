/*
 * Sessions for the replay tests, made by a small terminal and the card engine: T=0 or T=1, with or without the PSE, and
 * written in any accepted spelling. The terminal computes nothing: each test says what it sends, TVR included.
 * Include after <cmocka.h>.
 */
#ifndef POSBENCH_TESTS_ENGINE_REPLAY_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_REPLAY_SUPPORT_H

#include "cards/card.h"
#include "core/codec/cryptogram.h"
#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "scenarios/engine/replay.h"
#include "scenarios/engine/replay_keys.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- what was said -- */

#define TAPE_MAX 200

struct shot {
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
    size_t len, answer_len;
    unsigned line, answer_line; /* once written */
};
struct tape {
    struct shot shot[TAPE_MAX];
    size_t count;
};

static inline void tape_add(struct tape *t, const uint8_t *command, size_t len, const uint8_t *answer,
                            size_t answer_len)
{
    assert_true(t->count < TAPE_MAX);
    struct shot *s = &t->shot[t->count++];
    memcpy(s->command, command, len);
    memcpy(s->answer, answer, answer_len);
    s->len = len;
    s->answer_len = answer_len;
}

/* -- the recording terminal -- */

enum flow { FLOW_ONLINE, FLOW_OFFLINE, FLOW_DECLINE, FLOW_UNABLE };

struct plan {                                            /* one session; zeros and NULLs are the usual ones */
    const char *card;                                    /* profile */
    const char *pdol, *cdol1, *cdol2, *aip, *iac_online; /* instead of the profile's */
    bool format77, t0, no_pse, no_select, get_data, verify, bad_arpc, script71, script72, wrong_aids,
        second /* application of the directory */;
    bool dda;         /* INTERNAL AUTHENTICATE with the number 55667788 */
    size_t encrypted; /* bytes of an enciphered PIN, which the card takes whatever they are; 0: none is sent */
    enum flow flow;
    const char *arc;    /* host's code; NULL: 00 */
    const char *values; /* "9F02=000000001000 9A=260615 ..."; the last one of a tag counts */
    const char *un[3];  /* of PDOL, CDOL1, CDOL2 */
};

struct recorder {
    const struct plan *plan;
    struct tape *tape;
    struct card_profile *profile;
    struct card *card;
    struct card_facts facts;
    uint8_t answer[RAPDU_MAX]; /* of the last whole command */
    size_t answer_len;
    uint8_t pdol[255], cdol1[255], cdol2[255], aip[2], afl[252], ac[8], atc[2], tvr[5];
    size_t pdol_len, cdol1_len, cdol2_len, afl_len;
    const char *number; /* 9F37 now */
    const char *arc;
    uint8_t auth[16];
    size_t auth_len;
    uint8_t value[64]; /* of the object asked for last */
};

static const char usual_values[] =
    "9F02=000000001234 9F03=000000000000 9F1A=0344 95=8000048000 5F2A=0156 9A=260615 9C=00 9F21=101112 "
    "9F4E=504F5342454E4348205445535420534F5000 9F33=E06800 9F35=22 9F40=6000F0A001 9F1E=3132333435363738 "
    "9F15=5411 9F16=313034313030303530343530303031 9F1C=3130303030303031 9F01=000048470156 9F09=0030 9F34=420300 "
    "9F1B=00000000 81=000004D2 9F41=00000001 9F39=05";

static inline bool plan_value(const char *values, uint32_t tag, uint8_t *out, size_t *len)
{
    char key[12];
    bool found = false;
    size_t n = (size_t)snprintf(key, sizeof key, "%X=", (unsigned)tag);
    for (const char *at = values; at && (at = strstr(at, key)); at += n) {
        if (at != values && at[-1] != ' ')
            continue;
        assert_int_equal(hex_decode(at + n, strcspn(at + n, " "), out, 64, len), OK);
        found = true;
    }
    return found;
}

static inline int recorder_value(void *ctx, uint32_t tag, const uint8_t **value, size_t *len)
{
    struct recorder *r = ctx;
    *value = r->value;
    if (tag == 0x9F37 && r->number) {
        assert_int_equal(hex_decode(r->number, strlen(r->number), r->value, sizeof r->value, len), OK);
        return OK;
    }
    if (tag == 0x8A && r->arc) {
        memcpy(r->value, r->arc, 2);
        *len = 2;
        return OK;
    }
    if (tag == 0x91 && r->auth_len) {
        memcpy(r->value, r->auth, *len = r->auth_len);
        return OK;
    }
    if (tag == 0x95) {
        memcpy(r->value, r->tvr, *len = 5);
        return OK;
    }
    if (plan_value(r->plan->values, tag, r->value, len) || plan_value(usual_values, tag, r->value, len))
        return OK;
    return E_NOTFOUND;
}

static inline void one_tpdu(struct recorder *r, const uint8_t *tpdu, size_t len)
{
    card_tpdu(r->card, tpdu, len, r->answer, &r->answer_len);
    tape_add(r->tape, tpdu, len, r->answer, r->answer_len);
}

/* T=0 as a terminal speaks it: Le left out with data, 61xx and 6Cxx followed. */
static inline void by_tpdu(struct recorder *r, const uint8_t *command, size_t len)
{
    struct capdu c;
    uint8_t tpdu[APDU_MAX], whole[RAPDU_MAX];
    size_t used = 0;
    assert_int_equal(capdu_parse(command, len, &c), OK);
    memcpy(tpdu, command, len);
    one_tpdu(r, tpdu, c.lc && c.has_le ? len - 1 : len);
    while (r->answer_len >= 2 && (r->answer[r->answer_len - 2] == 0x61 || r->answer[0] == 0x6C)) {
        uint8_t xx = r->answer[r->answer_len - 1];
        memcpy(whole + used, r->answer, r->answer_len - 2);
        used += r->answer_len - 2;
        if (r->answer[r->answer_len - 2] == 0x61) {
            memcpy(tpdu, "\x00\xC0\x00\x00", 4);
        } else {
            used = 0;
        }
        tpdu[4] = xx;
        one_tpdu(r, tpdu, 5);
    }
}

static inline uint16_t say(struct recorder *r, uint8_t cla, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data,
                           size_t len, bool has_le)
{
    const struct capdu c = {cla, ins, p1, p2, (uint8_t)len, data, has_le, 256};
    uint8_t bytes[APDU_MAX];
    size_t n;
    assert_int_equal(capdu_encode(&c, bytes, sizeof bytes, &n), OK);
    if (r->plan->t0) {
        by_tpdu(r, bytes, n);
    } else {
        card_apdu(r->card, bytes, n, r->answer, &r->answer_len);
        tape_add(r->tape, bytes, n, r->answer, r->answer_len);
    }
    return rapdu_sw(r->answer, r->answer_len);
}

static inline size_t find_bytes(const struct recorder *r, uint32_t tag, uint8_t *out, size_t cap)
{
    struct tlv t;
    if (r->answer_len <= 2 || tlv_find_deep(r->answer, r->answer_len - 2, tag, &t) != OK || t.len > cap)
        return 0;
    memcpy(out, t.value, t.len);
    return t.len;
}

static inline void choose_application(struct recorder *r)
{
    uint8_t aid[16] = {0}, found[16];
    size_t aid_len = 0;
    if (!r->plan->no_pse && say(r, 0x00, 0xA4, 0x04, 0x00, (const uint8_t *)"1PAY.SYS.DDF01", 14, true) == 0x9000) {
        for (uint8_t record = 1; say(r, 0x00, 0xB2, record, 0x0C, NULL, 0, true) == 0x9000; record++)
            if (!aid_len || (r->plan->second && record == 2))
                aid_len = find_bytes(r, 0x4F, aid, sizeof aid);
    }
    if (r->plan->wrong_aids) {
        say(r, 0x00, 0xA4, 0x04, 0x00, (const uint8_t *)"\xA0\x00\x00\x00\x65\x10\x10", 7, true);
        say(r, 0x00, 0xA4, 0x04, 0x00, (const uint8_t *)"\xA0\x00\x00\x00\x99\x90\x90", 7, true);
    }
    static const char *const known[] = {"A000000333010102", "A000000333010101", "A0000000031010"};
    for (size_t i = 0; !aid_len && i < 3; i++) {
        size_t len;
        assert_int_equal(hex_decode(known[i], strlen(known[i]), aid, sizeof aid, &len), OK);
        if (say(r, 0x00, 0xA4, 0x04, 0x00, aid, len, true) == 0x9000 && find_bytes(r, 0x84, found, sizeof found))
            aid_len = len;
    }
    assert_true(aid_len > 0);
    assert_int_equal(say(r, 0x00, 0xA4, 0x04, 0x00, aid, aid_len, true), 0x9000);
    r->pdol_len = find_bytes(r, 0x9F38, r->pdol, sizeof r->pdol);
}

static inline void initiate(struct recorder *r)
{
    uint8_t values[252], data[255];
    size_t len = 0;
    struct tlv_out out;
    r->number = r->plan->un[0] ? r->plan->un[0] : "01020304";
    if (r->pdol_len)
        assert_int_equal(dol_build(r->pdol, r->pdol_len, recorder_value, r, values, sizeof values, &len), OK);
    tlv_out_init(&out, data, sizeof data);
    tlv_put(&out, 0x83, values, len);
    assert_int_equal(say(r, 0x80, 0xA8, 0x00, 0x00, data, out.len, true), 0x9000);
    struct tlv body;
    assert_int_equal(tlv_find(r->answer, r->answer_len - 2, 0x80, &body) == OK ||
                         tlv_find(r->answer, r->answer_len - 2, 0x77, &body) == OK,
                     1);
    if (body.tag == 0x80) {
        memcpy(r->aip, body.value, 2);
        memcpy(r->afl, body.value + 2, r->afl_len = body.len - 2);
    } else {
        find_bytes(r, 0x82, r->aip, 2);
        r->afl_len = find_bytes(r, 0x94, r->afl, sizeof r->afl);
    }
}

static inline void read_all(struct recorder *r)
{
    for (size_t i = 0; i < r->afl_len; i += 4)
        for (unsigned record = r->afl[i + 1]; record <= r->afl[i + 2]; record++) {
            size_t len;
            assert_int_equal(say(r, 0x00, 0xB2, (uint8_t)record, r->afl[i] | 4, NULL, 0, true), 0x9000);
            if ((len = find_bytes(r, 0x8C, r->cdol1, sizeof r->cdol1)))
                r->cdol1_len = len;
            if ((len = find_bytes(r, 0x8D, r->cdol2, sizeof r->cdol2)))
                r->cdol2_len = len;
            if (r->plan->get_data && i == 0)
                say(r, 0x80, 0xCA, 0x9F, 0x36, NULL, 0, true);
        }
}

/* The tape says that the PIN was right: only the card's secret key could make one that is. */
static inline void verify_enciphered(struct recorder *r)
{
    uint8_t data[255], command[APDU_MAX];
    size_t len;
    const struct capdu verify = {0x00, 0x20, 0x00, 0x88, (uint8_t)r->plan->encrypted, data, false, 0};
    assert_int_equal(say(r, 0x00, 0x84, 0x00, 0x00, NULL, 0, true), 0x9000);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(7 * i + 1);
    assert_int_equal(capdu_encode(&verify, command, sizeof command, &len), OK);
    tape_add(r->tape, command, len, (const uint8_t *)"\x90\x00", 2);
}

static inline uint8_t generate(struct recorder *r, uint8_t p1, bool second)
{
    uint8_t data[255];
    size_t len;
    struct replay_ac ac;
    struct trace_exchange x;
    r->number = r->plan->un[second ? 2 : 1] ? r->plan->un[second ? 2 : 1] : second ? "A1A2A3A4" : "11223344";
    assert_int_equal(dol_build(second ? r->cdol2 : r->cdol1, second ? r->cdol2_len : r->cdol1_len, recorder_value, r,
                               data, sizeof data, &len),
                     OK);
    assert_int_equal(say(r, 0x80, 0xAE, p1, 0x00, data, len, true), 0x9000);
    memset(&x, 0, sizeof x);
    x.command[1] = 0xAE;
    memcpy(x.answer, r->answer, r->answer_len);
    x.answer_len = r->answer_len;
    assert_true(replay_ac_read(&x, &ac));
    memcpy(r->ac, ac.cryptogram, 8);
    memcpy(r->atc, ac.atc, 2);
    return ac.cid & 0xC0;
}

static inline void authenticate(struct recorder *r)
{
    uint8_t mk[16], sk[16];
    assert_int_equal(ac_master_key(r->facts.scheme, r->facts.imk_ac, r->facts.pan, r->facts.psn, 0, mk), OK);
    assert_int_equal(ac_session_key(r->facts.scheme, mk, r->atc, sk), OK);
    if (r->facts.scheme == AC_CVN18) {
        memcpy(r->auth + 4, "\x00\x80\x00\x00", 4);
        assert_int_equal(arpc_method2(sk, r->ac, r->auth + 4, r->auth), OK);
        r->auth_len = 8;
    } else {
        memcpy(r->auth + 8, r->arc, 2);
        assert_int_equal(arpc_method1(r->facts.scheme, sk, r->ac, (const uint8_t *)r->arc, r->auth), OK);
        r->auth_len = 10;
    }
    if (r->plan->bad_arpc)
        r->auth[0] ^= 0xFF;
    if (r->aip[0] & 0x04 && say(r, 0x00, 0x82, 0x00, 0x00, r->auth, r->auth_len, false) != 0x9000)
        r->tvr[4] |= 0x40;
}

static inline void complete(struct recorder *r)
{
    const struct plan *p = r->plan;
    bool online = p->flow == FLOW_ONLINE, approve = online && (!p->arc || strcmp(p->arc, "00") == 0);
    r->arc = online ? p->arc ? p->arc : "00" : "Z3";
    if (online)
        authenticate(r);
    if (p->script71 && say(r, 0x84, 0x18, 0x00, 0x00, (const uint8_t *)"\x01\x02\x03\x04", 4, false) != 0x9000)
        r->tvr[4] |= 0x20;
    generate(r, approve ? 0x40 : 0x00, true);
    if (p->script72)
        say(r, 0x84, 0x1E, 0x00, 0x00, (const uint8_t *)"\x05\x06\x07\x08", 4, false);
}

/* The profile with the plan's own lists. */
static inline struct card_profile *load_profile(const struct plan *p)
{
    char path[512], why[256];
    static char text[65536];
    struct card_profile *profile;
    snprintf(path, sizeof path, TEST_ROOT "/cards/profiles/%s.json", p->card ? p->card : "unionpay-credit");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    cJSON *json = cJSON_Parse(text), *record;
    cJSON *app = cJSON_GetArrayItem(cJSON_GetObjectItem(cJSON_GetObjectItem(json, "chip"), "applications"), 0);
    const struct {
        const char *key, *value;
    } own[] = {{"pdol", p->pdol},
               {"aip", p->aip},
               {"gpo_format", p->format77 ? "77" : NULL},
               {"ac_format", p->format77 ? "77" : NULL}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i].value) {
            cJSON_DeleteItemFromObject(app, own[i].key);
            cJSON_AddStringToObject(app, own[i].key, own[i].value);
        }
    cJSON_ArrayForEach(record, cJSON_GetObjectItem(app, "records"))
    {
        cJSON *objects = cJSON_GetObjectItem(record, "objects");
        if (p->cdol1 && cJSON_GetObjectItem(objects, "8C"))
            cJSON_ReplaceItemInObject(objects, "8C", cJSON_CreateString(p->cdol1));
        if (p->iac_online && cJSON_GetObjectItem(objects, "9F0F"))
            cJSON_ReplaceItemInObject(objects, "9F0F", cJSON_CreateString(p->iac_online));
        if (p->cdol2 && cJSON_GetObjectItem(objects, "8D"))
            cJSON_ReplaceItemInObject(objects, "8D", cJSON_CreateString(p->cdol2));
    }
    char *changed = cJSON_PrintUnformatted(json);
    if (card_profile_parse(changed, strlen(changed), path, &profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    free(changed);
    cJSON_Delete(json);
    return profile;
}

static inline void tape_record(const struct plan *p, struct tape *tape)
{
    struct recorder r = {.plan = p, .tape = tape};
    size_t len, first;
    tape->count = 0;
    r.profile = load_profile(p);
    r.card = card_create(r.profile);
    assert_non_null(r.card);
    card_facts(r.profile, &r.facts);
    card_reset(r.card);
    if (!plan_value(p->values, 0x95, r.tvr, &len))
        plan_value(usual_values, 0x95, r.tvr, &len);
    choose_application(&r);
    first = tape->count;
    initiate(&r);
    read_all(&r);
    if (p->dda)
        assert_int_equal(say(&r, 0x00, 0x88, 0x00, 0x00, (const uint8_t *)"\x55\x66\x77\x88", 4, true), 0x9000);
    if (p->encrypted)
        verify_enciphered(&r);
    if (p->verify)
        say(&r, 0x00, 0x20, 0x00, 0x80, (const uint8_t *)"\x24\x12\x34\xFF\xFF\xFF\xFF\xFF", 8, false);
    static const uint8_t asked[] = {
        [FLOW_ONLINE] = 0x80, [FLOW_OFFLINE] = 0x40, [FLOW_DECLINE] = 0x00, [FLOW_UNABLE] = 0x80};
    if (generate(&r, asked[p->flow], false) == 0x80)
        complete(&r);
    if (p->no_select) {
        tape->count -= first;
        memmove(tape->shot, tape->shot + first, tape->count * sizeof *tape->shot);
    }
    card_destroy(r.card);
    card_profile_destroy(r.profile);
}

/* -- how it is written -- */

struct spelling {
    const char *name, *head, *command, *answer, *end, *between; /* before a command, before an answer, behind both */
    bool lower, spaced;
    unsigned head_lines, between_lines;
};

static const struct spelling spellings[] = {
    {"bare", "", "", "", "\n", "", true, false, 0, 0},
    {"yaml", "# a session\n---\n", "- req: '", "  res: '", "'\n", "", false, true, 2, 0},
    {"quoted", "", "- req: \"", "  res: \"", "\"\n", "", true, true, 0, 0},
    {"dump", "# ATR: 3B600000\n# PROTOCOL: T=0\n#\n", "# Sent\n", "# Received in 40ms\n", "\n", "", false, false, 3, 0},
    {"mark", "\xEF\xBB\xBF", "", "", "\r\n", "", false, false, 0, 0},
    {"crlf", "", "\t>> ", "\t<< ", "\r\n", "\r\n", false, true, 0, 1},
    {"cr", "", "", "", "\r", "", false, true, 0, 0},
    {"arrows", "", "-> ", "<- ", "\n", "", false, true, 0, 0},
    {"fat", "", "=> ", "<= ", "  // inline\n", "", true, true, 0, 0},
    {"labels", "", "C-APDU: ", "R-APDU: ", " # inline\n", "", false, true, 0, 0},
    {"pcscd", "00000000 winscard.c:315:SCardConnect() Active Contexts: 1\n", "00000012 APDU: ", "00031337 SW: ", " \n",
     "", false, true, 1, 0},
    {"colour", "", "\x1b[01;30m00000012\x1b[0m [1407] APDU: ", "00031337 [1407] SW: ", "\x1b[0m\n", "", false, true, 0,
     0},
    {"json", "", "\"req\": \"", "\"res\": \"", "\",\n", "", false, false, 0, 0},
};
#define SPELLINGS (sizeof spellings / sizeof *spellings)

static inline void put_hex(char *text, size_t *n, const uint8_t *bytes, size_t len, const struct spelling *s)
{
    for (size_t i = 0; i < len; i++)
        *n += (size_t)sprintf(text + *n, s->lower ? "%s%02x" : "%s%02X", i && s->spaced ? " " : "", bytes[i]);
}

static inline unsigned lines_in(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n' || (*text == '\r' && text[1] != '\n');
    return n;
}

/* Allocates. Notes the lines in the tape. */
static inline char *tape_write(struct tape *t, const struct spelling *s)
{
    char *text = malloc(t->count * 1700 + 4096);
    assert_non_null(text);
    size_t n = (size_t)sprintf(text, "%s", s->head);
    unsigned line = 1 + lines_in(s->head);
    for (size_t i = 0; i < t->count; i++) {
        struct shot *x = &t->shot[i];
        n += (size_t)sprintf(text + n, "%s", s->command);
        x->line = line += lines_in(s->command);
        put_hex(text, &n, x->command, x->len, s);
        n += (size_t)sprintf(text + n, "%s", s->end);
        line += lines_in(s->end);
        if (x->answer_len) {
            n += (size_t)sprintf(text + n, "%s", s->answer);
            x->answer_line = line += lines_in(s->answer);
            put_hex(text, &n, x->answer, x->answer_len, s);
            n += (size_t)sprintf(text + n, "%s", s->end);
            line += lines_in(s->end);
        }
        n += (size_t)sprintf(text + n, "%s", s->between);
        line += lines_in(s->between);
    }
    return text;
}

/* -- what comes of it -- */

/* Replays a text with CA keys (or NULL); NULL with `why` when it cannot be read. Session `only` (0: all). */
static inline cJSON *replay_with_keys(const char *text, size_t len, unsigned only, const struct replay_keys *keys,
                                      char *why, size_t cap)
{
    char path[] = "/tmp/posbench-replay-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
    const struct case_request request = {
        .file = path,
        .index = only,
        .seed = 1,
        .capk = keys,
        .paths = {TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"}};
    cJSON *out = replay_file(&request, why, cap);
    unlink(path);
    return out;
}

static inline cJSON *replay_text(const char *text, size_t len, unsigned only, char *why, size_t cap)
{
    return replay_with_keys(text, len, only, NULL, why, cap);
}

static inline cJSON *session_at(const cJSON *file, int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(file, "sessions"), i);
}

static inline const char *text_of(const cJSON *json, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, key));
    return text ? text : "";
}

/* Any string of an array of strings, or any `text` of an array of rows, has the words. */
static inline bool lists(const cJSON *array, const char *words)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, array)
    {
        const char *text = cJSON_IsString(one) ? one->valuestring : text_of(one, "text");
        if (strstr(text, words))
            return true;
    }
    return false;
}

/* The first row of `exchanges` whose name begins so. */
static inline const cJSON *row_named(const cJSON *session, const char *name, int nth)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(session, "exchanges"))
    {
        if (strncmp(text_of(row, "name"), name, strlen(name)) == 0 && nth-- == 0)
            return row;
    }
    fail_msg("no exchange %s", name);
    return NULL;
}

/* Records, writes, replays. */
static inline cJSON *replay_plan(const struct plan *p, struct tape *tape, const struct spelling *s)
{
    char why[600] = "";
    tape_record(p, tape);
    char *text = tape_write(tape, s);
    cJSON *out = replay_text(text, strlen(text), 0, why, sizeof why);
    if (!out)
        fail_msg("%s: %s", s->name, why);
    free(text);
    return out;
}

#endif
