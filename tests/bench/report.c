/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples to numbers: medians, p10, ratios of one round's pair, their medians; and the targets of the gate.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum measure {
	MEASURE_RATIO,	  /* the subject's wall time over the peer's */
	MEASURE_SYSCALLS, /* strace -f -c of one run of the tiny payload */
	MEASURE_PSS,	  /* KiB of the init that waits after create */
};

/* What cruet is held to. A peer that is not there, or a row that is not supported, is a miss. */
static const struct goal {
	const char *what;
	enum measure measure;
	enum row row;
	const char *peer;
	double limit;
} goals[] = {
	{"run, busybox", MEASURE_RATIO, ROW_RUN, "crun-new", 0.60},
	{"state", MEASURE_RATIO, ROW_STATE, "crun-new", 0.50},
	{"kill", MEASURE_RATIO, ROW_KILL, "crun-new", 0.50},
	{"delete", MEASURE_RATIO, ROW_DELETE, "crun-new", 0.50},
	{"system calls of run", MEASURE_SYSCALLS, ROW_RUN_TINY, NULL, 260},
	{"PSS of the waiting init, KiB", MEASURE_PSS, ROW_CREATE, NULL, 300},
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* quantile 0.5 is the median; -1 where there is nothing. Sorts values. */
static double quantile(double *values, size_t n, double quantile)
{
	double position = quantile * (double)(n ? n - 1 : 0);
	size_t low = (size_t)position;

	if (n == 0)
		return -1;
	qsort(values, n, sizeof(*values), compare);
	if (low + 1 >= n)
		return values[n - 1];
	return values[low] + (position - (double)low) * (values[low + 1] - values[low]);
}

struct summary {
	double median, p10, cpu;
	size_t n;
};

static struct summary summarize(const struct bench *bench, const struct contestant *who, enum row row)
{
	double *values = calloc(bench->rounds, sizeof(*values));
	struct summary summary = {-1, -1, -1, 0};
	const struct sample *samples = who->samples[row];
	unsigned int i;

	for (i = 0; values && samples && i < bench->rounds; i++)
		if (samples[i].wall >= 0)
			values[summary.n++] = samples[i].cpu;
	summary.cpu = quantile(values, summary.n, 0.5);
	for (i = 0, summary.n = 0; values && samples && i < bench->rounds; i++)
		if (samples[i].wall >= 0)
			values[summary.n++] = samples[i].wall;
	summary.median = quantile(values, summary.n, 0.5);
	summary.p10 = quantile(values, summary.n, 0.1);
	free(values);
	return summary;
}

/* The median over the rounds in which both took part; -1 where there is no such round. */
static double ratio(const struct bench *bench, const struct contestant *top, const struct contestant *bottom,
		    enum row row)
{
	double *values = calloc(bench->rounds, sizeof(*values)), result;
	const struct sample *above = top->samples[row], *below = bottom->samples[row];
	size_t n = 0;
	unsigned int i;

	for (i = 0; values && above && below && i < bench->rounds; i++)
		if (above[i].wall >= 0 && below[i].wall > 0)
			values[n++] = above[i].wall / below[i].wall;
	result = quantile(values, n, 0.5);
	free(values);
	return result;
}

static double ratio_to_floor(const struct bench *bench, const struct contestant *who, enum row row)
{
	return bench->floor < bench->n ? ratio(bench, who, &bench->contestants[bench->floor], row) : -1;
}

static void print_ratio(double value, int width)
{
	if (value >= 0)
		printf(" %*.2f", width, value);
	else
		printf(" %*s", width, "-");
}

static void report_row(const struct bench *bench, const struct op *op, enum row row)
{
	const struct contestant *subject = &bench->contestants[bench->subject], *who;
	struct summary summary;
	size_t i;

	for (i = 0; i < bench->n; i++) {
		who = &bench->contestants[i];
		printf("  %-9s %-12s", row_name(row), who->name);
		if (who->error[op->first][0]) {
			printf(" not supported: %s\n", who->error[op->first]);
			continue;
		}
		summary = summarize(bench, who, row);
		printf(" %9.0f %9.0f %9.0f", summary.median, summary.p10, summary.cpu);
		print_ratio(ratio_to_floor(bench, who, row), 8);
		print_ratio(ratio(bench, subject, who, row), 10);
		if (who->failures[op->first])
			printf("  %u failed", who->failures[op->first]);
		putchar('\n');
	}
}

void report_op(const struct bench *bench, const struct op *op)
{
	const char *subject = bench->contestants[bench->subject].name;
	char last[64];
	int row;

	snprintf(last, sizeof(last), "%s/it", subject);
	printf("\n%s", op->what);
	if (op->first == ROW_LIST)
		printf(" of %u containers", bench->list_size);
	printf("\n  %-9s %-12s %9s %9s %9s %8s %10s\n", "", "", "median", "p10", "cpu", "x floor", last);
	for (row = (int)op->first; row <= (int)op->last; row++)
		report_row(bench, op, (enum row)row);
}

static const struct {
	enum row row;
	const char *name;
} footprint[] = {
	{ROW_RUN_TINY, "run"}, {ROW_CREATE, "create"}, {ROW_START, "start"},   {ROW_EXEC_TINY, "exec"},
	{ROW_STATE, "state"},  {ROW_KILL, "kill"},     {ROW_DELETE, "delete"}, {ROW_LIST, "list"},
};

static void report_numbers(const char *title, const struct bench *bench, bool rss)
{
	const struct contestant *who;
	size_t i, k;
	long value;

	printf("\n%s\n  %-12s", title, "");
	for (k = 0; k < ARRAY_SIZE(footprint); k++)
		printf(" %7s", footprint[k].name);
	printf(rss ? " %7s %10s\n" : "\n", "max", "init's PSS");
	for (i = 0; i < bench->n; i++) {
		long most = 0;

		who = &bench->contestants[i];
		printf("  %-12s", who->name);
		for (k = 0; k < ARRAY_SIZE(footprint); k++) {
			value = rss ? who->rss[footprint[k].row] : who->syscalls[footprint[k].row];
			most = value > most ? value : most;
			if (value)
				printf(" %7ld", value);
			else
				printf(" %7s", "-");
		}
		if (rss)
			printf(" %7ld %10ld", most, who->pss);
		putchar('\n');
	}
}

void report_footprint(const struct bench *bench)
{
	report_numbers("system calls of one command with the tiny payload (strace -f -c)", bench, false);
	report_numbers(
		"peak RSS of the runtime's processes, and PSS of the init that waits after create, KiB",
		bench, true);
}

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static void json_key(FILE *out, const char *key, const char *value)
{
	fprintf(out, "\"%s\": ", key);
	json_string(out, value);
}

static void json_ratio(FILE *out, const char *key, double value)
{
	if (value >= 0)
		fprintf(out, ", \"%s\": %.4f", key, value);
	else
		fprintf(out, ", \"%s\": null", key);
}

static void json_row(const struct bench *bench, FILE *out, const struct contestant *who, const struct op *op,
		     enum row row)
{
	struct summary summary = summarize(bench, who, row);

	fputs("   {", out);
	json_key(out, "row", row_name(row));
	fputs(", ", out);
	json_key(out, "contestant", who->name);
	if (who->error[op->first][0]) {
		fputs(", ", out);
		json_key(out, "unsupported", who->error[op->first]);
	} else {
		fprintf(out,
			", \"n\": %zu, \"failures\": %u, \"median_us\": %.1f, \"p10_us\": %.1f, \"cpu_us\": "
			"%.1f",
			summary.n, who->failures[op->first], summary.median, summary.p10, summary.cpu);
		json_ratio(out, "to_floor", ratio_to_floor(bench, who, row));
		json_ratio(out, "subject_to_this",
			   ratio(bench, &bench->contestants[bench->subject], who, row));
	}
	fputc('}', out);
}

static void json_contestant(FILE *out, const struct contestant *who)
{
	size_t k;

	fputs("   {", out);
	json_key(out, "name", who->name);
	fputs(", ", out);
	json_key(out, "version", who->version);
	fprintf(out, ", \"waiting_init_pss_kib\": %ld, \"system_calls\": {", who->pss);
	for (k = 0; k < ARRAY_SIZE(footprint); k++)
		fprintf(out, "%s\"%s\": %ld", k ? ", " : "", footprint[k].name,
			who->syscalls[footprint[k].row]);
	fputs("}, \"peak_rss_kib\": {", out);
	for (k = 0; k < ARRAY_SIZE(footprint); k++)
		fprintf(out, "%s\"%s\": %ld", k ? ", " : "", footprint[k].name, who->rss[footprint[k].row]);
	fputs("}}", out);
}

int report_json(const struct bench *bench)
{
	FILE *out = fopen(bench->json, "we");
	const char *comma = "";
	size_t i, k;
	int row;

	if (!out) {
		perror(bench->json);
		return -1;
	}
	fprintf(out, "{\n \"rounds\": %u,\n \"list\": %u,\n ", bench->rounds, bench->list_size);
	json_key(out, "cgroup", bench->view);
	fputs(",\n ", out);
	json_key(out, "subject", bench->contestants[bench->subject].name);
	fputs(",\n \"contestants\": [", out);
	for (i = 0; i < bench->n; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_contestant(out, &bench->contestants[i]);
	}
	fputs("\n ],\n \"results\": [", out);
	for (k = 0; k < ops_n; k++)
		for (row = (int)ops[k].first; row <= (int)ops[k].last; row++)
			for (i = 0; i < bench->n && bench->contestants[i].samples[row]; i++, comma = ",") {
				fprintf(out, "%s\n", comma);
				json_row(bench, out, &bench->contestants[i], &ops[k], (enum row)row);
			}
	fputs("\n ]\n}\n", out);
	if (fclose(out) != 0) {
		perror(bench->json);
		return -1;
	}
	return 0;
}

/* -1: no value. */
static double goal_value(const struct bench *bench, const struct goal *goal)
{
	const struct contestant *subject = &bench->contestants[bench->subject];
	size_t i;

	if (goal->measure == MEASURE_SYSCALLS)
		return subject->syscalls[goal->row] ? (double)subject->syscalls[goal->row] : -1;
	if (goal->measure == MEASURE_PSS)
		return subject->pss ? (double)subject->pss : -1;
	for (i = 0; i < bench->n; i++)
		if (strcmp(bench->contestants[i].name, goal->peer) == 0)
			return ratio(bench, subject, &bench->contestants[i], goal->row);
	return -1;
}

int report_gate(const struct bench *bench, FILE *out)
{
	const char *subject = bench->contestants[bench->subject].name;
	int missed = 0;
	double value;
	size_t i;

	fprintf(out, "\ngate for %s\n", subject);
	for (i = 0; i < ARRAY_SIZE(goals); i++) {
		if (!bench->contestants[bench->subject].samples[goals[i].row] &&
		    goals[i].measure == MEASURE_RATIO) {
			fprintf(out, "  -     %s: left out by --ops\n", goals[i].what);
			continue;
		}
		value = goal_value(bench, &goals[i]);
		fprintf(out, "  %s %s", value >= 0 && value <= goals[i].limit ? "ok   " : "MISS ",
			goals[i].what);
		if (goals[i].peer)
			fprintf(out, " / %s", goals[i].peer);
		if (value >= 0)
			fprintf(out, ": %.2f, at most %.2f\n", value, goals[i].limit);
		else
			fprintf(out, ": not measured, at most %.2f\n", goals[i].limit);
		missed += !(value >= 0 && value <= goals[i].limit);
	}
	return missed;
}
