/* resolved_options.h: what was asked for, with what it came to, so that config.ini means the same
 * on another day and in another directory. */
#ifndef API_RESOLVED_OPTIONS_H
#define API_RESOLVED_OPTIONS_H

#include "api/session.h"

/* Paths that exist mean the same in any directory. */
void options_make_absolute(struct options *options);

/* Into a block of its own, since the struct is large for a stack; the caller frees it.
 * STATUS_NO_RESOURCE; then *record is NULL. */
enum status options_resolve(struct options **record, const struct options *options,
    const struct session *session, struct error *error);

#endif
