// Package attack holds scripts that mean no good, in testdata and in
// source_test.go, and tests that no store takes harm from them.
package attack
