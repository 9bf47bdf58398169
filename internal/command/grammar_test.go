package command_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/command"
)

// grammar says how a random call of each command is made. A word in capitals
// stands for itself, one in small letters for a random argument of that sort
// (see sorts); of what is in braces any number of alternatives follow.
var grammar = map[string]string{
	"acl|cat":                 "{category}",
	"acl|deluser":             "user {user}",
	"acl|dryrun":              "user GET key",
	"acl|genpass":             "{count}",
	"acl|getuser":             "user",
	"acl|help":                "",
	"acl|list":                "",
	"acl|load":                "",
	"acl|log":                 "{picks|RESET}",
	"acl|save":                "",
	"acl|setuser":             "user {rule|rule|rule|rule}",
	"acl|users":               "",
	"acl|whoami":              "",
	"append":                  "key text",
	"blmove":                  "key key end end moment",
	"blmpop":                  "moment 1 key end {COUNT positive}",
	"blpop":                   "key {key} moment",
	"brpop":                   "key {key} moment",
	"brpoplpush":              "key key moment",
	"bzmpop":                  "moment numkeys key key minmax {COUNT positive}",
	"bzpopmax":                "key {key} moment",
	"bzpopmin":                "key {key} moment",
	"bitcount":                "key {int int|int int BIT|int int BYTE}",
	"bitfield":                "key {GET width bit|SET width bit int|INCRBY width bit int|OVERFLOW WRAP|OVERFLOW SAT|OVERFLOW FAIL}",
	"bitfield_ro":             "key {GET width bit|GET width bit|GET width bit|SET width bit int|OVERFLOW SAT}",
	"bitop":                   "bitop key {key}",
	"bitpos":                  "key onebit {int|int int BIT|int int BYTE}",
	"command":                 "",
	"command|count":           "",
	"command|docs":            "docname {docname}",
	"command|getkeys":         "GET key",
	"command|getkeysandflags": "SET key text {NX|GET|XX}",
	"command|help":            "",
	"command|info":            "{GET|nosuch|SETNX|object|encoding|RENAME}",
	"command|list":            "FILTERBY PATTERN *GETRANGE*",
	"config|get":              "parameter {parameter}",
	"config|help":             "",
	"config|resetstat":        "",
	"config|rewrite":          "",
	"config|set":              "threshold most {threshold most}",
	"copy":                    "key key {REPLACE|DB db|NX}",
	"dbsize":                  "",
	"debug":                   "DIGEST-VALUE key {key|key|key}",
	"decr":                    "key",
	"decrby":                  "key int",
	"del":                     "key {key}",
	"delex":                   "key {IFEQ text|IFNE text|IFDEQ text|IFDNE text}",
	"digest":                  "key",
	"discard":                 "",
	"dump":                    "key",
	"echo":                    "text",
	"exec":                    "",
	"exists":                  "key {key}",
	"expire":                  "key seconds {NX|XX|GT|LT}",
	"expireat":                "key at {NX|XX|GT|LT}",
	"expiretime":              "key",
	"flushall":                "{SYNC|ASYNC}",
	"flushdb":                 "{SYNC|ASYNC}",
	"geoadd":                  "key {NX|XX|CH} degrees degrees member {degrees degrees member|degrees degrees member}",
	"geodist":                 "key member member {unit}",
	"geohash":                 "key member {member}",
	"geopos":                  "key member {member}",
	"georadius":               "key degrees degrees meters unit {WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT positive|ANY|STORE key}",
	"georadius_ro":            "key degrees degrees meters unit {WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT positive|ANY|STORE key}",
	"georadiusbymember":       "key member meters unit {WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT positive|ANY|STORE key}",
	"georadiusbymember_ro":    "key member meters unit {WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT positive|ANY}",
	"geosearch":               "key FROMLONLAT degrees degrees BYRADIUS meters unit {WITHDIST|WITHHASH|WITHCOORD|ASC|DESC|COUNT positive|ANY|FROMMEMBER member}",
	"geosearchstore":          "key key FROMMEMBER member BYBOX meters meters unit {ASC|DESC|COUNT positive|ANY|WITHDIST}",
	"get":                     "key",
	"getbit":                  "key bit",
	"getdel":                  "key",
	"getex":                   "key {PERSIST|EX seconds|PX after|EXAT at|PXAT at|KEEPTTL|NX}",
	"getrange":                "key int int",
	"getset":                  "key text",
	"hdel":                    "key field {field}",
	"hexists":                 "key field",
	"hexpire":                 "key seconds {NX|XX|GT|LT} FIELDS 2 field field",
	"hexpireat":               "key at {NX|XX|GT|LT} FIELDS 2 field field",
	"hexpiretime":             "key FIELDS 2 field field",
	"hget":                    "key field",
	"hgetall":                 "key",
	"hgetdel":                 "key FIELDS 2 field field",
	"hgetex":                  "key {PERSIST|EX seconds|PX soon|EXAT at|PXAT at} FIELDS 2 field field",
	"hincrby":                 "key field int",
	"hincrbyfloat":            "key field float",
	"hkeys":                   "key",
	"hlen":                    "key",
	"hmget":                   "key field {field}",
	"hmset":                   "key field value {field value}",
	"hpersist":                "key FIELDS 2 field field",
	"hpexpire":                "key soon {NX|XX|GT|LT} FIELDS 2 field field",
	"hpexpireat":              "key at {NX|XX|GT|LT} FIELDS 2 field field",
	"hpexpiretime":            "key FIELDS 2 field field",
	"hpttl":                   "key FIELDS 2 field field",
	"hrandfield":              "key {picks|picks WITHVALUES}",
	"hscan":                   "key cursor COUNT count {MATCH glob|COUNT count|TYPE HASH}",
	"hset":                    "key field value {field value}",
	"hsetex":                  "key {FNX|FXX|KEEPTTL|EX seconds|PX soon|EXAT at|PXAT at} FIELDS 2 field value field value",
	"hsetnx":                  "key field value",
	"hstrlen":                 "key field",
	"httl":                    "key FIELDS 2 field field",
	"hvals":                   "key",
	"incr":                    "key",
	"incrby":                  "key int",
	"incrbyfloat":             "key float",
	"info":                    "{server|stats|all|Everything|nosuch|keyspace}",
	"keys":                    "glob",
	"latency|doctor":          "",
	"latency|graph":           "field",
	"latency|help":            "",
	"latency|histogram":       "{SET|get|config|nosuch}",
	"latency|history":         "field",
	"latency|latest":          "",
	"latency|reset":           "field {field}",
	"multi":                   "",
	"slowlog|get":             "{picks}",
	"slowlog|help":            "",
	"slowlog|len":             "",
	"slowlog|reset":           "",
	"lcs":                     "key key {LEN|IDX|MINMATCHLEN int|WITHMATCHLEN}",
	"lindex":                  "key index",
	"linsert":                 "key side elem elem",
	"llen":                    "key",
	"lmove":                   "key key end end",
	"lmpop":                   "2 key key end {COUNT positive}",
	"lpop":                    "key {positive}",
	"lpos":                    "key elem {RANK index|COUNT positive|MAXLEN positive}",
	"lpush":                   "key elem {elem}",
	"lpushx":                  "key elem {elem}",
	"lrange":                  "key index index",
	"lrem":                    "key index elem",
	"lset":                    "key index elem",
	"ltrim":                   "key index index",
	"memory|doctor":           "",
	"memory|help":             "",
	"memory|malloc-stats":     "",
	"memory|purge":            "",
	"memory|stats":            "",
	"memory|usage":            "key {SAMPLES count|SAMPLES int|text}",
	"mget":                    "key {key}",
	"move":                    "key db",
	"mset":                    "key text {key text}",
	"msetex":                  "numkeys key text key text {NX|XX|KEEPTTL|EX seconds|PX soon|EXAT at|PXAT at}",
	"msetnx":                  "key text {key text}",
	"object|encoding":         "key",
	"object|freq":             "key",
	"object|help":             "",
	"object|idletime":         "key",
	"object|refcount":         "key",
	"persist":                 "key",
	"pexpire":                 "key after {NX|XX|GT|LT}",
	"pexpireat":               "key at {NX|XX|GT|LT}",
	"pexpiretime":             "key",
	"pfadd":                   "key {counted}",
	"pfcount":                 "key {key}",
	"pfdebug":                 "debug key",
	"pfmerge":                 "key {key}",
	"pfselftest":              "text", // an error: a real one takes Redis seconds
	"ping":                    "{text}",
	"psetex":                  "key after text",
	"pttl":                    "key",
	"publish":                 "text text",
	"pubsub|channels":         "{glob|glob}",
	"pubsub|help":             "",
	"pubsub|numpat":           "",
	"pubsub|numsub":           "{text}",
	"pubsub|shardchannels":    "{glob}",
	"pubsub|shardnumsub":      "{text}",
	"randomkey":               "",
	"rename":                  "key key",
	"renamenx":                "key key",
	"restore":                 "key wait payload {REPLACE|REPLACE|ABSTTL|IDLETIME positive|FREQ positive}",
	"restore-asking":          "key wait payload {REPLACE|REPLACE|ABSTTL|IDLETIME positive|FREQ positive}",
	"spublish":                "text text",
	"scan":                    "cursor {MATCH glob|COUNT count|TYPE STRING|TYPE HASH|TYPE SET|TYPE ZSET}",
	"sadd":                    "key member member {member}",
	"scard":                   "key",
	"sdiff":                   "key {key}",
	"sdiffstore":              "key key {key}",
	"rpop":                    "key {positive}",
	"rpoplpush":               "key key",
	"rpush":                   "key elem {elem}",
	"rpushx":                  "key elem {elem}",
	"select":                  "db",
	"set":                     "key text {NX|XX|GET|KEEPTTL|EX seconds|PX after|EXAT later|PXAT later|PERSIST}",
	"setex":                   "key seconds text",
	"setbit":                  "key bit onebit",
	"setnx":                   "key text",
	"setrange":                "key offset text",
	"sinter":                  "key {key}",
	"sintercard":              "numkeys key key {key} {LIMIT limit}",
	"sinterstore":             "key key {key}",
	"sismember":               "key member",
	"smembers":                "key",
	"smismember":              "key member {member}",
	"smove":                   "key key member",
	"spop":                    "key {picks}",
	"srandmember":             "key {picks}",
	"srem":                    "key member {member}",
	"sscan":                   "key cursor COUNT count {MATCH glob|COUNT count|TYPE SET}",
	"sort":                    "key {BY pattern|GET pattern|LIMIT index index|ASC|DESC|STORE key}",
	"sort_ro":                 "key {ALPHA|BY pattern|GET pattern|LIMIT index index|ALPHA|DESC|STORE key}",
	"strlen":                  "key",
	"substr":                  "key int int",
	"sunion":                  "key {key}",
	"sunionstore":             "key key {key}",
	"swapdb":                  "db db",
	"failover":                "{TO text positive|FORCE|ABORT|TIMEOUT positive}",
	"lolwut":                  "{text}",
	"module|help":             "",
	"module|list":             "",
	"module|load":             "text {text}",
	"module|loadex":           "text {ARGS text|CONFIG text text}",
	"module|unload":           "text",
	"migrate":                 "127.0.0.1 1 key db ms {COPY|REPLACE|AUTH text|AUTH2 text text|KEYS key key|key}",
	"replconf":                "{CAPA text|LISTENING-PORT int|IP-ADDRESS text|RDB-ONLY picks|RDB-FILTER-ONLY FUNCTIONS|text}",
	"lastsave":                "",
	"role":                    "",
	"time":                    "",
	"wait":                    "0 {0|10|-1|ms}",
	"touch":                   "key {key}",
	"ttl":                     "key",
	"type":                    "key",
	"unlink":                  "key {key}",
	"unwatch":                 "",
	"watch":                   "key {key}",
	"zadd":                    "key {NX|XX|GT|LT|CH|INCR} score member {score member|score member|score member}",
	"zcard":                   "key",
	"zcount":                  "key bound bound",
	"zdiff":                   "numkeys key key {WITHSCORES}",
	"zdiffstore":              "key numkeys key key {WITHSCORES}",
	"zincrby":                 "key score member",
	"zinter":                  "numkeys key key {WITHSCORES|WEIGHTS score score|AGGREGATE aggregate}",
	"zintercard":              "numkeys key key {LIMIT positive}",
	"zinterstore":             "key numkeys key key {WEIGHTS score score|AGGREGATE aggregate}",
	"zlexcount":               "key lex lex",
	"zmpop":                   "numkeys key key minmax {COUNT positive}",
	"zmscore":                 "key member {member}",
	"zpopmax":                 "key {positive}",
	"zpopmin":                 "key {positive}",
	"zrandmember":             "key {picks|picks WITHSCORES}",
	"zrange":                  "key index index {REV|WITHSCORES|LIMIT index index|BYSCORE|BYLEX}",
	"zrangebylex":             "key lex lex {LIMIT index index|WITHSCORES}",
	"zrangebyscore":           "key bound bound {LIMIT index index|WITHSCORES}",
	"zrangestore":             "key key anybound anybound {BYSCORE|BYLEX|REV|LIMIT index index}",
	"zrank":                   "key member",
	"zrem":                    "key member {member}",
	"zremrangebylex":          "key lex lex",
	"zremrangebyrank":         "key index index",
	"zremrangebyscore":        "key bound bound",
	"zrevrange":               "key index index {WITHSCORES}",
	"zrevrangebylex":          "key lex lex {LIMIT index index}",
	"zrevrangebyscore":        "key bound bound {LIMIT index index|WITHSCORES}",
	"zrevrank":                "key member",
	"zscan":                   "key cursor {MATCH glob|COUNT count|TYPE zset}",
	"zscore":                  "key member",
	"zunion":                  "numkeys key key {WITHSCORES|WEIGHTS score score|AGGREGATE aggregate}",
	"zunionstore":             "key numkeys key key {WEIGHTS score score|AGGREGATE aggregate}",
	"xack":                    "key group id {id}",
	"xautoclaim":              "key group consumer idle from {COUNT int|JUSTID}",
	"xclaim":                  "key group consumer idle id {id} {FORCE|JUSTID|RETRYCOUNT int|IDLE int|LASTID id|TIME int}",
	"xgroup|create":           "key group groupid {MKSTREAM|ENTRIESREAD int}",
	"xgroup|createconsumer":   "key group consumer",
	"xgroup|delconsumer":      "key group consumer",
	"xgroup|destroy":          "key group",
	"xgroup|help":             "",
	"xgroup|setid":            "key group groupid {ENTRIESREAD int}",
	"xinfo|consumers":         "key group",
	"xinfo|groups":            "key",
	"xinfo|help":              "",
	"xinfo|stream":            "key {FULL|FULL COUNT int}",
	"xpending":                "key group {from to int|IDLE idle from to int|from to int consumer}",
	"xreadgroup":              "GROUP group consumer {COUNT int|NOACK} STREAMS key key groupid groupid",
	"xackdel":                 "key group {KEEPREF|DELREF|ACKED} IDS 2 id id",
	"xdelex":                  "key {KEEPREF|DELREF|ACKED} IDS 2 id id",
	"xadd":                    "key {NOMKSTREAM|MAXLEN int|MAXLEN ~ int|MAXLEN = int|MINID id|MINID ~ id|LIMIT int} newid text text {text text}",
	"xdel":                    "key id {id}",
	"xlen":                    "key",
	"xrange":                  "key from to {COUNT int}",
	"xread":                   "{COUNT int} STREAMS key key id lastid",
	"xrevrange":               "key to from {COUNT int}",
	"xsetid":                  "key id {ENTRIESADDED int|MAXDELETEDID id}",
	"xtrim":                   "key {MAXLEN int|MAXLEN ~ int|MINID id|MINID = id|LIMIT int}",
}

