package luastore

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/ldb"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/resp"
	"github.com/luastore/luastore/internal/transcript"
)

// A conversion is what becomes of a reply.
type conversion struct {
	RESP2, RESP3 string // on a connection
	Lua2, Lua3   string // in a script
	Go           string // Val and Err
	Text         string // in a transcript
	LDB2, LDB3   string // in the debugger
}

// kinds has a reply of each kind, with what becomes of it. Those with elements have
// the integer 1 and what is put into them.
var kinds = [command.Kinds]struct {
	reply command.Reply
	want  conversion
}{
	command.NilKind: {command.Reply{}, conversion{
		"$-1\r\n", "_\r\n", "false", "nil", "<nil>, luastore: nil", "(nil)", "NULL", "(null)"}},
	command.NilArrayKind: {command.NilArray(), conversion{
		"*-1\r\n", "_\r\n", "false", "nil", "<nil>, luastore: nil", "(nil)", "NULL", "(null)"}},
	command.IntKind: {command.Int(7), conversion{
		":7\r\n", ":7\r\n", "7", "7", "7, <nil>", "(integer) 7", "7", "7"}},
	command.BoolKind: {command.Bool(true), conversion{
		":1\r\n", "#t\r\n", "1", "true", "true, <nil>", "(true)", "1", "#true"}},
	command.DoubleKind: {command.Double(1.5), conversion{
		"$3\r\n1.5\r\n", ",1.5\r\n", "1.5", "{double=1.5}", "1.5, <nil>", "(double) 1.5", `"1.5"`, "(double) 1.5"}},
	command.BulkKind: {command.Bulk("b"), conversion{
		"$1\r\nb\r\n", "$1\r\nb\r\n", "b", "b", "b, <nil>", `"b"`, `"b"`, `"b"`}},
	command.StatusKind: {command.Status("s"), conversion{
		"+s\r\n", "+s\r\n", "{ok=s}", "{ok=s}", "s, <nil>", "s", `"+s"`, `"+s"`}},
	command.ErrorKind: {command.Err("E e"), conversion{
		"-E e\r\n", "-E e\r\n", "{ignore_error_stats_update=true err=E e}", "{ignore_error_stats_update=true err=E e}", "<nil>, E e", "(error) E e", `"-E e"`, `"-E e"`}},
	command.BigNumberKind: {command.BigNumber("12"), conversion{
		"$2\r\n12\r\n", "(12\r\n", "12", "{big_number=12}", "12, <nil>", "(big number) 12", `"12"`, ""}},
	command.VerbatimKind: {command.Verbatim("v"), conversion{
		"$1\r\nv\r\n", "=5\r\ntxt:v\r\n", "v", "{verbatim_string={format=txt string=v}}", "v, <nil>", "v", `"v"`, ""}},
	command.ArrayKind: {command.Array(), conversion{
		"*0\r\n", "*0\r\n", "{}", "{}", "[], <nil>", "(empty array)", "[]", "[]"}},
	command.MapKind: {command.Map(), conversion{
		"*0\r\n", "%0\r\n", "{}", "{map={}}", "map[], <nil>", "(empty hash)", "[]", "{}"}},
	command.SetKind: {command.Set(), conversion{
		"*0\r\n", "~0\r\n", "{}", "{set={}}", "[], <nil>", "(empty set)", "[]", "~()"}},
	command.PushKind: {command.Push(), conversion{
		"*0\r\n", ">0\r\n", "{}", "{}", "[], <nil>", "(empty array)", "[]", ""}},
	command.RepliesKind: {command.Replies(command.Push(command.Bulk("p")), command.Bulk("r")), conversion{
		"*1\r\n$1\r\np\r\n$1\r\nr\r\n", ">1\r\n$1\r\np\r\n$1\r\nr\r\n", "r", "r", "r, <nil>", "1) 1) \"p\"\n2) \"r\"", `"r"`, `"r"`}},
	command.AttributeKind: {command.Elements(command.AttributeKind, nil), conversion{
		"", "|0\r\n", "false", "nil", "<nil>, luastore: nil", "(empty hash)", "NULL", ""}},
}

