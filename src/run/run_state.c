#include "run/run_state.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* The type of a field: int64_t, double or char[FIELD_TEXT_SIZE]. */
enum field_kind { FIELD_WHOLE, FIELD_REAL, FIELD_TEXT };
enum { FIELD_TEXT_SIZE = sizeof(((struct stop_state *)0)->metric) };
struct field {
    const char *name;
    size_t offset;
    enum field_kind kind;
};

#define FIELD(type, member)                                                                        \
    {                                                                                              \
#member, offsetof(type, member),                                                           \
            _Generic(((type *)NULL)->member, int64_t                                               \
                     : FIELD_WHOLE, double                                                         \
                     : FIELD_REAL, default                                                         \
                     : FIELD_TEXT)                                                                 \
    }

static const struct field state_field[] = {
    FIELD(struct run_state, step),
    FIELD(struct run_state, epoch),
    FIELD(struct run_state, iteration),
    FIELD(struct run_state, samples_seen),
    FIELD(struct run_state, epoch_samples),
    FIELD(struct run_state, epoch_loss),
    FIELD(struct run_state, epoch_weight),
    FIELD(struct run_state, train_loss),
    FIELD(struct run_state, seconds),
    FIELD(struct run_state, clock_s),
    FIELD(struct run_state, log_bytes),
    FIELD(struct run_state, rated_step),
    FIELD(struct run_state, rating),
};
static const struct field stop_field[] = {
    FIELD(struct stop_state, metric),
    FIELD(struct stop_state, best_step),
    FIELD(struct stop_state, best),
    FIELD(struct stop_state, since),
};
static const struct field divergence_field[] = {
    FIELD(struct divergence, first_loss),
    FIELD(struct divergence, trivial_loss),
};
static const struct field fallback_field[] = {
    FIELD(struct fallback, saved),
    FIELD(struct fallback, step),
};
static const struct field plateau_field[] = {
    FIELD(struct plateau, factor),
    FIELD(struct plateau, best),
    FIELD(struct plateau, bad),
};
static const struct field noise_field[] = {
    FIELD(struct noise_state, steps),
    FIELD(struct noise_state, weight),
    FIELD(struct noise_state, weight_square),
    FIELD(struct noise_state, trace),
    FIELD(struct noise_state, square),
    FIELD(struct noise_state, trace_trace),
    FIELD(struct noise_state, square_square),
    FIELD(struct noise_state, trace_square),
};
static const struct field noise_recent_field[] = {
    FIELD(struct noise_state, recent_weight),
    FIELD(struct noise_state, recent_trace),
    FIELD(struct noise_state, recent_square),
};
static const struct field evaluation_field[] = {
    FIELD(struct evaluation_record, epoch),
    FIELD(struct evaluation_record, step),
    FIELD(struct evaluation_record, seconds),
    FIELD(struct evaluation_record, elapsed_s),
};
/* The parts of a state, each a JSON object. */
#define PART(member, fields)                                                                       \
    offsetof(struct run_state, member), fields, sizeof(fields) / sizeof *(fields)
#define METRICS(member) offsetof(struct run_state, member), NULL, 1 + N_METRICS
static const struct part {
    const char *name;
    size_t offset;
    const struct field *field; /* NULL: those of struct metrics */
    size_t n;
    bool newer; /* filled with zeros if a checkpoint does not have it */
} part[] = {
    {"run", 0, state_field, sizeof state_field / sizeof *state_field, false},
    {"stop", PART(stop, stop_field), false},
    {"divergence", PART(divergence, divergence_field), true},
    {"fallback", PART(fallback, fallback_field), true},
    {"plateau", PART(plateau, plateau_field), false},
    {"noise", PART(noise, noise_field), true},
    {"noise_recent", PART(noise, noise_recent_field), true},
    {"evaluation", PART(evaluation, evaluation_field), false},
    {"validation", METRICS(evaluation.validation), false},
    {"test", METRICS(evaluation.test), false},
    {"best_evaluation", PART(best_evaluation, evaluation_field), false},
    {"best_validation", METRICS(best_evaluation.validation), false},
    {"best_test", METRICS(best_evaluation.test), false},
    {"validation_ema", METRICS(evaluation.validation_ema), true},
    {"test_ema", METRICS(evaluation.test_ema), true},
    {"best_validation_ema", METRICS(best_evaluation.validation_ema), true},
    {"best_test_ema", METRICS(best_evaluation.test_ema), true},
};
enum { N_PARTS = sizeof part / sizeof *part };

