package acl_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/acl"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// serverCatalog returns the commands of a real Redis.
func serverCatalog(server *transcript.Server) *acl.Catalog {
	var commands []acl.Command
	var add func(infos []command.Reply)
	add = func(infos []command.Reply) {
		for _, info := range infos {
			cmd := acl.Command{Name: info.Elems()[0].Str()}
			for _, category := range info.Elems()[6].Elems() {
				cmd.Categories |= acl.Category(strings.TrimPrefix(category.Str(), "@"))
			}
			commands = append(commands, cmd)
			add(info.Elems()[9].Elems())
		}
	}
	add(server.Do([]string{"COMMAND"}).Elems())
	return acl.NewCatalog(commands, split)
}

func split(line string) (texts []string) {
	words, _ := command.SplitWords(line)
	for _, w := range words {
		texts = append(texts, w.Text)
	}
	return texts
}

var words = strings.Fields(`on off nopass resetpass reset clearselectors sanitize-payload skip-sanitize-payload
	allkeys ~* resetkeys allchannels &* resetchannels allcommands nocommands +@all -@all ON Reset AllKeys +@ALL`)

var names = strings.Fields(`get set hget hgetall lpush config config|get config|set client client|kill client|id acl
	acl|whoami select ping eval xread zadd sort spublish subscribe object|encoding debug cluster cluster|slots nosuch
	config|nosuch config|get|x get|x GET Config|Get SELECT|a select|A select|b get| |x config| | hello auth geoadd`)

// randomRule returns a rule, one in many of which no user can have.
func randomRule(rnd *rand.Rand) string {
	pick := func(from []string) string { return from[rnd.IntN(len(from))] }
	sign := pick([]string{"+", "-"})
	switch rnd.IntN(12) {
	case 0, 1:
		return pick(words)
	case 2, 3, 4:
		return sign + pick(names)
	case 5, 6, 7:
		category := pick(acl.CategoryNames)
		if rnd.IntN(10) == 0 {
			category = pick([]string{"nosuch", "", "READ", "all", "read\x00x"})
		}
		return sign + "@" + category
	case 8:
		access := pick([]string{"~", "~", "%R~", "%W~", "%RW~", "%wr~", "%RR~", "%~", "%", "%R", "%X~", "~%R~"})
		return access + pick([]string{"a*", "b", "*", "", "a b", "c?", "~", "x\x00y", "[a-c]\xff"})
	case 9:
		return "&" + pick([]string{"a*", "b", "*", "", "a b", "c?", "&", "x\x00y"})
	case 10:
		return pick([]string{">", "<", "#", "!"}) + pick([]string{
			"a", "b", "", strings.Repeat("ab", 32), strings.Repeat("AB", 32), strings.Repeat("0", 63), strings.Repeat("xy", 32),
			"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", "\x00",
		})
	}
	return pick([]string{"", "x", " on", "on ", "(", ")", "()", "+", "-", "on\x00x", "\x00", "a\r\nb", "%", "((", "))"})
}

// randomRules returns rules, some in parentheses, in one word or in several.
func randomRules(rnd *rand.Rand) (rules []string) {
	for range 1 + rnd.IntN(6) {
		if rnd.IntN(6) > 0 {
			rules = append(rules, randomRule(rnd))
			continue
		}
		var inner []string
		for range rnd.IntN(5) {
			inner = append(inner, randomRule(rnd))
		}
		text := "(" + strings.Join(inner, " ") + ")"
		switch rnd.IntN(4) {
		case 0:
			rules = append(rules, strings.Split(text, " ")...)
		case 1:
			rules = append(rules, `("~a\x41" '+get' "%R~b)`, text)
		default:
			rules = append(rules, text)
		}
	}
	return rules
}

// inOrder returns the words with single commands, which Redis lists in the order
// of a hash table, sorted in each selector.
func inOrder(description string) string {
	words := strings.Fields(description)
	isSingle := func(w string) bool { return (w[0] == '+' || w[0] == '-') && w[1] != '@' }
	for i := 0; i < len(words); i++ {
		from := i
		for i < len(words) && isSingle(words[i]) {
			i++
		}
		end := ""
		if from < i && strings.HasSuffix(words[i-1], ")") {
			end = ")"
			words[i-1] = strings.TrimSuffix(words[i-1], ")")
		}
		slices.Sort(words[from:i])
		if from < i {
			words[i-1] += end
		}
	}
	return strings.Join(words, " ")
}

// Random rules must be taken, refused and shown as by a real Redis.
func TestRandomRules(t *testing.T) {
	server := transcript.StartRedis(t)
	users := acl.NewUsers(serverCatalog(server))
	const lists = 5000
	rnd := rand.New(rand.NewPCG(1, 0))
	for n := range lists {
		name := fmt.Sprintf("user%d", n%7)
		if rnd.IntN(50) == 0 {
			name = []string{"a b", "a\x00b", "", "\t"}[rnd.IntN(4)]
		}
		rules := randomRules(rnd)
		want := server.Do(append([]string{"ACL", "SETUSER", name}, rules...)).Str()
		got := "OK"
		if complaint := users.Set(name, rules, func(int) {}, func(_, _ *acl.User) {}); complaint != "" {
			got = command.ErrorLine("ERR " + complaint)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q %q (-want +got):\n%s", name, rules, diff)
		}
		u := users.Get(name)
		if u == nil {
			continue
		}
		list := server.Do([]string{"ACL", "LIST"}).Elems()
		var lines []string
		for _, name := range users.Names() {
			lines = append(lines, users.Get(name).String())
		}
		for i := range list {
			if diff := cmp.Diff(inOrder(list[i].Str()), inOrder(lines[i])); diff != "" {
				t.Fatalf("%q %q (-want +got):\n%s", name, rules, diff)
			}
		}
		if diff := cmp.Diff(getUser(server, name), describe(u)); diff != "" {
			t.Fatalf("%q %q (-want +got):\n%s", name, rules, diff)
		}
		if n%100 == 99 {
			for _, name := range users.Names() {
				if name != acl.DefaultName {
					server.Do([]string{"ACL", "DELUSER", name})
					users.Delete(name)
				}
			}
		}
	}
}

// A description is what ACL GETUSER answers.
type description struct {
	Flags, Passwords []string
	Permissions      []acl.Permissions
}

func describe(u *acl.User) description {
	d := description{append([]string{}, u.Flags()...), append([]string{}, u.Passwords()...), u.Permissions()}
	for i := range d.Permissions {
		d.Permissions[i].Commands = inOrder(d.Permissions[i].Commands)
	}
	return d
}

func getUser(server *transcript.Server, name string) description {
	texts := func(r command.Reply) []string {
		all := []string{}
		for _, e := range r.Elems() {
			all = append(all, e.Str())
		}
		return all
	}
	r := server.Do([]string{"ACL", "GETUSER", name}).Elems()
	permissions := func(r []command.Reply, i int) acl.Permissions {
		return acl.Permissions{Commands: inOrder(r[i].Str()), Keys: r[i+2].Str(), Channels: r[i+4].Str()}
	}
	d := description{texts(r[1]), texts(r[3]), []acl.Permissions{permissions(r, 5)}}
	for _, s := range r[11].Elems() {
		d.Permissions = append(d.Permissions, permissions(s.Elems(), 1))
	}
	return d
}
