package command

// CLUSTER, as a server answers it that is in none.
var clusterCommands = []Row{
	{Name: "cluster", Arity: -2},
	{Name: "cluster|addslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|addslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|bumpepoch", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|count-failure-reports", Arity: 3, Flags: Admin | Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale, Run: noCluster},
	{Name: "cluster|delslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|delslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|failover", Arity: -2, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|flushslots", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|forget", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|help", Arity: 2, Flags: Loading | Stale, Run: noCluster},
	{Name: "cluster|info", Arity: 2, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|keyslot", Arity: 3, Flags: Stale, Run: noCluster},
	{Name: "cluster|links", Arity: 2, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|meet", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|myid", Arity: 2, Flags: Stale, Run: noCluster},
	{Name: "cluster|nodes", Arity: 2, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|replicas", Arity: 3, Flags: Admin | Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|replicate", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|reset", Arity: -2, Flags: Admin | NoScript | Stale, Run: noCluster},
	{Name: "cluster|saveconfig", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|set-config-epoch", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|setslot", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Run: noCluster},
	{Name: "cluster|shards", Arity: 2, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|slaves", Arity: 3, Flags: Admin | Stale, Tips: []string{AnyOutput}, Run: noCluster},
	{Name: "cluster|slots", Arity: 2, Flags: Stale, Tips: []string{AnyOutput}, Run: noCluster},
}

func noCluster(c *Call) Reply {
	c.fail("ERR This instance has cluster support disabled")
	return Reply{}
}
