package luastore

import (
	"errors"
	"fmt"
	"io"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

// TestReplyAccessors asks every accessor of every kind of reply.
func TestReplyAccessors(t *testing.T) {
	accessors := []struct {
		name string
		get  func(Reply) (any, error)
	}{
		{"Text", func(r Reply) (any, error) { return r.Text() }},
		{"Int", func(r Reply) (any, error) { return r.Int() }},
		{"Int64", func(r Reply) (any, error) { return r.Int64() }},
		{"Uint64", func(r Reply) (any, error) { return r.Uint64() }},
		{"Float64", func(r Reply) (any, error) { return r.Float64() }},
		{"Bool", func(r Reply) (any, error) { return r.Bool() }},
		{"Slice", func(r Reply) (any, error) { return r.Slice() }},
		{"StringSlice", func(r Reply) (any, error) { return r.StringSlice() }},
		{"Int64Slice", func(r Reply) (any, error) { return r.Int64Slice() }},
		{"Uint64Slice", func(r Reply) (any, error) { return r.Uint64Slice() }},
		{"Float64Slice", func(r Reply) (any, error) { return r.Float64Slice() }},
		{"BoolSlice", func(r Reply) (any, error) { return r.BoolSlice() }},
		{"Map", func(r Reply) (any, error) { return r.Map() }},
	}
	for _, tt := range []struct {
		name  string
		reply command.Reply
		want  map[string]any // of the accessors that return no error
		val   any
	}{
		{"integer", command.Int(7), map[string]any{"Int": 7, "Int64": int64(7), "Uint64": uint64(7), "Float64": 7.0, "Bool": true}, int64(7)},
		{"zero", command.Int(0), map[string]any{"Int": 0, "Int64": int64(0), "Uint64": uint64(0), "Float64": 0.0, "Bool": false}, int64(0)},
		{"bulk", command.Bulk("text"), map[string]any{"Text": "text"}, "text"},
		{"number's text", command.Bulk("12"), map[string]any{"Text": "12", "Int": 12, "Int64": int64(12), "Uint64": uint64(12), "Float64": 12.0}, "12"},
		{"one", command.Bulk("1"), map[string]any{"Text": "1", "Int": 1, "Int64": int64(1), "Uint64": uint64(1), "Float64": 1.0, "Bool": true}, "1"},
		{"status", command.OK, map[string]any{"Text": "OK"}, "OK"},
		{"double", command.Double(1.5), map[string]any{"Float64": 1.5}, 1.5},
		{"boolean", command.Bool(true), map[string]any{"Bool": true}, true},
		{"big number", command.Text(command.BigNumberKind, "123"), map[string]any{"Text": "123", "Int": 123, "Int64": int64(123), "Uint64": uint64(123), "Float64": 123.0}, "123"},
		{"verbatim", command.Text(command.VerbatimKind, "txt:x"), map[string]any{"Text": "x"}, "x"},
		{"empty array", command.Array(), map[string]any{"Slice": []any{}, "StringSlice": []string{}, "Int64Slice": []int64{}, "Uint64Slice": []uint64{}, "Float64Slice": []float64{}, "BoolSlice": []bool{}}, []any{}},
		{"array", command.Array(command.Bulk("1"), command.Bulk("0")), map[string]any{
			"Slice": []any{"1", "0"}, "StringSlice": []string{"1", "0"}, "Int64Slice": []int64{1, 0},
			"Uint64Slice": []uint64{1, 0}, "Float64Slice": []float64{1, 0}, "BoolSlice": []bool{true, false},
		}, []any{"1", "0"}},
		{"mixed array", command.Array(command.Int(1), command.Reply{}, command.Array(command.Bulk("x"))), map[string]any{
			"Slice": []any{int64(1), nil, []any{"x"}},
		}, []any{int64(1), nil, []any{"x"}}},
		{"set", command.Set(command.Bulk("m")), map[string]any{"Slice": []any{"m"}, "StringSlice": []string{"m"}}, []any{"m"}},
		{"map", command.Map(command.Bulk("k"), command.Int(1)), map[string]any{"Map": map[any]any{"k": int64(1)}}, map[any]any{"k": int64(1)}},
		{"map with an array for a key", command.Map(command.Array(command.Int(1)), command.Int(2)), map[string]any{"Map": map[any]any{"[1]": int64(2)}}, map[any]any{"[1]": int64(2)}},
	} {
		r := Reply{reply: tt.reply}
		if err := r.Err(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.val, r.Val()); diff != "" {
			t.Errorf("%s: Val (-want +got)\n%s", tt.name, diff)
		}
		got := map[string]any{}
		for _, a := range accessors {
			if v, err := a.get(r); err == nil {
				got[a.name] = v
			} else if v2, _ := a.get(r); fmt.Sprint(v2) != fmt.Sprint(v) {
				t.Errorf("%s: %s gives %v, then %v", tt.name, a.name, v, v2)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
	broken := errors.New("broken")
	for _, tt := range []struct {
		reply Reply
		want  error
	}{
		{Reply{}, ErrNil},
		{Reply{reply: command.NilArray()}, ErrNil},
		{Reply{reply: command.Err("WRONGTYPE x")}, ErrWrongType},
		{Reply{reply: command.Int(1), err: broken}, broken},
	} {
		if _, err := tt.reply.Result(); !errors.Is(err, tt.want) {
			t.Errorf("Result of %+v: %v; want %v", tt.reply, err, tt.want)
		}
		for _, a := range accessors {
			if _, err := a.get(tt.reply); !errors.Is(err, tt.want) {
				t.Errorf("%s of %+v: %v; want %v", a.name, tt.reply, err, tt.want)
			}
		}
	}
	nested := Reply{reply: command.Array(command.Err("MYERR inside"))}
	if _, err := nested.StringSlice(); err == nil || err.Error() != "element 0: MYERR inside" {
		t.Errorf("StringSlice of an array with an error: %v", err)
	}
}

// What is made of a reply's value is the same value.
func TestMakeReply(t *testing.T) {
	for _, want := range []any{
		int64(7), "text", 1.5, true, []any{"a", nil, []any{int64(1)}}, map[any]any{"k": []any{1.5}},
	} {
		got, err := MakeReply(want, nil).Result()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
	if n, err := MakeReply(new(big.Int).Lsh(big.NewInt(1), 70), nil).Text(); n != "1180591620717411303424" || err != nil {
		t.Errorf("a big number: %q, %v", n, err)
	}
	if err := MakeReply(nil, nil).Err(); err != ErrNil {
		t.Errorf("nil: %v", err)
	}
	if err := MakeReply(errors.New("WRONGTYPE of a key"), nil).Err(); !errors.Is(err, ErrWrongType) {
		t.Errorf("an error reply: %v", err)
	}
	if err := MakeReply("ignored", io.EOF).Err(); err != io.EOF {
		t.Errorf("no reply: %v", err)
	}
}