// sorts are the sorts of arguments. Where an argument is a time to come it is
// so late that it does not matter how long a test takes, and no two of them
// are as close.
var sorts = map[string]func(*rand.Rand) string{
	"key": pick("a", "b", "c", "d", "user:1", "", "\x00\xff", "a\r\nb"),
	"text": mix(
		pick("", "a", "hello", "x\x00y", "\r\n", "the quick brown fox", "foxes are quick", strings.Repeat("ab", 23)),
		number(300), pickNumber, decimal),
	"field":  pick("f", "g", "h", "a", "b", "12", "", "x\x00y", strings.Repeat("f", 64), strings.Repeat("f", 65)),
	"value":  mix(pick("a", "5", "1.5", strings.Repeat("v", 64)), number(300), pickNumber, decimal, pick("5", "", strings.Repeat("v", 65))),
	"limit":  mix(number(3), pickNumber),
	"int":    mix(number(20), pickNumber),
	"offset": mix(number(60), pick("-1", "536870912", "9223372036854775807", "-9223372036854775808", "a", "")),
	"float": mix(number(300), decimal, decimal, pickNumber,
		pick("inf", "-inf", "nan", "1e300", "-1e300", "1e-300", "0x1p10", "1e5000", "a", " 1", "1e", "+1", "-0", ".5", "5.")),
	"db":        mix(pick("0", "1", "2"), pick("0", "1", "2", "15", "16", "-1", "a", "2147483648", "9223372036854775808")),
	"glob":      pick("*", "**", "a", "?", "[a-c]", "[^a]", "user:*", "*\\*", "*[", "", "\\a", "*1", "**b"),
	"cursor":    mix(pick("0"), pick("0", "0", "-0", "", "a", "18446744073709551616")),
	"count":     pick("100", "1000", "9223372036854775807", "0", "-1", "a"),
	"picks":     mix(number(12), number(2), pick("100", "a", "", "4611686018427387904", "9223372036854775807", "-9223372036854775808")),
	"after":     mix(future(0), future(0), badTime),
	"soon":      mix(pick("10", "60", "100", "300"), pick("10", "60", "100", "300"), badTime),
	"later":     mix(future(10_000_000_000_000), future(10_000_000_000_000), badTime, tooLate),
	"at":        mix(future(10_000_000_000_000), future(10_000_000_000_000), badTime, tooLate, pick("1", "1000000000")),
	"elem":      mix(pick("a", "b", "c"), pick("", "1", "x\x00y", strings.Repeat("ab", 23))),
	"index":     pickIndex,
	"positive":  mix(pick("0", "1", "2", "3"), number(8), pickNumber),
	"end":       mix(pick("LEFT", "RIGHT"), pick("left", "RIGHT", "Left", "LEFT", "UP")),
	"side":      mix(pick("BEFORE", "AFTER"), pick("before", "After", "BEFORE", "NEAR")),
	"minmax":    pick("MIN", "MAX", "min", "LEFT", "right", ""),
	"pattern":   pick("#", "*", "*", "nosuch", "user:*", "*", "x*", "*->f", "*->"),
	"moment":    mix(pick("0.001"), pick("1e-3", "0x1p-10", "0.0001", "-1", "-0.5", "a", "", "inf", "-inf", "1e300", "9223372036854775807")),
	"degrees":   mix(degrees(180), degrees(85), degrees(85), degrees(1), degrees(0.01), pick("0", "180", "-180", "85.05112878", "-85.05112878", "181", "-90", "a", "inf")),
	"meters":    mix(number(500), pick("0", "1", "5", "100", "1000", "10000", "100000", "5000000", "20000000", "1e300", "inf", "a", "-1")),
	"unit":      mix(pick("m", "km", "ft", "mi"), pick("KM", "Mi", "cm", "")),
	"member":    mix(pick("a", "b", "c", "d", "e"), number(5), pick("a", "f", "g", "", "1", "01", "x\x00y", strings.Repeat("ab", 32)), pickNumber),
	"score":     mix(number(4), number(4), number(4), decimal, pick("0", "1", "inf", "-inf", "0.1", "0x1p-3", "1e17", "-0"), pickNumber),
	"bound":     pickBound,
	"lex":       pickLex,
	"anybound":  mix(pickIndex, pickIndex, pickBound, pickLex),
	"numkeys":   pick("2", "2", "2", "2", "2", "2", "2", "1", "3", "0", "-1", "a", "9223372036854775806"),
	"aggregate": pick("SUM", "MIN", "MAX", "min", "Max", "avg", ""),
	"seconds":   mix(future(0), future(0), badTime, tooLate),
	"bit":       mix(number(300), number(300), pick("#0", "#1", "#7", "#-1", "#a", "4294967296", "9223372036854775807", "-1", "a", "")),
	"onebit":    mix(pick("0", "1"), pick("0", "1", "2", "-1", "a")),
	"bitop":     pick("AND", "OR", "XOR", "NOT", "not", "NAND"),
	"width":     mix(pick("u8", "i8", "u1", "i1", "u63", "i64", "i5", "u13"), pick("u64", "i65", "u0", "U8", "i08", "i", "8", "")),
	"counted":   mix(number(1000), decimal, pick("", "a", "hello", "\x00", "the quick brown fox")),
	"debug":     pick("ENCODING", "DECODE", "TODENSE", "GETREG", "FOO"),
	"id":        mix(pick("1-1", "1-2", "2-0", "2", "3", "5-5", "9"), pick("0", "0-0", "4-4", "7", "3-", "-", "+", "", "a", "1--1", " 1-+2", "18446744073709551615")),
	"newid":     mix(pick("1-1", "1-2", "2-*", "3-*", "4", "5-5", "9-*", "1-*"), pick("0-*", "0-0", "0-1", "6-*", "7-1", "3-", "a", "-", "+", "*-1", "1-1-*")),
	"from":      mix(pick("-", "1", "(1-1"), pick("(2", "3", "(", "(-", "(+", "+", "(18446744073709551615-18446744073709551615")),
	"to":        mix(pick("+", "5", "(9"), pick("(2", "3", "(", "(-", "(+", "-", "(0-0")),
	"group":     pick("g", "h"),
	"consumer":  pick("Ada", "Grace", "Barbara"),
	"groupid":   mix(pick(">", "0", "$", ">"), pick(">", "1", "2-1", "a", "+")),
	"idle":      mix(pick("0", "0", "1000000"), pick("0", "-1", "a")),
	"lastid":    mix(pick("0", "$", "2-1"), pick(">", "a", "1", "+")),
	"wait":      mix(pick("0"), future(0), badTime),
	"docname":   pick("XADD", "nosuch", "GETSET", "object|freq", "XINFO|stream", "SORT", "georadius"),
	"category":  pick("transaction", "hyperloglog", "Geo", "nosuch", ""),
	"user":      pick("ann", "ben", "cleo", "dan", "a b"),
	"rule": pick("on", "off", "nopass", ">pw", "<pw", "resetpass", "~a*", "%R~b", "%W~b", "~*", "resetkeys", "&c*", "&*", "resetchannels",
		"+get", "-get", "+@read", "-@read", "+@all", "-@all", "reset", "(+get ~c)", "(+@read", "%R~*)", "clearselectors", "nosuch", ""),
	"parameter": pick("maxmemory*", "timeout", "hash-max-*", "timeou?", "set-max-intset-entries", "nosuch", "databases", "lfu-*"),
	"most":      mix(number(5), pick("0", "1", "2", "5", "10", "64", "128", "500", "1kb", "9223372036854775807", "9223372036854775808", "a", "")),
	"threshold": pick("hash-max-listpack-entries", "hash-max-ziplist-value", "set-max-intset-entries", "zset-max-listpack-entries",
		"zset-max-ziplist-value", "stream-node-max-entries", "stream-node-max-bytes", "hll-sparse-max-bytes", "lfu-decay-time", "databases", "nosuch"),
	"payload": mix(payload, payload, payload, payload, pick("", "a", strings.Repeat("\x00", 20))),
}

