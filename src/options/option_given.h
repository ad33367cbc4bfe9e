/* option_given.h: reads the options in a rank's own command line and environment, but no file, so
 * that the ranks can be compared. Threads: any. Collective: no. */
#ifndef OPTIONS_OPTION_GIVEN_H
#define OPTIONS_OPTION_GIVEN_H

#include "options/option_table.h"

struct given;

/* Reads `argv` and then `environment`, like options_read(). Reads no file, and does not check
 * options against each other. The strings of `argv` and `environment` must outlive *given.
 * STATUS_USAGE, STATUS_NO_RESOURCE; *given is then NULL. */
enum status options_given(struct given **given, int argc, char *const *argv,
    char *const *environment, struct error *error);
void given_destroy(struct given *given);

enum command given_command(const struct given *given);

/* Stores the options that are given on this rank and may differ between ranks (`per_rank` in
 * option_table.h). STATUS_NO_RESOURCE. */
enum status given_take_own(const struct given *given, struct options *options, struct error *error);

/* Computes a hash of each option's value; 0: not given. Different texts of one value have the same
 * hash. STATUS_NO_RESOURCE. */
enum status given_hashes(
    const struct given *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error);

/* Describes how option_table[i] was given, e.g. "--batch 64", "LOCKSTEP_BATCH=64" or "no --batch".
 * A long description is truncated. */
enum { GIVEN_TEXT = 124 };
void given_describe(const struct given *given, int i, char out[GIVEN_TEXT]);

#endif
