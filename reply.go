package luastore

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/luastore/luastore/internal/command"
)

// A Reply is what a command or a script answers: a value or an error. Its
// accessors return the value as a Go type, or the error: an *[Error] for an
// error reply, [ErrNil] for nil, the context's error if that ended the call.
// They convert as go-redis does: a number from its text and to a boolean, but
// nothing to a text.
type Reply struct {
	reply command.Reply
	err   error // why there is no reply
}

// MakeReply returns a reply for another implementation of [Scripter]: of a value
// as Result returns it, in which a *big.Int is a number too large for an int64
// and an error is an error reply with its text; or, where err is not nil, of no
// reply at all because of err. It panics on values of other types, and on those
// that are more than 10,000 slices and maps deep.
func MakeReply(v any, err error) Reply {
	if err != nil {
		return Reply{err: err}
	}
	return Reply{reply: replyOf(v, 0)}
}

// maxDepth is deeper than any reply of a server.
const maxDepth = 10_000

func replyOf(v any, depth int) command.Reply {
	if depth > maxDepth {
		panic("luastore: no reply can be made of a value that is nested so deeply")
	}
	switch v := v.(type) {
	case nil:
		return command.Reply{}
	case int64:
		return command.Int(v)
	case string:
		return command.Bulk(v)
	case float64:
		return command.Double(v)
	case bool:
		return command.Bool(v)
	case *big.Int:
		return command.BigNumber(v.String())
	case error:
		return command.Err(v.Error())
	case []any:
		elems := make([]command.Reply, len(v))
		for i, e := range v {
			elems[i] = replyOf(e, depth+1)
		}
		return command.Array(elems...)
	case map[any]any:
		elems := make([]command.Reply, 0, 2*len(v))
		for key, e := range v {
			elems = append(elems, replyOf(key, depth+1), replyOf(e, depth+1))
		}
		return command.Map(elems...)
	}
	panic(fmt.Sprintf("luastore: no reply can be made of a %T", v))
}

// Err returns the error, nil if the reply is a value.
func (r Reply) Err() error {
	switch {
	case r.err != nil:
		return r.err
	case r.reply.Kind == command.ErrorKind:
		return errorOf(r.reply)
	case r.reply.Kind == command.RepliesKind:
		return Reply{reply: r.reply.Answer()}.Err()
	case r.isNil():
		return ErrNil
	}
	return nil
}

func (r Reply) isNil() bool {
	switch r.reply.Kind {
	case command.NilKind, command.NilArrayKind, command.AttributeKind:
		return true
	}
	return false
}

// Result returns the value and the error. The value is nil, an int64, string,
// float64, bool, []any, or map[any]any; in a slice or map also an *Error.
func (r Reply) Result() (any, error) {
	if err := r.Err(); err != nil {
		return nil, err
	}
	return r.value(), nil
}

// Val returns the value of Result alone.
func (r Reply) Val() any {
	v, _ := r.Result()
	return v
}

func (r Reply) value() any {
	switch r.reply.Kind {
	case command.IntKind:
		return r.reply.Int()
	case command.DoubleKind:
		return r.reply.Double()
	case command.BoolKind:
		return r.reply.Int() != 0
	case command.VerbatimKind:
		return r.reply.VerbatimText()
	case command.BulkKind, command.StatusKind, command.BigNumberKind:
		return r.reply.Str()
	case command.ErrorKind:
		return errorOf(r.reply)
	case command.RepliesKind:
		return Reply{reply: r.reply.Answer()}.value()
	case command.ArrayKind, command.SetKind, command.PushKind:
		vs := make([]any, len(r.reply.Elems()))
		for i, e := range r.reply.Elems() {
			vs[i] = Reply{reply: e}.value()
		}
		return vs
	case command.MapKind:
		vs := make(map[any]any, len(r.reply.Elems())/2)
		for i := 0; i+1 < len(r.reply.Elems()); i += 2 {
			vs[mapKey(r.reply.Elems()[i])] = Reply{reply: r.reply.Elems()[i+1]}.value()
		}
		return vs
	}
	return nil
}

// mapKey returns the value of a reply as a key of a Go map: that of an aggregate is
// its text, as package fmt prints it.
func mapKey(key command.Reply) any {
	if key = key.Answer(); key.IsAggregate() {
		return string(appendText(nil, key))
	}
	return Reply{reply: key}.value()
}