// payload returns what DUMP answers for some value, seldom with a byte changed
// or without its end.
func payload(rnd *rand.Rand) string {
	text := payloads[rnd.IntN(len(payloads))]
	switch i := rnd.IntN(len(text)); rnd.IntN(40) {
	case 0:
		return text[:i]
	case 1:
		return text[:i] + string([]byte{text[i] + 1}) + text[i+1:]
	}
	return text
}

// payloads are those of values of all types and encodings.
var payloads = func() (texts []string) {
	long := strings.Repeat("l", 65)
	for _, lines := range []string{
		"SET k 12", "SET k hello", "SET k " + long, "APPEND k x",
		"RPUSH k a b 1 " + long, "RPUSH k c",
		"SADD k 1 2 300", "SADD k a b 1", "SADD k d",
		"HSET k f v a 5", "HSET k g " + long + " f 5", "HSET k h 7",
		"ZADD k 1 a 2 b inf c", "ZADD k -1.5 d 0 " + long, "ZADD k 0.1 e",
		"XADD k 1-1 f v;XADD k 2-1 f w g 5;XADD k 5-5 f 12;XDEL k 2-1",
		"XADD k 1-1 f v;XADD k 3-0 g w;XADD k 4-1 f x;XGROUP CREATE k g 0;XGROUP CREATE k h $;" +
			"XREADGROUP GROUP g Ada COUNT 2 STREAMS k >;XREADGROUP GROUP g Grace STREAMS k >;XACK k g 3-0",
		"XGROUP CREATE k g 0 MKSTREAM",
	} {
		local := newLocal()
		for line := range strings.SplitSeq(lines, ";") {
			local.Do(strings.Fields(line))
		}
		texts = append(texts, local.Do([]string{"DUMP", "k"}).Str())
	}
	return texts
}()

