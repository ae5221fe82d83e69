/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/words.h: the words of a mount's options, one table for parsing and for `features`. Pure.
 * Source: OCI config.md "Linux mount options", mount(8), crun.1.md.
 */
#pragma once

#include "base/arena.h"
#include "base/base.h"
#include "kernel/mount.h"
#include "plan/plan.h"

/* What the options of one mount say. */
struct mount_said {
	struct mount_attrs attrs;
	bool bind, recursive, remount;
	bool copy_up, copy_symlink, source_nofollow, target_nofollow;
	unsigned int super; /* SUPER_*: flags of the super block, as the last words left them */
	enum plan_idmap idmap;
	bool idmap_recursive;
	const char *idmap_text; /* crun's "uids=0-1-10#...;gids=...", or NULL */
	const unsigned long *propagation;
	size_t n_propagation;
	const struct mount_param *params; /* words for the file system itself, in order */
	size_t n_params;
	const char *first_param; /* the first of these as it was given; NULL: none */
};

#define SUPER_SYNC     0x1u
#define SUPER_DIRSYNC  0x2u
#define SUPER_LAZYTIME 0x4u
#define SUPER_MAND     0x8u

/* Read `options`; a later word wins over an earlier one. `split_commas`: a word for the file system that has
 * commas is several (as mount(2) takes it), unless they are in double quotes. */
int mount_words_read(struct arena *arena, const struct strings *options, bool split_commas,
		     struct mount_said *ret_said) MUST_USE;

/* The words that are known, in the order of the table; NULL past the last. */
const char *mount_words_name(size_t i);

/* crun's "uids=0-1-10#10-11-10;gids=@0-100-10": container-host-size, '@': the host ids are ids in the
 * container's user namespace, whose maps are `uids` and `gids`. */
int mount_words_idmap(struct arena *arena, const char *text, const struct id_map *uids,
		      const struct id_map *gids, struct id_map *ret_uids, struct id_map *ret_gids) MUST_USE;
