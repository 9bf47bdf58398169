package attack

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

// An attack is a script that means no good. Those in testdata are
// sections of a file, each beginning with two lines:
//
//	-- # its name
//	-- error: a regular expression    it fails with such an error,
//	-- reply: a regular expression    or answers so,
//	-- endless                        or would run for ever
//
// Those of sourceAttacks may also end in any way, as long as they end.
type attack struct {
	name   string
	kind   string // error, reply, endless, any
	want   *regexp.Regexp
	script string
	source func() string // if set, what it returns is the script or, if there is one, its argument
}

const (
	// How long an endless attack is let run.
	attackDeadline = 20 * time.Millisecond
	// How long an attack may take beyond that, at most: on a quiet machine none
	// takes a second.
	attackBound = 20 * time.Second
	// What the heap may have more, at most: a script its 256 MiB, and as much
	// again until the garbage is collected; a key 512 MiB, and as much again
	// while it grows.
	heapBound = 3 << 29
)

// raceDetector is set if the race detector is on.
var raceDetector bool

var long = flag.Bool("long", false, "run the attacks, too, that take as much memory as they may")

var ctx = context.Background()

// defenses are the options that every attack meets. With the race detector all
// takes ten times as long, and so there the attacks end early.
func defenses() map[string]luastore.Options {
	if raceDetector {
		return map[string]luastore.Options{"both": {MaxInstructions: 100_000, MaxScriptMemory: 2 << 20}}
	}
	return map[string]luastore.Options{
		"default":      {},
		"instructions": {MaxInstructions: 1_000_000},
		"memory":       {MaxScriptMemory: 2 << 20},
	}
}

// TestAttacks: no script panics, hangs or exhausts the process, and the store
// is as good as before after each.
func TestAttacks(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20))
	attacks := append(readAttacks(t), sourceAttacks()...)
	for name, options := range defenses() {
		t.Run(name, func(t *testing.T) {
			options.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
			s := luastore.New(&options)
			do(t, s, "SET", "k", "v")
			var stats []outcome
			for _, a := range attacks {
				if name != "default" && strings.HasPrefix(a.name, "loadstring/") {
					continue // the same as source, but for who compiles it
				}
				t.Run(a.name, func(t *testing.T) { stats = append(stats, a.run(t, s, options)) })
			}
			logWorst(t, stats)
		})
	}
}

// TestAttackOfArguments: what the caller gives may be more than a script
// may have.
func TestAttackOfArguments(t *testing.T) {
	s := luastore.New(&luastore.Options{MaxScriptMemory: 1 << 20})
	for range 3 {
		if err := s.Eval(ctx, "return #ARGV[1]", nil, strings.Repeat("x", 8<<20)).Err(); err != nil && !errors.Is(err, luastore.ErrMemory) {
			t.Error(err)
		}
	}
}

// do runs a command that must succeed.
func do(t *testing.T, s *luastore.Store, args ...any) luastore.Reply {
	t.Helper()
	r := s.Do(ctx, args...)
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

// readAttacks reads the attacks in testdata.
func readAttacks(t *testing.T) (attacks []attack) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(file), ".lua")
		for _, section := range strings.Split("\n"+string(text), "\n-- # ")[1:] {
			name, rest, _ := strings.Cut(section, "\n")
			outcome, script, _ := strings.Cut(rest, "\n")
			kind, want, _ := strings.Cut(strings.TrimPrefix(outcome, "-- "), ": ")
			switch kind {
			case "error", "reply", "endless":
			default:
				t.Fatalf("%s: %q says nothing of its outcome", file, name)
			}
			attacks = append(attacks, attack{name: family + "/" + name, kind: kind, want: regexp.MustCompile("(?s)" + want), script: script})
		}
	}
	return attacks
}

// outcome is what an attack came to.
type outcome struct {
	name string
	took time.Duration // beyond its deadline, if that ended it
	heap uint64        // bytes more than before, at most
}

