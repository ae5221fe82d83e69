/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for the top of config.json, and the list of all. Section names are config.md's. */
#include "spec/check.h"

#define HOST_NAME_SIZE 64 /* sethostname(2) */

/* The end of the number at s; NULL where there is none or a zero leads. */
static const char *skip_number(const char *s)
{
	const char *end = s + strspn(s, "0123456789");

	return end == s || (*s == '0' && end - s > 1) ? NULL : end;
}

static bool is_semver(const char *s)
{
	for (int i = 0; i < 3; i++) {
		if (i && *s++ != '.')
			return false;
		s = skip_number(s);
		if (!s)
			return false;
	}
	if (!*s)
		return true;
	return (*s == '-' || *s == '+') && s[1] &&
	       !s[1 + strspn(s + 1, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-.+")];
}

/* "Specification version": SemVer 2.0.0. Whatever 1.x says, its properties mean the same in 1.3. */
static int check_version(const struct spec *spec)
{
	const char *version = spec->oci_version;

	if (!is_semver(version))
		return fail(0, "ociVersion: '%s' is not a version: write it like %s", SHOW(version),
			    SPEC_OCI_VERSION);
	if (!starts_with(version, "1."))
		return fail(0, "ociVersion: %s is not supported: 1.0.0 to %s are", SHOW(version),
			    SPEC_OCI_VERSION);
	return 0;
}

/* "Root": required on Linux. */
static int check_root(const struct spec *spec)
{
	if (!spec->root)
		return fail(0, "root: is missing: a container needs a root filesystem");
	if (!spec->root->path[0])
		return fail(0, "root.path: is empty: name the directory of the root filesystem");
	return 0;
}

/* "Process": optional for create. */
static int check_the_process(const struct spec *spec)
{
	return spec->process ? check_process("process.", spec->process) : 0;
}

static int check_name(const struct spec *spec, const char *place, const char *name)
{
	if (!name)
		return 0;
	if (!spec_namespace_of(spec, SPEC_NS_UTS))
		return fail(0, "%s: needs a uts namespace: add one, or it would rename the host", place);
	if (strlen(name) > HOST_NAME_SIZE)
		return fail(0, "%s: is longer than %d bytes", place, HOST_NAME_SIZE);
	return 0;
}

/* "Hostname", "Domainname": of the container's uts namespace. */
static int check_names(const struct spec *spec)
{
	int r = check_name(spec, "hostname", spec->hostname);

	return r < 0 ? r : check_name(spec, "domainname", spec->domainname);
}

/* "Mounts". Relative destinations are deprecated, not wrong (1.2). */
int check_mounts(const char *at, const struct spec_mount *mounts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct spec_mount *m = &mounts[i];
		char place[64];
		struct text t = TEXT(place);
		int r;

		text_add(&t, "%s[%zu]", at, i);
		if (!m->destination[0])
			return fail(0, "%s.destination: is empty: name where to mount", place);
		/* one alone would leave all ids of the other kind unmapped */
		if (!m->uid_mappings.n != !m->gid_mappings.n)
			return fail(0, "%s: uidMappings and gidMappings must come together", place);
		text_add(&t, ".uidMappings");
		r = check_id_map(place, &m->uid_mappings);
		if (r < 0)
			return r;
		place[t.len - strlen("uidMappings")] = 'g';
		r = check_id_map(place, &m->gid_mappings);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_the_mounts(const struct spec *spec)
{
	return check_mounts("mounts", spec->mounts.v, spec->mounts.n);
}

/* "POSIX-platform Hooks": path is absolute, in the runtime's namespace or the container's. */
static int check_hooks(const struct spec *spec)
{
	const struct spec_hooks *hooks = spec->hooks;

	if (!hooks)
		return 0;
	const struct {
		const char *name;
		const struct spec_hook *v;
		size_t n;
	} kinds[] = {
		{ "prestart", hooks->prestart.v, hooks->prestart.n },
		{ "createRuntime", hooks->create_runtime.v, hooks->create_runtime.n },
		{ "createContainer", hooks->create_container.v, hooks->create_container.n },
		{ "startContainer", hooks->start_container.v, hooks->start_container.n },
		{ "poststart", hooks->poststart.v, hooks->poststart.n },
		{ "poststop", hooks->poststop.v, hooks->poststop.n },
	};
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (size_t i = 0; i < kinds[k].n; i++) {
			if (kinds[k].v[i].path[0] != '/')
				return fail(0, "hooks.%s[%zu].path: '%s' is not an absolute path",
					    kinds[k].name, i, SHOW(kinds[k].v[i].path));
		}
	}
	return 0;
}

/* "Annotations": keys must not be empty. */
static int check_annotations(const struct spec *spec)
{
	for (size_t i = 0; i < spec->annotations.n; i++) {
		if (!spec->annotations.v[i].key[0])
			return fail(0, "annotations: an empty key: give '%s' a name",
				    SHOW(spec->annotations.v[i].value));
	}
	return 0;
}

static const struct check top_checks[] = {
	{ "version", check_version },	      { "root", check_root },
	{ "process", check_the_process },     { "names", check_names },
	{ "mounts", check_the_mounts },	      { "hooks", check_hooks },
	{ "annotations", check_annotations },
};
static const struct check_list spec_top_checks = CHECK_LIST(top_checks);

/* ---- all ---- */

int spec_check(const struct spec *spec)
{
	static const struct check_list *const lists[] = { &spec_top_checks, &spec_linux_checks,
							  &spec_seccomp_checks };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		for (size_t i = 0; i < lists[l]->n; i++) {
			int r = lists[l]->v[i].holds(spec);

			if (r < 0)
				return r;
		}
	}
	return spec->linux_->resources ? check_resources("linux.resources.", spec->linux_->resources) : 0;
}

int spec_check_process(const struct spec_process *process)
{
	return check_process("", process);
}

int spec_check_resources(const struct spec_resources *resources)
{
	return check_resources("", resources);
}

int spec_check_mounts(const struct spec_mount *mounts, size_t n)
{
	return check_mounts("mounts", mounts, n);
}
