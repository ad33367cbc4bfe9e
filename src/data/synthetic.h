/* synthetic.h: generates data from a seed, for tests, benchmarks and teaching.
 *
 *   synthetic:samples=10000,features=10,classes=2,labels=random
 *   synthetic:samples=1000,features=10,targets=1,labels=zero
 *
 *   samples    training samples                                         1000
 *   test       test samples, generated the same way                         0
 *   features   inputs, uniform on [-sqrt 3, sqrt 3): mean 0, variance 1   10
 *   classes    classification with this number of classes                  2
 *   targets    regression with this number of outputs (instead of classes)
 *   labels     teacher: given by a random linear map (its largest output, or its outputs);
 *              random: uniform, nothing to learn;  zero: all 0       teacher
 *   noise      standard deviation added to the teacher's outputs           0
 *   seed                                                                   1
 *
 * Sample i is a function of (seed, i) alone, so every rank and every machine generates the same
 * bytes; test samples are numbered from `samples` on. In the formulas, s(stream, row, unit) is the
 * number random_symmetric() of base/random.h with layer 0, and r is sqrt 3 rounded to float32:
 *
 *   x[i][f]       = s(FEATURES, i, f) r                                                   float32
 *   teacher[c][f] = s(TEACHER, c, f) (float32 of sqrt(3 / features))                      float32
 *   output[i][c]  = sum over f, in order, of x[i][f] teacher[c][f]                        double
 *                   + noise * (s(NOISE, i, c) r), if there is noise
 *
 * The products s r are computed in float32; the products x teacher and noise (s r) are computed in
 * double. Outputs have variance about 1. The label is the index c of the largest output, or of the
 * first of them if several are equal; targets are the outputs rounded to float32. With
 * labels=random, label = word(LABELS, i, 0) * classes / 2^32 rounded down, or target c = s(LABELS,
 * i, c) r.
 */
#pragma once

#include "data/room.h"

/* Generates training and test samples. `description` is the text after "synthetic:"; if it is
 * empty, all defaults apply. Integers allow '_' between digits. `room` is asked for memory; NULL:
 * no limit. Without test samples `test` is cleared. STATUS_USAGE (with the nearest key),
 * STATUS_NO_RESOURCE; on failure both are cleared. */
enum status synthetic_make(const char *description, const struct room *room, struct dataset *train,
    struct dataset *test, struct error *error);