// run runs the attack and checks what becomes of it and of the store.
func (a *attack) run(t *testing.T, s *luastore.Store, options luastore.Options) (o outcome) {
	wait := 3 * attackBound
	if a.kind == "endless" {
		wait = attackDeadline
	}
	o.name = a.name
	script, args := a.script, []any(nil)
	if a.source != nil {
		if args = []any{a.source()}; script == "" {
			script, args = args[0].(string), nil
		}
	}
	peak := watchHeap()
	short, cancel := context.WithTimeout(ctx, wait)
	start := time.Now()
	reply := s.Eval(short, script, nil, args...)
	o.took = time.Since(start)
	cancel()
	o.heap = peak()
	err := reply.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		o.took -= wait
	}
	a.check(t, options, reply)
	if o.took > attackBound || o.heap > heapBound {
		t.Errorf("took %v and %d MiB", o.took, o.heap>>20)
	}
	a.checkStore(t, s)
	return o
}

// check compares what the attack came to with what it should.
func (a *attack) check(t *testing.T, options luastore.Options, r luastore.Reply) {
	err := r.Err()
	got := ""
	switch {
	case err != nil && !errors.Is(err, luastore.ErrNil):
		got = err.Error()
	case a.kind == "reply":
		got = fmt.Sprint(r.Val())
	}
	switch {
	case options.MaxInstructions > 0 && errors.Is(err, luastore.ErrInstructions):
	case options.MaxScriptMemory > 0 && errors.Is(err, luastore.ErrMemory):
	case a.kind == "any" && !errors.Is(err, context.DeadlineExceeded):
	case a.kind == "endless":
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%.300s; want the deadline exceeded", got)
		}
	case (a.kind == "reply") != (err == nil || errors.Is(err, luastore.ErrNil)) || !a.want.MatchString(got):
		t.Errorf("got %.300s (%v); want %s: %s", got, errors.Is(err, context.DeadlineExceeded), a.kind, a.want)
	}
}

// checkStore looks at the store after an attack, and removes what it stored.
func (a *attack) checkStore(t *testing.T, s *luastore.Store) {
	keys := do(t, s, "KEYS", "*")
	for _, key := range keys.Val().([]any) {
		if key != "k" {
			do(t, s, "DEL", key)
		}
	}
	const script = `
		local ok, message = pcall(error, 'x', 0)
		local co = coroutine.wrap(function() return coroutine.yield('y') end)
		local t = cjson.decode(cjson.encode({ok and 1 or 0, message, co(), ('z'):rep(3), #KEYS, #ARGV}))
		return table.concat(t, ',') .. redis.call('GET', KEYS[1]) .. ARGV[1]`
	if got, err := s.Eval(ctx, script, []string{"k"}, "a").Text(); got != "0,x,y,zzz,1,1va" || err != nil {
		t.Errorf("the next script: %q, %v", got, err)
	}
	if got, err := s.Do(ctx, "GET", "k").Text(); got != "v" || err != nil {
		t.Errorf("the next GET: %q, %v", got, err)
	}
}

// watchHeap returns a function that ends watching and returns how much the heap
// and the stacks grew, at most.
func watchHeap() func() uint64 {
	runtime.GC()
	before := heap()
	peak := make(chan uint64)
	go func() {
		most := before
		for {
			select {
			case peak <- most - before:
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, heap())
			}
		}
	}()
	return func() uint64 { return <-peak }
}

// heap is what objects and stacks take, in bytes.
func heap() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}

// logWorst shows the attacks that took longest, and most.
func logWorst(t *testing.T, attacks []outcome) {
	show := func(what string, compare func(a, b outcome) int) {
		slices.SortFunc(attacks, compare)
		t.Logf("%s of %d attacks:", what, len(attacks))
		for _, o := range attacks[:min(10, len(attacks))] {
			t.Logf("%8v %5d MiB  %s", o.took.Round(time.Millisecond), o.heap>>20, o.name)
		}
	}
	show("the slowest", func(a, b outcome) int { return cmp.Compare(b.took, a.took) })
	show("the largest", func(a, b outcome) int { return cmp.Compare(b.heap, a.heap) })
}
