package command

// absent are the commands of Redis 7.0.15 that are in no table here, by their
// ACL categories: rules of users may name them.
var absent = map[string]string{
	"admin fast dangerous": "lastsave role",
	"admin slow dangerous": "bgrewriteaof bgsave cluster|addslots cluster|addslotsrange cluster|bumpepoch " +
		"cluster|count-failure-reports cluster|delslots cluster|delslotsrange cluster|failover " +
		"cluster|flushslots cluster|forget cluster|meet cluster|replicas cluster|replicate " +
		"cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|slaves " +
		"failover latency|doctor latency|graph latency|histogram module|list module|load " +
		"module|loadex module|unload monitor psync replconf replicaof save shutdown slaveof sync",
	"admin slow dangerous connection": "client|kill client|list client|no-evict client|pause client|unblock client|unpause",
	"fast connection":                 "asking hello quit readonly readwrite reset",
	"fast transaction":                "discard multi unwatch watch",
	"keyspace write slow dangerous":   "migrate",
	"read fast":                       "lolwut",
	"slow": "client cluster cluster|countkeysinslot cluster|getkeysinslot cluster|help cluster|info " +
		"cluster|keyslot cluster|links cluster|myid cluster|nodes cluster|shards cluster|slots " +
		"module module|help",
	"slow connection": "client|caching client|getname client|getredir client|help client|id client|info " +
		"client|reply client|setname client|tracking client|trackinginfo wait",
	"slow transaction": "exec",
}
