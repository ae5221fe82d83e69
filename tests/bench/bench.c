/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The harness: all contestants do an operation once per round, in an order shuffled for each round, so that
 * what else the machine does hits all of them alike and the ratios hold where the absolute times do not.
 *
 * Called by bench.sh inside private namespaces, as their pid 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Does the comma-separated word stand for op? By its name or by one of its rows: "start" asks for the cycle.
 */
static bool op_named(const struct op *op, const char *word, size_t n)
{
	int row;

	if (strlen(op->name) == n && strncmp(op->name, word, n) == 0)
		return true;
	for (row = (int)op->first; row <= (int)op->last; row++)
		if (strlen(row_name((enum row)row)) == n && strncmp(row_name((enum row)row), word, n) == 0)
			return true;
	return false;
}

static bool op_wanted(const struct bench *bench, const struct op *op)
{
	const char *at = bench->ops;
	size_t part;

	if (!at || !*at)
		return true;
	for (; *at; at += part + (at[part] == ',')) {
		part = strcspn(at, ",");
		if (op_named(op, at, part))
			return true;
	}
	return false;
}

static void ops_check(const struct bench *bench)
{
	const char *at = bench->ops;
	size_t part, i;

	for (; at && *at; at += part + (at[part] == ',')) {
		part = strcspn(at, ",");
		for (i = 0; i < ops_n && !op_named(&ops[i], at, part); i++)
			;
		if (i < ops_n)
			continue;
		fprintf(stderr, "bench: no operation '%.*s'; there are:", (int)part, at);
		for (i = 0; i < ops_n; i++)
			fprintf(stderr, " %s", ops[i].name);
		fputc('\n', stderr);
		exit(2);
	}
}

static void shuffle(size_t *order, size_t n)
{
	size_t i, other, kept;

	for (i = n; i > 1; i--) {
		other = (size_t)random() % i;
		kept = order[i - 1];
		order[i - 1] = order[other];
		order[other] = kept;
	}
}

static void samples_make(const struct bench *bench, struct contestant *who, const struct op *op)
{
	unsigned int i;
	int row;

	for (row = (int)op->first; row <= (int)op->last; row++) {
		who->samples[row] = calloc(bench->rounds, sizeof(struct sample));
		if (!who->samples[row]) {
			perror("bench");
			exit(1);
		}
		for (i = 0; i < bench->rounds; i++)
			who->samples[row][i].wall = -1;
	}
}

static void op_once(struct bench *bench, const struct op *op, struct contestant *who, unsigned int round)
{
	struct sample rows[ROWS] = {0};
	int row;

	if (!op->once(bench, who, rows)) {
		who->failures[op->first]++;
		fprintf(stderr, "bench: %s: %s: %s\n", who->name, op->name, bench->message);
		return;
	}
	for (row = (int)op->first; row <= (int)op->last; row++)
		who->samples[row][round] = rows[row - (int)op->first];
}

/* Twice before the rounds: warms caches, and tells whether the contestant can do it at all. */
static bool op_supported(struct bench *bench, const struct op *op, struct contestant *who)
{
	struct sample rows[ROWS] = {0};

	if ((!op->prepare || op->prepare(bench, who)) && op->once(bench, who, rows) &&
	    op->once(bench, who, rows))
		return true;
	snprintf(who->error[op->first], sizeof(who->error[op->first]), "%s", bench->message);
	return false;
}

static void op_rounds(struct bench *bench, const struct op *op)
{
	const struct timespec gap = {bench->gap_ms / 1000, (long)(bench->gap_ms % 1000) * 1000000};
	size_t order[MAX_CONTESTANTS], n = 0, i;
	unsigned int round;

	for (i = 0; i < bench->n; i++) {
		samples_make(bench, &bench->contestants[i], op);
		if (op_supported(bench, op, &bench->contestants[i]))
			order[n++] = i;
	}
	for (round = 0; round < bench->rounds; round++) {
		shuffle(order, n);
		for (i = 0; i < n; i++) {
			nanosleep(&gap,
				  NULL); /* the kernel's asynchronous teardown must not hit the next one */
			op_once(bench, op, &bench->contestants[order[i]], round);
		}
	}
	for (i = 0; op->finish && i < bench->n; i++)
		op->finish(bench, &bench->contestants[i]);
}

/* Real time needs a cgroup with a real-time budget, which v1's new cpu cgroups never have: then a nice value.
 */
static void set_priority(const char *how)
{
	const struct sched_param param = {.sched_priority = 1};

	if (strcmp(how, "none") == 0)
		return;
	if (strcmp(how, "rt") == 0 && syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &param) == 0)
		return;
	if (setpriority(PRIO_PROCESS, 0, -15) < 0)
		perror("bench: setpriority");
}

