/* threads.h: setting a team to work (base/team.h): the threads of its ranks. */
#ifndef COMM_THREADS_H
#define COMM_THREADS_H

#include "base/status.h"
#include "base/team.h"
#include "comm/teams.h"

#ifdef _OPENMP
enum { TEAMS_HAVE_THREADS = 1 };
#else
enum { TEAMS_HAVE_THREADS = 0 }; /* a build without OpenMP: one worker */
#endif

/* Runs `work` once on each worker of this rank's team, in one parallel region a rank, and returns
 * when those of this rank have returned. Each rank brings `threads`, the calling thread as its
 * thread 0; index and count go over the team, rank by rank. Each worker's arithmetic is set
 * (base/floatmode.h) and restored. Collective over all ranks of `teams`; ranks may differ in
 * `threads`. STATUS_NO_RESOURCE on all of them, with nothing run, when a rank's threads cannot be
 * had. */
enum status team_run(struct teams *teams, int threads,
    void (*work)(const struct worker *worker, void *argument), void *argument, struct error *error);

/* The same for a team of one rank, made for this call. Not collective. */
enum status threads_run(int threads, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error);

/* Whether a rank can have so many threads, each with a stack that suffices for a step and for
 * checks of the kernel (net/kernel.h): an OpenMP runtime that gets no thread ends the process, so
 * this asks the system itself. STATUS_NO_RESOURCE. */
enum status team_probe(int threads, struct error *error);

#endif
