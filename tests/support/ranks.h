/* ranks.h: tests that run on several ranks.
 *
 * A failed assertion jumps out of its test, which on one rank would strand the others in their next
 * collective call. So a test computes a local verdict and asserts the common one:
 *
 *     assert_ranks(same, "weights differ at %lld", at);      collective: every rank calls it
 *
 * The message is the first failing rank's. Rank 0 alone prints; a failure fails every rank.
 */
#ifndef SUPPORT_RANKS_H
#define SUPPORT_RANKS_H

#include "comm/comm.h"
#include "support/unit.h"

/* All ranks; from ranks_open() to ranks_close(). */
extern struct comm *world;

/* Opens MPI, lets only rank 0 speak. Non-zero on failure. */
int ranks_open(void);

/* Closes MPI; returns `failed`, for main to return. */
int ranks_close(int failed);

/* True on all ranks if `ok` was true on all; else prints the first failing rank's text.
 * Collective. */
bool ranks_agree(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define assert_ranks(ok, ...) assert_true(ranks_agree(ok, __VA_ARGS__))

#endif
