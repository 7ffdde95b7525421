/* The object of a sweep, read with patience, in the words that all its reports use. */
#include "reports/sweep_view.h"

#include <string.h>

/* ---- numbers ---- */

double sweep_count(const cJSON *sweep, const char *key)
{
    return report_number(report_item(sweep, "counts"), key);
}

const char *sweep_number(double value, char out[32])
{
    char digits[32];
    size_t n = 0;
    if (!(value >= 0 && value < 1e15)) {
        snprintf(out, 32, "?");
        return out;
    }
    int len = snprintf(digits, sizeof digits, "%.0f", value);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    out[n] = '\0';
    return out;
}

const char *sweep_plural(double value, const char *noun, char out[64])
{
    char number[32];
    snprintf(out, 64, "%s %s%s", sweep_number(value, number), noun, value == 1 ? "" : "s");
    return out;
}

double sweep_violations(const cJSON *sweep)
{
    return sweep_count(sweep, "violations") + sweep_count(sweep, "business_violations") +
           sweep_count(sweep, "rerun_violations");
}

bool sweep_has_cuts(const cJSON *sweep)
{
    return sweep_count(sweep, "cuts") > 0 || cJSON_GetArraySize(report_item(sweep, "reruns")) == 0;
}

/* Sums a member of all kinds of re-runs. */
static double sum(const cJSON *sweep, const char *key)
{
    const cJSON *rerun;
    double total = 0;
    cJSON_ArrayForEach(rerun, report_item(sweep, "reruns")) total += report_number(rerun, key);
    return total;
}

static double reruns_left(const cJSON *sweep)
{
    double left = sum(sweep, "points") - sum(sweep, "judged");
    return left > 0 ? left : 0;
}

bool sweep_is_whole(const cJSON *sweep)
{
    const char *reach = report_string(sweep, "reach");
    return strcmp(reach, "exhaustive") == 0 || strncmp(reach, "every ", 6) == 0;
}

void sweep_share(const cJSON *sweep, char *out, size_t cap)
{
    double share = report_number(sweep, "share");
    if (share >= 1)
        snprintf(out, cap, "100 %%");
    else
        snprintf(out, cap, "%.1f %%", share > 0 ? (double)(unsigned)(share * 1000) / 10 : 0.0);
}

void sweep_left(const cJSON *sweep, char *out, size_t cap)
{
    char number[32], plural[64];
    double left = reruns_left(sweep);
    bool cuts = sweep_has_cuts(sweep) || left == 0;
    snprintf(out, cap, "%s%s%s%s%s", cuts ? sweep_number(sweep_count(sweep, "unexplored"), number) : "",
             cuts ? " unexplored" : "", cuts && left > 0 ? ", " : "",
             left > 0 ? sweep_plural(left, "re-run", plural) : "", left > 0 ? " not played" : "");
}

/* ---- options ---- */

static void join(const cJSON *list, const char *between, char *out, size_t cap)
{
    size_t n = 0;
    const cJSON *item;
    out[0] = '\0';
    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && n < cap)
            n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? between : "", item->valuestring);
    }
}

void sweep_joined(const cJSON *list, char *out, size_t cap)
{
    join(list, ", ", out, cap);
}

void sweep_options_text(const cJSON *sweep, char *out, size_t cap)
{
    char faults[200], modes[600], budget[80] = "", number[32];
    const cJSON *o = report_item(sweep, "options");
    sweep_joined(report_item(o, "faults"), faults, sizeof faults);
    sweep_joined(report_item(o, "modes"), modes, sizeof modes);
    if (report_number(o, "budget") > 0)
        snprintf(budget, sizeof budget, "; budget %s", sweep_number(report_number(o, "budget"), number));
    if (!sweep_has_cuts(sweep)) {
        snprintf(out, cap, "%s%s", faults, budget);
        return;
    }
    snprintf(out, cap, "%s; %s%.0f%s%s%s%s", faults,
             cJSON_IsTrue(report_item(o, "closure")) ? "closure from depth " : "depth ", report_number(o, "depth"),
             cJSON_IsTrue(report_item(o, "subsets")) ? "; subsets" : "", budget, *modes ? "; modes " : "", modes);
}

/* ---- cells ---- */

static const struct {
    char letter;
    const char *name;
} letters[] = {
    {'p', "pass"}, {'f', "fail"}, {'h', "hung or crashed"}, {'s', "not judged"}, {'-', "does not apply"},
};

char sweep_letter(const char *cells, size_t len, size_t at)
{
    char letter = at < len ? cells[at] : '-';
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return letter;
    return 'h';
}

const char *sweep_letter_name(char letter)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].letter == letter)
            return letters[i].name;
    return "";
}

/* ---- where a fault lies ---- */

/* "before:none", "torn", "random~3", each up to the next cut. */
static void read_cut(const char *text, struct sweep_place *out)
{
    static const char *const whens[] = {"before", "after"};
    size_t skip = 0;
    snprintf(out->when, sizeof out->when, "inside");
    for (size_t i = 0; i < sizeof whens / sizeof *whens; i++) {
        size_t len = strlen(whens[i]);
        if (strncmp(text, whens[i], len) == 0 && text[len] == ':') {
            snprintf(out->when, sizeof out->when, "%s", whens[i]);
            skip = len + 1;
        }
    }
    text += skip;
    snprintf(out->mode, sizeof out->mode, "%.*s", (int)strcspn(text, "~+"), text);
    bool fails = !skip && (strcmp(out->mode, "error") == 0 || strcmp(out->mode, "full") == 0);
    out->cut = !fails;
    if (fails)
        memcpy(out->kind, out->mode, sizeof out->kind);
}

bool sweep_place(const char *id, struct sweep_place *out)
{
    int used = 0;
    memset(out, 0, sizeof *out);
    if (sscanf(id, "storage#%9lu:%n", &out->at, &used) == 1 && used) {
        snprintf(out->fault, sizeof out->fault, "storage");
        read_cut(id + used, out);
        return true;
    }
    snprintf(out->fault, sizeof out->fault, "%.*s", (int)strcspn(id, "#"), id);
    if (strcmp(out->fault, "net") == 0)
        return sscanf(id, "net#%16[a-z]:%9lu", out->kind, &out->at) == 2;
    return strcmp(out->fault, "card") == 0 && sscanf(id, "card#%9lu:%16[a-z]", &out->at, out->kind) == 2;
}

bool sweep_place_is_cut(const struct sweep_place *place, const cJSON *row)
{
    return place->cut && strcmp(place->when, report_string(row, "when")) == 0 &&
           strcmp(place->mode, report_string(row, "mode")) == 0;
}

bool sweep_place_is_rerun(const struct sweep_place *place, const cJSON *rerun)
{
    return !place->cut && strcmp(place->fault, report_string(rerun, "fault")) == 0 &&
           strcmp(place->kind, report_string(rerun, "kind")) == 0;
}

double sweep_first(const cJSON *rerun)
{
    return report_item(rerun, "from") ? report_number(rerun, "from") : 1;
}
