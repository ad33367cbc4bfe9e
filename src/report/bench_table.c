#include "report/bench_table.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/shown.h"
#include "commit.h"

enum { RANKS_SHOWN = 8 };

const char *bench_stats(char out[REPEAT_STATS_TEXT], struct repeat_stats stats, int decimals)
{
    snprintf(out, REPEAT_STATS_TEXT, "%.*f [%.*f, %.*f]", decimals, stats.median, decimals,
        stats.least, decimals, stats.most);
    return out;
}

static void print_caches(FILE *file, const struct machine *machine)
{
    const int64_t bytes[] = {machine->l1_bytes, machine->l2_bytes, machine->l3_bytes};
    char text[32];
    for (int i = 0; i < 3; i++)
        if (bytes[i] > 0)
            fprintf(file, ", L%d %s", i + 1, text_bytes((double)bytes[i], text));
}

void bench_head_print(FILE *file, const struct bench_head *head)
{
    fprintf(
        file, "bench     %s, lockstep %s (%s)\n", head->what, LOCKSTEP_VERSION, LOCKSTEP_COMMIT);
    fprintf(file, "machine   %s, %d core%s to be used", head->machine.cpu, head->cores,
        head->cores == 1 ? "" : "s");
    print_caches(file, &head->machine);
    fprintf(file, "\nworkers   %d rank%s x %d thread%s on %d host%s\n", head->ranks,
        head->ranks == 1 ? "" : "s", head->threads, head->threads == 1 ? "" : "s", head->hosts,
        head->hosts == 1 ? "" : "s");
    for (int r = 0; r < head->ranks && r < RANKS_SHOWN; r++)
        fprintf(file, "          rank %d: %s\n", r, head->binding[r]);
    if (head->ranks > RANKS_SHOWN)
        fprintf(file, "          ... and %d more ranks\n", head->ranks - RANKS_SHOWN);
    fprintf(file, "kernel    %s (%s), %s\n", head->kernel.name, head->blas, head->mpi);
    fprintf(file, "command   %s\n", SHOWN(head->command));
    fprintf(file, "sampling  %d round%s in turn, %g s a measurement; median [least, most]\n\n",
        head->repetitions.repeats, head->repetitions.repeats == 1 ? "" : "s",
        head->repetitions.seconds);
}

void bench_peak_print(FILE *file, const struct peak_report *report)
{
    char one[REPEAT_STATS_TEXT], all[REPEAT_STATS_TEXT], bytes[32], workers[32];
    snprintf(
        workers, sizeof workers, "%d worker%s", report->workers, report->workers == 1 ? "" : "s");
    fprintf(file, "%-10s %-13s %9s %28s %28s\n", "", "", "data each", "one core", workers);
    for (int i = 0; i < report->rows; i++) {
        const struct peak_row *row = &report->row[i];
        fprintf(file, "%-10s %-13s %9s %28s %28s %s\n", row->place, row->work,
            row->bytes > 0 ? text_bytes((double)row->bytes, bytes) : "none",
            bench_stats(one, row->one, 1), bench_stats(all, row->all, 1),
            row->bytes > 0 ? "GB/s" : "GFLOP/s");
    }
    fprintf(file,
        "\nfloat32, %s code; a multiply-add is two operations, an update reads and writes\n",
        level_name(report->level));
}

static void print_kernel(FILE *file, const struct kernel_row *row, double peak)
{
    char text[REPEAT_STATS_TEXT];
    for (int i = 0; i < KERNEL_DEPTHS; i++)
        fprintf(file, "%-9s tiles of %2d x %2d, k = %-13" PRId64 " %28s %7.0f %%\n",
            i == 0 ? row->kernel.name : "", row->kernel.rows, row->kernel.lanes, kernel_depth[i],
            bench_stats(text, row->tile[i], 1), 100 * row->tile[i].median / peak);
}

void bench_kernel_print(FILE *file, const struct kernel_report *report)
{
    char text[REPEAT_STATS_TEXT];
    fprintf(file, "%-45s %28s %9s\n", "one core", "GFLOP/s", "of peak");
    fprintf(file, "%-45s %28s\n", "peak      multiply-adds in registers",
        bench_stats(text, report->peak, 1));
    for (int i = 0; i < report->rows; i++)
        print_kernel(file, &report->row[i], report->peak.median);
    fputs("\ntiles of panels in the caches; k: length of the sums\n", file);
}

void bench_reduce_print(FILE *file, const struct reduce_report *report)
{
    char ordered[REPEAT_STATS_TEXT], plain[REPEAT_STATS_TEXT], ratio[REPEAT_STATS_TEXT], bytes[32];
    fprintf(file, "%10s %30s %8s %30s %8s  %s\n", "", "ordered, us", "GB/s", "MPI_Allreduce, us",
        "GB/s", "MPI's time / ours");
    for (int i = 0; i < REDUCE_SIZES; i++) {
        const struct reduce_row *row = &report->row[i];
        double gigabytes = 1e-9 * (double)row->bytes;
        fprintf(file, "%10s %30s %8.2f %30s %8.2f  %s\n", text_bytes((double)row->bytes, bytes),
            bench_stats(ordered, repeat_stats_scaled(row->ordered_s, 1e6), 1),
            gigabytes / row->ordered_s.median,
            bench_stats(plain, repeat_stats_scaled(row->allreduce_s, 1e6), 1),
            gigabytes / row->allreduce_s.median, bench_stats(ratio, row->ratio, 2));
    }
    fprintf(file,
        "\n%d ranks, one slice each; GB/s: the vector's bytes by the time until every rank has the "
        "sum; both sums were checked\n",
        report->ranks);
}
