/* What batch sizes mean: the numbers of lectures and of users, and where sizes run out. */
#include "step/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/plan_explain.h"
#include "report/plan_report.h"
#include "report/plan_figures.h"
#include "support/unit.h"

static const struct plan_request usual = {
    .samples = 10000, .batch = 32, .epochs = 5, .teams = 1, .threads = 1};

static struct plan make(struct plan_request request)
{
    struct plan plan;
    struct error error;
    if (plan_make(&plan, &request, &error))
        fail_msg("%s", error.text);
    return plan;
}

static void assert_refused(struct plan_request request, const char *named)
{
    struct plan plan;
    struct error error = {0};
    assert_int_equal(plan_make(&plan, &request, &error), STATUS_USAGE);
    if (!strstr(error.text, named))
        fail_msg("\"%s\" does not name %s", error.text, named);
}

static void assert_batch(
    const struct plan *plan, int64_t step, int64_t epoch, int64_t iteration, int64_t size)
{
    struct batch batch = plan_batch(plan, step);
    assert_int_equal(batch.step, step);
    assert_int_equal(batch.epoch, epoch);
    assert_int_equal(batch.iteration, iteration);
    assert_int_equal(batch.first, (iteration - 1) * plan->stage[0].batch);
    assert_int_equal(batch.size, size);
}

TEST(tail_kept)
{
    struct plan plan = make(usual);
    assert_int_equal(plan.stage[0].steps_per_epoch, 313);
    assert_int_equal(plan.stage[0].last_batch, 16);
    assert_int_equal(plan.total_steps, 1565);
    assert_int_equal(plan.stage[0].dropped_per_epoch, 0);
    assert_int_equal(plan.epochs_begun, 5);
    assert_false(plan.stage[0].clamped || plan.cut_by_max_steps);
}

TEST(tail_dropped)
{
    struct plan_request request = usual;
    request.drop_last = true;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].steps_per_epoch, 312);
    assert_int_equal(plan.stage[0].last_batch, 32);
    assert_int_equal(plan.total_steps, 1560);
    assert_int_equal(plan.stage[0].dropped_per_epoch, 16);
    assert_batch(&plan, 312, 1, 312, 32);
    assert_batch(&plan, 313, 2, 1, 32);
    assert_batch(&plan, 362, 2, 50, 32);
}

TEST(whole_batches)
{
    struct plan_request request = usual;
    request.samples = 1000;
    request.batch = 200;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].steps_per_epoch, 5);
    assert_int_equal(plan.total_steps, 25);
    assert_int_equal(plan.stage[0].last_batch, 200);
    assert_int_equal(plan.stage[0].dropped_per_epoch, 0);
    request.batch = 100;
    assert_int_equal(make(request).stage[0].steps_per_epoch, 10);
    request.drop_last = true;
    assert_int_equal(make(request).stage[0].steps_per_epoch, 10);
}

TEST(steps_count_on_over_epochs)
{
    struct plan plan = make(usual);
    assert_batch(&plan, 1, 1, 1, 32);
    assert_batch(&plan, 312, 1, 312, 32);
    assert_batch(&plan, 313, 1, 313, 16);
    assert_batch(&plan, 314, 2, 1, 32);
    assert_batch(&plan, 363, 2, 50, 32);
    assert_batch(&plan, 626, 2, 313, 16);
    assert_batch(&plan, 1565, 5, 313, 16);
}

TEST(max_steps_ends_the_run)
{
    struct plan_request request = usual;
    request.max_steps = 400; /* within epoch 2 */
    struct plan plan = make(request);
    assert_int_equal(plan.total_steps, 400);
    assert_int_equal(plan.epochs_begun, 2);
    assert_true(plan.cut_by_max_steps);

    request.max_steps = 626; /* at the end of epoch 2 */
    plan = make(request);
    assert_int_equal(plan.epochs_begun, 2);
    assert_true(plan.cut_by_max_steps);

    request.max_steps = 1565; /* as many as the epochs have */
    assert_false(make(request).cut_by_max_steps);

    request.max_steps = 1566; /* beyond them */
    plan = make(request);
    assert_int_equal(plan.total_steps, 1565);
    assert_false(plan.cut_by_max_steps);

    request.epochs = 0; /* alone */
    request.max_steps = 10000;
    plan = make(request);
    assert_int_equal(plan.total_steps, 10000);
    assert_int_equal(plan.epochs_begun, 32);
    assert_true(plan.cut_by_max_steps);
}

