/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c: what happens to a container, until it ends: its numbers now and again, and that the kernel killed in it for
 * want of memory. v1 tells that by an eventfd, v2 by a change of memory.events.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/json_write.h"
#include "base/str.h"
#include "stats.h"

#define INTERVAL_MS  5000
#define SCRATCH_SIZE (32u << 20) /* address space, not memory: of one event */

struct watch {
	const struct cruet_events *options;
	const struct cgroup_place *place;
	const struct container *container;
	int procfd;
	int oom_fd;	/* an eventfd or inotify, or -1: no memory controller */
	int events_fd;	/* v2: memory.events, or -1 */
	int control_fd; /* v1: memory.oom_control, kept open */
	uint64_t kills; /* v2: seen so far */
};

/* ---- out of memory ----------------------------------------------------------------------------------------------------- */

static int read_kills(const struct watch *w, uint64_t *ret)
{
	char text[1024];
	ssize_t n = pread(w->events_fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	*ret = stats_value(text, "oom_kill", 1);
	return 0;
}

static int watch_v2(struct watch *w)
{
	char path[40];
	int r = cgroup_file_open(w->place, "memory", "memory.events", O_RDONLY, &w->events_fd);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	w->oom_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w->events_fd);
	if (w->oom_fd < 0 || inotify_add_watch(w->oom_fd, path, IN_MODIFY) < 0)
		return fail(errno, "cannot watch memory.events");
	r = read_kills(w, &w->kills);
	return r < 0 ? fail(-r, "cannot read memory.events") : 0;
}

static int watch_v1(struct watch *w)
{
	autoclose int control = -1;
	char line[32];
	int r = cgroup_file_open(w->place, "memory", "memory.oom_control", O_RDONLY, &w->control_fd), n;

	if (r == 0)
		r = cgroup_file_open(w->place, "memory", "cgroup.event_control", O_WRONLY, &control);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	w->oom_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->oom_fd < 0)
		return fail(errno, "cannot make an eventfd");
	n = snprintf(line, sizeof(line), "%d %d", w->oom_fd, w->control_fd);
	if (write(control, line, (size_t)n) != n)
		return fail(errno, "cannot watch memory.oom_control");
	return 0;
}

/* Has it happened since the last time? The eventfd is also signalled when the cgroup goes: then nothing can be read. */
static bool has_happened(struct watch *w)
{
	char drain[4096];
	uint64_t kills;

	if (w->oom_fd < 0)
		return false;
	if (w->events_fd < 0)
		return read(w->oom_fd, drain, sizeof(drain)) > 0 &&
		       pread(w->control_fd, drain, sizeof(drain), 0) > 0;
	while (read(w->oom_fd, drain, sizeof(drain)) > 0)
		;
	if (read_kills(w, &kills) < 0 || kills <= w->kills)
		return false;
	w->kills = kills;
	return true;
}

static void watch_close(struct watch *w)
{
	fd_close(&w->oom_fd);
	fd_close(&w->events_fd);
	fd_close(&w->control_fd);
}

/* ---- events ------------------------------------------------------------------------------------------------------------ */

static int tell_oom(const struct watch *w, struct arena *arena)
{
	struct json_writer *json = json_writer_begin(arena, NULL);
	const char *text;
	size_t n;
	int r;

	if (!json)
		return -ENOMEM;
	json_object(json, NULL);
	json_string(json, "type", "oom");
	json_string(json, "id", w->options->id);
	json_end_object(json);
	r = json_writer_end(json, &text, &n);
	return r < 0 ? r : w->options->event(w->options->context, text);
}

static int tell_stats(const struct watch *w, struct arena *arena)
{
	const struct stats_source source = { w->container, w->place, w->procfd };
	const char *text;
	int r = stats_json(arena, &source, &text);

	return r < 0 ? r : w->options->event(w->options->context, text);
}

/* Each in memory of its own: it may go on for years. */
static int tell(const struct watch *w, int (*what)(const struct watch *w, struct arena *arena))
{
	struct arena arena;
	int r = arena_open_private(&arena, SCRATCH_SIZE);

	if (r < 0)
		return r;
	r = what(w, &arena);
	arena_close(&arena);
	return r;
}

static int follow(struct watch *w, int pidfd)
{
	int64_t interval = w->options->interval_ms ? w->options->interval_ms : INTERVAL_MS,
		next = now_ms() + interval;
	bool ended = false;
	int r = 0;

	while (r == 0 && !ended) {
		struct pollfd fds[] = { { .fd = pidfd, .events = POLLIN },
					{ .fd = w->oom_fd, .events = POLLIN } };
		int64_t left = next - now_ms();

		if (poll(fds, 2, left < 0 ? 0 : left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
			return fail(errno, "cannot wait for events");
		/* what ended it may have been the last of them: look after the end, too */
		ended = fds[0].revents & POLLIN;
		if ((fds[1].revents || ended) && has_happened(w))
			r = tell(w, tell_oom);
		if (r == 0 && !ended && now_ms() >= next) {
			r = tell(w, tell_stats);
			next += interval;
			if (next < now_ms())
				next = now_ms() + interval;
		}
	}
	return r;
}

static int watch_all(struct watch *w, int pidfd)
{
	int version = cgroup_version(w->place, "memory");
	int r = version == 1 ? watch_v1(w) : version == 2 ? watch_v2(w) : 0;

	if (r == 0)
		r = follow(w, pidfd);
	watch_close(w);
	return r;
}

int cruet_events(struct cruet *cruet, const struct cruet_events *options)
{
	struct watch w = { .options = options, .oom_fd = -1, .events_fd = -1, .control_fd = -1 };
	autoclose_container struct opened opened = OPENED_NONE;
	autoclose int pidfd = -1;
	struct cgroup_place *place;
	enum cruet_status status;
	int r = container_open(cruet, options->id, -1, &opened);

	if (r == 0)
		r = container_life(cruet, &opened, &status, &pidfd);
	if (r < 0)
		return r;
	if (pidfd < 0)
		return fail(0, "no events of the container '%s': it is %s (container not running)",
			    options->id, cruet_status_word(status));
	r = container_need_cgroup(cruet, &opened.container, &place);
	if (r < 0)
		return r;
	w.place = place;
	w.container = &opened.container;
	w.procfd = cruet->procfd;
	r = options->stats ? tell(&w, tell_stats) : watch_all(&w, pidfd);
	cgroup_close(place);
	return r;
}
