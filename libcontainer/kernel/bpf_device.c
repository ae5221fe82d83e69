/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel/bpf_device.c: device rules as an eBPF program: made, loaded, put on a cgroup. Parent only.
 */
#include "kernel/bpf_device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "kernel/sys.h"

#define PROGRAM_NAME "cruet_device"
#define ATTACHED_MAX 64 /* BPF_CGROUP_MAX_PROGS */

/* ---- the program ---- */

/* r2 type, r3 access that is not yet allowed, r4 major, r5 minor; r0 the verdict. */
enum {
	VERDICT = BPF_REG_0,
	CONTEXT = BPF_REG_1,
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5
};

/* Jumps to the two ends are written with these and patched. */
#define TO_ALLOW INT16_MIN
#define TO_DENY	 (INT16_MIN + 1)

struct assembler {
	struct bpf_insn *v;
	size_t n;
};

static size_t emit(struct assembler *a, unsigned int code, unsigned int dst, unsigned int src, int off,
		   int64_t imm)
{
	a->v[a->n] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.off = (int16_t)off,
		.imm = (int32_t)imm,
	};
	return a->n++;
}

static size_t emit_jump(struct assembler *a, unsigned int condition, unsigned int reg, int64_t value, int to)
{
	return emit(a, BPF_JMP | condition | BPF_K, reg, 0, to, value);
}

/* Let the jump at `at` end where the program now ends. */
static void land(struct assembler *a, size_t at)
{
	a->v[at].off = (int16_t)(a->n - at - 1);
}

static bool matches_all_devices(const struct device_rule *r)
{
	return r->type == 'a' && r->major < 0 && r->minor < 0;
}

static bool is_whole(const struct device_rule *r)
{
	return (r->access & DEVICE_ALL) == DEVICE_ALL;
}

/* One device or range: the type and major of it are known to match here. True where nothing can come behind
 * it: the verifier refuses what cannot be reached. */
static bool emit_rule(struct assembler *a, const struct device_rule *r)
{
	int verdict = r->allow ? TO_ALLOW : TO_DENY;
	size_t skip = SIZE_MAX;

	if (is_whole(r)) {
		if (r->minor >= 0)
			emit_jump(a, BPF_JEQ, MINOR, r->minor, verdict);
		else
			emit_jump(a, BPF_JA, 0, 0, verdict);
		return r->minor < 0;
	}
	if (r->minor >= 0)
		skip = emit_jump(a, BPF_JNE, MINOR, r->minor, 0);
	if (r->allow) {
		emit(a, BPF_ALU64 | BPF_AND | BPF_K, ACCESS, 0, 0, DEVICE_ALL & ~r->access);
		emit_jump(a, BPF_JEQ, ACCESS, 0, verdict);
	} else {
		emit_jump(a, BPF_JSET, ACCESS, r->access & DEVICE_ALL, verdict);
	}
	if (skip != SIZE_MAX)
		land(a, skip);
	return false;
}

static int compare_rules(const void *a, const void *b)
{
	const struct device_rule *x = a, *y = b;

	if (x->type != y->type)
		return x->type - y->type;
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return (x->access > y->access) - (x->access < y->access);
}

/* Rules of one type: a major is compared once. True as emit_rule. */
static bool emit_type(struct assembler *a, const struct device_rule *v, size_t n)
{
	for (size_t i = 0; i < n;) {
		int64_t major = v[i].major;
		size_t skip = SIZE_MAX;
		bool last = false;

		if (major >= 0)
			skip = emit_jump(a, BPF_JNE, MAJOR, major, 0);
		for (; i < n && v[i].major == major; i++)
			last = last || emit_rule(a, &v[i]);
		if (skip != SIZE_MAX)
			land(a, skip);
		else if (last)
			return true;
	}
	return false;
}

/* Rules of one verdict: their order means nothing, so they are sorted, and a type is compared once. */
static bool emit_run(struct assembler *a, struct device_rule *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare_rules);
	for (size_t i = 0, end; i < n; i = end) {
		size_t skip = SIZE_MAX;
		bool last;

		for (end = i; end < n && v[end].type == v[i].type;)
			end++;
		if (v[i].type != 'a')
			skip = emit_jump(a, BPF_JNE, TYPE,
					 v[i].type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, 0);
		last = emit_type(a, v + i, end - i);
		if (skip != SIZE_MAX)
			land(a, skip);
		else if (last)
			return true;
	}
	return false;
}

