package acl

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// A list is texts, each once, in the order in which they were added. The zero list
// is empty. Its methods take constant time unless they say otherwise.
type list struct {
	texts []string       // also some that were removed
	at    map[string]int // where each is, by what it is known by
}

// add adds a text, unless there is one that is known by the same key.
func (l *list) add(key, text string) {
	if _, ok := l.at[key]; ok {
		return
	}
	if l.at == nil {
		l.at = make(map[string]int)
	}
	l.at[strings.Clone(key)] = len(l.texts)
	l.texts = append(l.texts, strings.Clone(text))
}

// has reports whether a text is known by the key.
func (l *list) has(key string) bool {
	_, ok := l.at[key]
	return ok
}

// remove removes a text that is known by itself, and reports whether it was there.
// It takes amortized constant time.
func (l *list) remove(text string) bool {
	if !l.has(text) {
		return false
	}
	delete(l.at, text)
	if 2*len(l.at) <= len(l.texts) {
		l.texts = slices.AppendSeq(make([]string, 0, len(l.at)), l.all())
		for i, text := range l.texts {
			l.at[text] = i
		}
	}
	return true
}

// all yields the texts.
func (l *list) all() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, text := range l.texts {
			if len(l.at) < len(l.texts) {
				if at, ok := l.at[text]; !ok || at != i {
					continue
				}
			}
			if !yield(text) {
				return
			}
		}
	}
}

// clone takes time linear in the number of texts.
func (l *list) clone() list { return list{slices.Clone(l.texts), maps.Clone(l.at)} }
