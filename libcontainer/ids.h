/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h: which host ids a container of --userns=auto gets. Private to the files beside it. */
#pragma once

#include "container.h"

/* A range of the subordinate ids of a user (/etc/subuid and /etc/subgid, the same numbers in both) that no container of
 * this state root has, and no process in a user namespace, and no other user of these files. `words`: "auto" and its
 * options. rootfd: the ledger's, locked where the range is to be kept; -1: there is none yet. ret_range->inside is 0. */
int ids_take(struct cruet *cruet, int rootfd, const char *words, struct id_range *ret_range) MUST_USE;
