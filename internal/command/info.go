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
	for _, tip := range cmd.Tips {
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
type flagName[F ~uint16 | ~uint64] struct {
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

func flagSet[F ~uint16 | ~uint64](flags F, names []flagName[F]) Reply {
	var elems []Reply
	for _, n := range names {
		if flags&n.flag != 0 {
			elems = append(elems, Status(n.name))
		}
	}
	return Set(elems...)
}

// Tips that rows share.
const (
	AllNodes        = "request_policy:all_nodes"
	AllShards       = "request_policy:all_shards"
	MultiShard      = "request_policy:multi_shard"
	AllSucceed      = "response_policy:all_succeeded"
	OneSucceeds     = "response_policy:one_succeeded"
	SpecialResponse = "response_policy:special"
	Summed          = "response_policy:agg_sum"
	AnyOrder        = "nondeterministic_output_order"
	AnyOutput       = "nondeterministic_output"
)
