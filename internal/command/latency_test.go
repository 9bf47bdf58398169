package command_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// LATENCY GRAPH must draw what Redis draws of the same samples.
func TestLatencyGraph(t *testing.T) {
	server := transcript.StartRedis(t)
	do := func(line string) command.Reply { return server.Do(strings.Fields(line)) }
	do("CONFIG SET latency-monitor-threshold 5")
	for _, seconds := range []string{"0.025", "0.3", "0.01"} {
		begin := time.Now().Unix()
		do("DEBUG SLEEP " + seconds)
		var samples [][2]int
		for _, sample := range do("LATENCY HISTORY command").Elems() {
			samples = append(samples, [2]int{int(sample.Elems()[0].Int()), int(sample.Elems()[1].Int())})
		}
		longest := int(do("LATENCY LATEST").Elems()[0].Elems()[3].Int())
		want := do("LATENCY GRAPH command").Str()
		var got []string
		for now := begin; now <= time.Now().Unix(); now++ { // when it was drawn
			got = append(got, command.LatencyGraph("command", samples, longest, now))
		}
		if !slices.Contains(got, want) {
			t.Errorf("%v (-want +got):\n%s", samples, cmp.Diff(want, got[len(got)-1]))
		}
		time.Sleep(time.Until(time.Unix(time.Now().Unix()+1, 0))) // each second has one sample
	}
}

