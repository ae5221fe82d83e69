/* SPDX-License-Identifier: Apache-2.0 */
/* posture_print.c: postures to rows, rows to a table or to JSON, one or two beside each other. */
#include <linux/seccomp.h>
#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "base/str.h"
#include "posture.h"

/* ---- rows ---- */

enum row_kind { ROW_WORD, ROW_LIST, ROW_LINES /* a list of sentences */, ROW_MAP /* "KEY: VALUE" each */ };

struct row {
	const char *key, *label;
	enum row_kind kind;
	struct posture_list list;
};

#define ROWS_MAX 32

struct rows {
	struct arena *arena;
	struct row v[ROWS_MAX];
	size_t n;
	int error;
};

static struct posture_list *add_row(struct rows *rows, enum row_kind kind, const char *key, const char *label)
{
	struct row *row = &rows->v[rows->n++];

	*row = (struct row){ .key = key, .label = label, .kind = kind };
	return &row->list;
}

static void add_word(struct rows *rows, const char *key, const char *label, const char *word)
{
	if (posture_add(rows->arena, add_row(rows, ROW_WORD, key, label), "%s", word) < 0)
		rows->error = -ENOMEM;
}

static void add_lines(struct rows *rows, const char *key, const char *label, const struct posture_list *list)
{
	*add_row(rows, ROW_LINES, key, label) = *list;
}

static void add_list(struct rows *rows, const char *key, const char *label, const struct posture_list *list)
{
	*add_row(rows, ROW_LIST, key, label) = *list;
}

static void add_namespaces(struct rows *rows, const struct posture *p)
{
	static const char *const words[] = {
		[POSTURE_OWN] = "own", [POSTURE_SHARED] = "shared", [POSTURE_HOST] = "host"
	};
	struct posture_list *list = add_row(rows, ROW_MAP, "namespaces", "namespaces");

	for (int kind = 0; kind < NS_KINDS; kind++)
		if (posture_add(rows->arena, list, "%s: %s", ns_words[kind].name, words[p->ns[kind]]) < 0)
			rows->error = -ENOMEM;
}

static void add_map(struct rows *rows, const char *key, const char *label, const struct id_map *map)
{
	struct posture_list *list = add_row(rows, ROW_LIST, key, label);

	for (size_t i = 0; i < map->n; i++)
		if (posture_add(rows->arena, list, "%u-%u is %u-%u", map->v[i].inside,
				map->v[i].inside + (map->v[i].size - 1), map->v[i].outside,
				map->v[i].outside + (map->v[i].size - 1)) < 0)
			rows->error = -ENOMEM;
}

static void add_user(struct rows *rows, const struct posture *p)
{
	struct posture_list *list = add_row(rows, ROW_WORD, "user", "user");
	int r = posture_add(rows->arena, list, "%u:%u", p->uid, p->gid);

	list = add_row(rows, ROW_WORD, "hostUser", "on the host");
	if (r == 0 && p->has_host_ids)
		r = posture_add(rows->arena, list, "%u:%u", p->host_uid, p->host_gid);
	else if (r == 0)
		r = posture_add(rows->arena, list, "as the joined user namespace maps it");
	if (r < 0)
		rows->error = r;
	add_list(rows, "groups", "groups", &p->groups);
	add_map(rows, "uidMappings", "uid mappings", &p->uids);
	add_map(rows, "gidMappings", "gid mappings", &p->gids);
}

static void add_caps(struct rows *rows, const struct posture *p)
{
	static const struct {
		enum cap_set set;
		const char *key, *label;
	} sets[] = { { CAPSET_BOUNDING, "capabilitiesBounding", "capabilities" },
		     { CAPSET_EFFECTIVE, "capabilitiesEffective", "effective" },
		     { CAPSET_AMBIENT, "capabilitiesAmbient", "ambient" } };
	char word[32];

	for (size_t s = 0; s < ARRAY_SIZE(sets); s++) {
		struct posture_list *list = add_row(rows, ROW_LIST, sets[s].key, sets[s].label);

		for (int i = 0; i < 64; i++) {
			if (!(p->caps.mask[sets[s].set] >> i & 1) || !cap_word(i, word, sizeof(word)))
				continue;
			if (posture_add(rows->arena, list, "%s", word) < 0)
				rows->error = -ENOMEM;
		}
	}
}

