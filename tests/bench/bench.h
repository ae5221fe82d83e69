/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The benchmark harness: bench.c takes the options and runs the rounds, ops.c knows how to do each operation
 * with a runtime's command line, report.c turns samples into tables, JSON and the gate's verdict.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#define MAX_CONTESTANTS 12
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* One line of the tables. Several rows may come out of one operation: the cycle gives create, start, wait,
 * delete. */
enum row {
	ROW_RUN,
	ROW_RUN_TINY,
	ROW_CYCLE,
	ROW_CREATE,
	ROW_START,
	ROW_WAIT,
	ROW_DELETE,
	ROW_EXEC,
	ROW_EXEC_TINY,
	ROW_STATE,
	ROW_KILL,
	ROW_LIST,
	ROW_SECCOMP,
	ROW_USERNS,
	ROW_EVENTS,
	ROW_UPDATE,
	ROWS,
};

struct sample {
	double wall; /* us; negative: no valid sample of this round */
	double cpu;  /* us, user and system, with all waited-for descendants */
	long rss;    /* KiB, the largest of the process and its waited-for descendants */
};

struct contestant {
	const char *name;
	const char *path;
	char version[64];
	char root[256];		      /* its --root */
	struct sample *samples[ROWS]; /* [rounds], NULL where the row was not asked for */
	char error[ROWS][160];	      /* why the row is not supported; empty where it is */
	unsigned int failures[ROWS];
	long syscalls[ROWS]; /* 0: not counted */
	long rss[ROWS];	     /* with the tiny payload, which hides nothing; 0: not measured */
	long pss;	     /* of the init that waits after create */
};

struct bench {
	const char *work; /* bundles' templates, pid files; made and removed by bench.sh */
	const char *view;
	const char *json;
	const char *ops;
	unsigned int rounds;
	unsigned int gap_ms;
	unsigned int list_size;
	bool gate;
	struct contestant contestants[MAX_CONTESTANTS];
	size_t n;
	size_t floor; /* index, or n where the floor does not take part */
	size_t subject;
	char message[160]; /* the first line of stderr of the last command that failed */
	const char *strace;
	int null_fd;
	int err_fd;
	int out_fd;
};

/* An operation as the command line of the harness names it, and the rows it fills. */
struct op {
	const char *name;
	const char *what;
	enum row first, last;
	bool (*prepare)(struct bench *bench,
			struct contestant *who); /* once, before the rounds; may be NULL */
	bool (*once)(struct bench *bench, struct contestant *who, struct sample *rows);
	void (*finish)(struct bench *bench, struct contestant *who);
};

extern const struct op ops[];
extern const size_t ops_n;

const char *row_name(enum row row);
void contestant_version(struct bench *bench, struct contestant *who);
/* System calls, peak RSS and the waiting init's PSS, after the rounds. */
void measure_footprint(struct bench *bench, struct contestant *who);

void report_op(const struct bench *bench, const struct op *op);
void report_footprint(const struct bench *bench);
int report_json(const struct bench *bench);
/* The number of missed targets. */
int report_gate(const struct bench *bench, FILE *out);

#endif
