//go:build race

package luastore

func init() { raceDetector = true }
