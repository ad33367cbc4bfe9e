/* `lockstep bench` without its clocks: the loops it times, sizes, layouts, cores; tables and JSON.
 */
#include "report/bench_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "comm/binding.h"
#include "comm/threads.h"
#include "report/progress.h"
#include "report/rows.h"
#include "study/measure_peak.h"
#include "study/scaling_rules.h"
#include "support/unit.h"

/* --- what is timed ------------------------------------------------------------------------- */

/* The loops do what their figures count, at every level this CPU runs. */
TEST(loops_work)
{
    enum { N = 4 * PEAK_RUN_FLOATS };
    float *x;
    struct error error;
    assert_int_equal(memory_take(&x, N, sizeof *x, "floats", &error), STATUS_OK);
    for (int l = 0; l < N_LEVELS; l++) {
        const struct peak_loops *loops = peak_loops_of((enum level)l);
        if (!level_runs((enum level)l))
            continue;
        for (int i = 0; i < N; i++)
            x[i] = (float)(i % 8);
        assert_true(loops->read(x, N) == 3.5f * N);
        assert_true(loops->read(x, PEAK_RUN_FLOATS) == 3.5f * PEAK_RUN_FLOATS);
        loops->update(x, N - PEAK_RUN_FLOATS);
        for (int i = 0; i < N; i++)
            assert_true(x[i] == (i < N - PEAK_RUN_FLOATS ? 0.75f * (float)(i % 8) + 0.25f
                                                         : (float)(i % 8)));
        /* Every chain runs to 1, so the sum is the number of chains' lanes: half a turn's flops. */
        assert_true(fabs((double)loops->multiply_add(1000) - loops->flops / 2) < 1e-2);
        assert_true(loops->flops >= 2 * 12 * 4);
    }
    assert_true(level_runs(level_highest()));
    free(x);
}

/* What a tile function was handed. One worker. */
static struct {
    int64_t calls;
    bool aligned, whole, random;
} seen;

static void watch_tile(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    int64_t equal = 0, n = (int64_t)kernel->rows * k;
    for (int64_t i = 1; i < n; i++)
        equal += row_panel[i] == row_panel[i - 1];
    seen.calls++;
    seen.aligned &= (uintptr_t)lane_panel % 64 == 0 && (uintptr_t)row_panel % 64 == 0;
    seen.whole &= k == KERNEL_BLOCK && !add && stride == kernel->lanes;
    seen.random &= equal < n / 100 && lane_panel[0] != 0;
    memset(c, 0, (size_t)kernel->rows * (size_t)kernel->lanes * sizeof *c);
}

/* The upper bound of steps counts what it does, on panels that are like a step's. */
TEST(kernel_rates)
{
    const struct kernel kernel = {"watch", LEVEL_BASE, .lanes = 32, .rows = 12, .tile = watch_tile};
    const struct bench_timer one = {comm_self(), 1};
    const double tile_flops = 2.0 * 12 * 32 * KERNEL_BLOCK;
    struct kernel_tiles tiles;
    struct error error;
    seen.aligned = seen.whole = seen.random = true;
    assert_int_equal(kernel_tiles_init(&tiles, &one, &kernel, &error), STATUS_OK);
    struct workload workload = kernel_workload(&tiles, one, 1e-6);
    assert_true(workload_rate(&workload) > 0);
    int64_t turns = workload.turns;
    seen.calls = 0;
    assert_true(workload_rate(&workload) > 0); /* as many turns again */
    assert_int_equal(workload.turns, turns);
    assert_true(workload.amount * (double)turns == tile_flops * (double)seen.calls);
    assert_true(seen.aligned && seen.whole && seen.random);
    bench_memory_free(tiles.memory, 1);
}

/* Calls by depth. */
static int64_t calls_of_depth[KERNEL_BLOCK + 1];

/* Reads what a kernel may read, one step beyond each panel included. */
static void count_tile(const struct kernel *kernel, int64_t k, const float *lane_panel,
    const float *row_panel, bool add, float *c, int64_t stride)
{
    float last_lane = lane_panel[(k + 1) * kernel->lanes - 1];
    float last_row = row_panel[(k + 1) * kernel->rows - 1];
    calls_of_depth[k]++;
    for (int r = 0; r < kernel->rows; r++)
        for (int l = 0; l < kernel->lanes; l++)
            c[r * stride + l] = add ? NAN : last_lane + last_row;
}

