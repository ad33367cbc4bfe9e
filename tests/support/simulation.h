/* simulation.h: random draws for simulations of statistics, the same at every run, and assertions
 * about what they show. Threads: any. */
#pragma once

#include <stdint.h>

/* Returns the normal deviate `i`, of mean 0 and variance 1, of a draw. */
double simulation_normal(uint64_t draw, uint32_t i);

/* Fails the test unless the value is finite and within the tolerance. */
void assert_near(double value, double wanted, double tolerance);

/* Fails the test unless hits / of is from `low` to `high`; `what` is used in the message. */
void assert_share(const char *what, int hits, int of, double low, double high);
