package ldb

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// A writer makes a text of values. Where only so much will be shown it makes no
// more than that, for a table that contains itself some times is an endless text.
type writer struct {
	vm   *luavm.Machine
	most int // bytes; 0: all
	b    []byte
	held int // bytes of b that count as memory of the script
}

// full says whether nothing more will be shown.
func (w *writer) full() bool { return w.most > 0 && len(w.b) > w.most }

// done returns the text.
func (w *writer) done() string {
	w.vm.Hold(-w.held)
	return string(w.b)
}

// count counts what was written.
func (w *writer) count() {
	w.vm.Tick(1)
	if n := len(w.b) - w.held; n > 4096 {
		w.held += n
		w.vm.Hold(n)
		w.vm.Tick(n / 100)
	}
}

func (w *writer) text(s string) { w.b = append(w.b, w.shown(s)...); w.count() }

// shown returns what of s there may be room for.
func (w *writer) shown(s string) string {
	if w.most > 0 && len(s) > w.most {
		return s[:w.most+1]
	}
	return s
}

// quote writes s in double quotes, as Redis's log does.
func (w *writer) quote(s string) {
	const piece = 4096
	w.b = append(w.b, '"')
	for s = w.shown(s); s != ""; {
		n := min(len(s), piece)
		for i := range n {
			ch := s[i]
			switch e := strings.IndexByte("\\\"\n\r\t\a\b", ch); {
			case e >= 0:
				w.b = append(w.b, '\\', "\\\"nrtab"[e])
			case ch < ' ' || ch > '~':
				w.b = fmt.Appendf(w.b, `\x%02x`, ch)
			default:
				w.b = append(w.b, ch)
			}
		}
		s = s[n:]
		w.count()
	}
	w.b = append(w.b, '"')
}

// maxDepth is how deep values are shown that are in tables.
const maxDepth = 10

// value writes a value, which is in so many tables.
func (w *writer) value(v luavm.Value, depth int) {
	w.count()
	if w.full() {
		return
	}
	if depth == maxDepth {
		w.text("<max recursion level reached! Nested table?>")
		return
	}
	switch v.Kind() {
	case luavm.KindString:
		w.quote(v.Text())
	case luavm.KindNumber:
		w.b = luavm.AppendG(w.b, v.Float(), 6)
	case luavm.KindBoolean, luavm.KindNil:
		w.text(luavm.Display(v))
	case luavm.KindTable:
		w.table(v.Table(), depth+1)
	default:
		kind, address, _ := strings.Cut(luavm.Display(v), ": ")
		w.text(`"` + kind + "@" + address + `"`)
	}
}

// table writes a table: as a list if its keys are 1, 2 and so on.
func (w *writer) table(t *luavm.Table, depth int) {
	list := w.isList(t)
	w.text("{")
	var k, v luavm.Value
	for first := true; !w.full(); first = false {
		var more bool
		if k, v, more, _ = t.Next(k); !more {
			break
		}
		if !first {
			w.text("; ")
		}
		if !list {
			w.text("[")
			w.value(k, depth)
			w.text("]=")
		}
		w.value(v, depth)
	}
	w.text("}")
}

func (w *writer) isList(t *luavm.Table) bool {
	var k luavm.Value
	for n := 1; ; n++ {
		var more bool
		if k, _, more, _ = t.Next(k); !more {
			return true
		}
		if w.vm.Tick(1); !k.IsNumber() || k.Float() != float64(n) {
			return false
		}
	}
}

// reply writes a reply, in a version of the protocol.
func (w *writer) reply(r *command.Reply, resp int) {
	w.count()
	if w.full() {
		return
	}
	switch r.Kind {
	case command.IntKind:
		w.b = strconv.AppendInt(w.b, r.Int(), 10)
		return
	case command.BulkKind:
		w.quote(r.Str())
		return
	case command.StatusKind:
		w.quote("+" + r.Str())
		return
	case command.ErrorKind:
		w.quote("-" + r.Str())
		return
	case command.ArrayKind:
		w.elements("[", r, resp, "]")
		return
	case command.NilKind, command.NilArrayKind:
		if resp == 3 {
			w.text("(null)")
		} else {
			w.text("NULL")
		}
		return
	}
	if resp != 3 && r.Kind != command.RepliesKind {
		simple := r.RESP2()
		w.reply(&simple, resp)
		return
	}
	switch r.Kind { // of others Redis shows nothing
	case command.RepliesKind:
		answer := r.Answer()
		w.reply(&answer, resp)
	case command.SetKind:
		w.elements("~(", r, resp, ")")
	case command.MapKind:
		w.elements("{", r, resp, "}")
	case command.BoolKind:
		w.text("#" + strconv.FormatBool(r.Int() != 0))
	case command.DoubleKind:
		w.text("(double) " + r.DoubleText())
	}
}

// elements writes those of a reply.
func (w *writer) elements(open string, r *command.Reply, resp int, end string) {
	w.text(open)
	for i := range r.Elems() {
		switch {
		case w.full():
			return
		case i == 0:
		case r.Kind == command.MapKind && i%2 == 1:
			w.text(" => ")
		default:
			w.text(",")
		}
		w.reply(&r.Elems()[i], resp)
	}
	w.text(end)
}
