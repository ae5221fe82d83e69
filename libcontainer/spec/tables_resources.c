/* SPDX-License-Identifier: Apache-2.0 */
/* config.json's `linux.resources`, which is also what `update --resources` reads: config-linux.md, "Control
 * groups". */
#include "spec/tables.h"

#define MAJOR RANGE(0, 4095) /* dev_t: 12 and 20 bits; more would be cut to another device's number */
#define MINOR RANGE(0, 1048575)

static const struct json_field device_rule_fields[] = {
	FIELD(struct spec_device_rule, allow, "allow", REQUIRED),
	FIELD(struct spec_device_rule, type, "type", EMPTY_IS_ABSENT),
	FIELD(struct spec_device_rule, major, "major", RANGE(-1, 4095)), /* -1: all, as Go callers have it */
	FIELD(struct spec_device_rule, minor, "minor", RANGE(-1, 1048575)),
	FIELD(struct spec_device_rule, access, "access", EMPTY_IS_ABSENT),
};
static const struct json_table device_rule_table = JSON_TABLE(struct spec_device_rule, device_rule_fields);

static const struct json_field memory_fields[] = {
	FIELD(struct spec_memory, limit, "limit", RANGE(-1, INT64_MAX)),
	FIELD(struct spec_memory, reservation, "reservation", RANGE(-1, INT64_MAX)),
	FIELD(struct spec_memory, swap, "swap", RANGE(-1, INT64_MAX)),
	FIELD(struct spec_memory, kernel, "kernel", RANGE(-1, INT64_MAX)),
	FIELD(struct spec_memory, kernel_tcp, "kernelTCP", RANGE(-1, INT64_MAX)),
	FIELD(struct spec_memory, swappiness, "swappiness"),
	FIELD(struct spec_memory, disable_oom_killer, "disableOOMKiller"),
	FIELD(struct spec_memory, use_hierarchy, "useHierarchy"),
	FIELD(struct spec_memory, check_before_update, "checkBeforeUpdate"),
};
static const struct json_table memory_table = JSON_TABLE(struct spec_memory, memory_fields);

static const struct json_field cpu_fields[] = {
	FIELD(struct spec_cpu, shares, "shares"),
	FIELD(struct spec_cpu, quota, "quota"),
	FIELD(struct spec_cpu, burst, "burst"),
	FIELD(struct spec_cpu, period, "period"),
	FIELD(struct spec_cpu, realtime_runtime, "realtimeRuntime"),
	FIELD(struct spec_cpu, realtime_period, "realtimePeriod"),
	FIELD(struct spec_cpu, cpus, "cpus", EMPTY_IS_ABSENT),
	FIELD(struct spec_cpu, mems, "mems", EMPTY_IS_ABSENT),
	FIELD(struct spec_cpu, idle, "idle", RANGE(0, 1)), /* cpu.idle */
};
static const struct json_table cpu_table = JSON_TABLE(struct spec_cpu, cpu_fields);

static const struct json_field pids_fields[] = {
	FIELD(struct spec_pids, limit, "limit"), /* required by the schema, but omitted by specs-go for nil */
};
static const struct json_table pids_table = JSON_TABLE(struct spec_pids, pids_fields);

static const struct json_field block_weight_fields[] = {
	FIELD(struct spec_block_weight, major, "major", REQUIRED, MAJOR),
	FIELD(struct spec_block_weight, minor, "minor", REQUIRED, MINOR),
	FIELD(struct spec_block_weight, weight, "weight", RANGE(0, UINT16_MAX)),
	FIELD(struct spec_block_weight, leaf_weight, "leafWeight", RANGE(0, UINT16_MAX)),
};
static const struct json_table block_weight_table = JSON_TABLE(struct spec_block_weight, block_weight_fields);

static const struct json_field block_throttle_fields[] = {
	FIELD(struct spec_block_throttle, major, "major", REQUIRED, MAJOR),
	FIELD(struct spec_block_throttle, minor, "minor", REQUIRED, MINOR),
	FIELD(struct spec_block_throttle, rate, "rate"),
};
static const struct json_table block_throttle_table =
	JSON_TABLE(struct spec_block_throttle, block_throttle_fields);

static const struct json_field block_io_fields[] = {
	FIELD(struct spec_block_io, weight, "weight", RANGE(0, UINT16_MAX)),
	FIELD(struct spec_block_io, leaf_weight, "leafWeight", RANGE(0, UINT16_MAX)),
	FIELD_LIST(struct spec_block_io, weight_device, "weightDevice", &block_weight_table),
	FIELD_LIST(struct spec_block_io, throttle_read_bps, "throttleReadBpsDevice", &block_throttle_table),
	FIELD_LIST(struct spec_block_io, throttle_write_bps, "throttleWriteBpsDevice", &block_throttle_table),
	FIELD_LIST(struct spec_block_io, throttle_read_iops, "throttleReadIOPSDevice", &block_throttle_table),
	FIELD_LIST(struct spec_block_io, throttle_write_iops, "throttleWriteIOPSDevice",
		   &block_throttle_table),
};
static const struct json_table block_io_table = JSON_TABLE(struct spec_block_io, block_io_fields);

static const struct json_field hugepage_fields[] = {
	FIELD(struct spec_hugepage_limit, page_size, "pageSize", REQUIRED),
	FIELD(struct spec_hugepage_limit, limit, "limit", REQUIRED),
};
static const struct json_table hugepage_table = JSON_TABLE(struct spec_hugepage_limit, hugepage_fields);

static const struct json_field net_priority_fields[] = {
	FIELD(struct spec_net_priority, name, "name", REQUIRED),
	FIELD(struct spec_net_priority, priority, "priority", REQUIRED),
};
static const struct json_table net_priority_table = JSON_TABLE(struct spec_net_priority, net_priority_fields);

static const struct json_field network_fields[] = {
	FIELD(struct spec_network, class_id, "classID"),
	FIELD_LIST(struct spec_network, priorities, "priorities", &net_priority_table),
};
static const struct json_table network_table = JSON_TABLE(struct spec_network, network_fields);

static const struct json_field rdma_fields[] = {
	FIELD(struct spec_rdma, hca_handles, "hcaHandles"),
	FIELD(struct spec_rdma, hca_objects, "hcaObjects"),
};
static const struct json_table rdma_table = JSON_TABLE(struct spec_rdma, rdma_fields);

static const struct json_field resources_fields[] = {
	FIELD_LIST(struct spec_resources, devices, "devices", &device_rule_table),
	FIELD_POINTER(struct spec_resources, memory, "memory", &memory_table),
	FIELD_POINTER(struct spec_resources, cpu, "cpu", &cpu_table),
	FIELD_POINTER(struct spec_resources, pids, "pids", &pids_table),
	FIELD_POINTER(struct spec_resources, block_io, "blockIO", &block_io_table),
	FIELD_LIST(struct spec_resources, hugepage_limits, "hugepageLimits", &hugepage_table),
	FIELD_POINTER(struct spec_resources, network, "network", &network_table),
	FIELD_KEYED(struct spec_resources, rdma, "rdma", &rdma_table),
	FIELD(struct spec_resources, unified, "unified"),
};
const struct json_table spec_resources_table = JSON_TABLE(struct spec_resources, resources_fields);
