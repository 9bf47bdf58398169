//go:build !unix

package command

import "time"

// cpuTime is known only where there is getrusage.
func cpuTime() (user, system time.Duration) { return 0, 0 }
