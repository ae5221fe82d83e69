/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/spec_check_linux.c: the rules for the rest of `linux`: devices, sysctl, seccomp, resources, ...
 */
#include "spec_rows.h"

static void devices(void)
{
	static const struct row rows[] = {
		{"{\"path\": \"/dev/p\", \"type\": \"p\"}", ""},
		{"{\"path\": \"/dev/a\", \"type\": \"c\", \"major\": 1, \"minor\": 3},"
		 "{\"path\": \"/dev/b\", \"type\": \"c\", \"major\": 1, \"minor\": 3},"
		 "{\"path\": \"/dev/a\", \"type\": \"c\", \"major\": 1, \"minor\": 3, \"fileMode\": 8630}",
		 ""},
		{"{\"path\": \"/dev/a\", \"type\": \"c\", \"major\": 1, \"minor\": 3},"
		 "{\"path\": \"/dev/b\", \"type\": \"c\", \"major\": 1, \"minor\": 3},"
		 "{\"path\": \"/dev/a\", \"type\": \"b\", \"major\": 1, \"minor\": 3}",
		 "linux.devices[2].path: another device has /dev/a too"},
		{"{\"path\": \"dev/a\", \"type\": \"p\"}",
		 "linux.devices[0].path: 'dev/a' is not an absolute path"},
		{"{\"path\": \"/dev/a\", \"type\": \"c\", \"minor\": 3}",
		 "linux.devices[0].major: is missing: a device of type c needs it"},
		{"{\"path\": \"/dev/a\", \"type\": \"u\", \"major\": 3}",
		 "linux.devices[0].minor: is missing: a device of type u needs it"},
		{"{\"path\": \"/dev/a\", \"type\": \"s\"}",
		 "linux.devices[0].type: 's' is not one of c, b, u, p"},
		{"{\"path\": \"/dev/a\", \"type\": \"c\", \"major\": 4096, \"minor\": 0}",
		 "linux.devices[0].major: 4096 is not in 0..4095"},
		{"{\"path\": \"/dev/a\", \"type\": \"c\", \"major\": 1, \"minor\": 1048576}",
		 "linux.devices[0].minor: 1048576 is not in 0..1048575"},
		{"{\"path\": \"/dev/a\", \"type\": \"p\", \"uid\": 4294967295}",
		 "linux.devices[0].uid: 4294967295 is not in 0..4294967294"},
	};

	try_rows(LINUX("\"devices\": [%s]"), rows, ARRAY_SIZE(rows));
}

static void net_devices(void)
{
	static const struct row rows[] = {
		{"\"eth0\": {}, \"eth1\": {\"name\": \"eth9\"}", ""},
		{"\"eth0\": {\"name\": \"c%d\"}, \"eth1\": {\"name\": \"c%d\"}", ""},
		{"\"eth0\": {}, \"eth1\": {\"name\": \"eth0\"}",
		 "linux.netDevices.eth1: another is to be called eth0 too"},
		{"\"0123456789abcdef\": {}",
		 "linux.netDevices: '0123456789abcdef' is not the name of an interface"},
		{"\"0123456789abcde\": {}", ""},
		{"\"\": {}", "linux.netDevices: '' is not the name of an interface"},
		{"\"a/b\": {}", "linux.netDevices: 'a/b' is not the name of an interface"},
		{"\"a\": {\"name\": \"b c\"}",
		 "linux.netDevices.a.name: 'b c' is not the name of an interface"},
		{"\"a\": {\"name\": \"..\"}",
		 "linux.netDevices.a.name: '..' is not the name of an interface"},
		{"\"a\": {\"name\": \"b:1\"}",
		 "linux.netDevices.a.name: 'b:1' is not the name of an interface"},
	};

	try_rows(TOP("\"linux\": {\"namespaces\": [{\"type\": \"network\"}], \"netDevices\": {%s}}"), rows,
		 ARRAY_SIZE(rows));
	CHECK_STR(load(LINUX("\"netDevices\": {\"eth0\": {}}")),
		  "linux.netDevices: needs a network namespace: add one to linux.namespaces");
}

