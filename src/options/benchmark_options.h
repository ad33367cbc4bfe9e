/* benchmark_options.h: a run that a measurement ends. Threads: any. Collective: no. */
#ifndef OPTIONS_BENCHMARK_OPTIONS_H
#define OPTIONS_BENCHMARK_OPTIONS_H

#include "options/options.h"

/* The same run without end, without evaluations and without anything that would end it or change
 * its rate on the way. */
struct options benchmark_options(const struct options *options);

#endif
