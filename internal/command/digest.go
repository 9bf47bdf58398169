package command

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// A digest tells what a value, or all data, is, whatever the order of what has
// none. It has two operations: xor, of which the order makes no difference, and
// mix, of which it does.
type digest [sha1.Size]byte

func (d *digest) xor(text string) {
	for i, b := range sha1.Sum([]byte(text)) {
		d[i] ^= b
	}
}

func (d *digest) mix(text string) {
	d.xor(text)
	*d = sha1.Sum(d[:])
}

func (d *digest) mixInt(n uint32) { d.mix(string(binary.BigEndian.AppendUint32(nil, n))) }

// xorPair adds two texts that belong together.
func (d *digest) xorPair(first, second string) {
	var pair digest
	pair.mix(first)
	pair.mix(second)
	d.xor(string(pair[:]))
}

func (d *digest) reply() Reply { return Status(hex.EncodeToString(d[:])) }

// digestTypes are the numbers of the types in digests.
var digestTypes = map[string]uint32{"string": 0, "list": 1, "set": 2, "zset": 3, "hash": 4, "stream": 6}

// digestTicks is what adding an element to a digest takes, in ticks.
const digestTicks = 30

// digestEntry adds an entry's value, and whether it expires, to a digest.
func (c *Call) digestEntry(d *digest, e *keyspace.Entry) {
	d.mixInt(digestTypes[e.Value.Type()])
	switch v := e.Value.(type) {
	case *value.String:
		c.tick(v.Len() / bytesPerTick)
		d.mix(v.String())
	case *value.List:
		for text := range v.All() {
			c.tick(digestTicks)
			d.mix(text)
		}
	case *value.Set:
		for m := range v.All() {
			c.tick(digestTicks)
			d.xor(m)
		}
	case *value.SortedSet:
		for member, score := range v.All() {
			c.tick(digestTicks)
			d.xorPair(member, FormatDouble(score))
		}
	case *value.Hash:
		for field, text := range v.All() {
			c.tick(digestTicks)
			d.xorPair(field, text)
		}
	case *value.Stream:
		for entry := range v.Range(value.StreamID{}, value.MaxStreamID) {
			c.tick(digestTicks)
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

// digest returns the digest of all databases.
func (c *Call) digest() (all digest) {
	for i := range c.db.spaces {
		ks := &c.db.spaces[i]
		ks.Reclaim(c.now(), ks.Volatile())
		if ks.Len() == 0 {
			continue
		}
		all.mixInt(uint32(i))
		ks.All(c.now(), func(e *keyspace.Entry) {
			c.tick(digestTicks)
			var d digest
			d.mix(e.Key())
			c.digestEntry(&d, e)
			all.xor(string(d[:]))
		})
	}
	return all
}
