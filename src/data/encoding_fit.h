/* encoding_fit.h: fits an encoding (encoding.h) to the training samples.
 *
 * The fill value of a number is the median (the mean of the two middle values if their number is
 * even), the mean, or 0, in the units of its column. Where all training samples have a value,
 * statistics of at most 4,096 of them, at equal distances, are enough: only data seen later
 * can be missing there.
 *
 * A category gets an input for each level that a training sample has, at most max_levels: of more
 * levels, the max_levels - 1 most frequent have an input each (of equally frequent ones, those that
 * appear first, and missing values last), and all others share the last one, "other". The most
 * frequent level that is not a missing value always has an input.
 *
 * Threads: any. Collective: no; the result depends on the arguments alone.
 */
#pragma once

#include "data/encoding.h"

enum impute { IMPUTE_MEDIAN, IMPUTE_MEAN, IMPUTE_ZERO, IMPUTE_REFUSE };
extern const char *const impute_words[]; /* "median", "mean", ..., NULL */

enum encode { ENCODE_NONE, ENCODE_PIECEWISE };
extern const char *const encode_words[]; /* "none", "piecewise", NULL */

struct encoding_choice {
    enum scale_kind scale; /* not SCALE_AUTO */
    enum impute impute;
    int64_t max_levels; /* at least 2 */
    enum encode encode; /* of numbers; piecewise takes the place of scaling */
    int64_t bins;       /* piecewise: at least 1 */
};

/* Fits the encoding to the samples in `train`, which has at least one. STATUS_BAD_DATA naming
 * sample and column: a value that is infinite or too large to be scaled, a column without any value,
 * with IMPUTE_REFUSE a missing value of a number. STATUS_NO_RESOURCE. On failure the encoding is
 * cleared. */
enum status encoding_fit(struct encoding *encoding, const struct encoding_choice *choice,
    const struct dataset *dataset, const struct subset *train, struct error *error);

/* Checks that every column has a value in a subset, as encoding_fit() requires. STATUS_BAD_DATA naming
 * those that have none. */
enum status encoding_refuse_empty(
    const struct dataset *dataset, const struct subset *subset, struct error *error);

/* Checks that no number is missing in the samples of a subset, as IMPUTE_REFUSE requires of all
 * data. STATUS_BAD_DATA naming the first one's sample and column. */
enum status encoding_refuse_missing(
    const struct dataset *dataset, const struct subset *subset, struct error *error);
