/* One event of the record in words: its lane, its line, and the decoded payload. One row a kind; unknown kinds show
 * their fields. */
#include "reports/html.h"

#include <string.h>

typedef const struct html page;

/* ---- pieces ---- */

static void put(page *h, const cJSON *event, const char *before, const char *key, const char *after)
{
    const cJSON *item = report_item(event, key);
    if (!item || (cJSON_IsString(item) && !*item->valuestring))
        return;
    fputs(before, h->out);
    if (cJSON_IsString(item))
        html_text(h, item->valuestring);
    else if (cJSON_IsNumber(item))
        fprintf(h->out, "%.0f", item->valuedouble);
    else if (cJSON_IsBool(item))
        fputs(cJSON_IsTrue(item) ? "yes" : "no", h->out);
    else {
        char *json = cJSON_PrintUnformatted(item);
        html_text(h, json ? json : "");
        cJSON_free(json);
    }
    fputs(after, h->out);
}

static void put_money(page *h, const cJSON *event, const char *before)
{
    if (report_item(event, "amount"))
        fprintf(h->out, "%s%.2f", before, report_number(event, "amount") / 100);
}

static bool is(const cJSON *event, const char *key, const char *value)
{
    return strcmp(report_string(event, key), value) == 0;
}

/* ---- kinds ---- */

static void say_meta(page *h, const cJSON *e)
{
    put(h, e, "record of ", "scenario", "");
    put(h, e, ", seed ", "seed", "");
    put(h, e, ", profile ", "profile", "");
    put(h, e, ", core ", "core", "");
}

static void say_power(page *h, const cJSON *e)
{
    put(h, e, "power ", "what", "");
    put(h, e, " at storage operation ", "op", "");
    put(h, e, ", what was not synced: ", "mode", "");
    put(h, e, ", ", "status", "");
}

static void say_boot(page *h, const cJSON *e)
{
    put(h, e, "boot from ", "area", "");
    put(h, e, ": ", "name", "");
    put(h, e, " ", "version", "");
    put(h, e, ", sequence ", "sequence", "");
    put(h, e, ", schema ", "schema", "");
}

static void say_key(page *h, const cJSON *e)
{
    put(h, e, "key ", "key", "");
}

static void say_screen(page *h, const cJSON *e)
{
    const cJSON *row;
    bool first = true;
    put(h, e, "<b>", "name", "</b> ");
    cJSON_ArrayForEach(row, report_item(e, "rows"))
    {
        if (!cJSON_IsString(row) || !row->valuestring[strspn(row->valuestring, " ")])
            continue;
        fputs(first ? "" : " \xC2\xB7 ", h->out);
        html_text(h, row->valuestring + strspn(row->valuestring, " "));
        first = false;
    }
}

static void say_beep(page *h, const cJSON *e)
{
    put(h, e, "beep ", "hz", " Hz, ");
    put(h, e, "", "ms", " ms");
}

static void say_led(page *h, const cJSON *e)
{
    static const char *const names[] = {" blue", " yellow", " green", " red"};
    unsigned mask = (unsigned)report_number(e, "mask") & 15;
    fputs(mask ? "lights:" : "lights off", h->out);
    for (size_t i = 0; i < 4; i++)
        fputs(mask >> i & 1 ? names[i] : "", h->out);
}

static void say_print(page *h, const cJSON *e)
{
    put(h, e, "", "text", "");
}

static void say_cut(page *h, const cJSON *e)
{
    (void)e;
    fputs("paper cut", h->out);
}

static void say_paper(page *h, const cJSON *e)
{
    put(h, e, "paper ", "what", "");
}

static void say_card(page *h, const cJSON *e)
{
    put(h, e, "", "what", "");
    put(h, e, " ", "name", "");
}

static void say_atr(page *h, const cJSON *e)
{
    fputs(cJSON_IsTrue(report_item(e, "warm")) ? "warm reset" : "cold reset", h->out);
    put(h, e, ": <code>", "hex", "</code>");
}

static void say_swipe(page *h, const cJSON *e)
{
    fputs("stripe read", h->out);
    put(h, e, ", track 2 <code>", "t2", "</code>");
}

static void say_line(page *h, const cJSON *e)
{
    put(h, e, "", "what", "");
    put(h, e, " ", "peer", "");
    put(h, e, ", ", "direction", "");
    put(h, e, " at byte ", "at", "");
}