static void cgroups_path(void)
{
	static const struct row rows[] = {
		{"/a/b..c/..d/e..", ""},
		{"system.slice:cruet:id", ""},
		{"", ""},
		{"..", "linux.cgroupsPath: '..' has a '..' or a control character in it"},
		{"/a/..", "linux.cgroupsPath: '/a/..' has a '..' or a control character in it"},
		{"../a", "linux.cgroupsPath: '../a' has a '..' or a control character in it"},
		{"a\\nb", "linux.cgroupsPath: 'a?b' has a '..' or a control character in it"},
	};

	try_rows(LINUX("\"cgroupsPath\": \"%s\""), rows, ARRAY_SIZE(rows));
}

static void intel_rdt(void)
{
	static const struct row rows[] = {
		{"\"closID\": \"/\", \"l3CacheSchema\": \"L3:0=f\\nL3:1=f\"", ""},
		{"\"closID\": \"a/b\"", "linux.intelRdt.closID: 'a/b' is not the name of a directory"},
		{"\"closID\": \"..\"", "linux.intelRdt.closID: '..' is not the name of a directory"},
		{"\"memBwSchema\": \"L3:0=f\"",
		 "linux.intelRdt.memBwSchema: 'L3:0=f' is not a line like MB:0=50;1=70"},
		{"\"memBwSchema\": \"MB:0=1\\nL3:0=f\"",
		 "linux.intelRdt.memBwSchema: 'MB:0=1?L3:0=f' is not a line like MB:0=50;1=70"},
		{"\"closID\": \"info\"", "linux.intelRdt.closID: 'info' is not the name of a directory"},
		{"\"closID\": \".\"", "linux.intelRdt.closID: '.' is not the name of a directory"},
		{"\"closID\": \"/a\"", "linux.intelRdt.closID: '/a' is not the name of a directory"},
		{"\"closID\": \"a\\nb\"", "linux.intelRdt.closID: 'a?b' is not the name of a directory"},
		{"\"closID\": \"\", \"enableMonitoring\": true", ""},
		{"\"memBwSchema\": \"MB:\"", "linux.intelRdt.memBwSchema: 'MB:' is not a line like MB:0=50;1=70"},
		{"\"schemata\": [\"L3\"]", "linux.intelRdt.schemata[0]: 'L3' is not a line like L3:0=ff;1=f"},
		{"\"schemata\": [\"L3:0=f\", \"\"]", "linux.intelRdt.schemata[1]: '' is not a line like L3:0=ff;1=f"},
		{"\"schemata\": [\"L3:0=f\", \"a\\nb\"]",
		 "linux.intelRdt.schemata[1]: is more than a line: make it two"},
	};

	try_rows(LINUX("\"intelRdt\": {%s}"), rows, ARRAY_SIZE(rows));
}

static void memory_policy(void)
{
	static const struct row rows[] = {
		{"\"mode\": \"MPOL_DEFAULT\", \"nodes\": \"\"", ""},
		{"\"mode\": \"MPOL_PREFERRED\"", ""},
		{"\"mode\": \"MPOL_PREFERRED\", \"nodes\": \"1\", \"flags\": [\"MPOL_F_RELATIVE_NODES\"]",
		 ""},
		{"\"nodes\": \"0\"", "linux.memoryPolicy.mode: is missing"},
		{"\"mode\": \"MPOL_X\"",
		 "linux.memoryPolicy.mode: 'MPOL_X' is not one of MPOL_DEFAULT, MPOL_BIND, MPOL_INTERLEAVE, "
		 "MPOL_WEIGHTED_INTERLEAVE, MPOL_PREFERRED, MPOL_PREFERRED_MANY, MPOL_LOCAL"},
		{"\"mode\": \"MPOL_LOCAL\", \"nodes\": \"0\"",
		 "linux.memoryPolicy.nodes: MPOL_LOCAL takes none"},
		{"\"mode\": \"MPOL_BIND\", \"nodes\": \" , \"",
		 "linux.memoryPolicy.nodes: MPOL_BIND needs at least one"},
		{"\"mode\": \"MPOL_BIND\", \"nodes\": \"0-\"",
		 "linux.memoryPolicy.nodes: '0-' is not a list like 0-3,7"},
		{"\"mode\": \"MPOL_BIND\", \"nodes\": \"0\", \"flags\": [\"x\"]",
		 "linux.memoryPolicy.flags[0]: 'x' is not one of MPOL_F_NUMA_BALANCING, "
		 "MPOL_F_RELATIVE_NODES, "
		 "MPOL_F_STATIC_NODES"},
		{"\"mode\": \"MPOL_BIND\", \"nodes\": \"0\", \"flags\": [\"MPOL_F_STATIC_NODES\", "
		 "\"MPOL_F_RELATIVE_NODES\"]",
		 "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
		 "other"},
	};

	try_rows(LINUX("\"memoryPolicy\": {%s}"), rows, ARRAY_SIZE(rows));
}

