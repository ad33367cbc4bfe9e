/* model_columns.h: the columns of a model's data in its metadata, one object per column:
 *
 *   {"kind": "number", "missing": true}
 *   {"kind": "number", "code": "piecewise", "knots": [-1, 0.5, 2], "missing": false}
 *   {"kind": "category", "levels": ["red", "green"], "missing": true, "other": false}
 *
 *   code      of a number, other than input_shift and input_factor alone: robust, quantile, piecewise
 *             (data/numbers/number_code.h), the last two with their knots
 *   missing   true: an input for missing values follows that of the number, or those of the levels
 *   other     true: the last input is 1 for all values that have no input of their own
 *
 * The inputs of the network are those of the columns, in this order (data/encoding.h).
 */
#pragma once

#include "base/json.h"
#include "data/encoding.h"

/* Returns the array, which the caller destroys. */
struct json *model_columns_json(const struct encoding *encoding);

/* Sets columns, column, code and levels of an empty encoding from the array in the file `path`; the caller
 * sets the scaling and what fills missing values, and calls encoding_complete(). STATUS_BAD_DATA
 * naming file, column and entry; STATUS_NO_RESOURCE. The caller clears the encoding. */
enum status model_columns_read(
    struct encoding *encoding, const struct json *array, const char *path, struct error *error);
