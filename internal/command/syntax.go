package command

import (
	"fmt"
	"strings"
)

// An argument is an element of a command's syntax as COMMAND DOCS shows it.
type argument struct {
	name, kind        string
	token             string
	hasToken          bool   // there is a token, if only an empty one
	since, deprecated string // the versions that brought and deprecated it
	keySpec           int    // of a key, which of the row's key specs; -1: no key
	flags             argumentFlags
	arguments         []argument
}

type argumentFlags uint16

const (
	optional argumentFlags = 1 << iota
	multiple
	multipleToken // the token is repeated as well
)

var argumentFlagNames = []flagName[argumentFlags]{
	{optional, "optional"},
	{multiple, "multiple"},
	{multipleToken, "multiple_token"},
}

// parseSyntax parses a command's syntax without the command's name:
//
//	member             an argument; its kind follows from its name (argumentKind)
//	start<string>      or is given
//	key2#0             a key of that key spec, where it is not the next one
//	NX, '*'            a token: in quotes if it does not begin with a capital
//	COUNT count        an argument after a token
//	(field value)      arguments that belong together
//	(LEFT|RIGHT)       alternatives
//	[…]                optional; of several elements, optional as a whole
//	change=CH          a name, where it is not the token, or those of the
//	order=[ASC|DESC]   elements with _ between them
//	key…               one or more, written with three dots
//	[GET pattern]…     each time after the token
//	GET@6.2.0          since that version; @-2.8.12: deprecated since
//
// It panics if the text is none.
func parseSyntax(text string) []argument {
	p := syntaxParser{text: text}
	args, last := p.sequence()
	if last != 0 {
		p.fail()
	}
	return args
}

type syntaxParser struct {
	text string // what is left
	keys int    // how many keys there were
}

func (p *syntaxParser) fail() { panic(fmt.Sprintf("bad syntax before %q", p.text)) }

// sequence parses elements up to a bracket or bar, which it returns; 0 is the
// end of the text.
func (p *syntaxParser) sequence() (args []argument, last byte) {
	for {
		p.text = strings.TrimLeft(p.text, " ")
		if p.text == "" {
			return args, 0
		}
		if c := p.text[0]; strings.IndexByte("|)]", c) >= 0 {
			p.text = p.text[1:]
			return args, c
		}
		args = append(args, p.element())
	}
}

// element parses one element with all that follows it.
func (p *syntaxParser) element() (a argument) {
	name := ""
	if word := p.peekWord(); strings.HasPrefix(p.text[len(word):], "=") {
		name, p.text = word, p.text[len(word)+1:]
	}
	switch c := (p.text + " ")[0]; {
	case c == '(':
		a = p.group(')')
	case c == '[':
		a = p.group(']')
	case c == '\'' || 'A' <= c && c <= 'Z':
		a = p.token()
	default:
		a = p.plain()
	}
	if name != "" {
		a.name = name
	}
	p.suffixes(&a)
	return a
}

// group parses what is in brackets.
func (p *syntaxParser) group(closing byte) argument {
	p.text = p.text[1:]
	elems, last := p.sequence()
	a := argument{kind: "block", keySpec: -1, arguments: elems}
	for last == '|' { // alternatives, each of one element
		a.kind = "oneof"
		elems, last = p.sequence()
		a.arguments = append(a.arguments, elems...)
	}
	if last != closing || len(a.arguments) == 0 {
		p.fail()
	}
	a.name = joinNames(a.arguments)
	if closing == ']' {
		if len(a.arguments) == 1 {
			a = a.arguments[0]
		}
		a.flags |= optional
	}
	return a
}

func joinNames(args []argument) string {
	var names []string
	for _, a := range args {
		names = append(names, a.name)
	}
	return strings.Join(names, "_")
}

// token parses a token and the argument that it stands before, if there is
// one.
func (p *syntaxParser) token() argument {
	word := p.peekWord()
	p.text = p.text[len(word):]
	token := strings.Trim(word, "'")
	if rest := strings.TrimPrefix(p.text, " "); rest != p.text && (rest[0] == '(' || 'a' <= rest[0] && rest[0] <= 'z') {
		p.text = rest
		a := p.element()
		a.token, a.hasToken = token, true
		return a
	}
	return argument{name: strings.ToLower(token), kind: "pure-token", token: token, hasToken: true, keySpec: -1}
}

// plain parses the name of an argument, with its kind.
func (p *syntaxParser) plain() argument {
	a := argument{name: p.peekWord(), keySpec: -1}
	p.text = p.text[len(a.name):]
	if a.name == "" {
		p.fail()
	}
	a.kind = argumentKind(a.name)
	if rest, ok := strings.CutPrefix(p.text, "<"); ok {
		a.kind, p.text, _ = strings.Cut(rest, ">")
	}
	if rest, ok := strings.CutPrefix(p.text, "#"); ok {
		a.keySpec, p.text = int(rest[0]-'0'), rest[1:]
		p.keys = a.keySpec + 1
	} else if a.kind == "key" {
		a.keySpec = p.keys
		p.keys++
	}
	return a
}

// suffixes parses the versions and dots that follow an element.
func (p *syntaxParser) suffixes(a *argument) {
	for {
		switch rest := p.text; {
		case strings.HasPrefix(rest, "@-"):
			p.text = rest[2:]
			a.deprecated = p.version()
		case strings.HasPrefix(rest, "@"):
			p.text = rest[1:]
			a.since = p.version()
		case strings.HasPrefix(rest, "..."):
			p.text = rest[3:]
			if a.flags == optional && a.hasToken {
				a.flags |= multipleToken
			}
			a.flags |= multiple
		default:
			return
		}
	}
}

// peekWord returns the name or token that the text begins with.
func (p *syntaxParser) peekWord() string {
	if quoted, ok := strings.CutPrefix(p.text, "'"); ok {
		return p.text[:strings.IndexByte(quoted, '\'')+2]
	}
	if end := strings.IndexAny(p.text, " |()[]<@#=."); end >= 0 {
		return p.text[:end]
	}
	return p.text
}

// version parses a version: three numbers with points between them.
func (p *syntaxParser) version() string {
	rest := p.text
	for i := range 3 {
		if i > 0 {
			rest = strings.TrimPrefix(rest, ".")
		}
		rest = strings.TrimLeft(rest, "0123456789")
	}
	v := p.text[:len(p.text)-len(rest)]
	p.text = rest
	return v
}

// argumentKind returns the kind of an argument, by its name, where the syntax
// does not say it.
func argumentKind(name string) string {
	switch name {
	case "key", "key1", "key2", "source", "destination", "destkey", "newkey", "src", "dst", "sourcekey":
		return "key"
	case "bit", "bits", "client-id", "cluster_bus_port", "config-epoch", "count", "cursor", "db", "decrement",
		"destination-db", "end", "end-slot", "entries_added", "entries_read", "frequency", "increment", "index",
		"index1", "index2", "len", "limit", "milliseconds", "ms", "num-matches", "numfields", "numids", "numkeys",
		"numlocal", "numreplicas", "offset", "port", "protover", "rank", "seconds", "slot", "start", "start-slot",
		"stop", "ttl", "version", "weight":
		return "integer"
	case "height", "latitude", "longitude", "max", "min", "radius", "score", "timeout", "width":
		return "double"
	case "pattern":
		return "pattern"
	case "unix-time-milliseconds", "unix-time-seconds":
		return "unix-time"
	}
	return "string"
}