#define NOT_NAMESPACED ": belongs to no namespace, so it would change the host's: remove it"

static void sysctl(void)
{
	static const struct row rows[] = {
		{"\"net.core.somaxconn\": \"1\"", ""},
		{"\"net/ipv4/conf/eth0.100/forwarding\": \"1\"", ""},
		{"\"net.ipv4.conf.eth0/100.forwarding\": \"1\"", ""},
		{"\"kernel.hostname\": \"h\"", "linux.sysctl: kernel.hostname: use hostname instead"},
		{"\"kernel/hostname\": \"h\"", "linux.sysctl: kernel/hostname: use hostname instead"},
		{"\"kernel.shmmax\": \"1\"",
		 "linux.sysctl: kernel.shmmax: needs a namespace of type ipc, or it would change the host's"},
		{"\"fs.mqueue.msg_max\": \"1\"", "linux.sysctl: fs.mqueue.msg_max: needs a namespace of type "
						 "ipc, or it would change the host's"},
		{"\"kernel.domainname\": \"1\"", "linux.sysctl: kernel.domainname: needs a namespace of type "
						 "uts, or it would change the host's"},
		{"\"user/max_user_namespaces\": \"1\"",
		 "linux.sysctl: user/max_user_namespaces: needs a namespace of type user, or it would change "
		 "the host's"},
		{"\"kernel.core_pattern\": \"|/x\"", "linux.sysctl: kernel.core_pattern" NOT_NAMESPACED},
		{"\"kernel.shmmaxi\": \"1\"", "linux.sysctl: kernel.shmmaxi" NOT_NAMESPACED},
		{"\"kernel.sem.x\": \"1\"", "linux.sysctl: kernel.sem.x" NOT_NAMESPACED},
		{"\"netx.core\": \"1\"", "linux.sysctl: netx.core" NOT_NAMESPACED},
		{"\"vm.swappiness\": \"1\"", "linux.sysctl: vm.swappiness" NOT_NAMESPACED},
		{"\"net/../kernel/core_pattern\": \"x\"",
		 "linux.sysctl: 'net/../kernel/core_pattern' is not a key like net.core.somaxconn"},
		{"\"net.//.kernel.core_pattern\": \"x\"",
		 "linux.sysctl: 'net.//.kernel.core_pattern' is not a key like net.core.somaxconn"},
		{"\"net..x\": \"x\"", "linux.sysctl: 'net..x' is not a key like net.core.somaxconn"},
		{"\"net.x.\": \"x\"", "linux.sysctl: 'net.x.' is not a key like net.core.somaxconn"},
		{"\"/net/x\": \"x\"", "linux.sysctl: '/net/x' is not a key like net.core.somaxconn"},
		{"\"net\": \"x\"", "linux.sysctl: 'net' is not a key like net.core.somaxconn"},
		{"\"net.a b\": \"x\"", "linux.sysctl: 'net.a b' is not a key like net.core.somaxconn"},
		{"\"\": \"x\"", "linux.sysctl: '' is not a key like net.core.somaxconn"},
		{"\"net.core.somaxconn\": \"1\\n2\"",
		 "linux.sysctl: net.core.somaxconn: the value has more than a line"},
		{"\"net.core.somaxconn\": 1", "linux.sysctl['net.core.somaxconn']: expected a string"},
	};
	static const struct row with_all[] = {
		{"\"kernel.shmmax\": \"1\", \"kernel/sem\": \"1 2\", \"fs.mqueue.msg_max\": \"1\"", ""},
		{"\"kernel.domainname\": \"d\", \"user.max_user_namespaces\": \"1\"", ""},
		{"\"net.core.somaxconn\": \"1\"", "linux.sysctl: net.core.somaxconn: needs a namespace of "
						  "type network, or it would change the host's"},
	};

	try_rows(TOP("\"linux\": {\"namespaces\": [{\"type\": \"network\"}], \"sysctl\": {%s}}"), rows,
		 ARRAY_SIZE(rows));
	try_rows(TOP("\"linux\": {\"namespaces\": [{\"type\": \"ipc\"}, {\"type\": \"uts\"}, {\"type\": "
		     "\"user\", \"path\": \"/p\"}],"
		     "\"sysctl\": {%s}}"),
		 with_all, ARRAY_SIZE(with_all));
}

