/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/sysctl.c: linux.sysctl, linux.netDevices and the host names: what is set in a namespace, and so must
 * have one that is not the host's. Only keys that the kernel keeps per namespace are let through
 * (CVE-2022-0811).
 */
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/make.h"

/* Which namespace a key belongs to; a row that ends in '/' is a prefix, the first that fits counts. Which
 * keys there may be is spec/check's rule. */
static const struct {
	const char *name; /* below /proc/sys */
	uint64_t ns;
} keys[] = {
	{ "net/", CLONE_NEWNET },	{ "user/", CLONE_NEWUSER },
	{ "fs/mqueue/", CLONE_NEWIPC }, { "kernel/domainname", CLONE_NEWUTS },
	{ "kernel/", CLONE_NEWIPC },
};

/*
 * The file of a key. Its first separator decides: in "net.ipv4.conf.eth0/100.forwarding" the dot is one and
 * the slash stands for a dot (sysctl.d(5)); in "net/ipv4/conf/eth0.100/forwarding" both are what they are. No
 * component is empty or dots: spec/check's rule.
 */
static int key_to_file(struct making *m, const char *key, const char **ret_file)
{
	size_t first = strcspn(key, "./");
	char *file = arena_strdup(m->arena, key);

	if (!file)
		return -ENOMEM;
	if (key[first] == '.')
		for (char *s = file; *s; s++)
			*s = *s == '.' ? '/' : *s == '/' ? '.' : *s;
	*ret_file = file;
	return 0;
}

/* What is set in the namespace `flag` must not reach the host: there is one, and one that is joined is not
 * the host's. */
static int need_namespace(struct making *m, uint64_t flag, const char *what)
{
	struct plan_ns *ns = &m->plan->ns;

	if (!(ns_any(ns) & flag))
		return fail(0,
			    "%s: would be set on the host, as the container has no such namespace of its own",
			    what);
	ns->not_callers |= ns->join & flag;
	return 0;
}

static int check_key(struct making *m, const char *key, const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (ends_with(keys[i].name, "/") ? starts_with(file, keys[i].name)
						 : streq(file, keys[i].name))
			return need_namespace(m, keys[i].ns, key);
	return fail(0, "linux.sysctl: %s: belongs to no namespace", key);
}

static int make_keys(struct making *m)
{
	const struct string_map *asked = &m->spec->linux_->sysctl;
	struct plan_sysctl *list = arena_array(m->arena, asked->n, struct plan_sysctl);

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < asked->n; i++) {
		const struct string_pair *pair = &asked->v[i];
		int r = key_to_file(m, pair->key, &list[i].file);

		if (r == 0)
			r = check_key(m, pair->key, list[i].file);
		if (r < 0)
			return r;
		list[i].key = pair->key;
		list[i].value = pair->value;
	}
	m->plan->sysctls.v = list;
	m->plan->sysctls.n = asked->n;
	return 0;
}

static int make_net_devices(struct making *m)
{
	const struct spec_linux *l = m->spec->linux_;
	struct plan_net_device *list;
	int r;

	if (!l->net_devices.n)
		return 0;
	r = need_namespace(m, CLONE_NEWNET, "linux.netDevices");
	if (r < 0)
		return r;
	if (m->host->euid != 0)
		return fail(EPERM, "linux.netDevices: only root can move a network device");
	list = arena_array(m->arena, l->net_devices.n, struct plan_net_device);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < l->net_devices.n; i++) {
		const struct spec_net_device *asked = &l->net_devices.v[i];

		list[i].host_name = asked->host_name;
		list[i].name = asked->name && *asked->name ? asked->name : asked->host_name;
	}
	m->plan->net_devices.v = list;
	m->plan->net_devices.n = l->net_devices.n;
	return 0;
}

static int make_host_names(struct making *m)
{
	const char *names[] = { m->spec->hostname, m->spec->domainname };
	int r = 0;

	if (names[0] && *names[0]) {
		r = need_namespace(m, CLONE_NEWUTS, "hostname");
		m->plan->hostname = names[0];
	}
	if (r == 0 && names[1] && *names[1]) {
		r = need_namespace(m, CLONE_NEWUTS, "domainname");
		m->plan->domainname = names[1];
	}
	return r;
}

int make_sysctls(struct making *m)
{
	int r = make_host_names(m);

	if (r == 0)
		r = make_keys(m);
	return r < 0 ? r : make_net_devices(m);
}
