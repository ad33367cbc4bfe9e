/* option_given.h: the options in a rank's own command line and environment, before any file is
 * read, for comparison between ranks. Threads: any. Collective: no. */
#ifndef OPTIONS_OPTION_GIVEN_H
#define OPTIONS_OPTION_GIVEN_H

#include "options/option_table.h"

struct given;

/* Reads `argv` and `environment` like options_read(), the command line first; reads no file and
 * does not check options against each other. The strings of both must outlive *given.
 * STATUS_USAGE, STATUS_NO_RESOURCE; *given is then NULL. */
enum status options_given(struct given **given, int argc, char *const *argv,
    char *const *environment, struct error *error);
void given_destroy(struct given *given);

enum command given_command(const struct given *given);

/* Stores those options given on this rank whose values may differ between ranks (option_table.h,
 * per_rank). STATUS_NO_RESOURCE. */
enum status given_take_own(const struct given *given, struct options *options, struct error *error);

/* Computes a hash of each option's value, the same however the value is written; 0: not given.
 * STATUS_NO_RESOURCE. */
enum status given_hashes(
    const struct given *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error);

/* Describes how option_table[i] was given, truncated if too long: "--batch 64",
 * "LOCKSTEP_BATCH=64", "no --batch". */
enum { GIVEN_TEXT = 124 };
void given_describe(const struct given *given, int i, char out[GIVEN_TEXT]);

#endif
