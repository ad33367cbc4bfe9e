/* lockstep.h: the C interface of Lockstep, which trains multilayer perceptrons data-parallel on CPUs.
 *
 *     struct lockstep_error error;
 *     struct lockstep_options *options = lockstep_options_create();
 *     struct lockstep_dataset *data;
 *     struct lockstep_model *model;
 *     lockstep_options_set(options, "epochs", "20", &error);
 *     lockstep_dataset_read(&data, "table.csv", LOCKSTEP_TRAIN, options, NULL, &error);
 *     lockstep_fit(&model, options, &(struct lockstep_sets){.train = data}, NULL, NULL, NULL, &error);
 *     lockstep_model_save(model, "model.safetensors", &error);
 *
 * Build: cc program.c $(pkg-config --cflags --libs lockstep), or find_package(lockstep) and
 * lockstep::lockstep in CMake. With the static library: the flags of pkg-config --static, with
 * -l:liblockstep.a for -llockstep. A program with MPI: the same with mpicc. Examples: examples/. If
 * the library is in a PREFIX that the system does not search, such as ~/.local: set PKG_CONFIG_PATH
 * to PREFIX/lib/pkgconfig, and link with -Wl,-rpath,PREFIX/lib.
 *
 * Errors. A function that can fail returns an enum lockstep_status, takes `error` as its last
 * argument, which may be NULL, and describes the failure there. On failure, *out is NULL. A NULL
 * where one is not allowed is LOCKSTEP_USAGE. All texts are UTF-8.
 *
 * Ownership. Each handle is freed by its own function, which accepts NULL. A handle keeps nothing of
 * the arguments of the call that made it, unless the call's comment says that it does.
 *
 * Threads. Different threads may use different handles at the same time, and the same model or
 * dataset, which never change. Only one thread at a time may train, or set options of one handle.
 * Training and predicting start OpenMP threads. If a process has done so with several of them and
 * then calls fork(), its child may train and predict with one thread only (LOCKSTEP_USAGE). Reading
 * data starts threads too, which end with the call.
 *
 * The library prints nothing, installs no signal handlers, never exits and reads no environment
 * variables except those of OpenMP, hwloc and MPI; it does not initialise MPI. lockstep_train() alone,
 * which stands for a command, prints. If an NPY file is truncated while it is mapped, the process
 * receives SIGBUS.
 *
 * The bits of weights and metrics are those of the `lockstep` command with the same options and the
 * same values as float32, on any number of ranks and threads.
 */
#ifndef LOCKSTEP_LOCKSTEP_H
#define LOCKSTEP_LOCKSTEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Returns the version, e.g. "0.2.0". Threads: any. */
const char *lockstep_version(void);

/* Returns the MPI that this process has loaded for the library, as "Open MPI v4.1.4": the beginning of
 * what MPI_Get_library_version() says; "none": a build without MPI. One thread at a time. */
const char *lockstep_mpi(void);

/* The codes are those of sysexits.h, which the command exits with. */
enum lockstep_status {
    LOCKSTEP_OK = 0,
    LOCKSTEP_DIVERGED = 3,       /* the loss grew too much, or is not finite */
    LOCKSTEP_USAGE = 64,         /* a wrong argument or option */
    LOCKSTEP_BAD_DATA = 65,      /* data or a file that cannot be used */
    LOCKSTEP_NO_INPUT = 66,      /* a file is missing or unreadable */
    LOCKSTEP_BUG = 70,           /* a bug of the library */
    LOCKSTEP_NO_RESOURCE = 71,   /* no memory, threads or communication */
    LOCKSTEP_CANNOT_CREATE = 73, /* a file cannot be created */
    LOCKSTEP_IO = 74,            /* reading or writing failed half-way */
    LOCKSTEP_STOPPED = 75,       /* stopped by a signal; only lockstep_train() */
    LOCKSTEP_CONFIG = 78,        /* a wrong option in a config file; only lockstep_train() */
};

struct lockstep_error {
    int status;         /* enum lockstep_status */
    char message[1000]; /* one line: what was tried, the value found, and what to do about it */
};

