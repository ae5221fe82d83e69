/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/mount_attr.c: what a mount allows: attributes, id maps, propagation. No library, no allocation.
 */
#include "kernel/mount.h"

#include <sys/vfs.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"
#include "kernel/mount_old.h"
#include "kernel/sys.h"

struct attr_name {
	uint64_t bit;
	const char *name;
};
/* Those that a less privileged mount namespace finds locked (mount_namespaces(7)). */
static const struct attr_name lockable[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },
	{ MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },
	{ MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NODIRATIME, "nodiratime" },
};

struct magic_name {
	uint32_t magic;
	const char *name;
};
static const struct magic_name magics[] = {
	{ 0x794c7630, "overlay" },   { 0x01021994, "tmpfs" },	 { 0xef53, "ext4" },
	{ 0x58465342, "xfs" },	     { 0x9123683e, "btrfs" },	 { 0x6969, "nfs" },
	{ 0xff534d42, "cifs" },	     { 0xfe534d42, "smb2" },	 { 0x65735546, "fuse" },
	{ 0x9fa0, "proc" },	     { 0x62656572, "sysfs" },	 { 0x63677270, "cgroup2" },
	{ 0x0027e0eb, "cgroup" },    { 0x1cd1, "devpts" },	 { 0x19800202, "mqueue" },
	{ 0x858458f6, "ramfs" },     { 0x73717368, "squashfs" }, { 0x01021997, "9p" },
	{ 0x00c36400, "ceph" },	     { 0x2fc12fc1, "zfs" },	 { 0xf2f52010, "f2fs" },
	{ 0xe0f5e1e2, "erofs" },     { 0x9660, "iso9660" },	 { 0x4d44, "vfat" },
	{ 0x958458f6, "hugetlbfs" }, { 0xcafe4a11, "bpf" },	 { 0x6e736673, "nsfs" },
	{ 0x64626720, "debugfs" },   { 0x74726163, "tracefs" },	 { 0xf15f, "ecryptfs" },
	{ 0xca451a4e, "bcachefs" },
};

const char *mount_fs_name(int fd, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	struct statfs st;

	if (fstatfs(fd, &st)) {
		text_add(&t, "unknown");
		return buf;
	}
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if ((uint32_t)st.f_type == magics[i].magic) {
			text_add(&t, "%s", magics[i].name);
			return buf;
		}
	text_add(&t, "0x%x", (unsigned int)st.f_type);
	return buf;
}

static int set_call(const struct mount_tools *tools, int mountfd, uint64_t set, uint64_t clear)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear };

	if (!tools->new_api)
		return mount_old_set(tools, mountfd, set, clear);
	return sys_mount_setattr(mountfd, "", AT_EMPTY_PATH, &attr) ? -errno : 0;
}

/* A mount that came from a more privileged namespace keeps its flags. What the configuration clears by name
 * is an error that names it; else take the flags as they are and try once more: the container gets less,
 * never more. */
static int set_locked(const struct mount_tools *tools, int mountfd, uint64_t set, uint64_t clear)
{
	char names[64] = "";
	struct text t = TEXT(names);
	uint64_t has, lost, keep = 0;
	int r = mount_old_current(mountfd, &has);

	if (r < 0)
		return fail(-r, "cannot read the flags of a mount");
	lost = has & clear & ~set;
	for (size_t i = 0; i < ARRAY_SIZE(lockable); i++) {
		keep |= has & lockable[i].bit;
		if (lost & lockable[i].bit)
			text_add(&t, "%s%s", t.len ? "," : "", lockable[i].name);
	}
	if (!t.len && (clear & MOUNT_ATTR__ATIME) && (has & MOUNT_ATTR__ATIME) != (set & MOUNT_ATTR__ATIME))
		text_add(&t, "atime");
	if (t.len)
		return fail(EPERM, "cannot change the locked flags '%s' of a mount", names);
	r = set_call(tools, mountfd, set | keep, clear & ~(keep | MOUNT_ATTR__ATIME));
	return r < 0 ? fail(-r, "cannot set the flags of a mount") : 0;
}

/* One field of two bits, not flags: to set it the kernel wants all of it cleared. */
static void complete_atime(uint64_t set, uint64_t *clear)
{
	if ((set | *clear) & MOUNT_ATTR__ATIME)
		*clear |= MOUNT_ATTR__ATIME;
}

static int set_recursive(const struct mount_tools *tools, int mountfd, uint64_t set, uint64_t clear)
{
	struct mount_attr attr = { .attr_set = set };

	complete_atime(set, &clear);
	attr.attr_clr = clear;
	/* CVE-2023-25809: a recursive flag that reaches only the top leaves writable what is below */
	if (!tools->new_api)
		return fail(ENOSYS,
			    "recursive mount flags (rro and its like) need mount_setattr(2), Linux 5.12");
	if (sys_mount_setattr(mountfd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr))
		return fail(errno, "cannot set the flags of a mount and of those below it");
	return 0;
}

int mount_set_attrs(struct mount_tools *tools, int mountfd, const struct mount_attrs *attrs)
{
	uint64_t clear = attrs->clear;
	int r = 0;

	complete_atime(attrs->set, &clear);
	if (attrs->set | clear)
		r = set_call(tools, mountfd, attrs->set, clear);
	if (r == -EPERM)
		r = set_locked(tools, mountfd, attrs->set, clear);
	else if (r < 0)
		r = fail(-r, "cannot set the flags of a mount");
	if (r < 0)
		return r;
	if (attrs->rec_set | attrs->rec_clear)
		return set_recursive(tools, mountfd, attrs->rec_set, attrs->rec_clear);
	return 0;
}

int mount_set_idmap(struct mount_tools *tools, int mountfd, int userns_fd, bool recursive)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns_fd };
	char name[32];
	int err;

	if (!tools->new_api)
		return fail(ENOSYS, "an id map for a mount needs mount_setattr(2), Linux 5.12");
	if (!sys_mount_setattr(mountfd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U), &attr))
		return 0;
	err = errno;
	mount_fs_name(mountfd, name, sizeof(name));
	if (err == EINVAL)
		return fail(EINVAL, "file system '%s'%s does not support id-mapped mounts", name,
			    recursive ? " or one mounted below it" : "");
	return fail(err, "cannot map the ids of a mount of file system '%s'", name);
}

int mount_set_propagation(struct mount_tools *tools, int fd, unsigned long flags)
{
	struct mount_attr attr = { .propagation = flags & ~(unsigned long)MS_REC };
	unsigned int at = AT_EMPTY_PATH | (flags & MS_REC ? AT_RECURSIVE : 0U);
	int r = 0;

	if (!tools->new_api)
		r = mount_old_call(tools, -1, NULL, fd, NULL, flags, NULL);
	else if (sys_mount_setattr(fd, "", at, &attr))
		r = -errno;
	if (r == 0 || r == -EINVAL)
		return r;
	return fail(-r, "cannot set the propagation of a mount");
}
