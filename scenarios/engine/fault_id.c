/* Fault ids, to text and back: fault_id.h. */
#include "scenarios/engine/fault_id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const whens[] = {[CUT_BEFORE] = "before", [CUT_INSIDE] = "inside", [CUT_AFTER] = "after"};

/* How a kind that is no cut is written: family#AT:name, or, for a byte of the line, family#name:AT. */
static const struct kind_row {
    const char *family, *name;
    bool name_first;
} kinds[FAULT_KINDS] = {
    [FAULT_CUT] = {"storage", "", false},
    [FAULT_STORAGE_ERROR] = {"storage", "error", false},
    [FAULT_STORAGE_FULL] = {"storage", "full", false},
    [FAULT_CARD_REMOVE] = {"card", "remove", false},
    [FAULT_CARD_MUTE] = {"card", "mute", false},
    [FAULT_CARD_GARBLE] = {"card", "garble", false},
    [FAULT_TAP_REMOVE] = {"card", "tap-remove", false},
    [FAULT_TAP_TORN] = {"card", "tap-torn", false},
    [FAULT_TAP_MUTE] = {"card", "tap-mute", false},
    [FAULT_TAP_GARBLE] = {"card", "tap-garble", false},
    [FAULT_TAP_STATUS] = {"card", "tap-status", false},
    [FAULT_NET_OUT] = {"net", "out", true},
    [FAULT_NET_IN] = {"net", "in", true},
};

const char *fault_family(enum fault_kind kind)
{
    return kinds[kind].family;
}

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

/* ---- printing ---- */

size_t fault_cut_print(const struct cut_plan *cut, char *out, size_t cap)
{
    char seed[24] = "", when[10] = "";
    const struct cut_mode_info *mode = cut_mode_info(cut->mode);
    if (cut->seed || cut->mode == CUT_SUBSET)
        snprintf(seed, sizeof seed, cut->mode == CUT_SUBSET ? "~%" PRIx64 : "~%" PRIu64, cut->seed);
    if (cut->when != CUT_INSIDE)
        snprintf(when, sizeof when, "%s:", whens[cut->when]);
    int len = snprintf(out, cap, "storage#%" PRIu64 ":%s%s%s", cut->number, when, mode ? mode->name : "?", seed);
    return len < 0 ? 0 : (size_t)len < cap ? (size_t)len : cap - 1;
}

void fault_id_print(const struct fault_id *id, char out[FAULT_ID_MAX])
{
    const struct kind_row *row = &kinds[id->kind];
    size_t len = 0;
    out[0] = '\0';
    if (id->kind != FAULT_CUT && row->name_first)
        snprintf(out, FAULT_ID_MAX, "%s#%s:%" PRIu64, row->family, row->name, id->at);
    else if (id->kind != FAULT_CUT)
        snprintf(out, FAULT_ID_MAX, "%s#%" PRIu64 ":%s", row->family, id->at, row->name);
    for (unsigned i = 0; id->kind == FAULT_CUT && i < id->cuts; i++) {
        if (i)
            len += (size_t)snprintf(out + len, FAULT_ID_MAX - len, "+");
        len += fault_cut_print(&id->cut[i], out + len, FAULT_ID_MAX - len);
    }
}

/* ---- parsing ---- */

/* Digits only, no sign, no blanks. */
static bool number(const char *text, size_t len, int base, uint64_t *out)
{
    const char *digits = base == 16 ? "0123456789abcdef" : "0123456789";
    char copy[24], *end;
    if (len == 0 || len >= sizeof copy || strspn(text, digits) < len)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    errno = 0;
    *out = strtoull(copy, &end, base);
    return errno == 0;
}

