#include "study/scaling_verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "study/measure_step.h"

/* Notes on rank 0 how a run differs, unless another one differed before. */
__attribute__((format(printf, 3, 4))) static void note_difference(
    struct scaling_study *study, const struct scaling_case *of, const char *format, ...)
{
    char text[400];
    va_list arguments;
    if (study->comm->rank > 0 || study->wrong[0])
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(study->wrong, sizeof study->wrong, "with B=%" PRId64 " on %dx%d, %s", of->batch,
        of->layout.ranks, of->layout.threads, text);
}

static const char *hash_text(uint64_t weights_xxh3, char out[40])
{
    snprintf(out, 40, weights_xxh3 ? "weights_xxh3 %016" PRIx64 : "no weights: it diverges",
        weights_xxh3);
    return out;
}

/* A rank's final weights. Sent as bytes. */
struct scaling_claim {
    uint64_t weights_xxh3;
    int rank;
    char host[64];
};

enum status scaling_compare_ranks(struct scaling_study *study, const struct scaling_case *of,
    struct comm *part, uint64_t weights_xxh3, struct error *error)
{
    struct scaling_claim mine = {.weights_xxh3 = weights_xxh3, .rank = study->comm->rank}, *all;
    char wrong[40], right[40];
    gethostname(mine.host, sizeof mine.host - 1);
    TRY(comm_gather_new(part, &mine, sizeof mine, &all, "the ranks' weights", error));
    for (int r = 1; r < part->size; r++)
        if (all[r].weights_xxh3 != all[0].weights_xxh3)
            note_difference(study, of, "rank %d on %s ends with %s, but rank 0 on %s with %s",
                all[r].rank, all[r].host, hash_text(all[r].weights_xxh3, wrong), all[0].host,
                hash_text(all[0].weights_xxh3, right));
    free(all);
    return STATUS_OK;
}

static enum status train_steps(struct scaling_study *study, struct scaling_case *of,
    struct teams *teams, void *result, struct error *error)
{
    struct settings *settings = &study->job->settings;
    const enum noise_scale noise_scale = settings->noise_scale;
    (void)result;
    TRY(scaling_plan(study, of, teams, SCALING_STEPS, error));
    settings->noise_scale = NOISE_SCALE_OFF; /* at the end it takes longer than these steps */
    enum status status = train_to_end(&of->weights_xxh3, study->job, teams, error);
    settings->noise_scale = noise_scale;
    if (status != STATUS_DIVERGED)
        TRY(status);
    return scaling_compare_ranks(study, of, teams->comm, of->weights_xxh3, error);
}

static enum status verify_case(void *context, int i, struct error *error)
{
    struct scaling_study *study = context;
    struct scaling_case *of = &study->cases[i];
    const struct scaling_case *first = of - i % study->layouts;
    char here[40], there[40], hash[20];
    if (of->weak)
        return STATUS_OK;
    repetitions_report(study->repetitions, "verifying B=%" PRId64 " on %d x %d", of->batch,
        of->layout.ranks, of->layout.threads);
    TRY(scaling_run_case(study, i, train_steps, NULL, error));
    if (of->weights_xxh3 != first->weights_xxh3)
        note_difference(study, of, "training ends with %s, but on %dx%d with %s",
            hash_text(of->weights_xxh3, here), first->layout.ranks, first->layout.threads,
            hash_text(first->weights_xxh3, there));
    snprintf(hash, sizeof hash, "%016" PRIx64, of->weights_xxh3);
    js_set_text(of->row, "weights_xxh3", hash);
    return STATUS_OK;
}

enum status scaling_verify(struct scaling_study *study, struct error *error)
{
    struct repetitions *repetitions = study->repetitions, once = *repetitions;
    once.repeats = 1;
    study->repetitions = &once;
    enum status status = repetitions_run(&once, study->n, verify_case, study, error);
    study->repetitions = repetitions;
    comm_broadcast(study->comm, study->wrong, sizeof study->wrong);
    return status;
}

void scaling_set_verification(struct json *results, const struct scaling_study *study)
{
    struct json *verification = js_object();
    const char *why = study->wrong;
    if (study->verified)
        js_set_bool(verification, "verified", !study->wrong[0]);
    else {
        js_set(verification, "verified", NULL);
        why = "with --reduce allreduce the bits depend on the number of teams";
    }
    js_set_int(verification, "steps", SCALING_STEPS);
    js_set_text(verification, "why", why[0] ? why : NULL);
    js_set(results, "verification", verification);
}
