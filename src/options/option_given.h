/* option_given.h: the options in a rank's own command line and environment, before any file is
 * read, for comparison between ranks. Threads: any. Collective: no. */
#ifndef OPTIONS_OPTION_GIVEN_H
#define OPTIONS_OPTION_GIVEN_H

#include "options/option_table.h"

struct given;

/* Reads `argv` and `environment` like options_read(), the command line first; reads no file and
 * does not check options against each other. The strings of both must live as long. STATUS_USAGE,
 * STATUS_NO_RESOURCE; then *given is NULL. */
enum status options_given(struct given **given, int argc, char *const *argv,
    char *const *environment, struct error *error);
void given_destroy(struct given *given);

enum command given_command(const struct given *given);

/* Stores the options for which every rank may have its own value (option_table.h, per_rank) and
 * this one was given one. STATUS_NO_RESOURCE. */
enum status given_take_own(const struct given *given, struct options *options, struct error *error);

/* A hash of each option's value, equal for equal values in any form; 0: not given.
 * STATUS_NO_RESOURCE. */
enum status given_hashes(
    const struct given *given, uint64_t hash[OPTION_COUNT_MAX], struct error *error);

/* The form in which option_table[i] was given, cut to size: "--batch 64", "LOCKSTEP_BATCH=64", "no
 * --batch". */
enum { GIVEN_TEXT = 124 };
void given_describe(const struct given *given, int i, char out[GIVEN_TEXT]);

#endif
