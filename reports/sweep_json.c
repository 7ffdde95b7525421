/* The object of a sweep as a file: members stand in the order in which the engine made them, so equal sweeps give equal
 * bytes but for what was measured. */
#include "reports/sweep_view.h"

int sweep_json(const cJSON *sweep, const char *path, char *why, size_t why_cap)
{
    return report_json(sweep, path, why, why_cap);
}
