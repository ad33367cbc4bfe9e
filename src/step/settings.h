/* settings.h: the settings of a training step, equal on all ranks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "comm/link.h"
#include "comm/reduce.h"
#include "net/kernel.h"
#include "net/loss.h"
#include "net/mlp.h"
#include "optim/optimizer.h"
#include "step/plan.h"

/* When the gradient noise scale is measured, where that is possible: never, while training
 * (step/noise.h), or also at the end of the run (step/frozen_noise.h). */
enum noise_scale { NOISE_SCALE_OFF, NOISE_SCALE_TRAILING, NOISE_SCALE_ON };

struct settings {
    struct plan plan;
    struct mlp mlp;
    struct criterion criterion;
    struct kernel kernel;
    enum reduce_kind reduce;
    enum route_kind route;
    int buckets;      /* of the exchange; 0: as network and link suggest */
    struct link link; /* between teams, as rank 0 sees it */
    struct optimizer_settings optimizer;
    struct clip clip;
    uint64_t seed;
    bool shuffle;
    bool weighted;       /* the training samples have weights (data/dataset.h) */
    int64_t cache_bytes; /* of a core's second-level cache; 0: not known */
    int64_t pass_rows;   /* 0: from `memory`, or the default; INT64_MAX: the whole batch */
    int64_t memory;      /* bytes for the activations of a pass in a team; 0: no limit given */
    enum noise_scale noise_scale;
};
