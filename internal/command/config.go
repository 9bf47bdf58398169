package command

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/value"
)

// CONFIG: the parameters of a DB. What each is called, and may be, is in
// parameter.go.
var configCommands = []Row{
	{Name: "config", Arity: -2},
	{Name: "config|get", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Run: configGet},
	{Name: "config|help", Arity: 2, Flags: Loading | Stale, Run: configHelp},
	{Name: "config|resetstat", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: configResetStat},
	{Name: "config|rewrite", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: configRewrite},
	{Name: "config|set", Arity: -4, Flags: Admin | NoScript | Loading | Stale, Secrets: configSecrets, Tips: []string{AllNodes, AllSucceed}, Run: configSet},
}

// Config holds the parameters on which something here depends, each under a
// name like that of the parameter.
type Config struct {
	Limits        value.Limits // *-max-listpack-*, set-max-intset-entries, stream-node-max-*, hll-sparse-max-bytes
	MaxBulkLength int          // proto-max-bulk-len, bytes: the longest string

	MaxMemory        uint64 // maxmemory, bytes; 0: no limit
	MaxMemoryPolicy  Policy // maxmemory-policy
	MaxMemorySamples int    // maxmemory-samples
	LFULogFactor     int    // lfu-log-factor
	LFUDecayTime     int    // lfu-decay-time, minutes

	NotifyKeyspaceEvents EventClasses // notify-keyspace-events

	RequirePass string // requirepass: the password of the user default

	MaxClients       int          // maxclients
	ClientTimeout    int          // timeout, seconds for which a connection may be idle; 0: for ever
	MaxMemoryClients int64        // maxmemory-clients, bytes; less than 0: a percentage of MaxMemory; 0: no limit
	MaxQuery         int          // client-query-buffer-limit, bytes
	MaxOutput        OutputLimits // client-output-buffer-limit

	BusyReplyThreshold int // busy-reply-threshold, milliseconds; lua-time-limit is an older name

	MinReplicasToWrite int // min-replicas-to-write: more than 0, and nobody may write, for there are none
	MinReplicasMaxLag  int // min-replicas-max-lag, seconds; 0: MinReplicasToWrite means nothing

	ACLLogMaxLen     int    // acllog-max-len, entries
	ACLPubSubDefault string // acl-pubsub-default: resetchannels or allchannels

	TrackingTableMaxKeys int // tracking-table-max-keys; 0: any number

	SlowlogSlowerThan       int       // slowlog-log-slower-than, microseconds; 0: all; -1: none
	SlowlogMaxLen           int       // slowlog-max-len, entries
	LatencyMonitorThreshold int       // latency-monitor-threshold, milliseconds; 0: off
	LazyFree                LazyFree  // lazyfree-*
	LatencyTracking         bool      // latency-tracking
	LatencyPercentiles      []float64 // latency-tracking-info-percentiles
}

// DefaultBusyReply is the BusyReplyThreshold that nobody has set.
const DefaultBusyReply = 5 * time.Second

func defaultConfig() Config {
	return Config{
		Limits:               value.DefaultLimits,
		MaxBulkLength:        512 << 20,
		MaxMemoryPolicy:      NoEviction,
		MaxMemorySamples:     5,
		LFULogFactor:         10,
		LFUDecayTime:         1,
		MaxClients:           10_000,
		MaxQuery:             1 << 30,
		MaxOutput:            defaultOutputLimits,
		BusyReplyThreshold:   int(DefaultBusyReply / time.Millisecond),
		MinReplicasMaxLag:    10,
		ACLLogMaxLen:         128,
		TrackingTableMaxKeys: 1000000,
		ACLPubSubDefault:     "resetchannels",
		SlowlogSlowerThan:    10_000,
		SlowlogMaxLen:        128,
		LatencyTracking:      true,
		LatencyPercentiles:   []float64{50, 99, 99.9},
	}
}

// Policy is what to evict when memory is short.
type Policy string

const (
	VolatileLRU    Policy = "volatile-lru"
	VolatileLFU    Policy = "volatile-lfu"
	VolatileRandom Policy = "volatile-random"
	VolatileTTL    Policy = "volatile-ttl"
	AllKeysLRU     Policy = "allkeys-lru"
	AllKeysLFU     Policy = "allkeys-lfu"
	AllKeysRandom  Policy = "allkeys-random"
	NoEviction     Policy = "noeviction"
)

