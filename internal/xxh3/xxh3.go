// Package xxh3 is the hash function XXH3 with 64 bits, without a seed, as its
// specification describes it (xxhash_spec.md, version 0.2.0).
package xxh3

import (
	"encoding/binary"
	"math/bits"

	"github.com/luastore/luastore/internal/bulk"
)

const (
	prime32x1 = 0x9e3779b1
	prime32x2 = 0x85ebca77
	prime32x3 = 0xc2b2ae3d
	prime64x1 = 0x9e3779b185ebca87
	prime64x2 = 0xc2b2ae3d27d4eb4f
	prime64x3 = 0x165667b19e3779f9
	prime64x4 = 0x85ebca77c2b2ae63
	prime64x5 = 0x27d4eb2f165667c5
	primeMix1 = 0x165667919e3779f9
	primeMix2 = 0x9fb21c651e98df25
)

// secret is the default secret.
const secret = "\xb8\xfe\x6c\x39\x23\xa4\x4b\xbe\x7c\x01\x81\x2c\xf7\x21\xad\x1c" +
	"\xde\xd4\x6d\xe9\x83\x90\x97\xdb\x72\x40\xa4\xa4\xb7\xb3\x67\x1f" +
	"\xcb\x79\xe6\x4e\xcc\xc0\xe5\x78\x82\x5a\xd0\x7d\xcc\xff\x72\x21" +
	"\xb8\x08\x46\x74\xf7\x43\x24\x8e\xe0\x35\x90\xe6\x81\x3a\x26\x4c" +
	"\x3c\x28\x52\xbb\x91\xc3\x00\xcb\x88\xd0\x65\x8b\x1b\x53\x2e\xa3" +
	"\x71\x64\x48\x97\xa2\x0d\xf9\x4e\x38\x19\xef\x46\xa9\xde\xac\xd8" +
	"\xa8\xfa\x76\x3f\xe3\x9c\x34\x3f\xf9\xdc\xbb\xc7\xc7\x0b\x4f\x1d" +
	"\x8a\x51\xe0\x4b\xcd\xb4\x59\x31\xc8\x9f\x7e\xc9\xd9\x78\x73\x64" +
	"\xea\xc5\xac\x83\x34\xd3\xeb\xc3\xc5\x81\xa0\xff\xfa\x13\x63\xeb" +
	"\x17\x0d\xdd\x51\xb7\xf0\xda\x49\xd3\x16\x55\x26\x29\xd4\x68\x9e" +
	"\x2b\x16\xbe\x58\x7d\x47\xa1\xfc\x8f\xf8\xb8\xd1\x7a\xd0\x31\xce" +
	"\x45\xcb\x3a\x8f\x95\x16\x04\x28\xaf\xd7\xfb\xca\xbb\x4b\x40\x7e"

// Sum64 returns the hash of s, in time linear in its length, which w may end if it
// is not nil.
func Sum64(s string, w bulk.Checker) uint64 {
	switch n := len(s); {
	case n == 0:
		return avalanche64(word(secret, 56) ^ word(secret, 64))
	case n <= 3:
		return sum3(s)
	case n <= 8:
		return sum8(s)
	case n <= 16:
		return sum16(s)
	case n <= 240:
		return sum240(s)
	}
	return sumLong(s, w)
}

// sum3 is Sum64 of one to three bytes; the following ones are of as many as
// their names say, from where the one before ends.
func sum3(s string) uint64 {
	n := len(s)
	combined := uint64(s[n-1]) | uint64(n)<<8 | uint64(s[0])<<16 | uint64(s[n/2])<<24
	return avalanche64(uint64(half(secret, 0)^half(secret, 4)) ^ combined)
}