/* One of the two ends of the program, where something leads to it: a jump, or what stands before it. */
static void emit_end(struct assembler *a, size_t body, int placeholder, bool falls_through)
{
	bool reached = falls_through;

	for (size_t i = 0; i < body; i++) {
		if (a->v[i].off != placeholder)
			continue;
		land(a, i);
		reached = true;
	}
	if (!reached)
		return;
	emit(a, BPF_ALU64 | BPF_MOV | BPF_K, VERDICT, 0, 0, placeholder == TO_ALLOW);
	emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The rules from the last to the one behind which none can matter; true where all of it comes to
 * "everything". */
static bool reverse_rules(const struct device_rule *rules, size_t n, struct device_rule *work, size_t *ret_n)
{
	bool only_allows = true;
	size_t kept = 0;

	while (n-- > 0) {
		const struct device_rule *r = &rules[n];

		if (matches_all_devices(r) && is_whole(r)) {
			if (r->allow && only_allows)
				return true;
			/* what is not matched is denied anyway */
			if (r->allow)
				work[kept++] = *r;
			break;
		}
		if (!(r->access & DEVICE_ALL))
			continue;
		work[kept++] = *r;
		only_allows = only_allows && r->allow;
	}
	*ret_n = kept;
	return false;
}

int bpf_device_make(const struct device_rule *rules, size_t n, struct device_rule *work,
		    struct bpf_insn *insns, size_t *ret_n)
{
	struct assembler a = { insns, 0 };
	bool last = false;
	size_t kept, body;

	/* so that every jump reaches */
	if (n > BPF_DEVICE_RULES_MAX)
		return fail(E2BIG, "more than %d device rules", BPF_DEVICE_RULES_MAX);
	if (reverse_rules(rules, n, work, &kept)) {
		*ret_n = 0;
		return 0;
	}
	emit(&a, BPF_LDX | BPF_MEM | BPF_W, TYPE, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type),
	     0);
	emit(&a, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(&a, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(&a, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	emit(&a, BPF_LDX | BPF_MEM | BPF_W, MAJOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
	emit(&a, BPF_LDX | BPF_MEM | BPF_W, MINOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
	for (size_t i = 0, end; i < kept && !last; i = end) {
		for (end = i; end < kept && work[end].allow == work[i].allow;)
			end++;
		last = emit_run(&a, work + i, end - i);
	}
	body = a.n;
	emit_end(&a, body, TO_DENY, !last);
	emit_end(&a, body, TO_ALLOW, false);
	*ret_n = a.n;
	return 0;
}

/* ---- the kernel's side ---- */

/* R14: 6.17 to 7.1 write at an offset of the attribute that the size given does not cover. The whole union,
 * zeroed, and room behind it for a newer kernel's. */
struct bpf_request {
	union bpf_attr attr;
	char guard[256];
};

static int bpf_ask(int cmd, struct bpf_request *rq)
{
	return sys_bpf(cmd, &rq->attr, sizeof(rq->attr));
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int load(const struct bpf_insn *insns, size_t n)
{
	struct bpf_request rq = { 0 };

	rq.attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	rq.attr.expected_attach_type = BPF_CGROUP_DEVICE;
	rq.attr.insns = address(insns);
	rq.attr.insn_cnt = (uint32_t)n;
	rq.attr.license = address("Apache-2.0");
	memcpy(rq.attr.prog_name, PROGRAM_NAME, sizeof(PROGRAM_NAME));
	return bpf_ask(BPF_PROG_LOAD, &rq);
}

/* until 5.11 is the oldest kernel: programs are charged to RLIMIT_MEMLOCK, which init would inherit if it
 * stayed raised */
static int load_program(const struct bpf_insn *insns, size_t n, int *ret_fd)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;
	int fd = load(insns, n), err = errno;

	if (fd < 0 && err == EPERM && getrlimit(RLIMIT_MEMLOCK, &before) == 0 &&
	    setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) {
		fd = load(insns, n);
		err = errno;
		if (setrlimit(RLIMIT_MEMLOCK, &before) < 0) {
			fd_close(&fd);
			return fail(errno, "cannot set RLIMIT_MEMLOCK back");
		}
	}
	if (fd < 0)
		return fail(err, "cannot load the device program");
	*ret_fd = fd;
	return 0;
}

static int attach(int cgroupfd, int program, int replaced)
{
	struct bpf_request rq = { 0 };

	rq.attr.target_fd = (uint32_t)cgroupfd;
	rq.attr.attach_bpf_fd = (uint32_t)program;
	rq.attr.attach_type = BPF_CGROUP_DEVICE;
	rq.attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced >= 0) {
		rq.attr.attach_flags |= BPF_F_REPLACE;
		rq.attr.replace_bpf_fd = (uint32_t)replaced;
	}
	return bpf_ask(BPF_PROG_ATTACH, &rq) < 0 ? -errno : 0;
}

static int detach(int cgroupfd, int program)
{
	struct bpf_request rq = { 0 };

	rq.attr.target_fd = (uint32_t)cgroupfd;
	rq.attr.attach_bpf_fd = (uint32_t)program;
	rq.attr.attach_type = BPF_CGROUP_DEVICE;
	if (bpf_ask(BPF_PROG_DETACH, &rq) < 0)
		return fail(errno, "cannot detach the device program of before");
	return 0;
}

static bool is_ours(int program)
{
	struct {
		struct bpf_prog_info info;
		char guard[256];
	} answer = { 0 };
	struct bpf_request rq = { 0 };

	rq.attr.info.bpf_fd = (uint32_t)program;
	rq.attr.info.info_len = sizeof(answer.info);
	rq.attr.info.info = address(&answer.info);
	return bpf_ask(BPF_OBJ_GET_INFO_BY_FD, &rq) == 0 && !strcmp(answer.info.name, PROGRAM_NAME);
}

struct attached {
	int fds[ATTACHED_MAX];
	size_t n;
};

static void attached_close(struct attached *a)
{
	for (size_t i = 0; i < a->n; i++)
		fd_close(&a->fds[i]);
}

/* The programs on this very cgroup that this file once put there: one, if all went well. */
static int find_ours(int cgroupfd, struct attached *ours)
{
	struct bpf_request query = { 0 };
	uint32_t ids[ATTACHED_MAX];

	query.attr.query.target_fd = (uint32_t)cgroupfd;
	query.attr.query.attach_type = BPF_CGROUP_DEVICE;
	query.attr.query.prog_ids = address(ids);
	query.attr.query.prog_cnt = ATTACHED_MAX;
	if (bpf_ask(BPF_PROG_QUERY, &query) < 0)
		return fail(errno, "cannot ask for the device programs of a cgroup");
	for (uint32_t i = 0; i < query.attr.query.prog_cnt && i < ATTACHED_MAX; i++) {
		struct bpf_request rq = { 0 };
		autoclose int fd = -1;

		rq.attr.prog_id = ids[i];
		fd = bpf_ask(BPF_PROG_GET_FD_BY_ID, &rq);
		/* detached by somebody else in this moment */
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return fail(errno, "cannot open the device program %u", ids[i]);
		if (is_ours(fd))
			ours->fds[ours->n++] = take_fd(&fd);
	}
	return 0;
}

static int attach_new(int cgroupfd, int program, struct attached *ours)
{
	int r = attach(cgroupfd, program, ours->n > 0 ? ours->fds[0] : -1);

	if (r == 0 && ours->n > 0) {
		fd_close(&ours->fds[0]);
		ours->fds[0] = ours->fds[--ours->n];
	}
	/* until 5.6 is the oldest kernel: no BPF_F_REPLACE. Both for a moment: only what both allow */
	if (r == -EINVAL && ours->n > 0)
		r = attach(cgroupfd, program, -1);
	return r < 0 ? fail(-r, "cannot attach the device program") : 0;
}

static void free_work(void *p)
{
	free(*(void **)p);
}
#define autofree __attribute__((cleanup(free_work)))

int bpf_device_load(const struct device_rule *rules, size_t n, int *ret_program)
{
	autofree struct bpf_insn *insns = calloc(BPF_DEVICE_INSNS(n), sizeof(*insns));
	autofree struct device_rule *work = calloc(n + 1, sizeof(*work));
	size_t length;
	int r = insns && work ? bpf_device_make(rules, n, work, insns, &length)
			      : fail(ENOMEM, "device rules");

	if (r < 0)
		return r;
	*ret_program = -1;
	return length > 0 ? load_program(insns, length, ret_program) : 0;
}

int bpf_device_attach(int cgroupfd, bool fresh, int program)
{
	__attribute__((cleanup(attached_close))) struct attached ours = { .n = 0 };
	int r = fresh ? 0 : find_ours(cgroupfd, &ours);

	if (r == 0 && program >= 0)
		r = attach_new(cgroupfd, program, &ours);
	for (size_t i = 0; i < ours.n && r == 0; i++)
		r = detach(cgroupfd, ours.fds[i]);
	return r;
}
