package command_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/acl"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

var aclCalls = flag.Int("acl.calls", 20_000, "for how many random calls to ask a real Redis whether a user may make them")

// randomUser returns rules of a user who may do something, but not everything.
func randomUser(rnd *rand.Rand) []string {
	rules := []string{"reset", "clearselectors"}
	some := func() []string {
		sign := []string{"+", "-"}
		rules := []string{[]string{"+@all", "-@all", "+@read", "+@write"}[rnd.IntN(4)]}
		for range rnd.IntN(5) {
			rules = append(rules, sign[rnd.IntN(2)]+"@"+acl.CategoryNames[rnd.IntN(len(acl.CategoryNames))])
			name := commandNames[rnd.IntN(len(commandNames))]
			if !transcript.Newer(name) {
				rules = append(rules, sign[rnd.IntN(2)]+name)
			}
		}
		if rnd.IntN(4) == 0 {
			rules = append(rules, "-get", "-set", "+get|a", "+set|b")
		}
		for range rnd.IntN(6) {
			access := []string{"~", "%R~", "%W~", "%RW~"}[rnd.IntN(4)]
			rules = append(rules, access+[]string{"a*", "b", "*:*", "**", "?", "[ab]*"}[rnd.IntN(6)])
		}
		return append(rules, [][]string{{"&*"}, {"&a", "&[0-9]*"}, {}, {"&b*"}}[rnd.IntN(4)]...)
	}
	rules = append(rules, some()...)
	for range rnd.IntN(3) {
		rules = append(rules, "("+strings.Join(some(), " ")+")")
	}
	return rules
}

// Random users must be allowed the same calls here and by a real Redis.
func TestRandomPermissions(t *testing.T) {
	server, local := transcript.StartRedis(t), transcript.NewLocal(command.NewTable(), time.Now())
	rnd := rand.New(rand.NewPCG(*differentialSeed, 1))
	both := func(args []string) (want, got string) {
		render := func(r command.Reply) string { return strings.Join(transcript.Render(r, transcript.Exact), "\n") }
		return render(server.Do(args)), render(local.Do(args))
	}
	allowed, denied := 0, 0
	var rules []string
	for n := range *aclCalls {
		if n%20 == 0 {
			rules = randomUser(rnd)
			if want, got := both(append([]string{"ACL", "SETUSER", "ann"}, rules...)); want != "OK" || got != want {
				t.Fatalf("%q: %s, want %s", rules, got, want)
			}
		}
		call := randomCommand(rnd, randomFamily(rnd))
		if rnd.IntN(20) == 0 {
			name := []string{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUBLISH", "SPUBLISH"}[rnd.IntN(6)]
			call = []string{name, randomArg(rnd, "key"), []string{"a", "b", "b*", "1"}[rnd.IntN(4)]}
		}
		if transcript.Newer(call[0]) {
			continue
		}
		want, got := both(append([]string{"ACL", "DRYRUN", "ann"}, call...))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %q may %q (-want +got):\n%s", *differentialSeed, rules, call, diff)
		}
		if want == "OK" {
			allowed++
		} else {
			denied++
		}
	}
	if allowed < *aclCalls/10 || denied < *aclCalls/10 {
		t.Errorf("%s: too few of one sort", fmt.Sprint(allowed, " allowed and ", denied, " denied"))
	}
}
