#include "options/benchmark_options.h"

struct options benchmark_options(const struct options *options)
{
    struct options run = *options;
    run.epochs = 0;
    run.max_steps = INT64_C(1) << 62;
    run.eval_every = (struct interval){.unit = EVAL_NEVER};
    run.batch_schedule.n = 0;
    run.schedule.kind = SCHEDULE_CONSTANT;
    run.lr_scale = LR_SCALE_NONE;
    run.warmup = run.step_size = (struct length){0, 0};
    run.milestones.n = 0;
    run.stop = (struct stop_rules){.early = false};
    run.resume = "";
    return run;
}
