package luastore

import (
	"container/list"
	"crypto/sha1"
	"encoding/hex"
	"strings"
)

// How many scripts that came with EVAL are kept, and how many bytes of source.
// Compiled, a script may be 40 times as large.
const (
	maxEvaluated       = 500
	maxEvaluatedSource = 8 << 20
)

// cache holds compiled scripts by their SHA-1. Those that EVAL brought are
// bounded: the one used least recently goes first. Those that SCRIPT LOAD
// brought stay.
type cache struct {
	bySHA    map[string]*script
	bySource map[string]*script
	last     *script   // that was found by its SHA-1; nil: none
	recent   list.List // of the scripts that EVAL brought, the most recent last
	size     int       // of their sources
}

// script is a compiled script. Its name is the SHA-1, in 40 lower-case
// hexadecimal digits.
type script struct {
	program
	used *list.Element // in cache.recent; nil if SCRIPT LOAD brought it
}

// sha1hex returns the SHA-1 of a script's source, in hexadecimal.
func sha1hex(source string) string {
	sum := sha1.Sum([]byte(source))
	return hex.EncodeToString(sum[:])
}

// get returns the script with the SHA-1, in any case, or nil.
func (c *cache) get(sha string) *script {
	if c.last != nil && c.last.name == sha { // as often
		return c.use(c.last)
	}
	sc := c.bySHA[sha]
	if sc == nil {
		sc = c.bySHA[strings.ToLower(sha)]
	}
	c.last = sc
	return c.use(sc)
}

// source returns the script with the source, or nil.
func (c *cache) source(source string) *script { return c.use(c.bySource[source]) }

// use marks sc, which may be nil, as used just now.
func (c *cache) use(sc *script) *script {
	if sc != nil && sc.used != nil {
		c.recent.MoveToBack(sc.used)
	}
	return sc
}

// add adds a script that EVAL brought.
func (c *cache) add(sc *script) {
	if c.bySHA == nil {
		c.bySHA, c.bySource = map[string]*script{}, map[string]*script{}
	}
	c.bySHA[sc.name], c.bySource[sc.source] = sc, sc
	c.lend(sc)
	for c.recent.Len() > maxEvaluated || c.size > maxEvaluatedSource {
		c.remove(c.recent.Front().Value.(*script))
	}
}

func (c *cache) remove(sc *script) {
	if c.last == sc {
		c.last = nil
	}
	c.keep(sc) // so that it is not among the recent ones
	delete(c.bySHA, sc.name)
	delete(c.bySource, sc.source)
}

// lend makes sc one that EVAL brought.
func (c *cache) lend(sc *script) {
	sc.used = c.recent.PushBack(sc)
	c.size += len(sc.source)
}

// keep makes sc stay until the cache is flushed.
func (c *cache) keep(sc *script) {
	if sc.used != nil {
		c.recent.Remove(sc.used)
		c.size -= len(sc.source)
		sc.used = nil
	}
}

// flush removes all scripts, and returns what brings them back.
func (c *cache) flush() (undo func()) {
	old := *c
	*c = cache{}
	return func() { *c = old }
}
