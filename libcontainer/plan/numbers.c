/* SPDX-License-Identifier: Apache-2.0 */
/* plan/numbers.c: the tables of numbers.h. */
#include "plan/numbers.h"

#include <linux/mempolicy.h>
#include <sys/resource.h>

#include "base/str.h"
#include "kernel/sys.h"

static const struct number_word rlimit_rows[] = {
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK", RLIMIT_STACK },
};

/* <linux/sched.h> */
static const struct number_word sched_flag_rows[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
	{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
	{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 },
};

static const struct number_word memory_mode_rows[] = {
	{ "MPOL_DEFAULT", MPOL_DEFAULT },
	{ "MPOL_PREFERRED", MPOL_PREFERRED },
	{ "MPOL_BIND", MPOL_BIND },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
	{ "MPOL_LOCAL", MPOL_LOCAL },
	{ "MPOL_PREFERRED_MANY", SYS_MPOL_PREFERRED_MANY },
	{ "MPOL_WEIGHTED_INTERLEAVE", SYS_MPOL_WEIGHTED_INTERLEAVE },
};

static const struct number_word memory_flag_rows[] = {
	{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES },
	{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_NUMA_BALANCING", SYS_MPOL_F_NUMA_BALANCING },
};

const struct number_words rlimit_words = { rlimit_rows, ARRAY_SIZE(rlimit_rows) };
const struct number_words sched_flag_words = { sched_flag_rows, ARRAY_SIZE(sched_flag_rows) };
const struct number_words memory_mode_words = { memory_mode_rows, ARRAY_SIZE(memory_mode_rows) };
const struct number_words memory_flag_words = { memory_flag_rows, ARRAY_SIZE(memory_flag_rows) };

const struct number_word *number_of(const struct number_words *words, const char *name)
{
	return word_find(words->v, words->n, sizeof(words->v[0]), name);
}

const char *number_name(const struct number_words *words, int64_t number)
{
	for (size_t i = 0; i < words->n; i++)
		if (words->v[i].number == number)
			return words->v[i].name;
	return "?";
}
