/* threads.h: runs work on a team (base/team.h), on the threads of its ranks. */
#pragma once

#include "base/status.h"
#include "base/team.h"
#include "comm/teams.h"

#ifdef _OPENMP
enum { TEAMS_HAVE_THREADS = 1 };
#else
enum { TEAMS_HAVE_THREADS = 0 }; /* a build without OpenMP: one worker */
#endif

/* Runs `work` once on each worker of this rank's team, in one parallel region per rank, and returns
 * when this rank's workers have returned. Each rank contributes `threads` workers; the calling
 * thread is its thread 0. Workers are numbered over the whole team, rank by rank. Each worker's
 * floating-point mode is set (base/floatmode.h) and restored. Collective over all ranks of `teams`;
 * ranks may differ in `threads`. STATUS_NO_RESOURCE on all ranks, with nothing run, if one of them
 * cannot start its threads; STATUS_USAGE if one requests several threads, and is a fork of a process that
 * has run several. */
enum status team_run(struct teams *teams, int threads,
    void (*work)(const struct worker *worker, void *argument), void *argument, struct error *error);

/* Does the same for a team of one rank, created for this call. Not collective. */
enum status threads_run(int threads, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error);

/* Checks that a rank can start this many threads, each with a stack large enough for a step and the
 * checks of the kernel (net/kernel.h). An OpenMP runtime that cannot create a thread ends the
 * process, so this function creates threads without OpenMP. STATUS_NO_RESOURCE. */
enum status team_probe(int threads, struct error *error);
