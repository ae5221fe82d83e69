/* SPDX-License-Identifier: Apache-2.0 */
/* words.c: the words of the command line and of the state, as numbers and back. */
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/str.h"
#include "libcontainer.h"

const char *cruet_status_word(enum cruet_status status)
{
	static const char *const words[] = {
		[CRUET_CREATING] = "creating", [CRUET_CREATED] = "created", [CRUET_RUNNING] = "running",
		[CRUET_PAUSED] = "paused",     [CRUET_STOPPED] = "stopped", [CRUET_UNKNOWN] = "unknown",
	};

	return (unsigned int)status < ARRAY_SIZE(words) ? words[status] : "unknown";
}

/* Sources: signal(7), and the numbers of this architecture from <signal.h>. */
static const struct signal_word {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },	 { "INT", SIGINT },	{ "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP },	 { "ABRT", SIGABRT },	{ "IOT", SIGIOT },   { "BUS", SIGBUS },
	{ "FPE", SIGFPE },	 { "KILL", SIGKILL },	{ "USR1", SIGUSR1 }, { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },	 { "PIPE", SIGPIPE },	{ "ALRM", SIGALRM }, { "TERM", SIGTERM },
	{ "STKFLT", SIGSTKFLT }, { "CHLD", SIGCHLD },	{ "CLD", SIGCHLD },  { "CONT", SIGCONT },
	{ "STOP", SIGSTOP },	 { "TSTP", SIGTSTP },	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
	{ "URG", SIGURG },	 { "XCPU", SIGXCPU },	{ "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },	 { "WINCH", SIGWINCH }, { "IO", SIGIO },     { "POLL", SIGIO },
	{ "PWR", SIGPWR },	 { "SYS", SIGSYS },
};

/* As glibc, Docker and systemd count them; 32 and 33 are the threads library's. Not SIGRTMIN: musl's is 35.
 */
#define RTMIN 34
#define RTMAX 64

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static bool real_time(const char *name, int *ret_number)
{
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;
	uint64_t n = 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return false;
	if (name[5] && (name[5] != (from_min ? '+' : '-') || parse_u64(name + 6, RTMAX - RTMIN, &n) < 0))
		return false;
	*ret_number = from_min ? RTMIN + (int)n : RTMAX - (int)n;
	return true;
}

int cruet_signal_number(const char *word, int *ret_signal)
{
	const char *name = strncasecmp(word, "SIG", 3) == 0 ? word + 3 : word;
	uint64_t number;

	if (parse_u64(word, RTMAX, &number) == 0) {
		*ret_signal = (int)number;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (strcasecmp(signals[i].name, name) == 0) {
			*ret_signal = signals[i].number;
			return 0;
		}
	}
	if (real_time(name, ret_signal))
		return 0;
	return fail(0, "unknown signal '%s' ('kill -l' lists them)", word);
}
