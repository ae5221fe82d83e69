/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/mount_list.c: mountinfo, read byte by byte: an overlay's options make a line longer than any buffer. */
#include "kernel/mount_list.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/str.h"

struct reader {
	unsigned int field;	 /* counted from 0 */
	unsigned int type_field; /* the one after the lone "-", 0 until that was seen */
	size_t len;
	bool cut;	     /* this word was longer than its place */
	char word[PATH_MAX]; /* the field under way */
	struct mount_line line;
};

static void keep(char *to, size_t size, const char *word)
{
	struct text t = { .buf = to, .size = size };

	text_add(&t, "%s", word);
}

static void end_word(struct reader *r)
{
	struct mount_line *line = &r->line;

	r->word[r->len] = '\0';
	if (r->field == 0)
		keep(line->id, sizeof(line->id), r->word);
	else if (r->field == 3)
		keep(line->root, sizeof(line->root), r->word);
	else if (r->field == 4)
		keep(line->point, sizeof(line->point), r->cut ? "" : r->word);
	else if (r->field > 5 && !r->type_field && streq(r->word, "-"))
		r->type_field = r->field + 1;
	else if (r->field == r->type_field && r->type_field)
		keep(line->type, sizeof(line->type), r->word);
	r->field++;
	r->len = 0;
	r->cut = false;
}

static void end_line(struct reader *r)
{
	end_word(r);
	unescape_mount(r->line.point);
	r->field = r->type_field = 0;
}

int mount_list_read(int listfd, int (*each)(void *context, const struct mount_line *line), void *context)
{
	struct reader reader = { 0 };
	char buf[1024];
	ssize_t n;
	int r = 0;

	while ((n = read(listfd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] == '\n') {
				end_line(&reader);
				r = each(context, &reader.line);
				reader.line.type[0] = '\0';
			} else if (buf[i] == ' ') {
				end_word(&reader);
			} else if (reader.len < sizeof(reader.word) - 1) {
				reader.word[reader.len++] = buf[i];
			} else {
				reader.cut = true;
			}
			if (r)
				return r;
		}
	return n < 0 ? -errno : 0;
}

struct search {
	uint64_t id;
	char *buf;
	size_t size;
};

static int is_it(void *context, const struct mount_line *line)
{
	const struct search *s = context;
	uint64_t id;

	if (parse_u64(line->id, UINT64_MAX, &id) < 0 || id != s->id)
		return 0;
	keep(s->buf, s->size, line->point);
	return 1;
}

int mount_list_where(int procfd, uint64_t id, char *buf, size_t size)
{
	autoclose int listfd = openat(procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	struct search search = { .id = id, .buf = buf, .size = size };
	int r;

	if (listfd < 0)
		return fail(errno, "cannot list the mounts");
	r = mount_list_read(listfd, is_it, &search);
	if (r < 0)
		return fail(-r, "cannot read the list of mounts");
	return r ? 0 : -ENOENT;
}
