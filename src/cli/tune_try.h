/* tune_try.h: the tries of `lockstep tune`.
 *
 * Try 1 has the options as they are. In every other try, each option of --search that can have an
 * effect is drawn, as a function of --seed and the number of the try alone; so the tries do not
 * depend on how many there are, nor the draws of an option on which others are searched. Numbers have
 * two significant digits.
 *
 *     hidden         1 to 4 layers of the same width, or as many as --activation names; the width
 *                    log-uniform in 32 ... 512, in multiples of 16
 *     lr             log-uniform in 1/10 ... 10 of --lr, but at least --lr-end
 *     dropout        0 in half of the tries, else uniform up to 0.5
 *     weight-decay   0 in a quarter of the tries, else log-uniform: in 1e-4 ... 1 for adamw and lion,
 *                    in 1e-6 ... 1e-2 for the others, which add it to the gradient
 *     encode         tables: none or piecewise
 *     bins           tables, with piecewise: log-uniform in 8 ... 64
 *     scale          tables, without piecewise: standard, robust or quantile
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "base/json.h"
#include "options/data_defaults.h"

/* True if the option is searched and can have an effect on these data. */
bool tune_searches(
    const struct options *options, const struct data_facts *facts, enum searched which);

/* Returns the options of a try, counted from 1. They share the texts of `options`. */
struct options tune_try(
    const struct options *options, const struct data_facts *facts, int64_t number);

/* Sets in `row` the searched options of a try, as "weight_decay"; null: without effect in this try.
 * STATUS_NO_RESOURCE. */
enum status tune_try_describe(struct json *row, const struct options *options,
    const struct data_facts *facts, int64_t number, struct error *error);
