/* dataset_handle.h: a dataset of a program that uses the library (lockstep.h).
 *
 * Threads: any, once made. Collective: no.
 */
#pragma once

#include "data/dataset.h"

struct lockstep_dataset {
    struct dataset set;
    const void *borrowed; /* the caller's values, which may be those of the set; or NULL */
};
