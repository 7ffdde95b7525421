/* Objects of engine_sweep as a sweep of a sale gives them, made by hand: of any number of operations, with failures and
 * re-runs where a test wants them. */
#ifndef POSBENCH_TESTS_SWEEP_FIXTURES_H
#define POSBENCH_TESTS_SWEEP_FIXTURES_H

#include "reports_test.h"

#include "reports/sweep.h"

static const struct sweep_mode_text {
    const char *name, *meaning, *medium;
} sweep_modes[] = {
    {"none", "nothing unsynced survives", "a write-back cache without a battery"},
    {"all", "everything issued survives", "a write-through medium"},
    {"prefix", "the first half survives, in order", "an ordered queue"},
    {"random", "a random subset of sectors survives", "a cache that reorders"},
    {"torn", "all, the last write torn inside a sector", "raw NOR flash"},
    {"names", "names survive, data does not", "a journalled file system, metadata only"},
    {"data", "data survives, names do not", "a file system that delays its directory"},
    {"brownout", "several short cuts after each other", "a loose battery contact"},
    {"garbage", "the last sector holds noise", "NAND pages without ECC"},
    {"half", "the first half of every sector survives", "sectors of two units"},
};
#define SWEEP_MODES (sizeof sweep_modes / sizeof *sweep_modes)

static inline cJSON *sweep_number_set(cJSON *object, const char *key, double value)
{
    cJSON_DeleteItemFromObject(object, key);
    return cJSON_AddNumberToObject(object, key, value);
}

static inline void sweep_set_reach(cJSON *sweep, const char *reach)
{
    cJSON_ReplaceItemInObject(sweep, "exhaustive", cJSON_CreateBool(strcmp(reach, "exhaustive") == 0));
    cJSON_ReplaceItemInObject(sweep, "reach", cJSON_CreateString(reach));
}

/* What a sale with an SQLite journal does, over and over. */
static inline void sweep_add_operations(cJSON *sweep, size_t count)
{
    static const struct {
        const char *op, *name;
        unsigned len;
    } ops[] = {{"create", "store.db-journal", 0},
               {"write", "store.db-journal", 512},
               {"write", "store.db-journal", 4096},
               {"sync", "store.db-journal", 0},
               {"sync_dir", "", 0},
               {"write", "store.db", 4096},
               {"write", "store.db", 4096},
               {"sync", "store.db", 0},
               {"remove", "store.db-journal", 0},
               {"sync_dir", "", 0}};
    static const char *const phases[] = {"starting",  "signing_in", "idle",     "enter_amount", "insert_card",
                                         "enter_pin", "connecting", "approved", "remove_card",  "printing"};
    cJSON *list = cJSON_AddArrayToObject(sweep, "operations");
    for (size_t i = 0; i < count; i++) {
        size_t phase = count < 60 ? i * 10 / count : i / 23 < 2 ? i / 23 : 2 + i / 23 % 8;
        cJSON *op = cJSON_CreateObject();
        cJSON_AddNumberToObject(op, "n", (double)i + 1);
        cJSON_AddStringToObject(op, "op", ops[i % 10].op);
        cJSON_AddStringToObject(op, "name", ops[i % 10].name);
        cJSON_AddNumberToObject(op, "len", ops[i % 10].len);
        cJSON_AddStringToObject(op, "phase", phases[phase]);
        cJSON_AddItemToArray(list, op);
    }
}

static inline void sweep_add_rows(cJSON *sweep, size_t modes, size_t count)
{
    static const char *const whens[] = {"before", "inside", "after"};
    cJSON *rows = cJSON_AddArrayToObject(sweep, "rows"), *all = cJSON_AddArrayToObject(sweep, "cells");
    char *cells = malloc(count + 1);
    assert_non_null(cells);
    for (size_t w = 0; w < 3; w++)
        for (size_t m = 0; m < modes; m++) {
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "when", whens[w]);
            cJSON_AddStringToObject(row, "mode", sweep_modes[m].name);
            cJSON_AddItemToArray(rows, row);
            for (size_t i = 0; i < count; i++) /* nothing is torn inside a sync of a directory */
                cells[i] = w == 1 && i % 10 % 5 == 4 ? '-' : 'p';
            cells[count] = '\0';
            cJSON_AddItemToArray(all, cJSON_CreateString(cells));
        }
    free(cells);
}

