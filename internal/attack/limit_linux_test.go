package attack

import "syscall"

// limitAddressSpace lets the process have no more than so many bytes of addresses.
func limitAddressSpace(bytes uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: bytes, Max: bytes})
}
