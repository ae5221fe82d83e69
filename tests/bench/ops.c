/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations: each is one or a few commands of the runtime under test, timed from before vfork to wait4's
 * return.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define MAX_ARGS 24

/* A container of a contestant: its name, its bundle and the file its pid is written to. */
struct target {
	char id[64];
	char bundle[512];
	char pid_file[512];
};

static const char *const row_names[ROWS] = {
	"run",	     "run-tiny", "cycle", "create", "start",   "wait",	 "delete", "exec",
	"exec-tiny", "state",	 "kill",  "list",   "seccomp", "userns", "events", "update",
};

const char *row_name(enum row row)
{
	return row_names[row];
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void nap_ms(long ms)
{
	struct timespec nap = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&nap, NULL);
}

/* vfork, as a fork's cost would grow with this program; the child only moves descriptors and execs. */
static pid_t spawn(const struct bench *bench, const char *const argv[])
{
	char *const *args = (char *const *)(uintptr_t)argv;
	pid_t pid;

	if (ftruncate(bench->err_fd, 0) < 0 || ftruncate(bench->out_fd, 0) < 0)
		return -1;
	pid = vfork();
	if (pid == 0) {
		dup2(bench->null_fd, 0);
		dup2(bench->out_fd, 1);
		dup2(bench->err_fd, 2);
		execv(args[0], args);
		_exit(127);
	}
	return pid;
}

