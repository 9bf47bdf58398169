package command

// absent are the commands of Redis 7.0.15 that are in no table here, by their
// ACL categories: rules of users may name them.
var absent = map[string]string{
	"admin slow dangerous":          "latency|doctor latency|graph latency|histogram module|load module|loadex module|unload replconf",
	"keyspace write slow dangerous": "migrate",
}