func pick(texts ...string) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return texts[rnd.IntN(len(texts))] }
}

func mix(sorts ...func(*rand.Rand) string) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return sorts[rnd.IntN(len(sorts))](rnd) }
}

func number(below int) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return strconv.Itoa(rnd.IntN(2*below) - below) }
}

// degrees returns numbers about zero.
func degrees(most float64) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return strconv.FormatFloat(most*(2*rnd.Float64()-1), 'g', -1, 64) }
}

func decimal(rnd *rand.Rand) string {
	return strconv.FormatFloat(rnd.NormFloat64()*1e3, "eg"[rnd.IntN(2)], rnd.IntN(21)-1, 64)
}

// future returns a time long after the base: in seconds or milliseconds, that
// makes no difference here.
func future(base int64) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string {
		return strconv.FormatInt(base+1_000_000_000+rnd.Int64N(1_000_000_000_000), 10)
	}
}

var (
	pickNumber = pick("0", "1", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"4294967296", "-0", "+1", "01", " 1", "1 ", "1.5", "a", "")
	pickIndex = mix(number(8), number(8), number(8), pickNumber)
	pickBound = mix(number(5), pick("-inf", "+inf", "(0", "(1", "(-1", "(2", "0", "1", "2"), pick("(inf", "nan", "", "(", " 1", "( 1", "1 ", "1e400", "a", "0x1"))
	pickLex   = mix(pick("-", "+", "[a", "(a", "[c", "(c", "[e"), pick("[", "(", "-", "+", "[b", "(d", "", "a", "+\x00", "-a"))
	badTime   = pick("0", "-1", "a", "", "1.5", "9223372036854775807", "-9223372036854775808", "9223372036854775808")
	// These are too late in seconds. In milliseconds they are not, and whether the
	// same one is later a moment afterwards is up to the clock.
	tooLate = pick("9223372036854776", "9223372036854775")
)

