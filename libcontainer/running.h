/* SPDX-License-Identifier: Apache-2.0 */
/* running.h: what the verbs on a container that runs, or has run, share. Private to the files beside it. */
#pragma once

#include "container.h"

/* The container's cgroup, for a verb that cannot do without one: that it is not there is recorded. */
int container_need_cgroup(struct cruet *cruet, const struct container *c, struct cgroup_place **ret_place) MUST_USE;

/* linux.resources as they act: of the last update, else of create; NULL where there are none. */
int container_resources(struct cruet *cruet, const struct opened *opened, const struct spec_resources **ret_resources) MUST_USE;
