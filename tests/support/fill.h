/* fill.h: numbers to test with, the same at every run. Threads: any. */
#pragma once

#include <stdint.h>

/* n floats, uniform on [-1, 1). */
void fill_uniform(float *out, int64_t n, uint64_t seed);

/* n labels, uniform on 0 ... classes-1. */
void fill_labels(int32_t *out, int64_t n, int64_t classes, uint64_t seed);
