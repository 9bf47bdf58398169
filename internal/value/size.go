package value

import (
	"math/bits"
	"slices"
	"unsafe"
)

// How much memory things take, as Go's allocator and its maps have it. What is
// counted is what a value alone keeps alive: a text that it shares with others
// counts in full.

// sizeClasses are the sizes of the small objects that Go allocates.
var sizeClasses = []uint16{
	8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
	512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
	5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
	21760, 24576, 27264, 28672, 32768,
}

// smallest holds the size classes of the sizes up to 1 KiB, by their eighth.
var smallest = func() (t [1024/8 + 1]uint16) {
	for i := 1; i < len(t); i++ {
		at, _ := slices.BinarySearch(sizeClasses, uint16(8*i))
		t[i] = sizeClasses[at]
	}
	return t
}()

// Allocated returns how many bytes an object of n bytes takes.
func Allocated(n int) int {
	const page, largestClass = 8192, 32768
	switch {
	case n <= 1024:
		return int(smallest[(n+7)/8])
	case n <= largestClass:
		at, _ := slices.BinarySearch(sizeClasses, uint16(n))
		return int(sizeClasses[at])
	}
	return (n + page - 1) / page * page
}

// TextSize returns how many bytes a text takes beside the string that refers
// to it. Short ones share an object.
func TextSize(t string) int {
	if len(t) < 16 {
		return len(t)
	}
	return Allocated(len(t))
}

// sizeOf returns how many bytes the object takes itself.
func sizeOf[T any](object *T) int { return Allocated(int(unsafe.Sizeof(*object))) }

// sliceSize returns how many bytes the elements of a slice take, and what it
// has room for.
func sliceSize[T any](s []T) int {
	var element T
	n := cap(s) * int(unsafe.Sizeof(element))
	if n > 512 {
		n += 8 // a header says where the pointers are
	}
	return Allocated(n)
}

// IndexSize returns how many bytes a map takes that had at most n elements, its
// keys being strings and its values 8 bytes or less.
func IndexSize(n int) int {
	const (
		header   = 48
		table    = 32 + 8 // and what points to it
		group    = 8 + 8*24
		tableMax = 1024 // slots; then there is one more table
	)
	switch {
	case n == 0:
		return header
	case n <= 8:
		return header + 208
	}
	slots := 1 << bits.Len(uint((8*n+6)/7-1)) // seven eighths of them are for use
	tables := max(1, slots/tableMax)
	return header + tables*(table+Allocated(slots/tables/8*group+8))
}

// Most returns how many elements there were at most in something that has a
// slot for each in s, and does not shrink.
func Most[T any](s []T) int { return max(len(s), cap(s)/5*4) }
