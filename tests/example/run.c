/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.c BUNDLE ID: run a container step by step through libcontainer, as a program of its own does. It is built against
 * the installed library (tests/link.sh):
 *   cc run.c $(pkg-config --cflags --libs libcontainer)
 */
#include <libcontainer.h>

/* What is between start and the end: ask, and wait for at most a minute. */
static int watch(struct cruet *cruet, const char *id)
{
	const struct cruet_wait wait = { .id = id, .timeout_ms = 60000 };
	struct cruet_state state;
	struct cruet_exit end;
	int r = cruet_state(cruet, id, &state);

	if (r == 0) {
		printf("%s is %s in %s\n", state.id, cruet_status_word(state.status), state.bundle);
		fflush(stdout);
		r = cruet_start(cruet, &(struct cruet_start){ .id = id });
	}
	if (r == 0)
		r = cruet_wait(cruet, &wait, &end);
	if (r == 0 && end.known)
		printf("%s ended with %d\n", id, end.code);
	return r;
}

int main(int argc, char **argv)
{
	const struct cruet_options options = { 0 }; /* the default root, cgroups by cgroupfs */
	struct cruet_create create = { 0 };
	struct cruet_delete delete = { .force = true };
	struct cruet *cruet;
	char why[1024];
	int r;

	if (argc != 3) {
		fprintf(stderr, "usage: %s BUNDLE ID\n", argv[0]);
		return 2;
	}
	create.bundle = argv[1];
	create.id = delete.id = argv[2];
	r = cruet_protect_process(0); /* before anything is opened */
	if (r == 0)
		r = cruet_open(&options, &cruet);
	if (r < 0)
		goto failed;
	r = cruet_create(cruet, &create);
	if (r == 0) {
		r = watch(cruet, create.id);
		if (cruet_delete(cruet, &delete) < 0 && r == 0)
			r = -1;
	}
	cruet_close(cruet);
	if (r == 0)
		return 0;
failed:
	fprintf(stderr, "%s\n", cruet_error(why, sizeof(why)));
	return 1;
}
