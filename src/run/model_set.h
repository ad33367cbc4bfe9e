/* model_set.h: the model files that MODEL means on the command line:
 *
 *   FILE                            this file
 *   RUN, or a tuning study          its model.safetensors
 *   a cross-validation              the models of all folds
 *   a tuning study with --folds     those of its best try
 *
 * Threads: any. Collective: no.
 */
#pragma once

#include <stdint.h>

#include "base/file.h"

struct model_set {
    int64_t n;       /* at least 1 */
    char prefix[32]; /* of the names of the runs, e.g. "fold" for fold1, fold2 ...; "": one model,
                        that of the path itself */
};

/* Finds the models. STATUS_NO_INPUT (a tuning study without a best try), and the failures of
 * run_reader.h. */
enum status model_set_find(struct model_set *set, const char *path, struct error *error);

/* Writes the path of the file of model k, from 1. STATUS_USAGE: it is too long. Otherwise as below. */
enum status model_set_path(char out[FILE_PATH_MAX], const struct model_set *set, const char *path,
    int64_t k, struct error *error);

/* Writes the path of the file of one model, where several are not accepted. STATUS_NO_INPUT: the path is
 * that of a study, which has several; STATUS_USAGE: it is too long. */
enum status model_file_path(char out[FILE_PATH_MAX], const char *path, struct error *error);
