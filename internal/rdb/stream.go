package rdb

import (
	"encoding/binary"

	"github.com/luastore/luastore/internal/value"
)

// A stream is its nodes, each a listpack under its first ID, what the stream
// itself remembers, and its groups. A listpack begins with
//
//	how many entries there are, how many were removed, how many names follow,
//	the names of the first entry's fields, 0
//
// and for each entry, removed ones too, it has
//
//	flags, the ID as two differences from the first,
//	the number of fields, each with its value; with sameFields only the values
//	how many elements these were

// The flags of an entry.
const (
	removed = 1 << iota
	sameFields
)

// Elements of an entry beside its fields, values and their number.
const entryOverhead = 4

// streamSize returns no less than the number of bytes of the stream.
func (w *writer) streamSize(s *value.Stream) int {
	const number = 9
	size := 8 * number
	for names, entries := range s.Parts() {
		size += 5*overhead + textsSize(names)
		w.tick(len(entries) * elementTicks)
		for _, e := range entries {
			size += (entryOverhead+1)*overhead + textsSize(e.Stored())
		}
	}
	for name, g := range s.Groups() {
		size += len(name) + overhead + 5*number + g.PendingCount()*(2*idSize+2*number)
		for name := range g.Consumers() {
			size += len(name) + overhead + 2*number
		}
	}
	return size
}

func textsSize(texts []string) (size int) {
	for _, t := range texts {
		size += len(t) + overhead
	}
	return size
}

func (w *writer) stream(s *value.Stream) {
	w.byte(typeStream2)
	nodes, _ := s.Nodes()
	w.length(nodes)
	pack := newListpack()
	for names, entries := range s.Parts() {
		w.bytes(appendID(nil, entries[0].ID))
		w.tick(len(entries) * elementTicks)
		packEntries(pack, names, entries)
		w.bytes(pack.bytes())
		pack.reset()
	}
	w.length(s.Len())
	w.id(s.LastID())
	w.id(s.First())
	w.id(s.MaxDeletedID())
	w.number(s.Added())
	w.length(s.GroupCount())
	for name, g := range s.Groups() {
		w.text(name)
		w.group(g)
	}
}

// packEntries writes a node of a stream.
func packEntries(pack *listpackWriter, names []string, entries []value.StreamEntry) {
	live := 0
	for _, e := range entries {
		if !e.Removed() {
			live++
		}
	}
	pack.addInt(int64(live))
	pack.addInt(int64(len(entries) - live))
	pack.addInt(int64(len(names)))
	for _, name := range names {
		pack.add(name)
	}
	pack.addInt(0)
	for _, e := range entries {
		packEntry(pack, names, entries[0].ID, e)
	}
}

// packEntry writes an entry of the node that begins with the ID first.
func packEntry(pack *listpackWriter, names []string, first value.StreamID, e value.StreamEntry) {
	fields, flags := e.Stored(), int64(0)
	same := value.SameFields(names, fields)
	if same {
		flags |= sameFields
	}
	if e.Removed() {
		flags |= removed
	}
	begin := pack.n
	pack.addInt(flags)
	pack.addInt(int64(e.ID.Millis - first.Millis))
	pack.addInt(int64(e.ID.Seq - first.Seq))
	if !same {
		pack.addInt(int64(len(fields) / 2))
	}
	for i, text := range fields {
		if i%2 > 0 || !same {
			pack.add(text)
		}
	}
	pack.addInt(int64(pack.n - begin))
}

func (w *writer) group(g *value.Group) {
	w.id(g.LastID)
	w.number(uint64(g.Read))
	w.length(g.PendingCount())
	for id, p := range g.Pending(value.StreamID{}) {
		w.tick(elementTicks)
		w.b = appendInt(appendID(w.b, id), p.Delivered, 8)
		w.number(uint64(p.Count))
	}
	w.length(g.ConsumerCount())
	for name, c := range g.Consumers() {
		w.text(name)
		w.b = appendInt(w.b, c.Seen, 8)
		w.length(c.PendingCount())
		for id := range c.Pending(value.StreamID{}) {
			w.tick(elementTicks)
			w.b = appendID(w.b, id)
		}
	}
}

// id writes an ID as two numbers. Where IDs are sorted they have idSize bytes.
func (w *writer) id(id value.StreamID) {
	w.number(id.Millis)
	w.number(id.Seq)
}

const idSize = 16

func appendID(b []byte, id value.StreamID) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(b, id.Millis), id.Seq)
}

