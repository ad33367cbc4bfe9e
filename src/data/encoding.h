/* encoding.h: turns the columns of a dataset into the inputs of a network. encoding_fit.h fits it to
 * the training samples.
 *
 *   columns   the features of the dataset, as stored
 *   inputs    the floats that the network reads; their number is its width
 *
 *     column   age         colour                  size
 *     input    age         colour=red              size
 *              age is      colour=green
 *                missing   colour is missing
 *                          colour=other
 *
 * A number is one input, scaled as in scale.h or number_code.h, or several that code it piecewise
 * (number_code.h). An indicator follows it if a training sample had it
 * missing: 1 where it is missing, otherwise 0. A missing number is replaced by its column's fill
 * value, before it is scaled or coded. A category is one input per level, 1 for the level of the sample and 0 for
 * all others; a missing value is a level too if a training sample had it. With "other", a value
 * that has no input counts as other; without, all inputs of its column are 0. Inputs are in the
 * order of the columns; of one column, levels are in their order, then missing, then other.
 *
 * If all columns are linear and none had missing values in training, a row is just scaled, and
 * there are as many inputs as columns.
 *
 * Threads: any, once fitted. Collective: no.
 */
#pragma once

#include "data/numbers/number_code.h"
#include "data/numbers/number_loops.h"
#include "data/scale.h"

enum column_kind {
    COLUMN_LINEAR, /* a number; scaled */
    COLUMN_ROBUST,
    COLUMN_QUANTILE,
    COLUMN_PIECEWISE, /* one input or several */
    COLUMN_CATEGORY
};

struct encoded_column {
    enum column_kind kind;
    bool missing; /* has an input for missing values: an indicator, or a level of its own */
    bool other;   /* category: has an input for all values that have none of their own */
    /* These follow from the above and the levels. */
    int64_t input, inputs; /* number of the first input, and how many there are */
    int64_t codes;         /* category: codes of known levels in the data */
    int64_t slot;          /* category: place in encoding.slot */
};

/* Adjacent columns that are encoded in the same way. */
struct encoding_run {
    enum column_kind kind;
    bool missing;
    int64_t first, end; /* columns */
};

struct encoding {
    int64_t columns, inputs;
    struct scale scale;            /* of linear and robust columns; 0 and 1 for all others */
    struct number_code *code;      /* [columns] of quantile and piecewise ones; NULL: none */
    float *fill;                   /* [columns] of numbers; NULL: a missing number gives NaN */
    struct encoded_column *column; /* [columns]; NULL: each column is a number and one input */
    struct levels levels;          /* those that have an input of their own */
    struct encoding_run *run;      /* [runs] NULL without column */
    int64_t runs;
    /* The inputs of a category's codes in the data, codes + 2 numbers from column.slot: one for
     * each code, then for any greater code, then for a missing value; -1: no input. */
    int32_t *slot;
    const struct number_loops *loops; /* of this machine's highest level */
    /* Numbers without an indicator are not missing, as in training samples; set by the owner of the
     * data, for speed. */
    bool as_trained;
};

/* Sets the members of an encoding and its columns that follow from the others. slot [codes + 2 per
 * category] has, for each code, the number of its level, or -1; NULL: the codes are those of
 * encoding->levels, as in data that were read for a model. STATUS_BAD_DATA for more than 2^30 inputs;
 * STATUS_NO_RESOURCE; the caller clears the encoding. */
enum status encoding_complete(struct encoding *encoding, struct error *error);

/* Frees what the struct owns and zeroes it. */
void encoding_clear(struct encoding *encoding);

/* Returns XXH3 over everything that affects the inputs. */
uint64_t encoding_hash(const struct encoding *encoding, uint64_t seed);

/* Returns true if numbers are coded piecewise, in place of scaling. */
bool encoding_is_piecewise(const struct encoding *encoding);

/* Writes the inputs of sample number `sample` to x [inputs], with the loops of a level. */
void encoding_row(const struct encoding *encoding, const struct vector *vector,
    const struct dataset *dataset, int64_t sample, float *x);

/* Writes the name of a column to out; without feature_name [columns], its number from 1: 3, or 3 ("") if
 * the name is empty. Returns out. */
enum { ENCODING_NAME = 160 };
const char *encoding_column_name(char *const *feature_name, int64_t c, char out[ENCODING_NAME]);

/* Writes the name of an input, as in the drawing above, to out; returns out. */
const char *encoding_input_name(const struct encoding *encoding, char *const *feature_name,
    int64_t input, char out[ENCODING_NAME]);
