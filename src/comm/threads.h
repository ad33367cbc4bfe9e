/* threads.h: a team made of the threads of one rank (base/team.h). */
#ifndef COMM_THREADS_H
#define COMM_THREADS_H

#include "base/status.h"
#include "base/team.h"

#ifdef _OPENMP
enum { TEAMS_HAVE_THREADS = 1 };
#else
enum { TEAMS_HAVE_THREADS = 0 }; /* a build without OpenMP: one worker */
#endif

/* Runs `work` once on each of `count` workers, in one parallel region, and returns when all have
 * returned. Worker 0 is the calling thread. Each worker's arithmetic is set (base/floatmode.h) and
 * restored. STATUS_NO_RESOURCE when so many threads cannot be had. */
enum status team_run(int count, void (*work)(const struct worker *worker, void *argument),
    void *argument, struct error *error);

/* Whether `count` workers can be had, each with the stack that products need (net/kernel.h): an OpenMP
 * runtime that gets no thread ends the process, so this asks the system itself. STATUS_NO_RESOURCE. */
enum status team_probe(int count, struct error *error);

#endif
