/* SPDX-License-Identifier: Apache-2.0 */
/* plan/names.c: the words of plan.h that the init stage needs as well, which has no other file of this room.
 */
#include "plan/plan.h"

const char *const plan_hook_names[HOOK_POINTS] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};