TEST(batch_larger_than_the_data)
{
    struct plan_request request = usual;
    request.samples = 20;
    struct plan plan = make(request);
    assert_true(plan.stage[0].clamped);
    assert_int_equal(plan.stage[0].batch, 20);
    assert_int_equal(plan.request.batch, 32);
    assert_int_equal(plan.stage[0].steps_per_epoch, 1);
    assert_int_equal(plan.stage[0].last_batch, 20);
    assert_int_equal(plan.total_steps, 5);
    request.drop_last = true;
    assert_refused(request, "--drop-last");
}

TEST(smallest_and_largest_batch)
{
    struct plan_request request = usual;
    request.batch = 1;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].steps_per_epoch, 10000);
    assert_int_equal(plan.stage[0].last_batch, 1);
    assert_int_equal(plan.total_steps, 50000);
    for (int drop_last = 0; drop_last < 2; drop_last++) {
        request.batch = request.samples;
        request.drop_last = drop_last;
        plan = make(request);
        assert_false(plan.stage[0].clamped);
        assert_int_equal(plan.stage[0].steps_per_epoch, 1);
        assert_int_equal(plan.stage[0].last_batch, 10000);
    }
}

TEST(nonsense_is_refused)
{
    struct plan_request request = usual;
    request.samples = 0;
    assert_refused(request, "--samples 0: must be at least 1");
    request = usual;
    request.batch = 0;
    assert_refused(request, "--batch 0: must be at least 1 (samples)");
    request = usual;
    request.epochs = 0;
    assert_refused(request, "--max-steps");
    request = usual;
    request.slices = -1;
    assert_refused(request, "--slices");
    request = usual;
    request.teams = 0;
    assert_refused(request, "--ranks 0");
}

TEST(beyond_32_bits)
{
    struct plan_request request = usual;
    request.samples = INT64_C(5000000000);
    request.batch = 3;
    request.epochs = 7;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].steps_per_epoch, 1666666667);
    assert_int_equal(plan.total_steps, INT64_C(11666666669));
    assert_batch(&plan, plan.total_steps, 7, 1666666667, 2);
    assert_int_equal(plan_batch(&plan, plan.total_steps).first, INT64_C(4999999998));
}

/* Epochs x steps does not fit in 64 bits: refused, unless max_steps ends the run before. */
TEST(beyond_64_bits)
{
    struct plan_request request = usual;
    request.samples = INT64_MAX;
    request.batch = 1;
    request.epochs = INT64_MAX;
    assert_refused(request, "--epochs");
    request.max_steps = 10;
    struct plan plan = make(request);
    assert_int_equal(plan.total_steps, 10);
    assert_true(plan.cut_by_max_steps);
    request.max_steps = (INT64_C(1) << 62) + 1;
    assert_refused(request, "--max-steps");
    request.max_steps--;
    assert_int_equal(make(request).total_steps, INT64_C(1) << 62);
}

