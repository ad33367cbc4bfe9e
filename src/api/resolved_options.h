/* resolved_options.h: options with automatic values and paths resolved, so that config.ini means
 * the same on another day and in another directory. */
#ifndef API_RESOLVED_OPTIONS_H
#define API_RESOLVED_OPTIONS_H

#include "api/session.h"

/* Makes paths that exist mean the same in any directory. STATUS_NO_RESOURCE. */
enum status options_make_absolute(struct options *options, struct error *error);

/* `record` shares the texts of `options`. STATUS_NO_RESOURCE. */
enum status options_resolve(struct options *record, const struct options *options,
    const struct session *session, struct error *error);

#endif
