package command

import (
	"strings"
	"testing"
)

// What is in the table must not be listed as absent.
func TestAbsent(t *testing.T) {
	table := NewTable()
	for _, names := range absent {
		for name := range strings.FieldsSeq(names) {
			if table.exactly(name) != nil {
				t.Errorf("%s is in the table", name)
			}
		}
	}
}
