/* bench sale: whole chip sales in one worker, one after the other. */
#include "cli/bench.h"
#include "reports/output.h"

#define SALES 200

int bench_sale(const struct engine_options *o, cJSON *rows, char *why, size_t cap)
{
    struct engine_options one = *o;
    cJSON *cases = NULL, *many = NULL;
    double best_us = 0, virtual_us = 0;
    one.jobs = 1;
    int status = bench_scenario(o, "scenarios/sale/approved.lua", "approved#1", &cases, why, cap);
    if (status != EXIT_PASS)
        return status;
    many = cJSON_CreateArray();
    for (int i = 0; i < SALES; i++)
        cJSON_AddItemToArray(many, cJSON_Duplicate(cases->child, true));
    for (unsigned round = 1; round <= BENCH_ROUNDS && status == EXIT_PASS; round++) {
        cJSON *run = NULL;
        cli_progress("sale: round %u of %u", round, BENCH_ROUNDS);
        status = engine_run(&one, many, NULL, &run, why, cap);
        double us = report_number(run, "real_us");
        if (status == EXIT_PASS && (best_us <= 0 || us < best_us))
            best_us = us;
        if (status == EXIT_FAILED)
            snprintf(why, cap, "the sale fails; ./posbench run scenarios/sale/approved.lua shows it");
        virtual_us = report_number(run, "virtual_us");
        cJSON_Delete(run);
    }
    if (status == EXIT_PASS) {
        bench_add(rows, &(struct bench_figure){
                            "online chip sales", "sales/s/core", SALES / best_us * 1e6, BENCH_AT_LEAST, 1000,
                            "each with loading the script, power-up, sign-in and all oracles; the goal is for a sale "
                            "with CDA, which the core does not do yet"});
        bench_add(rows,
                  &(struct bench_figure){"virtual to real time", "to 1", virtual_us / best_us, BENCH_NONE, 0, ""});
    }
    cJSON_Delete(many);
    cJSON_Delete(cases);
    return status;
}
