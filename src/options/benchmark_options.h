/* benchmark_options.h: options for a benchmark run. Threads: any. Collective: no. */
#ifndef OPTIONS_BENCHMARK_OPTIONS_H
#define OPTIONS_BENCHMARK_OPTIONS_H

#include "options/options.h"

/* Returns the options of the same run without an end, without evaluations, and without anything
 * that would stop it or change its learning rate. */
struct options benchmark_options(const struct options *options);

#endif
