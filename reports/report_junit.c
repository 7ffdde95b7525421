/*
 * JUnit XML as CI servers read it: testsuites > testsuite (a scenario file) > testcase (a scenario). Times are real
 * seconds; what is virtual, and what a failure needs to be replayed, stands in the properties. GitLab and Jenkins find
 * the record by [[ATTACHMENT|path]].
 */
#include "reports/output.h"
#include "reports/report.h"

#include <string.h>

/* ---- properties ---- */

static void put_property(FILE *out, const char *name, const char *value)
{
    if (!*value)
        return;
    fprintf(out, "        <property name=\"%s\" value=\"", name);
    report_put_escaped(out, value);
    fputs("\"/>\n", out);
}

static void put_list(FILE *out, const char *name, const cJSON *list)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        const char *text = cJSON_GetStringValue(item);
        put_property(out, name, text ? text : "");
    }
}

static void put_properties(FILE *out, const cJSON *one)
{
    static const char *const texts[] = {"id", "seed", "digest", "record", "command"};
    char virtual_us[32];
    fputs("      <properties>\n", out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_property(out, texts[i], report_string(one, texts[i]));
    snprintf(virtual_us, sizeof virtual_us, "%.0f", report_number(one, "virtual_us"));
    put_property(out, "virtual_us", virtual_us);
    put_list(out, "tag", report_item(one, "tags"));
    put_list(out, "covers", report_item(one, "covers"));
    fputs("      </properties>\n", out);
}

/* ---- verdicts ---- */

static void put_message(FILE *out, const char *element, const char *type, const char *message)
{
    fprintf(out, "      <%s type=\"", element);
    report_put_escaped(out, type);
    fputs("\" message=\"", out);
    report_put_escaped(out, message);
    fputc('"', out);
}

/* Lines of an element's text; the newlines are our own. */
static void put_line(FILE *out, const char *label, const char *text)
{
    if (!*text)
        return;
    fputs(label, out);
    report_put_escaped(out, text);
    fputc('\n', out);
}

static void put_failure(FILE *out, const char *element, const cJSON *failure)
{
    char message[1024];
    const cJSON *row;
    snprintf(message, sizeof message, "expected %s, found %s", report_string(failure, "expected"),
             report_string(failure, "found"));
    put_message(out, element, report_string(failure, "what"), message);
    fputs(">\n", out);
    put_line(out, "expected: ", report_string(failure, "expected"));
    put_line(out, "found: ", report_string(failure, "found"));
    put_line(out, "where: ", report_string(failure, "where"));
    if (report_item(failure, "t"))
        fprintf(out, "at: %.3f s\n", report_number(failure, "t") / 1e6);
    cJSON_ArrayForEach(row, report_item(failure, "screen"))
        put_line(out, "screen: ", cJSON_IsString(row) && *row->valuestring ? row->valuestring : " ");
    fprintf(out, "      </%s>\n", element);
}

static void put_oracles(FILE *out, const cJSON *one)
{
    const cJSON *oracle;
    cJSON_ArrayForEach(oracle, report_item(one, "oracles")) if (strcmp(report_string(oracle, "verdict"), "fail") == 0)
    {
        put_message(out, "failure", report_string(oracle, "name"), report_string(oracle, "text"));
        fputs("/>\n", out);
    }
}

static void put_verdict(FILE *out, const cJSON *one)
{
    enum report_verdict verdict = report_verdict(one);
    const char *element = verdict == VERDICT_ERROR ? "error" : "failure";
    const cJSON *failure, *failures = report_item(one, "failures");
    if (verdict == VERDICT_PASS)
        return;
    if (verdict != VERDICT_FAIL && verdict != VERDICT_ERROR) {
        fprintf(out, "      <skipped message=\"%s", report_verdict_name(verdict));
        if (*report_string(one, "reason")) {
            fputs(": ", out);
            report_put_escaped(out, report_string(one, "reason"));
        }
        fputs("\"/>\n", out);
        return;
    }
    cJSON_ArrayForEach(failure, failures) put_failure(out, element, failure);
    if (verdict == VERDICT_FAIL)
        put_oracles(out, one);
    else if (cJSON_GetArraySize(failures) == 0)
        fputs("      <error type=\"bench\" message=\"the bench gave no reason\"/>\n", out);
}

/* ---- cases and suites ---- */

/* "scenarios/chip/sale.lua" -> "scenarios.chip.sale". */
static void put_classname(FILE *out, const char *file)
{
    char name[512];
    snprintf(name, sizeof name, "%s", file);
    char *dot = strrchr(name, '.');
    if (dot && strcmp(dot, ".lua") == 0)
        *dot = '\0';
    for (char *p = name; *p; p++)
        if (*p == '/')
            *p = '.';
    report_put_escaped(out, name);
}

static void put_case(FILE *out, const cJSON *one)
{
    fputs("    <testcase classname=\"", out);
    put_classname(out, report_string(one, "file"));
    fputs("\" name=\"", out);
    report_put_escaped(out, report_string(one, "name"));
    fputs("\" file=\"", out);
    report_put_escaped(out, report_string(one, "file"));
    fprintf(out, "\" line=\"%.0f\" time=\"%.6f\">\n", report_number(one, "line"), report_number(one, "real_us") / 1e6);
    put_properties(out, one);
    put_verdict(out, one);
    if (*report_string(one, "record")) {
        fputs("      <system-out>[[ATTACHMENT|", out);
        report_put_escaped(out, report_string(one, "record"));
        fputs("]]</system-out>\n", out);
    }
    fputs("    </testcase>\n", out);
}

static bool same_file(const cJSON *a, const cJSON *b)
{
    return strcmp(report_string(a, "file"), report_string(b, "file")) == 0;
}

static void put_counts(FILE *out, const size_t n[VERDICTS], size_t total, double real_us)
{
    fprintf(out, "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n", total,
            n[VERDICT_FAIL], n[VERDICT_ERROR], n[VERDICT_INCONCLUSIVE] + n[VERDICT_NOT_APPLICABLE] + n[VERDICT_SKIPPED],
            real_us / 1e6);
}

/* The cases from `first` on that are of its file. */
static void put_suite(FILE *out, const cJSON *first)
{
    size_t n[VERDICTS] = {0}, total = 0;
    double real_us = 0;
    for (const cJSON *one = first; one; one = one->next)
        if (same_file(one, first)) {
            n[report_verdict(one)]++;
            total++;
            real_us += report_number(one, "real_us");
        }
    fputs("  <testsuite name=\"", out);
    report_put_escaped(out, report_string(first, "file"));
    fputs("\" ", out);
    put_counts(out, n, total, real_us);
    for (const cJSON *one = first; one; one = one->next)
        if (same_file(one, first))
            put_case(out, one);
    fputs("  </testsuite>\n", out);
}

static bool is_first_of_file(const cJSON *cases, const cJSON *one)
{
    for (const cJSON *earlier = cases->child; earlier != one; earlier = earlier->next)
        if (same_file(earlier, one))
            return false;
    return true;
}

int report_junit(const cJSON *run, const char *path, char *why, size_t why_cap)
{
    size_t n[VERDICTS], total = report_count(run, n);
    const cJSON *one, *cases = report_item(run, "cases");
    FILE *out = report_open(path, why, why_cap);
    if (!out)
        return -1;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"posbench\" ", out);
    put_counts(out, n, total, report_number(run, "real_us"));
    cJSON_ArrayForEach(one, cases) if (is_first_of_file(cases, one)) put_suite(out, one);
    fputs("</testsuites>\n", out);
    return report_close(out, path, why, why_cap);
}
