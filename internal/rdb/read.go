package rdb

import (
	"errors"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// object reads a value. A collection may be empty, which its caller judges.
// All of it is checked, as Redis does where sanitize-dump-payload is on: what is
// in a wrong order, incomplete or there twice is refused.
func (r *reader) object() value.Value {
	switch r.byte() {
	case typeString:
		return value.NewString(r.text())
	case typeList:
		return list(r.texts(1))
	case typeListZiplist:
		return list(texts(ziplist, r.part()))
	case typeListQuicklist:
		return r.list(func(visit func(text string)) { ziplist(r.part(), visit) })
	case typeListQuicklist2:
		return r.list(r.node)
	case typeSet:
		return r.set(r.texts(1))
	case typeSetIntset:
		return r.set(texts(intset, r.part()))
	case typeZset:
		return r.sortedSet(r.textScore)
	case typeZset2:
		return r.sortedSet(r.binaryScore)
	case typeZsetZiplist:
		return r.smallSortedSet(texts(ziplist, r.part()))
	case typeZsetListpack:
		return r.smallSortedSet(texts(listpack, r.part()))
	case typeHash:
		return r.hash(r.texts(2), r.limits)
	case typeHashZipmap:
		return r.hash(texts(zipmap, r.part()), r.limits)
	case typeHashZiplist:
		return r.smallHash(texts(ziplist, r.part()))
	case typeHashListpack:
		return r.smallHash(texts(listpack, r.part()))
	case typeStream:
		return r.stream(false)
	case typeStream2:
		return r.stream(true)
	}
	fail()
	return nil
}

// texts yields what visit visits of what r reads. A caller that finds something
// wrong stops by a panic, before the rest is read.
func texts(visit func(r reader, visit func(text string)), r reader) iter.Seq[string] {
	return func(yield func(string) bool) { visit(r, func(text string) { yield(text) }) }
}

// texts reads a number and yields so many texts, or groups of texts.
func (r *reader) texts(group uint64) iter.Seq[string] {
	return func(yield func(string) bool) {
		for range r.length() {
			for range group {
				r.need(elementSize)
				yield(r.text())
			}
		}
	}
}

func list(texts iter.Seq[string]) *value.List {
	l := new(value.List)
	for t := range texts {
		l.PushBack(t)
	}
	return l
}

// list reads a list that is written in nodes of several elements.
func (r *reader) list(node func(visit func(text string))) *value.List {
	l := new(value.List)
	for range r.length() {
		node(l.PushBack)
	}
	return l
}

// node reads a node of a quicklist: a listpack or a single text.
func (r *reader) node(visit func(text string)) {
	const plain, packed = 1, 2
	switch r.length() {
	case plain:
		r.need(elementSize)
		visit(r.text())
	case packed:
		listpack(r.part(), visit)
	default:
		fail()
	}
}

func (r *reader) set(members iter.Seq[string]) *value.Set {
	s := new(value.Set).Within(r.limits)
	for m := range members {
		r.need(memberSize)
		if !s.Add(m) {
			fail()
		}
	}
	return s
}

// intset visits sorted integers that are all of the same size.
func intset(r reader, visit func(text string)) {
	size, n := r.uint(4), r.uint(4)
	if size != 2 && size != 4 && size != 8 || n*size != uint64(len(r.rest)) {
		fail()
	}
	last := int64(math.MinInt64)
	for range n {
		i := r.int(int(size))
		if i < last {
			fail()
		}
		last = i
		visit(strconv.FormatInt(i, 10))
	}
}

// sortedSet reads members with scores that are written as score reads them.
func (r *reader) sortedSet(score func() float64) *value.SortedSet {
	z := value.NewLargeSortedSet().Within(r.limits)
	for range r.length() {
		r.need(scoredSize)
		member := r.text()
		addMember(z, member, score())
	}
	z.Fit()
	return z
}

func (r *reader) binaryScore() float64 { return math.Float64frombits(r.uint(8)) }

// textScore reads a score's text behind a byte that is its length, or that
// stands for what has no digits.
func (r *reader) textScore() float64 {
	switch n := r.byte(); n {
	case 255:
		return math.Inf(-1)
	case 254:
		return math.Inf(1)
	case 253:
		return math.NaN()
	default:
		return parseScore(r.take(uint64(n)))
	}
}

// smallSortedSet is the sorted set of members and their scores in turn. Like
// Redis it keeps the encoding even if members are too long for that.
func (r *reader) smallSortedSet(texts iter.Seq[string]) *value.SortedSet {
	anyText := *r.limits
	anyText.SortedSetText = math.MaxInt
	z := value.NewSortedSet().Within(&anyText)
	for member, score := range pairs(texts) {
		r.need(scoredSize)
		addMember(z, member, parseScore(score))
	}
	return z.Within(r.limits)
}

func addMember(z *value.SortedSet, member string, score float64) {
	if _, ok := z.Score(member); ok || math.IsNaN(score) {
		fail()
	}
	z.Set(member, score)
}

// parseScore reads a number as C prints it.
func parseScore(text string) float64 {
	f, err := strconv.ParseFloat(strings.TrimLeft(text, " "), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		fail()
	}
	return f
}

// hash is the hash of fields and their values in turn.
func (r *reader) hash(texts iter.Seq[string], l *value.Limits) *value.Hash {
	h := new(value.Hash).Within(l)
	for field, value := range pairs(texts) {
		r.need(memberSize)
		if !h.Set(field, value) {
			fail()
		}
	}
	return h
}

// smallHash is hash, but like Redis keeps the encoding even if texts are too
// long for that.
func (r *reader) smallHash(texts iter.Seq[string]) *value.Hash {
	anyText := *r.limits
	anyText.HashText = math.MaxInt
	return r.hash(texts, &anyText).Within(r.limits)
}

// pairs yields the texts two at a time.
func pairs(texts iter.Seq[string]) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		first, n := "", 0
		for text := range texts {
			if n++; n%2 == 0 {
				yield(first, text)
			}
			first = text
		}
		if n%2 != 0 {
			fail()
		}
	}
}
