/* plan_columns.h: the figures of a plan as named columns (columns.h), by topic. */
#ifndef REPORT_PLAN_COLUMNS_H
#define REPORT_PLAN_COLUMNS_H

#include "report/columns.h"
#include "study/run_estimate.h"

/* Whose figures a row has. */
enum plan_row_kind {
    PLAN_ROW_BATCH, /* a batch size: a run, or a stage of one */
    PLAN_ROW_TAIL,  /* the same with its tail treated the other way */
    PLAN_ROW_ALL    /* a run of several stages */
};

struct plan_row {
    enum plan_row_kind kind;
    const struct run_estimate *estimate;
    const struct plan *plan; /* the forecast's, or with the other tail */
    char batch[32];          /* the texts of its first cells */
    char turns[96];
};
struct plan_row plan_row_of(
    enum plan_row_kind kind, const struct run_estimate *estimate, const struct plan *plan);

enum plan_topic {
    TOPIC_STEPS,
    TOPIC_SHARES, /* of teams, workers and slices */
    TOPIC_RATES,
    TOPIC_MEMORY,
    TOPIC_WORK, /* operations, bytes between teams, seconds */
    N_TOPICS
};
enum { TOPIC_COLUMNS_MAX = 24 };

struct topic {
    const char *title;
    const struct column *column; /* the first names the batch */
    int columns;
};
struct topic plan_topic(enum plan_topic topic);

/* The cells of a row: cell[columns]. Texts are the row's. */
void plan_cells(enum plan_topic topic, const struct plan_row *row, struct cell *cell);

/* Within the columns of TOPIC_STEPS, those that the treatment of the tail decides. */
struct range plan_tail_columns(void);

/* Those of plan_cost_columns.c, for plan_topic() and plan_cells(). */
struct topic plan_memory_topic(void);
struct topic plan_work_topic(void);
void plan_memory_cells(const struct plan_row *row, struct cell *cell);
void plan_work_cells(const struct plan_row *row, struct cell *cell);

#endif
