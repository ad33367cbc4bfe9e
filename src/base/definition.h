/* definition.h: the version number of the definition of sums and random draws.
 *
 * Every bit of a run is determined by its data, its options (if all are given), and one definition:
 * the order of sums and the rounding of their terms (src/README.md), the formulas of optimizers,
 * schedules and elementwise functions, and the random numbers of initial weights, splits, the order
 * of an epoch, dropout and synthetic data. This header holds the version number of that definition.
 * The number is written to checkpoints (state.json), model files and summary.json:
 *
 *   a checkpoint with a different number is not resumed: the run would follow neither definition;
 *   a model with a different number can be used by eval and predict, with a note;
 *   a sweep is not continued if its runs have a different number.
 *
 * A change that alters the bits of any run in tests/golden/hashes.json must raise the number. The
 * same commit records the new number in CHANGELOG.md, regenerates the table (tests/golden/hashes,
 * which refuses different bits under the same number), and adds files with this definition beside
 * the old ones (tests/golden/files). Neither a new option whose default keeps the bits nor a
 * changed default raises the number.
 */
#pragma once

#include "base/json.h"

enum { DEFINITION = 1 };

/* Returns the number that an object stores under "definition", as an integer or (in a model's
 * metadata) as a string. 1 if the key is missing: the object was written before the number existed.
 * 0 if the value is not a positive integer. */
int64_t definition_of(const struct json *object);
