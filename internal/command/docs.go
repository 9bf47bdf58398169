package command

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed docs.txt
var docsText string

// documentation is docs.txt by name of command, read when it is asked for.
var documentation = sync.OnceValue(func() map[string]*doc { return parseDocs(docsText) })

// A doc is what docs.txt says of a command.
type doc struct {
	name                   string
	group, since           string
	complexity, summary    string
	history                []revision
	system                 bool   // for Redis's own use
	deprecated, replacedBy string // since which version, by what
	arguments              []argument
}

// A revision is what a version changed.
type revision struct{ version, change string }

// parseDocs parses the text of docs.txt, whose head says how it is written.
func parseDocs(text string) map[string]*doc {
	all := map[string]*doc{}
	group := ""
	var d *doc
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		fact, indented := strings.CutPrefix(line, "\t")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '=':
			group = strings.Trim(line, "= ")
		case !indented:
			name, syntax, _ := strings.Cut(line, " ")
			d = &doc{name: strings.ToLower(name), group: group, arguments: parseSyntax(syntax)}
			all[d.name] = d
		case d.since == "":
			d.since, fact, _ = strings.Cut(fact, "; ")
			d.complexity, d.summary, _ = strings.Cut(fact, "; ")
		case fact == "system":
			d.system = true
		default:
			version, what, _ := strings.Cut(fact, "; ")
			if v, ok := strings.CutPrefix(version, "deprecated "); ok {
				d.deprecated, d.replacedBy = v, what
			} else {
				d.history = append(d.history, revision{version, what})
			}
		}
	}
	return all
}

// newer says whether Redis 7.0.15 does not have the command yet.
func (cmd *Command) newer() bool {
	d := documentation()[cmd.Name]
	return d == nil || d.since > "7.0.15" // as texts, for no version has two digits before its points
}

// docs is what COMMAND DOCS says of the command: what docs.txt has, which is
// nothing of commands that are no part of Redis.
func (cmd *Command) docs() Reply {
	d := documentation()[cmd.Name]
	if d == nil {
		return Map()
	}
	var m fields
	m.text("summary", d.summary)
	m.text("since", d.since)
	m.text("group", d.group)
	m.text("complexity", d.complexity)
	switch {
	case d.system:
		m.add("doc_flags", Set(Status("syscmd")))
	case d.deprecated != "":
		m.add("doc_flags", Set(Status("deprecated")))
	}
	m.text("deprecated_since", d.deprecated)
	m.text("replaced_by", d.replacedBy)
	if d.history != nil {
		var changes []Reply
		for _, h := range d.history {
			changes = append(changes, Array(Bulk(h.version), Bulk(h.change)))
		}
		m.add("history", Set(changes...))
	}
	m.arguments(d.arguments)
	if cmd.subcommands != nil {
		var subs fields
		for _, name := range slices.Sorted(maps.Keys(cmd.subcommands)) {
			sub := cmd.subcommands[name]
			subs.add(sub.Name, sub.docs())
		}
		m.add("subcommands", Map(subs...))
	}
	return Map(m...)
}

func (a argument) docs() Reply {
	var m fields
	m.text("name", a.name)
	m.text("type", a.kind)
	if a.keySpec >= 0 {
		m.add("key_spec_index", Int(a.keySpec))
	}
	if a.hasToken {
		m.add("token", Bulk(a.token))
	}
	m.text("since", a.since)
	m.text("deprecated_since", a.deprecated)
	if a.flags != 0 {
		m.add("flags", flagSet(a.flags, argumentFlagNames))
	}
	m.arguments(a.arguments)
	return Map(m...)
}

// fields are the keys and values of a map.
type fields []Reply

func (m *fields) add(key string, val Reply) { *m = append(*m, Bulk(key), val) }

// text adds a text that is not empty.
func (m *fields) text(key, val string) {
	if val != "" {
		m.add(key, Bulk(val))
	}
}

func (m *fields) arguments(args []argument) {
	if len(args) == 0 {
		return
	}
	var elems []Reply
	for _, a := range args {
		elems = append(elems, a.docs())
	}
	m.add("arguments", Array(elems...))
}
