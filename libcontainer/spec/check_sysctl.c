/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule for linux.sysctl: only what the kernel keeps per namespace, and only where the container has that
 * namespace; anything else would change the host. Whether a joined network namespace is the host's is found
 * out by the act.
 */
#include "spec/check_sysctl.h"

#include "spec/check.h"
#include "spec/tables.h"

/* Names as sysctl(8) prints them; with a dot at the end, all below. */
static const struct {
	const char *name;
	enum spec_namespace_type needs;
} namespaced[] = {
	{ "net.", SPEC_NS_NETWORK },
	{ "fs.mqueue.", SPEC_NS_IPC },
	{ "kernel.msgmax", SPEC_NS_IPC },
	{ "kernel.msgmnb", SPEC_NS_IPC },
	{ "kernel.msgmni", SPEC_NS_IPC },
	{ "kernel.msg_next_id", SPEC_NS_IPC },
	{ "kernel.sem", SPEC_NS_IPC },
	{ "kernel.sem_next_id", SPEC_NS_IPC },
	{ "kernel.shmall", SPEC_NS_IPC },
	{ "kernel.shmmax", SPEC_NS_IPC },
	{ "kernel.shmmni", SPEC_NS_IPC },
	{ "kernel.shm_next_id", SPEC_NS_IPC },
	{ "kernel.shm_rmid_forced", SPEC_NS_IPC },
	{ "kernel.domainname", SPEC_NS_UTS },
	{ "user.", SPEC_NS_USER },
};

/*
 * Compare a key with a row. Keys come in two spellings, net.ipv4.conf.eth0/100.forwarding and
 * net/ipv4/conf/eth0.100/forwarding: the first separator says which (sysctl.d(5)), and here only the row's
 * dots matter.
 */
static bool matches(const char *key, const char *row)
{
	const char *first = strpbrk(key, "./");
	char separator = first ? *first : '.';

	for (; *row; key++, row++) {
		if (*key != (*row == '.' ? separator : *row))
			return false;
	}
	return row[-1] == '.' || !*key;
}

/* No component that is empty, "." or ".." once the separators are slashes; graphic ASCII only. */
static bool is_key(const char *key)
{
	const char *first = strpbrk(key, "./");
	char separator = first ? *first : '.', dot = separator == '.' ? '/' : '.';

	for (const char *s = key;; s++) {
		size_t n = 0, dots = 0;

		for (; *s && *s != separator; s++, n++) {
			if (*s <= 0x20 || *s >= 0x7f)
				return false;
			dots += *s == dot;
		}
		if (n == 0 || (n == dots && n <= 2))
			return false;
		if (!*s)
			return first != NULL;
	}
}

static int check_one(const struct spec *spec, const char *key)
{
	if (!is_key(key))
		return fail(0, "linux.sysctl: '%s' is not a key like net.core.somaxconn", SHOW(key));
	if (matches(key, "kernel.hostname"))
		return fail(0, "linux.sysctl: %s: use hostname instead", SHOW(key));
	for (size_t i = 0; i < ARRAY_SIZE(namespaced); i++) {
		if (!matches(key, namespaced[i].name))
			continue;
		if (spec_namespace_of(spec, namespaced[i].needs))
			return 0;
		return fail(0,
			    "linux.sysctl: %s: needs a namespace of type %s, or it would change the host's",
			    SHOW(key), json_word(&spec_namespace_types, namespaced[i].needs));
	}
	return fail(0, "linux.sysctl: %s: belongs to no namespace, so it would change the host's: remove it",
		    SHOW(key));
}

int check_sysctl(const struct spec *spec)
{
	const struct string_map *sysctl = &spec->linux_->sysctl;

	for (size_t i = 0; i < sysctl->n; i++) {
		int r = check_one(spec, sysctl->v[i].key);

		if (r < 0)
			return r;
		if (strchr(sysctl->v[i].value, '\n'))
			return fail(0, "linux.sysctl: %s: the value has more than a line",
				    SHOW(sysctl->v[i].key));
	}
	return 0;
}
