/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for `linux`: runtime-spec config-linux.md, in its order. sysctl has its own file. */
#include <limits.h>

#include "spec/check.h"
#include "spec/check_sysctl.h"
#include "spec/tables.h"

/* "Namespaces": a type once; paths absolute. */
static int check_namespaces(const struct spec *spec)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < spec->linux_->namespaces.n; i++) {
		const struct spec_namespace *ns = &spec->linux_->namespaces.v[i];

		if (seen & 1u << ns->type)
			return fail(0, "linux.namespaces[%zu].type: a second '%s': keep one", i,
				    json_word(&spec_namespace_types, ns->type));
		seen |= 1u << ns->type;
		if (ns->path && ns->path[0] != '/')
			return fail(0, "linux.namespaces[%zu].path: '%s' is not an absolute path", i,
				    SHOW(ns->path));
	}
	return 0;
}

/* "User namespace mappings": without them nobody is anybody in it; with a path they are those of the
 * namespace. */
static int check_user_namespace(const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	const struct spec_namespace *user = spec_namespace_of(spec, SPEC_NS_USER);
	int r;

	if (!user && (l->uid_mappings.n || l->gid_mappings.n))
		return fail(0, "linux.%s: needs a user namespace: add one to linux.namespaces",
			    l->uid_mappings.n ? "uidMappings" : "gidMappings");
	if (user && !user->path && (!l->uid_mappings.n || !l->gid_mappings.n))
		return fail(0, "linux.%s: is missing: a new user namespace needs it",
			    l->uid_mappings.n ? "gidMappings" : "uidMappings");
	r = check_id_map("linux.uidMappings", &l->uid_mappings);
	return r < 0 ? r : check_id_map("linux.gidMappings", &l->gid_mappings);
}

/* "Offset for Time Namespace": set before anybody is in it (time_namespaces(7)), so only for a new one. */
static int check_time_offsets(const struct spec *spec)
{
	const struct spec_time_offsets *offsets = spec->linux_->time_offsets;
	const struct spec_namespace *time = spec_namespace_of(spec, SPEC_NS_TIME);

	if (!offsets || (!offsets->boottime && !offsets->monotonic))
		return 0;
	if (!time)
		return fail(0, "linux.timeOffsets: needs a time namespace: add one to linux.namespaces");
	if (time->path)
		return fail(0,
			    "linux.timeOffsets: cannot be set in a joined time namespace: remove its path");
	return 0;
}

static int order_devices(const void *a, const void *b)
{
	const struct spec_device *left = a, *right = b;
	int r = strcmp(left->path, right->path);

	if (r)
		return r;
	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	if (left->major.v != right->major.v)
		return left->major.v < right->major.v ? -1 : 1;
	return (left->minor.v > right->minor.v) - (left->minor.v < right->minor.v);
}

/* The same device twice is what Docker writes for two equal --device; two at one path cannot be. */
static bool devices_conflict(const void *a, const void *b)
{
	const struct spec_device *left = a, *right = b;

	return streq(left->path, right->path) && order_devices(a, b) != 0;
}

/* "Devices": absolute; a number for all but FIFOs. */
static int check_devices(const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	ssize_t twice;

	for (size_t i = 0; i < l->devices.n; i++) {
		const struct spec_device *d = &l->devices.v[i];

		if (d->path[0] != '/')
			return fail(0, "linux.devices[%zu].path: '%s' is not an absolute path", i,
				    SHOW(d->path));
		if (d->type != 'p' && (!d->major.set || !d->minor.set))
			return fail(0, "linux.devices[%zu].%s: is missing: a device of type %c needs it", i,
				    d->major.set ? "minor" : "major", d->type);
	}
	twice = find_conflict(l->devices.v, l->devices.n, sizeof(*l->devices.v), order_devices,
			      devices_conflict);
	if (twice >= 0)
		return fail(0, "linux.devices[%zd].path: another device has %s too", twice,
			    SHOW(l->devices.v[twice].path));
	return twice == NO_CONFLICT ? 0 : (int)twice;
}

static const char *name_inside(const struct spec_net_device *d)
{
	return d->name ? d->name : d->host_name;
}

