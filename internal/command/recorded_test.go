package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// undoneData is what the tests of undoing work on: # stands for numbers from 1 on.
var undoneData = []string{
	"RPUSH l e#", "SADD s m#", "SADD ints #", "HSET h f# #", "ZADD z # m#", "XADD x #-1 f v", "SET k# #", "GEOADD g 1.# 2.# m#", "APPEND b bytes#", "PFADD p #",
}

// undone returns a DB with n of each of undoneData and two consumers of what the
// stream has.
func undone(n int) *transcript.Local {
	local := transcript.NewLocal(command.NewTable(), time.Now())
	for _, line := range undoneData {
		for i := range n {
			local.Do(strings.Fields(strings.ReplaceAll(line, "#", fmt.Sprint(i+1))))
		}
	}
	for _, line := range []string{"XGROUP CREATE x g 0", "XREADGROUP GROUP g Ada STREAMS x >", "XGROUP CREATECONSUMER x g Grace",
		"SET text text", "EXPIREAT k1 9999999999", "HPEXPIREAT h 9999999999999 FIELDS 1 f1", "PFCOUNT p", "PERSIST k2"} {
		local.Do(strings.Fields(line))
	}
	return local
}

// Where a command changes nothing, nothing is recorded, however often it runs.
func TestNothingRecorded(t *testing.T) {
	local := undone(20)
	for _, line := range []string{
		"LREM l 0 nope", "LREM l 2 nope", "LREM l -2 nope", "LTRIM l 0 -1", "LINSERT l BEFORE nope x", "LSET l 0 e1", "LPOP l 0", "RPOP nothing", "LPUSHX nothing x",
		"SADD s m1", "SADD ints 1", "SREM s nope", "SREM ints 99", "SMOVE s ints nope", "SPOP s 0",
		"HSET h f1 1", "HSETNX h f1 x", "HDEL h nope", "HMSET h f2 2 f3 3", "HPERSIST h FIELDS 1 f2", "HPEXPIREAT h 9999999999999 FIELDS 1 f1",
		"ZADD z 1 m1", "ZADD z NX 5 m1", "ZADD z XX 5 nope", "ZADD z GT 0 m5", "ZREM z nope", "ZINCRBY z 0 m1", "ZREMRANGEBYSCORE z 100 200", "ZREMRANGEBYRANK z 100 200",
		"ZREMRANGEBYLEX z [nope (nope", "ZPOPMIN z 0", "GEOADD g NX 1 1 m1", "SORT l ALPHA", "SORT z ALPHA",
		"XDEL x 99-1", "XTRIM x MAXLEN 100", "XTRIM x MINID 0", "XACK x g 99-1", "XCLAIM x g Ada 100000000 1-1", "XAUTOCLAIM x g Ada 100000000 0", "XSETID x 20-1",
		"XGROUP CREATECONSUMER x g Grace", "XGROUP DELCONSUMER x g nobody", "XGROUP DESTROY x nothing", "XGROUP SETID x g 20-1", "XREADGROUP GROUP g Grace STREAMS x 0",
		"SETNX k1 x", "SET k1 x NX", "SET nothing x XX", "MSETNX k1 x k2 y", "GETEX k2", "PERSIST k2", "EXPIREAT k1 9999999999", "EXPIRE k1 10 NX", "GETDEL nothing",
		"SETRANGE b 3 ", "SETBIT b 1 1", "PFADD p 1", "PFCOUNT p", "BITFIELD b GET u8 0",
		"DEL nothing", "COPY k1 k2", "RENAMENX k1 k2", "MOVE nothing 1", "SWAPDB 1 1", "RESTORE k1 0 x", "DECRBY text 1",
	} {
		args := strings.Split(line, " ")
		local.DB.Turn()
		local.DB.Begin()
		var lens [2]int
		for i := range lens {
			for range 100 { // the first ones may have recorded that they have looked something up
				local.DB.Do(&command.Session{Script: true}, args)
			}
			lens[i] = local.DB.Recorded()
		}
		local.DB.Undo()
		if lens[0] != lens[1] {
			t.Errorf("%s: %d changes are recorded after 100 calls, and %d after 200", line, lens[0], lens[1])
		}
	}
}

// To undo a change takes no longer than the change, whatever the command.
func TestUndoCost(t *testing.T) {
	const n = 2000
	local := undone(n)
	session := &command.Session{Script: true}
	for _, line := range []string{
		"LREM l 0 nope", "LREM l 0 e#", "LREM l 1 e1", "LREM l -1 e2000", "LREM l 1 e1000", "LINSERT l BEFORE e1000 x", "LINSERT l AFTER e1 x", "LSET l # x", "LPOP l", "RPOP l",
		"LPUSH l x", "RPUSH l x", "LTRIM l 1 -2", "LTRIM l 1000 1100", "LPOP l 20", "LMOVE l l LEFT RIGHT", "SORT l ALPHA STORE new",
		"SADD s x#", "SREM s m#", "SPOP s", "SPOP s 20", "SMOVE s new m#", "SADD ints a#", "SUNIONSTORE s s ints",
		"HSET h # #", "HSET h f# x", "HDEL h f#", "HINCRBY h f# 1", "HPEXPIREAT h 99999999999# FIELDS 1 f#",
		"ZADD z # x#", "ZADD z -# m#", "ZREM z m#", "ZINCRBY z 5000 m#", "ZPOPMIN z", "ZPOPMAX z 20", "ZREMRANGEBYRANK z 10 20", "ZREMRANGEBYRANK z 10 200", "ZREMRANGEBYSCORE z 100 1200",
		"ZUNIONSTORE z 1 z", "ZRANGESTORE z z 0 -1",
		"XADD x * f v", "XDEL x #-1", "XTRIM x MAXLEN 1500", "XACK x g #-1", "XCLAIM x g Grace 0 #-1", "XAUTOCLAIM x g Grace 0 0", "XREADGROUP GROUP g Ada STREAMS x 0",
		"XGROUP DELCONSUMER x g Ada", "XGROUP CREATE x g# 0", "XGROUP DESTROY x g", "XSETID x 9999-#",
		"SET k# x", "SET new# x", "DEL k#", "INCR k#", "RENAME k# new#", "COPY z new#", "EXPIREAT k# 9999999999", "MOVE k# 1", "FLUSHALL", "SWAPDB 0 1",
		"APPEND b x", "SETRANGE b 5 x", "SETBIT b # 1", "SETBIT b 9999# 1", "BITOP NOT b b", "PFADD p x#", "GETSET b x",
	} {
		best, ratio := [2]time.Duration{time.Hour, time.Hour}, 0.0
		for range 6 {
			local.DB.Turn()
			local.DB.Begin()
			start := time.Now()
			for i := range 100 {
				local.DB.Do(session, strings.Fields(strings.ReplaceAll(line, "#", fmt.Sprint(i+1))))
			}
			done := time.Now()
			local.DB.Undo()
			best[0], best[1] = min(best[0], done.Sub(start)), min(best[1], time.Since(done))
			if ratio = float64(best[1]) / float64(best[0]); ratio < 1 {
				break
			}
		}
		t.Logf("%.2f of %v: %s", ratio, best[0], line)
		if ratio > 2 && best[1] > time.Millisecond {
			t.Errorf("%s takes %v, and %v to be undone", line, best[0], best[1])
		}
	}
}
