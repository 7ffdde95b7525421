/* A recorded card session as JSON, for those who only look at it. Caller: cli/cmd_diff.c. */
#ifndef POSBENCH_SCENARIOS_ENGINE_TRACE_TEXT_H
#define POSBENCH_SCENARIOS_ENGINE_TRACE_TEXT_H

#include <cjson/cJSON.h>
#include <stddef.h>

/*
 * Reads a trace (cards/trace.h says which spellings): { sessions[{ session, line, atr, protocol, inputs{name: value},
 * end, end_line, exchanges[{line, answer_line, c, r, us, loss}] }] }. Exchanges are whole commands, T=0 folded away;
 * hex has '*' where a digit is masked; what was not recorded is absent. EXIT_PASS; EXIT_USAGE with one line.
 */
int engine_trace(const char *path, cJSON **trace, char *why, size_t why_cap);

#endif