static int order_net_devices(const void *a, const void *b)
{
	return strcmp(name_inside(a), name_inside(b));
}

/* The kernel numbers templates, "eth%d". */
static bool net_devices_conflict(const void *a, const void *b)
{
	return order_net_devices(a, b) == 0 && !strchr(name_inside(a), '%');
}

/* "Network Devices": into the container's namespace, under a name that the kernel takes. */
static int check_net_devices(const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	ssize_t twice;

	if (l->net_devices.n && !spec_namespace_of(spec, SPEC_NS_NETWORK))
		return fail(0, "linux.netDevices: needs a network namespace: add one to linux.namespaces");
	for (size_t i = 0; i < l->net_devices.n; i++) {
		const struct spec_net_device *d = &l->net_devices.v[i];

		if (!is_interface_name(d->host_name))
			return fail(0, "linux.netDevices: '%s' is not the name of an interface",
				    SHOW(d->host_name));
		if (d->name && !is_interface_name(d->name))
			return fail(0, "linux.netDevices.%s.name: '%s' is not the name of an interface",
				    SHOW(d->host_name), SHOW(d->name));
	}
	twice = find_conflict(l->net_devices.v, l->net_devices.n, sizeof(*l->net_devices.v),
			      order_net_devices, net_devices_conflict);
	if (twice >= 0)
		return fail(0, "linux.netDevices.%s: another is to be called %s too",
			    SHOW(l->net_devices.v[twice].host_name),
			    SHOW(name_inside(&l->net_devices.v[twice])));
	return twice == NO_CONFLICT ? 0 : (int)twice;
}

static bool has_dotdot(const char *path)
{
	for (const char *s = path; (s = strstr(s, "..")); s += 2) {
		if ((s == path || s[-1] == '/') && (s[2] == '/' || !s[2]))
			return true;
	}
	return false;
}

/* "Cgroups Path": crun made a directory outside /sys/fs/cgroup for ".." (security.md 4.3). */
static int check_cgroups_path(const struct spec *spec)
{
	const char *path = spec->linux_->cgroups_path;

	if (path && (has_dotdot(path) || has_control(path)))
		return fail(0, "linux.cgroupsPath: '%s' has a '..' or a control character in it", SHOW(path));
	return 0;
}

/* "L3:0=f;1=f": what the numbers may be the kernel knows. */
static bool is_schema(const char *line)
{
	size_t n = strcspn(line, ":");

	return n && line[n] && line[n + 1] && !has_control(line);
}

/* Directories of resctrl's root that are no groups. */
static bool is_no_group(const char *id)
{
	static const char *const taken[] = { "info", "mon_data", "mon_groups" };

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (streq(id, taken[i]))
			return true;
	return false;
}

/* "IntelRdt": closID is a directory of resctrl ("/": its root); schemata are lines. */
int spec_check_intel_rdt(const struct spec_intel_rdt *rdt)
{
	const char *id = rdt->clos_id;

	if (id && !streq(id, "/") &&
	    (strchr(id, '/') || streq(id, ".") || streq(id, "..") || has_control(id) ||
	     strlen(id) > NAME_MAX || is_no_group(id)))
		return fail(0, "linux.intelRdt.closID: '%s' is not the name of a directory", SHOW(id));
	if (rdt->mem_bw_schema && (!starts_with(rdt->mem_bw_schema, "MB:") || !is_schema(rdt->mem_bw_schema)))
		return fail(0, "linux.intelRdt.memBwSchema: '%s' is not a line like MB:0=50;1=70",
			    SHOW(rdt->mem_bw_schema));
	for (size_t i = 0; i < rdt->schemata.n; i++) {
		if (strchr(rdt->schemata.v[i], '\n'))
			return fail(0, "linux.intelRdt.schemata[%zu]: is more than a line: make it two", i);
		if (!is_schema(rdt->schemata.v[i]))
			return fail(0, "linux.intelRdt.schemata[%zu]: '%s' is not a line like L3:0=ff;1=f", i,
				    SHOW(rdt->schemata.v[i]));
	}
	return 0;
}

