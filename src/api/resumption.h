/* resumption.h: a run's identity, and the state from which it is resumed. */
#ifndef API_RESUMPTION_H
#define API_RESUMPTION_H

#include "api/session.h"
#include "run/checkpoint.h"
#include "run/checkpoint_read.h"

struct resumption {
    struct identity identity; /* rank 0 */
    bool resumes;             /* false: a new run */
    bool nothing_left;        /* it has ended and its results are written, as printed on stdout */
    char path[FILE_PATH_MAX]; /* rank 0: the checkpoint */
    struct resume_state start;
};

/* With --resume, finds the newest intact checkpoint or takes the named one, warns of damaged ones,
 * refuses that of another run, and sends its arrays to all teams, the weights into
 * session->job.parameters. Collective; the caller clears `resumption`, for every status.
 * STATUS_USAGE or STATUS_BAD_DATA (another run, damage), STATUS_NO_INPUT, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status resumption_prepare(struct resumption *resumption, const struct options *options,
    struct session *session, struct error *error);
void resumption_clear(struct resumption *resumption);

#endif