// heads are what the kinds that have elements begin with, in RESP2 and RESP3, before
// n elements.
var heads = map[command.Kind]func(n int) (resp2, resp3 string){
	command.ArrayKind:     func(n int) (string, string) { return head("*", n), head("*", n) },
	command.SetKind:       func(n int) (string, string) { return head("*", n), head("~", n) },
	command.PushKind:      func(n int) (string, string) { return head("*", n), head(">", n) },
	command.MapKind:       func(n int) (string, string) { return head("*", n), head("%", n/2) },
	command.AttributeKind: func(n int) (string, string) { return "", head("|", n/2) },
	command.RepliesKind:   func(int) (string, string) { return "", "" },
}

func head(mark string, n int) string { return fmt.Sprintf("%s%d\r\n", mark, n) }

// TestConversions: each conversion handles every kind of reply, alone and within
// each kind that has elements.
func TestConversions(t *testing.T) {
	c := newConverter(t)
	for kind, k := range kinds {
		if k.reply.Kind != command.Kind(kind) {
			t.Fatalf("kind %d has no reply", kind)
		}
		if diff := cmp.Diff(k.want, c.convert(k.reply)); diff != "" {
			t.Errorf("kind %d (-want +got):\n%s", kind, diff)
		}
		for outer := command.ArrayKind; outer < command.Kinds; outer++ {
			got := c.convert(command.Elements(outer, []command.Reply{k.reply, k.reply}))
			n := 2
			if k.reply.Kind == command.AttributeKind { // which belongs to the element after it
				n = 0
			}
			want2, want3 := heads[outer](n)
			if want2 += k.want.RESP2 + k.want.RESP2; outer == command.AttributeKind {
				want2 = ""
			}
			want3 += k.want.RESP3 + k.want.RESP3
			if got.RESP2 != want2 || got.RESP3 != want3 {
				t.Errorf("kind %d in kind %d: %q and %q, want %q and %q", kind, outer, got.RESP2, got.RESP3, want2, want3)
			}
			for middle := command.ArrayKind; middle < command.Kinds; middle++ {
				c.convert(command.Elements(middle, []command.Reply{command.Int(1), command.Elements(outer, []command.Reply{k.reply, k.reply})}))
			}
		}
	}
}

// TestBoundConversions: a reply that is bound to a version of the protocol is
// encoded in it.
func TestBoundConversions(t *testing.T) {
	for kind, k := range kinds {
		r := command.Replies(k.reply.In(3), k.reply.RESP2().In(2))
		want := k.want.RESP3 + k.want.RESP2
		for _, version := range []int{2, 3} {
			if got := encoded(r, version); got != want {
				t.Errorf("kind %d, to a connection in RESP%d: %q, want %q", kind, version, got, want)
			}
		}
	}
}

// TestDeepConversions: a reply may be as deep as scripts can make one.
func TestDeepConversions(t *testing.T) {
	c := newConverter(t)
	for outer := command.ArrayKind; outer < command.Kinds; outer++ {
		r := command.Bulk(strings.Repeat("x", 1000))
		depth := maxNesting
		if outer == command.RepliesKind { // which no command puts into one another
			depth = 100
		}
		for range depth {
			r = command.Elements(outer, []command.Reply{r, command.Int(1)})
		}
		if got := len(encoded(r, 3)); got < 1000 {
			t.Errorf("kind %d: %d bytes", outer, got)
		}
		r.RESP2()
		if v, err := (Reply{reply: r}).Result(); outer == command.MapKind && len(v.(map[any]any)) != 1 {
			t.Errorf("a map of maps: %T, %v", v, err)
		}
		c.debugged(r, 3)
	}
}

// TestMakeReplyOfCycle: a value that contains itself is refused.
func TestMakeReplyOfCycle(t *testing.T) {
	cycle := []any{nil}
	cycle[0] = map[any]any{"k": cycle}
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "nested") {
			t.Errorf("recovered %v", p)
		}
	}()
	MakeReply(cycle, nil)
}

