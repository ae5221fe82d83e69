/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount.c: mounts by the new mount API; where it is missing, mount_old.c does the same. No library, no
 * allocation.
 */
#include "kernel/mount.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/mount_old.h"
#include "kernel/sys.h"

/* True where the call was understood: what it says about arguments that cannot be valid is neither "there is
 * no such call" nor "you may not" (a filter's EPERM; or no privilege at all, and then mount(2) will say so).
 */
static bool answers(int r)
{
	return r >= 0 || (errno != ENOSYS && errno != EPERM);
}

struct mount_tools mount_tools_make(int procfd)
{
	static const struct mount_attr none;
	struct mount_tools tools = { .procfd = procfd, .scratchfd = -1, .old_shared = true };

	/* All or nothing: a mount that is half made by one API cannot be finished by the other. Flags that no kernel
	 * knows are refused before anything is looked up. */
	tools.new_api = answers(sys_mount_setattr(-1, NULL, ~0U, &none)) && answers(sys_fsopen(NULL, ~0U)) &&
			answers(sys_fsconfig(-1, ~0U, NULL, NULL, 0)) && answers(sys_fsmount(-1, ~0U, 0)) &&
			answers(sys_fspick(-1, NULL, ~0U)) && answers(sys_open_tree(-1, NULL, ~0U)) &&
			answers(sys_move_mount(-1, NULL, -1, NULL, ~0U));
	return tools;
}

struct mount_tools mount_tools_probed(int procfd)
{
	return (struct mount_tools){ .procfd = procfd, .scratchfd = -1, .old_shared = true, .new_api = true };
}

void mount_tools_close(struct mount_tools *tools)
{
	fd_close(&tools->scratchfd);
}

/* What the kernel said in the fs context: lines of "e tmpfs: Unknown parameter 'foo'". The last error says
 * most. */
static const char *context_message(int fsfd, char *buf, size_t size)
{
	char line[256];
	ssize_t n;

	*buf = '\0';
	while ((n = read(fsfd, line, sizeof(line) - 1)) > 0) {
		struct text t = { .buf = buf, .size = size };

		if (n < 3 || line[0] != 'e')
			continue;
		if (line[n - 1] == '\n')
			n--;
		text_add_n(&t, line + 2, (size_t)n - 2);
	}
	return buf;
}

static int context_fail(int err, int fsfd, const char *what, const char *name)
{
	char message[256];

	context_message(fsfd, message, sizeof(message));
	return fail(err, "cannot %s '%s'%s%s", what, name, *message ? ": " : "", message);
}

static int set_params(int fsfd, const struct mount_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned int cmd = params[i].value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;

		if (sys_fsconfig(fsfd, cmd, params[i].key, params[i].value, 0))
			return context_fail(errno, fsfd, "set mount option", params[i].key);
	}
	return 0;
}

/* fsmount(2) knows these; MOUNT_ATTR_IDMAP is for mount_set_idmap. A fresh mount has nothing below it, so the
 * recursive attributes are its own. */
static uint64_t fresh_attrs(const struct mount_attrs *attrs)
{
	return attrs ? attrs->set | attrs->rec_set : 0;
}

static bool params_fit(const struct mount_param *params, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (params[i].value && strlen(params[i].value) > MOUNT_PARAM_MAX)
			return false;
	return true;
}

