/* benchmark_options.h: options of a run for a measurement. Threads: any. Collective: no. */
#ifndef OPTIONS_BENCHMARK_OPTIONS_H
#define OPTIONS_BENCHMARK_OPTIONS_H

#include "options/options.h"

/* The same run without an end, without evaluations and without anything that would stop it or
 * change its rate. */
struct options benchmark_options(const struct options *options);

#endif
