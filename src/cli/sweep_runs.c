#include "cli/sweep_runs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/split.h"
#include "base/text.h"

double sweep_rate(double lr)
{
    char text[32];
    double rate = lr;
    text_to_real(text_from_float((float)lr, text), &rate);
    return rate;
}

struct sweep_key sweep_key_make(
    const struct options *options, int64_t batch, double lr, int64_t seed)
{
    struct sweep_key key = {.batch = batch, .seed = seed};
    char text[32];
    if (lr == 0)
        lr = lr_scaled(options->lr, options->lr_scale, batch, options->base_batch);
    key.lr = sweep_rate(lr);
    text_from_float((float)lr, text);
    snprintf(key.name, sizeof key.name, "b%05" PRId64 "-lr%s-s%" PRId64, batch, text, seed);
    return key;
}

bool sweep_key_is_name(const char *name)
{
    static const char digits[] = "0123456789";
    const char *rate = strstr(name, "-lr"), *seed = rate ? strstr(rate, "-s") : NULL;
    if (name[0] != 'b' || !seed)
        return false;
    size_t batch = strspn(name + 1, digits), number = strspn(seed + 2, digits);
    size_t of_rate = strspn(rate + 3, "0123456789.e+-");
    return batch > 0 && name + 1 + batch == rate && of_rate > 0 && rate + 3 + of_rate == seed + 1 &&
           number > 0 && seed[2 + number] == '\0';
}

/* A quarter of an epoch, in whole steps, so that all batch sizes are measured alike. */
static struct interval quarter(const struct options *options, int64_t batch, int64_t samples)
{
    int64_t steps = options->drop_last ? samples / batch : divide_up(samples, batch);
    int64_t every = (steps + 2) / 4;
    return (struct interval){.unit = EVAL_STEPS, .count = every > 0 ? every : 1};
}

void sweep_run_options(struct options *run, const struct options *options,
    const struct sweep_key *key, const char *directory, int64_t samples)
{
    *run = *options;
    run->command = COMMAND_TRAIN;
    run->batch.n = 1;
    run->batch.item[0] = key->batch;
    if (options->lr_grid.n > 0)
        run->lr = key->lr;
    run->seed = key->seed;
    if (options->eval_every.unit == EVAL_EPOCHS && options->eval_every.count == 0)
        run->eval_every = quarter(options, key->batch, samples);
    if (options->progress == PROGRESS_AUTO)
        run->progress = PROGRESS_OFF;
    run->overwrite = true;
    run->out = directory;
}
