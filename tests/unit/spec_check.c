/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/spec_check.c: the rules for the top of config.json, the process, the namespaces and their ids.
 */
#include "spec_rows.h"

static void version(void)
{
	static const struct row rows[] = {
		{"1.0.0", ""},
		{"1.3.0", ""},
		{"1.0.0-rc5-dev", ""},
		{"1.2.0+dev", ""},
		{"1.99.12", ""},
		{"2.0.0", "ociVersion: 2.0.0 is not supported: 1.0.0 to 1.3.0 are"},
		{"0.9.0", "ociVersion: 0.9.0 is not supported: 1.0.0 to 1.3.0 are"},
		{"11.0.0", "ociVersion: 11.0.0 is not supported: 1.0.0 to 1.3.0 are"},
		{"1", "ociVersion: '1' is not a version: write it like 1.3.0"},
		{"1.0", "ociVersion: '1.0' is not a version: write it like 1.3.0"},
		{"v1.0.0", "ociVersion: 'v1.0.0' is not a version: write it like 1.3.0"},
		{"1.00.0", "ociVersion: '1.00.0' is not a version: write it like 1.3.0"},
		{"1.0.0-", "ociVersion: '1.0.0-' is not a version: write it like 1.3.0"},
		{"1.0.0 ", "ociVersion: '1.0.0 ' is not a version: write it like 1.3.0"},
		{"", "ociVersion: '' is not a version: write it like 1.3.0"},
	};

	try_rows("{\"ociVersion\": \"%s\", \"root\": {\"path\": \"r\"}}", rows, ARRAY_SIZE(rows));
	CHECK_STR(load("{\"root\": {\"path\": \"r\"}}"), "ociVersion: is missing");
}

static void root(void)
{
	static const struct row rows[] = {
		{"\"x\": 0", "root: is missing: a container needs a root filesystem"},
		{"\"root\": null", "root: is missing: a container needs a root filesystem"},
		{"\"root\": {}", "root.path: is missing"},
		{"\"root\": {\"path\": \"\"}",
		 "root.path: is empty: name the directory of the root filesystem"},
	};

	try_rows("{\"ociVersion\": \"1.0.0\", %s}", rows, ARRAY_SIZE(rows));
}

static void process(void)
{
	static const struct row rows[] = {
		{"\"env\": [\"NOEQUALS\"]", ""},
		{"\"args\": []", ""},
		{"\"capabilities\": {\"bounding\": [\"CAP_NONSENSE\"]}", ""},
		{"\"user\": {\"umask\": 512}", "process.user.umask: 512 is not in 0..511"},
		{"\"user\": {\"additionalGids\": [1, 4294967295]}",
		 "process.user.additionalGids[1]: 4294967295 is not in 0..4294967294"},
		{"\"oomScoreAdj\": 1001", "process.oomScoreAdj: 1001 is not in -1000..1000"},
		{"\"consoleSize\": {\"height\": 1}", "process.consoleSize.width: is missing"},
		{"\"consoleSize\": {\"height\": 65536, \"width\": 1}",
		 "process.consoleSize.height: 65536 is not in 0..65535"},
		{"\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 8}",
		 "process.ioPriority.priority: 8 is not in 0..7"},
		{"\"ioPriority\": {\"class\": \"IOPRIO_CLASS_NONE\"}",
		 "process.ioPriority.class: 'IOPRIO_CLASS_NONE' is not one of IOPRIO_CLASS_RT, "
		 "IOPRIO_CLASS_BE, "
		 "IOPRIO_CLASS_IDLE"},
	};

	try_rows(PROCESS("%s"), rows, ARRAY_SIZE(rows));
	CHECK_STR(load(TOP("\"process\": {\"cwd\": \"home\"}")),
		  "process.cwd: 'home' is not an absolute path");
	CHECK_STR(load(TOP("\"process\": {\"cwd\": \"\"}")), "process.cwd: '' is not an absolute path");
	CHECK_STR(load(TOP("\"process\": {}")), "process.cwd: is missing");
}

