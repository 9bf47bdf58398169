package command

import (
	"maps"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/acl"
)

// info is what COMMAND INFO says of the command.
func (cmd *Command) info() Reply {
	first, last, step := cmd.keySpan()
	var categories, hints, keys []Reply
	for _, name := range cmd.categories() {
		categories = append(categories, Status("@"+name))
	}
	for _, tip := range tips[cmd.Name] {
		hints = append(hints, Bulk(tip))
	}
	for i := range cmd.Keys {
		keys = append(keys, cmd.Keys[i].info())
	}
	return Array(
		Bulk(cmd.Name),
		Int(cmd.Arity),
		flagSet(cmd.Flags, flagNames),
		Int(first),
		Int(last),
		Int(step),
		Set(categories...),
		Set(hints...),
		Set(keys...),
		cmd.subcommandInfo(),
	)
}

func (cmd *Command) subcommandInfo() Reply {
	if cmd.subcommands == nil {
		return Set()
	}
	var elems []Reply
	for _, name := range slices.Sorted(maps.Keys(cmd.subcommands)) {
		elems = append(elems, cmd.subcommands[name].info())
	}
	return Array(elems...)
}

// info is what COMMAND INFO says of the keys.
func (k *KeySpec) info() Reply {
	typed := func(name string, spec ...Reply) Reply {
		return Map(Bulk("type"), Bulk(name), Bulk("spec"), Map(spec...))
	}
	begin := typed("index", Bulk("index"), Int(k.Begin))
	if k.Keyword != "" {
		begin = typed("keyword", Bulk("keyword"), Bulk(k.Keyword), Bulk("startfrom"), Int(k.Begin))
	}
	var find Reply
	switch {
	case k.Unknown:
		begin, find = typed("unknown"), typed("unknown")
	case k.NumKeys:
		find = typed("keynum", Bulk("keynumidx"), Int(0), Bulk("firstkey"), Int(1), Bulk("keystep"), Int(k.Step))
	default:
		find = typed("range", Bulk("lastkey"), Int(k.Last), Bulk("keystep"), Int(k.Step), Bulk("limit"), Int(k.Limit))
	}
	spec := []Reply{Bulk("flags"), k.Flags.reply(), Bulk("begin_search"), begin, Bulk("find_keys"), find}
	if k.Note != "" {
		spec = append([]Reply{Bulk("notes"), Bulk(k.Note)}, spec...)
	}
	return Map(spec...)
}

// categories returns the ACL categories of the command, in Redis's order.
func (cmd *Command) categories() []string {
	has := func(flags Flags) bool { return cmd.Flags&flags != 0 }
	implied := map[string]bool{
		"read":      has(Read) && cmd.category != "scripting",
		"write":     has(Write),
		"pubsub":    has(PubSub),
		"admin":     has(Admin),
		"fast":      has(Fast),
		"slow":      !has(Fast),
		"blocking":  has(Blocking),
		"dangerous": has(Admin | Dangerous),
	}
	var names []string
	for _, name := range acl.CategoryNames {
		if implied[name] || slices.Contains(strings.Fields(cmd.category), name) {
			names = append(names, name)
		}
	}
	return names
}

// flagName is how COMMAND INFO shows a flag.
type flagName[F ~uint16 | ~uint32] struct {
	flag F
	name string
}

var flagNames = []flagName[Flags]{
	{Write, "write"},
	{Read, "readonly"},
	{DenyOOM, "denyoom"},
	{Admin, "admin"},
	{PubSub, "pubsub"},
	{NoScript, "noscript"},
	{Blocking, "blocking"},
	{Loading, "loading"},
	{Stale, "stale"},
	{SkipMonitor, "skip_monitor"},
	{SkipSlowlog, "skip_slowlog"},
	{Asking, "asking"},
	{Fast, "fast"},
	{NoAuth, "no_auth"},
	{NoMandatoryKeys, "no_mandatory_keys"},
	{NoAsyncLoading, "no_async_loading"},
	{NoMulti, "no_multi"},
	{MovableKeys, "movablekeys"},
	{AllowBusy, "allow_busy"},
}

var keyFlagNames = []flagName[KeyFlags]{
	{RO, "RO"},
	{RW, "RW"},
	{OW, "OW"},
	{RM, "RM"},
	{Access, "access"},
	{Update, "update"},
	{Insert, "insert"},
	{Delete, "delete"},
	{NotKey, "not_key"},
	{Incomplete, "incomplete"},
	{VariableFlags, "variable_flags"},
}

func (f KeyFlags) reply() Reply { return flagSet(f, keyFlagNames) }

func flagSet[F ~uint16 | ~uint32](flags F, names []flagName[F]) Reply {
	var elems []Reply
	for _, n := range names {
		if flags&n.flag != 0 {
			elems = append(elems, Status(n.name))
		}
	}
	return Set(elems...)
}