static unsigned int number(const char *text, unsigned int least, unsigned int most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || value < least || value > most) {
		fprintf(stderr, "bench: '%s' is not a number from %u to %u\n", text, least, most);
		exit(2);
	}
	return (unsigned int)value;
}

static void contestant_add(struct bench *bench, char *word)
{
	struct contestant *who = &bench->contestants[bench->n];
	char *path = strchr(word, '=');

	if (bench->n == MAX_CONTESTANTS || !path || path == word) {
		fprintf(stderr, "bench: expected NAME=PROGRAM, at most %d of them: '%s'\n", MAX_CONTESTANTS,
			word);
		exit(2);
	}
	*path = '\0';
	who->name = word;
	who->path = path + 1;
	snprintf(who->root, sizeof(who->root), "/run/bench/%s", who->name);
	if (strcmp(who->name, "floor") == 0)
		bench->floor = bench->n;
	else if (bench->subject == MAX_CONTESTANTS)
		bench->subject = bench->n;
	bench->n++;
}

static void options_parse(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{"work", required_argument, NULL, 'w'},
		{"view", required_argument, NULL, 'v'},
		{"rounds", required_argument, NULL, 'r'},
		{"ops", required_argument, NULL, 'o'},
		{"json", required_argument, NULL, 'j'},
		{"gap", required_argument, NULL, 'p'},
		{"list", required_argument, NULL, 'l'},
		{"priority", required_argument, NULL, 'n'},
		{"strace", required_argument, NULL, 's'},
		{"gate", no_argument, NULL, 'g'},
		{NULL, 0, NULL, 0},
	};
	const char *priority = "rt";
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'w':
			bench->work = optarg;
			break;
		case 'v':
			bench->view = optarg;
			break;
		case 'r':
			bench->rounds = number(optarg, 1, 100000);
			break;
		case 'o':
			bench->ops = optarg;
			break;
		case 'j':
			bench->json = optarg;
			break;
		case 'p':
			bench->gap_ms = number(optarg, 0, 10000);
			break;
		case 'l':
			bench->list_size = number(optarg, 1, 10000);
			break;
		case 'n':
			priority = optarg;
			break;
		case 's':
			bench->strace = optarg;
			break;
		case 'g':
			bench->gate = true;
			break;
		default:
			exit(2);
		}
	}
	ops_check(bench);
	for (; optind < argc; optind++)
		contestant_add(bench, argv[optind]);
	if (!bench->work || bench->n == 0) {
		fprintf(stderr, "bench: --work and at least one contestant are needed; run bench.sh\n");
		exit(2);
	}
	if (bench->subject == MAX_CONTESTANTS)
		bench->subject = bench->floor;
	set_priority(priority);
}

static void files_open(struct bench *bench)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/bundles", bench->work);
	if (mkdir(path, 0755) < 0 && errno != EEXIST) {
		perror(path);
		exit(1);
	}
	mkdir("/run/bench", 0700);
	snprintf(path, sizeof(path), "%s/stderr", bench->work);
	bench->err_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(path, sizeof(path), "%s/stdout", bench->work);
	bench->out_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bench->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (bench->err_fd < 0 || bench->out_fd < 0 || bench->null_fd < 0) {
		perror("bench: open");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static struct bench bench = {
		.view = "v2",
		.rounds = 40,
		.gap_ms = 8,
		.list_size = 10,
		.strace = "/usr/bin/strace",
		.floor = MAX_CONTESTANTS,
		.subject = MAX_CONTESTANTS,
	};
	size_t i;

	setsid(); /* no signal to our process group may reach the caller's */
	options_parse(&bench, argc, argv);
	files_open(&bench);
	srandom((unsigned int)time(NULL));
	printf("cgroup %s, %u rounds, times in us, the median of each row; x is the median of the rounds' "
	       "ratios\n",
	       bench.view, bench.rounds);
	for (i = 0; i < bench.n; i++) {
		contestant_version(&bench, &bench.contestants[i]);
		printf("  %-12s %s\n", bench.contestants[i].name,
		       bench.contestants[i].version[0] ? bench.contestants[i].version : "-");
	}
	for (i = 0; i < ops_n; i++) {
		if (!op_wanted(&bench, &ops[i]))
			continue;
		op_rounds(&bench, &ops[i]);
		report_op(&bench, &ops[i]);
		fflush(stdout);
	}
	for (i = 0; i < bench.n; i++)
		measure_footprint(&bench, &bench.contestants[i]);
	report_footprint(&bench);
	if (bench.json && report_json(&bench) < 0)
		return 1;
	return bench.gate && report_gate(&bench, stdout) > 0 ? 1 : 0;
}
