/*
 * The life of one case: make the world, load the script, play `run`, epilogue, judge, result. Called by worker.c.
 */
#include "core/codec/manifest.h"
#include "scenarios/engine/case.h"
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/emv_watch.h"
#include "scenarios/engine/worker.h"
#include "sim/rng.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench_case *case_of(lua_State *L)
{
    return sandbox_of(L)->owner;
}

struct terminal_watch *case_watch(const struct case_request *request)
{
    return request->shared ? &request->shared->watch : NULL;
}

static uint64_t world_clock(void *ctx)
{
    return world_now(ctx);
}

static void on_print(void *owner, const char *text)
{
    struct bench_case *b = owner;
    record_begin(b->record, 0, "step");
    record_text(b->record, "text", text);
    record_end(b->record);
}

/* -- images -- */

static bool load_image_file(const char *path, uint8_t **bytes, size_t *len, char *why, size_t cap)
{
    return image_read_file(path, bytes, len, why, cap) == OK;
}

static bool load_boot(struct bench_case *b, char *why, size_t cap)
{
    uint8_t *bytes = NULL, digest[32];
    size_t len = 0;
    const char *path = b->request->paths.boot;
    if (!load_image_file(path, &bytes, &len, why, cap))
        return false;
    case_sha256(bytes, len, digest);
    char reason[160];
    int status = image_load(bytes, len, digest, &b->boot, reason, sizeof reason);
    if (status < 0)
        snprintf(why, cap, "%s: %s", path, reason);
    free(bytes);
    return status == OK;
}

static bool load_core(struct bench_case *b, char *why, size_t cap)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    const char *path = b->request->paths.core;
    if (!load_image_file(path, &bytes, &len, why, cap))
        return false;
    char reason[160];
    int status = image_pack(bytes, len, &b->core_slot, &b->core_slot_len, reason, sizeof reason);
    if (status < 0)
        snprintf(why, cap, "%s: %s", path, reason);
    free(bytes);
    return status == OK;
}

bool case_load_images(struct bench_case *b, char *why, size_t cap)
{
    return load_boot(b, why, cap) && load_core(b, why, cap);
}

/* -- set-up and teardown -- */

/* Real cards take real time: the world goes beside it. */
static bool open_reader(struct bench_case *b, char *why, size_t cap)
{
    b->realtime = realtime_create(b->world);
    if (!b->realtime)
        return snprintf(why, cap, "out of memory"), false;
    return real_reader_start(b->request->reader, b->realtime, &b->reader, why, cap) == OK;
}

bool case_open(struct bench_case *b, const struct case_request *request, char *why, size_t cap)
{
    memset(b, 0, sizeof *b);
    b->request = request;
    b->scenario_ref = b->chunk_ref = LUA_NOREF;
    b->failures = cJSON_CreateArray();
    b->oracles = cJSON_CreateArray();
    b->scenarios = cJSON_CreateArray();
    b->world = world_create(request->seed);
    b->record = record_create(request->seed);
    if (!b->failures || !b->oracles || !b->scenarios || !b->world || !b->record)
        return snprintf(why, cap, "out of memory"), false;
    record_clock(b->record, world_clock, b->world);
    if (request->reader && !open_reader(b, why, cap))
        return false;
    b->network = network_create(b->world, b->record);
    b->host = host_create(request->seed);
    b->server = b->host && b->network ? host_server_create(b->world, b->record, b->network, b->host, 300000) : NULL;
    b->sandbox.owner = b;
    b->sandbox.print = on_print;
    if (!b->server || sandbox_open(&b->sandbox, request->seed) != 0)
        return snprintf(why, cap, "out of memory"), false;
    return true;
}

void case_close(struct bench_case *b)
{
    for (unsigned i = 0; i < b->terminals; i++) {
        terminal_destroy(b->terminal[i].terminal);
        profile_clear(&b->terminal[i].profile);
    }
    real_reader_stop(b->reader);
    if (b->realtime)
        realtime_destroy(b->realtime);
    sandbox_close(&b->sandbox);
    case_free_cards(b);
    if (b->server)
        host_server_destroy(b->server);
    if (b->host)
        host_destroy(b->host);
    if (b->network)
        network_destroy(b->network);
    record_destroy(b->record);
    if (b->world)
        world_destroy(b->world);
    for (unsigned i = 0; i < b->notes; i++)
        free(b->note[i].json);
    free(b->core_slot);
    watch_destroy(b->watch);
    cJSON_Delete(b->scenarios);
    cJSON_Delete(b->failures);
    cJSON_Delete(b->oracles);
}