static inline void sweep_add_modes(cJSON *sweep, cJSON *options, size_t modes)
{
    cJSON *list = cJSON_AddArrayToObject(sweep, "modes"), *names = cJSON_AddArrayToObject(options, "modes");
    for (size_t m = 0; m < modes; m++) {
        cJSON *mode = cJSON_CreateObject();
        cJSON_AddStringToObject(mode, "name", sweep_modes[m].name);
        cJSON_AddStringToObject(mode, "meaning", sweep_modes[m].meaning);
        cJSON_AddStringToObject(mode, "medium", sweep_modes[m].medium);
        cJSON_AddItemToArray(list, mode);
        cJSON_AddItemToArray(names, cJSON_CreateString(sweep_modes[m].name));
    }
}

static inline void sweep_add_counts(cJSON *sweep, size_t operations, size_t modes)
{
    double cuts = (double)(operations * modes * 3);
    const struct {
        const char *key;
        double value;
    } counts[] = {{"operations", (double)operations},
                  {"cuts", cuts},
                  {"states", cuts / 10},
                  {"judged", cuts / 10},
                  {"violations", 0},
                  {"unexplored", 0},
                  {"depth", 2},
                  {"largest_unsynced", 14},
                  {"business", 0},
                  {"business_violations", 0},
                  {"reruns", 0},
                  {"rerun_violations", 0}};
    cJSON *object = cJSON_AddObjectToObject(sweep, "counts"), *levels = cJSON_AddArrayToObject(sweep, "levels");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        cJSON_AddNumberToObject(object, counts[i].key, counts[i].value);
    for (unsigned depth = 1; depth <= 2; depth++) {
        cJSON *level = cJSON_CreateObject();
        cJSON_AddNumberToObject(level, "depth", depth);
        cJSON_AddNumberToObject(level, "cuts", cuts / 2);
        cJSON_AddNumberToObject(level, "states", cuts / 20);
        cJSON_AddNumberToObject(level, "judged", cuts / 20);
        cJSON_AddNumberToObject(level, "violations", 0);
        cJSON_AddItemToArray(levels, level);
    }
}

/* Without a failure. */
static inline cJSON *sweep_make(size_t operations, size_t modes)
{
    cJSON *sweep = cJSON_Parse(
        "{\"posbench\":\"0.1.0\",\"seed\":\"1\",\"id\":\"scenarios/power/sale#1\",\"name\":\"A sign-in and two sales, "
        "one "
        "of them unanswered\",\"file\":\"scenarios/power/sale.lua\",\"line\":12,\"core\":\"posbench-core 1.0.0 "
        "(0F562FB9550F)\",\"options\":{\"faults\":[\"power\"],\"depth\":1,\"closure\":true,\"subsets\":false,"
        "\"budget\":0,\"business\":100}}");
    assert_non_null(sweep);
    sweep_add_modes(sweep, cJSON_GetObjectItem(sweep, "options"), modes);
    sweep_add_operations(sweep, operations);
    sweep_add_rows(sweep, modes, operations);
    sweep_add_counts(sweep, operations, modes);
    cJSON_AddArrayToObject(sweep, "reruns");
    cJSON_AddBoolToObject(sweep, "exhaustive", true);
    cJSON_AddStringToObject(sweep, "reach", "exhaustive");
    cJSON_AddStringToObject(sweep, "sampled", "");
    cJSON_AddNumberToObject(sweep, "share", 1);
    cJSON_AddArrayToObject(sweep, "failures");
    cJSON_AddNumberToObject(sweep, "failures_more", 0);
    cJSON_AddStringToObject(sweep, "digest", "725EC1CE940569C7F44E8D62ED30329A28DFDDC0A17D0C17E3039BC204AE43D3");
    cJSON_AddNumberToObject(sweep, "jobs", 4);
    cJSON_AddNumberToObject(sweep, "real_us", 2345678);
    cJSON_AddNumberToObject(sweep, "rate", 3120);
    cJSON_AddNumberToObject(sweep, "memory_kb", 39936);
    return sweep;
}

static inline void sweep_count_up(cJSON *sweep, const char *key, double by)
{
    cJSON *counts = cJSON_GetObjectItem(sweep, "counts");
    sweep_number_set(counts, key, cJSON_GetObjectItem(counts, key)->valuedouble + by);
}

