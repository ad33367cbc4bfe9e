#include "study/scaling_rules.h"

int64_t layout_workers(struct layout layout)
{
    return (int64_t)layout.ranks * layout.threads;
}

/* --- which ranks --------------------------------------------------------------------------- */

int layout_position(const int *machine, int ranks, int rank)
{
    int position = 0;
    for (int r = 0; r < ranks; r++)
        position += machine[r] < machine[rank] || (r < rank && machine[r] == machine[rank]);
    return position;
}

int layout_ranks_of(const int *machine, int ranks, int n)
{
    int found = 0, last = -1;
    for (int r = 0; r < ranks && n > 0; r++)
        if (machine[r] == r) { /* the first rank of a machine */
            last = r;
            n--;
        }
    for (int r = 0; r < ranks; r++)
        found += machine[r] <= last;
    return found;
}

static void append(struct layout_list *list, int ranks, int threads)
{
    for (int i = 0; i < list->n; i++)
        if (list->item[i].ranks == ranks && list->item[i].threads == threads)
            return;
    if (list->n < LAYOUTS_MAX)
        list->item[list->n++] = (struct layout){ranks, threads};
}

void layouts_default(
    struct layout_list *list, const int *machine, int ranks, int most_threads, int rank_threads)
{
    int machines = 0, inside = layout_ranks_of(machine, ranks, 1);
    list->n = 0;
    for (int r = 0; r < ranks; r++)
        machines += machine[r] == r;
    for (int n = 1; n < machines; n *= 2)
        append(list, layout_ranks_of(machine, ranks, n), rank_threads);
    if (machines > 1)
        append(list, ranks, rank_threads);
    for (int threads = 1; threads < most_threads; threads *= 2)
        append(list, 1, threads);
    append(list, 1, most_threads);
    for (int r = 2; r < inside; r *= 2)
        append(list, r, rank_threads);
    if (inside > 1)
        append(list, inside, rank_threads);
}

/* --- figures ------------------------------------------------------------------------------- */

int64_t scaling_weak_batch(int64_t batch, struct layout layout, struct layout first)
{
    int64_t weak =
        (int64_t)((double)batch * (double)layout_workers(layout) / (double)layout_workers(first));
    return weak > 1 ? weak : 1;
}

double scaling_efficiency(double speed_up, int64_t units, int64_t first_units)
{
    return speed_up * (double)first_units / (double)units;
}

double scaling_load_balance(const struct scaling_times *times)
{
    return times->mean_s / times->most_s;
}

double scaling_communication(const struct scaling_times *times)
{
    return times->most_s / times->run_s;
}

double scaling_sample_s(const struct scaling_times *times)
{
    return times->mean_s * (double)times->workers / (double)times->samples;
}
