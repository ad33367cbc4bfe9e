/* training_lines.h: how a network is trained, as lines of the banner, and the rate of every step as
 * JSON. */
#ifndef REPORT_TRAINING_LINES_H
#define REPORT_TRAINING_LINES_H

#include <stdio.h>

#include "base/json.h"
#include "optim/schedule.h"
#include "run/job.h"

/* "adamw, lr 0.001, ..., weight decay 0.01", "cosine to 0 over ...": the lines "activation",
 * "loss", "optimizer" and "learning rate". */
void training_lines_print(
    FILE *file, const struct settings *settings, const struct schedule *schedule);

/* The learning rate in words: "0.02, falling to 0 as a cosine until step 4,220". `size` bytes. */
void training_rate_text(const struct schedule *schedule, char *out, size_t size);

/* {"schedule": "cosine", "lr": 0.02, "warmup_steps": 0, "complete": true,
 *  "curve": [{"step": 1, "lr": 0.02}, ...]}
 * The curve has every step at which the rate is another than before; if those are too many, some
 * steps at equal distances and the last, and "complete" is false. Plateau's follows from results,
 * so its curve is its rate without a fall. */
struct json *training_rates_json(const struct schedule *schedule);

#endif
