/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/words.c: the words of mount options. Attributes of the mount become MOUNT_ATTR_* to set and to clear,
 * flags of the super block stay apart (a bind mount has none of its own), and what the table does not know is
 * the file system's.
 */
#include "plan/words.h"

#include <string.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"

enum word_kind {
	WORD_NOTHING,
	WORD_SET,	/* set the attribute, and take back that it be cleared */
	WORD_CLEAR,	/* the other way round */
	WORD_ATIME,	/* one of the modes of access times: they exclude each other */
	WORD_ATIME_OFF, /* take back that mode, and no other */
	WORD_REC_SET,	/* the same, of the mount and of all below it */
	WORD_REC_CLEAR,
	WORD_REC_ATIME,
	WORD_REC_ATIME_OFF,
	WORD_SUPER, /* a flag of the super block */
	WORD_SUPER_OFF,
	WORD_PROPAGATION,
	WORD_BIND,
	WORD_RBIND,
	WORD_REMOUNT,
	WORD_COPY_UP,
	WORD_COPY_SYMLINK,
	WORD_SOURCE_NOFOLLOW,
	WORD_TARGET_NOFOLLOW,
	WORD_IDMAP,
	WORD_RIDMAP,
};

/*
 * "silent", "loud", "iversion" and "noiversion" have no effect: fsconfig(2) has no word for the first two,
 * and file systems that count versions do so in any case (ext4 since 6.1). The r... forms of super block
 * flags are crun's, and there is only one super block.
 */
