/* source.h: from what a user writes after --data to datasets.
 *
 *   fashion-mnist            the directory where Debian's dataset-fashion-mnist puts its files
 *   DIRECTORY                IDX files in it: train-images-idx3-ubyte, train-labels-idx1-ubyte, and
 *                            t10k-... or test-... for the test data, each plain or with .gz
 *   X.npy,Y.npy              two NPY files: inputs and labels (npy.h)
 *   TABLE.csv                a text table with its labels in a column (csv.h)
 *   IMAGES,LABELS            two IDX files; LABELS of an integer type are classes, of a float type
 *                            regression targets
 *   IMAGES                   LABELS is then the file's name with "images" replaced by "labels" and
 *                            "idx3" by "idx1", plain or with .gz
 *   synthetic:KEY=VALUE,...  synthetic.h
 *
 * The labels of two files may be named apart, as request.labels. NPY and IDX files are known by how
 * they begin, whatever their names; a table is any other text that stands alone.
 *
 * The names fashion-mnist and synthetic come before files so called (./fashion-mnist names those);
 * a plain file comes before its .gz, t10k before test.
 *
 * Whoever calls reads for itself. Threads: any, one a call. Collective: no.
 */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include "data/formats/csv.h"
#include "data/dataset.h"

enum role { ROLE_TRAIN, ROLE_VALIDATION, ROLE_TEST };

struct source_request {
    const char *data;          /* as above */
    const char *labels;        /* the file of the labels; NULL: `data` says it */
    const char *label;         /* of a table: csv_options.label; NULL: the last column */
    enum header_choice header; /* of a table */
    enum task task;
    int threads; /* to read with, at least 1 */
    /* [features] of a model, for a table that may have other columns besides; NULL: none */
    char *const *feature_name;
    int64_t features;
    const struct room *room; /* asked before data are taken into memory; NULL: there is enough */
};

/* Reads the training data, and the test data that the same source names, if any (else test->samples
 * = 0); whether they match is dataset_match()'s question. STATUS_NO_INPUT (with what was sought),
 * STATUS_BAD_DATA, STATUS_IO, STATUS_USAGE (a malformed source, or a part of the request that this
 * source has no use for), STATUS_NO_RESOURCE. On failure both are cleared. */
enum status source_read_train(const struct source_request *request, struct dataset *train,
    struct dataset *test, struct error *error);

/* Reads one validation or test set. A directory gives its files for that role: val-... or
 * validation-... for validation; t10k-... or test-... for test. A synthetic source gives its test
 * samples, which share the training samples' teacher, or its samples where it has no test samples.
 * Errors as above. */
enum status source_read_held_out(const struct source_request *request, enum role role,
    struct dataset *dataset, struct error *error);

#endif