/* Frees memory that a function of the library returned for the caller to free. Accepts NULL. */
void lockstep_free(void *memory);

/* --- options -------------------------------------------------------------------------------- */

/* The options of `lockstep train` and `lockstep plan`, by the names and texts of the command line:
 * `lockstep help train all` lists them. An option that is not set has the same default as there; so
 * have all options if a function gets NULL for them. Options about the files, the data or the display
 * of a command, such as out and data, are refused: handles and callbacks take their place. */
struct lockstep_options;

/* Returns options of which none is set; NULL: no memory. */
struct lockstep_options *lockstep_options_create(void);
void lockstep_options_free(struct lockstep_options *options);

/* Sets an option, e.g. "hidden" to "256,128"; NULL unsets it. LOCKSTEP_USAGE (no such option, which
 * is nearest; not a value of it, and which values are), LOCKSTEP_NO_RESOURCE. */
int lockstep_options_set(struct lockstep_options *options, const char *name, const char *value,
    struct lockstep_error *error);

struct lockstep_option {
    const char *name, *help;
    const char *fallback; /* the default, or NULL */
    int plan_only;        /* not 0: lockstep_fit() refuses it */
};

/* Returns option i = 0, 1, ... of those that lockstep_options_set() accepts, in the order of the help;
 * after the last one, its name is NULL. The texts live as long as the library. */
struct lockstep_option lockstep_option_at(int i);

/* --- datasets ------------------------------------------------------------------------------- */

/* Samples in memory. A dataset never changes. */
struct lockstep_dataset;

enum lockstep_role {
    LOCKSTEP_TRAIN,
    LOCKSTEP_VALIDATION,
    LOCKSTEP_TEST,
    LOCKSTEP_UNLABELLED, /* for predictions: labels are not read, and need not be there */
};

enum lockstep_type {
    LOCKSTEP_U8, /* the numbers are 0, 1, ... in this order, as in all enums without numbers */
    LOCKSTEP_F32,
    LOCKSTEP_I8,
    LOCKSTEP_U16,
    LOCKSTEP_I16,
    LOCKSTEP_U32,
    LOCKSTEP_I32,
    LOCKSTEP_U64,
    LOCKSTEP_I64,
    LOCKSTEP_F64, /* each value is rounded once, when it is used */
};

/* Numbers in the caller's memory: number (i, j) is at data + i * stride[0] + j * stride[1], at any
 * alignment. Strides are in bytes and may be negative; both 0: row-major without gaps. A column-major
 * matrix of doubles, as in R and Julia, has strides {8, 8 * samples}. */
struct lockstep_array {
    const void *data;
    enum lockstep_type type;
    int64_t stride[2];
};

/* A description of samples in the caller's memory. Zeroed members are absent. */
struct lockstep_table {
    const char *name;          /* for messages; NULL: "the data" */
    int64_t samples, features; /* at least 1 */
    struct lockstep_array x;   /* [samples x features]; a NaN is a missing value */
    int64_t classes; /* of y, which holds whole numbers 0 ... classes-1; 0: y holds targets */
    int64_t outputs; /* targets per sample */
    struct lockstep_array y; /* [samples x 1] classes or [samples x outputs] targets; no data: no
                                   labels, for predictions */
    struct lockstep_array weight; /* [samples x 1], from 0: how much a sample counts */
    struct lockstep_array group; /* [samples x 1] whole numbers: samples of a group are not split */
    /* Names, as UTF-8. Those of classes, and of the levels of a feature, differ from each other. */
    const char *const *feature_name; /* [features] */
    const char *const *class_name;   /* [classes] */
    const char *const *output_name;  /* [outputs] */
    /* Categories among the features: feature j has levels[j] levels, 0: it holds numbers. Its values
     * are codes 0 ... levels[j]-1; NaN, or any other number, is a missing value. level_name has the
     * names of all levels, those of feature 0 first. */
    const int64_t *levels;         /* [features] */
    const char *const *level_name; /* [sum of levels] */
    /* Not 0: the values of x are used where they are, if they are row-major without gaps and no
     * feature is a category: they must not change or go away before the dataset and all that was made from it
     * are freed. Otherwise they are copied. */
    int borrows;
};