int mount_make(struct mount_tools *tools, const char *type, const char *source,
	       const struct mount_param *params, size_t n, const struct mount_attrs *attrs, int *ret_mountfd)
{
	autoclose int fsfd = -1;
	int fd, r;

	if (!tools->new_api || !params_fit(params, n))
		return mount_old_make(tools, type, source, params, n, fresh_attrs(attrs), ret_mountfd);
	fsfd = sys_fsopen(type, FSOPEN_CLOEXEC);
	if (fsfd < 0)
		return fail(errno, "cannot use file system type '%s'", type);
	if (source && sys_fsconfig(fsfd, FSCONFIG_SET_STRING, "source", source, 0))
		return context_fail(errno, fsfd, "set mount source", source);
	r = set_params(fsfd, params, n);
	if (r < 0)
		return fail_in(r, "file system '%s'", type);
	if (sys_fsconfig(fsfd, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return context_fail(errno, fsfd, "create file system", type);
	fd = sys_fsmount(fsfd, FSMOUNT_CLOEXEC, (unsigned int)fresh_attrs(attrs));
	if (fd < 0)
		return context_fail(errno, fsfd, "mount file system", type);
	*ret_mountfd = fd;
	return 0;
}

static int clone_old(struct mount_tools *tools, int dirfd, const char *path, bool recursive, bool nofollow,
		     int *ret_mountfd)
{
	autoclose int opened = -1;

	if (*path) {
		opened = openat(dirfd, path, O_PATH | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0));
		if (opened < 0)
			return -errno;
	}
	return mount_old_clone(tools, *path ? opened : dirfd, recursive, ret_mountfd);
}

int mount_clone(struct mount_tools *tools, int dirfd, const char *path, bool recursive, bool nofollow,
		int *ret_mountfd)
{
	unsigned int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int fd, r;

	flags |= *path ? 0U : AT_EMPTY_PATH;
	flags |= recursive ? AT_RECURSIVE : 0U;
	flags |= nofollow ? AT_SYMLINK_NOFOLLOW : 0U;
	if (!tools->new_api) {
		r = clone_old(tools, dirfd, path, recursive, nofollow, ret_mountfd);
		return r < 0 ? fail(-r, "cannot bind '%s'", path) : 0;
	}
	fd = sys_open_tree(dirfd, path, flags);
	if (fd < 0)
		return fail(errno, "cannot bind '%s'", path);
	*ret_mountfd = fd;
	return 0;
}

int mount_reconfigure(struct mount_tools *tools, int mountfd, const struct mount_param *params, size_t n)
{
	autoclose int fsfd = -1;
	char name[32];
	int r;

	mount_fs_name(mountfd, name, sizeof(name));
	if (!tools->new_api || !params_fit(params, n)) {
		r = mount_old_reconfigure(tools, mountfd, params, n);
		return r < 0 ? fail(-r, "cannot reconfigure file system '%s'", name) : 0;
	}
	fsfd = sys_fspick(mountfd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (fsfd < 0)
		return fail(errno, "cannot reconfigure file system '%s'", name);
	r = set_params(fsfd, params, n);
	if (r < 0)
		return fail_in(r, "file system '%s'", name);
	if (sys_fsconfig(fsfd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		return context_fail(errno, fsfd, "reconfigure file system", name);
	return 0;
}

static int attach_old(struct mount_tools *tools, int mountfd, int dirfd, const char *name)
{
	autoclose int opened = -1;

	if (*name) {
		opened = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (opened < 0)
			return -errno;
	}
	return mount_old_call(tools, mountfd, NULL, *name ? opened : dirfd, NULL, MS_MOVE, NULL);
}

int mount_attach_at(struct mount_tools *tools, int mountfd, int dirfd, const char *name)
{
	unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | (*name ? 0U : MOVE_MOUNT_T_EMPTY_PATH);
	int r = 0;

	/* move_mount(2) takes one from the scratch as well as a detached one */
	if (!tools->new_api)
		r = attach_old(tools, mountfd, dirfd, name);
	else if (sys_move_mount(mountfd, "", dirfd, name, flags))
		r = -errno;
	return r < 0 ? fail(-r, "cannot attach a mount") : 0;
}

int mount_attach(struct mount_tools *tools, int mountfd, int targetfd)
{
	return mount_attach_at(tools, mountfd, targetfd, "");
}

/* umount2(2) takes a path alone: the fd's, as in mount_old_call(). */
int mount_detach(const struct mount_tools *tools, int mountfd)
{
	autoclose int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[32];
	struct text t = TEXT(name);
	int r = 0;

	text_add(&t, "self/fd/%d", mountfd);
	if (cwd < 0 || fchdir(tools->procfd))
		return fail(errno, "cannot enter the procfs");
	if (sys_umount2(name, SYS_MNT_DETACH))
		r = -errno;
	if (fchdir(cwd) && !r)
		r = -errno;
	return r < 0 && r != -EINVAL ? fail(-r, "cannot detach a mount") : r;
}

int mount_make_empty(struct mount_tools *tools, const struct mount_param *label, int *ret_mountfd)
{
	struct mount_param params[] = {
		{ "nr_blocks", "1" }, { "nr_inodes", "1" }, { "mode", "555" }, { NULL, NULL }
	};
	static const struct mount_attrs attrs = {
		.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};

	if (label)
		params[3] = *label;
	return mount_make(tools, "tmpfs", "tmpfs", params, label ? 4 : 3, &attrs, ret_mountfd);
}
