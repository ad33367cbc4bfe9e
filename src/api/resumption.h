/* resumption.h: the identity of a run, and the state from which it is resumed. */
#pragma once

#include "api/session.h"
#include "run/checkpoint.h"
#include "run/checkpoint_read.h"

struct resumption {
    struct identity identity; /* rank 0 */
    bool resumes;             /* false: a new run */
    bool nothing_left;        /* the run has ended and its results exist; reported on stdout */
    char path[FILE_PATH_MAX]; /* rank 0: the checkpoint */
    struct checkpoint start;
};

/* Makes the identity of the run. With --resume, also uses the checkpoint that is named, or else
 * finds the newest intact one and warns about each damaged one. Rejects a checkpoint of a different
 * run. Sends the arrays of the checkpoint to all teams; the weights go to session->job.parameters.
 * Collective; the caller clears `resumption`, even on failure. STATUS_USAGE or STATUS_BAD_DATA (a
 * different run, damage), STATUS_NO_INPUT, STATUS_IO, STATUS_NO_RESOURCE. */
enum status resumption_prepare(
    struct resumption *resumption, struct session *session, struct error *error);
void resumption_clear(struct resumption *resumption);