static void say_store(page *h, const cJSON *e)
{
    put(h, e, "", "op", "");
    put(h, e, " ", "name", "");
    put(h, e, " to ", "to", "");
    put(h, e, " at ", "off", "");
    put(h, e, ", ", "len", " bytes");
    put(h, e, " (storage#", "no", ")");
}

static void say_clock(page *h, const cJSON *e)
{
    put(h, e, "clock ", "what", "");
}

static void say_se(page *h, const cJSON *e)
{
    put(h, e, "secure element: ", "op", "");
    put(h, e, ", slot ", "slot", "");
}

static void say_rng(page *h, const cJSON *e)
{
    put(h, e, "", "len", " random bytes");
    put(h, e, " for ", "purpose", "");
}

static void say_log(page *h, const cJSON *e)
{
    put(h, e, "", "level", ": ");
    put(h, e, "", "text", "");
}

static void say_host(page *h, const cJSON *e)
{
    static const struct {
        const char *what, *text;
    } words[] = {
        {"book", "books"},
        {"reverse", "reverses"},
        {"tombstone", "notes a reversal of what it never saw:"},
        {"request", "receives"},
        {"answer", "answers"},
        {"rule", "rule applied:"},
        {"refused", "gives no answer:"},
    };
    const char *text = report_string(e, "what");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is(e, "what", words[i].what))
            text = words[i].text;
    html_text(h, text);
    put(h, e, " ", "mti", "");
    put(h, e, " trace ", "trace", "");
    put_money(h, e, ", ");
    put(h, e, ", response ", "code", "");
    put(h, e, ", debit ", "debit", "");
    put(h, e, ", credit ", "credit", "");
    put(h, e, ", entry ", "number", "");
    put(h, e, " of entry ", "of", "");
    put(h, e, " (", "reason", ")");
}

static void say_fault(page *h, const cJSON *e)
{
    put(h, e, "fault: ", "what", "");
    put(h, e, " ", "kind", "");
    put(h, e, " at ", "at", "");
    put(h, e, " ", "direction", "");
    put(h, e, " in ", "area", "");
    put(h, e, ", byte ", "off", "");
}

static void say_note(page *h, const cJSON *e)
{
    put(h, e, "note ", "key", "");
    put(h, e, " = <code>", "value", "</code>");
}

static void say_expect(page *h, const cJSON *e)
{
    fputs(cJSON_IsTrue(report_item(e, "ok")) ? "as expected: " : "not as expected: ", h->out);
    if (!strstr(report_string(e, "expected"), report_string(e, "what")))
        put(h, e, "", "what", " ");
    put(h, e, "", "expected", "");
    if (!cJSON_IsTrue(report_item(e, "ok")))
        put(h, e, ", found ", "found", "");
}

static void say_step(page *h, const cJSON *e)
{
    put(h, e, "", "text", "");
}

static void say_verdict(page *h, const cJSON *e)
{
    put(h, e, "oracle ", "what", ": ");
    put(h, e, "", "name", "");
    put(h, e, ", ", "text", "");
}

static void say_fields(page *h, const cJSON *e)
{
    const cJSON *field;
    html_text(h, report_string(e, "ev"));
    cJSON_ArrayForEach(field, e)
    {
        static const char *const known[] = {"n", "t", "term", "ev", "mac", "err", "cut"};
        bool skip = !field->string;
        for (size_t i = 0; !skip && i < sizeof known / sizeof *known; i++)
            skip = strcmp(field->string, known[i]) == 0;
        if (skip)
            continue;
        fputc(' ', h->out);
        html_text(h, field->string);
        put(h, e, " ", field->string, "");
    }
}

/* What the decoder says of the exchange; the fallback is the payload itself. */
static void say_payload(page *h, const cJSON *e)
{
    put(h, e, "<code>", "c", "</code>");
    put(h, e, " <code>", "r", "</code>");
    put(h, e, "<code>", "hex", "</code>");
}

