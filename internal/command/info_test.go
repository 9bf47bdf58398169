package command_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

func TestCommandInfo(t *testing.T) { transcript.CompareInfo(t, command.NewTable(), newLocal()) }

func TestCommandListByCategory(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	list := func(e transcript.Executor, filter ...string) []string {
		var names []string
		for _, name := range e.Do(append([]string{"COMMAND", "LIST"}, filter...)).Elems() {
			if !transcript.Newer(name.Str()) {
				names = append(names, name.Str())
			}
		}
		slices.Sort(names)
		return names
	}
	known := list(local)
	for _, category := range server.Do([]string{"ACL", "CAT"}).Elems() {
		for _, spelling := range []string{category.Str(), strings.ToUpper(category.Str())} {
			want := slices.DeleteFunc(list(server, "FILTERBY", "ACLCAT", spelling), func(name string) bool {
				_, ok := slices.BinarySearch(known, name)
				return !ok
			})
			if diff := cmp.Diff(want, list(local, "FILTERBY", "ACLCAT", spelling), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", spelling, diff)
			}
		}
	}
}
