/* scale.h: scaling of inputs and targets, x' = (x - shift[f]) * factor[f], fitted on the training
 * part.
 *
 *   none      x' = x
 *   unit      to [0, 1]: bytes by 1/255; others by each feature's least and largest training value
 *             (a constant feature becomes 0)
 *   standard  each feature to mean 0, variance 1 over the training samples (population variance;
 *             a constant feature becomes 0)
 *   auto      unit for bytes, none for others
 *
 * Means and variances are two passes of double sums in sample order. x', shift and factor are
 * float32; the subtraction and the product round once each. A feature whose spread (range, standard
 * deviation) is below 2^-126 counts as constant, and floats above 2^125 are refused if they are to
 * be scaled, so that every difference and every factor is a normal number.
 */
#ifndef DATA_SCALE_H
#define DATA_SCALE_H

#include <stdint.h>

#include "base/status.h"
#include "base/vector.h"
#include "data/dataset.h"
#include "data/subset.h"

enum scale_kind { SCALE_AUTO, SCALE_NONE, SCALE_UNIT, SCALE_STANDARD };
extern const char *const scale_words[]; /* "auto", "none", "unit", "standard", NULL */

struct scale {
    enum scale_kind kind; /* never SCALE_AUTO after fitting; SCALE_NONE has shift 0, factor 1 */
    int64_t features;
    float *shift, *factor; /* one block, owned by shift */
};

/* STATUS_BAD_DATA for a value that is not finite or too large (naming sample and feature), for any
 * kind of scaling; STATUS_NO_RESOURCE. On failure the scale is cleared. `train` has at least one
 * sample. */
enum status scale_fit(struct scale *scale, enum scale_kind kind, const struct dataset *dataset,
    const struct subset *train, struct error *error);

/* The same for the targets: SCALE_NONE or SCALE_STANDARD; `features` are then the outputs. */
enum status scale_fit_targets(struct scale *scale, enum scale_kind kind,
    const struct dataset *dataset, const struct subset *train, struct error *error);

void scale_clear(struct scale *scale);

/* Converts back to the original units, x = x' / factor[f] + shift[f], in double; for a constant
 * feature, the constant. */
static inline double scale_undo(const struct scale *scale, int64_t f, double scaled)
{
    double shift = (double)scale->shift[f], factor = (double)scale->factor[f];
    return factor == 0 ? shift : scaled / factor + shift;
}

/* Writes one scaled row: x [features] from sample number `sample`, by the loops of a level. */
void scale_row(const struct scale *scale, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x);

#endif
