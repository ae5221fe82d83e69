/* SPDX-License-Identifier: Apache-2.0 */
/* run/acts.h: the parent's acts that the tables of create, exec and restore have in common. 0, or -errno with the failure recorded. */
#pragma once

#include "run/run.h"

int check_id_free(struct run *run) MUST_USE;
int publish_intent(struct run *run) MUST_USE;
int undo_intent(struct remains *remains) MUST_USE;
int note_early(struct run *run) MUST_USE; /* pid and start time, for who looks it up while it is made */
int commit(struct run *run) MUST_USE;     /* the same, and that it is made */

int undo_spawn(struct remains *remains) MUST_USE;
int undo_process(struct remains *remains) MUST_USE; /* of exec and mounts: what was sent into the container */
bool wants_notify(const struct run *run);
int prepare_notify(struct run *run) MUST_USE;

bool has_stage(const struct run *run);
int adopt_init(struct run *run) MUST_USE; /* from here on the pid is init's, not the stage's */

bool wants_hooks(const struct run *run); /* those between the mounts and the switch of the root */
bool wants_oom_score(const struct run *run);
int set_oom_score(struct run *run) MUST_USE;
bool wants_rlimits(const struct run *run);
int raise_rlimits(struct run *run) MUST_USE;

bool wants_filter(const struct run *run);
int finish_filter(struct run *run) MUST_USE; /* compile it where init reads it */

bool wants_console(const struct run *run);
int take_console(struct run *run) MUST_USE; /* receive the terminal's master; hand it to the console socket where there is one */
int finish_init(struct run *run) MUST_USE;  /* PREPARED, then READY */

bool wants_pid_file(const struct run *run);
int write_pid_file(struct run *run) MUST_USE;
bool wants_pidfd(const struct run *run);
int send_pidfd(struct run *run) MUST_USE;
int release_init(struct run *run) MUST_USE; /* COMMITTED: it need not die with us any more */