static void assert_rates(const struct json *rates)
{
    double least = value_number(js_get(rates, "least")), median = value_number(rates),
           most = value_number(js_get(rates, "most"));
    assert_true(least > 0 && least <= median && median <= most && isfinite(most));
}

/* Every kernel at every depth and at no other, and one place for each figure. */
TEST(kernel_report)
{
    const struct kernel kernel[] = {
        {"wide", LEVEL_BASE, .lanes = KERNEL_LANES_MAX, .rows = 4, .tile = count_tile},
        {"high", LEVEL_BASE, .lanes = 16, .rows = KERNEL_ROWS_MAX, .tile = count_tile}};
    struct repetitions repetitions = {.seconds = 1e-6, .repeats = 3};
    struct json *results = js_object();
    struct error error;
    int64_t calls = 0;
    assert_int_equal(measure_kernels(results, kernel, 2, &repetitions, &error), STATUS_OK);
    const struct json *rows = js_get(results, "kernels");
    assert_int_equal(js_size(rows), 2);
    assert_rates(js_get(results, "peak_gflops"));
    for (size_t k = 0; k < 2; k++) {
        const struct json *tiles = js_get(js_item(rows, k), "tiles");
        assert_string_equal(row_text(js_item(rows, k), "kernel"), kernel[k].name);
        assert_int_equal(js_size(tiles), KERNEL_DEPTHS);
        for (size_t i = 0; i < KERNEL_DEPTHS; i++) {
            assert_rates(js_get(js_item(tiles, i), "gflops"));
            assert_int_equal(row_number(js_item(tiles, i), "k"), kernel_depth[i]);
        }
    }
    js_destroy(results);
    for (int i = 0; i < KERNEL_DEPTHS; i++) {
        assert_true(calls_of_depth[kernel_depth[i]] > 0);
        calls_of_depth[kernel_depth[i]] = 0;
    }
    for (int k = 0; k <= KERNEL_BLOCK; k++)
        calls += calls_of_depth[k];
    assert_int_equal(calls, 0);

    for (int nth = 1; nth <= 4; nth++) { /* out of memory at each of its allocations */
        results = js_object();
        memory_inject_failure(nth);
        assert_int_equal(
            measure_kernels(results, kernel, 2, &repetitions, &error), STATUS_NO_RESOURCE);
        js_destroy(results);
    }
    memory_inject_failure(0);
}

TEST(kernel_rates_of_threads)
{
    const struct bench_timer one = {comm_self(), 1}, two = {comm_self(), 2};
    struct kernel kernel[KERNELS_MAX];
    struct kernel_tiles tiles;
    struct error error;
    const struct kernel *portable = &kernel[kernel_list(kernel) - 1];
    for (int nth = 1; nth <= 2; nth++) { /* out of memory at each of its allocations */
        memory_inject_failure(nth);
        assert_int_equal(kernel_tiles_init(&tiles, &one, portable, &error), STATUS_NO_RESOURCE);
        bench_memory_free(tiles.memory, 1);
    }
    memory_inject_failure(0);
    assert_int_equal(kernel_tiles_init(&tiles, &one, portable, &error), STATUS_OK);
    double amount = kernel_workload(&tiles, one, 1e-6).amount;
    bench_memory_free(tiles.memory, 1);
    if (!TEAMS_HAVE_THREADS)
        return;
    assert_int_equal(kernel_tiles_init(&tiles, &two, portable, &error), STATUS_OK);
    struct workload workload = kernel_workload(&tiles, two, 1e-6);
    assert_true(workload.amount == 2 * amount);
    assert_true(workload_rate(&workload) > 0);
    bench_memory_free(tiles.memory, 2);
}

TEST(data_fit_their_places)
{
    int64_t bytes[N_PLACES];
    struct machine machine = {.l1_bytes = 32 << 10,
        .l2_bytes = 1 << 20,
        .l3_bytes = 64 << 20,
        .memory_bytes = INT64_C(64) << 30};
    peak_places(bytes, &machine, 4);
    assert_int_equal(bytes[0], 16 << 10);
    assert_int_equal(bytes[1], 512 << 10);
    assert_int_equal(bytes[2], 4 << 20);
    assert_int_equal(4 * bytes[3], 256 << 20); /* 64 MiB each: more than twice the caches */

    peak_places(bytes, &machine, 64); /* a worker's share of L3 is less than its L2 */
    assert_int_equal(bytes[2], 0);

    machine.memory_bytes = INT64_C(1) << 30; /* an eighth of it for all */
    peak_places(bytes, &machine, 4);
    assert_int_equal(bytes[3], 32 << 20);

    machine = (struct machine){.memory_bytes = INT64_C(8) << 30}; /* nothing known */
    peak_places(bytes, &machine, 1);
    assert_true(bytes[0] > 0 && bytes[1] > bytes[0] && bytes[2] == 0 && bytes[3] > bytes[1]);
}

