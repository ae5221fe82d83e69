/* SPDX-License-Identifier: Apache-2.0 */
/* The words of mount options: each by itself, pairs that undo each other, and what is left to the file
 * system. */
#include <stdlib.h>
#include <sys/mount.h>

#include "base/err.h"
#include "base/str.h"
#include "kernel/sys.h"
#include "plan/words.h"
#include "test.h"

static struct arena arena;

static bool read_list(const char *const *list, bool split, struct mount_said *said)
{
	struct strings options = { .v = list };

	while (list[options.n])
		options.n++;
	return mount_words_read(&arena, &options, split, said) == 0;
}
#define READ(said, ...) read_list((const char *const[]){ __VA_ARGS__, NULL }, true, said)

/* What config.md says MUST be known, what it says SHOULD be, and what runc and crun know besides. */
static const char *const required[] = {
	"async",
	"atime",
	"bind",
	"defaults",
	"dev",
	"diratime",
	"dirsync",
	"exec",
	"iversion",
	"lazytime",
	"loud",
	"noatime",
	"nodev",
	"nodiratime",
	"noexec",
	"noiversion",
	"nolazytime",
	"norelatime",
	"nostrictatime",
	"nosuid",
	"private",
	"rbind",
	"relatime",
	"remount",
	"ro",
	"rprivate",
	"rshared",
	"rslave",
	"runbindable",
	"rw",
	"shared",
	"silent",
	"slave",
	"strictatime",
	"suid",
	"sync",
	"unbindable",
	"rro",
	"rrw",
	"rnosuid",
	"rsuid",
	"rnodev",
	"rdev",
	"rnoexec",
	"rexec",
	"rnodiratime",
	"rdiratime",
	"rrelatime",
	"rnorelatime",
	"rnoatime",
	"ratime",
	"rstrictatime",
	"rnostrictatime",
	"rnosymfollow",
	"rsymfollow",
	"idmap",
	"ridmap",
	"mand",
	"nomand",
	"tmpcopyup",
	"nosymfollow",
	"symfollow",
	"copy-symlink",
	"src-nofollow",
	"dest-nofollow",
	"rsync",
	"rasync",
	"rdirsync",
	"rmand",
	"rnomand",
};

static bool listed(const char *name)
{
	for (size_t i = 0; mount_words_name(i); i++)
		if (streq(mount_words_name(i), name))
			return true;
	return false;
}

static void every_word_is_known(void)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		struct mount_said said;

		CHECK(listed(required[i]));
		CHECK(READ(&said, required[i]) && !said.first_param && said.n_params == 0);
	}
	/* and the table has no other, in order: features prints it */
	for (; mount_words_name(n); n++)
		if (n)
			CHECK(strcmp(mount_words_name(n - 1), mount_words_name(n)) < 0);
	CHECK(n == ARRAY_SIZE(required));
}

