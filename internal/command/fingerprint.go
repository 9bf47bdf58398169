package command

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// A fingerprint, which Redis calls a digest, tells what a value, or all data, is,
// whatever the order of what has none. It has two operations: xor, of which the
// order makes no difference, and mix, of which it does.
type fingerprint [sha1.Size]byte

func (d *fingerprint) xor(text string) {
	for i, b := range sha1.Sum([]byte(text)) {
		d[i] ^= b
	}
}

func (d *fingerprint) mix(text string) {
	d.xor(text)
	*d = sha1.Sum(d[:])
}

func (d *fingerprint) mixInt(n uint32) { d.mix(string(binary.BigEndian.AppendUint32(nil, n))) }

// xorPair adds two texts that belong together.
func (d *fingerprint) xorPair(first, second string) {
	var pair fingerprint
	pair.mix(first)
	pair.mix(second)
	d.xor(string(pair[:]))
}

func (d *fingerprint) reply() Reply { return Status(hex.EncodeToString(d[:])) }

// fingerprintTypes are the numbers of the types in fingerprints.
var fingerprintTypes = map[string]uint32{"string": 0, "list": 1, "set": 2, "zset": 3, "hash": 4, "stream": 6}

// fingerprintTicks is what adding an element to a fingerprint takes, in ticks.
const fingerprintTicks = 30

// fingerprintEntry adds an entry's value, and whether it expires, to a fingerprint.
func (c *Call) fingerprintEntry(d *fingerprint, e *keyspace.Entry) {
	d.mixInt(fingerprintTypes[e.Value.Type()])
	switch v := e.Value.(type) {
	case *value.String:
		c.tick(v.Len() / bytesPerTick)
		d.mix(v.String())
	case *value.List:
		for text := range v.All() {
			c.tick(fingerprintTicks)
			d.mix(text)
		}
	case *value.Set:
		for m := range v.All() {
			c.tick(fingerprintTicks)
			d.xor(m)
		}
	case *value.SortedSet:
		for member, score := range v.All() {
			c.tick(fingerprintTicks)
			d.xorPair(member, FormatDouble(score))
		}
	case *value.Hash:
		for field, text := range v.All() {
			c.tick(fingerprintTicks)
			d.xorPair(field, text)
		}
	case *value.Stream:
		for entry := range v.Range(value.StreamID{}, value.MaxStreamID) {
			c.tick(fingerprintTicks)
			d.mix(fmt.Sprintf("%d.%d", entry.ID.Millis, entry.ID.Seq))
			for _, text := range entry.Fields {
				d.mix(text)
			}
		}
	}
	if e.ExpireAt() != 0 {
		d.xor("!!expire!!")
	}
}

// fingerprint returns that of all databases.
func (c *Call) fingerprint() (all fingerprint) {
	for i := range c.db.spaces {
		ks := &c.db.spaces[i]
		c.reclaim(ks)
		if ks.Len() == 0 {
			continue
		}
		all.mixInt(uint32(i))
		ks.All(c.now(), func(e *keyspace.Entry) {
			c.tick(fingerprintTicks)
			var d fingerprint
			d.mix(e.Key())
			c.fingerprintEntry(&d, e)
			all.xor(string(d[:]))
		})
	}
	return all
}