/* --- layouts ------------------------------------------------------------------------------- */

TEST(weak_batches)
{
    const struct layout one = {1, 1}, two = {1, 2}, six = {3, 2};
    assert_int_equal(scaling_weak_batch(128, one, one), 128);
    assert_int_equal(scaling_weak_batch(128, six, one), 768);
    assert_int_equal(scaling_weak_batch(128, six, two), 384);
    assert_int_equal(scaling_weak_batch(128, one, two), 64);
    assert_int_equal(scaling_weak_batch(1, one, six), 1); /* never none */
}

TEST(efficiencies)
{
    assert_true(scaling_efficiency(1, 1, 1) == 1);
    assert_true(scaling_efficiency(1.5, 2, 1) == 0.75);
    assert_true(scaling_efficiency(4, 8, 2) == 1);
    assert_true(scaling_efficiency(0.5, 1, 2) == 1); /* half the workers, half as fast */
}

/* Four workers that compute for 4, 4, 4 and 8 of 10 seconds. */
TEST(factors)
{
    const struct scaling_times times = {5, 8, 10, 4, 200};
    assert_true(scaling_load_balance(&times) == 0.625);
    assert_true(scaling_communication(&times) == 0.8);
    assert_true(scaling_sample_s(&times) == 0.1);
}

static void assert_layouts(const struct layout_list *list, const char *want)
{
    char text[256] = "";
    for (int i = 0; i < list->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%dx%d", i ? "," : "",
            list->item[i].ranks, list->item[i].threads);
    assert_string_equal(text, want);
}

TEST(default_layouts)
{
    struct layout_list list;
    static const int here[6] = {0}, round_robin[] = {0, 1, 2, 0, 1, 2},
                     uneven[] = {0, 0, 2, 2, 2, 5};
    layouts_default(&list, here, 1, 1, 1);
    assert_layouts(&list, "1x1");
    layouts_default(&list, here, 2, 2, 1);
    assert_layouts(&list, "1x1,1x2,2x1");
    layouts_default(&list, here, 6, 12, 2);
    assert_layouts(&list, "1x1,1x2,1x4,1x8,1x12,2x2,4x2,6x2");
    layouts_default(&list, round_robin, 3, 4, 4); /* machines of one rank */
    assert_layouts(&list, "1x4,2x4,3x4,1x1,1x2");
    layouts_default(&list, round_robin, 6, 4, 2);
    assert_layouts(&list, "2x2,4x2,6x2,1x1,1x2,1x4");
    layouts_default(&list, uneven, 6, 1, 1);
    assert_layouts(&list, "2x1,5x1,6x1,1x1");
}

TEST(ranks_machine_by_machine)
{
    static const int machine[] = {0, 1, 0, 1, 4, 0}, want[] = {0, 3, 1, 4, 5, 2};
    for (int r = 0; r < 6; r++)
        assert_int_equal(layout_position(machine, 6, r), want[r]);
    assert_int_equal(layout_ranks_of(machine, 6, 1), 3);
    assert_int_equal(layout_ranks_of(machine, 6, 2), 5);
    assert_int_equal(layout_ranks_of(machine, 6, 3), 6);
    assert_int_equal(layout_ranks_of(machine, 6, 9), 6);
}

TEST(cores_of_ranks)
{
    struct binding_cores cores = binding_plan(8, 2, 1, 3);
    assert_int_equal(cores.first, 3);
    assert_int_equal(cores.end, 6);
    cores = binding_plan(8, 3, 2, 3); /* too few: all for all */
    assert_int_equal(cores.first, 0);
    assert_int_equal(cores.end, 8);
    cores = binding_plan(2, 1, 0, 2);
    assert_int_equal(cores.end, 2);
}

/* --- progress ------------------------------------------------------------------------- */

