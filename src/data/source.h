/* source.h: reads the datasets that the argument of --data names.
 *
 *   fashion-mnist            the directory of Debian's package dataset-fashion-mnist
 *   DIRECTORY                the IDX files train-images-idx3-ubyte, train-labels-idx1-ubyte, and
 *                            t10k-... or test-... for the test data, each plain or with .gz
 *   X.npy,Y.npy              two NPY files: inputs and labels (npy.h)
 *   TABLE.csv                a text table with its labels in a column (csv.h)
 *   FILE.libsvm              sparse samples, each with its label (libsvm.h)
 *   IMAGES,LABELS            two IDX files; integer LABELS are classes, float LABELS are
 *                            regression targets
 *   IMAGES                   LABELS is then this name with "images" replaced by "labels" and
 *                            "idx3" by "idx1", plain or with .gz
 *   synthetic:KEY=VALUE,...  synthetic.h
 *
 * Instead of a second file after the comma, labels may be given as request->labels. NPY and IDX
 * files are recognised by their first bytes, and not by their names; any other text without a
 * second file is a table.
 *
 * The names fashion-mnist and synthetic take precedence over files with that name (./fashion-mnist
 * names such a file); a plain file takes precedence over its .gz, and t10k-... over test-...
 *
 * Threads: any; calls share no state. Collective: no.
 */
#pragma once

#include "data/source_request.h"

enum role { ROLE_TRAIN, ROLE_VALIDATION, ROLE_TEST };

/* Reads the training data, and the test data from the same source, if it has any (otherwise
 * test->samples = 0); dataset_match() checks that they match. STATUS_NO_INPUT (naming the missing
 * files), STATUS_BAD_DATA, STATUS_IO, STATUS_USAGE (a malformed source, or a part of the request
 * that does not apply to this source), STATUS_NO_RESOURCE. On failure both are cleared. */
enum status source_read_train(const struct source_request *request, struct dataset *train,
    struct dataset *test, struct error *error);

/* Refuses training data whose labels are all the same: they could only be learned as targets.
 * STATUS_BAD_DATA. */
enum status source_check_classes(const struct dataset *train, struct error *error);

/* Reads one validation or test set. In a directory, it consists of the files for that role: val-...
 * or validation-... for validation; t10k-... or test-... for test. In a synthetic source, it
 * consists of the test samples, which have the same teacher as the training samples, or of the
 * training samples if the source has no test samples. Errors as for source_read_train(). */
enum status source_read_held_out(const struct source_request *request, enum role role,
    struct dataset *dataset, struct error *error);
