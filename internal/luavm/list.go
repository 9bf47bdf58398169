package luavm

// A List is a table of strings that is filled anew for each run, without
// allocating. Nothing of a run may outlive it that still has the table.
type List struct {
	table   Table
	values  []Value
	strings []String
}

// Fill makes the list a fresh table of the texts, at 1…, and returns it.
func (l *List) Fill(m *Machine, texts []string) *Table {
	if len(texts) > cap(l.values) {
		l.values = make([]Value, len(texts))
		l.strings = make([]String, len(texts))
	}
	l.values, l.strings = l.values[:len(texts)], l.strings[:len(texts)]
	for i, s := range texts {
		if len(s) <= 1 {
			l.values[i] = m.NewString(s)
			continue
		}
		l.strings[i] = String{header: header{kind: KindString}, s: s}
		l.values[i] = l.strings[i].value()
	}
	t := &l.table
	if t.m != nil {
		l.table = Table{node: noNodes} // Clear was not called
	}
	t.kind, t.id, t.m, t.array, t.node = KindTable, m.newID(), m, l.values, noNodes
	return t
}

// Size returns how many bytes the texts have.
func (l *List) Size() (n int) {
	for _, v := range l.values {
		n += len(v.Text())
	}
	return n
}

// keptTexts is the number of texts that a list keeps room for.
const keptTexts = 1024

// Clear lets go of the texts.
func (l *List) Clear() {
	l.table = Table{node: noNodes}
	if cap(l.values) > keptTexts {
		l.values, l.strings = nil, nil
		return
	}
	for i := range l.values { // so few, mostly, that clear would take longer
		l.values[i].p, l.strings[i].s = nil, ""
	}
}
