/* SPDX-License-Identifier: Apache-2.0 */
/* ended.c: see ended.h. */
#include "ended.h"

#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/json_table.h"
#include "base/str.h"
#include "kernel/cgroup_files.h"
#include "ledger_files.h"

/* What the record has, and what is printed. */
struct ended {
	const char *id;
	struct opt_i64 code, signal;
	struct opt_bool core, oom_killed;
	struct opt_u64 oom_kills, memory_peak, pids_peak, cpu_ns;
	const char *ended;
};

static const struct json_field rows[] = {
	FIELD(struct ended, id, "id"),
	FIELD(struct ended, code, "exitCode"), /* 128 and the signal where one ended it */
	FIELD(struct ended, signal, "signal"),
	FIELD(struct ended, core, "coreDumped"),
	FIELD(struct ended, oom_killed, "oomKilled"),
	FIELD(struct ended, oom_kills, "oomKills"),
	FIELD(struct ended, memory_peak, "memoryPeak"),
	FIELD(struct ended, pids_peak, "pidsPeak"),
	FIELD(struct ended, cpu_ns, "cpuUsage"),
	FIELD(struct ended, ended, "ended"),
};
static const struct json_table table = JSON_TABLE(struct ended, rows);

/* ---- what the cgroup remembers ------------------------------------------------------------------------------------------ */

/* The number of a file, or behind a key in it; absent where there is no such thing. */
static struct opt_u64 remembered(struct cruet *cruet, const struct cgroup_place *place,
				 const char *controller, const char *file, const char *key)
{
	struct opt_u64 number = { 0 };
	size_t n = key ? strlen(key) : 0;
	char digits[24], *text;
	struct text t = TEXT(digits);
	const char *at;

	if (cgroup_file_read(&cruet->arena, place, controller, file, &text) < 0) {
		fail_forget();
		return number;
	}
	for (at = text; key && *at && (strncmp(at, key, n) || at[n] != ' '); at += *at == '\n')
		at += strcspn(at, "\n");
	at += key && *at ? n + 1 : 0;
	text_add_n(&t, at, strcspn(at, " \n"));
	number.set = !t.truncated && parse_u64(digits, UINT64_MAX, &number.v) == 0;
	return number;
}

static void add_remembered(struct cruet *cruet, const struct container *c, struct ended *e)
{
	struct cgroup_place *place;
	bool v1;

	if (container_cgroup(cruet, c, &place) < 0) {
		fail_forget(); /* it went, or there was none */
		return;
	}
	v1 = cgroup_version(place, "memory") == 1;
	e->oom_kills =
		remembered(cruet, place, "memory", v1 ? "memory.oom_control" : "memory.events", "oom_kill");
	e->memory_peak =
		remembered(cruet, place, "memory", v1 ? "memory.max_usage_in_bytes" : "memory.peak", NULL);
	e->pids_peak = remembered(cruet, place, "pids", "pids.peak", NULL); /* 6.1 */
	if (cgroup_version(place, "cpuacct") == 1) {
		e->cpu_ns = remembered(cruet, place, "cpuacct", "cpuacct.usage", NULL);
	} else {
		e->cpu_ns = remembered(cruet, place, "cpu", "cpu.stat", "usage_usec");
		e->cpu_ns.v *= 1000;
	}
	if (e->oom_kills.set)
		e->oom_killed = (struct opt_bool){ true, e->oom_kills.v > 0 };
	cgroup_close(place);
}

/* ---- the record ----------------------------------------------------------------------------------------------------------- */

static int print(struct cruet *cruet, const struct ended *e, struct cruet_exit *ret)
{
	struct json_writer *w = json_writer_begin(&cruet->arena, NULL);
	size_t n;

	if (!w)
		return -ENOMEM;
	json_object(w, NULL);
	json_write_fields(w, &table, e);
	json_end_object(w);
	*ret = (struct cruet_exit){ .known = e->code.set,
				    .code = (int)e->code.v,
				    .signal = (int)e->signal.v,
				    .core_dumped = e->core.v,
				    .oom_killed = e->oom_killed.v,
				    .memory_peak = e->memory_peak.v,
				    .pids_peak = e->pids_peak.v,
				    .cpu_ns = e->cpu_ns.v,
				    .ended = e->ended };
	return json_writer_end(w, &ret->json, &n);
}

static void set_how(struct ended *e, const struct process_exit *how)
{
	if (!how->known)
		return;
	e->code = (struct opt_i64){ true, how->signal ? 128 + how->signal : how->code };
	if (how->signal) {
		e->signal = (struct opt_i64){ true, how->signal };
		e->core = (struct opt_bool){ true, how->core };
	}
}

static const char *now_text(struct cruet *cruet)
{
	struct timespec now;
	struct tm tm;
	char text[40];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(&cruet->arena, "%s.%09ldZ", text, now.tv_nsec);
}

int ended_note(struct cruet *cruet, const struct opened *opened, const struct process_exit *how,
	       struct cruet_exit *ret_exit)
{
	struct ended e = { .id = opened->container.id };
	int r;

	set_how(&e, how);
	if (how->known)
		e.ended = now_text(cruet);
	add_remembered(cruet, &opened->container, &e);
	r = print(cruet, &e, ret_exit);
	/* it may be deleted by now: who waits is told all the same */
	if (r == 0 && how->known &&
	    ledger_put(&opened->entry, LEDGER_EXIT, ret_exit->json, strlen(ret_exit->json)) < 0)
		fail_forget();
	return r;
}

int ended_read(struct cruet *cruet, const struct opened *opened, struct cruet_exit *ret_exit)
{
	struct ended e;
	char *text;
	size_t n;
	int r = ledger_get(&opened->entry, &cruet->arena, LEDGER_EXIT, &text, &n);

	if (r == 0)
		r = json_read(&cruet->arena, &table, text, n, &e);
	return r < 0 ? r : print(cruet, &e, ret_exit);
}

int ended_watch(struct cruet *cruet, const struct opened *opened, int pidfd, struct cruet_exit *ret_exit)
{
	const struct container *c = &opened->container;
	struct process_exit how;
	int r = process_exit_read(cruet->procfd, (pid_t)c->pid, c->start_time, pidfd, &how);

	return r < 0 ? r : ended_note(cruet, opened, &how, ret_exit);
}
