/* step_verify.h: checks by checksum that the memory of all teams is correct.
 *
 *     ... update, publish | step_verify | checkpoint, next passes | step_verify_again | update ...
 *
 *     step_verify          between teams: equal weights; in every team: copies equal to the masters
 *     step_verify_again    in every team: the same bytes as before
 *
 * From a step's end to the next update nothing writes to weights, their copies or the optimizer's
 * state. The first check finds data that arrived corrupted from other teams or has changed since.
 * The second check, which the next step makes by itself, finds changes between the two checks, and
 * identifies the team without asking the others. Changes between steps that are not verified
 * cannot be found: the next update overwrites a team's copy of the parameters that others own, and
 * sends the parameters that the team owns to all others. So verifying every step finds every
 * change; occasional checks find only faults that exist at that time (memory or links that keep
 * failing). Activations, gradients and data are not verified.
 *
 * Every team holds all weights, so the checksums of any part of them, a section, must be equal:
 *
 *     section 3 l        the weights of layer l, master copy        compared between teams
 *             3 l + 1    its biases                                 "
 *             3 l + 2    the derived copy of its weights (panel.h)  "
 *             3 L + s    the optimizer's state s, the owned part    only its owner has it
 */
#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"
#include "net/mlp.h"
#include "optim/optimizer.h"

struct step;

/* True if the memory of all teams is correct; the same on every worker of all teams. `number` is
 * the step that has ended. Call from all workers between steps; ends with a barrier. Costs two
 * reads of this memory, split over the workers, and one small collective call. */
bool step_verify(struct step *step, const struct worker *worker, int64_t number);

/* The second check, which a step makes before its update. If memory has changed since
 * step_verify(), the rank requests STEP_REQUEST_ABORT in this step's verdict. Call from all
 * workers. */
void step_verify_again(struct step *step, const struct worker *worker);

/* Compares a number that must be equal in all teams, such as the hash of exported weights.
 * Collective, from the calling thread of each rank, while no worker is running. */
bool step_verify_sum(struct step *step, uint64_t sum, int64_t number, const char *what);

/* Returns the fault that was found: STATUS_NO_RESOURCE, naming team, host, step and layer;
 * STATUS_OK on ranks that know of none. */
enum status step_fault(const struct step *step, struct error *error);

/* --- the decision: any thread ----------------------------------------------------------------- */

enum { VERIFY_SECTIONS_MAX = 3 * MLP_LAYERS_MAX + OPTIMIZER_STATES_MAX, VERIFY_NAME_MAX = 96 };

/* Writes the name of a section, such as "the weights of layer 2", "the forward copy of the weights
 * of layer 2", "the optimizer's momentum_buffer". `optimizer` names the states. Returns out. */
const char *verify_section_name(
    int section, int layers, const struct optimizer_settings *optimizer, char out[VERIFY_NAME_MAX]);

/* A team's checksum. Sent as bytes. */
struct verify_claim {
    uint64_t sum;
    int64_t stale_layer; /* a layer whose derived copy differs from the master; 0: none */
    char host[64];       /* of the team's first rank */
};

/* Returns the wrong team: the lowest with a stale copy, else the lowest whose sum differs from the
 * majority's. VERIFY_AGREED: none is wrong. VERIFY_UNDECIDED: sums differ, and no sum is shared by
 * more than half of the teams, as with two teams. */
enum { VERIFY_AGREED = -1, VERIFY_UNDECIDED = -2 };
int verify_wrong_team(const struct verify_claim *claim, int teams);

/* Returns the lowest team that differs from team 0; VERIFY_AGREED: none does. */
int verify_other_team(const struct verify_claim *claim, int teams);
