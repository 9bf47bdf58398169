package command

// CLUSTER, as a server answers it that is in none.
var clusterCommands = []Row{
	{"cluster", -2, 0, nil, nil},
	{"cluster|addslots", -3, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|addslotsrange", -4, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|bumpepoch", 2, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|count-failure-reports", 3, Admin | Stale, nil, noCluster},
	{"cluster|countkeysinslot", 3, Stale, nil, noCluster},
	{"cluster|delslots", -3, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|delslotsrange", -4, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|failover", -2, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|flushslots", 2, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|forget", 3, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|getkeysinslot", 4, Stale, nil, noCluster},
	{"cluster|help", 2, Loading | Stale, nil, noCluster},
	{"cluster|info", 2, Stale, nil, noCluster},
	{"cluster|keyslot", 3, Stale, nil, noCluster},
	{"cluster|links", 2, Stale, nil, noCluster},
	{"cluster|meet", -4, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|myid", 2, Stale, nil, noCluster},
	{"cluster|nodes", 2, Stale, nil, noCluster},
	{"cluster|replicas", 3, Admin | Stale, nil, noCluster},
	{"cluster|replicate", 3, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|reset", -2, Admin | NoScript | Stale, nil, noCluster},
	{"cluster|saveconfig", 2, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|set-config-epoch", 3, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|setslot", -4, Admin | Stale | NoAsyncLoading, nil, noCluster},
	{"cluster|shards", 2, Stale, nil, noCluster},
	{"cluster|slaves", 3, Admin | Stale, nil, noCluster},
	{"cluster|slots", 2, Stale, nil, noCluster},
}

func noCluster(c *Call) Reply {
	c.fail("ERR This instance has cluster support disabled")
	return Reply{}
}