static bool spawn_wait(const struct bench *bench, const char *const argv[], struct sample *ret)
{
	struct rusage usage;
	double begin = now_us();
	pid_t pid = spawn(bench, argv);
	int status;

	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return false;
	ret->wall = now_us() - begin;
	ret->cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	ret->rss = usage.ru_maxrss;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* PREFIX... PROGRAM --root ROOT WORDS...; prefix is strace's part or empty. */
static void command_make(const struct contestant *who, const char *const prefix[], const char *const words[],
			 const char *argv[static MAX_ARGS])
{
	size_t n = 0;

	while (*prefix)
		argv[n++] = *prefix++;
	argv[n++] = who->path;
	argv[n++] = "--root";
	argv[n++] = who->root;
	while (*words && n < MAX_ARGS - 1)
		argv[n++] = *words++;
	argv[n] = NULL;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NOTHING	   ((const char *const[]){NULL})

/* The first line on stderr is the reason that the tables give for an operation that is not supported. */
static void keep_message(struct bench *bench)
{
	ssize_t n = pread(bench->err_fd, bench->message, sizeof(bench->message) - 1, 0);

	bench->message[n > 0 ? n : 0] = '\0';
	bench->message[strcspn(bench->message, "\r\n")] = '\0';
	if (!bench->message[0])
		snprintf(bench->message, sizeof(bench->message), "failed without a message");
}

/* Without ret it is a cleanup: neither timed nor, where it fails, worth a message. */
static bool runtime(struct bench *bench, const struct contestant *who, struct sample *ret,
		    const char *const words[])
{
	const char *argv[MAX_ARGS];
	struct sample ignored;
	bool ok;

	command_make(who, NOTHING, words, argv);
	ok = spawn_wait(bench, argv, ret ? ret : &ignored);
	if (!ok && ret)
		keep_message(bench);
	return ok;
}

void contestant_version(struct bench *bench, struct contestant *who)
{
	const char *const argv[] = {who->path, "--version", NULL};
	struct sample ignored;
	ssize_t n = -1;

	if (spawn_wait(bench, argv, &ignored))
		n = pread(bench->out_fd, who->version, sizeof(who->version) - 1, 0);
	who->version[n > 0 ? n : 0] = '\0';
	who->version[strcspn(who->version, "\r\n")] = '\0';
}

/* The bundle of container NAME-SUFFIX from TEMPLATE.json, in which @ID@ stands for the cgroup's name. */
static bool target_make(const struct bench *bench, const struct contestant *who, const char *template,
			const char *suffix, struct target *ret)
{
	char path[600], *text = NULL, *at, *rest;
	size_t size = 0;
	FILE *in, *out;

	snprintf(ret->id, sizeof(ret->id), "%s-%s", who->name, suffix);
	snprintf(ret->bundle, sizeof(ret->bundle), "%s/bundles/%s", bench->work, ret->id);
	snprintf(ret->pid_file, sizeof(ret->pid_file), "%s/bundles/%s/pid", bench->work, ret->id);
	if (mkdir(ret->bundle, 0755) < 0)
		return errno == EEXIST;
	snprintf(path, sizeof(path), "%s/%s.json", bench->work, template);
	in = fopen(path, "re");
	snprintf(path, sizeof(path), "%s/config.json", ret->bundle);
	out = fopen(path, "we");
	if (!in || !out || getdelim(&text, &size, '\0', in) < 0) {
		perror(path);
		exit(1);
	}
	for (rest = text; (at = strstr(rest, "@ID@")); rest = at + 4)
		fprintf(out, "%.*s%s", (int)(at - rest), rest, ret->id);
	fputs(rest, out);
	free(text);
	fclose(in);
	fclose(out);
	return true;
}

static pid_t target_pid(const struct target *target)
{
	FILE *file = fopen(target->pid_file, "re");
	int pid = 0;

	if (file) {
		if (fscanf(file, "%d", &pid) != 1)
			pid = 0;
		fclose(file);
	}
	return pid;
}

/* True only with a pid in the file: what follows kills it and waits for it. */
static bool target_create(struct bench *bench, const struct contestant *who, const struct target *target,
			  struct sample *ret)
{
	unlink(target->pid_file);
	if (!runtime(bench, who, ret,
		     WORDS("create", "--bundle", target->bundle, "--pid-file", target->pid_file, target->id)))
		return false;
	if (target_pid(target) > 1)
		return true;
	snprintf(bench->message, sizeof(bench->message), "create wrote no pid file");
	return false;
}

/* This process is the pid namespace's init, so the containers' inits become its children: none may stay a
 * zombie. */
static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void target_remove(struct bench *bench, struct contestant *who, const struct target *target)
{
	runtime(bench, who, NULL, WORDS("delete", "--force", target->id));
	nap_ms(5);
	reap();
}

static bool run_template(struct bench *bench, struct contestant *who, const char *template,
			 struct sample *ret)
{
	struct target target;

	if (target_make(bench, who, template, template, &target) &&
	    runtime(bench, who, ret, WORDS("run", "--bundle", target.bundle, target.id)))
		return true;
	target_remove(bench, who, &target);
	return false;
}

static bool run_busybox(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return run_template(bench, who, "run", rows);
}

static bool run_tiny(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return run_template(bench, who, "tiny", rows);
}

static bool run_seccomp(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return run_template(bench, who, "seccomp", rows);
}

static bool run_userns(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return run_template(bench, who, "userns", rows);
}

/* create, start, wait, delete; rows[0] is their sum. */
static bool cycle_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	struct sample *create = rows + 1, *start = rows + 2, *waited = rows + 3, *removed = rows + 4;
	struct target target;
	struct rusage usage;
	double begin;
	pid_t pid;
	int i;

	if (!target_make(bench, who, "run", "cycle", &target) || !target_create(bench, who, &target, create))
		goto failed;
	pid = target_pid(&target);
	if (!runtime(bench, who, start, WORDS("start", target.id)))
		goto failed;
	begin = now_us();
	if (wait4(pid, NULL, 0, &usage) != pid) {
		snprintf(bench->message, sizeof(bench->message), "pid file's %d is not the container", pid);
		goto failed;
	}
	waited->wall = now_us() - begin;
	waited->cpu = 0;
	waited->rss = usage.ru_maxrss;
	if (!runtime(bench, who, removed, WORDS("delete", target.id)))
		goto failed;
	*rows = (struct sample){0};
	for (i = 1; i <= 4; i++) {
		rows->wall += rows[i].wall;
		rows->cpu += rows[i].cpu;
	}
	return true;
failed:
	target_remove(bench, who, &target);
	return false;
}

/* The long-lived container that exec, state, kill, events and update act on. */
static bool pause_prepare(struct bench *bench, struct contestant *who)
{
	struct target target;
	struct sample ignored;

	return target_make(bench, who, "pause", "pause", &target) &&
	       target_create(bench, who, &target, &ignored) &&
	       runtime(bench, who, &ignored, WORDS("start", target.id));
}

static void pause_finish(struct bench *bench, struct contestant *who)
{
	struct target target;

	if (target_make(bench, who, "pause", "pause", &target))
		target_remove(bench, who, &target);
}

static const char *pause_id(const struct contestant *who)
{
	static char id[64];

	snprintf(id, sizeof(id), "%s-pause", who->name);
	return id;
}

static bool exec_busybox(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("exec", pause_id(who), "/bin/busybox", "true"));
}