static void attributes_undo_each_other(void)
{
	static const struct {
		const char *on, *off;
		uint64_t bit;
	} pairs[] = {
		{ "ro", "rw", MOUNT_ATTR_RDONLY },
		{ "nosuid", "suid", MOUNT_ATTR_NOSUID },
		{ "nodev", "dev", MOUNT_ATTR_NODEV },
		{ "noexec", "exec", MOUNT_ATTR_NOEXEC },
		{ "nodiratime", "diratime", MOUNT_ATTR_NODIRATIME },
		{ "nosymfollow", "symfollow", MOUNT_ATTR_NOSYMFOLLOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char ron[32], roff[32];
		struct mount_said s;

		snprintf(ron, sizeof(ron), "r%s", pairs[i].on);
		snprintf(roff, sizeof(roff), "r%s", pairs[i].off);
		CHECK(READ(&s, pairs[i].on) && s.attrs.set == pairs[i].bit && s.attrs.clear == 0);
		CHECK(READ(&s, pairs[i].off) && s.attrs.set == 0 && s.attrs.clear == pairs[i].bit);
		CHECK(READ(&s, pairs[i].on, pairs[i].off) && s.attrs.set == 0 &&
		      s.attrs.clear == pairs[i].bit);
		CHECK(READ(&s, pairs[i].off, pairs[i].on) && s.attrs.set == pairs[i].bit &&
		      s.attrs.clear == 0);
		CHECK(READ(&s, ron) && s.attrs.rec_set == pairs[i].bit && s.attrs.set == 0);
		CHECK(READ(&s, ron, roff) && s.attrs.rec_set == 0 && s.attrs.rec_clear == pairs[i].bit);
		CHECK(READ(&s, roff, ron) && s.attrs.rec_set == pairs[i].bit && s.attrs.rec_clear == 0);
	}
}

static void access_times_exclude_each_other(void)
{
	static const struct {
		const char *word;
		uint64_t mode;
	} modes[] = {
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "strictatime", MOUNT_ATTR_STRICTATIME },
		{ "relatime", 0 },
	};
	/* as mount(8) has it they take back one mode, whatever else was chosen */
	static const struct {
		const char *word;
		uint64_t mode;
	} negations[] = {
		{ "atime", MOUNT_ATTR_NOATIME },
		{ "norelatime", 0 },
		{ "nostrictatime", MOUNT_ATTR_STRICTATIME },
	};
	struct mount_said s;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
			CHECK(READ(&s, modes[i].word, modes[k].word));
			CHECK(s.attrs.set == modes[k].mode && s.attrs.clear == MOUNT_ATTR__ATIME);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(negations); i++) {
		CHECK(READ(&s, negations[i].word));
		CHECK(s.attrs.set == 0 && s.attrs.clear == MOUNT_ATTR__ATIME);
		for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
			uint64_t left = modes[k].mode == negations[i].mode ? 0 : modes[k].mode;

			CHECK(READ(&s, modes[k].word, negations[i].word) && s.attrs.set == left);
			CHECK(READ(&s, negations[i].word, modes[k].word) && s.attrs.set == modes[k].mode);
		}
	}
	CHECK(READ(&s, "rnoatime", "rnorelatime") && s.attrs.rec_set == MOUNT_ATTR_NOATIME);
	CHECK(READ(&s, "rnoatime", "ratime") && s.attrs.rec_set == 0 &&
	      s.attrs.rec_clear == MOUNT_ATTR__ATIME);
	CHECK(READ(&s, "rnoatime", "rstrictatime") && s.attrs.rec_set == MOUNT_ATTR_STRICTATIME);
	CHECK(s.attrs.rec_clear == MOUNT_ATTR__ATIME && s.attrs.set == 0 && s.attrs.clear == 0);
}

static void super_block_flags(void)
{
	struct mount_said s;

	CHECK(READ(&s, "sync", "dirsync", "lazytime", "mand"));
	CHECK(s.super == (SUPER_SYNC | SUPER_DIRSYNC | SUPER_LAZYTIME | SUPER_MAND) && s.n_params == 0);
	CHECK(READ(&s, "sync", "lazytime", "mand", "async", "nolazytime", "nomand") && s.super == 0);
	CHECK(READ(&s, "async", "sync") && s.super == SUPER_SYNC);
	CHECK(READ(&s, "rsync", "rdirsync", "rmand", "rasync", "rnomand") && s.super == SUPER_DIRSYNC);
}

static void propagation_stays_in_order(void)
{
	struct mount_said s;

	CHECK(READ(&s, "rslave", "ro", "shared", "rprivate", "unbindable") && s.n_propagation == 4);
	CHECK(s.propagation[0] == (MS_SLAVE | MS_REC) && s.propagation[1] == MS_SHARED);
	CHECK(s.propagation[2] == (MS_PRIVATE | MS_REC) && s.propagation[3] == MS_UNBINDABLE);
}

static void switches(void)
{
	struct mount_said s;

	CHECK(READ(&s, "bind") && s.bind && !s.recursive);
	CHECK(READ(&s, "rbind") && s.bind && s.recursive);
	CHECK(READ(&s, "rbind", "bind") && s.bind && !s.recursive);
	CHECK(READ(&s, "remount", "tmpcopyup", "copy-symlink", "src-nofollow", "dest-nofollow"));
	CHECK(s.remount && s.copy_up && s.copy_symlink && s.source_nofollow && s.target_nofollow);
	CHECK(READ(&s, "idmap") && s.idmap == IDMAP_CONTAINER && !s.idmap_recursive && !s.idmap_text);
	CHECK(READ(&s, "ridmap") && s.idmap == IDMAP_CONTAINER && s.idmap_recursive);
	CHECK(READ(&s, "idmap=uids=0-1-1;gids=0-1-1") && s.idmap == IDMAP_OWN && !s.idmap_recursive);
	CHECK_STR(s.idmap_text, "uids=0-1-1;gids=0-1-1");
	CHECK(READ(&s, "ridmap=x") && s.idmap == IDMAP_OWN && s.idmap_recursive);
}

