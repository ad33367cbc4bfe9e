/* ranks.h: tests that run on several ranks.
 *
 * A failed assertion jumps out of its test, which on one rank would strand the others in their next
 * collective call. So a test computes a local verdict and asserts the common one:
 *
 *     assert_ranks(same, "weights differ at %lld", at);      collective: every rank calls it
 *
 * The message is the first failing rank's. Rank 0 alone prints; a failure fails every rank.
 */
#pragma once

#include "comm/comm.h"
#include "support/unit.h"

/* All ranks, while tests run. */
extern struct comm *world;

/* unit_run() between opening and closing MPI; only rank 0 speaks. A program in ranks/ without a
 * main() has that of support/ranks_main.c, which calls ranks_run(NULL, NULL). */
int ranks_run(CMFixtureFunction begin, CMFixtureFunction end);

/* True on all ranks if `ok` was true on all; else prints the first failing rank's text.
 * Collective. */
bool ranks_agree(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define assert_ranks(ok, ...) assert_true(ranks_agree(ok, __VA_ARGS__))