// TestVerbatimFormat: a format has three bytes, whatever characters they are.
func TestVerbatimFormat(t *testing.T) {
	var s Store
	for format, want := range map[string]string{
		"": "   ", "a": "a  ", "mkd": "mkd", "text": "tex", "äö": "ä\xc3", "漢字": "漢", "\xff\xfe\xfd\xfc": "\xff\xfe\xfd", "a\x00b": "a  ", "\x00": "   ",
	} {
		r := s.Eval(t.Context(), "return {verbatim_string={format=ARGV[1],string=ARGV[2]}}", nil, format, "a:b")
		if got := r.reply.Str(); got != want+":a:b" {
			t.Errorf("%q: %q, want the format %q", format, got, want)
		}
		if got, err := r.Text(); got != "a:b" || err != nil {
			t.Errorf("%q: %q, %v", format, got, err)
		}
	}
}

// A converter converts replies in every way there is.
type converter struct {
	t      *testing.T
	engine *engine
	told   string // by the debugger
}

func newConverter(t *testing.T) *converter {
	var s Store
	if err := s.Eval(t.Context(), "return 1", nil).Err(); err != nil {
		t.Fatal(err)
	}
	s.ctx = t.Context()
	return &converter{t: t, engine: s.engine}
}

func (c *converter) convert(r command.Reply) conversion {
	reply := Reply{reply: r}
	got := conversion{
		RESP2: encoded(r, 2),
		RESP3: encoded(r, 3),
		Lua2:  c.inScript(r, 2),
		Lua3:  c.inScript(r, 3),
		Go:    fmt.Sprintf("%v, %v", reply.Val(), reply.Err()),
		Text:  strings.Join(transcript.Render(r, transcript.Exact), "\n"),
		LDB2:  c.debugged(r, 2),
		LDB3:  c.debugged(r, 3),
	}
	if simple := encoded(r.RESP2(), 2); simple != got.RESP2 {
		c.t.Errorf("%q as RESP2 is %q, and encoded so %q", got.RESP3, simple, got.RESP2)
	}
	if again := r.RESP2(); !again.RESP2().Equal(again) {
		c.t.Errorf("%q as RESP2 can be converted once more", got.RESP2)
	}
	transcript.Render(r, transcript.Sort)
	transcript.Render(r, transcript.Shape)
	lasting(r)
	for _, get := range []func() error{
		func() error { _, err := reply.Text(); return err },
		func() error { _, err := reply.Int(); return err },
		func() error { _, err := reply.Uint64(); return err },
		func() error { _, err := reply.Float64(); return err },
		func() error { _, err := reply.Bool(); return err },
		func() error { _, err := reply.Slice(); return err },
		func() error { _, err := reply.StringSlice(); return err },
		func() error { _, err := reply.Map(); return err },
	} {
		if reply.Err() != nil && get() == nil {
			c.t.Errorf("%q: an accessor has no error, want %v", got.RESP3, reply.Err())
		}
	}
	return got
}

// encoded returns what a connection gets.
func encoded(r command.Reply, version int) string {
	var b resp.Buffer
	var text []byte
	for b.Add(r, version, math.MaxInt); b.Len() > 0; b.Wrote(len(b.Next())) {
		text = append(text, b.Next()...)
	}
	return string(text)
}

// inScript returns the value of the reply to a redis.call.
func (c *converter) inScript(r command.Reply, version int) (text string) {
	c.engine.session.RESP = version
	f := c.engine.vm.NewBuiltin("f", func(call *luavm.Call) { text = c.show(c.engine.fromReply(&r)) })
	if err := c.engine.vm.Apply(f.Value(), func(luavm.Value) {}); err != nil {
		c.t.Error(err)
	}
	return text
}

func (c *converter) show(v luavm.Value) string {
	t := v.Table()
	if t == nil {
		return luavm.Display(v)
	}
	var fields []string
	var k luavm.Value
	for {
		var more bool
		if k, v, more, _ = t.Next(k); !more {
			return "{" + strings.Join(fields, " ") + "}"
		}
		fields = append(fields, c.show(k)+"="+c.show(v))
	}
}

// debugged returns what the debugger tells of the reply.
func (c *converter) debugged(r command.Reply, version int) string {
	s := ldb.New(c, c.engine.vm, "x")
	s.Answered(&r, version)
	s.End()
	lines := strings.Split(c.told, "\r\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "+<reply> ") })
	return strings.TrimPrefix(lines[at], "+<reply> ")
}

func (c *converter) Send(b []byte)           { c.told = string(b) }
func (c *converter) Receive() ([]byte, bool) { return nil, false }
func (c *converter) Redis([]string)          {}
func (c *converter) Fail(string)             {}