static void rlimits(void)
{
	static const struct row rows[] = {
		{"{\"type\": \"RLIMIT_CPU\", \"soft\": 1, \"hard\": 1}, {\"type\": \"RLIMIT_AS\", \"soft\": "
		 "0, \"hard\": 1}",
		 ""},
		{"{\"type\": \"RLIMIT_CPU\", \"soft\": 2, \"hard\": 1}",
		 "process.rlimits[0]: soft limit 2 is above hard limit 1 of RLIMIT_CPU"},
		{"{\"type\": \"RLIMIT_CPU\", \"soft\": 1, \"hard\": 1}, {\"type\": \"RLIMIT_CPU\", \"soft\": "
		 "1, \"hard\": 1}",
		 "process.rlimits[1].type: a second RLIMIT_CPU: keep one"},
		{"{\"type\": \"RLIMIT_PIE\", \"soft\": 1, \"hard\": 1}",
		 "process.rlimits[0].type: 'RLIMIT_PIE' is no resource limit: see getrlimit(2)"},
		{"{\"type\": \"nofile\", \"soft\": 1, \"hard\": 1}",
		 "process.rlimits[0].type: 'nofile' is no resource limit: see getrlimit(2)"},
		{"{\"type\": \"RLIMIT_CPU\", \"soft\": -1, \"hard\": 1}",
		 "process.rlimits[0].soft: -1 is not in 0..18446744073709551615"},
	};

	try_rows(PROCESS("\"rlimits\": [%s]"), rows, ARRAY_SIZE(rows));
}

static void scheduler(void)
{
	static const struct row rows[] = {
		{"\"policy\": \"SCHED_OTHER\", \"nice\": -20, \"priority\": 0, \"runtime\": 0", ""},
		{"\"policy\": \"SCHED_RR\", \"priority\": 99", ""},
		{"\"policy\": \"SCHED_DEADLINE\", \"runtime\": 2000, \"deadline\": 2000", ""},
		{"\"policy\": \"SCHED_FAST\"", "process.scheduler.policy: 'SCHED_FAST' is not one of "
					       "SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, "
					       "SCHED_ISO, SCHED_IDLE, SCHED_DEADLINE"},
		{"\"nice\": 1", "process.scheduler.policy: is missing"},
		{"\"policy\": \"SCHED_OTHER\", \"nice\": 20", "process.scheduler.nice: 20 is not in -20..19"},
		{"\"policy\": \"SCHED_FIFO\"",
		 "process.scheduler.priority: 0 is not in 1..99, as SCHED_FIFO has it"},
		{"\"policy\": \"SCHED_RR\", \"priority\": 100",
		 "process.scheduler.priority: 100 is not in 1..99, as SCHED_RR has it"},
		{"\"policy\": \"SCHED_BATCH\", \"priority\": 1",
		 "process.scheduler.priority: is for SCHED_FIFO and SCHED_RR only"},
		{"\"policy\": \"SCHED_IDLE\", \"period\": 1",
		 "process.scheduler: runtime, deadline and period are for SCHED_DEADLINE only"},
		{"\"policy\": \"SCHED_DEADLINE\", \"runtime\": 1",
		 "process.scheduler: SCHED_DEADLINE needs a runtime and a deadline"},
		{"\"policy\": \"SCHED_DEADLINE\", \"runtime\": 3, \"deadline\": 2, \"period\": 4",
		 "process.scheduler: must be runtime <= deadline <= period, not 3, 2, 4"},
		{"\"policy\": \"SCHED_DEADLINE\", \"runtime\": 1, \"deadline\": 3, \"period\": 2",
		 "process.scheduler: must be runtime <= deadline <= period, not 1, 3, 2"},
		{"\"policy\": \"SCHED_OTHER\", \"flags\": [\"SCHED_FLAG_RECLAIM\", \"X\"]",
		 "process.scheduler.flags[1]: 'X' is not one of SCHED_FLAG_RESET_ON_FORK, "
		 "SCHED_FLAG_RECLAIM, "
		 "SCHED_FLAG_DL_OVERRUN, SCHED_FLAG_KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS, "
		 "SCHED_FLAG_UTIL_CLAMP_MIN, "
		 "SCHED_FLAG_UTIL_CLAMP_MAX"},
	};

	try_rows(PROCESS("\"scheduler\": {%s}"), rows, ARRAY_SIZE(rows));
}

static void affinity(void)
{
	static const struct row rows[] = {
		{"0-3,7", ""},
		{" 1 , 2-2 ,", ""},
		{"", ""},
		{"3-1", "process.execCPUAffinity.initial: '3-1' is not a list like 0-3,7"},
		{"1-", "process.execCPUAffinity.initial: '1-' is not a list like 0-3,7"},
		{"-1", "process.execCPUAffinity.initial: '-1' is not a list like 0-3,7"},
		{"1 2", "process.execCPUAffinity.initial: '1 2' is not a list like 0-3,7"},
		{"a", "process.execCPUAffinity.initial: 'a' is not a list like 0-3,7"},
		{"123456", "process.execCPUAffinity.initial: '123456' is not a list like 0-3,7"},
		{"1\", \"final\": \"x", "process.execCPUAffinity.final: 'x' is not a list like 0-3,7"},
	};

	try_rows(PROCESS("\"execCPUAffinity\": {\"initial\": \"%s\"}"), rows, ARRAY_SIZE(rows));
}

