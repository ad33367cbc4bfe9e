/* option_given.h: prepares the comparison of the options that the ranks were given, each on its own
 * command line and in its own environment (reading_begin()). Threads: any. Collective: no. */
#pragma once

#include "options/option_reading.h"

/* Stores the options that are given on this rank and may differ between ranks (`per_rank` in
 * option_table.h). STATUS_NO_RESOURCE. */
enum status given_take_own(
    const struct reading *given, struct options *options, struct error *error);

/* Computes a hash of each option's value; 0: not given. Different texts of one value have the same
 * hash. STATUS_NO_RESOURCE. */
enum status given_hashes(
    const struct reading *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error);

/* Describes how option_table[i] was given, e.g. "--batch 64", "LOCKSTEP_BATCH=64" or "no --batch".
 * A long description is truncated. */
enum { GIVEN_TEXT = 124 };
void given_describe(const struct reading *given, int i, char out[GIVEN_TEXT]);