/* clang-format off */
static const struct mount_word {
	const char *name;
	enum word_kind kind;
	uint64_t bits;
} words[] = {
	{ "async",         WORD_SUPER_OFF,       SUPER_SYNC },
	{ "atime",         WORD_ATIME_OFF,       MOUNT_ATTR_NOATIME },
	{ "bind",          WORD_BIND,            0 },
	{ "copy-symlink",  WORD_COPY_SYMLINK,    0 },
	{ "defaults",      WORD_NOTHING,         0 },
	{ "dest-nofollow", WORD_TARGET_NOFOLLOW, 0 },
	{ "dev",           WORD_CLEAR,           MOUNT_ATTR_NODEV },
	{ "diratime",      WORD_CLEAR,           MOUNT_ATTR_NODIRATIME },
	{ "dirsync",       WORD_SUPER,           SUPER_DIRSYNC },
	{ "exec",          WORD_CLEAR,           MOUNT_ATTR_NOEXEC },
	{ "idmap",         WORD_IDMAP,           0 },
	{ "iversion",      WORD_NOTHING,         0 },
	{ "lazytime",      WORD_SUPER,           SUPER_LAZYTIME },
	{ "loud",          WORD_NOTHING,         0 },
	{ "mand",          WORD_SUPER,           SUPER_MAND },
	{ "noatime",       WORD_ATIME,           MOUNT_ATTR_NOATIME },
	{ "nodev",         WORD_SET,             MOUNT_ATTR_NODEV },
	{ "nodiratime",    WORD_SET,             MOUNT_ATTR_NODIRATIME },
	{ "noexec",        WORD_SET,             MOUNT_ATTR_NOEXEC },
	{ "noiversion",    WORD_NOTHING,         0 },
	{ "nolazytime",    WORD_SUPER_OFF,       SUPER_LAZYTIME },
	{ "nomand",        WORD_SUPER_OFF,       SUPER_MAND },
	{ "norelatime",    WORD_ATIME_OFF,       MOUNT_ATTR_RELATIME },
	{ "nostrictatime", WORD_ATIME_OFF,       MOUNT_ATTR_STRICTATIME },
	{ "nosuid",        WORD_SET,             MOUNT_ATTR_NOSUID },
	{ "nosymfollow",   WORD_SET,             MOUNT_ATTR_NOSYMFOLLOW },
	{ "private",       WORD_PROPAGATION,     MS_PRIVATE },
	{ "rasync",        WORD_SUPER_OFF,       SUPER_SYNC },
	{ "ratime",        WORD_REC_ATIME_OFF,   MOUNT_ATTR_NOATIME },
	{ "rbind",         WORD_RBIND,           0 },
	{ "rdev",          WORD_REC_CLEAR,       MOUNT_ATTR_NODEV },
	{ "rdiratime",     WORD_REC_CLEAR,       MOUNT_ATTR_NODIRATIME },
	{ "rdirsync",      WORD_SUPER,           SUPER_DIRSYNC },
	{ "relatime",      WORD_ATIME,           MOUNT_ATTR_RELATIME },
	{ "remount",       WORD_REMOUNT,         0 },
	{ "rexec",         WORD_REC_CLEAR,       MOUNT_ATTR_NOEXEC },
	{ "ridmap",        WORD_RIDMAP,          0 },
	{ "rmand",         WORD_SUPER,           SUPER_MAND },
	{ "rnoatime",      WORD_REC_ATIME,       MOUNT_ATTR_NOATIME },
	{ "rnodev",        WORD_REC_SET,         MOUNT_ATTR_NODEV },
	{ "rnodiratime",   WORD_REC_SET,         MOUNT_ATTR_NODIRATIME },
	{ "rnoexec",       WORD_REC_SET,         MOUNT_ATTR_NOEXEC },
	{ "rnomand",       WORD_SUPER_OFF,       SUPER_MAND },
	{ "rnorelatime",   WORD_REC_ATIME_OFF,   MOUNT_ATTR_RELATIME },
	{ "rnostrictatime", WORD_REC_ATIME_OFF,  MOUNT_ATTR_STRICTATIME },
	{ "rnosuid",       WORD_REC_SET,         MOUNT_ATTR_NOSUID },
	{ "rnosymfollow",  WORD_REC_SET,         MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro",            WORD_SET,             MOUNT_ATTR_RDONLY },
	{ "rprivate",      WORD_PROPAGATION,     MS_PRIVATE | MS_REC },
	{ "rrelatime",     WORD_REC_ATIME,       MOUNT_ATTR_RELATIME },
	{ "rro",           WORD_REC_SET,         MOUNT_ATTR_RDONLY },
	{ "rrw",           WORD_REC_CLEAR,       MOUNT_ATTR_RDONLY },
	{ "rshared",       WORD_PROPAGATION,     MS_SHARED | MS_REC },
	{ "rslave",        WORD_PROPAGATION,     MS_SLAVE | MS_REC },
	{ "rstrictatime",  WORD_REC_ATIME,       MOUNT_ATTR_STRICTATIME },
	{ "rsuid",         WORD_REC_CLEAR,       MOUNT_ATTR_NOSUID },
	{ "rsymfollow",    WORD_REC_CLEAR,       MOUNT_ATTR_NOSYMFOLLOW },
	{ "rsync",         WORD_SUPER,           SUPER_SYNC },
	{ "runbindable",   WORD_PROPAGATION,     MS_UNBINDABLE | MS_REC },
	{ "rw",            WORD_CLEAR,           MOUNT_ATTR_RDONLY },
	{ "shared",        WORD_PROPAGATION,     MS_SHARED },
	{ "silent",        WORD_NOTHING,         0 },
	{ "slave",         WORD_PROPAGATION,     MS_SLAVE },
	{ "src-nofollow",  WORD_SOURCE_NOFOLLOW, 0 },
	{ "strictatime",   WORD_ATIME,           MOUNT_ATTR_STRICTATIME },
	{ "suid",          WORD_CLEAR,           MOUNT_ATTR_NOSUID },
	{ "symfollow",     WORD_CLEAR,           MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync",          WORD_SUPER,           SUPER_SYNC },
	{ "tmpcopyup",     WORD_COPY_UP,         0 },
	{ "unbindable",    WORD_PROPAGATION,     MS_UNBINDABLE },
};
/* clang-format on */

const char *mount_words_name(size_t i)
{
	return i < ARRAY_SIZE(words) ? words[i].name : NULL;
}

static void change(uint64_t *set, uint64_t *clear, uint64_t bits)
{
	*set |= bits;
	*clear &= ~bits;
}

static void choose_atime(uint64_t *set, uint64_t *clear, uint64_t mode)
{
	*set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | mode;
	*clear |= MOUNT_ATTR__ATIME;
}

/* What was chosen since stays. Where nothing was, this makes it the kernel's default, relatime, also for a bind of what has
 * another. */
static void drop_atime(uint64_t *set, uint64_t *clear, uint64_t mode)
{
	if (!(*clear & MOUNT_ATTR__ATIME) || (*set & MOUNT_ATTR__ATIME) == mode)
		choose_atime(set, clear, MOUNT_ATTR_RELATIME);
}

static bool apply_attr(struct mount_attrs *a, const struct mount_word *w)
{
	switch (w->kind) {
	case WORD_SET:
		change(&a->set, &a->clear, w->bits);
		return true;
	case WORD_CLEAR:
		change(&a->clear, &a->set, w->bits);
		return true;
	case WORD_ATIME:
		choose_atime(&a->set, &a->clear, w->bits);
		return true;
	case WORD_ATIME_OFF:
		drop_atime(&a->set, &a->clear, w->bits);
		return true;
	case WORD_REC_SET:
		change(&a->rec_set, &a->rec_clear, w->bits);
		return true;
	case WORD_REC_CLEAR:
		change(&a->rec_clear, &a->rec_set, w->bits);
		return true;
	case WORD_REC_ATIME:
		choose_atime(&a->rec_set, &a->rec_clear, w->bits);
		return true;
	case WORD_REC_ATIME_OFF:
		drop_atime(&a->rec_set, &a->rec_clear, w->bits);
		return true;
	default:
		return false;
	}
}

static void apply_switch(struct mount_said *said, const struct mount_word *w)
{
	switch (w->kind) {
	case WORD_SUPER:
		said->super |= (unsigned int)w->bits;
		break;
	case WORD_SUPER_OFF:
		said->super &= ~(unsigned int)w->bits;
		break;
	case WORD_BIND:
	case WORD_RBIND:
		said->bind = true;
		said->recursive = w->kind == WORD_RBIND;
		break;
	case WORD_REMOUNT:
		said->remount = true;
		break;
	case WORD_COPY_UP:
		said->copy_up = true;
		break;
	case WORD_COPY_SYMLINK:
		said->copy_symlink = true;
		break;
	case WORD_SOURCE_NOFOLLOW:
		said->source_nofollow = true;
		break;
	case WORD_TARGET_NOFOLLOW:
		said->target_nofollow = true;
		break;
	case WORD_IDMAP:
	case WORD_RIDMAP:
		said->idmap = IDMAP_CONTAINER;
		said->idmap_recursive = w->kind == WORD_RIDMAP;
		break;
	default:
		break;
	}
}

/* "idmap=TEXT" and "ridmap=TEXT" of crun. */
static bool apply_idmap_text(struct mount_said *said, const char *option)
{
	bool recursive = starts_with(option, "ridmap=");

	if (!recursive && !starts_with(option, "idmap="))
		return false;
	said->idmap = IDMAP_OWN;
	said->idmap_recursive = recursive;
	said->idmap_text = strchr(option, '=') + 1;
	return true;
}

/* Where the word of the file system that starts at s ends: at a comma outside of quotes, or at the end. */
static size_t param_length(const char *s, bool split_commas)
{
	bool quoted = false;
	size_t n = 0;

	for (; s[n]; n++) {
		if (s[n] == '"')
			quoted = !quoted;
		if (s[n] == ',' && split_commas && !quoted)
			break;
	}
	return n;
}

/* One "key" or "key=value". The quotes of a SELinux context are mount(2)'s way to protect its commas, not
 * part of it. */
static int param_add(struct arena *arena, const char *s, size_t n, struct mount_param *param)
{
	char *text = arena_strndup(arena, s, n), *value;
	size_t length;

	if (!text)
		return -ENOMEM;
	value = strchr(text, '=');
	if (value)
		*value++ = '\0';
	length = value ? strlen(value) : 0;
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"' && ends_with(text, "context")) {
		value[length - 1] = '\0';
		value++;
	}
	*param = (struct mount_param){ .key = text, .value = value };
	return 0;
}

static int params_add(struct arena *arena, const char *option, bool split_commas, struct mount_param *params,
		      size_t *n)
{
	for (const char *s = option;;) {
		size_t length = param_length(s, split_commas);

		if (length) {
			int r = param_add(arena, s, length, &params[*n]);

			if (r < 0)
				return r;
			(*n)++;
		}
		if (!s[length])
			return 0;
		s += length + 1;
	}
}

/* An upper bound of how many words for the file system there can be. */
static size_t params_max(const struct strings *options)
{
	size_t n = options->n;

	for (size_t i = 0; i < options->n; i++)
		for (const char *s = options->v[i]; *s; s++)
			n += *s == ',';
	return n;
}

int mount_words_read(struct arena *arena, const struct strings *options, bool split_commas,
		     struct mount_said *ret_said)
{
	struct mount_said said = { .idmap = IDMAP_NONE };
	struct mount_param *params = arena_array(arena, params_max(options), struct mount_param);
	unsigned long *propagation = arena_array(arena, options->n, unsigned long);

	if (!params || !propagation)
		return -ENOMEM;
	for (size_t i = 0; i < options->n; i++) {
		const char *option = options->v[i];
		const struct mount_word *w = WORD_FIND(words, option);
		int r;

		if (w && w->kind == WORD_PROPAGATION) {
			propagation[said.n_propagation++] = (unsigned long)w->bits;
			continue;
		}
		if (w) {
			if (!apply_attr(&said.attrs, w))
				apply_switch(&said, w);
			continue;
		}
		if (apply_idmap_text(&said, option))
			continue;
		if (!said.first_param)
			said.first_param = option;
		r = params_add(arena, option, split_commas, params, &said.n_params);
		if (r < 0)
			return r;
	}
	said.params = params;
	said.propagation = propagation;
	*ret_said = said;
	return 0;
}