TEST(default_slices)
{
    static const int64_t known[][2] = {{1, 1}, {64, 1}, {127, 1}, {128, 2}, {255, 2}, {256, 4},
        {512, 8}, {1000, 8}, {1024, 16}, {2048, 32}, {4095, 32}, {4096, 64}, {8192, 64},
        {16383, 64}, {16384, 128}, {60000, 128}, {INT64_MAX, INT64_C(1) << 31}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(plan_default_slices(known[i][0]), known[i][1]);

    /* The definition, for every batch: v <= B/64 and v <= sqrt(B), and 2v is not. */
    for (int64_t batch = 1; batch <= 20000; batch++) {
        int64_t v = plan_default_slices(batch), next = 2 * v;
        assert_int_equal(v & (v - 1), 0);
        assert_true(v == 1 || (v * 64 <= batch && v * v <= batch));
        assert_false(next * 64 <= batch && next * next <= batch);
    }
    struct plan_request request = usual;
    request.batch = 1000;
    assert_int_equal(make(request).stage[0].slices, 8);
    request.slices = 3;
    assert_int_equal(make(request).stage[0].slices, 3);
}

/* The rows of `rows` begin where those before ended; returns where they end. */
static int64_t next_rows(struct range rows, int64_t at)
{
    assert_int_equal(rows.first, at);
    assert_true(rows.end >= at);
    return rows.end;
}

TEST(every_row_once)
{
    static const int64_t sizes[] = {1, 2, 3, 16, 31, 128, 999}, slices[] = {0, 1, 2, 3, 4, 7, 8};
    for (int c = 0; c < 7 * 7 * 5; c++) {
        struct plan_request request = usual;
        request.batch = 1000;
        request.slices = slices[c % 7];
        request.teams = c / 49 + 1;
        struct plan plan = make(request);
        int64_t size = sizes[c / 7 % 7], row = 0, team_row = 0, slice = 0;
        int busy = 0;
        for (int team = 0; team < plan.teams; team++) {
            struct range mine = plan_team_slices(&plan.stage[0], team);
            assert_int_equal(mine.first, slice);
            busy += range_size(mine) > 0;
            for (; slice < mine.end; slice++)
                row = next_rows(plan_slice_rows(&plan.stage[0], size, slice), row);
            team_row = next_rows(plan_team_rows(&plan.stage[0], size, team), team_row);
            assert_int_equal(team_row, row);
        }
        assert_int_equal(slice, plan.stage[0].slices);
        assert_int_equal(row, size);
        assert_int_equal(busy, plan.stage[0].busy_teams);
    }
}

TEST(more_teams_than_slices)
{
    struct plan_request request = usual;
    request.batch = 128;
    request.teams = 5;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].slices, 2);
    assert_int_equal(plan.stage[0].busy_teams, 2);
    assert_true(plan.stage[0].balance == 0.4);
    assert_true(range_size(plan_team_rows(&plan.stage[0], 128, 0)) > 0);
    request.teams = 2;
    assert_true(make(request).stage[0].balance == 1);
}

/* The whole epoch, as the trainer walks it: every position once, tails and all. */
TEST(every_position_once)
{
    for (int64_t n = 1; n <= 40; n++)
        for (int64_t b = 1; b <= n; b++) {
            struct plan_request request = usual;
            request.samples = n;
            request.batch = b;
            request.epochs = 2;
            request.drop_last = (n + b) % 2;
            struct plan plan = make(request);
            int64_t seen = 0;
            for (int64_t step = 1; step <= plan.stage[0].steps_per_epoch; step++) {
                struct batch batch = plan_batch(&plan, step);
                assert_int_equal(batch.first, seen);
                seen += batch.size;
            }
            assert_int_equal(seen + plan.stage[0].dropped_per_epoch, n);
            assert_batch(&plan, plan.stage[0].steps_per_epoch + 1, 2, 1,
                plan.stage[0].steps_per_epoch > 1 ? b : plan.stage[0].last_batch);
        }
}

/* 10,000 samples: two epochs of 32 (313 steps each), three of 512 (20), then all at once. */
static struct plan_request growing(void)
{
    struct plan_request request = usual;
    request.epochs = 7;
    request.changes = 2;
    request.change[0] = (struct batch_change){512, 2};
    request.change[1] = (struct batch_change){20000, 5};
    return request;
}

TEST(stages_follow_each_other)
{
    struct plan plan = make(growing());
    assert_int_equal(plan.stages, 3);
    assert_int_equal(plan.total_steps, 2 * 313 + 3 * 20 + 2);
    assert_int_equal(plan.epochs_begun, 7);
    assert_int_equal(plan.stage[1].slices, 8);
    assert_int_equal(plan.stage[2].batch, 10000);
    assert_true(plan.stage[2].clamped && !plan.stage[0].clamped);
    static const struct batch wanted[] = {{1, 1, 1, 0, 32, 0}, {313, 1, 313, 9984, 16, 0},
        {626, 2, 313, 9984, 16, 0}, {627, 3, 1, 0, 512, 1}, {646, 3, 20, 9728, 272, 1},
        {647, 4, 1, 0, 512, 1}, {687, 6, 1, 0, 10000, 2}, {688, 7, 1, 0, 10000, 2}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct batch batch = plan_batch(&plan, wanted[i].step);
        assert_memory_equal(&batch, &wanted[i], sizeof batch);
    }
}

