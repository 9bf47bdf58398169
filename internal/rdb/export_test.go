package rdb

// Seal returns the payload of an object.
func Seal(object string) string { return string(seal([]byte(object), func(int) {})) }

// Decompress returns what LZF made the bytes of; ok is false if it is none.
func Decompress(compressed string, length uint64) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	return (&reader{rest: compressed, tick: func(int) {}}).decompress(uint64(len(compressed)), length), true
}