/* Returns field f of a part; for metrics, first the number of samples, then each metric. */
static struct field field_of(const struct part *of, size_t f)
{
    if (of->field)
        return of->field[f];
    if (f == 0)
        return (struct field){"samples", offsetof(struct metrics, samples), FIELD_WHOLE};
    enum metric metric = (enum metric)(f - 1);
    return (struct field){metric_name(metric), metric_offset(metric), FIELD_REAL};
}

/* Numbers that JSON cannot represent. */
static const struct {
    const char *name;
    double value;
} word[] = {{"nan", (double)NAN}, {"inf", (double)INFINITY}, {"-inf", -(double)INFINITY}};
enum { N_WORDS = sizeof word / sizeof *word };

/* Writes finite numbers with 17 digits, which read back as the same bits. */
static void put_real(struct json *json, const char *name, double real)
{
    if (isfinite(real))
        js_set_real(json, name, real);
    else
        js_set_text(json, name, word[isnan(real) ? 0 : 1 + (signbit(real) != 0)].name);
}

static bool get_real(const struct json *json, double *real)
{
    const char *text = js_as_text(json);
    for (int i = 0; text && i < N_WORDS; i++)
        if (strcmp(text, word[i].name) == 0) {
            *real = word[i].value;
            return true;
        }
    return js_as_real(json, real);
}

static void put_field(struct json *json, const struct field *field, const void *at)
{
    if (field->kind == FIELD_TEXT)
        js_set_text(json, field->name, at);
    else if (field->kind == FIELD_REAL)
        put_real(json, field->name, *(const double *)at);
    else
        js_set_int(json, field->name, *(const int64_t *)at);
}

static bool get_field(const struct json *object, const struct field *field, void *at)
{
    const struct json *value = js_get(object, field->name);
    const char *text = js_as_text(value);
    if (field->kind == FIELD_REAL)
        return get_real(value, at);
    if (field->kind == FIELD_WHOLE)
        return js_as_int(value, at);
    if (!text || strlen(text) >= FIELD_TEXT_SIZE)
        return false;
    memcpy(at, text, strlen(text) + 1);
    return true;
}

struct json *run_state_to_json(const struct run_state *state)
{
    struct json *json = js_object();
    for (size_t p = 0; p < N_PARTS; p++) {
        struct json *object = js_object();
        const char *at = (const char *)state + part[p].offset;
        for (size_t f = 0; f < part[p].n; f++) {
            struct field field = field_of(&part[p], f);
            put_field(object, &field, at + field.offset);
        }
        js_set(json, part[p].name, object);
    }
    return json;
}

enum status run_state_from_json(
    struct run_state *state, const struct json *json, const char *name, struct error *error)
{
    memset(state, 0, sizeof *state);
    for (size_t p = 0; p < N_PARTS; p++) {
        const struct json *object = js_get(json, part[p].name);
        char *at = (char *)state + part[p].offset;
        if (part[p].newer && !object)
            continue;
        for (size_t f = 0; f < part[p].n; f++) {
            struct field field = field_of(&part[p], f);
            if (!get_field(object, &field, at + field.offset))
                return fail(error, STATUS_BAD_DATA, "%s: %s.%s is missing or not a number", name,
                    part[p].name, field.name);
        }
    }
    if (state->step < 1 || state->epoch < 1 || state->iteration < 1 || state->epoch_samples < 0 ||
        state->log_bytes < 0)
        return fail(error, STATUS_BAD_DATA, "%s: its step or counts are out of range", name);
    return STATUS_OK;
}
