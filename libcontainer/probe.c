/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c: what this kernel and this host can do, and what to do where they cannot. */
#include <string.h>
#include <unistd.h>

#include "base/json_write.h"
#include "container.h"
#include "kernel/probe.h"

#define AREAS_MAX 16

/* An answer that an older kernel gives. */
static bool is_age(int error)
{
	return error == ENOSYS || error == EINVAL || error == EOPNOTSUPP || error == ENOTTY || error == E2BIG;
}

static const char *remedy_for(struct arena *arena, const struct probe *probe, int error)
{
	if (!error)
		return "";
	if (is_age(error) && probe->since && probe->remedy)
		return arena_printf(arena, "Linux %s or newer; %s", probe->since, probe->remedy);
	if (is_age(error) && probe->since)
		return arena_printf(arena, "Linux %s or newer", probe->since);
	if ((error == EPERM || error == EACCES) && geteuid() != 0)
		return "ask as root";
	return probe->remedy ? probe->remedy : "";
}

/* What was noted, and the kernel's word for it; one that is not supported is all in the note. */
static const char *note_for(struct arena *arena, const char *note, int error)
{
	if (!error || (error == EOPNOTSUPP && note[0]))
		return arena_strdup(arena, note);
	return arena_printf(arena, "%s%s%s", note, note[0] ? ": " : "", strerror(error));
}

static int ask_one(struct arena *arena, const char *area, const struct probe *probe, struct cruet_probe *ret)
{
	char note[PROBE_NOTE_MAX];
	int error, r = probe_ask(probe, &error, note);

	if (r < 0)
		return r;
	*ret = (struct cruet_probe){
		.area = area,
		.name = probe->name,
		.works = !error,
		.note = note_for(arena, note, error),
		.remedy = remedy_for(arena, probe, error),
	};
	return ret->note && ret->remedy ? 0 : -ENOMEM;
}

/* All areas: the kernel's, then the mounts of this machine, then what else is here. */
static int collect(struct cruet *cruet, struct probe_area *areas, size_t *ret_n)
{
	size_t n = 0;
	int r;

	for (const struct probe_area *a = probe_kernel; a->name; a++)
		areas[n++] = *a;
	r = probe_idmap_make(&cruet->arena, cruet->procfd, &areas[n]);
	if (r < 0)
		return r;
	n++;
	for (const struct probe_area *a = probe_host; a->name; a++)
		areas[n++] = *a;
	*ret_n = n;
	return 0;
}

int cruet_probe(struct cruet *cruet, const struct cruet_probe **ret_probes, size_t *ret_n)
{
	struct probe_area areas[AREAS_MAX];
	struct cruet_probe *v;
	size_t n_areas, n = 0, at = 0;
	int r = collect(cruet, areas, &n_areas);

	for (size_t i = 0; r == 0 && i < n_areas; i++)
		n += areas[i].n;
	v = r == 0 ? arena_array(&cruet->arena, n, struct cruet_probe) : NULL;
	if (!v)
		return r < 0 ? r : -ENOMEM;
	for (size_t i = 0; i < n_areas; i++)
		for (size_t k = 0; r == 0 && k < areas[i].n; k++)
			r = ask_one(&cruet->arena, areas[i].name, &areas[i].v[k], &v[at++]);
	if (r < 0)
		return r;
	*ret_probes = v;
	*ret_n = n;
	return 0;
}

int cruet_probe_json(struct cruet *cruet, const char **ret_json)
{
	struct json_writer *w = json_writer_begin(&cruet->arena, "    ");
	const struct cruet_probe *v;
	size_t n, length;
	int r = cruet_probe(cruet, &v, &n);

	if (r < 0 || !w)
		return r < 0 ? r : -ENOMEM;
	json_array(w, NULL);
	for (size_t i = 0; i < n; i++) {
		json_object(w, NULL);
		json_string(w, "area", v[i].area);
		json_string(w, "name", v[i].name);
		json_bool(w, "works", v[i].works);
		json_string(w, "note", v[i].note);
		json_string(w, "remedy", v[i].remedy);
		json_end_object(w);
	}
	json_end_array(w);
	return json_writer_end(w, ret_json, &length);
}
