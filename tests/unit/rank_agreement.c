/* rank_agreement.c: the hash of settings that ranks compare covers every member of them. */
#include "run/rank_agreement.h"

#include <stddef.h>
#include <string.h>

#include "support/unit.h"

static struct settings settings;
static struct run_settings run;

static uint64_t hash_now(void)
{
    return rank_agreement_settings_hash(&settings, &run);
}

/* Members that may differ by rank, that follow from others, or that are compared in another way. */
static bool is_exempt(size_t at)
{
    size_t plan_end = offsetof(struct settings, plan) + sizeof settings.plan;
    size_t kernel = offsetof(struct settings, kernel);
    size_t weight = offsetof(struct settings, criterion) + offsetof(struct criterion, class_weight);
    return at < plan_end || (at >= kernel && at < kernel + sizeof settings.kernel) ||
           (at >= weight && at < weight + sizeof(float *));
}

/* Flips every byte in turn. One that is a value, not padding, changes the hash. `value` [size]: 0 for
 * padding. Returns how many were flipped. */
static int flip_all(void *object, size_t size, const unsigned char *value, bool exempt)
{
    unsigned char *byte = object;
    int flipped = 0;
    uint64_t before = hash_now();
    for (size_t at = 0; at < size; at++) {
        if (!value[at] || (exempt && is_exempt(at)))
            continue;
        byte[at] ^= 1;
        if (hash_now() == before)
            fail_msg("byte %zu of %zu is not in the hash", at, size);
        byte[at] ^= 1;
        flipped++;
    }
    return flipped;
}

#if defined __GNUC__ && !defined __clang__
/* Padding between two members. */
static void clear_between(struct settings *all, size_t from, size_t to)
{
    assert_true(to - from < 8);
    memset((unsigned char *)all + from, 0, to - from);
}

TEST(every_member)
{
    static struct settings all_settings;
    static struct run_settings all_run;
    memset(&all_settings, 0xFF, sizeof all_settings);
    memset(&all_run, 0xFF, sizeof all_run);
    /* Once for each struct: gcc 12 skips all padding behind an array of structs, as the plan has. */
    __builtin_clear_padding(&all_settings.mlp);
    __builtin_clear_padding(&all_settings.criterion);
    __builtin_clear_padding(&all_settings.optimizer);
    clear_between(&all_settings, offsetof(struct settings, buckets) + sizeof settings.buckets,
        offsetof(struct settings, link));
    clear_between(&all_settings, offsetof(struct settings, weighted) + sizeof settings.weighted,
        offsetof(struct settings, cache_bytes));
    clear_between(&all_settings,
        offsetof(struct settings, noise_scale) + sizeof settings.noise_scale, sizeof settings);
    __builtin_clear_padding(&all_run);
    __builtin_clear_padding(&all_run.schedule);
    __builtin_clear_padding(&all_run.plateau);
    __builtin_clear_padding(&all_run.eval_every);
    __builtin_clear_padding(&all_run.verify_every);
    __builtin_clear_padding(&all_run.stop);
    int n = flip_all(&settings, sizeof settings, (unsigned char *)&all_settings, true);
    assert_true(n > 1000); /* the network's widths alone are 65 */
    n = flip_all(&run, sizeof run, (unsigned char *)&all_run, false);
    assert_true(n > 400);
}
#else
TEST(every_member)
{
    skip(); /* only gcc can name the padding of a struct */
}
#endif

TEST(members_of_the_plan)
{
    settings.plan.stages = 2;
    void *const member[] = {&settings.plan.samples, &settings.plan.drop_last,
        &settings.plan.total_steps, &settings.plan.cut_by_max_steps, &settings.plan.teams,
        &settings.plan.stage[1].epochs_before, &settings.plan.stage[1].batch,
        &settings.plan.stage[1].slices};
    for (size_t i = 0; i < sizeof member / sizeof *member; i++) {
        const unsigned char first = 1;
        assert_int_equal(flip_all(member[i], 1, &first, false), 1);
    }
}

TEST(class_weights)
{
    float weight[] = {1, 2, 3};
    settings.mlp.layers = 1;
    settings.mlp.width[1] = 3;
    uint64_t without = hash_now();
    settings.criterion.class_weight = weight;
    uint64_t with = hash_now();
    weight[2] = 4;
    assert_true(without != with && with != hash_now());
    settings.criterion.class_weight = NULL;
}