static bool exec_tiny(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("exec", pause_id(who), "/bin/tiny"));
}

static bool state_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("state", pause_id(who)));
}

/* SIGCONT does nothing to a process that runs. */
static bool kill_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("kill", pause_id(who), "CONT"));
}

static bool events_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("events", "--stats", pause_id(who)));
}

static bool update_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/update.json", bench->work);
	return runtime(bench, who, rows, WORDS("update", "--resources", path, pause_id(who)));
}

static bool list_prepare(struct bench *bench, struct contestant *who)
{
	struct target target;
	struct sample ignored;
	char suffix[16];
	unsigned int i;

	for (i = 0; i < bench->list_size; i++) {
		snprintf(suffix, sizeof(suffix), "list%u", i);
		if (!target_make(bench, who, "pause", suffix, &target) ||
		    !target_create(bench, who, &target, &ignored))
			return false;
	}
	return true;
}

static void list_finish(struct bench *bench, struct contestant *who)
{
	struct target target;
	char suffix[16];
	unsigned int i;

	for (i = 0; i < bench->list_size; i++) {
		snprintf(suffix, sizeof(suffix), "list%u", i);
		if (target_make(bench, who, "pause", suffix, &target))
			target_remove(bench, who, &target);
	}
}

static bool list_once(struct bench *bench, struct contestant *who, struct sample *rows)
{
	return runtime(bench, who, rows, WORDS("list"));
}

const struct op ops[] = {
	{"run", "run, busybox true", ROW_RUN, ROW_RUN, NULL, run_busybox, NULL},
	{"run-tiny", "run, a static true of 13 KB", ROW_RUN_TINY, ROW_RUN_TINY, NULL, run_tiny, NULL},
	{"cycle", "create, start, wait, delete, busybox true", ROW_CYCLE, ROW_DELETE, NULL, cycle_once, NULL},
	{"exec", "exec, busybox true", ROW_EXEC, ROW_EXEC, pause_prepare, exec_busybox, pause_finish},
	{"exec-tiny", "exec, static true", ROW_EXEC_TINY, ROW_EXEC_TINY, pause_prepare, exec_tiny,
	 pause_finish},
	{"state", "state of a running container", ROW_STATE, ROW_STATE, pause_prepare, state_once,
	 pause_finish},
	{"kill", "kill ID CONT", ROW_KILL, ROW_KILL, pause_prepare, kill_once, pause_finish},
	{"list", "list", ROW_LIST, ROW_LIST, list_prepare, list_once, list_finish},
	{"seccomp", "run with seccomp.json, busybox true", ROW_SECCOMP, ROW_SECCOMP, NULL, run_seccomp, NULL},
	{"userns", "run in a user namespace, busybox true", ROW_USERNS, ROW_USERNS, NULL, run_userns, NULL},
	{"events", "events --stats", ROW_EVENTS, ROW_EVENTS, pause_prepare, events_once, pause_finish},
	{"update", "update --resources", ROW_UPDATE, ROW_UPDATE, pause_prepare, update_once, pause_finish},
};
const size_t ops_n = sizeof(ops) / sizeof(ops[0]);

/* strace -c's last line: percent, seconds, usecs/call, calls, perhaps errors, "total". */
static long strace_total(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	long calls = 0;

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, " total") && sscanf(line, "%*s %*s %*s %ld", &calls) != 1)
			calls = 0;
	if (file)
		fclose(file);
	return calls;
}

static pid_t strace_spawn(struct bench *bench, struct contestant *who, const char *file,
			  const char *const words[])
{
	const char *argv[MAX_ARGS];

	command_make(who, WORDS(bench->strace, "-f", "-c", "-o", file), words, argv);
	return spawn(bench, argv);
}

