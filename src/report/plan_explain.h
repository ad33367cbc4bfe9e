/* plan_explain.h: explains how the steps of a plan are calculated. Threads: any. */
#pragma once

#include <stdio.h>

#include "step/plan.h"

/* Prints how the steps per epoch and in total are calculated, the tree of epochs, batches and
 * steps, and the share of a step that each worker computes. */
void plan_explain(FILE *file, const struct plan *plan);
