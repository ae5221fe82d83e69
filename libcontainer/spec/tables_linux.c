/* SPDX-License-Identifier: Apache-2.0 */
/* config.json's `linux` without its resources and seccomp: runtime-spec config-linux.md, in its order. */
#include "spec/tables.h"

#define MAJOR_MAX 4095 /* dev_t: 12 and 20 bits; more would be cut to another device's number */
#define MINOR_MAX 1048575

static const struct json_word namespace_type_words[] = {
	{ "pid", SPEC_NS_PID },	      { "network", SPEC_NS_NETWORK }, { "mount", SPEC_NS_MOUNT },
	{ "ipc", SPEC_NS_IPC },	      { "uts", SPEC_NS_UTS },	      { "user", SPEC_NS_USER },
	{ "cgroup", SPEC_NS_CGROUP }, { "time", SPEC_NS_TIME },
};
const struct json_words spec_namespace_types = JSON_WORDS(namespace_type_words);

static const struct json_field namespace_fields[] = {
	FIELD_WORD(struct spec_namespace, type, "type", &spec_namespace_types, REQUIRED),
	FIELD(struct spec_namespace, path, "path", EMPTY_IS_ABSENT),
};
static const struct json_table namespace_table = JSON_TABLE(struct spec_namespace, namespace_fields);

static const struct json_field time_offset_fields[] = {
	FIELD(struct spec_time_offset, secs, "secs"),
	FIELD(struct spec_time_offset, nanosecs, "nanosecs", RANGE(0, 999999999)), /* time_namespaces(7) */
};
static const struct json_table time_offset_table = JSON_TABLE(struct spec_time_offset, time_offset_fields);

static const struct json_field time_offsets_fields[] = {
	FIELD_POINTER(struct spec_time_offsets, boottime, "boottime", &time_offset_table),
	FIELD_POINTER(struct spec_time_offsets, monotonic, "monotonic", &time_offset_table),
};
static const struct json_table time_offsets_table = JSON_TABLE(struct spec_time_offsets, time_offsets_fields);

static const struct json_word device_type_words[] = {
	{ "c", 'c' },
	{ "b", 'b' },
	{ "u", 'u' },
	{ "p", 'p' },
};
static const struct json_words device_types = JSON_WORDS(device_type_words);

static const struct json_field device_fields[] = {
	FIELD_WORD(struct spec_device, type, "type", &device_types, REQUIRED),
	FIELD(struct spec_device, path, "path", REQUIRED),
	FIELD(struct spec_device, major, "major", RANGE(0, MAJOR_MAX)),
	FIELD(struct spec_device, minor, "minor", RANGE(0, MINOR_MAX)),
	FIELD(struct spec_device, file_mode, "fileMode", RANGE(0, 0177777)),
	FIELD(struct spec_device, uid, "uid", ID),
	FIELD(struct spec_device, gid, "gid", ID),
};
static const struct json_table device_table = JSON_TABLE(struct spec_device, device_fields);

static const struct json_field net_device_fields[] = {
	FIELD(struct spec_net_device, name, "name", EMPTY_IS_ABSENT),
};
static const struct json_table net_device_table = JSON_TABLE(struct spec_net_device, net_device_fields);

static const struct json_word propagation_words[] = {
	{ "private", SPEC_PROPAGATION_PRIVATE },
	{ "rprivate", SPEC_PROPAGATION_PRIVATE | SPEC_PROPAGATION_REC },
	{ "shared", SPEC_PROPAGATION_SHARED },
	{ "rshared", SPEC_PROPAGATION_SHARED | SPEC_PROPAGATION_REC },
	{ "slave", SPEC_PROPAGATION_SLAVE },
	{ "rslave", SPEC_PROPAGATION_SLAVE | SPEC_PROPAGATION_REC },
	{ "unbindable", SPEC_PROPAGATION_UNBINDABLE },
	{ "runbindable", SPEC_PROPAGATION_UNBINDABLE | SPEC_PROPAGATION_REC },
};
const struct json_words spec_propagations = JSON_WORDS(propagation_words);

