/* step_verify.h: whether the memory of all teams is right, by checksums.
 *
 *     ... update, publish | step_verify | checkpoint, next passes | step_verify_again | update ...
 *
 *     step_verify          between teams: equal weights; in every team: copies equal to the masters
 *     step_verify_again    in every team: the same bytes as before
 *
 * From a step's end to the next update nothing writes weights, their copies or the optimizer's
 * state. The first check finds what arrived wrong from other teams or changed since. The second
 * check, which the next step makes by itself, finds what changed between the two, and knows the
 * team without asking others. What changes between steps that are not verified cannot be found: the
 * next update overwrites a team's copy of what others own, and sends what it owns to all. So checks
 * at every step find every change, and occasional ones find what is wrong at that time (memory or
 * links that keep failing). Activations, gradients and data are not verified.
 *
 * Every team holds all weights, so the checksums of any part of them, a section, must be equal:
 *
 *     section 3 l        the weights of layer l, master copy        compared between teams
 *             3 l + 1    its biases                                 "
 *             3 l + 2    the derived copy of its weights (panel.h)  "
 *             3 L + s    the optimizer's state s, the owned part    each owner's is the only one
 */
#ifndef STEP_STEP_VERIFY_H
#define STEP_STEP_VERIFY_H

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"
#include "net/mlp.h"
#include "optim/optimizer.h"

struct step;

/* True if the memory of all teams is right; the same on every worker of all teams. `number` is the
 * step that has ended. Call from all workers between steps; ends with a barrier. Costs two readings
 * of this memory, split over the workers, and a small collective. */
bool step_verify(struct step *step, const struct worker *worker, int64_t number);

/* The second check, by a step before its update. If memory has changed since step_verify(), the
 * rank makes STEP_REQUEST_ABORT with this step's verdict. Call from all workers. */
void step_verify_again(struct step *step, const struct worker *worker);

/* Compares a number that all teams must have equal, such as the hash of exported weights.
 * Collective, from the calling thread of each rank, while no worker is at work. */
bool step_verify_sum(struct step *step, uint64_t sum, int64_t number, const char *what);

/* The fault that was found, STATUS_NO_RESOURCE, naming team, host, step and layer; STATUS_OK on
 * ranks that know of none. */
enum status step_fault(const struct step *step, struct error *error);

/* --- the judgement: any thread ---------------------------------------------------------------- */

enum { VERIFY_SECTIONS_MAX = 3 * MLP_LAYERS_MAX + OPTIMIZER_STATES_MAX, VERIFY_NAME_MAX = 96 };

/* "the weights of layer 2", "the forward copy of the weights of layer 2", "the optimizer's
 * momentum_buffer". `optimizer` names the states. Returns out. */
const char *verify_section_name(
    int section, int layers, const struct optimizer_settings *optimizer, char out[VERIFY_NAME_MAX]);

/* A team's checksum. Sent as bytes. */
struct verify_claim {
    uint64_t sum;
    int64_t stale_layer; /* whose derived copy of weights is not the master's; 0: none */
    char host[64];       /* of the team's first rank */
};

/* The team that is wrong: the lowest with a stale copy, else the lowest whose sum is not that of
 * the majority. VERIFY_AGREED: none is. VERIFY_UNDECIDED: sums differ, and no more than half of the
 * teams have the same one, as with two teams. */
enum { VERIFY_AGREED = -1, VERIFY_UNDECIDED = -2 };
int verify_wrong_team(const struct verify_claim *claim, int teams);

/* The lowest team that differs from team 0; VERIFY_AGREED: none does. */
int verify_other_team(const struct verify_claim *claim, int teams);

#endif