// randomCall returns a call of the command, seldom one that the grammar does
// not allow.
func randomCall(rnd *rand.Rand, name string) []string {
	args := strings.Split(name, "|")
	named := len(args)
	words := strings.Fields(grammar[name])
	for i := 0; i < len(words); i++ {
		if !strings.HasPrefix(words[i], "{") {
			args = append(args, randomArg(rnd, words[i]))
			continue
		}
		end := i + slices.IndexFunc(words[i:], func(w string) bool { return strings.HasSuffix(w, "}") })
		alternatives := strings.Split(strings.Trim(strings.Join(words[i:end+1], " "), "{}"), "|")
		for rnd.IntN(2) == 0 {
			for _, w := range strings.Fields(alternatives[rnd.IntN(len(alternatives))]) {
				args = append(args, randomArg(rnd, w))
			}
		}
		i = end
	}
	if len(args) == named {
		return args
	}
	switch i := named + rnd.IntN(len(args)-named); rnd.IntN(60) {
	case 0:
		args = slices.Delete(args, i, i+1)
	case 1:
		args = slices.Insert(args, i, args[i])
	case 2:
		args = append(args, randomArg(rnd, pick("NX", "foo", "key", "GET", "LEN")(rnd)))
	}
	return args
}

func randomArg(rnd *rand.Rand, word string) string {
	if sort, ok := sorts[word]; ok {
		return sort(rnd)
	}
	if rnd.IntN(4) == 0 {
		return strings.ToLower(word)
	}
	return word
}

