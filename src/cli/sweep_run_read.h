/* sweep_run_read.h: the state and the figures of a sweep's run, from the run's directory
 * (run/run_reader.h). Threads: any. Collective: no.
 */
#ifndef CLI_SWEEP_RUN_READ_H
#define CLI_SWEEP_RUN_READ_H

#include "cli/sweep_runs.h"

enum sweep_run_state {
    SWEEP_RUN_OPEN,  /* has to be made: there is none, or its log does not have its end */
    SWEEP_RUN_BEGUN, /* can be resumed from a checkpoint */
    SWEEP_RUN_DONE,  /* ended by its plan, by what it reached, or because it diverged */
};
enum sweep_run_state sweep_run_state_of(const char *directory);

/* The definition (base/definition.h) of the run in a directory, from its summary or else from its
 * newest checkpoint; this program's if it has neither. */
int64_t sweep_run_definition(const char *directory);

/* Reads the figures of a run that is done. `peaks`: peak memory is that of each run alone. Fails as
 * run/run_reader.h says. */
enum status sweep_run_read(struct sweep_run *run, const struct sweep_key *key,
    const char *directory, const struct sweep_facts *facts, bool peaks, struct error *error);

#endif