/* Makes a dataset from arrays. LOCKSTEP_USAGE (sizes that are negative, too large or contradict each
 * other; a name that is not UTF-8, or equal to another), LOCKSTEP_BAD_DATA (a value that is not
 * allowed, where it is), LOCKSTEP_NO_RESOURCE. */
int lockstep_dataset_from_table(struct lockstep_dataset **out, const struct lockstep_table *table,
    struct lockstep_error *error);

/* Reads a dataset from a source, as --data names it: a table, two NPY files, ..., with the options
 * that concern it: label, labels, header, separator, decimal, ignore, categorical, weight, group,
 * split-by, id, missing, threads, and loss, which may decide whether labels are classes.
 * LOCKSTEP_TRAIN is what --data means, the next two what --val-data and --test-data mean. `model`: read
 * the data for this model, with its columns by name; NULL: for training.
 * LOCKSTEP_USAGE, LOCKSTEP_BAD_DATA, LOCKSTEP_NO_INPUT, LOCKSTEP_IO, LOCKSTEP_NO_RESOURCE. */
struct lockstep_model;
int lockstep_dataset_read(struct lockstep_dataset **out, const char *source,
    enum lockstep_role role, const struct lockstep_options *options,
    const struct lockstep_model *model, struct lockstep_error *error);

/* Makes a dataset from a stream of record batches of the Arrow C data interface
 * (https://arrow.apache.org/docs/format/CStreamInterface.html). The columns mean what they mean in a
 * text table with these cells and names, and the options name the label and other columns as for
 * lockstep_dataset_read(): strings and booleans are categories, as are the columns of dictionaries,
 * even of numbers; nulls and NaN are missing; a double is rounded to float32 once. Dates and times can
 * only be ignored, or split by. With `model`, columns are found by their names, and labels are read if
 * the columns that had them in the training data are there, or the option label names some. Messages count
 * rows from 0, and columns from 1, as the options do.
 *
 * `labels`: NULL: the labels are in the stream. Otherwise all of its columns are inputs, except those
 * that the options omit, and this table has the labels, their names, the weights and the groups for its
 * rows; x, borrows and the names of features are ignored. For predictions, a zeroed table.
 *
 * Consumes and releases the stream, even on failure. `struct ArrowArrayStream` is declared by
 * arrow/c/abi.h, or by the caller. LOCKSTEP_USAGE (no such column), LOCKSTEP_BAD_DATA (the stream
 * fails or is malformed; a type or a cell that cannot be used), LOCKSTEP_NO_RESOURCE. */
struct ArrowArrayStream;
int lockstep_dataset_from_arrow(struct lockstep_dataset **out, struct ArrowArrayStream *stream,
    const struct lockstep_options *options, const struct lockstep_model *model,
    const struct lockstep_table *labels, struct lockstep_error *error);

void lockstep_dataset_free(struct lockstep_dataset *dataset);

struct lockstep_shape {
    int64_t samples, features;
    int64_t classes; /* 0: no classes */
    int64_t outputs; /* targets per sample; 0: no targets */
};
struct lockstep_shape lockstep_dataset_shape(const struct lockstep_dataset *dataset);

/* Returns what the reader chose or omitted, as a human-readable line, which the dataset owns; "":
 * nothing. */
const char *lockstep_dataset_note(const struct lockstep_dataset *dataset);

/* --- training ------------------------------------------------------------------------------- */

/* Without validation or test data, the options val-split and test-split take them from `train`. */
struct lockstep_sets {
    const struct lockstep_dataset *train, *validation, *test; /* the last two may be NULL */
};

struct lockstep_metrics {
    int64_t samples; /* 0: not evaluated; the metrics are then NaN */
    double loss, accuracy, top5, f1, mse, rmse, mae, r2; /* NaN: does not apply */
};