/* Walked step by step, against adding up. */
TEST(stages_add_up)
{
    struct plan plan = make(growing());
    int64_t seen = 0, epochs = 0;
    for (int64_t step = 1; step <= plan.total_steps; step++) {
        struct batch batch = plan_batch(&plan, step);
        assert_int_equal(batch.epoch, epochs + 1);
        assert_int_equal(batch.first, seen);
        seen += batch.size;
        if (plan_ends_epoch(&plan, &batch)) {
            assert_int_equal(seen, 10000);
            seen = 0;
            epochs++;
            assert_int_equal(plan_steps_of(&plan, epochs), step);
        }
        assert_int_equal(plan_whole_epochs(&plan, step), epochs);
    }
    assert_int_equal(epochs, 7);
    assert_int_equal(plan_steps_of(&plan, 0), 0);
    assert_int_equal(plan_steps_of(&plan, 100), plan.total_steps + 93);
    assert_int_equal(plan_steps_of(&plan, INT64_MAX), INT64_MAX);
    assert_int_equal(plan_largest_batch(&plan), 10000);
}

/* --max-steps may end a run before a stage comes; without --epochs the last goes on. */
TEST(stages_and_max_steps)
{
    struct plan_request request = growing();
    request.max_steps = 630;
    struct plan plan = make(request);
    assert_true(plan.cut_by_max_steps);
    assert_int_equal(plan.epochs_begun, 3);
    request.max_steps = 626;
    assert_int_equal(make(request).epochs_begun, 2);
    request.epochs = 0;
    request.max_steps = 10000;
    plan = make(request);
    assert_int_equal(plan.total_steps, 10000);
    assert_int_equal(plan.epochs_begun, 5 + 10000 - 686);
}

TEST(stages_out_of_order_are_refused)
{
    struct plan_request request = growing();
    request.change[1].after_epochs = 2;
    assert_refused(request, "20000@2ep: must come after the previous change");
    request.change[1].after_epochs = 7;
    assert_refused(request, "20000@7ep: the run ends after 7 epochs");
    request.change[0].after_epochs = 0;
    assert_refused(request, "512@0ep");
    request = growing();
    request.change[0].batch = 0;
    assert_refused(request, "0@2ep: a batch needs at least 1 sample");
    request = growing();
    request.drop_last = true;
    assert_refused(request, "--batch 20000 with --drop-last");
}

/* What a function prints, as text to be freed. */
static char *printed(void (*print)(FILE *, const struct plan *), const struct plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    print(file, plan);
    assert_int_equal(fclose(file), 0);
    return text;
}

static const struct estimate_input nothing_known = {.machines = 1};

static struct run_estimate run_estimate_of(const struct plan *plan, const struct schedule *schedule)
{
    return run_estimate_make(&nothing_known, plan, schedule);
}

static void print_one(FILE *file, const struct plan *plan)
{
    const struct schedule schedule = {.lr = 0.1, .total_steps = plan->total_steps};
    struct run_estimate estimate = run_estimate_of(plan, &schedule);
    struct plan_report report = {.input = &nothing_known, .runs = 1, .run = &estimate};
    plan_report_print(file, &report);
}

/* "plans" of one plan; the caller owns what it lies in. */
static const struct json *json_of(
    const struct plan *plan, const struct schedule *schedule, struct json **owner)
{
    struct run_estimate estimate = run_estimate_of(plan, schedule);
    struct plan_report report = {.input = &nothing_known, .runs = 1, .run = &estimate};
    *owner = js_object();
    plan_report_set_json(*owner, &report);
    return js_get(*owner, "plans");
}

TEST(explained_as_by_a_lecturer)
{
    struct plan plan = make(usual);
    char *text = printed(plan_explain, &plan);
    assert_says(text, "ceil(10000/32) = ceil(312.5) = 313; last batch 16; 313 x 5 = 1565\n");
    assert_says(text, "floor(10000/32) = floor(312.5) = 312; last batch 32, 16 samples dropped; "
                      "312 x 5 = 1560\n");
    assert_says(text, "Epoch 2: steps 314 to 626\n");
    assert_says(text, "+-- Batch 313: 16 samples -> Step 1565\n");
    free(text);

    struct plan_request request = usual;
    request.samples = 1000;
    request.batch = 3;
    request.max_steps = 335;
    plan = make(request);
    text = printed(plan_explain, &plan);
    assert_says(text, "ceil(1000/3) = ceil(333.3333...) = 334; last batch 1; 334 x 5 = 1670; "
                      "--max-steps ends the run at step 335\n");
    assert_says(text, "Epoch 2: steps 335 to 335, cut by --max-steps\n");
    free(text);
}

TEST(table_has_both_figures)
{
    struct plan plan = make(usual);
    char *text = printed(print_one, &plan);
    assert_says(text, "kept              313     16  1,565          0       5   50,000\n");
    assert_says(text, "if dropped        312     32  1,560         16       5   49,920\n");
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    free(text);
}