static bool is(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

/* [WHEN:]MODE[~SEED] */
static bool parse_cut(const char *text, size_t len, struct cut_plan *cut)
{
    char name[24];
    const char *colon = memchr(text, ':', len);
    cut->when = CUT_INSIDE;
    cut->seed = 0;
    if (colon) {
        size_t i = 0;
        while (i < sizeof whens / sizeof *whens && !is(text, (size_t)(colon - text), whens[i]))
            i++;
        if (i == sizeof whens / sizeof *whens)
            return false;
        cut->when = (enum cut_when)i;
        len -= (size_t)(colon + 1 - text);
        text = colon + 1;
    }
    const char *tilde = memchr(text, '~', len);
    size_t name_len = tilde ? (size_t)(tilde - text) : len;
    if (name_len >= sizeof name)
        return false;
    memcpy(name, text, name_len);
    name[name_len] = '\0';
    return cut_mode_by_name(name, &cut->mode) == OK &&
           (!tilde || number(tilde + 1, len - name_len - 1, cut->mode == CUT_SUBSET ? 16 : 10, &cut->seed));
}

/* A row of the table, after "family#". */
static bool parse_row(const struct kind_row *row, const char *text, size_t len, uint64_t *at)
{
    const char *colon = memchr(text, ':', len);
    if (!colon)
        return false;
    size_t first = (size_t)(colon - text), second = len - first - 1;
    return row->name_first ? is(text, first, row->name) && number(colon + 1, second, 10, at)
                           : is(colon + 1, second, row->name) && number(text, first, 10, at) && *at > 0;
}

static bool parse_single(const char *text, struct fault_id *out)
{
    for (unsigned i = FAULT_CUT + 1; i < FAULT_KINDS; i++) {
        size_t family = strlen(kinds[i].family);
        if (strncmp(text, kinds[i].family, family) == 0 && text[family] == '#' &&
            parse_row(&kinds[i], text + family + 1, strlen(text + family + 1), &out->at)) {
            out->kind = (enum fault_kind)i;
            return true;
        }
    }
    return false;
}

static bool parse_step(const char *text, size_t len, struct cut_plan *cut)
{
    static const char prefix[] = "storage#";
    size_t skip = sizeof prefix - 1;
    const char *colon = memchr(text, ':', len);
    return len > skip && memcmp(text, prefix, skip) == 0 && colon && colon > text + skip &&
           number(text + skip, (size_t)(colon - text) - skip, 10, &cut->number) && cut->number > 0 &&
           parse_cut(colon + 1, len - (size_t)(colon + 1 - text), cut);
}

static void expected(const char *text, size_t len, char *why, size_t cap)
{
    size_t at = (size_t)snprintf(
        why, cap, "'%.*s': no fault id; expected storage#NUMBER:[before:|after:]MODE[~SEED] with MODE one of",
        (int)(len < 60 ? len : 60), text);
    for (unsigned i = 0; cut_mode_info(i) && at < cap; i++)
        at += (size_t)snprintf(why + at, cap - at, "%s %s", i ? "," : "", cut_mode_info(i)->name);
    if (at < cap)
        snprintf(why + at, cap - at,
                 ", or storage#N:error, storage#N:full, card#N:remove, card#N:mute, card#N:garble, card#N:tap-remove, "
                 "card#N:tap-torn, card#N:tap-mute, card#N:tap-garble, card#N:tap-status, net#out:N, net#in:N");
}

int fault_id_parse(const char *text, struct fault_id *out, char *why, size_t cap)
{
    memset(out, 0, sizeof *out);
    if (parse_single(text, out))
        return OK;
    out->kind = FAULT_CUT;
    for (const char *at = text;;) {
        size_t len = strcspn(at, "+");
        if (out->cuts == FAULT_CUTS) {
            snprintf(why, cap, "'%.60s...': more than %d cuts after each other", text, FAULT_CUTS);
            return E_LIMIT;
        }
        if (!parse_step(at, len, &out->cut[out->cuts])) {
            expected(at, len, why, cap);
            return E_FORMAT;
        }
        out->cuts++;
        if (!at[len])
            return OK;
        at += len + 1;
    }
}