enum lockstep_event {
    LOCKSTEP_AFTER_STEP,
    LOCKSTEP_AFTER_EVALUATION, /* of validation and test data; before the end of its epoch */
    LOCKSTEP_AFTER_EPOCH,      /* also of the last, unfinished one */
};

struct lockstep_progress {
    enum lockstep_event event;
    int64_t epoch, step, total_steps; /* done so far, and of the whole run */
    double seconds;                   /* of training so far, without evaluation */
    double loss;                      /* of the last step */
    double train_loss;                /* after an epoch: the mean over its samples; otherwise NaN */
    struct lockstep_metrics validation,
        test; /* of this step's weights; no samples: not evaluated */
};

/* Called on rank 0, by the thread that trains, with arguments that live until the call returns. If
 * progress() returns a number other than 0, all ranks stop, at the latest after the next step. A
 * callback must return: no longjmp() and no exception may leave it. It may predict and evaluate, with
 * 1 thread, but not train. */
struct lockstep_callbacks {
    void *context;
    int (*progress)(void *context, const struct lockstep_progress *progress);
    double interval; /* seconds at least between calls after steps; 0: a call after every step */
    /* a warning or a note of the run: a human-readable line */
    void (*message)(void *context, const char *text);
};

struct lockstep_fit_result {
    char stopped_by[16]; /* as in summary.json: "epochs", "early_stop", "target", "callback", ... */
    int64_t steps, epochs; /* done */
    double seconds;        /* of training, without evaluation */
    double train_loss;     /* mean over the last epoch */
    struct lockstep_metrics validation, test;
    uint64_t weights_xxh3; /* XXH3-64 of all weights in canonical order */
};

/* Trains a model. Writes no files, and measures no noise scale, which no result has. `callbacks` and
 * `result` may be NULL; the result is filled for every status. Every rank gets the model and the result.
 *
 *   mpi_comm   address of an MPI_Comm whose ranks share the work, or NULL for this process alone, which
 *              then need not have initialised MPI. MPI must be initialised with at least
 *              MPI_THREAD_FUNNELED; the communicator is duplicated. Every rank passes equal data and
 *              options; the options of rank 0 apply, except threads
 *
 * Threads: one call at a time, from the thread that may call MPI. Collective over the communicator.
 * LOCKSTEP_DIVERGED (*out is NULL), LOCKSTEP_USAGE, LOCKSTEP_BAD_DATA, LOCKSTEP_NO_RESOURCE;
 * LOCKSTEP_NO_INPUT and LOCKSTEP_IO (the file of the option init-from). */
int lockstep_fit(struct lockstep_model **out, const struct lockstep_options *options,
    const struct lockstep_sets *sets, const struct lockstep_callbacks *callbacks,
    const void *mpi_comm, struct lockstep_fit_result *result, struct lockstep_error *error);

/* --- models --------------------------------------------------------------------------------- */

/* A network with everything needed to use it: encoding, scaling, names. A model never changes. */
struct lockstep_model;

/* Loads a model from its file, or from the directory of a run. LOCKSTEP_NO_INPUT, LOCKSTEP_BAD_DATA,
 * LOCKSTEP_IO, LOCKSTEP_NO_RESOURCE. */
int lockstep_model_load(
    struct lockstep_model **out, const char *path, struct lockstep_error *error);

/* Writes a model to a file, completely or not at all; a file of that name is replaced.
 * LOCKSTEP_CANNOT_CREATE, LOCKSTEP_IO, LOCKSTEP_NO_RESOURCE. */
int lockstep_model_save(
    const struct lockstep_model *model, const char *path, struct lockstep_error *error);

/* The same for the bytes of such a file in memory; the caller frees those written with
 * lockstep_free(). */
int lockstep_model_from_bytes(
    struct lockstep_model **out, const void *bytes, size_t size, struct lockstep_error *error);
int lockstep_model_to_bytes(
    const struct lockstep_model *model, void **bytes, size_t *size, struct lockstep_error *error);

void lockstep_model_free(struct lockstep_model *model);

/* Returns the shape of the data that the model was made for; its samples are 0. For labels that are
 * not classes, such as those of --loss bce, outputs is their number. */
