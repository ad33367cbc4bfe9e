#include "run/phase_totals.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/peak_rss.h"

enum status phase_totals(struct result *result, const struct step *step, int threads,
    struct comm *comm, struct error *error)
{
    struct summary {
        double least[N_PHASES], sum[N_PHASES], most[N_PHASES];
        double workers, peak_rss_bytes;
    } mine = {.workers = threads}, *all;
    mine.peak_rss_bytes = (double)peak_rss_read();
    for (int p = 0; p < N_PHASES; p++) {
        mine.least[p] = INFINITY;
        for (int t = 0; t < threads; t++) {
            double seconds = step_phase_seconds(step, t)[p];
            mine.least[p] = fmin(mine.least[p], seconds);
            mine.most[p] = fmax(mine.most[p], seconds);
            mine.sum[p] += seconds;
        }
    }
    int size = comm_size(comm);
    enum status status =
        memory_take(&all, (size_t)size, sizeof *all, "the phases of all ranks", error);
    status = comm_agree(comm, status, error);
    if (status)
        return status;
    comm_gather_all(comm, &mine, sizeof mine, all);
    for (int p = 0; p < N_PHASES; p++) {
        struct phase_seconds *phase = &result->phases[p];
        double workers = 0;
        *phase = (struct phase_seconds){.least = INFINITY};
        for (int r = 0; r < size; r++) {
            phase->least = fmin(phase->least, all[r].least[p]);
            phase->most = fmax(phase->most, all[r].most[p]);
            phase->mean += all[r].sum[p];
            workers += all[r].workers;
            result->peak_rss_bytes =
                (int64_t)fmax((double)result->peak_rss_bytes, all[r].peak_rss_bytes);
        }
        phase->mean /= workers;
    }
    free(all);
    return STATUS_OK;
}