static const char *label_word(bool on, const char *label, const char *none)
{
	return !on ? "off on this host" : label ? label : none;
}

/* A filter of whom the container is in, or of who changed it since, has a program that the kernel does not show. */
static const char *seccomp_word(const struct posture *p)
{
	switch (p->seccomp) {
	case SECCOMP_MODE_DISABLED:
		return "unconfined";
	case SECCOMP_MODE_STRICT:
		return "strict";
	default:
		return p->filter ? "filter" : "filter, not of its configuration";
	}
}

static void make_rows(struct rows *rows, const struct posture *p)
{
	add_word(rows, "subject", "subject", p->subject);
	add_word(rows, "podSecurityStandard", "meets", posture_standard(p));
	add_lines(rows, "failsBaseline", "not baseline", &p->fails_baseline);
	add_lines(rows, "failsRestricted", "not restricted", &p->fails_restricted);
	add_namespaces(rows, p);
	add_user(rows, p);
	add_caps(rows, p);
	add_word(rows, "noNewPrivileges", "no new privileges", p->no_new_privs ? "yes" : "no");
	add_word(rows, "seccomp", "seccomp", seccomp_word(p));
	add_list(rows, "seccompRefuses", "refuses", &p->refused);
	add_list(rows, "seccompRefusesInPart", "by arguments", &p->partly_refused);
	add_word(rows, "apparmor", "AppArmor", label_word(p->apparmor_on, p->apparmor, "the caller's"));
	add_word(rows, "selinux", "SELinux", label_word(p->selinux_on, p->selinux, "as the policy says"));
	add_word(rows, "rootReadonly", "read-only root", p->root_readonly ? "yes" : "no");
	add_list(rows, "maskedPaths", "masked paths", &p->masked);
	add_list(rows, "readonlyPaths", "read-only paths", &p->readonly);
	add_word(rows, "deviceRule", "devices", p->all_devices ? "every device" : "those that are listed");
	add_list(rows, "devices", "nodes", &p->devices);
	add_list(rows, "writableKernel", "writable kernel", &p->writable);
	add_list(rows, "exposedKernel", "exposed kernel", &p->exposed);
}

static bool same_row(const struct row *a, const struct row *b)
{
	if (a->list.n != b->list.n)
		return false;
	for (size_t i = 0; i < a->list.n; i++)
		if (!streq(a->list.v[i], b->list.v[i]))
			return false;
	return true;
}

/* NULL where there is no memory. */
static struct rows *rows_of(struct arena *arena, const struct posture *left, const struct posture *right)
{
	struct rows *rows = arena_array(arena, 2, struct rows);

	for (size_t i = 0; rows && i < (right ? 2 : 1); i++) {
		rows[i].arena = arena;
		make_rows(&rows[i], i ? right : left);
		if (rows[i].error)
			return NULL;
	}
	return rows;
}

/* ---- JSON ---- */

static int write_map(struct arena *arena, struct json_writer *w, const struct row *row)
{
	json_object(w, row->key);
	for (size_t i = 0; i < row->list.n; i++) {
		const char *colon = strstr(row->list.v[i], ": ");
		const char *key = arena_strndup(arena, row->list.v[i], (size_t)(colon - row->list.v[i]));

		if (!key)
			return -ENOMEM;
		json_string(w, key, colon + 2);
	}
	json_end_object(w);
	return 0;
}

static int write_object(struct json_writer *w, const char *key, const struct rows *rows)
{
	int r = 0;

	json_object(w, key);
	for (size_t i = 0; r == 0 && i < rows->n; i++) {
		const struct row *row = &rows->v[i];
		const struct strings list = { .v = row->list.v, .n = row->list.n };

		if (row->kind == ROW_WORD)
			json_string(w, row->key, row->list.n ? row->list.v[0] : NULL);
		else if (row->kind == ROW_LIST || row->kind == ROW_LINES)
			json_strings(w, row->key, &list);
		else
			r = write_map(rows->arena, w, row);
	}
	json_end_object(w);
	return r;
}

