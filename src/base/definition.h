/* definition.h: the number of the definition of sums and random draws.
 *
 * Every bit of a run follows from its data, its options, all of them given, and one definition: the
 * order of sums and how terms are rounded (src/README.md), what optimizers, schedules and
 * elementwise functions compute, and the random numbers behind initial weights, splits, the order
 * of an epoch, dropout and synthetic data. This is the number of that definition. It is written to
 * checkpoints (state.json), model files and summary.json:
 *
 *   a checkpoint of another number is not resumed, since the run would be neither of the two;
 *   a model of another number is evaluated and used for predictions, with a note;
 *   a sweep does not continue among runs of another number.
 *
 * A change that gives any run in tests/golden/hashes.json other bits raises it. The same commit says
 * so in CHANGELOG.md and writes the table anew (tests/golden/hashes, which refuses other bits under
 * the same number), and files of this definition beside the old ones (tests/golden/files). A new
 * option whose default leaves the bits alone, or another default, is no such change.
 */
#ifndef BASE_DEFINITION_H
#define BASE_DEFINITION_H

#include "base/json.h"

enum { DEFINITION = 1 };

/* The number that an object has as "definition", an integer or (in a model's metadata) a text. 1 if
 * it has none: it was written before there was a number. 0 if that is no number from 1 on. */
int64_t definition_of(const struct json *object);

#endif