func sum8(s string) uint64 {
	n := len(s)
	combined := uint64(half(s, n-4)) | uint64(half(s, 0))<<32
	x := word(secret, 8) ^ word(secret, 16) ^ combined
	x ^= bits.RotateLeft64(x, 49) ^ bits.RotateLeft64(x, 24)
	x *= primeMix2
	x ^= x>>35 + uint64(n)
	x *= primeMix2
	return x ^ x>>28
}

func sum16(s string) uint64 {
	n := len(s)
	low := word(secret, 24) ^ word(secret, 32) ^ word(s, 0)
	high := word(secret, 40) ^ word(secret, 48) ^ word(s, n-8)
	return avalanche(uint64(n) + bits.ReverseBytes64(low) + high + fold(low, high))
}

func sum240(s string) uint64 {
	n := len(s)
	sum := uint64(n) * prime64x1
	if n <= 128 {
		for i := (n - 1) / 32; i >= 0; i-- {
			sum += mix(s, i*16, i*32) + mix(s, n-i*16-16, i*32+16)
		}
		return avalanche(sum)
	}
	for i := 0; i < 128; i += 16 {
		sum += mix(s, i, i)
	}
	sum = avalanche(sum)
	for i := 128; i <= n-16; i += 16 {
		sum += mix(s, i, i-128+3)
	}
	return avalanche(sum + mix(s, n-16, 119))
}

// How longer texts are cut: in stripes, and these in blocks.
const (
	stripe   = 64
	perBlock = (len(secret) - stripe) / 8
	block    = perBlock * stripe

	checkEvery = 64 // blocks
)

func sumLong(s string, w bulk.Checker) uint64 {
	n := len(s)
	sums := lanes{prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1}
	rest := s
	for ; len(rest) > block; rest = rest[block:] {
		for i := range perBlock {
			sums.add(rest, i*stripe, i*8)
		}
		sums.scramble()
		if len(rest)/block%checkEvery == 0 && w != nil {
			w.Check()
		}
	}
	for i := range (len(rest) - 1) / stripe {
		sums.add(rest, i*stripe, i*8)
	}
	sums.add(s, n-stripe, len(secret)-stripe-7)

	merged := uint64(n) * prime64x1
	for i := 0; i < len(sums); i += 2 {
		merged += fold(sums[i]^word(secret, 11+8*i), sums[i+1]^word(secret, 19+8*i))
	}
	return avalanche(merged)
}

// lanes are the sums of a long text.
type lanes [stripe / 8]uint64

// add adds the stripe at i, with the part of the secret at k.
func (sums *lanes) add(s string, i, k int) {
	for lane := range sums {
		w := word(s, i+8*lane)
		x := w ^ word(secret, k+8*lane)
		sums[lane^1] += w
		sums[lane] += (x & 0xffffffff) * (x >> 32)
	}
}

// scramble ends a block.
func (sums *lanes) scramble() {
	for lane, sum := range sums {
		sum ^= sum >> 47
		sums[lane] = (sum ^ word(secret, len(secret)-stripe+8*lane)) * prime32x1
	}
}

// mix mixes 16 bytes at i with as many of the secret at k.
func mix(s string, i, k int) uint64 {
	return fold(word(s, i)^word(secret, k), word(s, i+8)^word(secret, k+8))
}

// fold is the product's halves put together.
func fold(x, y uint64) uint64 {
	high, low := bits.Mul64(x, y)
	return high ^ low
}

func avalanche(x uint64) uint64 {
	x ^= x >> 37
	x *= primeMix1
	return x ^ x>>32
}

// avalanche64 is how the older XXH64 ends.
func avalanche64(x uint64) uint64 {
	x ^= x >> 33
	x *= prime64x2
	x ^= x >> 29
	x *= prime64x3
	return x ^ x>>32
}

// word is the 8 bytes of s at i, half is 4.
func word(s string, i int) uint64 { return binary.LittleEndian.Uint64([]byte(s[i : i+8])) }
func half(s string, i int) uint32 { return binary.LittleEndian.Uint32([]byte(s[i : i+4])) }
