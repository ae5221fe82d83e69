/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c: a container's state into images; it is gone then, unless it is to run on. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "images.h"

static int check_dumpable(const char *id, enum cruet_status status)
{
	if (status == CRUET_RUNNING || status == CRUET_PAUSED)
		return 0;
	return fail(0, "cannot checkpoint the container '%s': it is %s (container not running)", id,
		    cruet_status_word(status));
}

/* ADDRESS:PORT; the address of IPv6 has colons, too. */
static int parse_page_server(struct arena *arena, const char *word, struct criu_options *o)
{
	const char *colon = strrchr(word, ':');
	uint64_t port = 0;

	if (!colon || colon == word || parse_u64(colon + 1, 65535, &port) < 0 || port == 0)
		return fail(EINVAL, "--page-server '%s': expected ADDRESS:PORT", word);
	o->page_server = arena_strndup(arena, word, (size_t)(colon - word));
	o->page_server_port = (uint32_t)port;
	return o->page_server ? 0 : -ENOMEM;
}

/* Somebody waits at the other end: it must be open, and for writing. */
static int check_status_fd(unsigned int fd)
{
	int flags = fd ? fcntl((int)fd, F_GETFL) : O_WRONLY;

	if (flags < 0)
		return fail(errno, "--status-fd %u", fd);
	return (flags & O_ACCMODE) == O_RDONLY ? fail(EBADF, "--status-fd %u cannot be written to", fd) : 0;
}

static int open_images(struct cruet *cruet, const struct cruet_checkpoint *o, struct checkpoint *c)
{
	struct images images;
	int r = check_status_fd(o->status_fd);

	if (r == 0 && o->page_server)
		r = parse_page_server(&cruet->arena, o->page_server, &c->options);
	if (r == 0)
		r = images_open(&cruet->arena, &o->criu, true, "dump.log", &c->options, &images);
	if (r < 0)
		return r;
	c->log = images.log;
	r = images_config_file(&cruet->arena, &c->container->annotations, &c->options.config_file);
	c->options.leave_running = o->leave_running;
	c->options.tcp_skip_in_flight = o->tcp_skip_in_flight;
	/* what is dumped next, or was before, is only what has changed */
	c->options.track_mem = o->pre_dump || o->criu.parent_path;
	return r;
}

static int dump(struct cruet *cruet, const struct cruet_checkpoint *o, struct opened *opened)
{
	struct checkpoint c = {
		.arena = &cruet->arena,
		.container = &opened->container,
		.procfd = cruet->procfd,
		.request = o->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP,
		.options = IMAGES_NONE,
		.status_fd = (int)o->status_fd,
		.deadline_ms = now_ms() + (o->criu.timeout_ms ? o->criu.timeout_ms : IMAGES_MS),
	};
	int r = open_images(cruet, o, &c);

	if (r == 0)
		r = cruet_cgroups(cruet, &c.cgroups);
	if (r == 0)
		r = container_plan(cruet, opened, &c.plan);
	if (r == 0)
		r = run_checkpoint(&c);
	images_close(&c.options);
	return r;
}

int cruet_checkpoint(struct cruet *cruet, const struct cruet_checkpoint *options)
{
	autoclose_container struct opened opened = OPENED_NONE;
	enum cruet_status status;
	int r = container_open(cruet, options->id, LEDGER_LOCK_MS, &opened);

	if (r == 0)
		r = container_status(cruet, &opened, &status, NULL);
	if (r == 0)
		r = check_dumpable(options->id, status);
	if (r == 0)
		r = dump(cruet, options, &opened);
	if (r < 0 || options->leave_running || options->pre_dump)
		return r;
	container_close(&opened);
	return container_delete_by_id(cruet, &(struct cruet_delete){ .id = options->id, .force = true });
}