struct lockstep_shape lockstep_model_shape(const struct lockstep_model *model);

/* Returns the name of a feature, or of a class, label or target, which the model owns. NULL: it has
 * no names, or the number is out of range. */
const char *lockstep_model_feature_name(const struct lockstep_model *model, int64_t feature);
const char *lockstep_model_output_name(const struct lockstep_model *model, int64_t output);

/* Returns the XXH3-64 of all weights in canonical order. */
uint64_t lockstep_model_hash(const struct lockstep_model *model);

/* In these shapes, outputs are the classes of the model, or its labels or targets. */
enum lockstep_output {
    LOCKSTEP_PROBABILITIES, /* of classes and labels; [samples x outputs] */
    LOCKSTEP_VALUES,        /* regression, in the targets' units; [samples x outputs] */
    LOCKSTEP_LOGITS,        /* [samples x outputs] */
    LOCKSTEP_CLASSES, /* number of the class [samples x 1]; labels 0 or 1 [samples x outputs] */
};

/* Predicts a dataset, which may have no labels, into out [samples x width], row-major; `size` is the
 * number of floats that it has room for. At most `threads` threads; 0 or less: all of this process.
 * LOCKSTEP_USAGE (the model has no such output, too little room), LOCKSTEP_BAD_DATA (the data do not
 * fit the model, or a prediction is not finite), LOCKSTEP_NO_RESOURCE. */
int lockstep_predict(const struct lockstep_model *model, const struct lockstep_dataset *dataset,
    enum lockstep_output output, int threads, float *out, int64_t size,
    struct lockstep_error *error);

/* Evaluates a model on a dataset with labels. Errors as for lockstep_predict(). */
int lockstep_evaluate(const struct lockstep_model *model, const struct lockstep_dataset *dataset,
    int threads, struct lockstep_metrics *metrics, struct lockstep_error *error);

/* --- plans ---------------------------------------------------------------------------------- */

/* Returns, as the JSON text that `lockstep plan --json` prints, what training with these options on
 * data of this shape costs: steps, memory, communication. The samples are those before val-split and
 * test-split. The caller frees the text with lockstep_free(). LOCKSTEP_USAGE (sizes as for
 * lockstep_dataset_from_table(), or options that do not fit them), LOCKSTEP_NO_INPUT and
 * LOCKSTEP_BAD_DATA (the file of the option figures), LOCKSTEP_NO_RESOURCE. */
int lockstep_plan(char **json, const struct lockstep_options *options,
    const struct lockstep_shape *shape, struct lockstep_error *error);

/* --- a whole command ------------------------------------------------------------------------ */

/* The outcome of a run. */
struct lockstep_result {
    int status;            /* 0, or the exit code of `lockstep train` (sysexits.h; 3: diverged) */
    char message[1000];    /* the error, if status is not 0 */
    int64_t steps_done;    /* optimizer steps */
    double seconds;        /* training time, without evaluation */
    double train_loss;     /* mean loss of the last epoch */
    double test_loss;      /* NaN: not evaluated on test data */
    double test_accuracy;  /* 0 ... 1; NaN: not evaluated, or regression */
    uint64_t weights_xxh3; /* XXH3-64 of all weights, the same on any number of ranks and threads */
};

/* Trains as `lockstep train ARGUMENT...` does, with its files: it writes progress to stderr, unless
 * --progress off is given, and results to stdout. argument[0 ... n-1] holds the arguments, without the
 * program name and the command. Options that are not given take their defaults; environment
 * variables are not read, and a config file is read only if --config names it. mpi_comm: as for
 * lockstep_fit().
 *
 * Returns out->status; `out` may be NULL. Collective over the communicator. If arguments differ between ranks, those
 * of rank 0 apply, except --threads, which each rank takes from its own; invalid arguments are
 * rejected whichever rank passes them. Threads: one call at a time, from the thread that may call
 * MPI; the call starts OpenMP threads. */
int lockstep_train(
    int n, const char *const *argument, const void *mpi_comm, struct lockstep_result *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