// EventClasses are classes of keyspace events, and where those are sent to.
type EventClasses uint16

const (
	GenericEvents   EventClasses = 1 << iota // g: commands of keys, whatever they hold
	StringEvents                             // $
	ListEvents                               // l
	SetEvents                                // s
	HashEvents                               // h
	SortedSetEvents                          // z
	ExpiredEvents                            // x
	EvictedEvents                            // e
	StreamEvents                             // t
	ModuleEvents                             // d
	NewKeyEvents                             // n
	KeyspaceEvents                           // K: sent to channels named by the key
	KeyeventEvents                           // E: sent to channels named by the event
	KeyMissEvents                            // m

	AllEvents = NewKeyEvents - 1 // A: the classes from g to d
)

func configGet(c *Call) Reply {
	params := c.db.parameters()
	shown := map[string]string{} // by name, in the caller's spelling
	show := func(name, spelling string) {
		if _, ok := shown[name]; !ok {
			shown[name] = spelling
		}
	}
	for _, pattern := range c.args[2:] {
		if !strings.ContainsAny(cString(pattern), "[*?") {
			if name := lower(pattern); params[name] != nil {
				show(name, pattern)
			}
			continue
		}
		for name, p := range params {
			if _, hides := p.setting.(hidden); !hides && c.glob(pattern, name, true) {
				show(name, name)
			}
		}
	}
	var elems []Reply
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		elems = append(elems, Bulk(shown[name]), Bulk(params[name].text()))
	}
	return Map(elems...)
}

func configHelp(c *Call) Reply {
	return c.Help(
		"GET <pattern>",
		"    Return parameters matching the glob-like <pattern> and their values.",
		"SET <directive> <value>",
		"    Set the configuration <directive> to <value>.",
		"RESETSTAT",
		"    Reset statistics reported by the INFO command.",
		"REWRITE",
		"    Rewrite the configuration file.",
	)
}

func configResetStat(c *Call) Reply {
	c.db.resetStats()
	return OK
}

func configRewrite(c *Call) Reply {
	c.fail("ERR The server is running without a config file")
	return Reply{}
}

func configSet(c *Call) Reply {
	if len(c.args)%2 != 0 {
		c.fail(errSyntax)
	}
	var changes []change
	for i := 2; i < len(c.args); i += 2 {
		changes = append(changes, c.change(i, changes))
	}
	for i, ch := range changes {
		if complaint := ch.set(c.arg(2*i + 3)); complaint != "" {
			for _, done := range slices.Backward(changes[:i]) {
				done.set(done.before)
			}
			c.fail(errConfig(ch.name, complaint))
		}
	}
	if c.db.users != nil {
		c.saveUsers() // requirepass may be among the changes
	}
	c.Undoing(func() {
		for _, done := range slices.Backward(changes) {
			done.set(done.before)
		}
		c.db.Configured()
	})
	if c.db.timesAll() {
		c.s.Working() // this one, too, is an entry of SLOWLOG
	}
	c.db.Configured()
	if c.db.Config.MaxMemory > 0 {
		c.db.MakeRoom() // which the limit may have made necessary
	}
	return OK
}

// change is a parameter that is about to be set.
type change struct {
	name string // by which it is called, in lower case
	setting
	before string
}

// change returns the change of the parameter that argument i names, which must
// not be the name of one of the others.
func (c *Call) change(i int, others []change) change {
	name := lower(c.arg(i))
	p := c.db.parameters()[name]
	if p == nil {
		c.fail(ErrorLine("ERR Unknown option or number of arguments for CONFIG SET - '" + cString(c.arg(i)) + "'"))
	}
	if complaint := p.refuses(); complaint != "" {
		c.fail(errConfig(c.arg(i), complaint))
	}
	if slices.ContainsFunc(others, func(o change) bool { return o.name == name }) {
		c.fail(errConfig(c.arg(i), "duplicate parameter"))
	}
	return change{name, p.setting, p.text()}
}

func errConfig(name, complaint string) string {
	return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + complaint
}

// lower returns s with the ASCII letters in lower case.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// sensitive are the parameters whose values are secret.
var sensitive = map[string]bool{"masterauth": true, "masteruser": true, "requirepass": true}

func configSecrets(args []string) (secrets []int) {
	for i := 3; i < len(args); i += 2 {
		if sensitive[lower(args[i-1])] {
			secrets = append(secrets, i)
		}
	}
	return secrets
}