TEST(json_has_both_figures)
{
    struct plan plan = make(usual);
    const struct schedule schedule = {.lr = 0.1, .total_steps = plan.total_steps};
    struct json *owner;
    const struct json *array = json_of(&plan, &schedule, &owner);
    const struct json *object = js_item(array, 0), *other = js_get(object, "other_tail");
    int64_t value;
    assert_true(js_as_int(js_get(object, "total_steps"), &value) && value == 1565);
    assert_true(js_as_int(js_get(object, "last_batch"), &value) && value == 16);
    assert_true(js_as_int(js_get(other, "total_steps"), &value) && value == 1560);
    assert_true(js_as_int(js_get(other, "dropped_per_epoch"), &value) && value == 16);
    js_destroy(owner);
}

static void assert_span(struct plan_span span, int64_t least, int64_t most)
{
    assert_int_equal(span.least, least);
    assert_int_equal(span.most, most);
}

TEST(shares_of_teams_and_workers)
{
    struct plan_request request = usual;
    request.batch = 1000;
    request.teams = 3;
    request.threads = 2;
    struct plan plan = make(request); /* slices of 125 rows, dealt 3, 3, 2 */
    assert_span(plan_shares_of(&plan).rows_per_team, 250, 375);
    assert_span(plan_shares_of(&plan).slices_per_team, 2, 3);
    assert_span(plan_shares_of(&plan).rows_per_slice, 125, 125);
    assert_span(plan_shares_of(&plan).workers_per_team, 2, 2);
    assert_span(plan_shares_of(&plan).rows_per_worker, 125, 188);
    assert_int_equal(plan_shares_of(&plan).workers, 6);
    assert_int_equal(plan_shares_of(&plan).without_rows, 0);
}

/* Ranks of one team share its rows, and slices do not matter to them. */
TEST(one_team_of_several_ranks)
{
    struct plan_request request = usual;
    request.batch = 50; /* one slice */
    request.ranks = request.team_ranks = 5;
    request.threads = 4;
    struct plan plan = make(request);
    assert_int_equal(plan.stage[0].busy_teams, 1);
    assert_true(plan.stage[0].balance == 1);
    assert_span(plan_shares_of(&plan).rows_per_team, 50, 50);
    assert_span(plan_shares_of(&plan).workers_per_team, 20, 20);
    assert_span(plan_shares_of(&plan).rows_per_worker, 2, 3);
    assert_int_equal(plan_shares_of(&plan).without_rows, 0);
    request.batch = 17;
    plan = make(request);
    assert_span(plan_shares_of(&plan).rows_per_worker, 0, 1);
    assert_int_equal(plan_shares_of(&plan).without_rows, 3);
}

/* Three ranks and one: the second team has as many slices, and fewer workers for them. */
TEST(teams_of_different_sizes)
{
    struct plan_request request = usual;
    request.batch = 128; /* two slices */
    request.teams = 2;
    request.ranks = 4;
    request.team_ranks = 3;
    request.threads = 2;
    struct plan plan = make(request);
    assert_int_equal(plan_team_workers(&plan, 0), 6);
    assert_int_equal(plan_team_workers(&plan, 1), 2);
    assert_int_equal(plan_shares_of(&plan).workers, 8);
    assert_span(plan_shares_of(&plan).workers_per_team, 2, 6);
    assert_span(plan_shares_of(&plan).rows_per_worker, 10, 32);
    request.batch = 64; /* one: the second team idles */
    plan = make(request);
    assert_int_equal(plan.stage[0].busy_teams, 1);
    assert_span(plan_shares_of(&plan).rows_per_worker, 0, 11);
    assert_int_equal(plan_shares_of(&plan).without_rows, 2);
}

static int threads_used(struct plan_request request, double sample_flops)
{
    request.sample_flops = sample_flops;
    struct plan plan = make(request);
    assert_int_equal(plan.request.threads, request.threads); /* as asked for */
    return plan.threads;
}

