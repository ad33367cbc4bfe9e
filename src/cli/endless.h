/* endless.h: a run that a measurement ends. Threads: any. Collective: no. */
#ifndef CLI_ENDLESS_H
#define CLI_ENDLESS_H

#include "cli/options.h"

/* The same run without end, without evaluations and without anything that would end it or change
 * its rate on the way. */
struct options endless(const struct options *options);

#endif