// More samples than fit into a line are drawn in several, as high as in one.
func TestLatencyGraphLines(t *testing.T) {
	var samples [][2]int
	for i := range 160 {
		samples = append(samples, [2]int{1_700_000_000 + i, 10 + i})
	}
	const now = 1_700_000_000 + 160
	lines := strings.Split(command.LatencyGraph("command", samples, 200, now), "\n")
	if lines[0] != "command - high 169 ms, low 10 ms (all time high 200 ms)" {
		t.Errorf("the title is %q", lines[0])
	}
	var widths []int
	for _, line := range lines[1:] {
		widths = append(widths, len(line))
	}
	// A line of dashes; four rows, a space, and ages: of two letters, such as 2m; in
	// the second part of three at most, such as 59s.
	want := slices.Concat(slices.Repeat([]int{80}, 1+4+1+2), []int{0}, slices.Repeat([]int{80}, 4+1+3), []int{0})
	if diff := cmp.Diff(want, widths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// LATENCY HISTOGRAM must count what Redis counts, whether or not the time of all
// calls is taken.
func TestLatencyHistogram(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, slowerThan := range []string{"10000", "0"} {
		t.Run(slowerThan, func(t *testing.T) {
			compareHistograms(t, server, newLocal(), "CONFIG SET slowlog-log-slower-than "+slowerThan)
		})
	}
}

func compareHistograms(t *testing.T, server, local transcript.Executor, config string) {
	counts := func(e transcript.Executor, names string) (lines []string) {
		reply := e.Do(strings.Fields("LATENCY HISTOGRAM " + names)).Elems()
		for pair := range slices.Chunk(reply, 2) {
			histogram := pair[1].Elems()
			buckets := histogram[3].Elems()
			lines = append(lines, fmt.Sprintf("%s: %d, %d", pair[0].Str(), histogram[1].Int(), buckets[len(buckets)-1].Int()))
		}
		slices.Sort(lines)
		return lines
	}
	for _, e := range []transcript.Executor{server, local} {
		for _, line := range []string{
			config, "CONFIG RESETSTAT", "SET k v", "SET k w", "GET", "GET k", "INCR k", "NOSUCH", "CONFIG GET maxmemory",
			"MULTI", "SET k v", "LPOP k", "EXEC", "CONFIG SET latency-tracking no", "GET k", "CONFIG SET latency-tracking yes", "PING",
			"CONFIG SET latency-tracking no", "SET k 1", "INCR k", "CONFIG SET latency-tracking yes", "CONFIG SET latency-tracking yes", "INCR k", "INCR k",
		} {
			e.Do(strings.Fields(line))
		}
		for range 1000 {
			e.Do([]string{"ECHO", "x"})
		}
	}
	for _, names := range []string{"", "set config SET nosuch get latency config|get"} {
		if diff := cmp.Diff(counts(server, names), counts(local, names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", names, diff)
		}
	}
}

// A histogram must have the buckets of Redis.
func TestLatencyBuckets(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, seconds := range []string{"0", "0.0001", "0.001", "0.01", "0.1", "1.1"} {
		server.Do(strings.Fields("DEBUG SLEEP " + seconds))
	}
	histogram := server.Do(strings.Fields("LATENCY HISTOGRAM debug")).Elems()[1].Elems()[3].Elems()
	for pair := range slices.Chunk(histogram, 2) {
		micros := pair[0].Int()
		last := micros > 1_000_000
		if got := command.LatencyBucket(time.Duration(micros) * time.Microsecond); got != micros {
			t.Errorf("a call of %d µs is among those of %d µs at most", micros, got)
		}
		if got := command.LatencyBucket(time.Duration(micros+1) * time.Microsecond); got <= micros && !last || got > micros && last {
			t.Errorf("a call of %d µs is among those of %d µs at most", micros+1, got)
		}
	}
}

// INFO latencystats must have the percentiles that are asked for, in Redis's form,
// and LATENCY HISTOGRAM must have all calls, of which the time of few was taken.
func TestLatencySamples(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	form := func(e transcript.Executor) (lines []string) {
		for line := range strings.SplitSeq(e.Do([]string{"INFO", "latencystats"}).Str(), "\r\n") {
			lines = append(lines, regexp.MustCompile(`=\d+\.\d{3}\b`).ReplaceAllString(line, "=TIME"))
		}
		slices.Sort(lines)
		return lines
	}
	for _, percentiles := range []string{"50 99 99.9", "", "0 33.25 100"} {
		for _, e := range []transcript.Executor{server, local} {
			e.Do([]string{"CONFIG", "SET", "latency-tracking-info-percentiles", percentiles})
			e.Do([]string{"GET", "k"})
		}
		if diff := cmp.Diff(form(server), form(local)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", percentiles, diff)
		}
	}
	// Ten thousand calls, one in ten of which is long.
	table := command.NewTable()
	table.Add("", []command.Row{{Name: "linger", Arity: 2, Run: func(c *command.Call) command.Reply {
		if c.Args()[1] == "long" {
			c.Session().Working()
			time.Sleep(100 * time.Microsecond)
		}
		return command.OK
	}}})
	local = transcript.NewLocal(table, time.Unix(1_700_000_000, 0))
	for i := range 10_000 {
		words := []string{"LINGER", "short"}
		if i%10 == 5 {
			words[1] = "long"
		}
		local.Do(words)
	}
	histogram := local.Do([]string{"LATENCY", "HISTOGRAM", "linger"}).Elems()[1].Elems()
	buckets := histogram[3].Elems()
	if calls := histogram[1].Int(); calls != 10_000 || buckets[len(buckets)-1].Int() != calls {
		t.Errorf("%d calls, %d in buckets", calls, buckets[len(buckets)-1].Int())
	}
	short := int64(0) // up to a bucket that has calls of less than 100 µs
	for pair := range slices.Chunk(buckets, 2) {
		if pair[0].Int() < 100 {
			short = pair[1].Int()
		}
	}
	// A sample may be long because the machine is busy; it stands for 256 calls.
	if short < 7000 || short > 9000 {
		t.Errorf("%d calls of 9,000 are short: %s", short, strings.Join(transcript.Render(command.Array(buckets...), transcript.Exact), " "))
	}
}

// What the store does on its own must be among the events, if it takes long.
func TestLatencyEvents(t *testing.T) {
	local := transcript.NewLocal(command.NewTable(), time.Unix(1_700_000_000, 0))
	do := func(line string) command.Reply { return local.Do(strings.Fields(line)) }
	events := func() (names []string) {
		for _, e := range do("LATENCY LATEST").Elems() {
			if e.Elems()[2].Int() < 1 || e.Elems()[3].Int() < e.Elems()[2].Int() {
				t.Errorf("%s", transcript.Render(e, transcript.Exact))
			}
			names = append(names, e.Elems()[0].Str())
		}
		return names
	}
	fill := func(expiry string) {
		for i := range 100_000 {
			do(fmt.Sprint("SET key:", i, " v", expiry))
		}
	}
	do("CONFIG SET maxmemory-samples 64")
	for _, test := range []struct{ event, expiry, cause, end string }{
		{"expire-cycle", " PX 10", "DBSIZE", "LATENCY RESET"},
		{"eviction-cycle", "", "CONFIG SET maxmemory 1 maxmemory-policy allkeys-lru", "CONFIG SET maxmemory 0"},
	} {
		do("CONFIG SET latency-monitor-threshold 0")
		fill(test.expiry)
		do("CONFIG SET latency-monitor-threshold 1")
		do("LATENCY RESET")
		local.Sleep(time.Second)
		do(test.cause)
		if names := events(); !slices.Contains(names, test.event) {
			t.Errorf("%s causes %q, want %s", test.cause, names, test.event)
		}
		do(test.end)
	}
}
