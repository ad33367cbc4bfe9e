#include "run/run_state.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* A field by its name: int64_t, double or char[24]. */
enum field_kind { FIELD_WHOLE, FIELD_REAL, FIELD_TEXT };
enum { FIELD_TEXT_SIZE = sizeof(((struct stop_state *)0)->metric) };
struct field {
    const char *name;
    size_t offset;
    enum field_kind kind;
};

#define WHOLE(type, member)                                                                        \
    {                                                                                              \
#member, offsetof(type, member), FIELD_WHOLE                                               \
    }
#define REAL(type, member)                                                                         \
    {                                                                                              \
#member, offsetof(type, member), FIELD_REAL                                                \
    }
#define TEXT(type, member)                                                                         \
    {                                                                                              \
#member, offsetof(type, member), FIELD_TEXT                                                \
    }

static const struct field state_field[] = {
    WHOLE(struct run_state, step),
    WHOLE(struct run_state, epoch),
    WHOLE(struct run_state, iteration),
    WHOLE(struct run_state, samples_seen),
    WHOLE(struct run_state, epoch_samples),
    REAL(struct run_state, epoch_loss),
    REAL(struct run_state, epoch_weight),
    REAL(struct run_state, train_loss),
    REAL(struct run_state, seconds),
    REAL(struct run_state, clock_s),
    WHOLE(struct run_state, log_bytes),
    WHOLE(struct run_state, rated_step),
    REAL(struct run_state, rating),
};
static const struct field stop_field[] = {
    TEXT(struct stop_state, metric),
    WHOLE(struct stop_state, best_step),
    REAL(struct stop_state, best),
    WHOLE(struct stop_state, since),
};
static const struct field plateau_field[] = {
    REAL(struct plateau, factor),
    REAL(struct plateau, best),
    WHOLE(struct plateau, bad),
};
static const struct field noise_field[] = {
    WHOLE(struct noise_state, steps),
    REAL(struct noise_state, weight),
    REAL(struct noise_state, weight_square),
    REAL(struct noise_state, trace),
    REAL(struct noise_state, square),
    REAL(struct noise_state, trace_trace),
    REAL(struct noise_state, square_square),
    REAL(struct noise_state, trace_square),
};
static const struct field evaluation_field[] = {
    WHOLE(struct evaluation_record, epoch),
    WHOLE(struct evaluation_record, step),
    REAL(struct evaluation_record, seconds),
    REAL(struct evaluation_record, elapsed_s),
};
static const struct field metrics_field[] = {
    WHOLE(struct metrics, samples),
    REAL(struct metrics, loss),
    REAL(struct metrics, accuracy),
    REAL(struct metrics, top5),
    REAL(struct metrics, exact),
    REAL(struct metrics, f1),
    REAL(struct metrics, mse),
    REAL(struct metrics, rmse),
    REAL(struct metrics, mae),
    REAL(struct metrics, r2),
};

/* The parts of a state, each an object of its own. */
static const struct part {
    const char *name;
    size_t offset;
    const struct field *field;
    size_t n;
    bool newer; /* zeros where it is missing */
} part[] = {
#define PART(name, member, fields)                                                                 \
    {                                                                                              \
        name, offsetof(struct run_state, member), fields, sizeof(fields) / sizeof *(fields), false \
    }
    {"run", 0, state_field, sizeof state_field / sizeof *state_field, false},
    PART("stop", stop, stop_field),
    PART("plateau", plateau, plateau_field),
    {"noise", offsetof(struct run_state, noise), noise_field,
        sizeof noise_field / sizeof *noise_field, true},
    PART("evaluation", evaluation, evaluation_field),
    PART("validation", evaluation.validation, metrics_field),
    PART("test", evaluation.test, metrics_field),
    PART("best_evaluation", best_evaluation, evaluation_field),
    PART("best_validation", best_evaluation.validation, metrics_field),
    PART("best_test", best_evaluation.test, metrics_field),
#undef PART
};
enum { N_PARTS = sizeof part / sizeof *part };

/* Numbers that JSON does not have. */
static const struct {
    const char *name;
    double value;
} word[] = {{"nan", (double)NAN}, {"inf", (double)INFINITY}, {"-inf", -(double)INFINITY}};
enum { N_WORDS = sizeof word / sizeof *word };

/* Finite numbers have 17 digits, which read back as the same bits. */
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

static void put_field(struct json *json, const struct field *field, const char *at)
{
    double real;
    int64_t whole;
    memcpy(&real, at, sizeof real);
    memcpy(&whole, at, sizeof whole);
    if (field->kind == FIELD_TEXT)
        js_set_text(json, field->name, at);
    else if (field->kind == FIELD_REAL)
        put_real(json, field->name, real);
    else
        js_set_int(json, field->name, whole);
}

static bool get_field(const struct json *object, const struct field *field, char *at)
{
    const struct json *value = js_get(object, field->name);
    const char *text = js_as_text(value);
    double real;
    int64_t whole;
    switch (field->kind) {
    case FIELD_TEXT:
        if (!text || strlen(text) >= FIELD_TEXT_SIZE)
            return false;
        memcpy(at, text, strlen(text) + 1);
        return true;
    case FIELD_REAL:
        if (!get_real(value, &real))
            return false;
        memcpy(at, &real, sizeof real);
        return true;
    case FIELD_WHOLE:
        if (!js_as_int(value, &whole))
            return false;
        memcpy(at, &whole, sizeof whole);
        return true;
    }
    return false;
}

struct json *run_state_to_json(const struct run_state *state)
{
    struct json *json = js_object();
    for (size_t p = 0; p < N_PARTS; p++) {
        struct json *object = js_object();
        const char *at = (const char *)state + part[p].offset;
        for (size_t f = 0; f < part[p].n; f++)
            put_field(object, &part[p].field[f], at + part[p].field[f].offset);
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
        for (size_t f = 0; f < part[p].n; f++)
            if (!get_field(object, &part[p].field[f], at + part[p].field[f].offset))
                return fail(error, STATUS_BAD_DATA, "%s: %s.%s is missing or not a number", name,
                    part[p].name, part[p].field[f].name);
    }
    if (state->step < 1 || state->epoch < 1 || state->iteration < 1 || state->epoch_samples < 0 ||
        state->log_bytes < 0)
        return fail(error, STATUS_BAD_DATA, "%s: its step or its counts are out of range", name);
    return STATUS_OK;
}
