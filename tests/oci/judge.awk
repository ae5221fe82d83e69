# SPDX-License-Identifier: Apache-2.0
# Judges the TAP output of one validation program.
#
# usage: awk -v status=EXIT-STATUS -v errors=FILE-OF-STDERR -f judge.awk OUTPUT
#
# Prints one line: "pass", "nothing" (exit 0, but not one result) or "fail: WHY". The suite's programs say
# it in three ways that something went wrong, and a program may use any: the exit status, "not ok", and
# results that are fewer than planned.

/^1\.\.[0-9]+/ { planned += substr($1, 4); plans++ }
/^ok / { results++ }
/^not ok / {
	results++
	if ($0 !~ /# TODO/ && bad++ == 0)
		first_bad = $0
}
# "error": "text" of a YAML block. It stands beside good results too, where an error was what the test
# wanted; alone it is the program's only way to say that it gave up.
/^ *"error": / { error = $0; sub(/^ *"error": /, "", error) }

function last_line(file,   line, last) {
	while ((getline line < file) > 0)
		if (line ~ /[^ \t]/)
			last = line
	close(file)
	return last
}

END {
	if (status == 124 || status == 137)
		print "fail: timed out"
	else if (status != 0)
		print "fail: exit status " status ": " (bad ? first_bad : last_line(errors))
	else if (bad)
		print "fail: " first_bad (bad > 1 ? " (and " bad - 1 " more)" : "")
	else if (results == 0 && error != "")
		print "fail: no result, but an error: " error
	else if (plans && results != planned)
		print "fail: " results + 0 " of " planned " planned results: " last_line(errors)
	else if (results == 0)
		print "nothing"
	else if (!plans)
		print "fail: " results " results without a plan: " last_line(errors)
	else
		print "pass"
}