static void paths(void)
{
	static const struct row rows[] = {
		{"\"maskedPaths\": [\"/a\"], \"readonlyPaths\": []", ""},
		{"\"maskedPaths\": [\"/a\", \"b\"]", "linux.maskedPaths[1]: 'b' is not an absolute path"},
		{"\"readonlyPaths\": [\"\"]", "linux.readonlyPaths[0]: '' is not an absolute path"},
		{"\"mountLabel\": \"a:b\\\"c\"", "linux.mountLabel: 'a:b\"c' is not an SELinux label"},
		{"\"rootfsPropagation\": \"rshared\"", ""},
		{"\"rootfsPropagation\": \"none\"", "linux.rootfsPropagation: 'none' is not one of private, "
						    "rprivate, shared, rshared, slave, rslave, "
						    "unbindable, runbindable"},
		{"\"personality\": {\"domain\": \"LINUX\"}", ""},
		{"\"personality\": {\"domain\": \"BSD\"}",
		 "linux.personality.domain: 'BSD' is not one of LINUX, LINUX32"},
		{"\"personality\": {}", "linux.personality.domain: is missing: LINUX or LINUX32"},
	};

	try_rows(LINUX("%s"), rows, ARRAY_SIZE(rows));
	CHECK_STR(load(TOP("\"linux\": {\"maskedPaths\": [\"/a\"]}")),
		  "linux.maskedPaths: needs a mount namespace: add one to linux.namespaces");
	CHECK_STR(load(TOP("\"linux\": {\"readonlyPaths\": [\"/a\"]}")),
		  "linux.readonlyPaths: needs a mount namespace: add one to linux.namespaces");
}

