#include "api/session_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/heartbeat.h"
#include "base/memory.h"
#include "data/dataset_copy.h"
#include "data/split/folds.h"
#include "data/split/sample_split.h"
#include "api/session_memory.h"
#include "api/shared_data.h"

/* Reads validation or test data. Their labels are read as the same kind as the training labels,
 * even if they look like another kind; the columns of a table may be in another order. */
static enum status read_held_out(const char *data, enum role role, struct source_request request,
    const struct dataset *train, struct dataset *dataset, struct error *error)
{
    if (data[0]) {
        request.data = data;
        request.labels = NULL;
        request.task = train->classes > 0 ? TASK_CLASSES : TASK_VALUES;
        request.features = train->features;
        request.levels = &train->levels;
        request.feature_name = train->feature_name;
        request.label_name = train->label_name;
        request.label_columns = dataset_label_columns(train);
        dataset_clear(dataset);
        TRY(source_read_held_out(&request, role, dataset, error));
    }
    return dataset->samples > 0 ? dataset_match(train, dataset, error) : STATUS_OK;
}

static enum status read_files(
    struct session *session, const struct options *options, struct error *error)
{
    struct dataset *train = &session->train, *test = &session->test;
    struct session_room asked;
    struct source_request request = session_request(session, options, &asked);
    TRY(source_read_train(&request, train, test, error));
    if (options->test_split.fraction > 0 || options->test_split.count > 0 || *options->fold)
        dataset_clear(test);
    TRY(read_held_out(
        options->val_data, ROLE_VALIDATION, request, train, &session->validation, error));
    return read_held_out(options->test_data, ROLE_TEST, request, train, test, error);
}

/* Takes the data from memory. */
static enum status take_sets(
    struct session *session, const struct dataset *const from[3], struct error *error)
{
    struct dataset *train = &session->train;
    for (int i = 0; i < 3; i++)
        if (from[i] && dataset_label_columns(from[i]) == 0)
            return fail(error, STATUS_BAD_DATA, "%s: the %s data have no labels", from[i]->name,
                i == 0   ? "training"
                : i == 1 ? "validation"
                         : "test");
    TRY(source_check_classes(from[0], error));
    TRY(dataset_borrow(train, from[0], error));
    if (from[1])
        TRY(dataset_fit(&session->validation, from[1], train, error));
    return from[2] ? dataset_fit(&session->test, from[2], train, error) : STATUS_OK;
}

enum status session_read_data(struct session *session, const struct options *options,
    const struct session_sources *sources, struct comm *comm, struct error *error)
{
    bool reads = session->base.teams->rank == 0;
    struct dataset *const set[] = {&session->train, &session->validation, &session->test};
    enum status status = STATUS_OK;
    heartbeat_doing("reading the data");
    if (reads && sources->set[0])
        status = take_sets(session, sources->set, error);
    else if (reads)
        status = read_files(session, options, error);
    TRY(comm_agree(comm, status, error));
    for (int i = 0; i < 3; i++)
        TRY(comm_agree(comm, dataset_share(set[i], session->base.teams, error), error));
    memcpy(session->base.data, set, sizeof set);
    return STATUS_OK;
}

/* Splits the samples that are not in fold `held_out`, counted from 1; those in it become the test
 * samples. */
static enum status split_fold(struct sample_split *split, const struct session *session,
    struct split_request request, struct fold_choice choice, struct error *error)
{
    const struct dataset *train = &session->train;
    struct fold_request folds = {choice.folds, request.seed, request.stratified};
    struct split_counts counts;
    struct subset rest, held_out;
    int32_t *fold;
    TRY(memory_take(&fold, (size_t)train->samples, sizeof *fold, "the folds", error));
    enum status status = folds_assign(fold, train, &folds, error);
    if (!status)
        status = fold_subsets(&rest, &held_out, fold, train->samples, choice.fold - 1, error);
    free(fold);
    if (status)
        return status;
    status = options_split(&session->options, rest.size, &counts, error);
    request.validation = counts.validation;
    request.from = &rest;
    if (!status)
        status = sample_split(split, train, &request, error);
    subset_clear(&rest);
    if (status)
        subset_clear(&held_out);
    else
        split->test = held_out;
    return status;
}

static enum status split_samples(
    struct sample_split *split, const struct session *session, struct error *error)
{
    const struct options *options = &session->options;
    struct split_request request = {
        .seed = (uint64_t)options->seed, .stratified = options->stratify == STRATIFY_ON};
    struct split_counts counts;
    struct fold_choice choice;
    TRY(options_fold(options, &choice, error));
    if (choice.folds > 0)
        return split_fold(split, session, request, choice, error);
    TRY(options_split(options, session->train.samples, &counts, error));
    request.validation = counts.validation;
    request.test = counts.test;
    return sample_split(split, &session->train, &request, error);
}

/* Refuses a set in which no sample has a weight. */
static enum status check_weights(const struct session *session, struct error *error)
{
    const struct dataset *train = &session->train, *test = &session->test;
    const struct dataset *validation = &session->validation;
    TRY(subset_check_weights(&session->train_part, train, "training", error));
    TRY(subset_check_weights(&session->validation_part,
        validation->samples > 0 ? validation : train, "validation", error));
    return subset_check_weights(
        &session->test_part, test->samples > 0 ? test : train, "test", error);
}

/* Splits the training data. Sets with files of their own are not split. */
static enum status split_data(struct session *session, struct error *error)
{
    const struct dataset *train = &session->train;
    struct sample_split split;
    TRY(data_defaults_stratify(&session->options, train, error));
    TRY(split_samples(&split, session, error));
    session->train_part = split.train;
    session->validation_part = split.validation;
    session->test_part = split.test;
    if (session->validation.samples > 0)
        session->validation_part = (struct subset){.size = session->validation.samples};
    if (session->test.samples > 0)
        session->test_part = (struct subset){.size = session->test.samples};
    return check_weights(session, error);
}

/* Refuses missing numbers in validation and test samples. */
static enum status refuse_missing(const struct session *session, struct error *error)
{
    const struct dataset *train = &session->train, *test = &session->test;
    const struct dataset *validation = &session->validation;
    TRY(encoding_refuse_missing(
        validation->samples > 0 ? validation : train, &session->validation_part, error));
    return encoding_refuse_missing(test->samples > 0 ? test : train, &session->test_part, error);
}

/* Fits the encoding to the training samples. An error names the fold that they are without. */
static enum status fit_encoding(struct session *session, struct error *error)
{
    const struct options *options = &session->options;
    struct encoding_choice choice = {
        options->scale, options->impute, options->max_levels, options->encode, options->bins};
    struct error reason;
    enum status status =
        encoding_fit(&session->encoding, &choice, &session->train, &session->train_part, &reason);
    if (status && *options->fold)
        return fail(error, status, "without fold %s: %s", options->fold, reason.text);
    if (status)
        *error = reason;
    return status;
}

enum status session_split_data(struct session *session, struct error *error)
{
    struct options *options = &session->options;
    const struct dataset *train = &session->train;
    TRY(split_data(session, error));
    session->facts = data_facts_of(train, session->train_part.size);
    data_defaults_settle(options, &session->facts);
    TRY(fit_encoding(session, error));
    if (options->impute == IMPUTE_REFUSE)
        TRY(refuse_missing(session, error));
    return train->outputs == 0
               ? STATUS_OK
               : scale_fit_targets(&session->target_scale,
                     options->normalize_target == TARGETS_STANDARD ? SCALE_STANDARD : SCALE_NONE,
                     train, &session->train_part, error);
}
