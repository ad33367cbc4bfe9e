/* synthetic.h: data made from a seed, for tests, benchmarks and lessons.
 *
 *   synthetic:samples=10000,features=10,classes=2,labels=random
 *   synthetic:samples=1000,features=10,targets=1,labels=zero
 *
 *   samples    training samples                                         1000
 *   test       test samples, made by the same rule                         0
 *   features   inputs, uniform on [-sqrt 3, sqrt 3): mean 0, variance 1   10
 *   classes    classification with so many classes                         2
 *   targets    regression with so many outputs (instead of classes)
 *   labels     teacher: a random linear map decides (its largest output, or its outputs);
 *              random: uniform, nothing to learn;  zero: all 0       teacher
 *   noise      standard deviation added to the teacher's outputs           0
 *   seed                                                                   1
 *
 * Sample i is a function of (seed, i) alone (base/random.h), so every rank and every machine makes
 * the same bytes; test samples are those numbered `samples` and on. Teacher: row c of a matrix
 * uniform on [-1, 1) times sqrt(3 / features), so outputs have variance about 1.
 */
#ifndef DATA_SYNTHETIC_H
#define DATA_SYNTHETIC_H

#include "data/dataset.h"

/* `description`: what follows "synthetic:". `test` may be NULL. STATUS_USAGE with the nearest key. */
enum status synthetic_make(const char *description, struct dataset *train, struct dataset *test,
    struct error *error);

#endif