static const struct row {
    const char *ev, *lane;
    enum html_fold fold;
    void (*say)(page *h, const cJSON *e);
} kinds[] = {
    {"meta", "bench", FOLD_NEVER, say_meta},       {"power", "board", FOLD_NEVER, say_power},
    {"boot", "board", FOLD_NEVER, say_boot},       {"key", "person", FOLD_NEVER, say_key},
    {"screen", "screen", FOLD_NEVER, say_screen},  {"beep", "board", FOLD_NEVER, say_beep},
    {"led", "board", FOLD_NEVER, say_led},         {"print", "paper", FOLD_PRINT, say_print},
    {"cut", "paper", FOLD_PRINT, say_cut},         {"paper", "paper", FOLD_NEVER, say_paper},
    {"card", "person", FOLD_NEVER, say_card},      {"atr", "card", FOLD_NEVER, say_atr},
    {"apdu", "card", FOLD_NEVER, say_payload},     {"swipe", "card", FOLD_NEVER, say_swipe},
    {"line", "line", FOLD_NEVER, say_line},        {"send", "line", FOLD_NEVER, say_payload},
    {"recv", "line", FOLD_NEVER, say_payload},     {"fs", "storage", FOLD_STORAGE, say_store},
    {"flash", "storage", FOLD_STORAGE, say_store}, {"clock", "board", FOLD_NEVER, say_clock},
    {"se", "board", FOLD_NEVER, say_se},           {"rng", "board", FOLD_RANDOM, say_rng},
    {"log", "board", FOLD_LOG, say_log},           {"host", "host", FOLD_NEVER, say_host},
    {"fault", "bench", FOLD_NEVER, say_fault},     {"note", "bench", FOLD_NEVER, say_note},
    {"expect", "bench", FOLD_NEVER, say_expect},   {"step", "bench", FOLD_NEVER, say_step},
    {"verdict", "bench", FOLD_NEVER, say_verdict},
};

static const struct row *row_of(const cJSON *event)
{
    static const struct row other = {"", "bench", FOLD_NEVER, say_fields};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is(event, "ev", kinds[i].ev))
            return &kinds[i];
    return &other;
}

struct html_kind html_kind(const cJSON *event)
{
    const struct row *row = row_of(event);
    bool probing =
        row->fold == FOLD_STORAGE && is(event, "err", "HAL_E_NOENT"); /* a data base looks for its journals */
    bool loud = (report_item(event, "err") && !probing) || is(event, "level", "warn") || is(event, "level", "error");
    return (struct html_kind){.lane = row->lane, .fold = loud ? FOLD_NEVER : row->fold};
}

const char *html_mark(const cJSON *event)
{
    if (is(event, "ev", "expect") && !cJSON_IsTrue(report_item(event, "ok")))
        return "bad";
    if (is(event, "ev", "verdict") && is(event, "name", "fail"))
        return "bad";
    if (html_kind(event).fold != FOLD_NEVER)
        return "";
    bool cut = is(event, "ev", "power") && !is(event, "what", "on") && !is(event, "what", "started");
    return cut || is(event, "ev", "fault") || is(event, "ev", "lost") || report_item(event, "err") ? "fault" : "";
}

void html_summary(const struct html *h, const cJSON *event, const cJSON *tree)
{
    const char *value = report_string(tree, "value"), *note = report_string(tree, "note");
    if (is(event, "ev", "send"))
        fputs("\xE2\x86\x92 ", h->out);
    else if (is(event, "ev", "recv"))
        fputs("\xE2\x86\x90 ", h->out);
    if (tree && *value && !is(event, "ev", "swipe")) {
        html_text(h, value);
        if (*note)
            fputs(is(event, "ev", "apdu") ? " \xE2\x86\x92 " : ": ", h->out);
        html_text(h, note);
    } else if (tree && *note && (is(event, "ev", "send") || is(event, "ev", "recv"))) {
        html_text(h, note);
    } else {
        row_of(event)->say(h, event);
    }
    put(h, event, " <b class=\"err\">", "err", "</b>");
}

cJSON *html_decode(const cJSON *event, struct decode_state *state)
{
    const char *hex = report_string(event, "hex");
    const cJSON *answer = report_item(event, "r");
    if (is(event, "ev", "apdu") && *report_string(event, "c"))
        return decode_apdu(report_string(event, "c"), cJSON_GetStringValue(answer), state);
    if (is(event, "ev", "atr") && *hex)
        return decode_atr(hex);
    if ((is(event, "ev", "send") || is(event, "ev", "recv")) && *hex)
        return decode_message(hex);
    if (is(event, "ev", "swipe") && *report_string(event, "t2"))
        return decode_track2(report_string(event, "t2"));
    return NULL;
}

cJSON *html_last_events(const cJSON *result)
{
    cJSON *events = cJSON_CreateArray();
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(result, "events"))
    {
        cJSON *event = cJSON_IsString(item) ? cJSON_Parse(item->valuestring) : cJSON_Duplicate(item, true);
        if (!event || !cJSON_IsObject(event) || !cJSON_AddItemToArray(events, event))
            cJSON_Delete(event);
    }
    return events;
}
