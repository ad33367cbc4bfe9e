/* parallel.h: independent parts of some work, distributed over threads of this process.
 *
 * For work outside the team (reading files); the steps of training use the team's threads (team.h).
 * If the system refuses a thread, the others do its parts, so this cannot fail.
 */
#ifndef DATA_FORMATS_PARALLEL_H
#define DATA_FORMATS_PARALLEL_H

/* Calls work(context, part) once for each part = 0 ... parts-1, on at most `threads` threads
 * including the calling one; parts are begun in order. Returns when all are done, with their writes
 * visible. */
void parallel_run(int threads, int parts, void (*work)(void *context, int part), void *context);

#endif
