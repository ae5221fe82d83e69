/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor's two BPF programs: the device rules of the default configuration, and a seccomp filter of a real
 * one's size.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "floor.h"

#define LOAD(reg, offset)                                                                                    \
	{                                                                                                    \
		BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_1, offset, 0                                         \
	}
#define JUMP(op, reg, value, to)                                                                             \
	{                                                                                                    \
		BPF_JMP | (op) | BPF_K, reg, 0, to, value                                                    \
	}

/* The ten rules of the default configuration. Jump offsets count from the next instruction. */
static int device_filter_load(void)
{
	static const struct bpf_insn code[] = {
		LOAD(BPF_REG_2, 0),
		LOAD(BPF_REG_4, 4),
		LOAD(BPF_REG_5, 8),
		{BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0},
		{BPF_ALU | BPF_AND | BPF_K, BPF_REG_3, 0, 0, 0xffff},
		{BPF_ALU | BPF_RSH | BPF_K, BPF_REG_2, 0, 0, 16},
		JUMP(BPF_JEQ, BPF_REG_2, BPF_DEVCG_ACC_MKNOD, 14),
		JUMP(BPF_JNE, BPF_REG_3, BPF_DEVCG_DEV_CHAR, 11),
		JUMP(BPF_JEQ, BPF_REG_4, 136, 12),
		JUMP(BPF_JNE, BPF_REG_4, 5, 3),
		JUMP(BPF_JEQ, BPF_REG_5, 0, 10),
		JUMP(BPF_JEQ, BPF_REG_5, 2, 9),
		{BPF_JMP | BPF_JA, 0, 0, 6, 0},
		JUMP(BPF_JNE, BPF_REG_4, 1, 5),
		JUMP(BPF_JEQ, BPF_REG_5, 3, 6),
		JUMP(BPF_JEQ, BPF_REG_5, 5, 5),
		JUMP(BPF_JEQ, BPF_REG_5, 7, 4),
		JUMP(BPF_JEQ, BPF_REG_5, 8, 3),
		JUMP(BPF_JEQ, BPF_REG_5, 9, 2),
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = ARRAY_SIZE(code),
		.insns = (uintptr_t)code,
		.license = (uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

void device_filter_attach(int cgroup_fd)
{
	union bpf_attr attr = {.target_fd = (unsigned int)cgroup_fd, .attach_type = BPF_CGROUP_DEVICE};
	int fd = device_filter_load();

	must(fd, "load the device filter");
	attr.attach_bpf_fd = (unsigned int)fd;
	must(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr)), "attach the device filter");
	close(fd);
}

/*
 * The allow list of seccomp.json as ranges of system call numbers, one table an architecture, sorted. Rules
 * that look at arguments are taken as plain allowances: size and depth, which the load and the checks cost,
 * are a real filter's.
 */
struct range {
	int first;
	int last;
};

static const struct range x86_64_ranges[] = {
	{0, 102},   {104, 133}, {135, 135}, {137, 138}, {140, 152}, {154, 154}, {157, 162}, {186, 211},
	{213, 226}, {228, 235}, {240, 245}, {247, 247}, {251, 255}, {257, 271}, {273, 278}, {280, 297},
	{299, 299}, {301, 303}, {305, 307}, {309, 311}, {314, 319}, {322, 322}, {324, 334}, {424, 424},
	{434, 434}, {436, 437}, {439, 439}, {441, 441}, {444, 449}, {451, 456},
};

static const struct range x32_ranges[] = {
	{0, 12},    {14, 14},	{17, 18},   {21, 44},	{48, 53},   {56, 58},	{60, 100},  {102, 102},
	{104, 126}, {130, 130}, {132, 133}, {135, 135}, {137, 138}, {140, 152}, {154, 154}, {157, 162},
	{186, 204}, {207, 208}, {210, 210}, {213, 213}, {216, 221}, {223, 226}, {228, 235}, {240, 243},
	{245, 245}, {251, 255}, {257, 271}, {275, 277}, {280, 294}, {301, 303}, {305, 306}, {309, 309},
	{314, 319}, {324, 326}, {329, 334}, {424, 424}, {434, 434}, {436, 437}, {439, 439}, {441, 441},
	{444, 449}, {451, 452}, {454, 456}, {512, 527}, {529, 532}, {534, 547},
};

static const struct range i386_ranges[] = {
	{0, 16},    {19, 20},	{23, 24},   {26, 27},	{29, 30},   {33, 33},	{36, 43},   {45, 47},
	{49, 50},   {54, 55},	{57, 57},   {60, 61},	{63, 66},   {70, 71},	{75, 78},   {80, 83},
	{85, 85},   {90, 97},	{99, 100},  {102, 102}, {104, 108}, {114, 114}, {116, 120}, {122, 126},
	{132, 133}, {136, 136}, {138, 148}, {150, 165}, {168, 168}, {170, 187}, {190, 216}, {218, 221},
	{224, 250}, {252, 252}, {254, 263}, {265, 272}, {277, 282}, {284, 284}, {289, 293}, {295, 309},
	{311, 316}, {318, 335}, {339, 341}, {343, 344}, {347, 348}, {351, 356}, {358, 358}, {375, 386},
	{403, 403}, {405, 414}, {416, 424}, {434, 434}, {436, 437}, {439, 439}, {441, 441}, {444, 449},
	{451, 456},
};

struct filter {
	struct sock_filter code[2048];
	unsigned short n;
};

#define VERDICT(action) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action))

/* A binary search over ranges[0..n): every leaf returns its verdict, so no jump is longer than 255. */
static void filter_tree(struct filter *filter, const struct range *ranges, size_t n, uint32_t bias)
{
	size_t half = n / 2;
	unsigned short at;

	if (n == 1) {
		filter->code[filter->n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JGE | BPF_K, bias + (uint32_t)ranges->first, 0, 2);
		filter->code[filter->n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K,
									 bias + (uint32_t)ranges->last, 1, 0);
		filter->code[filter->n++] = VERDICT(SECCOMP_RET_ALLOW);
		filter->code[filter->n++] = VERDICT(SECCOMP_RET_ERRNO | EPERM);
		return;
	}
	at = filter->n++;
	filter_tree(filter, ranges, half, bias);
	filter->code[at] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, bias + (uint32_t)ranges[half].first,
					     (uint8_t)(filter->n - at - 1), 0);
	filter_tree(filter, ranges + half, n - half, bias);
}

