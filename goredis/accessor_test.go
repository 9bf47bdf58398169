package goredis

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// replies are scripts whose replies have all kinds and shapes.
var replies = []string{
	"return 7", "return -1", "return 0", "return 3.99", "return '12'", "return '1.5'", "return 'true'", "return ''", "return 'a\\0\\r\\n\\255b'",
	"return true", "return false", "return nil", "return {}", "return {1,nil,3}", "return {1,false,true,'x'}", "return {'1','2'}", "return {'a'}",
	"return {{1,{2,{3}}},'x'}", "return {ok='status'}", "return {err='MINE bad'}", "return {err='no code here'}", "return {{err='ERR inner'},1}",
	"return {double=0.1}", "return {double=1/0}", "return {double=-1/0}", "return {double=3}", "return {map={a=1}}", "return {map={a='x'}}",
	"return {set={a=true}}", "return {big_number='123456789012345678901234567890'}", "return {big_number='12'}",
	"return {verbatim_string={format='txt',string='text'}}", "return {map={}}", "return {set={}}", "return {{map={a={double=2.5}}},false}",
	"redis.setresp(3) return true", "redis.setresp(3) return false", "redis.setresp(3) return redis.call('HGETALL', KEYS[1])",
	"redis.call('HSET', KEYS[1], 'f', 'v') redis.setresp(3) return redis.call('HGETALL', KEYS[1])", "return redis.call('HGETALL', KEYS[1])",
	"redis.setresp(3) redis.call('ZADD', KEYS[2], 1.5, 'm') return redis.call('ZSCORE', KEYS[2], 'm')", "return redis.call('ZSCORE', KEYS[2], 'm')",
	"redis.setresp(3) redis.call('SADD', KEYS[3], 'm') return redis.call('SMEMBERS', KEYS[3])", "return redis.call('SET', KEYS[4], '18446744073709551615')",
	"return redis.call('GET', KEYS[4])", "return redis.call('LPUSH', KEYS[4], 'x')", "return redis.pcall('LPUSH', KEYS[4], 'x')", "return redis.call('NOSUCH')",
	"return redis.call('GET')", "error('mine')", "error({err='MY own'})", "return nosuch", "return return", "#!lua flags=no-writes\nreturn redis.call('DEL', KEYS[1])",
	"#!lua flags=wrong\nreturn 1", "return redis.status_reply('FINE')", "return string.rep('x', 3000000)",
	"local t = {} for i = 1, 100000 do t[i] = i end return t",
}

// seen is what the accessors say of a reply.
func seen(r luastore.Reply) map[string]string {
	all := map[string]string{}
	note := func(name string, v any, err error) {
		text := fmt.Sprintf("%T %#v, %v", v, v, err)
		var failed *luastore.Error
		if errors.As(err, &failed) {
			text += fmt.Sprintf(" = %s, %s", failed.Code, failed.Message)
		}
		all[name] = text
	}
	add := func(name string) func(v any, err error) {
		return func(v any, err error) { note(name, v, err) }
	}
	add("Result")(r.Result())
	add("Text")(anyOf(r.Text()))
	add("Int")(anyOf(r.Int()))
	add("Int64")(anyOf(r.Int64()))
	add("Uint64")(anyOf(r.Uint64()))
	add("Float64")(anyOf(r.Float64()))
	add("Bool")(anyOf(r.Bool()))
	add("Slice")(anyOf(r.Slice()))
	add("StringSlice")(anyOf(r.StringSlice()))
	add("Int64Slice")(anyOf(r.Int64Slice()))
	add("Uint64Slice")(anyOf(r.Uint64Slice()))
	add("Float64Slice")(anyOf(r.Float64Slice()))
	add("BoolSlice")(anyOf(r.BoolSlice()))
	add("Map")(anyOf(r.Map()))
	note("Val", r.Val(), r.Err())
	return all
}

func anyOf[T any](v T, err error) (any, error) { return v, err }

// testAccessors tests that a scripter's replies are, to all accessors, those of a
// Store.
func testAccessors(t *testing.T, s luastore.Scripter) {
	ctx, store := t.Context(), new(luastore.Store)
	keys := []string{"{r}h", "{r}z", "{r}s", "{r}n"}
	for _, source := range replies {
		want, got := seen(store.Eval(ctx, source, keys)), seen(s.Eval(ctx, source, keys))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.80s (-Store +other):\n%.2000s", source, diff)
		}
	}
	want, got := seen(store.EvalRO(ctx, "return redis.call('SET', KEYS[1], 'x')", keys)), seen(s.EvalRO(ctx, "return redis.call('SET', KEYS[1], 'x')", keys))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("EvalRO that writes (-Store +other):\n%s", diff)
	}
}

// arguments are lists of arguments of all types that go-redis takes.
func arguments() [][]any {
	text, number, at := "text", 7, time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	var none *int
	return [][]any{
		{}, {"a"}, {"a\x00\r\n\xff"}, {[]byte{0, 255, 13, 10}}, {strings.Repeat("x", 1_000_000)}, {true, false, nil},
		{int8(-8), int16(-16), int32(-32), int64(-64), uint(1), uint8(8), uint16(16), uint32(32), uint64(1<<64 - 1)},
		{1.5, 0.1, float32(0.1), 1e300, 1e21, math.Copysign(0, -1), 3.0}, {at, time.Second}, {net.IPv4(1, 2, 3, 4)}, {&url.URL{Scheme: "http", Host: "h"}},
		{&text, &number, none}, {[]string{"a", "b"}}, {[]any{1, "b", 2.5}}, {[]int{1}, 2}, {map[string]any{"k": 1}}, {struct{}{}, 1},
		{make(chan int)}, {"x", []string{"a"}},
	}
}

// testArguments tests that a script gets what it gets on a Store.
func testArguments(t *testing.T, s luastore.Scripter) {
	ctx, store := t.Context(), new(luastore.Store)
	for _, args := range arguments() {
		show := func(s luastore.Scripter) string {
			got, err := s.Eval(ctx, "return ARGV", nil, args...).StringSlice()
			if err != nil {
				return "an error"
			}
			return fmt.Sprintf("%q", got)
		}
		if want, got := show(store), show(s); got != want {
			t.Errorf("%.80T: %.300s, on a Store %.300s", args, got, want)
		}
	}
}
