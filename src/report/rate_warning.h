/* rate_warning.h: warns about a learning rate that is far too high, vanishes early in the run or never
 * reaches its peak. Threads: any. Collective: no.
 */
#pragma once

#include <stdbool.h>

#include "optim/optimizer.h"
#include "optim/schedule.h"

enum { RATE_WARNING_TEXT = 200 };

/* True if the peak is above 0.02 with adam or adamw, whose steps are about as large as the rate in
 * every weight, or if the rate is below a millionth of its peak before half of the run is over. The usual cause
 * is a length in steps that was meant in epochs, so the text names the unit, and the cure the option
 * to change. */
bool rate_warning(const struct schedule *schedule, enum optimizer_kind optimizer,
    char text[RATE_WARNING_TEXT], char cure[RATE_WARNING_TEXT]);

/* True if the warm-up is longer than the run, which `train` rejects, and `plan` only warns about. */
bool warmup_warning(
    const struct schedule *schedule, char text[RATE_WARNING_TEXT], char cure[RATE_WARNING_TEXT]);
