//go:build !linux

package attack

// limitAddressSpace does nothing here.
func limitAddressSpace(uint64) error { return nil }
