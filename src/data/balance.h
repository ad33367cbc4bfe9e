/* balance.h: class weights that balance classes of different sizes.
 *
 *   weight[c] = samples / (classes * samples of class c)
 *
 * (King and Zeng, "Logistic regression in rare events data", Political Analysis 2001;
 * scikit-learn's class_weight="balanced"), in double, rounded to float32 once. 0 for a class
 * without samples.
 *
 * Threads: any. Collective: no (all ranks compute the same weights).
 */
#ifndef DATA_BALANCE_H
#define DATA_BALANCE_H

#include "data/dataset.h"
#include "data/subset.h"

/* The weights for the subset's labels: weight [dataset->classes]. STATUS_NO_RESOURCE. */
enum status balance_classes(
    float *weight, const struct dataset *dataset, const struct subset *subset, struct error *error);

#endif
