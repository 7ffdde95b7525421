/* The shipped profile as a configuration, for the tests of core/app. */
#ifndef POSBENCH_TESTS_CORE_APP_APP_FIXTURE_H
#define POSBENCH_TESTS_CORE_APP_APP_FIXTURE_H

#include "core/app/config.h"
#include "tests/core/net/fake_terminal.h"

#include <cjson/cJSON.h>

/* The "config" object of sim/profiles/<name>.json; the caller frees it with cJSON_Delete. */
static inline cJSON *profile_config(const char *name)
{
    static char text[65536];
    char path[512];
    snprintf(path, sizeof path, "%s/sim/profiles/%s.json", TEST_ROOT, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    cJSON *root = cJSON_ParseWithLength(text, len);
    assert_non_null(root);
    cJSON *config = cJSON_DetachItemFromObject(root, "config");
    assert_non_null(config);
    cJSON_Delete(root);
    return config;
}

static inline int parse_config(const cJSON *config, struct config *out, char why[CONFIG_WHY])
{
    char *text = cJSON_PrintUnformatted(config);
    int r = config_parse(text, strlen(text), out, why);
    cJSON_free(text);
    return r;
}

static inline void load_profile(const char *name, struct config *out)
{
    char why[CONFIG_WHY];
    cJSON *config = profile_config(name);
    assert_int_equal(parse_config(config, out, why), OK);
    cJSON_Delete(config);
}

static inline void write_config(struct fake_terminal *t, const char *name)
{
    cJSON *config = profile_config(name);
    char *text = cJSON_PrintUnformatted(config);
    int file = 0;
    assert_int_equal(fake_open(&t->fs, CONFIG_FILE, HAL_OPEN_CREATE, &file), OK);
    assert_int_equal(fake_write(&t->fs, file, 0, text, strlen(text)), OK);
    assert_int_equal(fake_sync(&t->fs, file), OK);
    assert_int_equal(fake_sync_dir(&t->fs), OK);
    assert_int_equal(fake_close(&t->fs, file), OK);
    cJSON_free(text);
    cJSON_Delete(config);
}

#endif
