/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/refuse.c: what a configuration may say but does not act yet. A property that changes what a container
 * can do is refused, never ignored; each row goes away with the change that makes it act.
 */
#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

static bool said(const char *s)
{
	return s && *s;
}

static bool asks_apparmor(const struct making *m)
{
	const struct spec_process *p = m->process;

	/* Docker says "unconfined" on hosts without AppArmor as well, and there everything is. */
	return p && said(p->apparmor_profile) &&
	       (m->host->apparmor || !streq(p->apparmor_profile, "unconfined"));
}

static bool asks_selinux(const struct making *m)
{
	return m->process && said(m->process->selinux_label);
}

static bool asks_mount_label(const struct making *m)
{
	return said(m->spec->linux_->mount_label);
}

static bool asks_rdt(const struct making *m)
{
	return m->spec->linux_->intel_rdt != NULL;
}

static bool asks_systemd(const struct making *m)
{
	return m->options->systemd_cgroup;
}

static const struct {
	const char *what;
	bool (*asked)(const struct making *m);
} refusals[] = {
	{ "process.apparmorProfile", asks_apparmor },
	{ "process.selinuxLabel", asks_selinux },
	{ "linux.mountLabel", asks_mount_label },
	{ "linux.intelRdt", asks_rdt },
	{ "--systemd-cgroup", asks_systemd },
};

int make_refusals(struct making *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].asked(m))
			return fail(0, "%s: not supported yet", refusals[i].what);
	return 0;
}
