// Package trace shows what scripts do: the commands that they call, how often
// each line does and for how long, and that as a page of their source. It works
// on what a Store gives to Options.Trace:
//
//	var profile trace.Profile
//	store := luastore.New(&luastore.Options{Trace: profile.Add})
//	…
//	err := profile.WriteHTML(w, bundle.Scripts()...)
package trace

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/luastore/luastore"
)

// Printer returns a function for Options.Trace that writes a line to w for each
// command: where it is called, the command, its reply and what it took.
//
//	limiter.lua:2: INCR user:123 = 1 (1.2µs)
//
// A script without a name has the first digits of its SHA-1. Long arguments and
// replies are shortened. Several stores may use it at once; errors of w are
// ignored.
func Printer(w io.Writer) func(luastore.TraceEvent) {
	var mu sync.Mutex
	return func(e luastore.TraceEvent) {
		line := fmt.Appendf(nil, "%s:%d: %s = %s (%v)\n", title(e), e.Line, list(texts(e.Args)), reply(e.Reply), e.Duration)
		mu.Lock()
		defer mu.Unlock()
		w.Write(line)
	}
}

// title names the script or function.
func title(e luastore.TraceEvent) string {
	switch {
	case e.Name != "":
		return e.Name
	case e.Function != "":
		return e.Function
	}
	return e.SHA[:min(len(e.SHA), 8)]
}

// How much is shown of a list, in elements, and of a text, in bytes.
const (
	maxShown = 8
	maxText  = 64
)

// list joins texts with spaces.
func list(texts []string) string {
	if more := len(texts) - maxShown; more > 0 {
		return strings.Join(texts[:maxShown], " ") + fmt.Sprintf(" … %d more", more)
	}
	return strings.Join(texts, " ")
}

func texts(words []string) []string {
	shown := make([]string, len(words))
	for i, word := range words {
		shown[i] = text(word)
	}
	return shown
}

// text is a text as it is if that is a word, else in quotes.
func text(s string) string {
	more := ""
	if n := len(s) - maxText; n > 0 {
		s, more = s[:maxText], fmt.Sprintf("… %d bytes more", n)
	}
	if quoted := strconv.Quote(s); len(quoted) != len(s)+2 || s == "" || strings.ContainsAny(s, " []{}") {
		s = quoted
	}
	return s + more
}

func reply(r luastore.Reply) string {
	v, err := r.Result()
	switch err {
	case nil, luastore.ErrNil:
		return value(v)
	}
	return value(err)
}

// value is a value of a reply.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case string:
		return text(v)
	case error:
		return "error " + strconv.Quote(v.Error())
	case []any:
		var elems []string
		for _, elem := range v {
			elems = append(elems, value(elem))
		}
		return "[" + list(elems) + "]"
	case map[any]any:
		var pairs []string
		for k, elem := range v {
			pairs = append(pairs, value(k)+": "+value(elem))
		}
		slices.Sort(pairs)
		return "{" + list(pairs) + "}"
	}
	return fmt.Sprint(v)
}
