/* definition.h: the version number of the definition of sums and random draws.
 *
 * Every bit of a run follows from its data, its options (if all are given), and one definition: the
 * order of sums and the rounding of their terms (src/README.md), the formulas of optimizers,
 * schedules and elementwise functions, and the random numbers of initial weights, splits, the order
 * of an epoch, dropout and synthetic data. This is the number of that definition. It is written to
 * checkpoints (state.json), model files and summary.json:
 *
 *   a checkpoint with a different number is not resumed: the run would follow neither definition;
 *   a model with a different number is evaluated and used for predictions, with a note;
 *   a sweep is not continued if its runs have a different number.
 *
 * A change that alters the bits of any run in tests/golden/hashes.json must raise the number. The
 * same commit records it in CHANGELOG.md, regenerates the table (tests/golden/hashes, which refuses
 * different bits under the same number), and adds files with this definition beside the old ones
 * (tests/golden/files). A new option whose default keeps the bits, or a changed default, does not
 * raise it.
 */
#ifndef BASE_DEFINITION_H
#define BASE_DEFINITION_H

#include "base/json.h"

enum { DEFINITION = 1 };

/* Returns the number in an object's "definition", which is an integer or (in a model's metadata) a
 * string. 1 if there is none: the object is older than the number. 0 if it is not a positive
 * integer. */
int64_t definition_of(const struct json *object);

#endif
