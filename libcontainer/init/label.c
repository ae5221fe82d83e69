/* SPDX-License-Identifier: Apache-2.0 */
/* init/label.c: what the program becomes to AppArmor and SELinux, and whose its session keyring is to SELinux. */
#include "base/err.h"
#include "base/fd.h"
#include "init/child.h"
#include "kernel/lsm.h"
#include "kernel/mount.h"

static int set_label(int (*set)(int procfd, const char *label), const char *label, const char *property)
{
	autoclose int procfd = -1;
	int r = procfs_open(true, &procfd);

	if (r == 0)
		r = set(procfd, label);
	return r < 0 ? fail_in(r, "%s", property) : 0;
}

int set_key_label(struct child *c)
{
	return set_label(lsm_set_key_label, c->plan->process.selinux_label, "process.selinuxLabel");
}

int set_apparmor_profile(struct child *c)
{
	return set_label(lsm_set_exec_profile, c->plan->process.apparmor_profile, "process.apparmorProfile");
}

int set_selinux_label(struct child *c)
{
	return set_label(lsm_set_exec_label, c->plan->process.selinux_label, "process.selinuxLabel");
}