// families are the commands of one type, all of which a few random calls in a
// row should be about, or its values would hardly ever become interesting.
var families = func() (families [][]string) {
	local := newLocal()
	for _, category := range strings.Fields("bitmap geo hash hyperloglog list set sortedset stream string") {
		var names []string
		for _, name := range local.Do([]string{"COMMAND", "LIST", "FILTERBY", "ACLCAT", category}).Elems() {
			names = append(names, name.Str())
		}
		if names != nil {
			families = append(families, names)
		}
	}
	return families
}()

// randomFamily returns a family, or as often all commands.
func randomFamily(rnd *rand.Rand) []string {
	if rnd.IntN(2) == 0 {
		return commandNames
	}
	return families[rnd.IntN(len(families))]
}

// randomCommand returns a call of a command, mostly of the family; seldom of
// one that removes everything, describes all commands, or begins a transaction.
func randomCommand(rnd *rand.Rand, family []string) []string {
	if rnd.IntN(5) == 0 {
		family = commandNames
	}
	name := family[rnd.IntN(len(family))]
	if rnd.IntN(40) == 0 { // as what a value may hold changes how others take it
		name = "config|set"
	}
	switch name {
	case "flushall", "flushdb", "command", "multi":
		if rnd.IntN(10) > 0 {
			name = "get"
		}
	}
	return randomCall(rnd, name)
}

