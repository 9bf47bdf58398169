package command

import (
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// A KeySpec says where a command's keys are and what it does with them.
type KeySpec struct {
	Flags KeyFlags
	Begin int // position of the first key or, with NumKeys, of their number
	Last  int // of the last key, counted from Begin, or from the end where negative
	Step  int
	// NumKeys: the argument at Begin is the number of keys, which follow it in
	// steps.
	NumKeys bool
	// Unknown: where the key is, is not for the table to say. Find, if it is not
	// nil, finds it in a call; 0: not there.
	Unknown bool
	Find    func(args []string) int
	// Patterns returns the patterns in a call by which keys are found that are
	// not in args.
	Patterns func(args []string) []string
	// Keyword: the key follows this word, which is sought from Begin on, or
	// backwards from there, counted from the end, if it is negative; it need not be
	// there. With a Limit keys do, as many as the arguments there are divided by it.
	Keyword string
	Limit   int
	// Whole, of a spec that is Incomplete, returns all keys of a call in which the
	// Keyword is.
	Whole func(args []string) []keyArg
	// Note is COMMAND INFO's remark.
	Note string
	// Vary, of a key with VariableFlags, returns the flags for a call.
	Vary func(args []string) KeyFlags
}

// KeyFlags say what a command does with a key: one of RO, RW, OW, RM, and
// what it is after.
type KeyFlags uint16

const (
	RO KeyFlags = 1 << iota // read only
	RW                      // read and write
	OW                      // overwrite
	RM                      // remove
	Access
	Update
	Insert
	Delete
	NotKey     // it is none, but belongs where a key of that name would
	Incomplete // the spec alone does not say which arguments are keys
	VariableFlags
)

// oneKey is the argument after the name; allKeys every argument after it;
// keyPairs every second, values between them.
func oneKey(f KeyFlags) []KeySpec   { return keyRange(f, 1, 0, 1) }
func allKeys(f KeyFlags) []KeySpec  { return keyRange(f, 1, -1, 1) }
func keyPairs(f KeyFlags) []KeySpec { return keyRange(f, 1, -1, 2) }

// fromTo is a source and a destination, the two arguments after the name.
func fromTo(from, to KeyFlags) []KeySpec {
	return append(keyRange(from, 1, 0, 1), keyRange(to, 2, 0, 1)...)
}

// intoFromAll is a destination, the argument after the name, and sources, all
// that follow.
func intoFromAll(into KeyFlags) []KeySpec {
	return append(keyRange(into, 1, 0, 1), keyRange(RO|Access, 2, -1, 1)...)
}

// numKeys is the keys after argument i, which is their number.
func numKeys(f KeyFlags, i int) []KeySpec {
	return []KeySpec{{Flags: f, Begin: i, Step: 1, NumKeys: true}}
}

// popKey is what a command does with a key from which it takes elements.
const popKey = RW | Access | Delete

func keyRange(f KeyFlags, begin, last, step int) []KeySpec {
	return []KeySpec{{Flags: f, Begin: begin, Last: last, Step: step}}
}

// A keyArg is an argument that is a key.
type keyArg struct {
	at    int
	flags KeyFlags
}

// keys returns the keys in args, or nil where one of the specs does not fit
// them.
func (cmd *Command) keys(args []string) []keyArg {
	var found []keyArg
	for _, k := range cmd.Keys {
		first, last, step := k.Begin, k.Begin+k.Last, k.Step
		switch {
		case k.Unknown:
			if k.Find == nil {
				continue
			}
			if first = k.Find(args); first == 0 {
				continue
			}
			last, step = first, 1
		case k.Keyword != "":
			if first = k.keyword(args) + 1; first == 0 {
				continue
			}
			if k.Whole != nil {
				return k.Whole(args)
			}
			if last = first; k.Limit > 0 {
				last = first + (len(args)-first)/k.Limit - 1
			}
		case k.NumKeys:
			if k.Begin >= len(args) {
				return nil
			}
			n, ok := value.ParseInt(args[k.Begin])
			first, last = k.Begin+1, k.Begin+1+(int(int32(n))-1)*step
			if !ok || n < 0 || last < first || last >= len(args) {
				return cmd.looselyCounted(args)
			}
		case k.Last < 0:
			last = len(args) + k.Last
		}
		if first >= len(args) || last >= len(args) || last < first {
			return nil
		}
		flags := k.Flags
		if k.Vary != nil {
			flags = k.Vary(args)
		}
		for i := first; i <= last; i += step {
			found = append(found, keyArg{i, flags})
		}
	}
	return found
}

// KeysIn returns the keys in args, a call with a number of arguments that is
// right, and the patterns by which SORT finds keys. Specs that do not fit args, as
// that of the sources of a PFMERGE without any, take nothing from the others.
func (cmd *Command) KeysIn(args []string) (keys []string) {
	for i, k := range cmd.Keys {
		alone := Command{Row: Row{Keys: cmd.Keys[i : i+1]}}
		for _, k := range alone.keys(args) {
			keys = append(keys, args[k.at])
		}
		if k.Patterns != nil {
			keys = append(keys, k.Patterns(args)...)
		}
	}
	return keys
}

// looselyCounted returns the keys of a command with NumKeys where their number
// is none, or not strictly: Redis then reads it as C's atoi does and says
// nothing of what the command does with the keys. A destination comes last.
func (cmd *Command) looselyCounted(args []string) (found []keyArg) {
	var destinations []keyArg
	for _, k := range cmd.Keys {
		if !k.NumKeys {
			destinations = append(destinations, keyArg{at: k.Begin})
			continue
		}
		n := atoi(args[k.Begin])
		if n < 1 || n*k.Step >= len(args)-k.Begin {
			return nil
		}
		for i := range n {
			found = append(found, keyArg{at: k.Begin + 1 + i*k.Step})
		}
	}
	return append(found, destinations...)
}

// atoi returns the number that s begins with, if only 0, in 32 bits.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && ('0' <= s[end] && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.ParseInt(s[:end], 10, 64) // at the limit if it is beyond
	return int(int32(n))
}

// keyword returns where in args the keyword is that a key follows, or -1.
func (k *KeySpec) keyword(args []string) int {
	is := func(i int) bool { return equalFold(cString(args[i]), k.Keyword) }
	if k.Begin < 0 {
		for i := len(args) + k.Begin; i > 1; i-- {
			if is(i) {
				return i
			}
		}
		return -1
	}
	for i := k.Begin; i < len(args)-1; i++ {
		if is(i) {
			return i
		}
	}
	return -1
}

// keySpan returns the first key, the last and the step between them, as older
// clients know them. Of several specs it covers the ranges that join up.
func (cmd *Command) keySpan() (first, last, step int) {
	for _, k := range cmd.Keys {
		joins := k.Step == 1 && (last == 0 || k.Begin == last+1)
		if k.NumKeys || k.Keyword != "" || !joins && len(cmd.Keys) > 1 {
			continue
		}
		if first == 0 {
			first = k.Begin
		}
		last, step = k.Last, k.Step
		if last >= 0 {
			last += k.Begin
		}
	}
	return first, last, step
}