static void names(void)
{
	static const struct row rows[] = {
		{"\"hostname\": \"h\", \"linux\": {\"namespaces\": [{\"type\": \"uts\"}]}", ""},
		{"\"hostname\": \"\"", ""},
		{"\"hostname\": \"h\"",
		 "hostname: needs a uts namespace: add one, or it would rename the host"},
		{"\"domainname\": \"d\"",
		 "domainname: needs a uts namespace: add one, or it would rename the host"},
		{"\"linux\": {\"namespaces\": [{\"type\": \"uts\"}]}, \"hostname\": "
		 "\"12345678901234567890123456789012345678901234567890123456789012345\"",
		 "hostname: is longer than 64 bytes"},
	};

	try_rows(TOP("%s"), rows, ARRAY_SIZE(rows));
}

static void mounts(void)
{
	static const struct row rows[] = {
		{"\"destination\": \"relative\"", ""},
		{"\"source\": \"x\"", "mounts[0].destination: is missing"},
		{"\"destination\": \"\"", "mounts[0].destination: is empty: name where to mount"},
		{"\"destination\": \"/a\", \"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": "
		 "1}]",
		 "mounts[0]: uidMappings and gidMappings must come together"},
		{"\"destination\": \"/a\", \"uidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": "
		 "1}],"
		 "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 0, \"size\": 0}]",
		 "mounts[0].gidMappings[0].size: must be at least 1"},
	};

	try_rows(TOP("\"mounts\": [{%s}]"), rows, ARRAY_SIZE(rows));
}

static void hooks(void)
{
	static const struct row rows[] = {
		{"\"prestart\": [{\"path\": \"/a\"}], \"poststop\": []", ""},
		{"\"poststart\": [{\"path\": \"/a\"}, {\"path\": \"b\"}]",
		 "hooks.poststart[1].path: 'b' is not an absolute path"},
		{"\"createRuntime\": [{\"path\": \"\"}]",
		 "hooks.createRuntime[0].path: '' is not an absolute path"},
		{"\"createContainer\": [{}]", "hooks.createContainer[0].path: is missing"},
		{"\"poststop\": [{\"path\": \"/a\", \"timeout\": 0}]",
		 "hooks.poststop[0].timeout: 0 is not in 1..2147483647"},
	};

	try_rows(TOP("\"hooks\": {%s}"), rows, ARRAY_SIZE(rows));
}

static void annotations(void)
{
	CHECK_STR(load(TOP("\"annotations\": {\"a\": \"\"}")), "");
	CHECK_STR(load(TOP("\"annotations\": {\"\": \"v\"}")), "annotations: an empty key: give 'v' a name");
	CHECK_STR(load(TOP("\"annotations\": {\"a\": 1}")), "annotations.a: expected a string");
}

static void namespaces(void)
{
	static const struct row rows[] = {
		{"{\"type\": \"pid\"}, {\"type\": \"ipc\", \"path\": \"/p\"}", ""},
		{"{\"type\": \"pid\"}, {\"type\": \"pid\", \"path\": \"/p\"}",
		 "linux.namespaces[1].type: a second 'pid': keep one"},
		{"{\"type\": \"pid\", \"path\": \"p\"}",
		 "linux.namespaces[0].path: 'p' is not an absolute path"},
		{"{\"type\": \"net\"}", "linux.namespaces[0].type: 'net' is not one of pid, network, mount, "
					"ipc, uts, user, cgroup, time"},
		{"{\"path\": \"/p\"}", "linux.namespaces[0].type: is missing"},
	};

	try_rows(TOP("\"linux\": {\"namespaces\": [%s]}"), rows, ARRAY_SIZE(rows));
}

#define RANGE1 "[{\"containerID\": 0, \"hostID\": 1000, \"size\": 10}]"