// appendText appends the text of a reply that is, or is in, a key of a map. It makes
// the text in one pass, for there may be thousands of maps within one another.
func appendText(b []byte, r command.Reply) []byte {
	r = r.Answer()
	if !r.IsAggregate() {
		return fmt.Append(b, Reply{reply: r}.value())
	}
	isMap := r.Kind == command.MapKind
	if isMap {
		b = append(b, "map"...)
	}
	b = append(b, '[')
	for i, e := range r.Elems() {
		switch {
		case i == 0:
		case isMap && i%2 == 1:
			b = append(b, ':')
		default:
			b = append(b, ' ')
		}
		b = appendText(b, e)
	}
	return append(b, ']')
}

// get returns r's value converted by as.
func get[T any](r Reply, as func(any) (T, error)) (v T, err error) {
	if err = r.Err(); err != nil {
		return v, err
	}
	return as(r.value())
}

// Text returns a string.
func (r Reply) Text() (string, error) { return get(r, asText) }

// Int returns an integer, or a string that is one.
func (r Reply) Int() (int, error) {
	n, err := r.Int64()
	return int(n), err
}

// Int64 returns an integer, or a string that is one.
func (r Reply) Int64() (int64, error) {
	if r.err == nil && r.reply.Kind == command.IntKind { // what scripts answer, most of all
		return r.reply.Int(), nil
	}
	return get(r, asInt64)
}

// Uint64 returns an integer, or a string that is one.
func (r Reply) Uint64() (uint64, error) { return get(r, asUint64) }

// Float64 returns a number, or a string that is one.
func (r Reply) Float64() (float64, error) { return get(r, asFloat64) }

// Bool returns a boolean; an integer is true unless it is 0, a string as
// strconv.ParseBool takes it.
func (r Reply) Bool() (bool, error) {
	if r.err == nil && r.reply.Kind == command.IntKind {
		return r.reply.Int() != 0, nil
	}
	return get(r, asBool)
}

// Slice returns the elements of an array or set.
func (r Reply) Slice() ([]any, error) { return get(r, as[[]any]) }

// StringSlice returns the elements of an array or set as strings.
func (r Reply) StringSlice() ([]string, error) { return slice(r, asText) }

// Int64Slice returns the elements of an array or set as integers.
func (r Reply) Int64Slice() ([]int64, error) { return slice(r, asInt64) }

// Uint64Slice returns the elements of an array or set as integers.
func (r Reply) Uint64Slice() ([]uint64, error) { return slice(r, asUint64) }

// Float64Slice returns the elements of an array or set as numbers.
func (r Reply) Float64Slice() ([]float64, error) { return slice(r, asFloat64) }

// BoolSlice returns the elements of an array or set as booleans.
func (r Reply) BoolSlice() ([]bool, error) { return slice(r, asBool) }

// Map returns a map.
func (r Reply) Map() (map[any]any, error) { return get(r, as[map[any]any]) }

func slice[T any](r Reply, as func(any) (T, error)) ([]T, error) {
	vs, err := r.Slice()
	if err != nil {
		return nil, err
	}
	ts := make([]T, len(vs))
	for i, v := range vs {
		if ts[i], err = as(v); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return ts, nil
}

func as[T any](v any) (T, error) {
	t, ok := v.(T)
	if !ok {
		return t, unexpected(v, t)
	}
	return t, nil
}

// unexpected is the error of a value that is no want.
func unexpected(v, want any) error {
	if err, ok := v.(error); ok {
		return err
	}
	return fmt.Errorf("luastore: reply is %T, not %T", v, want)
}

func asText(v any) (string, error) { return as[string](v) }

func asInt64(v any) (int64, error) {
	if s, ok := v.(string); ok {
		return strconv.ParseInt(s, 10, 64)
	}
	return as[int64](v)
}

func asUint64(v any) (uint64, error) {
	switch v := v.(type) {
	case int64:
		return uint64(v), nil
	case string:
		return strconv.ParseUint(v, 10, 64)
	}
	return as[uint64](v)
}

func asFloat64(v any) (float64, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case string:
		return strconv.ParseFloat(v, 64)
	}
	return as[float64](v)
}

func asBool(v any) (bool, error) {
	switch v := v.(type) {
	case int64:
		return v != 0, nil
	case string:
		return strconv.ParseBool(v)
	}
	return as[bool](v)
}
