#include <inttypes.h>
#include <stdlib.h>

#include "base/output.h"
#include "base/text.h"
#include "report/sweep_report.h"

static void write_head(FILE *file)
{
    fputs("batch,lr,lr_on_border,runs,reached,steps_per_epoch,total_steps,slices", file);
    for (int f = 0; f < N_SWEEP_FIGURES; f++) {
        const char *name = sweep_figure_name((enum sweep_figure)f);
        fprintf(file, ",%s,%s_least,%s_most", name, name, name);
    }
    fputs(",workers,workers_busy,regime\n", file);
}

static void write_batch(FILE *file, const struct sweep_batch *batch)
{
    char mean[32], least[32], most[32];
    const char *regime = regime_name(batch->regime);
    fprintf(file, "%" PRId64 ",%s,%d,%d,%d,%" PRId64 ",%" PRId64 ",%" PRId64, batch->batch,
        text_from_real(batch->lr, mean), batch->lr_on_border, batch->runs, batch->reached,
        batch->steps_per_epoch, batch->total_steps, batch->slices);
    for (int f = 0; f < N_SWEEP_FIGURES; f++) {
        const struct sweep_spread *stats = &batch->figure[f];
        if (stats->n > 0)
            fprintf(file, ",%s,%s,%s", text_from_real(stats->mean, mean),
                text_from_real(stats->least, least), text_from_real(stats->most, most));
        else
            fputs(",,,", file);
    }
    fprintf(file, ",%d,%d,%s\n", batch->workers, batch->workers_busy, regime ? regime : "");
}

enum status sweep_write_csv(const struct directory *directory, const char *name,
    const struct sweep *sweep, struct error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    write_head(file);
    for (int i = 0; i < sweep->batches; i++)
        if (sweep->batch[i].runs > 0)
            write_batch(file, &sweep->batch[i]);
    enum status status = fclose(file) == 0
                             ? output_write_whole(directory, name, text, size, error)
                             : fail(error, STATUS_NO_RESOURCE, "no memory to write %s", name);
    free(text);
    return status;
}
