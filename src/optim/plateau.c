#include "optim/plateau.h"

#include <math.h>

struct plateau plateau_begin(const struct plateau_settings *settings)
{
    return (struct plateau){
        .factor = 1, .best = settings->maximise ? (double)-INFINITY : (double)INFINITY};
}

bool plateau_step(
    struct plateau *plateau, const struct plateau_settings *settings, double lr, double metric)
{
    const double worth = 1e-8;
    bool better = settings->maximise ? metric > plateau->best * (1 + settings->threshold)
                                     : metric < plateau->best * (1 - settings->threshold);
    if (better) {
        plateau->best = metric;
        plateau->bad = 0;
        return false;
    }
    if (++plateau->bad <= settings->patience)
        return false;
    plateau->bad = 0;
    double old = lr * plateau->factor, next = fmax(old * settings->factor, settings->min_lr);
    if (!(old - next > worth))
        return false;
    plateau->factor = next / lr;
    return true;
}
