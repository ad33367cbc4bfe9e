/* plan_explain.h: explains how the steps of a plan are calculated. Threads: any. */
#ifndef REPORT_PLAN_EXPLAIN_H
#define REPORT_PLAN_EXPLAIN_H

#include <stdio.h>

#include "step/plan.h"

/* Prints the calculation of steps per epoch and in total, the tree of epochs, batches and steps,
 * and which worker computes which share of a step. */
void plan_explain(FILE *file, const struct plan *plan);

#endif