/* -- result -- */

bool case_failed(const struct bench_case *b)
{
    const cJSON *oracle;
    cJSON_ArrayForEach(oracle, b->oracles)
    {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(oracle, "verdict")), "fail") == 0)
            return true;
    }
    return cJSON_GetArraySize(b->failures) > 0;
}

/* "posbench-core 1.0.0 (first 12 digits of the digest)", from the manifest of the slot that was manufactured. */
void case_name_core(struct bench_case *b, cJSON *result)
{
    struct manifest_layout layout;
    struct manifest m;
    const char *reason;
    char text[96], hex[65];
    if (manifest_layout(b->core_slot, b->core_slot_len, &layout, &reason) != OK ||
        manifest_parse(b->core_slot, layout.signed_len, &m, &reason) != OK)
        return;
    hex_encode(m.digest, sizeof m.digest, hex, sizeof hex);
    snprintf(text, sizeof text, "%s %s (%.12s)", m.name, m.version, hex);
    cJSON_AddStringToObject(result, "core", text);
}

cJSON *case_result(struct bench_case *b)
{
    cJSON *result = cJSON_CreateObject();
    char hex[65];
    uint8_t digest[32];
    cJSON_AddStringToObject(result, "verdict", b->skipped[0] ? "skipped" : case_failed(b) ? "fail" : "pass");
    cJSON_AddNumberToObject(result, "virtual_us", (double)world_now(b->world));
    record_digest(b->record, digest);
    hex_encode(digest, sizeof digest, hex, sizeof hex);
    cJSON_AddStringToObject(result, "digest", hex);
    case_name_core(b, result);
    cJSON_AddNumberToObject(result, "lines", (double)record_lines(b->record));
    if (b->skipped[0])
        cJSON_AddStringToObject(result, "reason", b->skipped);
    cJSON_AddItemToObject(result, "failures", b->failures);
    cJSON_AddItemToObject(result, "oracles", b->oracles);
    b->failures = b->oracles = NULL;
    if (b->reader) {
        cJSON *reader = cJSON_AddObjectToObject(result, "reader");
        cJSON_AddStringToObject(reader, "name", real_reader_name(b->reader));
        cJSON_AddStringToObject(reader, "trouble", real_reader_trouble(b->reader));
    }
    bool tainted = false;
    for (unsigned i = 0; i < b->terminals; i++)
        tainted = tainted || terminal_tainted(b->terminal[i].terminal);
    cJSON_AddBoolToObject(result, "retire", tainted);
    return result;
}

cJSON *case_usage(const char *why)
{
    cJSON *result = cJSON_CreateObject();
    cJSON_AddStringToObject(result, "usage", why);
    return result;
}

cJSON *case_run(const struct case_request *request)
{
    struct bench_case b;
    char why[600] = "";
    cJSON *result = NULL;
    FILE *file = NULL;
    rng_own_openssl();
    if (!case_open(&b, request, why, sizeof why) || !case_load_images(&b, why, sizeof why))
        goto cleanup;
    if (!case_record_open(&b, &file, why, sizeof why) || !script_load(&b, why, sizeof why))
        goto cleanup;
    if (b.scenario_ref == LUA_NOREF) {
        snprintf(why, sizeof why, "%s: has no scenario number %u", request->file, request->index);
        goto cleanup;
    }
    case_record_meta(&b);
    if (!b.skipped[0]) {
        script_play(&b, "run");
        case_epilogue(&b);
        case_judge(&b, true);
    }
    if (b.usage[0])
        snprintf(why, sizeof why, "%s", b.usage);
    else
        result = case_result(&b);
cleanup:
    if (!case_record_close(&b, file, why, sizeof why) && result) {
        cJSON_Delete(result);
        result = NULL;
    }
    if (!result)
        result = case_usage(why);
    case_close(&b);
    return result;
}

cJSON *case_list(const struct case_request *request, char *why, size_t cap)
{
    struct bench_case b;
    cJSON *list = NULL;
    if (case_open(&b, request, why, cap) && script_load(&b, why, cap)) {
        list = b.scenarios;
        b.scenarios = NULL;
    }
    case_close(&b);
    return list;
}