static void seccomp(void)
{
	static const struct row rows[] = {
		{"\"defaultAction\": \"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 65535, \"architectures\": null",
		 ""},
		{"\"flags\": []", "linux.seccomp.defaultAction: is missing"},
		{"\"defaultAction\": \"SCMP_ACT_NOTIFY\"",
		 "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default: name the syscalls"},
		{"\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1",
		 "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW returns no errno: only SCMP_ACT_ERRNO and "
		 "SCMP_ACT_TRACE do"},
		{"\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096",
		 "linux.seccomp.defaultErrnoRet: 4096 is not in 0..4095"},
		{"\"defaultAction\": \"SCMP_ACT_LOG\", \"flags\": [\"SECCOMP_FILTER_FLAG_NEW_LISTENER\"]",
		 "linux.seccomp.flags[0]: 'SECCOMP_FILTER_FLAG_NEW_LISTENER' is not one of "
		 "SECCOMP_FILTER_FLAG_TSYNC, "
		 "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
		 "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
		{"\"defaultAction\": \"SCMP_ACT_LOG\", \"flags\": "
		 "[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]",
		 "linux.seccomp.flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with "
		 "SCMP_ACT_NOTIFY"},
		{"\"defaultAction\": \"SCMP_ACT_LOG\", \"listenerMetadata\": \"m\"",
		 "linux.seccomp.listenerMetadata: goes with a listenerPath only"},
	};
	static const struct row rules[] = {
		{"\"names\": [\"read\"], \"action\": \"SCMP_ACT_NOTIFY\"", ""},
		{"\"names\": [], \"action\": \"SCMP_ACT_ALLOW\"",
		 "linux.seccomp.syscalls[0].names: is empty: name a syscall"},
		{"\"action\": \"SCMP_ACT_ALLOW\"", "linux.seccomp.syscalls[0].names: is missing"},
		{"\"names\": [\"read\"]", "linux.seccomp.syscalls[0].action: is missing"},
		{"\"names\": [\"read\"], \"action\": \"SCMP_ACT_KILL\", \"errnoRet\": 1",
		 "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL returns no errno: only SCMP_ACT_ERRNO "
		 "and "
		 "SCMP_ACT_TRACE do"},
		{"\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": "
		 "[{\"index\": 6, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]",
		 "linux.seccomp.syscalls[0].args[0].index: 6 is not in 0..5"},
		{"\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": [{\"index\": 0, "
		 "\"value\": 1}]",
		 "linux.seccomp.syscalls[0].args[0].op: is missing"},
	};

	try_rows(LINUX("\"seccomp\": {%s}"), rows, ARRAY_SIZE(rows));
	try_rows(LINUX("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{%s}]}"), rules,
		 ARRAY_SIZE(rules));
	CHECK(starts_with(
		load(LINUX("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"architectures\": "
			   "[\"x86\"]}")),
		"linux.seccomp.architectures[0]: 'x86' is not one of SCMP_ARCH_X86, SCMP_ARCH_X86_64, "));
}

static void resources(void)
{
	static const struct row rows[] = {
		{"\"devices\": [{\"allow\": true, \"type\": \"a\", \"access\": \"mwr\"}]", ""},
		{"\"devices\": [{\"type\": \"a\"}]", "linux.resources.devices[0].allow: is missing"},
		{"\"devices\": [{\"allow\": true, \"type\": \"p\"}]",
		 "linux.resources.devices[0].type: 'p' is not one of a, b, c"},
		{"\"devices\": [{\"allow\": true}, {\"allow\": true, \"access\": \"rx\"}]",
		 "linux.resources.devices[1].access: 'rx' is not made of r, w, m"},
		{"\"memory\": {\"limit\": 100, \"swap\": -1}", ""},
		{"\"memory\": {\"limit\": 100, \"swap\": 99}",
		 "linux.resources.memory.swap: 99 is below the limit 100: it counts memory and swap "
		 "together"},
		{"\"memory\": {\"limit\": -2}",
		 "linux.resources.memory.limit: -2 is not in -1..9223372036854775807"},
		{"\"cpu\": {\"cpus\": \"0-31:1/2\"}", ""},
		{"\"cpu\": {\"cpus\": \"0\\n1\"}",
		 "linux.resources.cpu.cpus: '0?1' is not a list like 0-3,7"},
		{"\"cpu\": {\"mems\": \"x\"}", "linux.resources.cpu.mems: 'x' is not a list like 0-3,7"},
		{"\"cpu\": {\"idle\": 2}", "linux.resources.cpu.idle: 2 is not in 0..1"},
		{"\"cpu\": {\"shares\": \"x\"}", "linux.resources.cpu.shares: expected a number"},
		{"\"blockIO\": {\"weight\": 0, \"leafWeight\": 1000}", ""},
		{"\"blockIO\": {\"weight\": 9}", "linux.resources.blockIO.weight: 9 is not in 10..1000"},
		{"\"blockIO\": {\"leafWeight\": 1001}",
		 "linux.resources.blockIO.leafWeight: 1001 is not in 10..1000"},
		{"\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, \"weight\": 5}]}",
		 "linux.resources.blockIO.weightDevice[0].weight: 5 is not in 10..1000"},
		{"\"blockIO\": {\"weightDevice\": [{\"major\": 8, \"minor\": 0, \"leafWeight\": 5}]}",
		 "linux.resources.blockIO.weightDevice[0].leafWeight: 5 is not in 10..1000"},
		{"\"hugepageLimits\": [{\"pageSize\": \"64KB\", \"limit\": 0}]", ""},
		{"\"hugepageLimits\": [{\"pageSize\": \"64\", \"limit\": 0}]",
		 "linux.resources.hugepageLimits[0].pageSize: '64' is not a size like 64KB, 2MB, 1GB"},
		{"\"hugepageLimits\": [{\"pageSize\": \"../2MB\", \"limit\": 0}]",
		 "linux.resources.hugepageLimits[0].pageSize: '../2MB' is not a size like 64KB, 2MB, 1GB"},
		{"\"hugepageLimits\": [{\"pageSize\": \"2MBx\", \"limit\": 0}]",
		 "linux.resources.hugepageLimits[0].pageSize: '2MBx' is not a size like 64KB, 2MB, 1GB"},
		{"\"network\": {\"priorities\": [{\"name\": \"a b\", \"priority\": 1}]}",
		 "linux.resources.network.priorities[0].name: 'a b' is not the name of an interface"},
		{"\"rdma\": {\"mlx 5\": {\"hcaObjects\": 1}}",
		 "linux.resources.rdma: 'mlx 5' is not the name of a device"},
		{"\"rdma\": {\"mlx5\": {}}",
		 "linux.resources.rdma.mlx5: limits nothing: set hcaHandles or hcaObjects"},
		{"\"unified\": {\"io.max\": \"a\\nb\"}", ""},
		{"\"unified\": {\"../cgroup.procs\": \"1\"}",
		 "linux.resources.unified: '../cgroup.procs' is not the name of a file of a cgroup"},
		{"\"unified\": {\"..\": \"1\"}",
		 "linux.resources.unified: '..' is not the name of a file of a cgroup"},
		{"\"unified\": {\"\": \"1\"}",
		 "linux.resources.unified: '' is not the name of a file of a cgroup"},
		{"\"unified\": {\"cgroup.procs\": \"1\"}",
		 "linux.resources.unified: cgroup.procs is not a setting: remove it"},
		{"\"pids\": {\"limit\": 0}", ""},
	};

	try_rows(RES("%s"), rows, ARRAY_SIZE(rows));
}

/* Long lists end in an answer, not in a hang: what must be ordered is sorted (an order of n^2 would take
 * hours here). */
static void long_lists(void)
{
	size_t n = (size_t)sprintf(
		doc, "%s",
		"{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"}, \"linux\": {\"devices\": [");

	for (int i = 0; i < 250000; i++)
		n += (size_t)sprintf(doc + n, "%s{\"path\":\"/dev/%d\",\"type\":\"p\"}", i ? "," : "", i);
	strcpy(doc + n, "]}}");
	CHECK_STR(load(doc), "");
	n = (size_t)sprintf(
		doc, "%s",
		"{\"ociVersion\": \"1.0.0\", \"root\": {\"path\": \"r\"}, \"linux\": {\"namespaces\":"
		"[{\"type\": \"mount\"}], \"maskedPaths\": [");
	for (int i = 0; i < 1000000; i++)
		n += (size_t)sprintf(doc + n, "%s\"/m/%d\"", i ? "," : "", i);
	strcpy(doc + n, "]}}");
	CHECK_STR(load(doc), "");
}

int main(void)
{
	static const struct test tests[] = {
		{"devices", devices},
		{"net-devices", net_devices},
		{"cgroups-path", cgroups_path},
		{"intel-rdt", intel_rdt},
		{"memory-policy", memory_policy},
		{"sysctl", sysctl},
		{"paths", paths},
		{"seccomp", seccomp},
		{"resources", resources},
		{"long-lists", long_lists},
	};

	return rows_main("spec-check-linux", tests, ARRAY_SIZE(tests));
}
