package luastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestErrorPrinted: %+v tells where a script failed and at what, %v what Redis
// would say.
func TestErrorPrinted(t *testing.T) {
	var s Store
	must(t, s.Do(ctx, "SET", "text", "abc"))
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys)\n\treturn redis.call('INCR', keys[1])\nend)"); err != nil {
		t.Fatal(err)
	}
	const inner = `local function inner(...)
  return redis.call('INCRBY', KEYS[1], ...)
end
inner(ARGV[1])`
	fsys := fstest.MapFS{
		"inner.lua":   {Data: []byte(inner)},
		"shebang.lua": {Data: []byte("#!lua flags=no-writes\n\nredis.call('SET', KEYS[1], 1)")},
		"syntax.lua":  {Data: []byte("local x = 1\nif x == 1 ten\nend")},
	}
	named := func(name string) *Script {
		script, err := LoadScript(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		return script
	}
	run := func(source string, args ...any) error { return s.Eval(ctx, source, []string{"text"}, args...).Err() }
	for _, test := range []struct {
		name string
		err  error
		want string // with SHA for the script's
	}{
		{"script of a file", named("inner.lua").Run(ctx, &s, []string{"text"}, 5).Err(), `ERR value is not an integer or out of range script: SHA, on @user_script:2.
inner.lua:2:
	return redis.call('INCRBY', KEYS[1], ...)
command:
	["INCRBY" "text" "5"]
traceback:
	inner.lua:2: in local 'inner'
	inner.lua:4: in main chunk`},
		{"script of a text", run("-- adds\n\n"+inner, "\xff\n"+strings.Repeat("x", 70)), `ERR value is not an integer or out of range script: SHA, on @user_script:4.
user_script:4:
	return redis.call('INCRBY', KEYS[1], ...)
command:
	["INCRBY" "text" "\xff\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... (8 more bytes)"]
traceback:
	user_script:4: in local 'inner'
	user_script:6: in main chunk`},
		{"no-writes", named("shebang.lua").Run(ctx, &s, []string{"text"}).Err(), `ERR Write commands are not allowed from read-only scripts. script: SHA, on @user_script:3.
shebang.lua:3:
	redis.call('SET', KEYS[1], 1)
command:
	["SET" "text" "1"]
traceback:
	shebang.lua:3: in main chunk`},
		{"syntax", named("syntax.lua").Run(ctx, &s, nil).Err(), `ERR Error compiling script (new function): user_script:2: 'then' expected near 'ten'
syntax.lua:2:
	if x == 1 ten`},
		{"function", s.FCall(ctx, "f", []string{"text"}).Err(), `ERR value is not an integer or out of range script: f, on @user_function:3.
user_function:3:
	return redis.call('INCR', keys[1])
command:
	["INCR" "text"]
traceback:
	user_function:3: in function <user_function:2>`},
		{"a coroutine that its resumer ends", run("local co = coroutine.wrap(function()\n\tredis.call('INCR', 'text')\nend)\nco()"), `ERR value is not an integer or out of range script: SHA, on @user_script:4.
user_script:4:
	co()
command:
	["INCR" "text"]
traceback:
	user_script:2: in function <user_script:1>
	user_script:4: in main chunk`},
		{"coroutines in each other", run(`local inner = coroutine.wrap(function() error('no') end)
			local outer = coroutine.create(function()
				inner() end)
			local _, e = coroutine.resume(outer)
			error(e, 0)`), `ERR user_script:3: user_script:1: no script: SHA, on @user_script:5.
user_script:5:
	error(e, 0)
traceback:
	user_script:1: in function <user_script:1>
	user_script:3: in function <user_script:2>
	user_script:5: in main chunk`},
		{"a coroutine that has to do with nothing", run("coroutine.resume(coroutine.create(function() error() end))\nerror('other')"), `ERR user_script:2: other script: SHA, on @user_script:2.
user_script:2:
	error('other')
traceback:
	user_script:2: in main chunk`},
		{"caught and raised again", run("local ok, e = pcall(redis.call, 'INCR', 'text')\nerror(e)"), `ERR user_script:2: ERR value is not an integer or out of range script: SHA, on @user_script:2.
user_script:2:
	error(e)
command:
	["INCR" "text"]
traceback:
	user_script:2: in main chunk`},
		{"answered and raised", run("error(redis.pcall('INCR', 'text'))"), `ERR value is not an integer or out of range script: SHA, on @user_script:1.
user_script:1:
	error(redis.pcall('INCR', 'text'))
command:
	["INCR" "text"]
traceback:
	user_script:1: in main chunk`},
		{"returned", run("return redis.pcall('INCR', 'text')"), `ERR value is not an integer or out of range
command:
	["INCR" "text"]`},
		{"of its own", run("redis.pcall('INCR', 'text') return redis.error_reply('MINE no')"), `MINE no`},
		{"its first line", run("#!lua flags=nosuch\nreturn 1"), `ERR Unexpected flag in script shebang: nosuch
user_script:1:
	#!lua flags=nosuch`},
		{"other line breaks", run("local x\rlocal y\n\r\rerror('no')\r\nreturn"), `ERR user_script:4: no script: SHA, on @user_script:4.
user_script:4:
	error('no')
traceback:
	user_script:4: in main chunk`},
		{"many words", run("redis.call('LPUSH', 'text', unpack(ARGV))", 1, 2, 3, 4, 5, 6, 7, 8), `WRONGTYPE Operation against a key holding the wrong kind of value script: SHA, on @user_script:1.
user_script:1:
	redis.call('LPUSH', 'text', unpack(ARGV))
command:
	["LPUSH" "text" "1" "2" "3" "4" "5" "... (3 more arguments)"]
traceback:
	user_script:1: in main chunk`},
		{"raised again", run("local _, err = xpcall(function() redis.call('INCR', KEYS[1]) end, function(e) return e end)\nerror(err)"), `ERR value is not an integer or out of range script: SHA, on @user_script:2.
user_script:2:
	error(err)
command:
	["INCR" "text"]
traceback:
	user_script:2: in main chunk`},
		{"another one", run("pcall(redis.call, 'INCR', KEYS[1])\nerror({err = 'MY own'})"), `MY own script: SHA, on @user_script:2.
user_script:2:
	error({err = 'MY own'})
traceback:
	user_script:2: in main chunk`},
		{"other source", run("\nloadstring('redis.call(\"NOSUCH\")', '=inner')()"), `ERR Unknown Redis command called from script script: SHA, on =inner:1.
command:
	["NOSUCH"]
traceback:
	inner:1: in main chunk
	user_script:2: in main chunk`},
		{"long line", run(strings.Repeat(" ", 90) + "error('" + strings.Repeat("x", 500) + "')"), "ERR user_script:1: " + strings.Repeat("x", 500) + ` script: SHA, on @user_script:1.
user_script:1:
	error('` + strings.Repeat("x", 103) + `
traceback:
	user_script:1: in main chunk`},
		{"no script", s.Do(ctx, "INCR", "text").Err(), "ERR value is not an integer or out of range"},
	} {
		var e *Error
		if !errors.As(test.err, &e) {
			t.Errorf("%s: %v is no *Error", test.name, test.err)
			continue
		}
		want := strings.ReplaceAll(test.want, "SHA", e.SHA)
		if diff := cmp.Diff(want, fmt.Sprintf("%+v", test.err)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
		text, _, _ := strings.Cut(want, "\n")
		if got := [...]string{e.Error(), fmt.Sprint(e), fmt.Sprintf("%s", e), fmt.Sprintf("%q", e)}; got != [...]string{text, text, text, fmt.Sprintf("%q", text)} {
			t.Errorf("%s: without the plus %q", test.name, got)
		}
	}
}

// TestScriptName: whoever runs a script that has a name, its errors have it.
func TestScriptName(t *testing.T) {
	fsys := fstest.MapFS{"dir/fail.lua": {Data: []byte("error('no')")}, "dir/syntax.lua": {Data: []byte("if")}}
	if _, err := LoadScript(fsys, "fail.lua"); err == nil {
		t.Error("LoadScript of what is not there succeeds")
	}
	fail, err := LoadScript(fsys, "dir/fail.lua")
	if err != nil || fail.Name() != "dir/fail.lua" || fail.Source() != "error('no')" || fail.Hash() != sha1hex("error('no')") {
		t.Fatalf("LoadScript = %+v, %v", fail, err)
	}
	syntax, err := LoadScript(fsys, "dir/syntax.lua")
	if err != nil {
		t.Fatal(err)
	}
	var s Store
	load := func(script *Script) error { _, err := script.Load(ctx, &s); return err }
	for name, got := range map[string]error{
		"Run":                  fail.Run(ctx, new(Store), nil).Err(),
		"RunRO":                fail.RunRO(ctx, new(Store), nil).Err(),
		"Run of another store": fail.Run(ctx, struct{ Scripter }{new(Store)}, nil).Err(),
		"Load":                 load(syntax),
		"EvalSha after Load":   errors.Join(load(fail), s.EvalSha(ctx, fail.Hash(), nil).Err()),
	} {
		var e *Error
		want := fail.Name()
		if name == "Load" {
			want = syntax.Name()
		}
		if !errors.As(got, &e) || e.Name != want || e.Line != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// elsewhere is a Scripter of which one gets no more than what goes over a network.
type elsewhere struct{ *Store }

func (e elsewhere) Eval(ctx context.Context, script string, keys []string, args ...any) Reply {
	return MakeReply(e.Store.Eval(ctx, script, keys, args...).Err(), nil)
}

func (e elsewhere) EvalSha(ctx context.Context, sha string, keys []string, args ...any) Reply {
	return MakeReply(e.Store.EvalSha(ctx, sha, keys, args...).Err(), nil)
}

// TestErrorLocated: where a script has failed is in the text of its error, where
// nothing else is known of it.
func TestErrorLocated(t *testing.T) {
	var s Store
	script, err := LoadScript(fstest.MapFS{"fail.lua": {Data: []byte("-- fails\n  error('no')")}}, "fail.lua")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // by EVAL, by EVALSHA
		want := "ERR user_script:2: no script: " + script.Hash() + ", on @user_script:2.\nfail.lua:2:\n\terror('no')"
		if got := fmt.Sprintf("%+v", script.Run(ctx, elsewhere{&s}, nil).Err()); got != want {
			t.Errorf("elsewhere it fails with %s\nwant %s", got, want)
		}
	}
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function() error('no') end)"); err != nil {
		t.Fatal(err)
	}
	session := s.Session()
	session.Do(ctx, "MULTI")
	session.Do(ctx, "EVALSHA", script.Hash(), 0)
	session.Do(ctx, "FCALL", "f", 0)
	const mine = "return {err = 'MY script: x, on @user_script:y.'}"
	session.Do(ctx, "EVAL", mine, 0)
	replies, err := session.Do(ctx, "EXEC").Slice()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Error{{SHA: script.Hash(), Line: 2}, {Function: "f", Line: 2}, {SHA: NewScript(mine).Hash()}} {
		if e := replies[i].(*Error); e.SHA != want.SHA || e.Function != want.Function || e.Line != want.Line {
			t.Errorf("%d: %+v", i, e)
		}
	}
}