static void the_rest_is_the_file_systems(void)
{
	struct mount_said s;

	CHECK(READ(&s, "size=1m", "ro", "nr_inodes=5", "RO", "inode64", "a=", "=b") && s.n_params == 6);
	CHECK_STR(s.first_param, "size=1m");
	CHECK_STR(s.params[0].key, "size");
	CHECK_STR(s.params[0].value, "1m");
	CHECK_STR(s.params[2].key, "RO");
	CHECK(!s.params[2].value);
	CHECK_STR(s.params[4].value, "");
	CHECK_STR(s.params[5].key, "");
	CHECK(READ(&s, "x=1,y,,z=2,") && s.n_params == 3);
	CHECK_STR(s.params[1].key, "y");
	CHECK_STR(s.params[2].value, "2");
	CHECK(READ(&s, "context=\"u:r:t:s0:c1,c2\",size=1", "note=\"a,b\"") && s.n_params == 3);
	CHECK_STR(s.params[0].value, "u:r:t:s0:c1,c2");
	CHECK_STR(s.params[1].key, "size");
	CHECK_STR(s.params[2].value, "\"a,b\"");
	CHECK(read_list((const char *const[]){ "lowerdir=/a,b:/c", NULL }, false, &s) && s.n_params == 1);
	CHECK_STR(s.params[0].value, "/a,b:/c");
	CHECK(read_list((const char *const[]){ NULL }, true, &s) && !s.n_params && !s.n_propagation);
}

static bool idmap(const char *text, struct id_map *uids, struct id_map *gids)
{
	static const struct id_range ranges[] = { { 0, 0, 1 }, { 1, 2, 1000 } };
	const struct id_map container = { ranges, 2 };
	int r = mount_words_idmap(&arena, text, &container, &container, uids, gids);

	fail_forget();
	return r == 0;
}

static void idmap_texts(void)
{
	static const char *const wrong[] = {
		"",
		";",
		"uids=",
		"uids=0-1-1",
		"gids=0-1-1",
		"uids=0-1-1;gids=",
		"uids=0-1-1;gids=0-1",
		"uids=0-1-1;gids=0-1-1-1",
		"uids=0-1-1;gids=0-1-1;",
		"uids=0-1-0;gids=0-1-1",
		"uids=a-1-1;gids=0-1-1",
		"uids=0--1;gids=0-1-1",
		"uids=0-1-1#;gids=0-1-1",
		"uids=#0-1-1;gids=0-1-1",
		"uids=-1-1-1;gids=0-1-1",
		"uids= 0-1-1;gids=0-1-1",
		"uids=4294967295-1-1;gids=0-1-1",
		"uids=4294967296-1-1;gids=0-1-1",
		"uids=@1001-5-1;gids=@0-2000-1",
		"uids=0-1-1;gids=@0-990-20",
		"both=0-1-1;gids=0-1-1",
		"uids=0-1-1,gids=0-1-1",
		"uids=@@0-0-1;gids=0-0-1",
	};
	struct id_map u, g;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (idmap(wrong[i], &u, &g)) {
			printf("# accepted: %s\n", wrong[i]);
			CHECK(!"refused");
		}
	CHECK(idmap("uids=0-1-1#10-11-10;gids=0-100-10", &u, &g) && u.n == 2 && g.n == 1);
	CHECK(u.v[1].inside == 10 && u.v[1].outside == 11 && u.v[1].size == 10 && g.v[0].outside == 100);
	/* the example of crun.1 */
	CHECK(idmap("uids=@1-3-10;gids=0-0-1", &u, &g) && u.v[0].inside == 1 && u.v[0].outside == 4 &&
	      u.v[0].size == 10);
	CHECK(idmap("gids=0-0-4294967295;uids=4294967294-0-1", &u, &g));
}

static const struct test tests[] = {
	{ "every_word_is_known", every_word_is_known },
	{ "attributes_undo_each_other", attributes_undo_each_other },
	{ "access_times_exclude_each_other", access_times_exclude_each_other },
	{ "super_block_flags", super_block_flags },
	{ "propagation_stays_in_order", propagation_stays_in_order },
	{ "switches", switches },
	{ "the_rest_is_the_file_systems", the_rest_is_the_file_systems },
	{ "idmap_texts", idmap_texts },
};

int main(void)
{
	if (arena_open_private(&arena, 16u << 20) < 0)
		return 1;
	return test_main("plan_words", tests, ARRAY_SIZE(tests));
}
