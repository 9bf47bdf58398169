// Package interop has no code, only tests: that clients of Redis, with their
// defaults and no option but how they connect, and libraries built on them, find
// in a luastore.Store the Redis that they know. It is a module of its own, so
// that who uses luastore depends on none of them.
package interop