int posture_print_json(struct arena *arena, const struct posture *left, const struct posture *right,
		       FILE *out)
{
	struct json_writer *w = json_writer_begin(arena, "  ");
	struct rows *rows = rows_of(arena, left, right);
	const char *text;
	size_t length;
	int r;

	if (!w || !rows)
		return -ENOMEM;
	if (!right) {
		r = write_object(w, NULL, &rows[0]);
	} else {
		json_object(w, NULL);
		r = write_object(w, "left", &rows[0]);
		if (r == 0)
			r = write_object(w, "right", &rows[1]);
		json_array(w, "differs");
		for (size_t i = 1; i < rows[0].n; i++)
			if (!same_row(&rows[0].v[i], &rows[1].v[i]))
				json_string(w, NULL, rows[0].v[i].key);
		json_end_array(w);
		json_end_object(w);
	}
	if (r == 0)
		r = json_writer_end(w, &text, &length);
	if (r == 0)
		fprintf(out, "%s\n", text);
	return r;
}

/* ---- the table ---- */

#define LABEL_WIDTH 18
#define ONE_WIDTH   61
#define TWO_WIDTH   44

/* A cell that is printed line by line: words of a list with commas, wrapped between them, and within where one is long. */
struct cell {
	const struct posture_list *list;
	bool lines;
	size_t item, at; /* what is next */
};

static bool cell_ended(const struct cell *c)
{
	return c->item >= c->list->n;
}

/* The next line of it, at most `width` characters, into buf. */
static void cell_line(struct cell *c, size_t width, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	buf[0] = '\0';
	while (!cell_ended(c)) {
		const char *word = c->list->v[c->item] + c->at;
		const char *comma = c->item + 1 < c->list->n && !c->lines ? "," : "";
		size_t n = strlen(word), blank = t.len ? 1 : 0;

		if (t.len && t.len + blank + n + strlen(comma) > width)
			return;
		if (n + strlen(comma) > width) { /* alone on its line, and too long */
			size_t cut = width;

			while (cut > width / 2 && word[cut] != ' ' && word[cut] != '/')
				cut--;
			while (cut > 1 && ((unsigned char)word[cut] & 0xc0) == 0x80) /* within a letter */
				cut--;
			text_add_n(&t, word, cut);
			c->at += cut + (word[cut] == ' ');
			return;
		}
		text_add(&t, "%s%s%s", blank ? " " : "", word, comma);
		c->item++;
		c->at = 0;
		if (c->lines)
			return;
	}
}

/* A path may have any character in it; a terminal obeys some. */
static void tame(char *line)
{
	for (; *line; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			*line = '?';
}

static void print_row(FILE *out, const struct row *left, const struct row *right)
{
	const char *dash[] = { "-" };
	const struct posture_list none = { .v = dash, .n = 1 };
	const size_t width = right ? TWO_WIDTH : ONE_WIDTH;
	struct cell a = { .list = left->list.n ? &left->list : &none, .lines = left->kind == ROW_LINES };
	struct cell b = { .list = right && right->list.n ? &right->list : &none,
			  .lines = left->kind == ROW_LINES };
	const char *label = left->label, *mark = right && !same_row(left, right) ? "*" : " ";
	char one[256], two[256];

	do {
		cell_line(&a, width, one, sizeof(one));
		two[0] = '\0';
		if (right)
			cell_line(&b, width, two, sizeof(two));
		tame(one);
		tame(two);
		if (*two)
			fprintf(out, "%s%-*s %-*s %s\n", mark, LABEL_WIDTH, label, (int)width, one, two);
		else
			fprintf(out, "%s%-*s %s\n", right ? mark : "", LABEL_WIDTH, label, one);
		label = "";
		mark = " ";
	} while (!cell_ended(&a) || (right && !cell_ended(&b)));
}

int posture_print_table(struct arena *arena, const struct posture *left, const struct posture *right,
			FILE *out)
{
	struct rows *rows = rows_of(arena, left, right);

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < rows[0].n; i++)
		print_row(out, &rows[0].v[i], right ? &rows[1].v[i] : NULL);
	return 0;
}
