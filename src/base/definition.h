/* definition.h: the number of the definition of sums and random draws.
 *
 * Every bit of a run follows from its data, its options (if all are given), and one definition: the
 * order of sums and the rounding of their terms (src/README.md), the formulas of optimizers,
 * schedules and elementwise functions, and the random numbers of initial weights, splits, the order
 * of an epoch, dropout and synthetic data. This is the number of that definition. It is written to
 * checkpoints (state.json), model files and summary.json:
 *
 *   a checkpoint of another number is not resumed, since the run would follow neither definition;
 *   a model of another number is evaluated and used for predictions, with a note;
 *   a sweep does not continue among runs of another number.
 *
 * A change that gives any run in tests/golden/hashes.json other bits raises the number. The same
 * commit records it in CHANGELOG.md, writes the table anew (tests/golden/hashes, which refuses
 * other bits under the same number), and adds files of this definition beside the old ones
 * (tests/golden/files). A new option whose default keeps the bits, or another default, does not
 * raise it.
 */
#ifndef BASE_DEFINITION_H
#define BASE_DEFINITION_H

#include "base/json.h"

enum { DEFINITION = 1 };

/* The number in an object's "definition", an integer or (in a model's metadata) a text. 1 if there
 * is none: the object is older than the number. 0 if it is not a number from 1 on. */
int64_t definition_of(const struct json *object);

#endif
