/* parallel.h: independent parts of some work, dealt out to threads of this process.
 *
 * For work outside the team (reading files); the steps of training have theirs (team.h). A thread
 * that the system refuses is done without: the calling thread does what is left, so this cannot
 * fail.
 */
#ifndef DATA_FORMATS_PARALLEL_H
#define DATA_FORMATS_PARALLEL_H

/* Calls work(context, part) once for each part = 0 ... parts-1, on at most `threads` threads, the
 * calling one among them; parts are begun in order. Returns when all are done; what they wrote is
 * then seen. */
void parallel_run(int threads, int parts, void (*work)(void *context, int part), void *context);

#endif
