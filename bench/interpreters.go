package main

import (
	"context"
	"errors"
	"strings"
	"time"

	golua "github.com/Shopify/go-lua"
	gopher "github.com/yuin/gopher-lua"
)

// Other interpreters of Lua in Go, which know no commands.

var errNoCommands = errors.New("cannot call commands")

func needsCommands(w workload) bool { return strings.Contains(w.source(), "redis.") }

type gopherLua struct{}

func (gopherLua) name() string { return "gopher-lua" }

func (gopherLua) measure(_ context.Context, w workload, d time.Duration) (result, error) {
	if needsCommands(w) {
		return result{}, errNoCommands
	}
	l := gopher.NewState()
	defer l.Close()
	argv := l.NewTable()
	for _, a := range w.args(0) {
		argv.Append(gopher.LNumber(a.(int)))
	}
	l.SetGlobal("ARGV", argv)
	f, err := l.LoadString(w.source())
	if err != nil {
		return result{}, err
	}
	return repeat(d, 1, func(int) error {
		l.Push(f)
		err := l.PCall(0, 1, nil)
		l.SetTop(0)
		return err
	})
}

type goLua struct{}

func (goLua) name() string { return "go-lua" }

func (goLua) measure(_ context.Context, w workload, d time.Duration) (result, error) {
	if needsCommands(w) {
		return result{}, errNoCommands
	}
	l := golua.NewState()
	golua.OpenLibraries(l)
	l.NewTable()
	for i, a := range w.args(0) {
		l.PushInteger(a.(int))
		l.RawSetInt(-2, i+1)
	}
	l.SetGlobal("ARGV")
	if err := golua.LoadString(l, w.source()); err != nil {
		return result{}, err
	}
	return repeat(d, 1, func(int) error {
		l.PushValue(1)
		err := l.ProtectedCall(0, 1, 0)
		l.SetTop(1)
		return err
	})
}
