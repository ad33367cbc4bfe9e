#include "study/host_estimate.h"

#include <math.h>

#include "comm/deal.h"

enum { HOSTS_MAX = 4096 };

static int64_t most_slices(int64_t slices, int hosts)
{
    int64_t most = 0;
    for (int t = 0; t < hosts; t++)
        most = larger(most, range_size(deal_slices(slices, hosts, t)));
    return most;
}

/* Returns the part of an exchange in R buckets that ends after the gradient, which takes
 * `gradient_s`: the last bucket, and for each of the others as much as it takes longer than the
 * gradient of a bucket. */
static double uncovered(double exchange_s, double gradient_s, int buckets)
{
    double longer = fmax(0, exchange_s - gradient_s);
    return (exchange_s + (buckets - 1) * longer) / buckets;
}

static struct host_estimate predict(
    const struct run_estimate *estimate, const struct settings *settings, int hosts)
{
    struct settings of_hosts = *settings;
    struct error ignored;
    int64_t slices = estimate->plan.stage[0].slices;
    of_hosts.plan = estimate->plan;
    of_hosts.plan.teams = hosts;
    of_hosts.route = ROUTE_AUTO;
    step_choose_route(&of_hosts, &ignored);
    struct step_messages messages = step_messages_of(&of_hosts);
    struct host_estimate made = {.hosts = hosts, .slices = most_slices(slices, hosts)};
    made.compute_s = estimate->step_s * (double)made.slices / (double)slices;
    made.exchange_s = hosts > 1 ? link_seconds(&settings->link, &messages.path) : 0;
    double rows = (double)estimate->plan.stage[0].batch * (double)made.slices / (double)slices;
    double of_last_pass = fmin(1, (double)messages.pass_rows / rows);
    double gradient_flops = 2 * (double)settings->mlp.parameters;
    double gradient_s =
        made.compute_s * of_last_pass * gradient_flops / mlp_train_flops(&settings->mlp);
    made.step_s = made.compute_s + uncovered(made.exchange_s, gradient_s, messages.buckets);
    made.speed_up = estimate->step_s / made.step_s;
    return made;
}

/* Returns the next of 1, 2, 3, 4, 6, 8, 12, ... */
static int next_hosts(int hosts)
{
    bool power = (hosts & (hosts - 1)) == 0;
    return hosts == 1 ? 2 : power ? hosts / 2 * 3 : hosts / 3 * 4;
}

int host_estimates_of(const struct run_estimate *estimate, const struct settings *settings,
    struct host_estimate prediction[HOST_ESTIMATES_MAX], int *best)
{
    int64_t most = least(estimate->plan.stage[0].slices, HOSTS_MAX);
    int n = 0;
    *best = 0;
    if (!estimate->network || !isfinite(estimate->step_s) || settings->reduce != REDUCE_ORDERED)
        return 0;
    for (int hosts = 1; hosts <= most && n < HOST_ESTIMATES_MAX; hosts = next_hosts(hosts)) {
        prediction[n] = predict(estimate, settings, hosts);
        *best = prediction[n].step_s < prediction[*best].step_s ? n : *best;
        n++;
    }
    return n;
}

int64_t host_estimate_batch(int hosts)
{
    int64_t batch = 1;
    while (plan_default_slices(batch) < hosts)
        batch *= 2;
    return batch;
}