static void user_namespace(void)
{
	static const struct row rows[] = {
		{"{\"type\": \"user\"}], \"uidMappings\": " RANGE1 ", \"gidMappings\": " RANGE1, ""},
		{"{\"type\": \"user\", \"path\": \"/p\"}]", ""},
		{"{\"type\": \"user\", \"path\": \"/p\"}], \"uidMappings\": " RANGE1
		 ", \"gidMappings\": " RANGE1,
		 ""},
		{"{\"type\": \"user\"}]", "linux.uidMappings: is missing: a new user namespace needs it"},
		{"{\"type\": \"user\"}], \"uidMappings\": " RANGE1,
		 "linux.gidMappings: is missing: a new user namespace needs it"},
		{"{\"type\": \"pid\"}], \"uidMappings\": " RANGE1,
		 "linux.uidMappings: needs a user namespace: add one to linux.namespaces"},
		{"{\"type\": \"pid\"}], \"gidMappings\": " RANGE1,
		 "linux.gidMappings: needs a user namespace: add one to linux.namespaces"},
	};

	try_rows(TOP("\"linux\": {\"namespaces\": [%s}"), rows, ARRAY_SIZE(rows));
}

static void id_maps(void)
{
	static const struct row rows[] = {
		{"{\"containerID\": 0, \"hostID\": 0, \"size\": 4294967295}", ""},
		{"{\"containerID\": 0, \"hostID\": 5, \"size\": 2}, {\"containerID\": 2, \"hostID\": 7, "
		 "\"size\": 1}",
		 ""},
		{"{\"containerID\": 0, \"hostID\": 1, \"size\": 4294967295}",
		 "linux.uidMappings[0]: goes past the last id, 4294967294"},
		{"{\"containerID\": 0, \"hostID\": 5, \"size\": 2}, {\"containerID\": 1, \"hostID\": 7, "
		 "\"size\": 1}",
		 "linux.uidMappings[1]: overlaps range 0: an id can be mapped once"},
		{"{\"containerID\": 0, \"hostID\": 5, \"size\": 2}, {\"containerID\": 2, \"hostID\": 6, "
		 "\"size\": 1}",
		 "linux.uidMappings[1]: overlaps range 0: an id can be mapped once"},
		{"{\"containerID\": 0, \"hostID\": 5, \"size\": 0}",
		 "linux.uidMappings[0].size: must be at least 1"},
		{"{\"containerID\": 0, \"hostID\": 4294967295, \"size\": 1}",
		 "linux.uidMappings[0].hostID: 4294967295 is not in 0..4294967294"},
		{"{\"containerID\": 0, \"size\": 1}", "linux.uidMappings[0].hostID: is missing"},
	};
	size_t n = (size_t)sprintf(
		doc, "%s",
		"{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"}, \"linux\": {\"namespaces\":"
		"[{\"type\": \"user\", \"path\": \"/p\"}], \"uidMappings\": [");

	for (int i = 0; i < 20000; i++)
		n += (size_t)sprintf(doc + n, "%s{\"containerID\": %d, \"hostID\": %d, \"size\": 1}",
				     i ? "," : "", i, i);
	strcpy(doc + n, "]}}");
	CHECK_STR(load(doc), "linux.uidMappings: has 20000 ranges: the kernel takes 340");
	try_rows(TOP("\"linux\": {\"namespaces\": [{\"type\": \"user\", \"path\": \"/p\"}], \"uidMappings\": "
		     "[%s]}"),
		 rows, ARRAY_SIZE(rows));
}

static void time_offsets(void)
{
	static const struct row rows[] = {
		{"{\"type\": \"time\"}], \"timeOffsets\": {\"boottime\": {\"secs\": 1}}", ""},
		{"{\"type\": \"pid\"}], \"timeOffsets\": {}", ""},
		{"{\"type\": \"pid\"}], \"timeOffsets\": {\"boottime\": {\"secs\": 1}}",
		 "linux.timeOffsets: needs a time namespace: add one to linux.namespaces"},
		{"{\"type\": \"time\", \"path\": \"/p\"}], \"timeOffsets\": {\"monotonic\": {\"secs\": 1}}",
		 "linux.timeOffsets: cannot be set in a joined time namespace: remove its path"},
		{"{\"type\": \"time\"}], \"timeOffsets\": {\"boottime\": {\"nanosecs\": 1000000000}}",
		 "linux.timeOffsets.boottime.nanosecs: 1000000000 is not in 0..999999999"},
	};

	try_rows(TOP("\"linux\": {\"namespaces\": [%s}"), rows, ARRAY_SIZE(rows));
}

int main(void)
{
	static const struct test tests[] = {
		{"version", version},	    {"root", root},
		{"process", process},	    {"rlimits", rlimits},
		{"scheduler", scheduler},   {"affinity", affinity},
		{"names", names},	    {"mounts", mounts},
		{"hooks", hooks},	    {"annotations", annotations},
		{"namespaces", namespaces}, {"user-namespace", user_namespace},
		{"id-maps", id_maps},	    {"time-offsets", time_offsets},
	};

	return rows_main("spec-check", tests, ARRAY_SIZE(tests));
}