/* `letter` in the row of `when` and `mode`, at operation `n`. */
static inline void sweep_set_cell(cJSON *sweep, const char *when, const char *mode, size_t n, char letter)
{
    const cJSON *row;
    int at = 0;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(sweep, "rows"))
    {
        if (strcmp(cJSON_GetObjectItem(row, "when")->valuestring, when) == 0 &&
            strcmp(cJSON_GetObjectItem(row, "mode")->valuestring, mode) == 0)
            cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "cells"), at)->valuestring[n - 1] = letter;
        at++;
    }
}

#define SWEEP_EVENTS                                                                                                   \
    "[{\"n\":81,\"t\":12345678,\"term\":1,\"ev\":\"screen\",\"name\":\"approved\",\"role\":\"approved\",\"rows\":"     \
    "[\"\xE4\xBA\xA4\xE6\x98\x93\xE6\x88\x90\xE5\x8A\x9F\",\"APPROVED 12.00\"]},"                                      \
    "{\"n\":82,\"t\":12345679,\"term\":1,\"ev\":\"fs\",\"op\":\"write\",\"no\":57,\"name\":\"store.db\",\"off\":0,"    \
    "\"len\":4096},"                                                                                                   \
    "{\"n\":83,\"t\":12345680,\"term\":1,\"ev\":\"power\",\"what\":\"cut\",\"op\":57,\"mode\":\"torn\"},"              \
    "{\"n\":84,\"t\":13000000,\"term\":1,\"ev\":\"boot\",\"area\":\"slot-a\",\"name\":\"posbench-core\",\"version\":"  \
    "\"1.0.0\",\"sequence\":1,\"schema\":1},"                                                                          \
    "{\"n\":85,\"t\":13000900,\"term\":1,\"ev\":\"apdu\",\"c\":\"00B2010C00\",\"r\":\"70055A03621234009000\",\"us\":"  \
    "4},"                                                                                                              \
    "{\"n\":86,\"t\":13100000,\"ev\":\"verdict\",\"what\":\"money\",\"name\":\"fail\",\"text\":\"approved on the "     \
    "screen, "                                                                                                         \
    "not in the journal\"}]"

static inline cJSON *sweep_add_failure(cJSON *sweep, const char *id, const char *stage, unsigned depth)
{
    char command[400];
    cJSON *failure = cJSON_CreateObject();
    snprintf(command, sizeof command,
             "./posbench run scenarios/power/sale.lua --filter 'scenarios/power/sale#1' --fault '%s' --seed 1", id);
    cJSON_AddStringToObject(failure, "id", id);
    cJSON_AddStringToObject(failure, "seed", "1");
    cJSON_AddStringToObject(failure, "stage", stage);
    cJSON_AddNumberToObject(failure, "depth", depth);
    cJSON_AddStringToObject(failure, "oracle", "money");
    cJSON_AddStringToObject(failure, "expected", "a journal record for every approval that was shown");
    cJSON_AddStringToObject(failure, "found",
                            "trace 2 over 12.00 was approved on the screen and is not in the journal");
    cJSON_AddStringToObject(failure, "screen", "idle");
    cJSON_AddStringToObject(failure, "phase", "approved");
    cJSON_AddItemToObject(failure, "events", cJSON_Parse(SWEEP_EVENTS));
    cJSON_AddStringToObject(failure, "command", command);
    cJSON_AddItemToArray(cJSON_GetObjectItem(sweep, "failures"), failure);
    sweep_count_up(sweep, strcmp(stage, "power") == 0 ? "violations" : "rerun_violations", 1);
    return failure;
}

/* All pass but the point `bad` (0: none). */
static inline void sweep_add_rerun(cJSON *sweep, const char *fault, const char *kind, size_t points, size_t bad)
{
    cJSON *rerun = cJSON_CreateObject();
    char *cells = malloc(points + 1);
    assert_non_null(cells);
    memset(cells, 'p', points);
    cells[points] = '\0';
    if (bad)
        cells[bad - 1] = 'f';
    cJSON_AddStringToObject(rerun, "fault", fault);
    cJSON_AddStringToObject(rerun, "kind", kind);
    cJSON_AddNumberToObject(rerun, "from", strcmp(fault, "net") == 0 ? 0 : 1);
    cJSON_AddNumberToObject(rerun, "points", (double)points);
    cJSON_AddNumberToObject(rerun, "judged", (double)points);
    cJSON_AddNumberToObject(rerun, "violations", bad ? 1 : 0);
    cJSON_AddStringToObject(rerun, "cells", cells);
    cJSON_AddItemToArray(cJSON_GetObjectItem(sweep, "reruns"), rerun);
    sweep_count_up(sweep, "reruns", (double)points);
    free(cells);
}

