/* libsvm.h: reads sparse samples in text, in the format of LIBSVM and SVMlight.
 *
 *     # a comment                               any number of such lines before the first sample
 *     +1 3:0.5 7:-1.25                          label, then index:value for each nonzero feature
 *     -1 1:2 # a comment                        ... up to the end of the line
 *
 * Indices start at 1 and ascend within a line, separated by blanks or tabs. The number of
 * features is the largest index, or that of the model or training data that the file is read for.
 * Samples are dense in memory, samples x features float32; `room` is asked before this memory is
 * allocated. Numbers and labels are as in csv.h; with TASK_NONE labels are not read. Query groups
 * (qid:N), several labels per line and lines without a label are refused. Lines are parsed by
 * several threads, like those of tables.
 *
 * Source: T. Joachims, SVMlight, https://www.cs.cornell.edu/people/tj/svm_light/; C.-C. Chang and
 * C.-J. Lin, LIBSVM, README, "svm-train".
 */
#pragma once

#include "data/formats/csv.h"

/* True if a file that begins with `start` is in this format: a label, then an index with a
 * colon. */
bool libsvm_begins(const char *start, size_t size);

/* Reads a file, with the task, threads, features (0: the largest index) and room of the request.
 * STATUS_NO_INPUT, STATUS_BAD_DATA (file, line, what was found), STATUS_NO_RESOURCE; on failure the
 * dataset is cleared. */
enum status libsvm_read(const char *path, const struct source_request *request,
    struct dataset *dataset, struct error *error);
