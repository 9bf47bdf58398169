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
	"append":                  "key text",
	"bitcount":                "key {int int|int int BIT|int int BYTE}",
	"bitfield":                "key {GET field bit|SET field bit int|INCRBY field bit int|OVERFLOW WRAP|OVERFLOW SAT|OVERFLOW FAIL}",
	"bitfield_ro":             "key {GET field bit|GET field bit|GET field bit|SET field bit int|OVERFLOW SAT}",
	"bitop":                   "bitop key {key}",
	"bitpos":                  "key onebit {int|int int BIT|int int BYTE}",
	"command":                 "",
	"command|count":           "",
	"command|getkeys":         "GET key",
	"command|getkeysandflags": "SET key text {NX|GET|XX}",
	"command|help":            "",
	"command|info":            "{GET|nosuch|SETNX|object|encoding|RENAME}",
	"command|list":            "FILTERBY PATTERN *GETRANGE*",
	"copy":                    "key key {REPLACE|DB db|NX}",
	"dbsize":                  "",
	"decr":                    "key",
	"decrby":                  "key int",
	"del":                     "key {key}",
	"echo":                    "text",
	"exists":                  "key {key}",
	"expire":                  "key after {NX|XX|GT|LT}",
	"expireat":                "key at {NX|XX|GT|LT}",
	"expiretime":              "key",
	"flushall":                "{SYNC|ASYNC}",
	"flushdb":                 "{SYNC|ASYNC}",
	"get":                     "key",
	"getbit":                  "key bit",
	"getdel":                  "key",
	"getex":                   "key {PERSIST|EX after|PX after|EXAT at|PXAT at|KEEPTTL|NX}",
	"getrange":                "key int int",
	"getset":                  "key text",
	"incr":                    "key",
	"incrby":                  "key int",
	"incrbyfloat":             "key float",
	"keys":                    "glob",
	"lcs":                     "key key {LEN|IDX|MINMATCHLEN int|WITHMATCHLEN}",
	"mget":                    "key {key}",
	"move":                    "key db",
	"mset":                    "key text {key text}",
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
	"pfadd":                   "key {elem}",
	"pfcount":                 "key {key}",
	"pfdebug":                 "debug key",
	"pfmerge":                 "key {key}",
	"pfselftest":              "text", // an error: a real one takes Redis seconds
	"ping":                    "{text}",
	"psetex":                  "key after text",
	"pttl":                    "key",
	"randomkey":               "",
	"rename":                  "key key",
	"renamenx":                "key key",
	"scan":                    "cursor {MATCH glob|COUNT count|TYPE STRING|TYPE HASH}",
	"select":                  "db",
	"set":                     "key text {NX|XX|GET|KEEPTTL|EX after|PX after|EXAT later|PXAT later|PERSIST}",
	"setbit":                  "key bit onebit",
	"setex":                   "key after text",
	"setnx":                   "key text",
	"setrange":                "key offset text",
	"strlen":                  "key",
	"substr":                  "key int int",
	"swapdb":                  "db db",
	"time":                    "",
	"touch":                   "key {key}",
	"ttl":                     "key",
	"type":                    "key",
	"unlink":                  "key {key}",
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
	"int":    mix(number(20), pickNumber),
	"offset": mix(number(60), pick("-1", "536870912", "9223372036854775807", "-9223372036854775808", "a", "")),
	"float": mix(number(300), decimal, decimal, pickNumber,
		pick("inf", "-inf", "nan", "1e300", "-1e300", "1e-300", "0x1p10", "1e5000", "a", " 1", "1e", "+1", "-0", ".5", "5.")),
	"db":       mix(pick("0", "1", "2"), pick("0", "1", "2", "15", "16", "-1", "a", "2147483648", "9223372036854775808")),
	"glob":     pick("*", "**", "a", "?", "[a-c]", "[^a]", "user:*", "*\\*", "*[", "", "\\a", "*1", "**b"),
	"cursor":   mix(pick("0"), pick("0", "0", "-0", "", "a", "18446744073709551616")),
	"bit":      mix(number(300), number(300), pick("#0", "#1", "#7", "#-1", "#a", "4294967296", "9223372036854775807", "-1", "a", "")),
	"onebit":   mix(pick("0", "1"), pick("0", "1", "2", "-1", "a")),
	"bitop":    pick("AND", "OR", "XOR", "NOT", "not", "NAND"),
	"field":    mix(pick("u8", "i8", "u1", "i1", "u63", "i64", "i5", "u13"), pick("u64", "i65", "u0", "U8", "i08", "i", "8", "")),
	"debug":    pick("ENCODING", "DECODE", "TODENSE", "GETREG", "FOO"),
	"elem":     mix(number(1000), decimal, pick("", "a", "hello", "\x00", "the quick brown fox")),
	"id":       mix(pick("1-1", "1-2", "2-0", "2", "3", "5-5", "9"), pick("0", "0-0", "4-4", "7", "3-", "-", "+", "", "a", "1--1", " 1-+2", "18446744073709551615")),
	"newid":    mix(pick("1-1", "1-2", "2-*", "3-*", "4", "5-5", "9-*", "1-*"), pick("0-*", "0-0", "0-1", "6-*", "7-1", "3-", "a", "-", "+", "*-1", "1-1-*")),
	"from":     mix(pick("-", "1", "(1-1"), pick("(2", "3", "(", "(-", "(+", "+", "(18446744073709551615-18446744073709551615")),
	"to":       mix(pick("+", "5", "(9"), pick("(2", "3", "(", "(-", "(+", "-", "(0-0")),
	"group":    pick("g", "h"),
	"consumer": pick("Ada", "Grace", "Barbara"),
	"groupid":  mix(pick(">", "0", "$", ">"), pick(">", "1", "2-1", "a", "+")),
	"idle":     mix(pick("0", "0", "1000000"), pick("0", "-1", "a")),
	"lastid":   mix(pick("0", "$", "2-1"), pick(">", "a", "1", "+")),
	"count":    pick("100", "1000", "9223372036854775807", "0", "-1", "a"),
	"after":    mix(future(0), future(0), badTime),
	"later":    mix(future(10_000_000_000_000), future(10_000_000_000_000), badTime),
	"at":       mix(future(10_000_000_000_000), future(10_000_000_000_000), badTime, pick("1", "1000000000")),
}

func pick(texts ...string) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return texts[rnd.IntN(len(texts))] }
}

func mix(sorts ...func(*rand.Rand) string) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return sorts[rnd.IntN(len(sorts))](rnd) }
}

func number(below int) func(*rand.Rand) string {
	return func(rnd *rand.Rand) string { return strconv.Itoa(rnd.IntN(2*below) - below) }
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
	badTime = pick("0", "-1", "a", "", "1.5", "9223372036854775807", "-9223372036854775808", "9223372036854776",
		"9223372036854775", "9223372036854775808")
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

// randomCommand returns a call of any command, seldom of one that removes
// everything or describes all commands.
func randomCommand(rnd *rand.Rand) []string {
	name := commandNames[rnd.IntN(len(commandNames))]
	switch name {
	case "flushall", "flushdb", "command":
		if rnd.IntN(10) > 0 {
			name = "get"
		}
	}
	return randomCall(rnd, name)
}

var commandNames = func() (names []string) {
	command.NewTable().Walk(func(cmd *command.Command) {
		if cmd.Run != nil {
			names = append(names, cmd.Name)
		}
	})
	return names
}()

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
