/* SPDX-License-Identifier: Apache-2.0 */
/* each.c: one container, or all whose id matches an expression. */
#include <regex.h>
#include <stdio.h>

#include "cli.h"

/* One that fails does not keep the others from their turn. */
static int each_match(const struct invocation *call, const regex_t *expression,
		      int (*act)(const struct invocation *call, const char *id))
{
	const char *const *ids;
	size_t n, failed = 0;
	char line[1200];
	int r = cruet_list_ids(call->cruet, &ids, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (regexec(expression, ids[i], 0, NULL, 0) != 0 || act(call, ids[i]) == 0)
			continue;
		fprintf(stderr, "cruet: %s: %s\n", ids[i], cruet_error(line, sizeof(line)));
		cruet_forget();
		failed++;
	}
	return failed ? cruet_fail(0, "failed for %zu of the containers", failed) : 0;
}

int each_container(const struct invocation *call, const char *word, bool regex,
		   int (*act)(const struct invocation *call, const char *id))
{
	regex_t expression;
	char text[256];
	int r;

	if (!regex)
		return act(call, word);
	r = regcomp(&expression, word, REG_EXTENDED | REG_NOSUB);
	if (r) {
		regerror(r, &expression, text, sizeof(text));
		return cruet_fail(0, "bad regular expression '%s': %s", word, text);
	}
	r = each_match(call, &expression, act);
	regfree(&expression);
	return r;
}