var commandNames = func() (names []string) {
	command.NewTable().Walk(func(cmd *command.Command) {
		const subscribes = command.PubSub | command.NoScript // the reply is messages
		container, _, _ := strings.Cut(cmd.Name, "|")
		if cmd.Run != nil && cmd.Flags&subscribes != subscribes && !ofConnections[container] && !ofProcesses[cmd.Name] {
			names = append(names, cmd.Name)
		}
	})
	return names
}()

// ofProcesses are commands that would end a real Redis, make it write files, or
// make it or the connection a replica.
var ofProcesses = map[string]bool{
	"bgrewriteaof": true, "bgsave": true, "psync": true, "replicaof": true, "save": true, "shutdown": true, "slaveof": true, "sync": true,
}

// ofConnections are commands about the caller's connection, or those of others:
// package redisconn tests what they do.
var ofConnections = map[string]bool{
	"asking": true, "auth": true, "client": true, "cluster": true, "hello": true, "monitor": true, "quit": true, "readonly": true,
	"readwrite": true, "reset": true,
}

func TestGrammarCoversTable(t *testing.T) {
	for _, name := range commandNames {
		if _, ok := grammar[name]; !ok {
			t.Errorf("the grammar of random calls has no %s", name)
		}
	}
	for name := range grammar {
		if !slices.Contains(commandNames, name) {
			t.Errorf("the grammar of random calls has %s, the table has not", name)
		}
	}
}
