package command

// absent are the commands of Redis 7.0.15 that are in no table here, by their
// ACL categories: rules of users may name them.
var absent = map[string]string{
	"admin slow dangerous": "bgrewriteaof bgsave failover latency|doctor latency|graph latency|histogram module|list " +
		"module|load module|loadex module|unload psync replconf replicaof save shutdown slaveof sync",
	"keyspace write slow dangerous": "migrate",
	"read fast":                     "lolwut",
	"slow":                          "module module|help",
}
