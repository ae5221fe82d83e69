/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan/cgroup_io.c: linux.resources.blockIO as values. Pure. Whether BFQ or the kernel's own controller keeps
 * weights only the host's files tell: both are in the list, the second for where the first is missing.
 */
#include "plan/cgroup_values.h"

#define WEIGHT_MIN 10
#define WEIGHT_MAX 1000

uint64_t io_weight_of_blkio(uint64_t weight)
{
	return 1 + (weight - WEIGHT_MIN) * 9999 / (WEIGHT_MAX - WEIGHT_MIN);
}

static bool weight_is_set(struct values *b, const char *property, struct opt_u32 weight)
{
	if (!weight.set || weight.v == 0)
		return false;
	if (weight.v >= WEIGHT_MIN && weight.v <= WEIGHT_MAX)
		return true;
	value_refuse(b, property, "is not between 10 and 1000");
	return false;
}

/* `device` is "" or "MAJOR:MINOR ". */
static void put_weight(struct values *b, const char *property, const char *device, uint32_t weight)
{
	bool one = device[0];
	const char *first = b->v2 ? "io.bfq.weight" : one ? "blkio.weight_device" : "blkio.weight";
	const char *second = b->v2 ? "io.weight" : one ? "blkio.bfq.weight_device" : "blkio.bfq.weight";
	const char *controller = b->v2 ? "io" : "blkio";

	value_set(b, property, controller, first, "%s%u", device, weight)->op = CGROUP_SET_OR_NEXT;
	value_set(b, property, controller, second, "%s%llu", device,
		  (unsigned long long)(b->v2 ? io_weight_of_blkio(weight) : weight));
}

static void put_leaf_weight(struct values *b, const char *property, const char *device, uint32_t weight)
{
	if (b->v2)
		value_missing(b, property);
	else
		value_set(b, property, "blkio", device[0] ? "blkio.leaf_weight_device" : "blkio.leaf_weight",
			  "%s%u", device, weight);
}

static bool device_is_valid(struct values *b, const char *property, int64_t major, int64_t minor)
{
	if (major >= 0 && major <= INT32_MAX && minor >= 0 && minor <= INT32_MAX)
		return true;
	value_refuse(b, property, "has a device number that is out of range");
	return false;
}

static void put_device_weight(struct values *b, const struct spec_block_weight *d)
{
	const char *property = RESOURCE("blockIO.weightDevice"), *device;

	if (!device_is_valid(b, property, d->major, d->minor))
		return;
	device = arena_printf(b->arena, "%lld:%lld ", (long long)d->major, (long long)d->minor);
	if (!device) {
		b->failed = -ENOMEM;
		return;
	}
	if (weight_is_set(b, property, d->weight))
		put_weight(b, property, device, d->weight.v);
	if (weight_is_set(b, property, d->leaf_weight))
		put_leaf_weight(b, property, device, d->leaf_weight.v);
}

static void put_throttles(struct values *b, const char *property, const char *key, const char *v1_file,
			  const struct spec_block_throttle *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		long long major = v[i].major, minor = v[i].minor;
		unsigned long long rate = v[i].rate.v;

		if (!v[i].rate.set || !device_is_valid(b, property, major, minor))
			continue;
		if (!b->v2)
			value_set(b, property, "blkio", v1_file, "%lld:%lld %llu", major, minor, rate);
		else if (rate)
			value_set(b, property, "io", "io.max", "%lld:%lld %s=%llu", major, minor, key, rate);
		else
			/* none, as 0 means on v1 */
			value_set(b, property, "io", "io.max", "%lld:%lld %s=max", major, minor, key);
	}
}

void values_of_block_io(struct values *b, const struct spec_block_io *io)
{
	if (weight_is_set(b, RESOURCE("blockIO.weight"), io->weight))
		put_weight(b, RESOURCE("blockIO.weight"), "", io->weight.v);
	if (weight_is_set(b, RESOURCE("blockIO.leafWeight"), io->leaf_weight))
		put_leaf_weight(b, RESOURCE("blockIO.leafWeight"), "", io->leaf_weight.v);
	for (size_t i = 0; i < io->weight_device.n; i++)
		put_device_weight(b, &io->weight_device.v[i]);
	put_throttles(b, RESOURCE("blockIO.throttleReadBpsDevice"), "rbps", "blkio.throttle.read_bps_device",
		      io->throttle_read_bps.v, io->throttle_read_bps.n);
	put_throttles(b, RESOURCE("blockIO.throttleWriteBpsDevice"), "wbps",
		      "blkio.throttle.write_bps_device", io->throttle_write_bps.v, io->throttle_write_bps.n);
	put_throttles(b, RESOURCE("blockIO.throttleReadIOPSDevice"), "riops",
		      "blkio.throttle.read_iops_device", io->throttle_read_iops.v, io->throttle_read_iops.n);
	put_throttles(b, RESOURCE("blockIO.throttleWriteIOPSDevice"), "wiops",
		      "blkio.throttle.write_iops_device", io->throttle_write_iops.v,
		      io->throttle_write_iops.n);
}
