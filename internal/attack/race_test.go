//go:build race

package attack

func init() { raceDetector = true }