/* if (A op value) { tree } : op is false for the tree's own numbers, so that it jumps over it. */
static void filter_block(struct filter *filter, unsigned short op, uint32_t value, const struct range *ranges,
			 size_t n, uint32_t bias)
{
	unsigned short at = filter->n;

	filter->n = (unsigned short)(filter->n + 2);
	filter_tree(filter, ranges, n, bias);
	filter->code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, value, 1, 0);
	filter->code[at + 1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(filter->n - at - 2));
}

void seccomp_load(void)
{
	static struct filter filter;
	struct sock_filter *code = filter.code;
	struct sock_fprog program = {.filter = code};
	const uint32_t number = offsetof(struct seccomp_data, nr), arch = offsetof(struct seccomp_data, arch);
	const unsigned short load = BPF_LD | BPF_W | BPF_ABS, jump_eq = BPF_JMP | BPF_JEQ | BPF_K;
	unsigned short skip;

	code[filter.n++] = (struct sock_filter)BPF_STMT(load, arch);
	code[filter.n++] = (struct sock_filter)BPF_JUMP(jump_eq, AUDIT_ARCH_X86_64, 1, 0);
	skip = filter.n++;
	code[filter.n++] = (struct sock_filter)BPF_STMT(load, number);
	filter_block(&filter, BPF_JGE, 0x40000000, x32_ranges, ARRAY_SIZE(x32_ranges), 0x40000000);
	filter_tree(&filter, x86_64_ranges, ARRAY_SIZE(x86_64_ranges), 0);
	code[skip] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(filter.n - skip - 1));
	code[filter.n++] = (struct sock_filter)BPF_JUMP(jump_eq, AUDIT_ARCH_I386, 1, 0);
	code[filter.n++] = VERDICT(SECCOMP_RET_KILL_PROCESS);
	code[filter.n++] = (struct sock_filter)BPF_STMT(load, number);
	filter_tree(&filter, i386_ranges, ARRAY_SIZE(i386_ranges), 0);
	program.len = filter.n;
	must(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "load the seccomp filter");
}
