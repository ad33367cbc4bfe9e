/* resumption.h: what a run is, so that another start can go on with it, and from where. */
#ifndef API_RESUMPTION_H
#define API_RESUMPTION_H

#include "api/session.h"
#include "run/checkpoint.h"
#include "run/resume_state.h"

struct resumption {
    struct identity identity; /* rank 0: of the run at hand */
    bool resumes;             /* else it begins */
    bool nothing_left;        /* it is over, with its results written; that was said on stdout */
    char path[FILE_PATH_MAX]; /* rank 0: the checkpoint */
    struct resume_state start;
};

/* With --resume, finds the newest sound checkpoint or takes the one named, warns of damaged ones,
 * refuses one of another run, and brings its arrays to all teams, the weights into
 * session->job.parameters. Collective; `resumption` is to be cleared whatever the status.
 * STATUS_USAGE or STATUS_BAD_DATA (another run, damage), STATUS_NO_INPUT, STATUS_IO,
 * STATUS_NO_RESOURCE. */
enum status resumption_prepare(struct resumption *resumption, const struct options *options,
    struct session *session, struct error *error);
void resumption_clear(struct resumption *resumption);

#endif
