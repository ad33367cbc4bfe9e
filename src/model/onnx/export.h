/* export.h: converts models to an ONNX file, whose graph takes the columns of a table as they are.
 *
 *     inputs          one per column, by its name: floats [N, 1], where NaN is missing, or strings
 *                     [N, 1], where the empty string and the texts that mean a missing value in
 *                     tables are; unknown texts are as in encoding.h. Data without names and
 *                     categories: floats [N, columns], "features"
 *     label           cross-entropy: [N], the most probable class: its name, a string, or int64 if
 *                     all names are whole numbers; without names its number, int64
 *                     bce: int64 [N, outputs], 1 for yes, 0 for no
 *     probabilities   floats [N, outputs], for cross-entropy and bce
 *     value           floats [N, outputs], for other losses, in the units of the targets
 *
 * The third input is called "input 3: NAME" if an earlier one has its name, or if this is empty, that of
 * an output, or begins with "/"; "input 3" without names. Of several models, as those of a cross-validation, the
 * graph computes the mean of probabilities or values, and labels from these. Where a model accepts no
 * missing numbers, probabilities and values of rows with one are NaN.
 *
 * metadata_props are the metadata of the model's file and weights_xxh3; of several models, keys
 * begin with "fold1/" and so on. Equal models give equal bytes.
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include "base/protobuf.h"
#include "base/status.h"

/* The bytes that every file begins with: the fields ir_version and producer_name. */
#define ONNX_MARK "\x08\x08\x12\x08lockstep"

/* Reads models [models >= 1] from files and converts them. The caller frees file->bytes, also
 * on failure. STATUS_BAD_DATA (also if the models have different columns or outputs),
 * STATUS_CANNOT_CREATE (too large for an ONNX file), and the failures of model_read.h. */
enum status onnx_export(
    struct protobuf *file, const char *const *path, int64_t models, struct error *error);