// stream reads a stream; counted says whether its form is that with which Redis
// began to count what was added and read.
func (r *reader) stream(counted bool) *value.Stream {
	s := new(value.Stream).Within(r.limits)
	for range r.length() {
		r.streamPart(s)
	}
	if r.length() != uint64(s.Len()) {
		fail()
	}
	last := r.id()
	if last.Compare(s.LastID()) < 0 {
		fail()
	}
	s.SetLastID(last)
	s.SetAdded(uint64(s.Len()))
	if counted {
		r.id() // the first, which is known
		s.SetMaxDeletedID(r.id())
		s.SetAdded(r.length())
	}
	for range r.length() {
		name := r.text()
		if s.Group(name) != nil {
			fail()
		}
		r.need(consumerSize)
		last := r.id()
		read := s.Position(last)
		if counted {
			read = int64(r.length())
		}
		s.AddGroup(name, last, read)
		r.group(s.Group(name))
	}
	return s
}

// streamPart reads a node.
func (r *reader) streamPart(s *value.Stream) {
	key := reader{rest: r.text()}
	first := key.sortedID()
	var p packReader
	listpack(r.part(), func(text string) { p.texts = append(p.texts, text) })
	live, gone := p.int(), p.int()
	names := p.take(p.int())
	if len(key.rest) > 0 || p.int() != 0 {
		fail()
	}
	var entries []value.StreamEntry
	for len(p.texts) > 0 {
		e := p.entry(names, first)
		r.need(entrySize + elementSize*len(e.Stored()))
		if e.Removed() {
			gone--
		} else {
			live--
		}
		entries = append(entries, e)
	}
	if live != 0 || gone != 0 || !s.AddPart(names, entries) {
		fail()
	}
}

func (r *reader) group(g *value.Group) {
	pending := map[value.StreamID]value.Pending{}
	count := r.length()
	for range count {
		r.tick(textTicks)
		r.need(pendingSize)
		pending[r.sortedID()] = value.Pending{Delivered: r.int(8), Count: int64(r.length())}
	}
	if uint64(len(pending)) != count {
		fail()
	}
	for range r.length() {
		name, seen := r.text(), r.int(8)
		if g.Consumer(name) != nil {
			fail()
		}
		r.need(consumerSize)
		c := g.AddConsumer(name, seen)
		for range r.length() {
			r.tick(textTicks)
			id := r.sortedID()
			was, ok := pending[id]
			if !ok {
				fail()
			}
			delete(pending, id)
			g.Assign(id, c).Deliver(was.Delivered, was.Count)
		}
	}
	if len(pending) > 0 { // for nobody
		fail()
	}
}

func (r *reader) id() value.StreamID {
	return value.StreamID{Millis: r.length(), Seq: r.length()}
}

// sortedID reads an ID as it is written where IDs are sorted.
func (r *reader) sortedID() value.StreamID {
	return value.StreamID{Millis: r.bigUint(idSize / 2), Seq: r.bigUint(idSize / 2)}
}

// A packReader is what is left to read of the texts of a listpack.
type packReader struct{ texts []string }

// take returns the next n texts.
func (p *packReader) take(n int64) []string {
	if n < 0 || n > int64(len(p.texts)) {
		fail()
	}
	taken := p.texts[:n:n]
	p.texts = p.texts[n:]
	return taken
}

func (p *packReader) int() int64 {
	n, ok := value.ParseInt(p.take(1)[0])
	if !ok {
		fail()
	}
	return n
}

// entry reads an entry of the node that begins with the names and the ID.
func (p *packReader) entry(names []string, id value.StreamID) value.StreamEntry {
	begin := len(p.texts)
	flags := p.int()
	id.Millis += uint64(p.int())
	id.Seq += uint64(p.int())
	var fields []string
	if flags&sameFields == 0 {
		n := p.int()
		if n < 0 || n > int64(len(p.texts)) {
			fail()
		}
		fields = append(make([]string, 0, 2*n), p.take(2*n)...)
	} else {
		fields = make([]string, 0, 2*len(names))
		for i, value := range p.take(int64(len(names))) {
			fields = append(fields, names[i], value)
		}
	}
	if read := begin - len(p.texts); p.int() != int64(read) || len(fields) == 0 {
		fail()
	}
	if flags&removed != 0 {
		return value.RemovedEntry(id, fields)
	}
	return value.StreamEntry{ID: id, Fields: fields}
}