static inline void sweep_add_reruns(cJSON *sweep)
{
    sweep_add_rerun(sweep, "net", "out", 512, 124); /* bytes count from 0 */
    sweep_add_rerun(sweep, "net", "in", 387, 0);
    sweep_add_rerun(sweep, "card", "remove", 41, 0);
    sweep_add_rerun(sweep, "card", "mute", 41, 0);
    sweep_add_rerun(sweep, "storage", "full", 12, 0);
    sweep_add_failure(sweep, "net#out:123", "net", 1);
}

/* 12 operations, nothing wrong. */
static inline cJSON *sweep_small(void)
{
    return sweep_make(12, 7);
}

/* 900 operations, three failures in two places (one of them two cuts, shrunk), one hang, one cell not judged. */
static inline cJSON *sweep_big(size_t operations)
{
    cJSON *sweep = sweep_make(operations, SWEEP_MODES);
    sweep_set_cell(sweep, "inside", "torn", 57, 'f');
    sweep_set_cell(sweep, "after", "none", 57, 'f');
    sweep_set_cell(sweep, "before", "names", 612, 'h');
    sweep_set_cell(sweep, "after", "data", 700, 's');
    sweep_add_failure(sweep, "storage#57:torn", "power", 1);
    sweep_add_failure(sweep, "storage#57:after:none", "power", 1);
    cJSON *deep = sweep_add_failure(sweep, "storage#612:before:names+storage#3:after:all", "power", 2);
    cJSON_AddStringToObject(deep, "shrunk_from", "storage#612:before:names+storage#3:after:all+storage#9:random~3");
    return sweep;
}

/* Nothing at all, as when the first stage was interrupted. */
static inline cJSON *sweep_empty(void)
{
    cJSON *sweep = cJSON_Parse("{\"posbench\":\"0.1.0\",\"seed\":\"1\",\"id\":\"a#1\",\"name\":\"empty\",\"file\":"
                               "\"a.lua\",\"reach\":\"interrupted\"}");
    assert_non_null(sweep);
    return sweep;
}

/* Every text that a core, a script or a host can choose. */
static inline cJSON *sweep_hostile(void)
{
    cJSON *sweep = sweep_make(12, 7), *op, *failure, *text = cJSON_Parse("\"" HOSTILE "\"");
    static const char *const keys[] = {"seed",   "stage", "oracle", "expected", "found",
                                       "screen", "phase", "id",     "command",  "shrunk_from"};
    static const char *const tops[] = {"posbench", "id", "name", "file", "core", "core_path", "sampled", "digest"};
    assert_non_null(text);
    cJSON_ArrayForEach(op, cJSON_GetObjectItem(sweep, "operations"))
    {
        cJSON_SetValuestring(cJSON_GetObjectItem(op, "name"), text->valuestring);
        cJSON_SetValuestring(cJSON_GetObjectItem(op, "phase"), text->valuestring);
        cJSON_SetValuestring(cJSON_GetObjectItem(op, "op"), text->valuestring);
    }
    failure = sweep_add_failure(sweep, "storage#5:torn", "power", 1);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cJSON_DeleteItemFromObject(failure, keys[i]);
        cJSON_AddStringToObject(failure, keys[i], text->valuestring);
    }
    cJSON_ReplaceItemInObject(failure, "events",
                              cJSON_Parse("[{\"ev\":\"log\",\"level\":\"error\",\"text\":\"" HOSTILE
                                          "\"},{\"ev\":\"" HOSTILE "\",\"" HOSTILE "\":1},\"not an event\",7]"));
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        cJSON_DeleteItemFromObject(sweep, tops[i]);
        cJSON_AddStringToObject(sweep, tops[i], text->valuestring);
    }
    sweep_add_rerun(sweep, text->valuestring, text->valuestring, 9, 0);
    cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "rows"), 2),
          *mode = cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "modes"), 2);
    cJSON_SetValuestring(cJSON_GetObjectItem(row, "mode"), text->valuestring);
    cJSON_SetValuestring(cJSON_GetObjectItem(row, "when"), text->valuestring);
    cJSON_SetValuestring(cJSON_GetObjectItem(mode, "name"), text->valuestring);
    cJSON_SetValuestring(cJSON_GetObjectItem(mode, "meaning"), text->valuestring);
    cJSON_SetValuestring(cJSON_GetObjectItem(mode, "medium"), text->valuestring);
    cJSON_Delete(text);
    return sweep;
}

#endif