/* A worker for each million operations of a step, as far as there are threads. */
TEST(small_steps_take_fewer_threads)
{
    struct plan_request request = usual;
    const double worker = PLAN_WORKER_FLOPS;
    request.batch = 1000;
    request.threads = 8;
    assert_int_equal(threads_used(request, 0), 8); /* not known */
    assert_int_equal(threads_used(request, 1e-9), 1);
    assert_int_equal(threads_used(request, 1.99 * worker / 1000), 1);
    assert_int_equal(threads_used(request, 2 * worker / 1000), 2);
    assert_int_equal(threads_used(request, 7.99 * worker / 1000), 7);
    assert_int_equal(threads_used(request, 8 * worker / 1000), 8);
    assert_int_equal(threads_used(request, 1e300), 8);

    request.samples = 500; /* the whole data are a batch */
    assert_int_equal(threads_used(request, 8 * worker / 1000), 4);
    request.samples = 1000000;
    request.threads = 1;
    assert_int_equal(threads_used(request, 8 * worker / 1000), 1);
}

/* Teams share a batch's rows, and a team's ranks those of the team. */
TEST(teams_and_their_ranks_share_the_work)
{
    struct plan_request request = usual;
    const double flops = 12 * (double)PLAN_WORKER_FLOPS / 1000;
    request.batch = 1000;
    request.threads = 8;
    request.teams = 2;
    assert_int_equal(threads_used(request, flops), 6);
    request.ranks = 6;
    request.team_ranks = 3;
    assert_int_equal(threads_used(request, flops), 2);
    assert_int_equal(threads_used(request, 0), 8);
    request.teams = 1;
    request.team_ranks = 6;
    assert_int_equal(threads_used(request, flops), 2);
    request.ranks = request.team_ranks = 13; /* more ranks than work: one thread each */
    assert_int_equal(threads_used(request, flops), 1);

    request.ranks = request.team_ranks = 6;
    request.sample_flops = flops;
    struct plan plan = make(request);
    assert_int_equal(plan_team_workers(&plan, 0), 12); /* threads in use count, the others idle */
    assert_int_equal(plan_shares_of(&plan).workers, 12);
    assert_span(plan_shares_of(&plan).rows_per_worker, 83, 84);
}

/* How many threads there are is no part of what a run computes. */
TEST(threads_in_use_change_no_step)
{
    struct plan_request request = usual;
    request.threads = 8;
    struct plan all = make(request);
    request.sample_flops = 1;
    struct plan few = make(request);
    assert_int_equal(all.threads, 8);
    assert_int_equal(few.threads, 1);
    assert_int_equal(few.stage[0].slices, all.stage[0].slices);
    assert_int_equal(few.total_steps, all.total_steps);
    assert_int_equal(few.stage[0].busy_teams, all.stage[0].busy_teams);
    assert_true(few.stage[0].balance == all.stage[0].balance);
}

/* The textbook's rates: times 0.1 every 100 steps, so 15 falls in 1,565 steps, the first with step
 * 101. */
TEST(json_has_the_rates)
{
    struct plan plan = make(usual);
    const struct schedule schedule = {.kind = SCHEDULE_STEP,
        .lr = 0.1,
        .total_steps = plan.total_steps,
        .step_size = 100,
        .gamma = 0.1};
    struct json *owner;
    const struct json *array = json_of(&plan, &schedule, &owner);
    const struct json *rates = js_get(js_item(array, 0), "rates"), *curve = js_get(rates, "curve");
    assert_string_equal(js_as_text(js_get(rates, "schedule")), "step");
    assert_int_equal(js_size(curve), 16);
    for (int i = 0; i < 16; i++) {
        int64_t step;
        double lr;
        assert_true(js_as_int(js_get(js_item(curve, (size_t)i), "step"), &step));
        assert_true(js_as_real(js_get(js_item(curve, (size_t)i), "lr"), &lr));
        assert_int_equal(step, 1 + 100 * i);
        assert_true(lr == schedule_rate(&schedule, step, 1));
    }
    js_destroy(owner);
}

/* A curve of too many points has some of them, the first and the last among them. */
TEST(json_thins_long_curves)
{
    struct plan plan = make(usual);
    plan.total_steps = 1000003;
    const struct schedule schedule = {
        .kind = SCHEDULE_COSINE, .lr = 0.1, .total_steps = plan.total_steps};
    struct json *owner;
    const struct json *array = json_of(&plan, &schedule, &owner);
    const struct json *curve = js_get(js_get(js_item(array, 0), "rates"), "curve");
    int64_t first, last;
    assert_int_equal(js_size(curve), 2000);
    assert_true(js_as_int(js_get(js_item(curve, 0), "step"), &first) && first == 1);
    assert_true(js_as_int(js_get(js_item(curve, 1999), "step"), &last) && last == 1000003);
    js_destroy(owner);
}