static void count_calls(struct bench *bench, struct contestant *who, enum row row, const char *const words[])
{
	char file[512];
	int status;
	pid_t pid;

	snprintf(file, sizeof(file), "%s/strace", bench->work);
	unlink(file);
	pid = strace_spawn(bench, who, file, words);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		who->syscalls[row] = strace_total(file);
}

/* Of a process that waits: proportional set size, KiB. */
static long process_pss(pid_t pid)
{
	char path[64], line[256];
	long pss = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pss: %ld", &pss) == 1)
			break;
	if (file)
		fclose(file);
	return pss;
}

static void keep_rss(struct contestant *who, enum row row, const struct sample *sample)
{
	if (sample->rss > who->rss[row])
		who->rss[row] = sample->rss;
}

/*
 * create under strace, which does not return before the container's init is gone: the count has init's part
 * in it. Returns strace's pid once the container waits, 0 where it never does.
 */
static pid_t create_traced(struct bench *bench, struct contestant *who, const struct target *target,
			   const char *file)
{
	const char *const create[] = {"create",	  "--bundle", target->bundle, "--pid-file", target->pid_file,
				      target->id, NULL};
	pid_t tracer = strace_spawn(bench, who, file, create);
	int i;

	for (i = 0; i < 100 && tracer > 0; i++) {
		nap_ms(20);
		if (target_pid(target) > 1) {
			nap_ms(200); /* the pid file is not create's last act */
			return tracer;
		}
	}
	if (tracer > 0) {
		kill(tracer, SIGKILL);
		waitpid(tracer, NULL, 0);
	}
	return 0;
}

/* One tiny container through its life, every command by itself; the calls are counted in a second pass. */
static void measure_life(struct bench *bench, struct contestant *who, bool count)
{
	char file[512];
	struct target target;
	struct sample sample;
	size_t i;
	pid_t pid, tracer = 0;
	const struct {
		enum row row;
		const char *words[5];
	} commands[] = {
		{ROW_START, {"start", target.id}},
		{ROW_EXEC_TINY, {"exec", target.id, "/bin/tiny"}},
		{ROW_STATE, {"state", target.id}},
		{ROW_KILL, {"kill", target.id, "CONT"}},
		{ROW_LIST, {"list"}},
	};

	if (!target_make(bench, who, "pause", "life", &target))
		return;
	snprintf(file, sizeof(file), "%s/strace-create", bench->work);
	unlink(file);
	unlink(target.pid_file);
	if (count)
		tracer = create_traced(bench, who, &target, file);
	if (count ? !tracer : !target_create(bench, who, &target, &sample)) {
		target_remove(bench, who, &target);
		return;
	}
	if (!count)
		keep_rss(who, ROW_CREATE, &sample);
	pid = target_pid(&target);
	nap_ms(50);
	if (pid <= 1) { /* 0 would mean our own process group */
		target_remove(bench, who, &target);
		return;
	}
	if (!count)
		who->pss = process_pss(pid);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (count)
			count_calls(bench, who, commands[i].row, commands[i].words);
		else if (runtime(bench, who, &sample, commands[i].words))
			keep_rss(who, commands[i].row, &sample);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (tracer && waitpid(tracer, NULL, 0) == tracer)
		who->syscalls[ROW_CREATE] = strace_total(file);
	if (count)
		count_calls(bench, who, ROW_DELETE, WORDS("delete", target.id));
	else if (runtime(bench, who, &sample, WORDS("delete", target.id)))
		keep_rss(who, ROW_DELETE, &sample);
	target_remove(bench, who, &target);
}

void measure_footprint(struct bench *bench, struct contestant *who)
{
	struct target target;
	struct sample sample;

	if (run_tiny(bench, who, &sample))
		keep_rss(who, ROW_RUN_TINY, &sample);
	if (target_make(bench, who, "tiny", "tiny", &target)) {
		count_calls(bench, who, ROW_RUN_TINY, WORDS("run", "--bundle", target.bundle, target.id));
		if (!who->syscalls[ROW_RUN_TINY])
			target_remove(bench, who, &target);
	}
	measure_life(bench, who, false);
	measure_life(bench, who, true);
}
