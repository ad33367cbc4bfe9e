/* option_given.h: what a rank's own command line and environment ask for, before any file is read, so
 * that ranks can compare it. Internal to cli/.
 *
 * Threads: any. Collective: no.
 */
#ifndef OPTIONS_OPTION_GIVEN_H
#define OPTIONS_OPTION_GIVEN_H

#include "options/option_table.h"

struct given;

/* Reads `argv` and `environment` as options_read() does, the latter's options where the former is
 * silent; no file is looked at, and options are not checked against each other. The strings of
 * both must live as long. STATUS_USAGE, STATUS_NO_RESOURCE; then *given is NULL. */
enum status options_given(struct given **given, int argc, char *const *argv,
    char *const *environment, struct error *error);
void given_destroy(struct given *given);

enum command given_command(const struct given *given);

/* Stores the options for which every rank may have its own value (option_table.h, per_rank) and this one
 * was given one. STATUS_NO_RESOURCE. */
enum status given_take_own(const struct given *given, struct options *options, struct error *error);

/* A hash of each option's value, equal for equal values in any form; 0: not given. STATUS_NO_RESOURCE. */
enum status given_hashes(
    const struct given *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error);

/* How option_table[i] was given, cut to size: "--batch 64", "LOCKSTEP_BATCH=64", "no --batch". */
enum { GIVEN_TEXT = 124 };
void given_describe(const struct given *given, int i, char out[GIVEN_TEXT]);

#endif
