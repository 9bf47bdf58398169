//go:build unix

package command

import (
	"syscall"
	"time"
)

// cpuTime returns how long the processors have worked for the process.
func cpuTime() (user, system time.Duration) {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0, 0
	}
	return time.Duration(used.Utime.Nano()), time.Duration(used.Stime.Nano())
}
