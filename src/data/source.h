/* source.h: from what a user writes after --data to datasets.
 *
 *   fashion-mnist            the directory where Debian's dataset-fashion-mnist puts its files
 *   DIRECTORY                IDX files in it: train-images-idx3-ubyte, train-labels-idx1-ubyte, and
 *                            t10k-... or test-... for the test data, each plain or with .gz
 *   IMAGES,LABELS            two IDX files; LABELS of an integer type are classes, of a float type
 *                            regression targets. IMAGES alone: LABELS is the name with "images"
 *                            replaced by "labels" and "idx3" by "idx1"
 *   synthetic:KEY=VALUE,...  synthetic.h
 *
 * Every rank reads for itself. Collective: no.
 */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include <stdbool.h>

#include "data/dataset.h"

enum role { ROLE_TRAIN, ROLE_VALIDATION, ROLE_TEST };

/* Reads the training data, and the test data that the same source names, if any (else
 * test->samples = 0). STATUS_NO_INPUT (with what was sought), STATUS_BAD_DATA, STATUS_USAGE (a malformed
 * synthetic description), STATUS_NO_RESOURCE. On failure both are cleared. */
enum status source_read_train(
    const char *source, struct dataset *train, struct dataset *test, struct error *error);

/* Reads one validation or test set. A directory gives its files for that role: val-... or
 * validation-... for validation; t10k-... or test-... for test. For a synthetic source its samples. */
enum status source_read_held_out(
    const char *source, enum role role, struct dataset *dataset, struct error *error);

#endif
