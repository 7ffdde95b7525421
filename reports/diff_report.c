/* Two runs' report.json: cases paired by id, their verdicts, and the first place at which their records part. Records
 * are read only where their digests differ. */
#include "reports/diff.h"

#include "reports/output.h"

#include <stdlib.h>
#include <string.h>

struct side {
    const cJSON *run;
    const char *name, *folder;
    bool gone; /* the records are removed when all is told: the run's name stands for their folder */
};

/* Case ids to cases: a run may have thousands. */
struct row {
    const char *id;
    const cJSON *result;
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static struct row *index_cases(const cJSON *run, size_t *count)
{
    const cJSON *cases = report_item(run, "cases"), *c;
    struct row *rows = calloc((size_t)cJSON_GetArraySize(cases) + 1, sizeof *rows);
    *count = 0;
    if (rows)
        cJSON_ArrayForEach(c, cases) rows[(*count)++] = (struct row){report_string(c, "id"), c};
    if (rows)
        qsort(rows, *count, sizeof *rows, by_id);
    return rows;
}

static const cJSON *find(const struct row *rows, size_t count, const char *id)
{
    const struct row key = {id, NULL}, *row = bsearch(&key, rows, count, sizeof *rows, by_id);
    return row ? row->result : NULL;
}

static void ran(const struct side *a, const struct side *b, cJSON *rows)
{
    static const char *const keys[] = {"posbench", "seed", "core", "core_path", "boot_path", "fault", "reader"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *in_a = report_string(a->run, keys[i]), *in_b = report_string(b->run, keys[i]);
        if (strcmp(in_a, in_b) != 0)
            diff_field(rows, keys[i], in_a, in_b);
    }
}

static bool same_case(const cJSON *a, const cJSON *b)
{
    const char *digest_a = report_string(a, "digest"), *digest_b = report_string(b, "digest");
    return strcmp(report_string(a, "verdict"), report_string(b, "verdict")) == 0 && strcmp(digest_a, digest_b) == 0 &&
           (*digest_a || cJSON_Compare(report_item(a, "failures"), report_item(b, "failures"), 1));
}

static int load(struct diff_lines *out, const struct side *side, const cJSON *result, char *path, size_t cap, char *why,
                size_t why_cap)
{
    const char *record = report_string(result, "record");
    if (!*record) {
        snprintf(why, why_cap, "%s: %s has no record", side->name, report_string(result, "id"));
        return -1;
    }
    snprintf(path, cap, "%s%s%s", *record == '/' ? "" : side->folder, *record == '/' ? "" : "/", record);
    if (diff_lines_load(out, path, why, why_cap) != 0)
        return -1;
    if (side->gone)
        snprintf(path, cap, "%s %s", side->name, record);
    return 0;
}

/* The difference of the two records, or NULL with the reason why there is none to be had. */
static cJSON *compare_records(const struct side *a, const cJSON *case_a, const struct side *b, const cJSON *case_b,
                              char *why, size_t why_cap)
{
    char path_a[4200], path_b[4200];
    struct diff_lines lines_a = {.name = NULL}, lines_b = {.name = NULL};
    cJSON *diff = NULL;
    if (load(&lines_a, a, case_a, path_a, sizeof path_a, why, why_cap) == 0 &&
        load(&lines_b, b, case_b, path_b, sizeof path_b, why, why_cap) == 0)
        diff = diff_records(&lines_a, &lines_b);
    diff_lines_free(&lines_a);
    diff_lines_free(&lines_b);
    return diff;
}

struct tally {
    cJSON *out, *cases;
    size_t different, times, paired;
};

static void list(struct tally *t, const char *id, const cJSON *a, const cJSON *b, cJSON *diff, const char *why)
{
    t->different++;
    if (cJSON_GetArraySize(t->cases) >= DIFF_CASES) {
        cJSON_Delete(diff);
        return;
    }
    cJSON *row = cJSON_CreateObject(), *first = cJSON_DetachItemFromObject(diff, "first");
    cJSON_AddStringToObject(row, "id", id);
    cJSON_AddStringToObject(row, "verdict_a", a ? report_string(a, "verdict") : "not run");
    cJSON_AddStringToObject(row, "verdict_b", b ? report_string(b, "verdict") : "not run");
    if (diff)
        cJSON_AddNumberToObject(row, "further", report_number(diff, "further"));
    if (first)
        cJSON_AddItemToObject(row, "first", first);
    if (why && *why)
        cJSON_AddStringToObject(row, "note", why);
    cJSON_AddItemToArray(t->cases, row);
    cJSON_Delete(diff);
}

static void compare_case(struct tally *t, const struct side *a, const cJSON *case_a, const struct side *b,
                         const cJSON *case_b)
{
    char why[5000] = "";
    cJSON *diff = NULL;
    t->paired++;
    if (same_case(case_a, case_b))
        return;
    bool verdicts = strcmp(report_string(case_a, "verdict"), report_string(case_b, "verdict")) != 0;
    if (strcmp(report_string(case_a, "digest"), report_string(case_b, "digest")) != 0 || verdicts)
        diff = compare_records(a, case_a, b, case_b, why, sizeof why);
    bool parted = diff && report_item(diff, "first");
    if (diff && !verdicts && !parted && strcmp(report_string(diff, "verdict"), "different") != 0) {
        t->times += strcmp(report_string(diff, "verdict"), "only times differ") == 0;
        cJSON_Delete(diff);
        return; /* another core's digest, or other times: it went the same way */
    }
    if (diff && !verdicts && !parted && cJSON_GetArraySize(report_item(diff, "ran")) == 0)
        snprintf(why, sizeof why, "the records agree");
    else if (diff && !verdicts && !parted)
        snprintf(why, sizeof why, "the same course; only what ran differs");
    list(t, report_string(case_a, "id"), case_a, case_b, diff, why);
}

cJSON *diff_reports(const char *kind, const cJSON *a, const char *name_a, const char *folder_a, const cJSON *b,
                    const char *name_b, const char *folder_b)
{
    const struct side side_a = {a, name_a, folder_a, strcmp(kind, "cores") == 0},
                      side_b = {b, name_b, folder_b, side_a.gone};
    struct tally t = {.out = diff_new(kind, name_a, name_b)};
    size_t count_a, count_b;
    struct row *rows_a = index_cases(a, &count_a), *rows_b = index_cases(b, &count_b);
    const cJSON *c;
    ran(&side_a, &side_b, cJSON_AddArrayToObject(t.out, "ran"));
    t.cases = cJSON_AddArrayToObject(t.out, "cases");
    for (int verdicts = 1; verdicts >= 0; verdicts--) /* other verdicts stand first */
        cJSON_ArrayForEach(c, report_item(a, "cases"))
        {
            const cJSON *other = rows_b ? find(rows_b, count_b, report_string(c, "id")) : NULL;
            bool another = !other || strcmp(report_string(c, "verdict"), report_string(other, "verdict")) != 0;
            if (another == (verdicts == 1) && other)
                compare_case(&t, &side_a, c, &side_b, other);
            else if (another == (verdicts == 1))
                list(&t, report_string(c, "id"), c, NULL, NULL, NULL);
        }
    cJSON_ArrayForEach(c, report_item(b, "cases"))
    {
        if (rows_a && !find(rows_a, count_a, report_string(c, "id")))
            list(&t, report_string(c, "id"), NULL, c, NULL, NULL);
    }
    cJSON_AddNumberToObject(t.out, "paired", (double)t.paired);
    cJSON_AddNumberToObject(t.out, "cases_more", (double)t.different - cJSON_GetArraySize(t.cases));
    diff_verdict(t.out, t.different, t.times);
    free(rows_a);
    free(rows_b);
    return t.out;
}
