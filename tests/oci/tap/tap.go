// SPDX-License-Identifier: Apache-2.0

// Package tap writes the Test Anything Protocol, version 13. It stands in for
// github.com/mndrix/tap-go, which the validation suite of runtime-tools imports and
// Debian does not carry: only what the suite calls is here.
package tap

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// T is the state of one TAP stream. Todo returns a copy, so the counter is shared.
type T struct {
	Writer io.Writer
	count  *int
	todo   bool
}

// New starts a stream on standard output.
func New() *T {
	return &T{Writer: os.Stdout, count: new(int)}
}

// Header prints the version and, unless planned is 0, the plan.
func (t *T) Header(planned int) {
	fmt.Fprintln(t.Writer, "TAP version 13")
	if planned > 0 {
		fmt.Fprintf(t.Writer, "1..%d\n", planned)
	}
}

// AutoPlan prints the plan at the end: as many results as there were.
func (t *T) AutoPlan() {
	fmt.Fprintf(t.Writer, "1..%d\n", *t.count)
}

// Ok prints one result.
func (t *T) Ok(passed bool, description string) {
	word := "ok"
	if !passed {
		word = "not ok"
	}
	*t.count++
	if t.todo {
		fmt.Fprintf(t.Writer, "%s %d # TODO %s\n", word, *t.count, description)
		return
	}
	fmt.Fprintf(t.Writer, "%s %d - %s\n", word, *t.count, description)
}

// Pass prints a result that is good.
func (t *T) Pass(description string) { t.Ok(true, description) }

// Fail prints a result that is bad.
func (t *T) Fail(description string) { t.Ok(false, description) }

// Skip prints n results that were not asked for.
func (t *T) Skip(n int, description string) {
	for i := 0; i < n; i++ {
		*t.count++
		fmt.Fprintf(t.Writer, "ok %d # SKIP %s\n", *t.count, description)
	}
}

// Todo returns a stream whose bad results are known and do not count.
func (t *T) Todo() *T {
	todo := *t
	todo.todo = true
	return &todo
}

// Diagnostic prints a comment, a "#" before each of its lines.
func (t *T) Diagnostic(message string) {
	message = strings.TrimRight(message, "\n")
	fmt.Fprintf(t.Writer, "# %s\n", strings.ReplaceAll(message, "\n", "\n# "))
}

// Diagnosticf prints a formatted comment.
func (t *T) Diagnosticf(format string, a ...interface{}) {
	t.Diagnostic(fmt.Sprintf(format, a...))
}

// YAML prints a value as a YAML block under the last result. JSON is YAML.
func (t *T) YAML(value interface{}) error {
	text, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Writer, "  ---\n  %s\n  ...\n", text)
	return err
}
