/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_spec.c: cruet spec. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

struct spec_values {
	const char *bundle, *file;
	bool rootless, seccomp, privileged;
	struct cruet_words caps;
};

static const struct option_row rows[] = {
	STRING(struct spec_values, bundle, "bundle", 'b', "DIR", "directory of the bundle",
	       PRESET("the working directory")),
	STRING(struct spec_values, file, "file", 'f', "FILE",
	       "write to this file, a relative one in the bundle; - is the standard output",
	       PRESET("config.json")),
	FLAG(struct spec_values, rootless, "rootless", 0, "for a container of a user without privileges"),
	FLAG(struct spec_values, privileged, "privileged", 0, "for a container that is not to be confined"),
	FLAG(struct spec_values, seccomp, "seccomp", 0,
	     "print the bundled seccomp profile alone, as linux.seccomp has it"),
	LIST(struct spec_values, caps, "cap", 'c', "CAPABILITY",
	     "with --seccomp: one that the container will have in its bounding set",
	     PRESET("those of a new bundle")),
	HELP,
};

/* A file that is there was written by somebody: it stays. */
static int make_file(int dirfd, const char *name, FILE **ret_file)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0 && errno == EEXIST)
		return cruet_fail(0, "File %s exists. Remove it first", name);
	if (fd < 0)
		return cruet_fail(errno, "cannot make '%s'", name);
	*ret_file = fdopen(fd, "w");
	return *ret_file ? 0 : cruet_fail(errno, "cannot write '%s'", name);
}

static int write_file(int dirfd, const char *name, const char *json)
{
	FILE *file;
	int r = make_file(dirfd, name, &file);
	bool failed;

	if (r < 0)
		return r;
	failed = fprintf(file, "%s\n", json) < 0;
	if (fclose(file) || failed) {
		r = cruet_fail(errno, "cannot write '%s'", name);
		unlinkat(dirfd, name, 0);
	}
	return r;
}

static int print_seccomp(const struct invocation *call, const struct spec_values *values)
{
	const char *json;
	int r = cruet_seccomp_json(call->cruet, values->caps.n ? &values->caps : NULL, &json);

	return r < 0 ? r : puts(json) < 0 ? cruet_fail(errno, "cannot write to the standard output") : 0;
}

static int run(const struct invocation *call, int *status)
{
	const struct spec_values *values = call->values;
	const char *json;
	int dirfd = AT_FDCWD;
	int r = values->seccomp ? print_seccomp(call, values)
				: cruet_spec_json(call->cruet, values->rootless,
						  values->privileged || call->privileged, &json);

	(void)status;
	if (r < 0 || values->seccomp)
		return r;
	if (values->file && strcmp(values->file, "-") == 0) {
		puts(json);
		return 0;
	}
	if (values->bundle)
		dirfd = open(values->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (values->bundle && dirfd < 0)
		return cruet_fail(errno, "cannot open bundle '%s'", values->bundle);
	r = write_file(dirfd, values->file ? values->file : "config.json", json);
	if (dirfd >= 0)
		close(dirfd);
	return r;
}

const struct command cmd_spec = {
	.name = "spec",
	.summary = "write a config.json to begin with",
	.usage = "",
	.about = "Write the configuration of a container that runs a shell with few privileges, to be "
		 "edited. A file that is there already is not overwritten.",
	.examples = "cruet spec --bundle /srv/web\n"
		    "cruet spec --file - | jq .mounts\n"
		    "cruet spec --seccomp --cap CAP_SYS_CHROOT > seccomp.json",
	.options = { rows, OPTION_COUNT(rows), NULL },
	.size = sizeof(struct spec_values),
	.stateless = true,
	.run = run,
};
