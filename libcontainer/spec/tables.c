/* SPDX-License-Identifier: Apache-2.0 */
/* config.json, the top of it: runtime-spec config.md and config-schema.json, in their order. */
#include "spec/tables.h"

/* ---- shared: defs.json ---- */

static const struct json_field id_range_fields[] = {
	FIELD(struct id_range, inside, "containerID", REQUIRED, ID),
	FIELD(struct id_range, outside, "hostID", REQUIRED, ID),
	FIELD(struct id_range, size, "size", REQUIRED),
};
const struct json_table spec_id_range_table = JSON_TABLE(struct id_range, id_range_fields);

/* ---- root, mounts ---- */

static const struct json_field root_fields[] = {
	FIELD(struct spec_root, path, "path", REQUIRED),
	FIELD(struct spec_root, readonly, "readonly"),
};
static const struct json_table root_table = JSON_TABLE(struct spec_root, root_fields);

static const struct json_field mount_fields[] = {
	FIELD(struct spec_mount, destination, "destination", REQUIRED),
	FIELD(struct spec_mount, type, "type", EMPTY_IS_ABSENT),
	FIELD(struct spec_mount, source, "source", EMPTY_IS_ABSENT),
	FIELD(struct spec_mount, options, "options"),
	FIELD_LIST(struct spec_mount, uid_mappings, "uidMappings", &spec_id_range_table),
	FIELD_LIST(struct spec_mount, gid_mappings, "gidMappings", &spec_id_range_table),
};
const struct json_table spec_mount_table = JSON_TABLE(struct spec_mount, mount_fields);

/* ---- hooks ---- */

static const struct json_field hook_fields[] = {
	FIELD(struct spec_hook, path, "path", REQUIRED),
	FIELD(struct spec_hook, args, "args"),
	FIELD(struct spec_hook, env, "env"),
	FIELD(struct spec_hook, timeout, "timeout", RANGE(1, INT32_MAX)),
};
static const struct json_table hook_table = JSON_TABLE(struct spec_hook, hook_fields);

static const struct json_field hooks_fields[] = {
	FIELD_LIST(struct spec_hooks, prestart, "prestart", &hook_table),
	FIELD_LIST(struct spec_hooks, create_runtime, "createRuntime", &hook_table),
	FIELD_LIST(struct spec_hooks, create_container, "createContainer", &hook_table),
	FIELD_LIST(struct spec_hooks, start_container, "startContainer", &hook_table),
	FIELD_LIST(struct spec_hooks, poststart, "poststart", &hook_table),
	FIELD_LIST(struct spec_hooks, poststop, "poststop", &hook_table),
};
static const struct json_table hooks_table = JSON_TABLE(struct spec_hooks, hooks_fields);

/* ---- the document; the sections of other platforms (vm, windows, solaris, zos, freebsd) have no rows ----
 */

static const struct json_field spec_fields[] = {
	FIELD(struct spec, oci_version, "ociVersion", REQUIRED),
	FIELD_POINTER(struct spec, process, "process", &spec_process_table),
	FIELD_POINTER(struct spec, root, "root", &root_table),
	FIELD(struct spec, hostname, "hostname", EMPTY_IS_ABSENT),
	FIELD(struct spec, domainname, "domainname", EMPTY_IS_ABSENT),
	FIELD_LIST(struct spec, mounts, "mounts", &spec_mount_table),
	FIELD_POINTER(struct spec, hooks, "hooks", &hooks_table),
	FIELD(struct spec, annotations, "annotations"),
	FIELD_POINTER(struct spec, linux_, "linux", &spec_linux_table),
};
const struct json_table spec_table = JSON_TABLE(struct spec, spec_fields);
