/* bench sale: a counter's worth of chip sales, one behind the other in one case. */
#include "cli/bench.h"
#include "reports/output.h"

#define SCENARIO "scenarios/sale/counter.lua"
#define SALES 400 /* as the scenario plays them */

int bench_sale(const struct engine_options *o, cJSON *rows, char *why, size_t cap)
{
    struct engine_options one = *o;
    cJSON *cases = NULL;
    double best_us = 0, virtual_us = 0;
    one.jobs = 1;
    int status = bench_scenario(o, SCENARIO, "counter#1", &cases, why, cap);
    for (unsigned round = 1; round <= BENCH_ROUNDS && status == EXIT_PASS; round++) {
        cJSON *run = NULL;
        cli_progress("sale: round %u of %u", round, BENCH_ROUNDS);
        status = engine_run(&one, cases, NULL, &run, why, cap);
        double us = report_number(run, "real_us");
        if (status == EXIT_PASS && (best_us <= 0 || us < best_us))
            best_us = us;
        if (status == EXIT_FAILED)
            snprintf(why, cap, "a sale fails; ./posbench run " SCENARIO " shows it");
        virtual_us = report_number(run, "virtual_us");
        cJSON_Delete(run);
    }
    if (status == EXIT_PASS) {
        bench_add(rows, &(struct bench_figure){
                            "online chip sales", "sales/s/core", SALES / best_us * 1e6, BENCH_AT_LEAST, 1000,
                            "with CDA at both cryptograms (1152 bits), PIN, host, journal and slip; what the card "
                            "signs, the oracles and one power-up are in it"});
        bench_add(rows,
                  &(struct bench_figure){"virtual to real time", "to 1", virtual_us / best_us, BENCH_NONE, 0, ""});
    }
    cJSON_Delete(cases);
    return status;
}