static int check_intel_rdt(const struct spec *spec)
{
	return spec->linux_->intel_rdt ? spec_check_intel_rdt(spec->linux_->intel_rdt) : 0;
}

/* set_mempolicy(2): which mode wants nodes. */
static int check_policy_nodes(const struct spec_memory_policy *policy)
{
	static const char *const without[] = { "MPOL_DEFAULT", "MPOL_LOCAL" };
	bool has_nodes = policy->nodes && policy->nodes[strspn(policy->nodes, " ,")];

	if (policy->nodes && !is_cpu_list(policy->nodes))
		return fail(0, "linux.memoryPolicy.nodes: '%s' is not a list like 0-3,7",
			    SHOW(policy->nodes));
	for (size_t i = 0; i < ARRAY_SIZE(without); i++) {
		if (!streq(policy->mode, without[i]))
			continue;
		return has_nodes ? fail(0, "linux.memoryPolicy.nodes: %s takes none", policy->mode) : 0;
	}
	if (!has_nodes && !streq(policy->mode, "MPOL_PREFERRED"))
		return fail(0, "linux.memoryPolicy.nodes: %s needs at least one", policy->mode);
	return 0;
}

/* "Memory policy" (1.3). */
static int check_memory_policy(const struct spec *spec)
{
	const struct spec_memory_policy *policy = spec->linux_->memory_policy;
	bool is_static = false, is_relative = false;
	int r;

	if (!policy)
		return 0;
	if (!policy->mode)
		return fail(0, "linux.memoryPolicy.mode: is missing");
	r = check_word("linux.memoryPolicy.mode", policy->mode, &spec_memory_policy_modes);
	if (r == 0)
		r = check_words("linux.memoryPolicy.flags", &policy->flags, &spec_memory_policy_flags);
	if (r < 0)
		return r;
	for (size_t i = 0; i < policy->flags.n; i++) {
		is_static |= streq(policy->flags.v[i], "MPOL_F_STATIC_NODES");
		is_relative |= streq(policy->flags.v[i], "MPOL_F_RELATIVE_NODES");
	}
	if (is_static && is_relative)
		return fail(0, "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES "
			       "exclude each other");
	return check_policy_nodes(policy);
}

/* "Masked Paths", "Readonly Paths": absolute; without a mount namespace it would be the host's that are
 * hidden. */
static int check_paths(const struct spec *spec)
{
	const struct spec_linux *l = spec->linux_;
	int r;

	if ((l->masked_paths.n || l->readonly_paths.n) && !spec_namespace_of(spec, SPEC_NS_MOUNT))
		return fail(0, "linux.%s: needs a mount namespace: add one to linux.namespaces",
			    l->masked_paths.n ? "maskedPaths" : "readonlyPaths");
	r = check_absolute("linux.maskedPaths", &l->masked_paths);
	return r < 0 ? r : check_absolute("linux.readonlyPaths", &l->readonly_paths);
}

/* "Mount Label": becomes context="..." in mount options. */
static int check_mount_label(const struct spec *spec)
{
	const char *label = spec->linux_->mount_label;

	if (label && (strchr(label, '"') || has_control(label)))
		return fail(0, "linux.mountLabel: '%s' is not an SELinux label", SHOW(label));
	return 0;
}

/* "Personality". */
static int check_personality(const struct spec *spec)
{
	const struct spec_personality *p = spec->linux_->personality;

	if (!p)
		return 0;
	if (!p->domain)
		return fail(0, "linux.personality.domain: is missing: LINUX or LINUX32");
	return check_word("linux.personality.domain", p->domain, &spec_personality_domains);
}

static const struct check checks[] = {
	{ "namespaces", check_namespaces },
	{ "user namespace", check_user_namespace },
	{ "time offsets", check_time_offsets },
	{ "devices", check_devices },
	{ "network devices", check_net_devices },
	{ "cgroups path", check_cgroups_path },
	{ "intel rdt", check_intel_rdt },
	{ "memory policy", check_memory_policy },
	{ "sysctl", check_sysctl },
	{ "paths", check_paths },
	{ "mount label", check_mount_label },
	{ "personality", check_personality },
};
const struct check_list spec_linux_checks = CHECK_LIST(checks);
