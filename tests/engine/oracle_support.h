/* A case for the tests of oracles: opened with a script, played, and left as it is. */
#ifndef POSBENCH_TESTS_ENGINE_ORACLE_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_ORACLE_SUPPORT_H

#include "scenarios/engine/judge.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct oracle_case {
    char path[64];
    const char *profile, *card; /* NULL: unionpay-intl, unionpay-debit */
    struct case_request request;
    struct bench_case bench;
};

/* `body` is what `run` does with terminal t and card c; o->request.paths say which images run. */
static inline void oracle_case_begin(struct oracle_case *o, const char *body)
{
    char why[600] = "";
    snprintf(o->path, sizeof o->path, "/tmp/posbench-oracle-%d.lua", (int)getpid());
    FILE *f = fopen(o->path, "w");
    assert_non_null(f);
    fprintf(f,
            "local t = bench.terminal { profile = '%s' }\n"
            "local c = cards.load '%s'\n"
            "local function sale(amount) t:sale(amount) t:insert(c) expect.screen(t, 'enter_pin') t:pin '123456' end\n"
            "scenario 'x' { run = function() %s end }\n",
            o->profile ? o->profile : "unionpay-intl", o->card ? o->card : "unionpay-debit", body);
    assert_int_equal(fclose(f), 0);
    o->request.file = o->path;
    o->request.index = 1;
    bool ok = case_open(&o->bench, &o->request, why, sizeof why) && case_load_images(&o->bench, why, sizeof why) &&
              script_load(&o->bench, why, sizeof why);
    if (!ok)
        fail_msg("%s", why);
    script_play(&o->bench, "run");
    assert_int_equal(cJSON_GetArraySize(o->bench.failures), 0);
}

static inline void oracle_case_play(struct oracle_case *o, const char *body)
{
    o->request = (struct case_request){
        .seed = 1,
        .paths = {TEST_ROOT, TEST_IMAGES "/core-image.so", TEST_IMAGES "/boot-image.so"},
    };
    oracle_case_begin(o, body);
}

static inline void oracle_case_close(struct oracle_case *o)
{
    case_close(&o->bench);
    unlink(o->path);
}

static inline void assert_verdict(const struct verdict *v, const char *name, const char *text)
{
    if (strcmp(v->name, name) != 0 || (text && !strstr(v->text, text)))
        fail_msg("expected %s \"%s\", found %s \"%s\"", name, text ? text : "", v->name, v->text);
}

#endif