static void report_twice(struct bench_progress *progress, char **text)
{
    size_t size;
    const struct listener listener = {progress, bench_progress_hear};
    struct repetitions repetitions = {1, 2, &listener, 0, 2};
    progress->form.file = open_memstream(text, &size);
    assert_non_null(progress->form.file);
    progress->what = "step";
    repetitions_report(&repetitions, "B=%d", 32);
    repetitions.done = 1;
    repetitions_report(&repetitions, "B=%d", 32);
    bench_progress_end(progress);
    bench_progress_end(progress); /* nothing is left to erase */
    fclose(progress->form.file);
}

TEST(progress_in_every_form)
{
    struct bench_progress lines = {.form.lines = true},
                          bar = {.form = {.bar = true, .columns = 80}},
                          narrow = {.form = {.bar = true, .columns = 11}},
                          silent = {.form.lines = false};
    char *text;
    report_twice(&lines, &text);
    assert_string_equal(text, "bench step: round 1 of 2, B=32\nbench step: round 2 of 2, B=32\n");
    free(text);
    report_twice(&bar, &text);
    assert_string_equal(text, "  0% |                    | bench step: round 1 of 2, B=32\r\033[K"
                              " 50% |##########          | bench step: round 2 of 2, B=32\r\033[K");
    free(text);
    report_twice(&narrow, &text);
    assert_string_equal(text, "  0% |    \r\033[K 50% |####\r\033[K");
    free(text);
    report_twice(&silent, &text);
    assert_string_equal(text, "");
    free(text);
    const struct repetitions nobody = {1, 2, NULL, 0, 2};
    repetitions_report(&nobody, "to nobody");
}

/* --- the table ----------------------------------------------------------------------------- */

#define SCALING_REPORT(verification)                                                               \
    "{\"bench\":\"scaling\",\"version\":\"1\",\"commit\":\"c\",\"command\":\"a command\","         \
    "\"ranks\":1,\"threads\":1,\"hosts\":2,\"host_names\":[\"a\",\"b\"],\"binding\":[\"cores "     \
    "0-3\"],"                                                                                      \
    "\"results\":{\"data\":\"data\",\"samples\":1000,\"widths\":[4,3,2],\"flops_per_sample\":84."  \
    "0,"                                                                                           \
    "\"rows\":[{\"kind\":\"strong\",\"batch\":64,\"layout\":\"1x2\",\"hosts\":2,\"measured\":"     \
    "true,"                                                                                        \
    "\"weights_xxh3\":\"0123456789abcdef\","                                                       \
    "\"samples_per_s\":{\"median\":5,\"least\":4,\"most\":6.5},\"load_balance\":0.25},"            \
    "{\"kind\":\"weak\",\"batch\":2000,\"layout\":\"2x2\",\"measured\":false}]," verification "}}"

static char *scaling_text(const char *report)
{
    struct json *json;
    struct error error;
    char *text;
    size_t size;
    assert_int_equal(js_parse(report, strlen(report), "a report", &json, &error), STATUS_OK);
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    bench_print(file, json);
    fclose(file);
    js_destroy(json);
    return text;
}

static void assert_ends(const char *text, const char *end)
{
    assert_true(strlen(text) > strlen(end));
    assert_string_equal(text + strlen(text) - strlen(end), end);
}

TEST(scaling_as_table)
{
    char *text = scaling_text(SCALING_REPORT("\"fom\":{\"value\":12345.67,\"unit\":\"samples/s\"},"
                                             "\"verification\":{\"verified\":true,\"steps\":10}"));
    assert_says(text, " on 2 hosts: a, b\n          rank 0: cores 0-3\n");
    assert_non_null(
        strstr(text, "network   4-3-2 on data, 1,000 samples; 84 operations per sample"));
    assert_says(text, "   1x2  64      2  5 [4, 6.5]\n");
    assert_says(text, "   1x2  64   25.0 %\n");
    assert_says(text, "not measured: the batch is larger than the data");
    assert_says(text, "needs a different --lr");
    assert_ends(text,
        "\nFOM = 12345.7 samples/s\nVERIFIED: all strong layouts end with weights_xxh3 "
        "0123456789abcdef after 10 steps\n");
    free(text);
}

TEST(verdicts)
{
    char *text = scaling_text(
        SCALING_REPORT("\"verification\":{\"verified\":false,\"steps\":10,\"why\":\"one bit\"}"));
    assert_ends(text, "\n\nNOT VERIFIED: one bit\n");
    free(text);
    text = scaling_text(
        SCALING_REPORT("\"verification\":{\"verified\":null,\"steps\":10,\"why\":\"no order\"}"));
    assert_ends(text, "\n\nnot compared: no order\n");
    free(text);
}