static const struct json_field intel_rdt_fields[] = {
	FIELD(struct spec_intel_rdt, clos_id, "closID", EMPTY_IS_ABSENT),
	FIELD(struct spec_intel_rdt, schemata, "schemata"),
	FIELD(struct spec_intel_rdt, l3_cache_schema, "l3CacheSchema", EMPTY_IS_ABSENT),
	FIELD(struct spec_intel_rdt, mem_bw_schema, "memBwSchema", EMPTY_IS_ABSENT),
	FIELD(struct spec_intel_rdt, enable_monitoring, "enableMonitoring"),
};
static const struct json_table intel_rdt_table = JSON_TABLE(struct spec_intel_rdt, intel_rdt_fields);

static const struct json_word memory_policy_mode_words[] = {
	{ "MPOL_DEFAULT", 0 },	  { "MPOL_BIND", 0 },
	{ "MPOL_INTERLEAVE", 0 }, { "MPOL_WEIGHTED_INTERLEAVE", 0 },
	{ "MPOL_PREFERRED", 0 },  { "MPOL_PREFERRED_MANY", 0 },
	{ "MPOL_LOCAL", 0 },
};
const struct json_words spec_memory_policy_modes = JSON_WORDS(memory_policy_mode_words);

static const struct json_word memory_policy_flag_words[] = {
	{ "MPOL_F_NUMA_BALANCING", 0 },
	{ "MPOL_F_RELATIVE_NODES", 0 },
	{ "MPOL_F_STATIC_NODES", 0 },
};
const struct json_words spec_memory_policy_flags = JSON_WORDS(memory_policy_flag_words);

static const struct json_field memory_policy_fields[] = {
	FIELD(struct spec_memory_policy, mode, "mode", EMPTY_IS_ABSENT),
	FIELD(struct spec_memory_policy, nodes, "nodes"), /* "" is the empty set, not absent */
	FIELD(struct spec_memory_policy, flags, "flags"),
};
static const struct json_table memory_policy_table =
	JSON_TABLE(struct spec_memory_policy, memory_policy_fields);

static const struct json_word personality_domain_words[] = {
	{ "LINUX", 0 },
	{ "LINUX32", 0 },
};
const struct json_words spec_personality_domains = JSON_WORDS(personality_domain_words);

static const struct json_field personality_fields[] = {
	FIELD(struct spec_personality, domain, "domain", EMPTY_IS_ABSENT),
	FIELD(struct spec_personality, flags, "flags"),
};
static const struct json_table personality_table = JSON_TABLE(struct spec_personality, personality_fields);

static const struct json_field linux_fields[] = {
	FIELD_LIST(struct spec_linux, namespaces, "namespaces", &namespace_table),
	FIELD_LIST(struct spec_linux, uid_mappings, "uidMappings", &spec_id_range_table),
	FIELD_LIST(struct spec_linux, gid_mappings, "gidMappings", &spec_id_range_table),
	FIELD_POINTER(struct spec_linux, time_offsets, "timeOffsets", &time_offsets_table),
	FIELD_LIST(struct spec_linux, devices, "devices", &device_table),
	FIELD_KEYED(struct spec_linux, net_devices, "netDevices", &net_device_table),
	FIELD(struct spec_linux, cgroups_path, "cgroupsPath", EMPTY_IS_ABSENT),
	FIELD_POINTER(struct spec_linux, resources, "resources", &spec_resources_table),
	FIELD_POINTER(struct spec_linux, intel_rdt, "intelRdt", &intel_rdt_table),
	FIELD_POINTER(struct spec_linux, memory_policy, "memoryPolicy", &memory_policy_table),
	FIELD(struct spec_linux, sysctl, "sysctl"),
	FIELD_POINTER(struct spec_linux, seccomp, "seccomp", &spec_seccomp_table),
	FIELD_WORD(struct spec_linux, rootfs_propagation, "rootfsPropagation", &spec_propagations),
	FIELD(struct spec_linux, masked_paths, "maskedPaths"),
	FIELD(struct spec_linux, readonly_paths, "readonlyPaths"),
	FIELD(struct spec_linux, mount_label, "mountLabel", EMPTY_IS_ABSENT),
	FIELD_POINTER(struct spec_linux, personality, "personality", &personality_table),
};
const struct json_table spec_linux_table = JSON_TABLE(struct spec_linux, linux_fields);
