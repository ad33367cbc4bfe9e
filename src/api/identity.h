/* identity.h: the options and data that identify a run, as a checkpoint keeps them. */
#ifndef API_IDENTITY_H
#define API_IDENTITY_H

#include "api/session.h"
#include "run/checkpoint.h"

/* Every option that must not change when a run is resumed (option_is_fixed_on_resume()), with its
 * resolved value, and the fingerprints of the data. The caller clears it, for every status.
 * STATUS_NO_RESOURCE. */
enum status identity_make(struct identity *identity, const struct options *options,
    const struct session *session, struct error *error);
void identity_clear(struct identity *identity);

#endif