// tips say, by name, how a client of a cluster spreads a command over the
// nodes, and what about a reply is not determined. The scripting commands,
// which the package above adds, are here too.
var tips = map[string][]string{
	"lastsave":                      {anyOutput},
	"wait":                          {"request_policy:all_shards", "response_policy:agg_min"},
	"client|info":                   {anyOutput},
	"client|list":                   {anyOutput},
	"cluster|bumpepoch":             {anyOutput},
	"cluster|count-failure-reports": {anyOutput},
	"cluster|getkeysinslot":         {anyOutput},
	"cluster|info":                  {anyOutput},
	"cluster|links":                 {anyOutput},
	"cluster|nodes":                 {anyOutput},
	"cluster|replicas":              {anyOutput},
	"cluster|shards":                {anyOutput},
	"cluster|slaves":                {anyOutput},
	"cluster|slots":                 {anyOutput},
	"command":                       {anyOrder},
	"command|docs":                  {anyOrder},
	"command|info":                  {anyOrder},
	"command|list":                  {anyOrder},
	"config|set":                    {allNodes, allSucceed},
	"dbsize":                        {allShards, summed},
	"del":                           {multiShard, summed},
	"dump":                          {anyOutput},
	"exists":                        {multiShard, summed},
	"flushall":                      {allShards, allSucceed},
	"flushdb":                       {allShards, allSucceed},
	"function|delete":               {allShards, allSucceed},
	"function|flush":                {allShards, allSucceed},
	"function|kill":                 {allShards, oneSucceeds},
	"function|list":                 {anyOrder},
	"function|load":                 {allShards, allSucceed},
	"function|restore":              {allShards, allSucceed},
	"function|stats":                {anyOutput, allShards, specialResponse},
	"hgetall":                       {anyOrder},
	"hkeys":                         {anyOrder},
	"hrandfield":                    {anyOutput},
	"hscan":                         {anyOutput},
	"hvals":                         {anyOrder},
	"info":                          {anyOutput, allShards, specialResponse},
	"keys":                          {allShards, anyOrder},
	"latency|doctor":                {anyOutput, allNodes, specialResponse},
	"latency|graph":                 {anyOutput, allNodes, specialResponse},
	"latency|histogram":             {anyOutput, allNodes, specialResponse},
	"latency|history":               {anyOutput, allNodes, specialResponse},
	"latency|latest":                {anyOutput, allNodes, specialResponse},
	"latency|reset":                 {allNodes, allSucceed},
	"mget":                          {multiShard},
	"migrate":                       {anyOutput},
	"module|list":                   {anyOrder},
	"mset":                          {multiShard, allSucceed},
	"msetex":                        {multiShard, allSucceed},
	"msetnx":                        {multiShard, "response_policy:agg_min"},
	"object|encoding":               {anyOutput},
	"object|freq":                   {anyOutput},
	"object|idletime":               {anyOutput},
	"object|refcount":               {anyOutput},
	"ping":                          {allShards, allSucceed},
	"pttl":                          {anyOutput},
	"randomkey":                     {allShards, anyOutput},
	"scan":                          {anyOutput, "request_policy:special"},
	"script|exists":                 {allShards, "response_policy:agg_logical_and"},
	"script|flush":                  {allNodes, allSucceed},
	"script|kill":                   {allShards, oneSucceeds},
	"script|load":                   {allNodes, allSucceed},
	"sdiff":                         {anyOrder},
	"sinter":                        {anyOrder},
	"smembers":                      {anyOrder},
	"slowlog|get":                   {allNodes, anyOutput},
	"slowlog|len":                   {allNodes, summed, anyOutput},
	"slowlog|reset":                 {allNodes, allSucceed},
	"spop":                          {anyOutput},
	"srandmember":                   {anyOutput},
	"sscan":                         {anyOutput},
	"sunion":                        {anyOrder},
	"time":                          {anyOutput},
	"touch":                         {multiShard, summed},
	"ttl":                           {anyOutput},
	"unlink":                        {multiShard, summed},
	"zrandmember":                   {anyOutput},
	"zscan":                         {anyOutput},
	"xadd":                          {anyOutput},
	"xautoclaim":                    {anyOutput},
	"xclaim":                        {anyOutput},
	"xinfo|consumers":               {anyOutput},
	"xpending":                      {anyOutput},
	"xtrim":                         {anyOutput},

	"memory|doctor":       {anyOutput, allShards, specialResponse},
	"memory|malloc-stats": {anyOutput, allShards, specialResponse},
	"memory|purge":        {allShards, allSucceed},
	"memory|stats":        {anyOutput, allShards, specialResponse},
}

const (
	allNodes        = "request_policy:all_nodes"
	allShards       = "request_policy:all_shards"
	multiShard      = "request_policy:multi_shard"
	allSucceed      = "response_policy:all_succeeded"
	oneSucceeds     = "response_policy:one_succeeded"
	specialResponse = "response_policy:special"
	summed          = "response_policy:agg_sum"
	anyOrder        = "nondeterministic_output_order"
	anyOutput       = "nondeterministic_output"
)
