/* study_run.h: the options and the state of a run in the directory of a study (study_place.h).
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "options/options.h"

/* Returns the options with which `train` would train a run in `directory`: those of the study, with
 * progress only if --progress explicitly requests it. They keep the pointers. */
struct options study_run_options(const struct options *options, const char *directory);

enum study_run_state {
    STUDY_RUN_OPEN,  /* to be trained from the start: not begun, or its log has no end */
    STUDY_RUN_BEGUN, /* can be resumed from a checkpoint */
    STUDY_RUN_DONE,  /* ended as planned or by a stop rule, or diverged */
};

/* Returns the state of a run, with the limit `give_up_steps`: a run that an earlier limit ended
 * before that is not done. */
enum study_run_state study_run_state_of(const char *directory, int64_t give_up_steps);

/* Returns the definition (base/definition.h) of the run in a directory: that of its summary, or
 * else of its newest checkpoint, or else, if the run has neither, of this program. */
int64_t study_run_definition(const char *directory);
